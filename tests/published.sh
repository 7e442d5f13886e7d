#!/usr/bin/env bash
# State dicts that torchvision, timm, transformers and open_clip initialise and save themselves: `analyze` reads them by the name of the
# built-in model, by torch.save, as safetensors and in shards, and has the library's loss to 1e-5 in 32 bits. Of ResNet-18 and a small
# GPT-2 it has PyTorch's λmax to 1e-3 too. They are gigabytes and it takes minutes, so check.sh leaves it out.
#
# FLATSCAPE_PYTHON is a Python that has the libraries. Without it they are installed, some gigabytes, once and kept beside the builds.
#
# usage: tests/published.sh [PROGRAM [FOLDER [NAME…]]]   names of published.py, all if left out; needs python3 with venv and pip
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/program.sh
names=("${@:3}")
libraries=(torch torchvision timm transformers open_clip)
packages=("${libraries[@]/open_clip/open_clip_torch}" safetensors numpy)
# Not those of whatever runs this. Nothing is asked of a hub: all weights are random.
unset PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK=1 HF_HUB_OFFLINE=1

python="${FLATSCAPE_PYTHON:-}"
if [[ -z "$python" ]]; then
    kept="$(realpath -m "${CARGO_TARGET_DIR:-target}")/python-published"
    python="$kept/bin/python"
    if [[ ! -e "$kept/complete" ]]; then
        rm -rf "$kept"
        python3 -m venv "$kept"
        if ! "$python" -m pip install --quiet "${packages[@]}" >"$folder/pip.log" 2>&1; then
            echo "skipped: ${packages[*]} cannot be installed from the Python registry ($(tail -n 1 "$folder/pip.log"))"
            exit
        fi
        touch "$kept/complete"
    fi
fi
"$python" - "${libraries[@]}" <<'PYTHON'
import sys
from importlib.util import find_spec

missing = [library for library in sys.argv[1:] if find_spec(library) is None]
sys.exit(f"{sys.executable} has no {', '.join(missing)}" if missing else 0)
PYTHON

saved="$folder/saved"
rm -rf "$saved"
"$python" -W ignore tests/reference/published.py "${names[@]}" --save "$saved" >"$folder/save.log" 2>&1 || {
    cat "$folder/save.log" >&2
    exit 1
}

# What one file of weights is found to have, beside what its library says of it.
check() {
    local name="$1" form="$2" weights="$3" of="$saved/$1" out="$saved/$1/out-$2" model more=()
    model="$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["builtin"])' "$of/saved.json")"
    # The same weights have the same eigenvalue, whatever file they come from.
    [[ "$form" == pt ]] && ! grep -q '"lambda_max": null' "$of/saved.json" && more=(--eigenvalues 1)
    if ! "$program" analyze "$model" --weights "$weights" --data "$of/data.safetensors" --device cpu "${more[@]}" --out "$out" \
        >"$out.txt" 2>"$out.log"; then
        echo "  $name, $form: it ended with an error: $(grep '^flatscape' "$out.log" || tail -n 1 "$out.log")"
        return 1
    fi
    "$python" - "$name, $form" "$of/saved.json" "$out/report.json" <<'PYTHON'
import json
import sys

what, expected, report = sys.argv[1], *(json.load(open(path)) for path in sys.argv[2:])
wrong = 0


def same(figure, found, wanted, tolerance):
    global wrong
    error = abs(found / wanted - 1)
    # Written so that NaN fails.
    is_right = error <= tolerance
    wrong += not is_right
    print(f"  {what}: {figure} {found:.7g}, the library has {wanted:.7g}: {error:.1e}{'' if is_right else f', more than {tolerance:g}'}")


same("loss", report["loss"], expected["loss"], 1e-5)
if "eigenvalues" in report and report["eigenvalues"]:
    same("λmax", report["eigenvalues"]["largest"][0], expected["lambda_max"], 1e-3)
sys.exit(wrong > 0)
PYTHON
}
failed=0
for of in "$saved"/*; do
    name="$(basename "$of")"
    check "$name" pt "$of/state.pt" || failed=$((failed + 1))
    check "$name" safetensors "$of/model.safetensors" || failed=$((failed + 1))
    [[ -e "$of/shards" ]] || continue
    check "$name" shards "$of/shards" || failed=$((failed + 1))
done
if ((failed)); then
    echo "failed: $failed files; they are in $saved" >&2
    exit 1
fi
echo "Published networks passed."
