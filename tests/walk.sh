#!/usr/bin/env bash
# A walk through the real window by keyboard and mouse, under Xvfb, with a picture of each stage. It fails when the window
# ends, when a picture is not changed by what was asked of it, where and as much as it should be, when the first landscape
# takes more than 3 s, or when the files that it was asked for are not what they should be.
#
# usage: tests/walk.sh [PROGRAM [FOLDER]]   needs xvfb, xdotool, imagemagick and a Vulkan driver (lavapipe will do)
# FLATSCAPE_WALK_LIMIT_MS: another limit for the first landscape, for a machine that is busy with something else
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/hand.sh
# What an earlier walk saved here would be asked about before it is replaced.
rm -f "$folder"/{landscapes.svg,runs.csv,own.png}

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
# Mean brightness of a picture, from 0 to 1.
brightness() { convert "$folder/$1.png" -colorspace Gray -format '%[fx:mean]' info:; }

open_window
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
# This experiment waits for its curves, which a walk cannot.
find_command "train freely"
click 209 361
key ctrl+a
text 0.16
key Return
rest 1
# The turn is noted below σ, and so is what the noise says, which moves k down.
click 196 721
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
# Past the slider to the box of the step.
key Tab
key Tab
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
quit_window
expect "$XDG_CONFIG_HOME/flatscape/settings.json" '"layout": "teach"'
expect "$XDG_CONFIG_HOME/flatscape/settings.json" '"theme": "dark"'
echo "the walk ended well; pictures: $folder"
