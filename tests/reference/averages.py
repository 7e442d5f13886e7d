"""Averages of weights and batch norm's statistics at them, as torch.optim.swa_utils makes them, in 64-bit floats.

    python averages.py      (with torch and numpy)

Writes averages.json beside this file; README.md describes its keys. A whole module is trained here on all examples of
`methods_problem.py` at each step, `AveragedModel` takes its weights, and `update_bn` makes its statistics anew over loaders that drop
what fills no batch. Weights and statistics are worked out a second time with NumPy, and have to agree to 1e-12.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn
from torch.utils.data import DataLoader, TensorDataset

from methods import KNOBS, plain
from methods_problem import EXAMPLES, SEEDS, Problem

HERE = Path(__file__).parent
ATOL = 1e-12
NETWORK = "batch-norm"
STEPS = 12
# The last leaves no example out, the one before it all in whole batches, the first four of sixteen.
BATCHES = [6, 4, EXAMPLES]
CASES = {
    "swa": dict(average="swa", first=4, knobs={}),
    "ema": dict(average="ema", beta=0.8, first=1, knobs=dict(base="adamw", learning_rate=0.02)),
    "ema, late": dict(average="ema", beta=0.6, first=5, knobs={}),
}


def optimizer_of(model, knobs):
    rate, decay = knobs["learning_rate"], knobs["weight_decay"]
    if knobs["base"] == "sgd":
        return torch.optim.SGD(model.parameters(), lr=rate, momentum=knobs["momentum"], weight_decay=decay)
    betas = (knobs["beta1"], knobs["beta2"])
    return torch.optim.AdamW(model.parameters(), lr=rate, betas=betas, eps=knobs["epsilon"], weight_decay=decay)


def flat(model):
    return np.concatenate([value.detach().numpy().reshape(-1) for value in model.parameters()])


def statistics(model):
    buffers = [value.numpy().reshape(-1) for name, value in model.named_buffers() if name.endswith(("_mean", "_var"))]
    return np.concatenate(buffers)


def check_weights(average, beta, seen, found):
    """The average of `seen` once more."""
    expected = np.mean(seen, axis=0)
    if average == "ema":
        expected = seen[0]
        for weights in seen[1:]:
            expected = beta * expected + (1 - beta) * weights
    assert np.abs(expected - found).max() < ATOL


def check_statistics(averaged, x, batch, found):
    """The mean over whole batches of what the norm, the second module, takes: means and unbiased variances of channels."""
    with torch.no_grad():
        maps = averaged.module[0](x).numpy()
    whole = [maps[start : start + batch] for start in range(0, len(maps) - batch + 1, batch)]
    of_batch = [np.concatenate([part.mean(axis=(0, 2, 3)), part.var(axis=(0, 2, 3), ddof=1)]) for part in whole]
    assert np.abs(np.mean(of_batch, axis=0) - found).max() < ATOL


def case_of(name, average, first, knobs, beta=None):
    problem = Problem(NETWORK, SEEDS[NETWORK])
    model = problem.model
    with torch.no_grad():
        for key, value in model.named_parameters():
            value.copy_(problem.start[key])
    optimizer = optimizer_of(model, KNOBS | knobs)
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(beta) if average == "ema" else None)
    losses, seen = [], []
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(problem.x), problem.y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step >= first:
            averaged.update_parameters(model)
            seen.append(flat(model))
    weights = flat(averaged)
    check_weights(average, beta, seen, weights)
    updates = []
    for batch in BATCHES:
        update_bn(DataLoader(TensorDataset(problem.x), batch_size=batch, drop_last=True), averaged)
        check_statistics(averaged, problem.x, batch, statistics(averaged))
        averaged.eval()
        with torch.no_grad():
            loss = F.cross_entropy(averaged(problem.x), problem.y).item()
        updates.append(dict(batch=batch, statistics=statistics(averaged), loss=loss))
    return dict(network=NETWORK, name=name, average=average, beta=beta, first=first, knobs=knobs, losses=losses,
                averaged=int(averaged.n_averaged), weights=weights, running=statistics(model), updates=updates)


def main():
    cases = [case_of(name, **case) for name, case in CASES.items()]
    text = "[\n" + ",\n".join(json.dumps(plain(case)) for case in cases) + "\n]\n"
    (HERE / "averages.json").write_text(text)
    for case in cases:
        print(f'{case["name"]:12} {case["averaged"]} averaged, losses {[update["loss"] for update in case["updates"]]}')
    print("torch", torch.__version__, "numpy", np.__version__)


if __name__ == "__main__":
    main()
