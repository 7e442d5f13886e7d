#!/usr/bin/env bash
# The Python package in a fresh virtual environment: its wheel with the program that is built already, its own tests, and a script of
# ten lines on a torch model whose figures are those of the command line, digit by digit.
#
# maturin makes the wheel, with a stub of cargo that hands it the program: with flags of its own it would build the crate again.
# Torch is that of the machine's Python. Where there is none it is some gigabytes, so it is installed, once and kept beside the
# builds, only where FLATSCAPE_TORCH=1 asks for it; what needs it is skipped otherwise.
#
# usage: tests/python.sh [PROGRAM [FOLDER]]   needs python3 with venv and pip, and the Python registry
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/program.sh
builds="$(realpath -m "${CARGO_TARGET_DIR:-target}")"
# Not those of whatever runs this.
unset FLATSCAPE PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK=1

python3 -m venv "$folder/venv"
bin="$folder/venv/bin"
if ! "$bin/pip" install --quiet numpy "maturin>=1.16,<2" "ruff==0.17.*" >"$folder/pip.log" 2>&1; then
    echo "skipped: numpy, maturin and ruff cannot be installed from the Python registry ($(tail -n 1 "$folder/pip.log"))"
    exit
fi
"$bin/ruff" check --quiet --no-cache python
"$bin/ruff" format --quiet --no-cache --check python

# What maturin asks of cargo: what there is, which is true, and to build it, which has been done.
mkdir -p "$folder/stub"
cat >"$folder/stub/cargo" <<'STUB'
#!/usr/bin/env bash
# Says what is built.
set -euo pipefail
[[ "$1" == metadata ]] && exec "$REAL_CARGO" "$@"
[[ "$1" == rustc ]] || { echo "the stub of cargo is asked to $1" >&2; exit 1; }
"$REAL_CARGO" metadata --format-version 1 --no-deps | python3 -c '
import json, sys

package = next(one for one in json.load(sys.stdin)["packages"] if one["name"] == "flatscape")
target = next(one for one in package["targets"] if "bin" in one["kind"])
profile = {"opt_level": "3", "debuginfo": 0, "debug_assertions": False, "overflow_checks": False, "test": False}
print(json.dumps({
    "reason": "compiler-artifact", "package_id": package["id"], "manifest_path": package["manifest_path"], "target": target,
    "profile": profile, "features": [], "filenames": [sys.argv[1]], "executable": sys.argv[1], "fresh": True,
}))
print(json.dumps({"reason": "build-finished", "success": True}))
' "$BUILT"
STUB
chmod +x "$folder/stub/cargo"
(
    cd python
    REAL_CARGO="$(command -v cargo)" BUILT="$program" CARGO="$folder/stub/cargo" PATH="$folder/stub:$PATH" \
        "$bin/maturin" build --release --compatibility linux --out "$folder/wheels" >"$folder/maturin.log" 2>&1
) || { cat "$folder/maturin.log" >&2; exit 1; }
"$bin/pip" install --quiet --no-deps "$folder"/wheels/flatscape-*.whl
cmp "$program" "$bin/flatscape"
cd "$folder"
[[ "$("$bin/python" -c 'import flatscape; print(flatscape.program())')" == "$bin/flatscape" ]]
"$bin/flatscape" --version
echo "  wheel: $(du --human-readable "$folder"/wheels/*.whl | cut --fields 1), and the program in it"

# Torch: that of the machine's Python, or one that is kept.
with_torch() {
    local kept found
    found="$(python3 -c 'import pathlib, torch; print(pathlib.Path(torch.__file__).parent.parent)' 2>/dev/null || true)"
    if [[ -z "$found" && -z "${FLATSCAPE_TORCH:-}" ]]; then
        echo "the machine's Python has none, and FLATSCAPE_TORCH=1 was not set" >"$folder/torch.log"
        return 1
    fi
    if [[ -z "$found" ]]; then
        kept="$builds/python-torch-$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
        if [[ ! -d "$kept" ]]; then
            rm -rf "$kept.new"
            "$bin/pip" install --quiet --no-compile --target "$kept.new" torch >"$folder/torch.log" 2>&1 || return 1
            mv "$kept.new" "$kept"
        fi
        found="$kept"
    fi
    # Behind what the environment has itself.
    echo "$found" >"$("$bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/torch.pth"
}
tests="$OLDPWD/python/tests"
if ! with_torch; then
    "$bin/python" -m unittest discover --start-directory "$tests"
    echo "  torch: skipped, $(tail -n 1 "$folder/torch.log")"
    exit
fi
"$bin/python" -W ignore -m unittest discover --start-directory "$tests"

cat >script.py <<'SCRIPT'
import json, sys
import flatscape, torch

torch.manual_seed(3)
model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 4))
data = torch.utils.data.TensorDataset(torch.randn(200, 8), torch.randint(0, 4, (200,)))
loader = torch.utils.data.DataLoader(data, batch_size=32)
found = flatscape.analyze(model, loader, trace_probes=16, eigenvalues=3, slice=5, sigma=0.02, seed=1, device="cpu")
print(found.trace.mean, file=sys.stderr), json.dump(found.report, open("package.json", "w"))
flatscape.save("inputs", model, loader)
SCRIPT
"$bin/python" script.py 2>"$folder/script.log"
"$program" analyze inputs/model.toml --weights inputs/weights.npz --data inputs/data.npz --trace-probes 16 --eigenvalues 3 \
    --slice 5 --sigma 0.02 --seed 1 --device cpu --out command 2>/dev/null >/dev/null
"$bin/python" - <<'CHECK'
import json

command, package = (json.load(open(name)) for name in ("command/report.json", "package.json"))
assert command == package, [key for key in command if command[key] != package.get(key)]
print(f"  script: the command's figures to the last digit, such as the trace {command['trace']['mean']}")
CHECK
echo "The Python package passed."
