"""Steps of every method on every base step, in 64-bit floats.

    python -m venv venv && . venv/bin/activate
    pip install torch numpy
    python methods.py

Writes methods.json beside this file; README.md describes its keys. Gradients are PyTorch's. A method is written out tensor by
tensor, as its authors have it, and a second time over one flat vector with NumPy (`methods_flat.py`); the base step is that of
torch.optim and a second time a formula. Both have to agree to 1e-12 at every step.

Authors' code that was read: Foret et al. 2021 and Kwon et al. 2021 (ASAM) in PyTorch, Möllenhoff & Khan 2023 (BSAM) in JAX.
RSAM (Liu et al. 2022) has its noise scaled by filters as in Bisla et al. 2022.

Networks and examples are those of `methods_problem.py`; noise is a formula of step, row and place (`noise`), which the test repeats.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from methods_flat import FlatBase, flat_gradient, noise
from methods_problem import EXAMPLES, NETWORKS, SEEDS, Problem

HERE = Path(__file__).parent
ATOL = 1e-12

KNOBS = dict(
    sigma=0.05, k=2, **{"lambda": 0.0}, two_point=True, rho=0.1, ascent_scale="weights", eta=0.01, gradient_share=0.5,
    prior=0.25, damping=0.1, parts=4, learning_rate=0.05, base="sgd", momentum=0.9, nesterov=False, beta1=0.9, beta2=0.99,
    epsilon=1e-8, weight_decay=0.02, decay_on="all",
)
METHODS = {
    "sgd": {}, "wp": {"k": 3}, "sam": {}, "usam": {"rho": 0.3}, "asam": {"rho": 0.5}, "rsam": {"sigma": 0.2}, "nso": {},
}
BASES = {
    "sgd": dict(momentum=0.0),
    "momentum": {},
    "nesterov-matrices": dict(nesterov=True, decay_on="matrices"),
    "adam": dict(base="adam"),
    "adam-matrices": dict(base="adam", decay_on="matrices"),
    "amsgrad": dict(base="amsgrad", beta2=0.9),
    "adamw": dict(base="adamw"),
    "adamw-matrices": dict(base="adamw", decay_on="matrices", weight_decay=0.3),
}
# What is frozen: patterns, and the parameters that they fit; a tied one is fitted under its second name.
FROZEN = {
    "tanh": {"frozen": {"0.*": ["0.weight", "0.bias"]}},
    "batch-norm": {
        "frozen": {"0.weight": ["0.weight"], "1.*": ["1.weight", "1.bias"]},
        # What is trained is before the norm, so that the running statistics follow it.
        "frozen head": {"5.*": ["5.weight", "5.bias"]},
    },
    "tied": {"frozen": {"2.weight": ["0.weight"]}},
}
BSAM = dict(learning_rate=0.05, rho=0.2)
STEPS = 4


# --- methods, tensor by tensor --------------------------------------------------------------------------------------


def add(weights, ascent, scale=1.0):
    return {key: value + scale * ascent[key] for key, value in weights.items()}


def times(tensors, scale):
    return {key: value * scale for key, value in tensors.items()}


def length(tensors):
    return torch.sqrt(sum((value**2).sum() for value in tensors.values()))


def mean(dicts):
    return {key: sum(one[key] for one in dicts) / len(dicts) for key in dicts[0]}


def filter_norms(weights):
    """Of each tensor: the norm of each row of its first dimension, or its own where it has one dimension."""
    out = {}
    for key, value in weights.items():
        if value.dim() > 1:
            norms = value.flatten(1).norm(dim=1)
            out[key] = norms.reshape(-1, *[1] * (value.dim() - 1)).expand_as(value)
        else:
            out[key] = value.norm().expand_as(value)
    return out


def method_step(problem, method, weights, knobs, rows, samples, precision):
    """The gradient of a method: a dict of `gradient`, `clean`, `perturbed`, `ascent` and BSAM's `size`."""
    at = lambda where, chosen=rows: problem.gradient(where, chosen)
    clean, gradient = at(weights)
    out = dict(clean=clean, perturbed=clean, ascent=None, size=None, gradient=gradient)
    rho, samples = knobs["rho"], [problem.split(sample) for sample in samples]
    if method in ("wp", "nso"):
        points = [add(weights, sample, knobs["sigma"]) for sample in samples]
        if method == "nso" and knobs["two_point"]:
            points += [add(weights, sample, -knobs["sigma"]) for sample in samples]
        seen = [at(point) for point in points]
        noisy = mean([gradient for _, gradient in seen])
        share = knobs["lambda"] if method == "nso" else 0.0
        out.update(gradient=add(times(gradient, share), noisy, 1 - share), perturbed=np.mean([loss for loss, _ in seen]))
    elif method == "bsam":
        out.update(bsam_gradient(problem, weights, knobs, rows, samples, precision))
    elif method != "sgd":
        if method == "sam":
            ascent = times(gradient, rho / (length(gradient) + 1e-12))
        elif method == "usam":
            ascent = times(gradient, rho)
        elif method == "asam" and knobs["ascent_scale"] == "weights":
            scale = {k: w.abs() + knobs["eta"] if "weight" in k else torch.ones_like(w) for k, w in weights.items()}
            scaled = {key: scale[key] * gradient[key] for key in weights}
            ascent = {key: rho * scale[key] * scaled[key] / (length(scaled) + 1e-16) for key in weights}
        elif method == "asam":
            scaled = {key: weights[key].abs() * gradient[key] for key in weights}
            ascent = {key: rho * weights[key] ** 2 * gradient[key] / (length(scaled) + 1e-12) for key in weights}
        elif method == "rsam":
            norms = filter_norms(weights)
            shift = {key: knobs["sigma"] * norms[key] * samples[0][key] for key in weights}
            uphill = add(shift, at(add(weights, shift))[1], knobs["gradient_share"])
            ascent = times(uphill, rho / (length(uphill) + 1e-12))
        perturbed, gradient = at(add(weights, ascent))
        out.update(gradient=gradient, perturbed=perturbed, ascent=ascent)
    return out


def bsam_gradient(problem, weights, knobs, rows, samples, precision):
    """Each part of the batch has noise and an ascent of its own; both begin at the weights."""
    parts = np.array_split(np.asarray(rows), knobs["parts"])
    losses, gradients, sizes, ascents = [], [], [], []
    for part, sample in zip(parts, samples, strict=True):
        noisy = {k: w + torch.sqrt(1 / (EXAMPLES * precision[k])) * sample[k] for k, w in weights.items()}
        first = problem.gradient(noisy, part)[1]
        ascents.append({key: knobs["rho"] * first[key] / precision[key] for key in weights})
        loss, second = problem.gradient(add(weights, ascents[-1]), part)
        losses.append(loss)
        gradients.append(second)
        sizes.append({key: torch.sqrt(precision[key] * first[key] ** 2) for key in weights})
    return dict(gradient=mean(gradients), size=mean(sizes), ascent=mean(ascents), perturbed=np.mean(losses))


# --- base steps, torch.optim's --------------------------------------------------------------------------------------


class TorchBase:
    """The base step of `knobs` on the trained parameters, in groups where only matrices decay."""

    def __init__(self, problem, knobs):
        self.problem, self.knobs = problem, knobs
        self.parameters = {key: value.requires_grad_() for key, value in problem.weights().items()}
        decays = lambda value: knobs["decay_on"] == "all" or value.dim() > 1
        decay = knobs["weight_decay"]
        groups = [
            {"params": [p for p in self.parameters.values() if decays(p)], "weight_decay": decay},
            {"params": [p for p in self.parameters.values() if not decays(p)], "weight_decay": 0.0},
        ]
        rate, betas, base = knobs["learning_rate"], (knobs["beta1"], knobs["beta2"]), knobs["base"]
        if base == "sgd":
            nesterov = knobs["nesterov"] and knobs["momentum"] > 0
            self.base = torch.optim.SGD(groups, lr=rate, momentum=knobs["momentum"], nesterov=nesterov)
        elif base == "adamw":
            self.base = torch.optim.AdamW(groups, lr=rate, betas=betas, eps=knobs["epsilon"])
        else:
            self.base = torch.optim.Adam(groups, lr=rate, betas=betas, eps=knobs["epsilon"], amsgrad=base == "amsgrad")

    def weights(self):
        return {key: value.detach().clone() for key, value in self.parameters.items()}

    def step(self, seen):
        for key, value in self.parameters.items():
            value.grad = seen["gradient"][key].clone()
        self.base.step()


class BsamBase:
    """BSAM's own step: momentum, weights and precisions, in this order, both former with the precisions before it."""

    def __init__(self, problem, knobs):
        self.problem, self.knobs = problem, knobs
        self.w = problem.weights()
        self.m = {key: torch.zeros_like(value) for key, value in self.w.items()}
        self.s = {key: torch.ones_like(value) for key, value in self.w.items()}

    def weights(self):
        return {key: value.clone() for key, value in self.w.items()}

    def step(self, seen):
        # The authors' δ is a precision over all examples, divided by their number; the knob is δ itself.
        delta, beta1, beta2 = self.knobs["prior"], self.knobs["beta1"], self.knobs["beta2"]
        rate, damping = self.knobs["learning_rate"], self.knobs["damping"]
        for key in self.w:
            self.m[key] = beta1 * self.m[key] + (1 - beta1) * (seen["gradient"][key] + delta * self.w[key])
            self.w[key] = self.w[key] - rate * self.m[key] / self.s[key]
            self.s[key] = beta2 * self.s[key] + (1 - beta2) * (seen["size"][key] + damping + delta)


# --- runs -----------------------------------------------------------------------------------------------------------


def samples_of(method, knobs):
    return {"wp": knobs["k"], "nso": knobs["k"], "rsam": 1, "bsam": knobs["parts"]}.get(method, 0)


def run(problem, method, knobs, steps, batches=None):
    """All figures of so many steps; each is checked by the second implementation."""
    base = BsamBase(problem, knobs) if method == "bsam" else TorchBase(problem, knobs)
    dimension = problem.flat(problem.weights()).size
    flat_base, flat = FlatBase(problem, knobs, method), problem.flat(problem.weights())
    out = dict(clean=[], perturbed=[])
    for step in range(steps):
        rows = list(range(EXAMPLES)) if batches is None else batches[step]
        weights = base.weights()
        samples = [noise(step, row, dimension) for row in range(samples_of(method, knobs))]
        precision = base.s if method == "bsam" else None
        seen = method_step(problem, method, weights, knobs, rows, samples, precision)
        move_statistics(problem, weights, rows)
        base.step(seen)

        again = flat_gradient(problem, method, flat, knobs, rows, samples, flat_base.precision, EXAMPLES)
        flat = flat_base.step(flat, again)
        error = np.abs(problem.flat(base.weights()) - flat).max()
        assert error < ATOL * 10, (problem.name, method, knobs, step, error)

        out["clean"].append(seen["clean"])
        out["perturbed"].append(float(seen["perturbed"]))
    flat_or_none = lambda tensors: None if tensors is None else problem.flat(tensors)
    out.update(ascent=flat_or_none(seen["ascent"]), size=flat_or_none(seen["size"]))
    out.update(weights=problem.flat(base.weights()))
    return out


def move_statistics(problem, weights, rows):
    """A pass in training mode at the weights before the step."""
    with torch.no_grad():
        torch.func.functional_call(problem.model, {**problem.start, **weights}, (problem.x[rows],), tie_weights=True)


def statistics_of(problem):
    buffers = [b.numpy().reshape(-1) for name, b in problem.model.named_buffers() if "num_batches" not in name]
    return np.concatenate(buffers) if buffers else None


def step_cases():
    """Every method on every base step on the first network, on two of them on the others; and the methods' variants."""
    for index, name in enumerate(NETWORKS):
        for method, of_method in METHODS.items():
            for base, of_base in BASES.items():
                if index == 0 or base in ("momentum", "adamw-matrices"):
                    yield name, f"{method}, {base}", method, of_method | of_base
        yield name, "bsam", "bsam", BSAM
        yield name, "bsam, one part", "bsam", BSAM | dict(parts=1)
        yield name, "asam, all", "asam", METHODS["asam"] | dict(ascent_scale="all")
    yield "tanh", "nso, mixed", "nso", {"lambda": 0.3, "k": 1}
    yield "tanh", "nso, one point", "nso", dict(two_point=False)
    yield "tanh", "nso, one point, mixed", "nso", {"two_point": False, "lambda": 0.3}
    yield "tanh", "rsam, noise alone", "rsam", dict(sigma=0.2, gradient_share=0.0)
    yield "tanh", "asam, no eta", "asam", METHODS["asam"] | dict(eta=0.0)


def long_cases():
    """Fifty steps: every method on every network, with all its tensors and with some of them frozen."""
    adamw = dict(base="adamw", decay_on="matrices", weight_decay=0.1, learning_rate=0.01)
    rng = np.random.default_rng(5)
    batches = [[int(i) for i in rng.permutation(EXAMPLES)[:6]] for _ in range(50)]
    titled = [(f"{method}, momentum", method, of_method) for method, of_method in METHODS.items()]
    titled += [(f"{method}, adamw", method, adamw) for method in ("sgd", "nso")]
    titled += [("asam, all", "asam", METHODS["asam"] | dict(ascent_scale="all")), ("bsam", "bsam", BSAM)]
    for name in NETWORKS:
        for title, method, knobs in titled:
            yield name, title, method, knobs, None, {}
            # BSAM's parts of six examples would not be of one size.
            if name != "tied" and method != "bsam":
                yield name, f"{title}, batches of 6", method, knobs, batches, {}
            for what, frozen in FROZEN[name].items():
                yield name, f"{title}, {what}", method, knobs, None, frozen


def targets_case(problem):
    """One gradient with smoothed labels, and one with mixed examples, as PyTorch's losses have them."""
    weights = {key: value.clone().requires_grad_() for key, value in problem.weights().items()}

    def loss_at(x, loss):
        logits = torch.func.functional_call(problem.model, weights, (x,), tie_weights=True)
        value = loss(logits)
        return value.item(), problem.flat(dict(zip(weights, torch.autograd.grad(value, list(weights.values())))))

    smoothing = torch.nn.CrossEntropyLoss(label_smoothing=0.2)
    smoothed = loss_at(problem.x, lambda logits: smoothing(logits, problem.y))
    share, partners = 0.3, [(5 * i + 3) % EXAMPLES for i in range(EXAMPLES)]
    mixed = share * problem.x + (1 - share) * problem.x[partners]
    loss = lambda logits: (share * F.cross_entropy(logits, problem.y)
                           + (1 - share) * F.cross_entropy(logits, problem.y[partners]))
    both = loss_at(mixed, loss)
    return dict(smoothing=0.2, smoothed_loss=smoothed[0], smoothed_gradient=smoothed[1], share=share, partners=partners,
                mixed_loss=both[0], mixed_gradient=both[1])


# --- files ----------------------------------------------------------------------------------------------------------


def plain(value, digits=12):
    if isinstance(value, dict):
        return {key: plain(item, digits) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, digits) for item in value]
    if isinstance(value, (np.ndarray, torch.Tensor)):
        return [plain(item, digits) for item in value.tolist()]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def main():
    networks = []
    for name, network in NETWORKS.items():
        problem = Problem(name, SEEDS[name])
        networks.append(dict(
            name=name, input=network["input"], layers=network["layers"], tied=network["tied"], n=EXAMPLES,
            x=problem.x.reshape(-1), y=problem.y, w=problem.flat(problem.weights()), tensors=problem.names,
            targets=targets_case(problem) if name == "tanh" else None,
        ))
    steps = []
    for name, title, method, knobs in step_cases():
        figures = run(Problem(name, SEEDS[name]), method, KNOBS | knobs, STEPS)
        steps.append(dict(network=name, name=title, method=method, knobs=knobs, **figures))
    runs = []
    for name, title, method, knobs, batches, frozen in long_cases():
        problem = Problem(name, SEEDS[name], [key for keys in frozen.values() for key in keys])
        figures = run(problem, method, KNOBS | knobs, 50, batches)
        runs.append(dict(network=name, name=title, method=method, knobs=knobs, batches=batches, frozen=list(frozen),
                         losses=figures["clean"], weights=figures["weights"], statistics=statistics_of(problem)))
    lines = lambda cases: "[\n" + ",\n".join(json.dumps(plain(case)) for case in cases) + "\n]"
    text = f'{{\n"knobs": {json.dumps(KNOBS)},\n"networks": {lines(networks)},\n"steps": {lines(steps)},\n"runs": {lines(runs)}\n}}\n'
    (HERE / "methods.json").write_text(text)
    json.loads(text)
    print(len(steps), "cases of steps,", len(runs), "runs,", len(text), "bytes")
    for case in runs:
        print(f'{case["network"]:12} {case["name"]:32} loss {case["losses"][0]:.4f} -> {case["losses"][-1]:.4f}')
    print("torch", torch.__version__, "numpy", np.__version__)


if __name__ == "__main__":
    main()
