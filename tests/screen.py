"""How a part of the screen changes: after how many milliseconds of a key, or how often in a second.

usage: screen.py WIDTHxHEIGHT+X+Y key KEY
       screen.py WIDTHxHEIGHT+X+Y rate SECONDS

The screen is read by Xlib itself, each few milliseconds: a picture by ImageMagick takes longer than what is measured here. The time
after a key begins before it is sent.
"""

import ctypes
import subprocess
import sys
import time

PATIENCE = 5.0
PAUSE = 0.003
Z_PIXMAP, ALL_PLANES = 2, ctypes.c_ulong(-1)


class Image(ctypes.Structure):
    """The beginning of Xlib's XImage."""

    _fields_ = [(name, ctypes.c_int) for name in ("width", "height", "xoffset", "format")] + [
        ("data", ctypes.c_void_p),
        *[(name, ctypes.c_int) for name in ("byte_order", "unit", "bit_order", "pad", "depth", "bytes_per_line")],
    ]


size, x, y = sys.argv[1].split("+")
width, height = (int(side) for side in size.split("x"))
xlib = ctypes.CDLL("libX11.so.6")
xlib.XOpenDisplay.restype = ctypes.c_void_p
xlib.XDefaultRootWindow.argtypes, xlib.XDefaultRootWindow.restype = [ctypes.c_void_p], ctypes.c_ulong
xlib.XGetImage.argtypes = [ctypes.c_void_p, ctypes.c_ulong] + [ctypes.c_int] * 2 + [ctypes.c_uint] * 2 + [ctypes.c_ulong, ctypes.c_int]
xlib.XGetImage.restype = ctypes.POINTER(Image)
xlib.XFree.argtypes = [ctypes.c_void_p]
display = xlib.XOpenDisplay(None)
if not display:
    sys.exit("there is no display")
root = xlib.XDefaultRootWindow(display)


def part():
    image = xlib.XGetImage(display, root, int(x), int(y), width, height, ALL_PLANES, Z_PIXMAP)
    bytes_there = ctypes.string_at(image.contents.data, image.contents.bytes_per_line * height)
    xlib.XFree(image.contents.data)
    xlib.XFree(image)
    return bytes_there


def after_key(key):
    """Milliseconds from a key to the first change."""
    before, begun = part(), time.monotonic()
    sent = subprocess.Popen(["xdotool", "key", key])
    while part() == before:
        if time.monotonic() - begun > PATIENCE:
            sys.exit(f"nothing changed within {PATIENCE:.0f} s")
        time.sleep(PAUSE)
    milliseconds = 1000 * (time.monotonic() - begun)
    sent.wait()
    return round(milliseconds)


def rate(seconds):
    """Changes a second."""
    last, changes, begun = part(), 0, time.monotonic()
    while (passed := time.monotonic() - begun) < float(seconds):
        time.sleep(PAUSE)
        now = part()
        changes += now != last
        last = now
    return round(changes / passed, 1)


print({"key": after_key, "rate": rate}[sys.argv[2]](sys.argv[3]))
