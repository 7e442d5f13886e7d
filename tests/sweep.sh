#!/usr/bin/env bash
# A sweep of 12 units by each kind of engine, held against `flatscape compare`: HyperQueue's server and two workers (from the
# Python registry), GNU parallel, Slurm and MPI by stubs of `sbatch` and `mpirun`, each by the line that `plan` prints for it, and
# workers that share a folder by themselves. Two processes are killed by SIGKILL at a unit, one by itself and one of HyperQueue's: their
# units are done by others.
#
# HyperQueue's Python interface has no `hq`, so that its line alone is not the one that `plan` prints.
#
# usage: tests/sweep.sh [PROGRAM [FOLDER]]   HyperQueue needs python3 with venv and pip; it and GNU parallel are skipped where they are
# not there, which is a failure where FLATSCAPE_REQUIRE_GPU is set
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/program.sh
# Engines give a task fewer cores than the machine has, and a figure says how many threads computed it.
export RAYON_NUM_THREADS=1
# Not those of whatever runs this.
unset HQ_TASK_ID PARALLEL_SEQ SLURM_ARRAY_TASK_ID OMPI_COMM_WORLD_RANK PMI_RANK

what=(
    moons-mlp --optimizers sgd,sam,nso --seeds 4 --device cpu --budget 240 --curvature 2 --weights
    --set data.train_size=60 --set data.test_size=60 --set look.resolution=7 --set look.trace_probes=4
    --set look.lanczos_steps=4 --set look.eval_every=10
)
units=12

plan() { "$program" plan "${what[@]}" --out "$folder/$1" >"$folder/$1.lines"; }
# The line that `plan` has printed for an engine.
line() { sed -n "s/^  $2  *//p" "$folder/$1.lines"; }
# A tool that is not there: where all have to be, that is a failure.
skip() {
    echo "  $*"
    [[ -z "${FLATSCAPE_REQUIRE_GPU:-}" ]] || exit 1
}
# Gathers, and compares all files but for seconds.
check() {
    "$program" gather "$folder/$1" >/dev/null
    cmp "$folder/compared/curves.csv" "$folder/$1/curves.csv"
    cmp "$folder/compared/landscape.png" "$folder/$1/landscape.png"
    diff -r "$folder/compared/weights" "$folder/$1/weights"
    cmp <(grep -v wall_seconds "$folder/compared/summary.json") <(grep -v wall_seconds "$folder/$1/summary.json")
    echo "  $1: $units units, and the files of compare"
}

"$program" compare "${what[@]}" --jobs 1 --out "$folder/compared" 2>/dev/null >/dev/null

# Two workers that choose by themselves. One is killed at its first claim; the other waits until that stands still.
plan alone
"$program" work "$folder/alone" --all >/dev/null 2>&1 &
victim=$!
until [[ -n "$(ls -A "$folder/alone/claims")" ]]; do
    kill -0 "$victim"
    sleep 0.01
done
kill -KILL "$victim"
wait "$victim" 2>/dev/null || true
"$program" work "$folder/alone" --all >/dev/null 2>&1 &
first=$!
"$program" work "$folder/alone" --all >/dev/null 2>&1
wait "$first"
check alone

# HyperQueue: the task of unit 5 kills its worker process the first time, once that is at the unit.
hyperqueue() {
    python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet --disable-pip-version-check hyperqueue
}
if ! hyperqueue >"$folder/pip.log" 2>&1; then
    skip "hyperqueue: skipped, it cannot be installed from the Python registry ($(tail -n 1 "$folder/pip.log"))"
else
    plan hyperqueue
    cat >"$folder/once.sh" <<'TASK'
#!/bin/bash
# Starts the worker of a unit; that of unit 5 is killed once.
if [[ "$HQ_TASK_ID" == 5 && ! -e "$2.killed" ]]; then
    touch "$2.killed"
    "$1" work "$2" &
    worker=$!
    # A claim has the number of the process that is at the unit.
    until grep -qsx ".*process $worker" "$2"/claims/*; do
        kill -0 $worker || exit 0
        sleep 0.002
    done
    kill -KILL $worker
    kill -KILL $$
fi
exec "$1" work "$2"
TASK
    chmod +x "$folder/once.sh"
    "$folder/venv/bin/python" - "$folder/once.sh" "$program" "$folder/hyperqueue" $units <<'PYTHON' >"$folder/hq.log" 2>&1
import sys
from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

script, program, folder, units = sys.argv[1:]
with LocalCluster() as cluster:
    for _ in range(2):
        cluster.start_worker(WorkerConfig(cores=1))
    client = cluster.client()
    # A task that failed is submitted again, as `hq submit --array $(hq job task-ids N --filter=failed)` does.
    wanted, rounds = list(range(int(units))), 0
    while wanted:
        rounds += 1
        assert rounds <= 3, f"units {wanted} fail again and again"
        job = Job(max_fails=None)
        for unit in wanted:
            own = {"HQ_TASK_ID": str(unit)}
            job.program(["env"] + [f"{k}={v}" for k, v in own.items()] + [script, program, folder], stdout=None, stderr=None)
        submitted = client.submit(job)
        done = client.wait_for_jobs([submitted], raise_on_error=False)
        failed = [] if done else sorted(client.get_failed_tasks(submitted))
        wanted = [wanted[task] for task in failed]
        print("failed", wanted)
    assert rounds == 2, "one worker was killed"
PYTHON
    check hyperqueue
fi

# What else hands out work is called by the line that `plan` prints, as a user pastes it.
mkdir -p "$folder/bin"
cat >"$folder/bin/sbatch" <<'STUB'
#!/bin/bash
# Runs the tasks of the array that a script or `--array` asks for, one after the other.
array="$(sed -n 's/^#SBATCH --array=//p' "${!#}")"
for word in "$@"; do
    case "$word" in
    --array=*) array="${word#--array=}" ;;
    esac
done
for part in ${array//,/ }; do
    for task in $(seq "${part%-*}" "${part#*-}"); do
        SLURM_ARRAY_TASK_ID=$task bash "${!#}" || echo "task $task failed" >&2
    done
done
STUB
cat >"$folder/bin/mpirun" <<'STUB'
#!/bin/bash
# Starts so many processes at once, each with its rank, as Open MPI does: mpirun -n N COMMAND…
[[ "$1" == -n ]] || exit 2
size=$2 processes=()
shift 2
for ((rank = 0; rank < size; rank++)); do
    OMPI_COMM_WORLD_RANK=$rank OMPI_COMM_WORLD_SIZE=$size "$@" &
    processes+=($!)
done
for process in "${processes[@]}"; do
    wait "$process" || exit 1
done
STUB
chmod +x "$folder/bin/sbatch" "$folder/bin/mpirun"
# Has the line of an engine done; PATH finds the stubs.
by_line() {
    local told
    plan "$1"
    told="$(line "$1" "$2")"
    [[ -n "$told" ]]
    (PATH="$folder/bin:$PATH" && eval "$told") >"$folder/$1.log" 2>&1
}
by_line slurm Slurm
check slurm
# The tasks that are missing are named by their numbers.
rm "$(find "$folder/slurm/units" -name '*.toml' | sort | head -n 1)"
missing="$({ "$program" gather "$folder/slurm" --force 2>&1 >/dev/null || true; } | sed -n 's/.* --unit //p')"
[[ -n "$missing" ]]
PATH="$folder/bin:$PATH" sbatch --array="$missing" "$folder/slurm/units.sbatch" >/dev/null 2>&1
"$program" gather "$folder/slurm" --force >/dev/null
by_line mpi MPI
check mpi

if command -v parallel >/dev/null; then
    # It asks to be cited, once for each user.
    PARALLEL_HOME="$folder/parallel-home" && mkdir -p "$PARALLEL_HOME" && touch "$PARALLEL_HOME/will-cite"
    export PARALLEL_HOME
    by_line parallel 'GNU parallel'
    check parallel
    # By the variable alone, as a user may have it.
    plan counted
    seq $units | parallel -N0 -j 2 "$program" work "$folder/counted" >/dev/null 2>&1
    check counted
else
    skip "parallel: skipped, GNU parallel is not installed"
fi
echo "Sweeps passed."
