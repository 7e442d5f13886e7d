# Steps that say how long they took, for check.sh and .ci/run. `steps_table` prints all of them.

step_names=()
step_times=()

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
    "$@"
    step_times+=("$(duration $((SECONDS - start)))")
    echo "== step took ${step_times[-1]}"
}

# The last step has no time where it failed.
steps_table() {
    local index
    echo
    for index in "${!step_names[@]}"; do
        printf '%14s  %s\n' "${step_times[index]:-failed}" "${step_names[index]}"
    done
}
