#!/usr/bin/env bash
# All checks, the same here and in CI: tests first, because the rest is no use without them.
#
# The walk opens the real window under Xvfb; without Xvfb it says that it was skipped.
# Everything is built in the release profile, so that the program, its tests and the lints share one build of the
# dependencies.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

step() {
    echo
    echo "== $*"
    "$@"
}

# A hand waits for the window by the clock, so on a busy machine it may be too fast: it tries again.
walk() {
    local try
    for try in 1 2 3; do
        tests/walk.sh && return
        echo "try $try of the walk failed"
    done
    return 1
}

step cargo test --release
step walk
step cargo fmt --check
step env RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps
step cargo clippy --release --all-targets -- -D warnings

echo
echo "All checks passed."
