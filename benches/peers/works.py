"""The named works of `flatscape bench` for the peers: numbers, shapes, how a figure is timed, and what the scripts are asked.

Numbers are splitmix64 of a counter, the same bit for bit as in `src/engine/bench`. A peer is a function `peer(device)` that
returns its name and a function `work(name)`; of a work it has `check(...)` and `forms(figure)`.
"""

import argparse
import json
import os
import sys
import time
import traceback

import numpy as np

INPUTS, TARGETS, WEIGHTS, DIRECTION = 1, 2, 3, 4
RUNS = {"sgd_step": 50, "sam_step": 50, "nso_step_k1": 20, "nso_step_k4": 20, "nso_step_k16": 20, "slice_51x51": 3,
        "trace_64": 5, "top_eig_20": 5}
WARM_UP, BUDGET, TRIAL, SLOW = 0.1, 10.0, 0.3, 2.0  # seconds


def bits(stream, count):
    with np.errstate(over="ignore"):
        z = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(stream << 32)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def uniform(stream, count):
    """Multiples of 2⁻²³ from −1 to below 1."""
    return (bits(stream, count) >> np.uint64(40)).astype(np.float64) / 2**23 - 1


def whole(stream, count, limit):
    return ((bits(stream, count) >> np.uint64(32)) % np.uint64(limit)).astype(np.int64)


def signs(stream, count):
    return np.where(bits(stream, count) >> np.uint64(63) == 1, 1.0, -1.0)


def numbers(*shape):
    """Mean 0 and variance 1, 32 bits."""
    return (uniform(INPUTS, int(np.prod(shape))) * np.sqrt(3.0)).astype(np.float32).reshape(shape)


def mlp():
    x = numbers(1024, 2)
    return x, (x[:, 0] * x[:, 1] > 0).astype(np.int64), [(64, 2), (64,), (64, 64), (64,), (2, 64), (2,)]


def cnn():
    shapes = [(16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,), (10, 512), (10,)]
    return numbers(256, 1, 8, 8), whole(TARGETS, 256, 10), shapes


def resnet():
    """ResNet-8: a first convolution, three blocks of two (with a 1×1 on the shortcut where the shape changes), a linear layer;
    each convolution is followed by the scale and shift of its batch norm."""
    norm = lambda c: [(c,), (c,)]
    shapes = [(16, 3, 3, 3), *norm(16)]
    for before, after in ((16, 16), (16, 32), (32, 64)):
        shapes += [(after, before, 3, 3), *norm(after), (after, after, 3, 3), *norm(after)]
        if before != after:
            shapes += [(after, before, 1, 1), *norm(after)]
    return numbers(128, 3, 32, 32), whole(TARGETS, 128, 10), shapes + [(10, 64), (10,)]


def block(width, hidden):
    """Of a transformer, the norm first: attention (`in_proj`, `out_proj`), then two linear layers."""
    norm = [(width,), (width,)]
    return [*norm, (3 * width, width), (3 * width,), (width, width), (width,),
            *norm, (hidden, width), (hidden,), (width, hidden), (width,)]


def gpt_mini():
    """Embedding (tied to the logits) and places, four causal blocks of four heads, a norm."""
    shapes = [(256, 64), (64, 64), *4 * block(64, 256), (64,), (64,)]
    return whole(INPUTS, 1024, 256).reshape(16, 64), whole(TARGETS, 1024, 256).reshape(16, 64), shapes


def vit():
    """16 patches of 2×2 pixels and their places, two blocks of four heads, a norm, the mean token, a linear layer."""
    shapes = [(32, 1, 2, 2), (32,), (16, 32), *2 * block(32, 64), (32,), (32,), (10, 32), (10,)]
    return numbers(256, 1, 8, 8), whole(TARGETS, 256, 10), shapes


WORKS = {"mlp": mlp, "cnn": cnn, "resnet": resnet, "gpt-mini": gpt_mini, "vit": vit}


def weights(shapes):
    """Uniform in ±¼, in the order of PyTorch's parameters, 32 bits."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    flat = (uniform(WEIGHTS, sum(sizes)) * 0.25).astype(np.float32)
    return [part.reshape(shape) for part, shape in zip(np.split(flat, np.cumsum(sizes)[:-1]), shapes)]


def direction(shapes):
    sizes = [int(np.prod(shape)) for shape in shapes]
    flat = signs(DIRECTION, sum(sizes))
    return [part.reshape(shape) for part, shape in zip(np.split(flat, np.cumsum(sizes)[:-1]), shapes)]


def once(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def tried(make):
    """The form's function with the least of some times in milliseconds after what it compiles, or why it cannot."""
    try:
        run, compiles = make()
        times = [once(run)]
        if compiles:
            times = [once(run)]
        start = time.perf_counter()
        while times[0] < SLOW and time.perf_counter() - start < TRIAL:
            times.append(once(run))
        return run, 1e3 * min(times)
    except Exception as err:  # whatever a framework raises where it cannot do something
        if os.environ.get("PEER_TRACE"):
            traceback.print_exc()
        return None, f"{type(err).__name__}: {(str(err).strip() or '-').splitlines()[0][:100]}"


def timed(run, most):
    start = time.perf_counter()
    while time.perf_counter() - start < WARM_UP:
        run()
    start, times = time.perf_counter(), []
    while not times or len(times) < most and time.perf_counter() - start < BUDGET:
        times.append(1e3 * once(run))
    return {"ms": float(np.median(times)), "min": min(times), "runs": len(times)}


class Peer:
    def __init__(self, name, version, work):
        self.name, self.version, self.work = name, version, work
        self.current, self.chosen = None, {}

    def time(self, name, figure):
        """The fastest form is chosen when a figure is first asked for; then that form alone is timed."""
        if self.current is None or self.current[0] != name:
            self.current, self.chosen = (name, self.work(name)), {}
        if figure not in self.chosen:
            forms = {form: tried(make) for form, make in self.current[1](figure).items()}
            works = {form: ms for form, (run, ms) in forms.items() if run is not None}
            if not works:
                return {"cannot": f"no form of {figure} runs ({'; '.join(f'{f}: {ms}' for f, (_, ms) in forms.items())})"}
            form = min(works, key=works.get)
            self.chosen[figure] = (form, forms[form][0], {form: ms for form, (_, ms) in forms.items()})
        form, run, forms = self.chosen[figure]
        return {"peer": self.name, "work": name, "figure": figure, "form": form, **timed(run, RUNS[figure]), "forms": forms}


def main(name, load):
    """`load(device)` gives the version of the framework, `work(name)` and `check(name)`."""
    parser = argparse.ArgumentParser(description=f"The named works of `flatscape bench` in {name}.")
    parser.add_argument("work", nargs="*", help=f"a work ({', '.join(WORKS)}), then figures ({', '.join(RUNS)})")
    parser.add_argument("--check", action="store_true", help="loss, gradient and curvature of the works, in 64 bits")
    parser.add_argument("--serve", action="store_true", help="answer `check WORK` and `time WORK FIGURE` line by line")
    parser.add_argument("--gpu", action="store_true", help="compute on the GPU")
    args = parser.parse_args()
    say = lambda answer: print(json.dumps(answer), flush=True)
    try:
        version, work, check = load(args.gpu)
    except Exception as err:
        missing = isinstance(err, ModuleNotFoundError)
        say({"cannot": f"`{err.name}` is not installed" if missing else f"{type(err).__name__}: {err}".splitlines()[0]})
        sys.exit(0 if args.serve else 1)
    peer = Peer(name, version, work)
    if args.serve:
        say({"ready": version})
        for line in sys.stdin:
            what, *words = line.split()
            say(check(*words) if what == "check" else peer.time(*words))
    elif args.check:
        for one in args.work or WORKS:
            say({"work": one, **check(one)})
    else:
        for figure in args.work[1:] or RUNS:
            say(peer.time(args.work[0], figure))
