#!/usr/bin/env bash
# All checks, the same here and in CI: tests first, because the rest is no use without them. Each step says how long it took,
# and a table at the end has all of them.
#
# The walk and what follows it open the real window under Xvfb, or a page in Chromium; without these they say that they were skipped.
# Everything is built in the release profile, so that the program, its tests and the lints share one build of the
# dependencies.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source .ci/steps.sh
trap steps_table EXIT

# A hand waits for the window by the clock, so on a busy machine it may be too fast: it tries once more.
walk() {
    tests/walk.sh && return
    echo "The walk failed for the reason above; once more, in case the machine was only busy." >&2
    tests/walk.sh
}

# Built first, so that the time of the tests is theirs alone.
step cargo test --release --no-run
step cargo test --release
step walk
step tests/gl_window.sh
step tests/desktop.sh
step tests/keys.sh
step tests/lessons.sh
step tests/package.sh
step tests/report.sh
step tests/sweep.sh
step tests/host.sh
step tests/python.sh
step tests/soak.sh 0.06
step cargo fmt --check
step env RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps
step cargo clippy --release --all-targets -- -D warnings

echo
echo "All checks passed."
