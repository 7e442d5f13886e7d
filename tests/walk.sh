#!/usr/bin/env bash
# A walk through the real window by keyboard and mouse, under Xvfb, with a picture of each stage. It fails when the window
# ends, when a picture is not changed by what was asked of it, where and as much as it should be, when the first landscape
# takes more than 3 s, or when the files that it was asked for are not what they should be.
#
# usage: tests/walk.sh [PROGRAM [FOLDER]]   needs xvfb, xdotool, imagemagick and a Vulkan driver (lavapipe will do)
# FLATSCAPE_WALK_LIMIT_MS: another limit for the first landscape, for a machine that is busy with something else
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program="$(realpath "${1:-${CARGO_TARGET_DIR:-target}/release/flatscape}")"
folder="${2:-$(mktemp -d)}"
mkdir -p "$folder"
folder="$(realpath "$folder")"

for tool in Xvfb xdotool import compare; do
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
# The window's corner, which a question dims.
corner() { import -window root -crop 1x1+2+2 +repage txt:- | tail -1; }
# Does what ends the runs. Long ones are not ended without a question, whose way out has the keyboard.
ending() {
    local bare
    bare="$(corner)"
    "$@"
    sleep 0.6
    if [[ "$(corner)" != "$bare" ]]; then
        xdotool key shift+Tab
        sleep 0.3
        xdotool key Return
        sleep 0.6
    fi
}
# Out of the way, so that nothing is hovered.
rest() { xdotool mousemove 1439 899; sleep "${1:-1}"; }
# The landscapes, without the edges that other panes may need.
landscapes=900x300+400+170
whole=1440x900+0+0
last=
# Takes a picture. Two in turn are never the same, or the window is frozen.
stage() {
    is_alive
    import -window root "$folder/$1.png"
    # A picture of one colour is no window.
    local colors
    colors="$(identify -format %k "$folder/$1.png")"
    ((colors > 500)) || fail "$1 shows $colors colours"
    [[ -z "$last" ]] || differs "$last" "$1" "$whole" 0.05
    last="$1"
    echo "  $1"
}
# Percent of the pixels of a part (WIDTHxHEIGHT+X+Y) in which two pictures differ.
difference() {
    local name
    for name in "$1" "$2"; do
        convert "$folder/$name.png" -crop "$3" +repage "$folder/part-$name.png"
    done
    local count
    # It exits with 1 where the two differ.
    count="$(compare -metric AE -fuzz 4% "$folder/part-$1.png" "$folder/part-$2.png" null: 2>&1)" || true
    rm -f "$folder/part-$1.png" "$folder/part-$2.png"
    awk -v count="${count%% *}" -v size="${3%%+*}" 'BEGIN { split(size, side, "x"); print 100 * count / (side[1] * side[2]) }'
}
is_more() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }
# Fails where two pictures differ in a part by no more percent of its pixels than this.
differs() {
    local percent
    percent="$(difference "$1" "$2" "$3")"
    is_more "$percent" "$4" || fail "$2 differs from $1 by $percent % of $3, expected more than $4 %"
}
# Mean brightness of a picture, from 0 to 1.
brightness() { convert "$folder/$1.png" -colorspace Gray -format '%[fx:mean]' info:; }
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
first=$(((${EPOCHREALTIME/./} - start) / 1000))
limit="${FLATSCAPE_WALK_LIMIT_MS:-3000}"
echo "first landscape after $first ms"
((first <= limit)) || fail "the first landscape came after $first ms, expected at most $limit ms"
stage 01-tour
key Escape

# Another experiment, three runs, playing; σ and k of NSO by mouse and by typing.
ending find_command "open digits, relu cnn"
# While they still train.
rest 2
stage 02-digits-cnn
differs 01-tour 02-digits-cnn "$landscapes" 20
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

# Contour to surface, orbit, from above, back, and another plane. The runs pause, so that nothing else changes the pictures.
key space
rest 3
stage 04-paused
key 3
rest 2
stage 05-surface
differs 04-paused 05-surface "$landscapes" 25
drag 850 300 990 330
rest 2
stage 06-orbit
differs 05-surface 06-orbit "$landscapes" 8
key 7
rest 1
stage 07-above
differs 06-orbit 07-above "$landscapes" 8
key 2
rest 2
stage 08-contour
differs 07-above 08-contour "$landscapes" 25
find_command "plane: three minima"
rest 6
stage 09-three-minima
differs 08-contour 09-three-minima "$landscapes" 8
find_command "plane: same directions"

# A branch at an earlier step, by its dialog, and one at a place of a landscape.
rest
stage 10-before-branch
key shift+b
sleep 1.5
stage 11-branch-dialog
differs 10-before-branch 11-branch-dialog 600x300+420+200 20
click 811 258
key ctrl+a
text 150
key Return
sleep 0.5
key Return
rest 5
stage 12-branched
click 690 240
sleep 1
stage 13-place-menu
differs 12-branched 13-place-menu 200x120+695+245 20
key Escape
find_command "layout compare"
rest 3
stage 14-compare
differs 12-branched 14-compare "$whole" 15

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
stage 15-own-data
ending key ctrl+Return
rest 4
stage 16-own-data-trained
differs 15-own-data 16-own-data-trained "$whole" 3
printf 'input = [3]\nloss = "cross-entropy"\nlayers = ["linear 24", "gelu", "linear 3"]\n' >"$folder/own.toml"
key ctrl+o
answer "$folder/own.toml"
rest 2
stage 17-own-model
ending key ctrl+Return
rest 4
stage 18-own-model-trained
save_figure "$folder/own.png"
wait_for "$folder/own.png"
expect "$folder/own.png" "linear 24"

# A file of the wrong kind gets a sentence.
printf 'not a picture' >"$folder/wrong.xyz"
rest
stage 19-before-wrong-file
key ctrl+o
answer "$folder/wrong.xyz"
rest
stage 20-wrong-file
differs 19-before-wrong-file 20-wrong-file "$whole" 3
key Escape

# Both themes, three sizes, the guide.
find_command "light theme"
rest
stage 21-light
is_more "$(brightness 21-light)" 0.6 || fail "the light theme has a brightness of $(brightness 21-light)"
find_command "large text"
rest
stage 22-large
differs 21-light 22-large "$whole" 8
find_command "projector text"
rest
stage 23-projector
differs 22-large 23-projector "$whole" 8
find_command "normal text"
find_command "layout teach"
rest 2
stage 24-teach
differs 23-projector 24-teach "$whole" 8
find_command "dark theme"
rest
stage 25-dark
is_more 0.35 "$(brightness 25-dark)" || fail "the dark theme has a brightness of $(brightness 25-dark)"
key question
stage 26-shortcuts
differs 25-dark 26-shortcuts 500x300+470+300 20
key Escape

# It ends by itself, and remembers.
focus
ending xdotool key ctrl+q
for ((i = 0; i < 100; i++)); do
    kill -0 "$window" 2>/dev/null || break
    sleep 0.1
done
kill -0 "$window" 2>/dev/null && fail "the window does not close"
wait "$window" || fail "the window ended with $?: $(cat "$folder/output.txt")"
expect "$XDG_CONFIG_HOME/flatscape/settings.json" '"layout": "teach"'
expect "$XDG_CONFIG_HOME/flatscape/settings.json" '"theme": "dark"'
echo "the walk ended well; pictures: $folder"
