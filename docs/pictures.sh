#!/usr/bin/env bash
# Takes the pictures of the README from the real window under Xvfb.
#
# usage: docs/pictures.sh [PROGRAM]   needs xvfb, xdotool, imagemagick and a Vulkan driver (lavapipe will do)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
program="$(realpath "${1:-${CARGO_TARGET_DIR:-../target}/release/flatscape}")"
scratch="$(mktemp -d)"
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/tmp}" XDG_CONFIG_HOME="$scratch" XDG_DATA_HOME="$scratch/data"

Xvfb -displayfd 3 -noreset -screen 0 1440x900x24 3>"$scratch/display" >/dev/null 2>&1 &
server=$!
trap 'kill "${window:-$server}" "$server" 2>/dev/null || true' EXIT
until [[ -s "$scratch/display" ]]; do sleep 0.1; done
DISPLAY=":$(cat "$scratch/display")"
export DISPLAY

# There is no window manager to give the window the keyboard.
key() {
    xdotool search --name '^Flatscape$' windowfocus
    xdotool key "$@"
    sleep 0.7
}
find_command() {
    key ctrl+k
    xdotool type --delay 20 "$1"
    sleep 0.7
    key Return
}
# Out of the way, so that nothing is hovered.
picture() {
    xdotool mousemove 1439 899
    sleep "$2"
    import -window root "window-$1.png"
}

"$program" &
window=$!
sleep 5
key Escape
sleep 15
key 3
picture surface 8
key 2
find_command "plane: three minima"
picture minima 10
find_command "plane: same directions"
key b
find_command "layout compare"
picture compare 15
find_command "light theme"
find_command "layout teach"
picture teach 6
find_command "dark theme"
find_command "layout explore"
kill "$window"
"$program" ../assets/experiments/gpt-mini-sums.toml &
window=$!
sleep 5
key Escape
picture text 60
