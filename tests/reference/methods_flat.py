"""The methods and base steps of methods.py once more, over one flat vector with NumPy: the gradients alone are PyTorch's."""

import numpy as np


def noise(step, row, length):
    """`length` numbers of mean 0 and variance about 1: a mixed counter, uniform on ±√3."""
    x = (((step * 64 + row) * 4096) + np.arange(length)).astype(np.uint64)
    mask = np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x7FEB352D)) & mask
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(0x846CA68B)) & mask
    x ^= x >> np.uint64(16)
    return (x.astype(np.float64) / 2.0**32 - 0.5) * np.sqrt(12.0)


def per_entry(problem, of):
    """A number for each entry of the flat vector, from each tensor's name and start value."""
    return np.concatenate([np.broadcast_to(of(key, problem.start[key].numpy()), problem.start[key].shape).reshape(-1)
                           for key in problem.trained])


def flat_filter_norms(problem, w):
    out, start = np.zeros_like(w), 0
    for key in problem.trained:
        shape = tuple(problem.start[key].shape)
        size, filters = int(np.prod(shape)), shape[0] if len(shape) > 1 else 1
        block = w[start : start + size].reshape(filters, -1)
        out[start : start + size] = np.repeat(np.sqrt((block**2).sum(axis=1)), size // filters)
        start += size
    return out


def flat_gradient(problem, method, w, knobs, rows, samples, precision, examples):
    """`(gradient, size)`; the size is BSAM's."""

    def at(where, chosen=rows):
        return problem.flat(problem.gradient(problem.split(where), chosen)[1])

    rho = knobs["rho"]
    if method == "sgd":
        return at(w), None
    if method in ("wp", "nso"):
        signs = [1, -1] if method == "nso" and knobs["two_point"] else [1]
        noisy = sum(at(w + sign * knobs["sigma"] * u) for sign in signs for u in samples) / (len(signs) * len(samples))
        share = knobs["lambda"] if method == "nso" else 0.0
        return share * at(w) + (1 - share) * noisy, None
    if method == "bsam":
        parts = np.asarray(rows).reshape(knobs["parts"], -1)
        g1 = [at(w + u / np.sqrt(examples * precision), part) for u, part in zip(samples, parts)]
        g2 = [at(w + rho * g / precision, part) for g, part in zip(g1, parts)]
        return np.mean(g2, axis=0), np.sqrt(precision) * np.mean(np.abs(g1), axis=0)
    if method == "rsam":
        shift = knobs["sigma"] * flat_filter_norms(problem, w) * samples[0]
        uphill = shift + knobs["gradient_share"] * at(w + shift)
        return at(w + rho * uphill / (np.linalg.norm(uphill) + 1e-12)), None
    g = at(w)
    if method == "usam":
        return at(w + rho * g), None
    # What the authors add to a norm shows after fifty steps where it is small.
    t, guard = np.ones_like(w), 1e-12
    if method == "asam":
        t = np.abs(w)
        if knobs["ascent_scale"] == "weights":
            guard = 1e-16
            t = np.where(per_entry(problem, lambda key, _: float("weight" in key)) == 1, t + knobs["eta"], 1.0)
    return at(w + rho * t * t * g / (np.linalg.norm(t * g) + guard)), None


class FlatBase:
    """The base steps as formulas."""

    def __init__(self, problem, knobs, method):
        self.knobs, self.method, self.t = knobs, method, 0
        zeros = per_entry(problem, lambda *_: 0.0)
        everywhere = knobs["decay_on"] == "all"
        mask = per_entry(problem, lambda _, value: float(everywhere or value.ndim > 1))
        self.decay = knobs["weight_decay"] * mask
        self.m, self.v, self.greatest, self.precision = zeros, zeros, zeros, zeros + 1.0

    def step(self, w, seen):
        (g, size), knobs = seen, self.knobs
        rate, b1, b2 = knobs["learning_rate"], knobs["beta1"], knobs["beta2"]
        self.t += 1
        if self.method == "bsam":
            delta = knobs["prior"]
            self.m = b1 * self.m + (1 - b1) * (g + delta * w)
            w = w - rate * self.m / self.precision
            self.precision = b2 * self.precision + (1 - b2) * (size + knobs["damping"] + delta)
            return w
        if knobs["base"] == "sgd":
            g = g + self.decay * w
            # With an empty buffer μ·0 + g is g, as PyTorch begins.
            self.m = knobs["momentum"] * self.m + g
            return w - rate * (g + knobs["momentum"] * self.m if knobs["nesterov"] else self.m)
        if knobs["base"] == "adamw":
            w = w * (1 - rate * self.decay)
        else:
            g = g + self.decay * w
        self.m = b1 * self.m + (1 - b1) * g
        self.v = b2 * self.v + (1 - b2) * g * g
        self.greatest = np.maximum(self.greatest, self.v)
        second = self.greatest if knobs["base"] == "amsgrad" else self.v
        root = np.sqrt(second / (1 - b2**self.t))
        return w - rate * self.m / (1 - b1**self.t) / (root + knobs["epsilon"])
