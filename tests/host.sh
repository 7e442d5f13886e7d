#!/usr/bin/env bash
# The window here, the engine there: OpenSSH's server on the loopback address with a key of its own, bytes held back by 25 ms each way,
# and the real window under Xvfb over it. The main stages of the walk pass, the connection is cut and taken up again, and no step is
# missing. Prints how many bytes cross and how many frames are drawn in a second, how long it takes from Return in the box of σ to the
# knob's marker, and from a key to the picture that it changes here, whatever the way there. A quiet machine has the marker within
# 250 ms, with what the way takes beyond 50 ms; four times as much is a failure on any.
#
# usage: tests/host.sh [PROGRAM [FOLDER]]   needs xvfb, xdotool, imagemagick, a Vulkan driver, python3 and OpenSSH's server and client
#
# Other connections, by hand:
#   FLATSCAPE_DELAY=MS      milliseconds each way; 25 where it is not set
#   FLATSCAPE_RATE=BYTES    bytes a second each way at most, such as 125000 for 1 Mbit/s; as many as there are where it is not set
#   FLATSCAPE_CUTS=N        cuts, at moments drawn from a seed; 3 where it is not set
# such as `for ms in 1 50 200; do FLATSCAPE_DELAY=$ms tests/host.sh; done` and `FLATSCAPE_RATE=125000 FLATSCAPE_CUTS=50 tests/host.sh`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/hand.sh
PATH="$PATH:/usr/sbin"
need sshd ssh ssh-keygen python3

# A delay of the kernel's takes `tc netem`, which is no part of many kernels; one of bytes does for a single connection.
milliseconds="${FLATSCAPE_DELAY:-25}"
# Whole milliseconds there and back, for the arithmetic of the shell.
round_trip="$(awk -v one="$milliseconds" 'BEGIN { printf "%.0f", 2 * one }')"
rate="${FLATSCAPE_RATE:-}"
cuts="${FLATSCAPE_CUTS:-3}"
there="$folder/there"
keys="$folder/ssh"
rm -rf "$there" "$keys"
mkdir -p "$there" "$keys" "$folder/bin"
read -r port way < <(python3 - <<'PYTHON'
import socket

sockets = [socket.socket() for _ in range(2)]
for one in sockets:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in sockets))
PYTHON
)
ssh-keygen -q -t ed25519 -N '' -f "$keys/host"
ssh-keygen -q -t ed25519 -N '' -f "$keys/user"
cp "$keys/user.pub" "$keys/authorized"
cat >"$keys/sshd_config" <<CONFIG
Port $port
ListenAddress 127.0.0.1
HostKey $keys/host
AuthorizedKeysFile $keys/authorized
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
SetEnv PATH=$folder/bin:/usr/bin:/bin XDG_DATA_HOME=$there
CONFIG
cat >"$keys/config" <<CONFIG
Host there
    HostName 127.0.0.1
    Port $way
    User $(id -un)
    IdentityFile $keys/user
    IdentitiesOnly yes
    UserKnownHostsFile $keys/known
    StrictHostKeyChecking accept-new
    LogLevel ERROR
CONFIG
# The program there, and an ssh that knows this configuration and no other.
ln -sf "$program" "$folder/bin/flatscape"
printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$keys/config" >"$folder/bin/ssh"
# A budget that no cut outlasts.
experiment='flatscape:experiment/digits-cnn?budget=100000'
printf '#!/bin/sh\nPATH="%s:$PATH" exec %s --host there --device cpu "%s"\n' "$folder/bin" "$program" "$experiment" >"$folder/window"
chmod +x "$folder/bin/ssh" "$folder/window"

# Run by the superuser it wants an empty folder for what has no rights.
[[ "$(id -u)" -ne 0 ]] || mkdir -p /run/sshd
"$(command -v sshd)" -D -e -f "$keys/sshd_config" 2>"$keys/log" &
daemon=$!
python3 tests/delay.py "$way" "$port" "$milliseconds" "$folder/bytes" ${rate:+"$rate"} &
delay=$!
# An engine whose window is lost goes on for a day.
end_engines() {
    local process
    for process in $(pgrep -f 'engine --listen'); do
        ! grep -qzF "XDG_DATA_HOME=$there" "/proc/$process/environ" || kill "$process"
    done
}
trap 'kill $window $server $daemon $delay 2>/dev/null || true; end_engines 2>/dev/null || true' EXIT
for _ in $(seq 100); do
    "$folder/bin/ssh" there true 2>/dev/null && break
    sleep 0.1
done
"$folder/bin/ssh" there true || fail "there is no connection: $(cat "$keys/log")"

engines() { find "$there/flatscape/engines" -name '*.sock' 2>/dev/null | wc -l; }
newest_session() { ls -t "$there"/flatscape/sessions/*.flatscape | head -n 1; }
# Steps that the runs of the newest session there have done, together.
steps() {
    "$here" show "$(newest_session)" --json | python3 -c 'import json, sys; print(sum(run["steps"] for run in json.load(sys.stdin)["runs"]))'
}
# Milliseconds from a key to the first change of a part of the screen, which is named where none comes.
after_key() {
    focus
    python3 tests/screen.py "$1" key "$2" || fail "$3 does not come"
}
here="$program"
program="$folder/window"
open_window
echo "first landscape after $(((${EPOCHREALTIME/./} - start) / 1000)) ms, at a round trip of $round_trip ms"
(($(engines) == 1)) || fail "$(engines) engines are there, expected 1"
stage 01-tour
key Escape

# The main stages of the walk.
find_command "train freely"
rest 2
stage 02-digits-cnn
click 209 361
key ctrl+a
text 0.16
key Return
rest 2
stage 03-knobs
# The line below σ that says when it was changed. The engine tells it, so that the way there and back is in it.
markers=()
for sigma in 0.15 0.14 0.13 0.12 0.11; do
    click 209 361
    key ctrl+a
    text "$sigma"
    markers+=("$(after_key 190x13+10+407 Return "a knob's marker")")
    sleep 0.5
done
middle="$(printf '%s\n' "${markers[@]}" | sort -n | sed -n 3p)"
echo "from Return in σ's box to its marker: $middle ms (median of ${markers[*]})"
aim=$((250 + (round_trip > 50 ? round_trip - 50 : 0)))
[[ -n "$rate" ]] || ((middle <= aim)) || echo "that is more than the $aim ms of a quiet machine"
[[ -n "$rate" ]] || ((middle <= 4 * aim)) || fail "a knob's marker takes $middle ms, expected $((4 * aim)) at most on any machine"
rest 1
before="$(cat "$folder/bytes")"
# The counts of steps at the bottom of the window, which every frame brings up to date.
frames="$(python3 tests/screen.py 640x24+0+874 rate 5)"
after="$(cat "$folder/bytes")"
echo "$(((after - before) / 5120)) KiB and $frames frames a second while three runs train"
key space
rest 3
stage 04-paused
# The way of looking is the window's own: the engine is not asked for it.
surface="$(after_key "$landscapes" 3 "the surface")"
rest 2
stage 05-surface
differs 04-paused 05-surface "$landscapes" 25
contour="$(after_key "$landscapes" 2 "the contour")"
echo "from a key to the surface $surface ms, and back to the contour $contour ms"
rest 2
stage 06-contour
differs 05-surface 06-contour "$landscapes" 25
key space
rest 2

# Cut in the middle of training, each time at another moment. The engine goes on, and the window takes it up again.
RANDOM=18
for ((time = 1; time <= cuts; time++)); do
    before="$(steps)"
    kill -USR1 "$delay"
    sleep "0.$((RANDOM % 9 + 1))"
    rest 0.5
    stage "07-cut-$time"
    (($(engines) == 1)) || fail "the engine ended with its connection"
    # Asked for, unless it was taken up by itself meanwhile: then the palette says so, and stays.
    find_command "connect again"
    key Escape
    rest 6
    stage "08-again-$time"
    after="$(steps)"
    ((after > before)) || fail "the runs stand at $after steps, as before the cut"
    rest 2
    stage "09-goes-on-$time"
done
echo "cut and taken up again $cuts times: $before, then $after steps"
session="$(newest_session)"
goes_on="$last"
ending find_command "open two moons"
rest 3
stage 10-two-moons
differs "$goes_on" 10-two-moons "$landscapes" 20

quit_window
for _ in $(seq 100); do
    (($(engines) == 0)) && break
    sleep 0.1
done
(($(engines) == 0)) || fail "the engine goes on after its window was closed"
# Every row of every run is what its steps give, whatever was cut.
"$here" replay "$session" >"$folder/replay.txt" || fail "the session is not what its runs did: $(cat "$folder/replay.txt")"
echo "$(head -n 1 "$folder/replay.txt")"
echo "The window over ssh passed."
