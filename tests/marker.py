"""Presses a key and says after how many milliseconds a part of the screen changes.

usage: marker.py WIDTHxHEIGHT+X+Y KEY
The screen is read by Xlib itself, each few milliseconds: a picture by ImageMagick takes longer than what is measured here. The time
begins before the key is sent.
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


before, begun = part(), time.monotonic()
key = subprocess.Popen(["xdotool", "key", sys.argv[2]])
while part() == before:
    if time.monotonic() - begun > PATIENCE:
        sys.exit(f"nothing changed within {PATIENCE:.0f} s")
    time.sleep(PAUSE)
print(round(1000 * (time.monotonic() - begun)))
key.wait()
