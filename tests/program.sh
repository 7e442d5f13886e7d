# The program that a script tests and the folder for what it writes, for the scripts that source this. It takes the arguments of the
# script, [PROGRAM [FOLDER]].
# shellcheck shell=bash

program="$(realpath "${1:-${CARGO_TARGET_DIR:-target}/release/flatscape}")"
folder="${2:-$(mktemp -d)}"
mkdir -p "$folder"
folder="$(realpath "$folder")"
if [[ ! -x "$program" ]]; then
    echo "there is no program to test: $program" >&2
    exit 1
fi
