#!/usr/bin/env bash
# Shortcuts on keyboards of five countries, in the real window under Xvfb: the X server gets each layout in turn, keys are
# struck by their place, and what they do is seen on pictures.
#
# usage: tests/keys.sh [PROGRAM [FOLDER]]   needs xvfb, xdotool, setxkbmap, imagemagick and a Vulkan driver
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/hand.sh
if ! command -v setxkbmap >/dev/null; then
    echo "skipped: setxkbmap is not installed"
    exit
fi

# Strikes keys by their codes, such as 12 for the third digit; modifiers go before.
strike() { focus; xdotool key --delay 60 "$@"; sleep 1.2; is_alive; }
# Fails where the landscapes look the same before and after some keys.
changes() {
    local name="$1"
    shift
    rest 0.3
    import -window root "$folder/$name-before.png"
    strike "$@"
    rest 0.6
    import -window root "$folder/$name-after.png"
    differs "$name-before" "$name-after" "$landscapes" 8
    echo "  $name: $*"
}

open_window
key Escape
# Nothing moves by itself.
key space
rest 2
# Code 12 is the third digit of a US keyboard.
for layout in us fr de cz ru; do
    setxkbmap -layout "$layout"
    sleep 0.5
    case "$layout" in
        fr | cz) digit=shift+ ;;
        *) digit= ;;
    esac
    changes "$layout-surface" "${digit}12"
    changes "$layout-contour" "${digit}11"
    # Layouts of the window: Compare, and back to Explore.
    changes "$layout-compare" "ctrl+${digit}11"
    changes "$layout-explore" "ctrl+${digit}10"
    # What the list of all keys says is for whoever looks at it: keys without a command tell the layout first.
    strike 24 29 48
    case "$layout" in
        us) strike shift+61 ;;
        de) strike shift+20 ;;
        fr) strike shift+58 ;;
        cz) strike shift+59 ;;
        ru) strike shift+16 ;;
    esac
    import -window root "$folder/$layout-sheet.png"
    changes "$layout-closed" Escape
done
setxkbmap -layout us
echo "All layouts passed: $folder"
