"""Networks that PyTorch trained and saved as anybody would, for `flatscape analyze` to read as they are.

    python sequential.py        (the environment is generate.py's)

Writes sequential/data.safetensors (100 held-out images of the UCI digits) and for each network sequential/NAME/ with
model.toml, weights.safetensors (the unchanged state dict, `num_batches_tracked` included), weights.npz (the same by
numpy.savez) and expected.json: figures in evaluation mode, and for batch norm with batch statistics too, in 64-bit floats,
of the stored 32-bit weights.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from sklearn.datasets import load_digits
from torch import nn

from layers import Point

HERE = Path(__file__).parent / "sequential"
HELD_OUT = 100

# The texts are written by hand beside the modules, as a user would.
NETWORKS = {
    "cnn": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 10)
        ),
        ["conv 8 3x3 padding 1", "batchnorm", "relu", "maxpool 2", "flatten", "linear 10"],
    ),
    "mlp": (
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.Tanh(), nn.Dropout(0.1), nn.Linear(16, 10)),
        ["flatten", "linear 16", "tanh", "dropout 0.1", "linear 10"],
    ),
}


def digits():
    data = load_digits()
    order = np.random.default_rng(3).permutation(len(data.target))
    x = torch.tensor(data.images[order, None] / 16, dtype=torch.float32)
    return x, torch.tensor(data.target[order].astype(np.int64))


def train(model, x, y):
    """Three epochs of SGD in 32-bit floats."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    model.train()
    for _ in range(3):
        for batch in torch.randperm(len(y)).split(32):
            optimizer.zero_grad()
            F.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()


def expected(model, x, y, statistics):
    """Loss, accuracy and both ends of the dense Hessian's spectrum, in 64-bit floats."""
    point = Point(model.double(), x.double(), y, "cross-entropy", 0.0, statistics)
    w = torch.cat([parameter.detach().reshape(-1) for parameter in model.parameters()])
    hessian = torch.stack(point.products(w, torch.eye(len(w), dtype=torch.float64)))
    eigenvalues = torch.linalg.eigvalsh(hessian).tolist()
    right = point.logits(w).argmax(dim=1) == y
    return {
        "parameters": len(w), "loss": point.losses(w).mean().item(), "accuracy": right.double().mean().item(),
        "gradient_norm": point.gradient(w).norm().item(), "trace": hessian.trace().item(),
        "largest": eigenvalues[:-4:-1], "smallest": eigenvalues[:3],
    }


def main():
    x, y = digits()
    HERE.mkdir(exist_ok=True)
    save_file({"x": x[:HELD_OUT].contiguous(), "y": y[:HELD_OUT].contiguous()}, HERE / "data.safetensors")
    for name, (make, texts) in NETWORKS.items():
        torch.manual_seed(5)
        model, folder = make(), HERE / name
        folder.mkdir(exist_ok=True)
        train(model, x[HELD_OUT:], y[HELD_OUT:])
        save_file(model.state_dict(), folder / "weights.safetensors")
        layers = ", ".join(json.dumps(text) for text in texts)
        (folder / "model.toml").write_text(f'input = [1, 8, 8]\nloss = "cross-entropy"\nlayers = [{layers}]\n')
        model.load_state_dict(load_file(folder / "weights.safetensors"))
        np.savez(folder / "weights.npz", **{key: value.numpy() for key, value in model.state_dict().items()})
        held_out = x[:HELD_OUT], y[:HELD_OUT]
        figures = {"frozen": expected(model, *held_out, "frozen")}
        if name == "cnn":
            figures["batch"] = expected(model, *held_out, "batch")
        (folder / "expected.json").write_text(json.dumps(figures, indent=0) + "\n")
        print(name, figures, list(model.state_dict()))


if __name__ == "__main__":
    main()
