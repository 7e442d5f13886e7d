#!/usr/bin/env bash
# A soak: the real window under Xvfb with three runs, slices, measurements on request and a session, for as long as it is asked to.
# Memory, open handles and the size of the session are written down as it goes. It fails where the window ends, where memory is above
# its bound or, from an hour on, grows over the second half, where handles do, or where the session grows beyond its bound.
# Within an hour rows of charts that come seldom still fill their histories, so that a slope would say how fast the machine is;
# `tests/soak` has what memory may grow a second, view by view.
#
# usage: tests/soak.sh HOURS [PROGRAM [FOLDER]]   such as 0.1 for six minutes; needs what tests/walk.sh needs
#
# The figures are in FOLDER/soak.csv: seconds, megabytes of memory, handles, megabytes of the session.
set -euo pipefail
hours="${1:?how many hours, such as 0.1}"
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/hand.sh
export XDG_DATA_HOME="$folder/data"
rm -rf "$XDG_DATA_HOME"
figures="$folder/soak.csv"

# Megabytes a minute, which count from an hour on, when histories are full.
most_growth=1
# Megabytes, more than three runs and their slices took in a quarter of an hour; a leak of 2 MB a second is above that within four
# minutes.
most_memory=650
# More handles in the second half than there were in the first.
most_handles=8
# Megabytes of the session.
most_session=600

now() { echo $((${EPOCHREALTIME/./} / 1000000)); }
sample() {
    local memory handles session
    memory="$(awk '/^VmRSS:/ { print $2 / 1024 }' "/proc/$window/status")"
    # Handles and files come and go while they are listed.
    handles="$({ find "/proc/$window/fd" -mindepth 1 2>/dev/null || true; } | wc -l)"
    session="$({ find "$XDG_DATA_HOME" -type f -printf '%s\n' 2>/dev/null || true; } | awk '{ sum += $1 } END { print sum / 1048576 }')"
    echo "$(($(now) - begun)),$memory,$handles,$session" >>"$figures"
}
# Samples for so many seconds, or to the end.
watch() {
    local until=$(($(now) + $1))
    while (($(now) < until && $(now) < end)); do
        is_alive
        sample
        sleep "$every"
    done
}

# What a user does in some minutes, again and again: views, planes, a knob, a branch that is taken away again, a measurement.
deeds=(
    "3d surface" "plane: three minima" "contour" "plane: same directions"
    "add a run of sgd" "remove the selected run" "play the past" "back to live"
    "chart trace as a pane" "chart overview as a pane" "layout compare" "layout explore"
)
measure() {
    find_command "layout explore"
    key m
    click "${measure[@]}"
    key m
}
# Whether the counts of steps at the bottom of the window go on.
trains() {
    import -window root "$folder/before.png"
    sleep 3
    import -window root "$folder/after.png"
    is_more "$(difference before after 640x24+0+874)" 0
}
# On a busy machine a word may be typed before the palette is there, and its space pauses the runs.
keep_training() {
    trains && return
    key Escape
    key space
    trains || fail "the runs do not train"
}
# The button of the pane of measurements, whose place is fixed like the window's size.
measure=(1174 304)

open_window
key Escape
# The three runs train on, whatever waits to be measured.
find_command "train freely"
begun="$(now)"
seconds="$(awk -v hours="$hours" 'BEGIN { printf "%d", hours * 3600 }')"
end=$((begun + seconds))
# Some hundred samples at least, and none more often than once a second.
every=$((seconds / 400 > 30 ? 30 : seconds / 400 > 1 ? seconds / 400 : 1))
# All deeds are done once within the first half, so that the second brings nothing new.
rest=$((seconds / 2 / (${#deeds[@]} + 1) - 6))
rest=$((rest > 20 ? 20 : rest > 1 ? rest : 1))
echo "seconds,memory_mb,handles,session_mb" >"$figures"
for ((turn = 0; $(now) < end; turn++)); do
    find_command "${deeds[turn % ${#deeds[@]}]}"
    ((turn % 5 != 2)) || measure
    keep_training
    sample
    watch "$rest"
done

# A tenth of the time a line.
awk -F, -v parts=10 '
    NR > 1 { time[NR] = $1; line[NR] = sprintf("%8d s %9.0f MB %8d handles %9.1f MB of session", $1, $2, $3, $4) }
    END { for (part = 1; part <= parts; part++) print line[2 + int((NR - 2) * part / parts)] }
' "$figures"

# The slope of the line through the lowest point of each quarter of the second half, as tests/soak has it.
awk -F, -v hours="$hours" -v most_growth="$most_growth" -v most_handles="$most_handles" -v most_session="$most_session" \
    -v most_memory="$most_memory" '
    NR > 1 { count++; time[count] = $1; memory[count] = $2; handles[count] = $3; session = $4 }
    function highest(from, to,    i, most) { for (i = from; i <= to; i++) if (handles[i] > most) most = handles[i]; return most }
    END {
        half = int(count / 2)
        for (quarter = 0; quarter < 4; quarter++) {
            low = 0
            for (i = half + 1 + int((count - half) * quarter / 4); i <= half + int((count - half) * (quarter + 1) / 4); i++)
                if (!low || memory[i] < memory[low]) low = i
            x[quarter] = time[low] / 60; y[quarter] = memory[low]
            mean_x += x[quarter] / 4; mean_y += y[quarter] / 4
        }
        for (i = 0; i < 4; i++) { product += (x[i] - mean_x) * (y[i] - mean_y); square += (x[i] - mean_x) ^ 2 }
        growth = product / square
        more = highest(half + 1, count) - highest(1, half)
        top = 0
        for (i = 1; i <= count; i++) if (memory[i] > top) top = memory[i]
        printf "memory %.0f MB (at most %d), in the second half %+.2f MB a minute (at most %s); handles %+d (at most %d), session %.1f MB (at most %d)\n",
            top, most_memory, growth, hours < 1 ? "anything within an hour" : most_growth, more, most_handles, session, most_session
        exit !(count >= 12 && top <= most_memory && (hours < 1 || growth <= most_growth) && more <= most_handles && session <= most_session)
    }
' "$figures" || fail "the window does not stand still: $figures"

# It ends by itself, and leaves a session that is whole.
quit_window
while read -r session; do
    "$program" show "$session" >"$folder/show.txt" || fail "$session is not whole"
    tail -n 3 "$folder/show.txt"
done < <(find "$XDG_DATA_HOME" -name '*.flatscape')
[[ -s "$folder/show.txt" ]] || fail "there is no session"
echo "the soak of $hours h ended well: $figures"
