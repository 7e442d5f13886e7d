#!/usr/bin/env bash
# Each lesson that comes with the program: its check over its own seeds, and a stranger's path through it in the real window, by
# keyboard alone, at 1280×800 with large text. A picture of each page is for whoever looks at them; it fails where a page looks as the one
# before it, where nothing comes of a link, or where the check does not see what the lesson says.
#
# usage: tests/lessons.sh [PROGRAM [FOLDER]]   needs xvfb, xdotool, imagemagick and a Vulkan driver for the second part
# FLATSCAPE_LESSONS: names of some lessons instead of all; FLATSCAPE_LESSON_CHECKS=no leaves the checks out
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/program.sh
read -ra lessons <<<"${FLATSCAPE_LESSONS:-slices three pairs large-sigma equal-loss edge flat-and-bad scale label-noise own-data}"

if [[ "${FLATSCAPE_LESSON_CHECKS:-yes}" != no ]]; then
    for lesson in "${lessons[@]}"; do
        begun=$SECONDS
        if ! "$program" lesson "$lesson" --check --device cpu 2>"$folder/check.log"; then
            tail -n 3 "$folder/check.log" >&2
            exit 1
        fi
        echo "  $lesson: $((SECONDS - begun)) s"
    done
fi

set -- "$program" "$folder"
source tests/hand.sh
serve 1280x800

# The title of a lesson, up to the first letter that a keyboard does not have, and how many pages it has: one before its steps and one
# after them.
title() { "$program" lesson "$1" | sed -n 's/^# //p' | tail -n 1 | LC_ALL=C sed 's/[^ -~].*//'; }
pages() { echo $(($("$program" lesson "$1" | grep '^## ' | grep -cv -e '^## Questions' -e '^## What should be seen') + 2)); }
# Gives the keyboard to the first link of the page: past the tab of the guide and the buttons above the lesson, of which the first and the
# last lesson have one less. Of two keys that come within one frame only one counts, hence so many seconds between them.
to_link() {
    local tabs=8 i
    [[ "$1" != slices && "$1" != own-data ]] || tabs=$((tabs - 1))
    key F6
    key shift+F6
    for ((i = 0; i < tabs; i++)); do
        sleep "$2"
        xdotool key Tab
    done
    sleep "$2"
}
# Follows the first link of a first step, which plays what waits; that of the last lesson asks for a file. A machine that is slow to draw
# has a second try.
follow_link() {
    local pause part=800x45+0+0 least=0.3
    # The button that plays and pauses, wherever large text puts it; a question dims all.
    [[ "$1" != own-data ]] || part="$whole" least=1
    for pause in 0.5 2; do
        to_link "$1" "$pause"
        import -window root "$folder/$1-waits.png"
        key Return
        rest
        import -window root "$folder/$1-link.png"
        [[ "$1" != own-data ]] || key Escape
        # The keys are the steps' again.
        key Escape
        is_more "$(difference "$1-waits" "$1-link" "$part")" "$least" && return
        key Prior
        key Prior
        key Next
    done
    differs "$1-waits" "$1-link" "$part" "$least"
}

open_window
resize 1280 800
key Escape
find_command "large text"
rest
for lesson in "${lessons[@]}"; do
    find_command "lesson: $(title "$lesson")"
    rest
    stage "$lesson-1"
    ending key Next
    rest 3
    stage "$lesson-2"
    follow_link "$lesson"
    count="$(pages "$lesson")"
    for ((page = 3; page <= count; page++)); do
        key Next
        rest
        stage "$lesson-$page"
    done
done
quit_window
echo "All lessons passed; a picture of each page is in $folder"
