"""The networks and examples of methods.py and averages.py, with losses and gradients by PyTorch in 64-bit floats.

Weights and examples are multiples of 1/64.
"""

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)

NETWORKS = {
    "tanh": dict(input=[5], layers=["linear 6", "tanh", "linear 3"], tied=[]),
    "batch-norm": dict(
        input=[2, 4, 4],
        layers=["conv 3 3x3 same nobias", "batchnorm", "tanh", "globalavgpool", "flatten", "linear 3"],
        tied=[],
    ),
    "tied": dict(
        input=[4],
        layers=["linear 4", "tanh", "linear 4", "tanh", "linear 3"],
        tied=[["0.weight", "2.weight"]],
    ),
}
EXAMPLES = 16
SEEDS = {name: 40 + index for index, name in enumerate(NETWORKS)}


def build(network):
    """The modules of a network; tied tensors are one parameter under the name that stands first."""
    modules, shape = [], list(network["input"])
    for text in network["layers"]:
        words = text.split()
        if words[0] == "linear":
            modules.append(torch.nn.Linear(shape[0], int(words[1])))
            shape = [int(words[1])]
        elif words[0] == "conv":
            modules.append(torch.nn.Conv2d(shape[0], int(words[1]), 3, padding="same", bias="nobias" not in words))
            shape[0] = int(words[1])
        elif words[0] == "batchnorm":
            modules.append(torch.nn.BatchNorm2d(shape[0]))
        elif words[0] == "globalavgpool":
            modules.append(torch.nn.AdaptiveAvgPool2d(1))
            shape = shape[:1]
        else:
            modules.append({"tanh": torch.nn.Tanh, "flatten": torch.nn.Flatten}[words[0]]())
    model = torch.nn.Sequential(*modules)
    for first, second in network["tied"]:
        model.get_submodule(second.split(".")[0]).weight = model.get_submodule(first.split(".")[0]).weight
    return model.train()


def sixty_fourths(array):
    return np.round(np.asarray(array) * 64) / 64


class Problem:
    """A network with its examples; losses and gradients in training mode, by the names of parameters."""

    def __init__(self, name, seed, frozen=()):
        network = NETWORKS[name]
        rng = np.random.default_rng(seed)
        torch.manual_seed(seed)
        self.name, self.network, self.frozen = name, network, frozen
        self.model = build(network)
        self.names = [key for key, _ in self.model.named_parameters()]
        self.trained = [key for key in self.names if key not in frozen]
        self.x = torch.tensor(sixty_fourths(rng.standard_normal([EXAMPLES, *network["input"]])))
        self.y = torch.tensor(rng.permutation(np.arange(EXAMPLES) % 3))
        self.start = {
            key: torch.tensor(sixty_fourths(1.5 * value.detach().numpy() + 0.05 * rng.standard_normal(value.shape)))
            for key, value in self.model.named_parameters()
        }

    def weights(self):
        return {key: self.start[key].clone() for key in self.trained}

    def loss(self, weights, rows):
        """Statistics of the batch, running ones untouched."""
        buffers = {key: value.clone() for key, value in self.model.named_buffers()}
        everything = {**self.start, **weights, **buffers}
        logits = torch.func.functional_call(self.model, everything, (self.x[rows],), tie_weights=True)
        return F.cross_entropy(logits, self.y[rows])

    def gradient(self, weights, rows):
        leaves = {key: value.clone().requires_grad_() for key, value in weights.items()}
        loss = self.loss(leaves, rows)
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        return loss.item(), dict(zip(leaves, gradients))

    def flat(self, tensors):
        return np.concatenate([tensors[key].detach().numpy().reshape(-1) for key in self.trained])

    def split(self, flat):
        out, start = {}, 0
        for key in self.trained:
            size = self.start[key].numel()
            out[key] = torch.tensor(flat[start : start + size]).reshape(self.start[key].shape)
            start += size
        return out
