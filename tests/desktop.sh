#!/usr/bin/env bash
# The window among other programs, under Xvfb: the clipboard both ways, a link, dialogs of the system that fail, names in scripts
# that no font here may have, and displays that are wider than what a graphics device usually draws.
#
# usage: tests/desktop.sh [PROGRAM [FOLDER]]   needs xvfb, xdotool, xclip, imagemagick and a Vulkan driver (lavapipe will do)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/hand.sh
need xclip

# Stand-ins for the programs that it may call: a browser, and a dialog for files that fails as slowly as a user closes one.
mkdir -p "$folder/bin"
printf '#!/bin/sh\necho "$1" >>"%s/opened.txt"\n' "$folder" >"$folder/bin/browser"
printf '#!/bin/sh\nsleep 1\nexit 1\n' >"$folder/bin/zenity"
chmod +x "$folder"/bin/*
export PATH="$folder/bin:$PATH" BROWSER="$folder/bin/browser"
# No portal: nobody is on this bus.
export DBUS_SESSION_BUS_ADDRESS="unix:path=$folder/no-bus"
rm -rf "$folder"/{opened.txt,landscapes.svg,animals}

# What other programs paste, and what they copied.
pasted() { timeout 5 xclip -selection clipboard -out; }
copied() { printf '%s' "$1" | xclip -selection clipboard -in; }
# Fails where the clipboard does not say this within two seconds.
expect_pasted() {
    local i
    for ((i = 0; i < 20; i++)); do
        pasted 2>/dev/null | grep -q -- "$1" && return
        sleep 0.1
    done
    fail "other programs do not get '$1' of the clipboard: $(pasted 2>&1 | head -c 300)"
}

open_window
key Escape
key space
rest 2
stage 01-window

# A name from outside, by the clipboard, and the table to outside.
key F2
copied 模型
key ctrl+a
key ctrl+v
key Return
rest
stage 02-renamed
find_command "copy the table"
expect_pasted '模型'
expect_pasted '| '
save_figure "$folder/landscapes.svg"
wait_for "$folder/landscapes.svg"
expect "$folder/landscapes.svg" '模型'

# A path from outside: a folder of pictures by class.
mkdir -p "$folder"/animals/{猫,犬,قطة,🐱}
for class in 猫 犬 قطة 🐱; do
    for i in 1 2 3 4 5 6; do
        convert -size 8x8 -seed "$i" plasma:fractal "$folder/animals/$class/$i.png"
    done
done
key ctrl+o
key ctrl+a
copied "$folder/animals"
key ctrl+v
key Return
rest 3
stage 03-animals
differs 02-renamed 03-animals "$whole" 3

# A dialog that fails after a second is told; the path can be typed.
key ctrl+o
rest
stage 04-question
click_button "$browse"
sleep 2.5
rest
stage 05-no-dialog
differs 04-question 05-no-dialog "$question" 0.3
key Escape

# A link opens in the browser.
find_command "about"
rest
stage 06-about
click "${link%+*}" "${link#*+}"
wait_for "$folder/opened.txt"
expect "$folder/opened.txt" 'https://arxiv.org/abs/2306.08553'
key Escape
kill "$window"
wait "$window" || true
