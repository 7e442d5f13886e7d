#!/usr/bin/env bash
# A walk through the real window by keyboard and mouse, under Xvfb, with a picture of each stage. It fails when the window
# ends, when it says nothing of what was asked, or when the files that it was asked for are not what they should be.
#
# usage: tests/walk.sh [PROGRAM [FOLDER]]   needs xvfb, xdotool, imagemagick and a Vulkan driver (lavapipe will do)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program="$(realpath "${1:-${CARGO_TARGET_DIR:-target}/release/flatscape}")"
folder="${2:-$(mktemp -d)}"
mkdir -p "$folder"
folder="$(realpath "$folder")"

for tool in Xvfb xdotool import; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: $tool is not installed"
        [[ -z "${FLATSCAPE_REQUIRE_GPU:-}" ]]
        exit
    fi
done

export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/tmp}" XDG_CONFIG_HOME="$folder/config"
rm -rf "$XDG_CONFIG_HOME"
# What an earlier walk saved here would be asked about before it is replaced.
rm -f "$folder"/{landscapes.svg,runs.csv,own.png}
# It takes a free display, and says which when it is ready. Without `-noreset` it would start anew, and refuse a connection, each
# time that its last client leaves.
Xvfb -displayfd 3 -noreset -screen 0 1440x900x24 3>"$folder/display" >/dev/null 2>&1 &
server=$!
window=
trap 'kill $window $server 2>/dev/null || true' EXIT
for ((i = 0; i < 100; i++)); do
    [[ -s "$folder/display" ]] && break
    sleep 0.1
done
DISPLAY=":$(cat "$folder/display")"
export DISPLAY

fail() {
    import -window root "$folder/failed.png" || true
    echo "the walk failed: $*" >&2
    echo "pictures: $folder" >&2
    exit 1
}

is_alive() { kill -0 "$window" 2>/dev/null || fail "the window ended"; }

# There is no window manager that would give the window the keyboard.
focus() {
    local i
    for ((i = 0; i < 50; i++)); do
        xdotool search --name '^Flatscape$' windowfocus 2>/dev/null && return
        sleep 0.1
    done
    fail "the window cannot have the keyboard"
}
key() { focus; xdotool key "$@"; sleep 0.6; is_alive; }
text() { focus; xdotool type --delay 25 "$1"; sleep 0.6; }
click() { xdotool mousemove "$1" "$2"; sleep 0.3; xdotool click "${3:-1}"; sleep 0.5; is_alive; }
# A drag in steps, as a hand makes it.
drag() {
    xdotool mousemove "$1" "$2" mousedown "${5:-1}"
    local i
    for i in 1 2 3 4 5 6; do
        sleep 0.1
        xdotool mousemove $(($1 + ($3 - $1) * i / 6)) $(($2 + ($4 - $2) * i / 6))
    done
    sleep 0.2
    xdotool mouseup "${5:-1}"
    sleep 0.3
}
# Does a command by the palette.
find_command() {
    key ctrl+k
    text "$1"
    key Return
    sleep 0.4
}
# Out of the way, so that nothing is hovered.
rest() { xdotool mousemove 1439 899; sleep "${1:-1}"; }
stage() {
    is_alive
    import -window root "$folder/$1.png"
    # A picture of one colour is no window.
    local colors
    colors="$(identify -format %k "$folder/$1.png")"
    ((colors > 500)) || fail "$1 shows $colors colours"
    echo "  $1"
}
# Types a path into the question that is open.
answer() {
    key ctrl+a
    text "$1"
    key Return
    sleep 0.6
}
save_figure() {
    key ctrl+s
    key Return
    sleep 1.5
    answer "$1"
}
wait_for() {
    local i
    for ((i = 0; i < 100; i++)); do
        [[ -s "$1" ]] && return
        sleep 0.2
    done
    fail "$1 was not written"
}
expect() { grep -aq -- "$2" "$1" || fail "$1 does not say '$2'"; }

start=${EPOCHREALTIME/./}
"$program" >"$folder/output.txt" 2>&1 &
window=$!
for ((i = 0; i < 100; i++)); do
    xdotool search --name '^Flatscape$' >/dev/null 2>&1 && break
    sleep 0.1
done
xdotool search --name '^Flatscape$' >/dev/null || fail "no window after ten seconds"
focus
xdotool mousemove 1439 899
# The first landscape is bright where nothing else in the dark window is.
until (($(import -window root -crop 200x200+350+200 +repage miff:- | identify -format %k miff:-) > 2000)); do
    is_alive
    sleep 0.1
    ((${EPOCHREALTIME/./} - start < 20000000)) || fail "no landscape after twenty seconds"
done
echo "first landscape after $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
stage 01-tour
key Escape

# Another experiment, three runs, playing; σ and k of NSO by mouse and by typing.
find_command "open digits, relu cnn"
rest 6
stage 02-digits-cnn
click 209 334
key ctrl+a
text 0.16
key Return
rest 1
# The turn is noted below σ, which moves k down.
click 196 411
key ctrl+a
text 4
key Return
rest 3
stage 03-knobs

# Contour to surface, orbit, zoom, from above, back.
key 3
rest 2
stage 04-surface
drag 850 300 990 330
rest 2
stage 05-orbit
key 7
rest 1
stage 06-above
key 2
find_command "plane: three minima"
rest 6
stage 07-three-minima
find_command "plane: same directions"

# A branch at an earlier step, by its dialog, and one at a place of a landscape.
key shift+b
sleep 1.5
click 802 285
key ctrl+a
text 150
key Return
sleep 0.5
stage 08-branch-dialog
key Return
rest 5
click 850 240
sleep 1
stage 09-place-menu
key Escape
find_command "layout compare"
rest 3
stage 10-compare

# Figure and table, read again.
save_figure "$folder/landscapes.svg"
wait_for "$folder/landscapes.svg"
expect "$folder/landscapes.svg" "NSO (σ 0.16 · k 4"
expect "$folder/landscapes.svg" "NSO 2"
find_command "save the table"
answer "$folder/runs.csv"
wait_for "$folder/runs.csv"
expect "$folder/runs.csv" "NSO, step 150"
[[ "$(wc -l <"$folder/runs.csv")" == 5 ]] || fail "the table has not four runs"

# Data and a network of one's own.
awk 'BEGIN {
    srand(1)
    print "width,height,weight,kind"
    for (i = 0; i < 240; i++) {
        kind = i % 3
        printf "%.3f,%.3f,%.3f,%s\n", kind + rand(), kind * kind / 2 + rand(), rand(), substr("abc", kind + 1, 1)
    }
}' >"$folder/kinds.csv"
find_command "layout explore"
key ctrl+o
answer "$folder/kinds.csv"
rest 2
stage 11-own-data
key ctrl+Return
rest 4
stage 12-own-data-trained
printf 'input = [3]\nloss = "cross-entropy"\nlayers = ["linear 24", "gelu", "linear 3"]\n' >"$folder/own.toml"
key ctrl+o
answer "$folder/own.toml"
rest 2
stage 13-own-model
key ctrl+Return
rest 4
stage 14-own-model-trained
save_figure "$folder/own.png"
wait_for "$folder/own.png"
expect "$folder/own.png" "linear 24"

# A file of the wrong kind gets a sentence.
printf 'not a picture' >"$folder/wrong.xyz"
key ctrl+o
answer "$folder/wrong.xyz"
rest
stage 15-wrong-file
key Escape

# Both themes, three sizes, the guide.
find_command "light theme"
rest
stage 16-light
find_command "large text"
rest
stage 17-large
find_command "projector text"
rest
stage 18-projector
find_command "normal text"
find_command "layout teach"
rest 2
stage 19-teach
find_command "dark theme"
rest
stage 20-dark
key question
stage 21-shortcuts
key Escape

# It ends by itself, and remembers.
focus
xdotool key ctrl+q
for ((i = 0; i < 100; i++)); do
    kill -0 "$window" 2>/dev/null || break
    sleep 0.1
done
kill -0 "$window" 2>/dev/null && fail "the window does not close"
wait "$window" || fail "the window ended with $?: $(cat "$folder/output.txt")"
expect "$XDG_CONFIG_HOME/flatscape/settings.json" '"layout": "teach"'
expect "$XDG_CONFIG_HOME/flatscape/settings.json" '"theme": "dark"'
echo "the walk ended well; pictures: $folder"
