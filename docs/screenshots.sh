#!/usr/bin/env bash
# Takes the pictures of the README: the real window under Xvfb after 5 s and after 60 s, σ turned in between.
#
# usage: docs/screenshots.sh [PROGRAM]   needs xvfb, xdotool, imagemagick and a Vulkan driver (lavapipe will do)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
program="${1:-${CARGO_TARGET_DIR:-../target}/release/flatscape}"
export DISPLAY=:87 XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/tmp}"

Xvfb "$DISPLAY" -screen 0 1440x900x24 >/dev/null 2>&1 &
server=$!
trap 'kill "${window:-$server}" "$server" 2>/dev/null || true' EXIT
sleep 1

"$program" &
window=$!
sleep 1
# There is no window manager to give it the keyboard.
xdotool search --sync --name '^Flatscape$' windowfocus
# Out of the way, so that nothing is hovered.
xdotool mousemove 1100 22
sleep 4
import -window root window-5s.png

# Select NSO, click the value of σ, type another.
sleep 15
xdotool mousemove 120 180 click 1
sleep 1
xdotool mousemove 210 247 click 1
sleep 1
xdotool key ctrl+a
xdotool type 0.16
xdotool key Return
xdotool mousemove 1100 22
sleep 37
import -window root window-60s.png
