#!/usr/bin/env bash
# Transformers in the real window, under Xvfb: the experiment of text is opened from its file and shows its first landscape within
# 3 s, its three runs train, a knob acts and stands in the session, and one of pictures is opened beside it.
#
# usage: tests/text_window.sh [PROGRAM [FOLDER]]   needs xvfb, xdotool, imagemagick and a Vulkan driver (lavapipe will do)
# FLATSCAPE_WALK_LIMIT_MS: another limit for the first landscape, for a machine that is busy with something else
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/hand.sh

# Whether the landscapes move by themselves within some seconds.
trains() {
    import -window root "$folder/trains-before.png"
    rest 3
    import -window root "$folder/trains-after.png"
    is_more "$(difference trains-before trains-after "$landscapes")" 0.5
}
# Sees to it that the runs train.
keep_training() {
    trains && return
    key space
    trains || fail "the runs do not train"
}

opened="$PWD/assets/experiments/gpt-mini-sums.toml"
# At its start the landscape of a text is nearly flat.
least_colors=150
open_window
first=$(((${EPOCHREALTIME/./} - start) / 1000))
limit="${FLATSCAPE_WALK_LIMIT_MS:-3000}"
echo "first landscape of text after $first ms"
((first <= limit)) || fail "the first landscape came after $first ms, expected at most $limit ms"
key Escape
# It waits for its curves otherwise, which eyes cannot.
find_command "train freely"
keep_training
stage 01-text
rest 3
stage 02-text-later
differs 01-text 02-text-later "$landscapes" 0.5

# The first knob of the selected run, by mouse and by typing.
click 209 361
key ctrl+a
text 0.03
key Return
rest 2
stage 03-knob

ending find_command "open digits, vision transformer"
rest 3
stage 04-pictures
differs 03-knob 04-pictures "$landscapes" 5
keep_training
stage 05-pictures-later

quit_window
# What the session of the text says: three runs that have trained, and the turn.
told="$folder/session.json"
while read -r session; do
    "$program" show "$session" --json >"$told" || fail "$session is not whole"
    grep -q '"gpt-mini-sums"' "$told" && break
done < <(find "$XDG_DATA_HOME" -name '*.flatscape')
expect "$told" '"gpt-mini-sums"'
expect "$told" '"knob": *"'
echo "transformers train in the window; pictures: $folder"
