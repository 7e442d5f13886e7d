#!/usr/bin/env bash
# ResNet-18 on 64 images of 64×64 on two cores: `analyze` with a trace, an eigenvalue and a slice takes at most 4 GiB, and as long as it
# said before, within a factor of 2. Prints both. It takes minutes, so check.sh leaves it out.
#
# usage: tests/resnet18.sh [PROGRAM [FOLDER]]   needs taskset, GNU time and python3
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/program.sh
clock=/usr/bin/time
for tool in taskset python3 "$clock"; do
    command -v "$tool" >/dev/null && continue
    echo "skipped: $tool is not installed"
    exit
done
fail() {
    echo "failed: $*" >&2
    echo "files: $folder" >&2
    exit 1
}

# Random weights under torchvision's names, scaled as its own are at first, and random images.
python3 - "$folder" <<'PYTHON'
import json
import math
import random
import struct
import sys
from array import array
from pathlib import Path

folder = Path(sys.argv[1])
random.seed(0)
# Drawn once and read from another place for each tensor: what they are matters to no figure that is looked at here.
NORMAL = array("f", (random.gauss(0.0, 1.0) for _ in range(1 << 20)))


def normal(count, scale):
    start = random.randrange(len(NORMAL))
    return array("f", (scale * NORMAL[(start + i) % len(NORMAL)] for i in range(count)))


def save(path, tensors):
    header, blocks, end = {}, [], 0
    for name, kind, shape, numbers in tensors:
        block = numbers.tobytes()
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [end, end + len(block)]}
        blocks.append(block)
        end += len(block)
    head = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + b"".join(blocks))


tensors = []


def conv(name, outputs, inputs, side):
    shape = [outputs, inputs, side, side]
    tensors.append((f"{name}.weight", "F32", shape, normal(math.prod(shape), math.sqrt(2 / (outputs * side * side)))))


def norm(name, width):
    for part, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
        tensors.append((f"{name}.{part}", "F32", [width], array("f", [value]) * width))


conv("conv1", 64, 3, 7)
norm("bn1", 64)
inputs = 64
for stage, width in enumerate((64, 128, 256, 512), 1):
    for block in range(2):
        name = f"layer{stage}.{block}"
        conv(f"{name}.conv1", width, inputs, 3)
        norm(f"{name}.bn1", width)
        conv(f"{name}.conv2", width, width, 3)
        norm(f"{name}.bn2", width)
        if inputs != width:
            conv(f"{name}.downsample.0", width, inputs, 1)
            norm(f"{name}.downsample.1", width)
        inputs = width
tensors.append(("fc.weight", "F32", [1000, 512], normal(512_000, 1 / math.sqrt(512))))
tensors.append(("fc.bias", "F32", [1000], normal(1000, 1 / math.sqrt(512))))
save(folder / "weights.safetensors", tensors)
images = [64, 3, 64, 64]
labels = array("q", (random.randrange(1000) for _ in range(64)))
save(folder / "data.safetensors", [("x", "F32", images, normal(math.prod(images), 1.0)), ("y", "I64", [64], labels)])
PYTHON

rm -rf "$folder/out"
log="$folder/log.txt"
taskset -c 0,1 "$clock" -v "$program" analyze "resnet18 --input 3,64,64" --weights "$folder/weights.safetensors" \
    --data "$folder/data.safetensors" --device cpu --trace-probes 8 --eigenvalues 1 --slice 15 --out "$folder/out" \
    >"$folder/table.txt" 2>"$log" || fail "it ended with $?: $(grep '^flatscape' "$log")"
cat "$folder/table.txt"

python3 - "$log" <<'PYTHON' || fail "it does not keep to what it said, see $log"
import re
import sys

log = open(sys.argv[1]).read()
told = re.search(r"about (\d+) (s|min|h)\b", log)
if told is None:
    sys.exit("it does not say how long it takes")
told = int(told[1]) * {"s": 1, "min": 60, "h": 3600}[told[2]]
clock = re.search(r"Elapsed \(wall clock\) time.*: (?:(\d+):)?(\d+):(\d+(?:\.\d+)?)", log)
taken = 3600 * int(clock[1] or 0) + 60 * int(clock[2]) + float(clock[3])
peak = int(re.search(r"Maximum resident set size \(kbytes\): (\d+)", log)[1]) / 2**20
print(f"told {told} s, taken {taken:.0f} s; peak memory {peak:.2f} GiB, expected at most 4 GiB")
sys.exit(not (peak < 4 and told / 2 <= taken <= told * 2))
PYTHON
