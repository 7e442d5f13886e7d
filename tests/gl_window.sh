#!/usr/bin/env bash
# The window on OpenGL alone, which old and virtual machines have in place of Vulkan: it opens, draws both kinds of landscape,
# plays and saves a figure. Where there is no adapter at all, the program says so in one sentence and compares.
#
# usage: tests/gl_window.sh [PROGRAM [FOLDER]]   needs xvfb, xdotool, imagemagick and Mesa's EGL (llvmpipe will do)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export WGPU_BACKEND=gl
source tests/hand.sh
rm -rf "$folder"/{landscapes.png,flatscape-out}

open_window
grep -q libEGL "/proc/$window/maps" || fail "it does not draw with OpenGL"
key Escape
rest 2
stage 01-contour
rest 2
stage 02-contour-later
differs 01-contour 02-contour-later "$landscapes" 0.5
key 3
rest 2
stage 03-surface
differs 02-contour-later 03-surface "$landscapes" 25
rest 2
stage 04-surface-later
differs 03-surface 04-surface-later "$landscapes" 0.5
# The processor does all of it, so the runs make room.
key space
save_figure "$folder/landscapes.png" 5
wait_for "$folder/landscapes.png"
colors="$(identify -format %k "$folder/landscapes.png")"
((colors > 1000)) || fail "the figure shows $colors colours"
kill "$window"
wait "$window" || true

# No system has both this and an X server.
export WGPU_BACKEND=dx12
(cd "$folder" && exec "$program" >output.txt 2>&1) &
window=$!
for ((i = 0; i < 100; i++)); do
    grep -q "instead" "$folder/output.txt" && break
    sleep 0.1
done
expect "$folder/output.txt" "^flatscape: cannot open a window: .*; running .flatscape compare"
grep -q panicked "$folder/output.txt" && fail "it panicked first"
echo "the window draws with OpenGL; pictures: $folder"
