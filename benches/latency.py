#!/usr/bin/env python3
"""Time from input to the changed picture, and pictures a second, of the real window on a software adapter.

Starts a virtual display of 1280x800 and the window with its three runs training, presses keys and the mouse, and looks
at the display's pixels until they change. Needs Xvfb, libX11, libXtst and xdotool (Debian: xvfb libxtst6 xdotool).

    cargo build --release && python3 benches/latency.py target/release/flatscape
"""

import ctypes as C
import os
import statistics
import subprocess
import sys
import tempfile
import time

DISPLAY = ":93"
# An even number: the window is left as it was found.
TRIES = 30


class XImage(C.Structure):
    _fields_ = [(name, C.c_int) for name in ("width", "height", "xoffset", "format")]
    _fields_ += [("data", C.c_void_p)]
    _fields_ += [(name, C.c_int) for name in ("order", "unit", "bit_order", "pad", "depth", "bytes_per_line", "bits")]


class Hand:
    """Looks at the display and uses its keyboard and mouse."""

    def __init__(self):
        self.x11, self.test = C.CDLL("libX11.so.6"), C.CDLL("libXtst.so.6")
        x11, test = self.x11, self.test
        x11.XOpenDisplay.restype, x11.XOpenDisplay.argtypes = C.c_void_p, [C.c_char_p]
        x11.XDefaultRootWindow.restype, x11.XDefaultRootWindow.argtypes = C.c_ulong, [C.c_void_p]
        x11.XGetImage.restype = C.POINTER(XImage)
        x11.XGetImage.argtypes = [C.c_void_p, C.c_ulong, C.c_int, C.c_int, C.c_uint, C.c_uint, C.c_ulong, C.c_int]
        x11.XDestroyImage.argtypes = [C.POINTER(XImage)]
        x11.XFlush.argtypes = [C.c_void_p]
        x11.XKeysymToKeycode.argtypes, x11.XKeysymToKeycode.restype = [C.c_void_p, C.c_ulong], C.c_ubyte
        test.XTestFakeKeyEvent.argtypes = [C.c_void_p, C.c_uint, C.c_int, C.c_ulong]
        test.XTestFakeButtonEvent.argtypes = [C.c_void_p, C.c_uint, C.c_int, C.c_ulong]
        test.XTestFakeMotionEvent.argtypes = [C.c_void_p, C.c_int, C.c_int, C.c_int, C.c_ulong]
        self.display = x11.XOpenDisplay(DISPLAY.encode())
        if not self.display:
            sys.exit(f"no display {DISPLAY}: did Xvfb start?")
        self.root = x11.XDefaultRootWindow(self.display)

    def look(self, left, top, width, height):
        image = self.x11.XGetImage(self.display, self.root, left, top, width, height, 0xFFFFFFFF, 2)
        pixels = C.string_at(image.contents.data, image.contents.bytes_per_line * image.contents.height)
        self.x11.XDestroyImage(image)
        return pixels

    def key(self, symbol):
        code = self.x11.XKeysymToKeycode(self.display, symbol)
        for is_down in (1, 0):
            self.test.XTestFakeKeyEvent(self.display, code, is_down, 0)
        self.x11.XFlush(self.display)

    def move(self, x, y):
        self.test.XTestFakeMotionEvent(self.display, -1, x, y, 0)
        self.x11.XFlush(self.display)

    def button(self, is_down):
        self.test.XTestFakeButtonEvent(self.display, 1, is_down, 0)
        self.x11.XFlush(self.display)


def latencies(hand, place, act, after=lambda: None):
    """Milliseconds until a part of the display that nothing else changes looks different."""
    times = []
    for attempt in range(TRIES):
        before, start = hand.look(*place), time.perf_counter()
        act(attempt)
        while hand.look(*place) == before and time.perf_counter() - start < 2:
            time.sleep(0.001)
        times.append(1e3 * (time.perf_counter() - start))
        after()
        # Not in step with the frames.
        time.sleep(0.6 + 0.013 * attempt)
    return times


def tell(name, times):
    times = sorted(times)
    print(f"{name}: median {statistics.median(times):.0f} ms, 95 % below {times[int(0.95 * len(times))]:.0f} ms, "
          f"longest {times[-1]:.0f} ms, {len(times)} tries")


def pictures(hand, seconds=8.0):
    place = (222, 60, 1050, 710)
    start, count, before = time.perf_counter(), 0, hand.look(*place)
    while time.perf_counter() - start < seconds:
        now = hand.look(*place)
        count += now != before
        before = now
        time.sleep(0.002)
    return count / seconds


def measure(hand):
    # The tour goes away and the runs get going.
    hand.key(0xFF1B)
    time.sleep(5)
    print(f"pictures a second while three runs train: {pictures(hand):.1f}")
    tell("space to the changed play button", latencies(hand, (285, 6, 90, 26), lambda _: hand.key(0x20)))

    # The knob of sigma of the chosen run; its value is the picture that must change.
    hand.move(137, 382)
    time.sleep(0.5)
    hand.button(1)
    time.sleep(0.5)
    drag = latencies(hand, (160, 350, 44, 22), lambda n: hand.move(60 + 97 * n % 120, 382))
    hand.button(0)
    tell("a dragged slider to its value, while training", drag)

    def click(n):
        hand.move((364, 268)[n % 2], 547)
        hand.button(1)
        hand.button(0)

    tell("a click on a tab of the charts to its contents, while training", latencies(hand, (222, 594, 400, 18), click))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, DISPLAY=DISPLAY, XDG_CONFIG_HOME=folder, XDG_RUNTIME_DIR=folder)
        server = subprocess.Popen(["Xvfb", DISPLAY, "-screen", "0", "1280x800x24", "-noreset"], stderr=subprocess.DEVNULL)
        time.sleep(1)
        window = subprocess.Popen([*sys.argv[1:]], env=env, stderr=subprocess.DEVNULL)
        try:
            time.sleep(6)
            find = ["xdotool", "search", "--name", "^Flatscape$", "windowfocus"]
            if subprocess.run(find, env=env, capture_output=True).returncode:
                sys.exit("the window did not open")
            hand = Hand()
            measure(hand)
            if "SHOT" in os.environ:
                subprocess.run(["import", "-window", "root", os.environ["SHOT"]], env=env)
        finally:
            window.terminate()
            window.wait()
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
