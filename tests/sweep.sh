#!/usr/bin/env bash
# A sweep of 12 units by each kind of engine, held against `flatscape compare`: HyperQueue's server and two workers (from the
# Python registry), GNU parallel, the script for Slurm by a stub of `sbatch`, and workers that share a folder by themselves. One
# process is killed by SIGKILL in the middle, and its unit is done by another.
#
# usage: tests/sweep.sh [PROGRAM [FOLDER]]   HyperQueue needs python3 with venv and pip; GNU parallel is skipped where it is not there
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
# Gathers, and compares all files but for seconds.
check() {
    "$program" gather "$folder/$1" >/dev/null
    local file
    for file in curves.csv landscape.png weights/nso-3.safetensors; do
        cmp "$folder/compared/$file" "$folder/$1/$file"
    done
    cmp <(grep -v wall_seconds "$folder/compared/summary.json") <(grep -v wall_seconds "$folder/$1/summary.json")
    echo "  $1: $units units, and the files of compare"
}

"$program" compare "${what[@]}" --jobs 1 --out "$folder/compared" 2>/dev/null >/dev/null

# Two workers that choose by themselves. One is killed at its first claim; the other waits until that stands still.
plan alone
"$program" work "$folder/alone" --all >/dev/null 2>&1 &
victim=$!
for _ in $(seq 500); do
    [[ -z "$(ls -A "$folder/alone/claims")" ]] || break
    sleep 0.01
done
kill -KILL "$victim"
wait "$victim" 2>/dev/null || true
"$program" work "$folder/alone" --all >/dev/null 2>&1 &
first=$!
"$program" work "$folder/alone" --all >/dev/null 2>&1
wait "$first"
check alone

# HyperQueue: the task of unit 5 kills its own worker process the first time.
hyperqueue() {
    python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet --disable-pip-version-check hyperqueue
}
if ! hyperqueue >"$folder/pip.log" 2>&1; then
    echo "  hyperqueue: skipped, it cannot be installed from the Python registry ($(tail -n 1 "$folder/pip.log"))"
else
    plan hyperqueue
    cat >"$folder/once.sh" <<'TASK'
#!/bin/bash
# Starts the worker of a unit; that of unit 5 is killed once.
if [[ "$HQ_TASK_ID" == 5 && ! -e "$2.killed" ]]; then
    touch "$2.killed"
    "$1" work "$2" &
    kill -KILL $!
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

if command -v parallel >/dev/null; then
    plan parallel
    # By the variable alone, as a user may have it; `--unit {}` is what `plan` prints.
    seq $units | parallel --will-cite -N0 -j 2 "$program" work "$folder/parallel" >/dev/null 2>&1
    check parallel
else
    echo "  parallel: skipped, GNU parallel is not installed"
fi

# What `sbatch` does with an array, one task after the other.
plan slurm
range="$(sed -n 's/^#SBATCH --array=//p' "$folder/slurm/units.sbatch")"
for task in $(seq "${range%-*}" "${range#*-}"); do
    SLURM_ARRAY_TASK_ID=$task bash "$folder/slurm/units.sbatch" >/dev/null 2>&1
done
check slurm
grep -q "sbatch $folder/slurm/units.sbatch" "$folder/slurm.lines"
echo "Sweeps passed."
