#!/usr/bin/env bash
# All checks, the same here and in CI: tests first, because the rest is no use without them; of the rest each step is tried whatever
# became of the others. Each says how long it took, and a table at the end has all of them.
#
# The walk and what follows it open the real window under Xvfb, or a page in Chromium; without these they say that they were skipped.
# Everything is built in the release profile, so that the program, its tests and the lints share one build of the
# dependencies.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source .ci/steps.sh
trap steps_table EXIT

# A hand waits for the window by the clock, so on a busy machine it may be too fast: it tries once more.
by_hand() {
    "$@" && return
    echo "$* failed for the reason above; once more, in case the machine was only busy." >&2
    "$@"
}

# Built first, so that the time of the tests is theirs alone.
step cargo test --release --no-run
step cargo test --release
try_step by_hand tests/walk.sh
try_step by_hand tests/gl_window.sh
try_step by_hand tests/desktop.sh
try_step by_hand tests/keys.sh
try_step by_hand tests/lessons.sh
try_step by_hand tests/text_window.sh
try_step tests/package.sh
try_step tests/report.sh
try_step tests/sweep.sh
try_step by_hand tests/host.sh
try_step tests/python.sh
try_step tests/soak.sh 0.06
try_step cargo fmt --check
try_step env RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps
try_step cargo clippy --release --all-targets -- -D warnings
((step_failures == 0)) || exit 1

echo
echo "All checks passed."
