# Steps that say how long they took, for check.sh and .ci/run. `steps_table` prints all of them.

step_names=()
step_times=()
step_failures=0

# 83 becomes "1 min 23 s".
duration() {
    if (($1 < 60)); then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# Runs a command as a step: `step COMMAND…`. A failing command ends the script where `set -e` holds.
step() {
    local start=$SECONDS
    echo
    echo "== $*"
    step_names+=("$*")
    "$@" || return
    step_times[${#step_names[@]} - 1]="$(duration $((SECONDS - start)))"
    echo "== step took $(duration $((SECONDS - start)))"
}

# A step that no other needs: where it fails the others are run all the same, so that all that is wrong is known at once.
try_step() { step "$@" || step_failures=$((step_failures + 1)); }

# A step that failed has no time.
steps_table() {
    local index
    echo
    for index in "${!step_names[@]}"; do
        printf '%14s  %s\n' "${step_times[index]:-failed}" "${step_names[index]}"
    done
}
