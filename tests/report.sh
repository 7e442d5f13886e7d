#!/usr/bin/env bash
# The page of a comparison in headless Chromium, with and without WebGL: its charts are drawn and can be read, its surfaces turn,
# nothing leaves the page, the console is quiet, and it is below 5 MB. Pictures and a print stay in the folder, to be looked at.
#
# usage: tests/report.sh [PROGRAM [FOLDER]]   needs chromium and python3
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

most_bytes=5000000

skip() {
    echo "skipped: $1 is not installed"
    [[ -z "${FLATSCAPE_REQUIRE_GPU:-}" ]]
    exit
}

command -v python3 >/dev/null || skip python3
browser="$(command -v chromium || command -v chromium-browser || command -v google-chrome)" || skip chromium

source tests/program.sh
rm -rf "$folder/out"
"$program" compare moons-mlp --budget 1800 --curvature 8 --device cpu --out "$folder/out" >/dev/null 2>"$folder/compare.txt" ||
    { cat "$folder/compare.txt" >&2 && exit 1; }
page="$folder/out/report.html"
bytes="$(stat --format=%s "$page")"
if ((bytes >= most_bytes)); then
    echo "failed: a page of three runs has $bytes bytes" >&2
    exit 1
fi
python3 tests/report.py "$browser" "$page" "$folder"
python3 tests/report.py "$browser" "$page" "$folder" --no-webgl
echo "the report of $bytes bytes is drawn and turns, and asks for nothing; pictures: $folder"
