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
printf '#!/bin/sh\necho "$@" >>"%s/zenity.txt"\nsleep 1\nexit 1\n' "$folder" >"$folder/bin/zenity"
chmod +x "$folder"/bin/*
export PATH="$folder/bin:$PATH" BROWSER="$folder/bin/browser"
# No portal: nobody is on this bus.
export DBUS_SESSION_BUS_ADDRESS="unix:path=$folder/no-bus"
rm -rf "$folder"/{opened.txt,zenity.txt,landscapes.svg,animals}

# What other programs get of the clipboard.
pasted() { timeout 5 xclip -selection clipboard -out; }
# Pastes what another program has copied over what stands where the keyboard is.
paste() {
    printf '%s' "$1" | xclip -selection clipboard -in
    key ctrl+a
    key ctrl+v
}
# Fails where the clipboard does not say this within two seconds.
expect_pasted() {
    local i
    for ((i = 0; i < 20; i++)); do
        pasted 2>/dev/null | grep -q -- "$1" && return
        sleep 0.1
    done
    fail "other programs do not get '$1' of the clipboard: $(pasted 2>&1 | head -c 300)"
}

close() {
    kill "$window"
    wait "$window" || true
}

# Places in the window, whose size is fixed: σ of NSO, the button of a question for a path, the question.
sigma=(209 361)
browse=(600 478)
question=600x160+425+395

open_window
key Escape
key space
rest 2
stage 01-window

# A number, a name and a path from outside, by the clipboard.
click "${sigma[@]}"
paste 0.16
key Return
key F2
paste 模型
key Return
rest 2
stage 02-renamed
mkdir -p "$folder"/animals/{猫,犬,قطة,🐱}
for class in 猫 犬 قطة 🐱; do
    for i in 1 2 3 4 5 6; do
        convert -size 8x8 -seed "$i" plasma:fractal "$folder/animals/$class/$i.png"
    done
done
key ctrl+o
paste "$folder/animals"
key Return
rest 3
stage 03-animals
differs 02-renamed 03-animals "$whole" 3

# A font of the system has letters that the window's own lack. Where the machine has one, it is mapped now.
if [[ -n "$(fc-list :lang=ar 2>/dev/null | head -1)" ]]; then
    grep -qE '\.(ttf|otf|ttc|pfb)$' "/proc/$window/maps" || fail "no font of the system is read"
else
    echo "  no font of this system has Arabic letters: they are shown by their code points"
fi

# The table to outside, and a figure that has the same number and name.
find_command "copy the table"
expect_pasted '| 模型 | NSO |'
save_figure "$folder/landscapes.svg"
wait_for "$folder/landscapes.svg"
expect "$folder/landscapes.svg" '模型'
expect "$folder/landscapes.svg" 'σ 0.16'

# A dialog that fails after a second is told, and the path can be typed.
key ctrl+o
rest
stage 04-question
click "${browse[@]}"
rest 2.5
stage 05-no-dialog
differs 04-question 05-no-dialog "$question" 1
[[ -s "$folder/zenity.txt" ]] || fail "no dialog was asked for"
key Escape

# A link opens in the browser.
find_command "about"
rest
stage 06-about
# The cross has the keyboard; the link, wherever the text of the day puts it, comes after it.
key Tab
key Return
wait_for "$folder/opened.txt"
expect "$folder/opened.txt" '^https://arxiv.org/abs/2306.08553$'
key Escape
close

# On a machine without any font of its own the names are shown by their code points.
printf '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>' >"$folder/fonts.conf"
export FONTCONFIG_FILE="$folder/fonts.conf"
open_window
key Escape
key ctrl+o
paste "$folder/animals"
key Return
rest 3
stage 07-no-fonts
close
unset FONTCONFIG_FILE

# A display wider than the 8192 pixels that egui asks a device for, and a window as wide; then one of no height to speak of.
serve 9000x700
open_window
key Escape
resize 9000 700
import -window root "$folder/08-wide.png"
colors="$(convert "$folder/08-wide.png" -crop 600x700+8400+0 +repage -format %k info:)"
((colors > 20)) || fail "the right end of a wide window shows $colors colours"
resize 1440 1
resize 1440 700
import -window root "$folder/09-again.png"
colors="$(convert "$folder/09-again.png" -crop 1440x700+0+0 +repage -format %k info:)"
((colors > 500)) || fail "after a window of one row there are $colors colours"

close

# Wider than the adapter can: the window becomes as wide as it can be. No picture: ImageMagick takes none of this width.
serve 20000x500
"$program" >"$folder/output.txt" 2>&1 &
window=$!
for ((i = 0; i < 100; i++)); do
    xdotool search --name '^Flatscape$' >/dev/null 2>&1 && break
    sleep 0.1
done
sleep 4
is_alive
xdotool search --name '^Flatscape$' windowsize 20000 500
sleep 4
is_alive
width="$(xdotool search --name '^Flatscape$' getwindowgeometry | sed -n 's/.*Geometry: \([0-9]*\)x.*/\1/p')"
echo "of 20000 pixels the window has $width"
((width > 8192)) || fail "the window has become $width pixels wide"
key space
close
grep -q panicked "$folder/output.txt" && fail "it panicked: $(cat "$folder/output.txt")"
echo "the window gets on with other programs; pictures: $folder"
