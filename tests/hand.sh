# Eyes and hands for the real window, under Xvfb, for the scripts that source this: a server, keys, clicks, pictures and what
# differs between them. It takes the arguments of the script, [PROGRAM [FOLDER]], and needs xvfb, xdotool and imagemagick.
# shellcheck shell=bash

# Ends the script where a tool is missing.
need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null && continue
        echo "skipped: $tool is not installed"
        [[ -z "${FLATSCAPE_REQUIRE_GPU:-}" ]]
        exit
    done
}
need Xvfb xdotool import compare
source tests/program.sh

export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/tmp}" XDG_CONFIG_HOME="$folder/config" XDG_DATA_HOME="$folder/data"
rm -rf "$XDG_CONFIG_HOME" "$XDG_DATA_HOME"
server=
window=
last=
# Seconds that the first landscape may take, on a machine that is busy with something else.
patience="${FLATSCAPE_PATIENCE:-20}"
trap 'kill $window $server 2>/dev/null || true' EXIT
# Starts a server with a screen of this size. It takes a free display, and says which when it is ready. Without `-noreset` it would
# start anew, and refuse a connection, each time that its last client leaves.
serve() {
    local i
    wide="${1%x*}" high="${1#*x}"
    whole="${1}+0+0"
    # The landscapes, without the edges that other panes may need.
    landscapes="$((wide - 540))x$((high / 3))+400+170"
    # Pictures of another screen are no measure for those of this one.
    last=
    [[ -z "$server" ]] || kill "$server" 2>/dev/null || true
    rm -f "$folder/display"
    Xvfb -displayfd 3 -noreset -screen 0 "$1x24" 3>"$folder/display" >/dev/null 2>&1 &
    server=$!
    for ((i = 0; i < 100; i++)); do
        [[ -s "$folder/display" ]] && break
        sleep 0.1
    done
    DISPLAY=":$(cat "$folder/display")"
    export DISPLAY
}
serve 1440x900

fail() {
    import -window root "$folder/failed.png" || true
    echo "failed: $*" >&2
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
# Does a command by the palette.
find_command() {
    key ctrl+k
    text "$1"
    key Return
    sleep 0.4
}
# Without a window manager a window has the size that it is given.
resize() {
    xdotool search --name '^Flatscape$' windowsize --sync "$1" "$2"
    sleep 2
    is_alive
}
# Out of the way, so that nothing is hovered.
rest() { xdotool mousemove $((wide - 1)) $((high - 1)); sleep "${1:-1}"; }
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
# Types a path into the question that is open.
answer() {
    key ctrl+a
    text "$1"
    key Return
    sleep 0.6
}
# Saves the landscapes at a path; the question for it comes within so many seconds.
save_figure() {
    key ctrl+s
    key Return
    sleep "${2:-1.5}"
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
# Closes the window, as a user does, and waits for its end.
quit_window() {
    local i
    focus
    ending xdotool key ctrl+q
    for ((i = 0; i < 100; i++)); do
        kill -0 "$window" 2>/dev/null || break
        sleep 0.1
    done
    kill -0 "$window" 2>/dev/null && fail "the window does not close"
    wait "$window" || fail "the window ended with $?: $(cat "$folder/output.txt")"
}

# Starts the program, with the file `opened` where that is set, and returns when its first landscape is there; `start` is when it
# started, in microseconds.
open_window() {
    local i
    start=${EPOCHREALTIME/./}
    # Sessions of before would be offered, in a line that moves the panes down.
    rm -rf "$XDG_DATA_HOME/flatscape/sessions"
    "$program" ${opened:+"$opened"} >"$folder/output.txt" 2>&1 &
    window=$!
    for ((i = 0; i < 100; i++)); do
        xdotool search --name '^Flatscape$' >/dev/null 2>&1 && break
        sleep 0.1
    done
    xdotool search --name '^Flatscape$' >/dev/null || fail "no window after ten seconds"
    focus
    xdotool mousemove $((wide - 1)) $((high - 1))
    # The first landscape has many colours where nothing else in the dark window has: a flat one has fewer.
    until (($(import -window root -crop 200x200+350+200 +repage miff:- | identify -format %k miff:-) > ${least_colors:-2000})); do
        is_alive
        sleep 0.1
        ((${EPOCHREALTIME/./} - start < 1000000 * patience)) || fail "no landscape after $patience seconds"
    done
}
