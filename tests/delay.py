"""Passes bytes between a port of the loopback address and another one, and holds each back for some milliseconds on its way.

usage: delay.py PORT TO_PORT MILLISECONDS COUNT_FILE [RATE]
With RATE no more than so many bytes a second go each way; what does not fit waits at its sender. The number of bytes by now stands in the file. SIGUSR1 cuts all connections, as a network does that goes away.
"""

import asyncio
import os
import signal
import sys

PORT, TO_PORT, DELAY = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000
COUNT_FILE = sys.argv[4]
RATE = float(sys.argv[5]) if len(sys.argv) > 5 else None
# A part of what has come is as long on its way as its bytes take.
PART = 1 << 16 if RATE is None else max(256, min(1 << 16, int(RATE / 50)))

count = 0
streams = set()


async def carry(reader, writer):
    """Reads at once and writes later: what is on the way does not hold up what follows."""
    global count
    loop, way = asyncio.get_running_loop(), asyncio.Queue(1024)
    free = loop.time()

    async def deliver():
        while True:
            due, data = await way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    delivery = asyncio.create_task(deliver())
    try:
        while data := await reader.read(PART):
            count += len(data)
            if RATE is not None:
                # The line is taken until these bytes are out, and nothing is read meanwhile.
                free = max(free, loop.time()) + len(data) / RATE
                await asyncio.sleep(max(0.0, free - loop.time()))
            await way.put((loop.time() + DELAY, data))
        await way.put((loop.time() + DELAY, b""))
        await delivery
    except (ConnectionError, asyncio.CancelledError):
        delivery.cancel()
        writer.close()


async def serve(reader, writer):
    there_reader, there_writer = await asyncio.open_connection("127.0.0.1", TO_PORT)
    ends = (writer, there_writer)
    streams.update(ends)
    await asyncio.gather(carry(reader, there_writer), carry(there_reader, writer), return_exceptions=True)
    streams.difference_update(ends)


def cut():
    for writer in list(streams):
        writer.transport.abort()


async def tell():
    while True:
        beside = COUNT_FILE + ".new"
        with open(beside, "w", encoding="ascii") as file:
            file.write(str(count))
        os.replace(beside, COUNT_FILE)
        await asyncio.sleep(0.1)


async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, cut)
    await asyncio.start_server(serve, "127.0.0.1", PORT)
    await tell()


asyncio.run(main())
