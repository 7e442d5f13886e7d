"""Reference values for tokens, attention and two towers, in 64-bit floats, from PyTorch 2.15 (NumPy 2.4, Python 3.11).

    python transformers.py      (the environment is generate.py's)

Writes transformers.json beside this file; README.md describes its keys. The modules are PyTorch's own, each under its
number in an nn.Sequential: nn.Embedding, nn.MultiheadAttention, nn.LayerNorm, nn.Conv2d, nn.Linear, …;
transformers_modules.py only passes on which tokens are padding (-1). Padded keys are taken out by `key_padding_mask`,
later ones by `attn_mask`, targets of -100 by `ignore_index`. Weights, directions and images are multiples of 1/64, so exact
in 32-bit floats and short in the file. Each gradient and Hessian-vector product is checked against central differences,
and each case stays away from the kinks of elu and hardswish.
"""

import json
import math
import tomllib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from generate import lines
from layers import HERE, MARGIN, Point, check_by_differences
from transformers_modules import PADDING, module_of

GRID = 64
IGNORED = -100
# Eigenvalues are written for these alone, to keep the file small.
WITH_EIGENVALUES = ["transformer", "two-towers"]


# --- losses ---------------------------------------------------------------------------------------------------------


class TokenPoint(Point):
    """A network with examples, as a function of its flat weights. `losses` are those of the examples where the loss is
    their mean, and the one loss elsewhere."""

    def __init__(self, module, x, y, loss):
        super().__init__(module, x, y, loss, 0.0, None)
        # PyTorch puts a parameter of the network's own before those of its modules; the model file's order has it last.
        shapes = self.shapes
        self.shapes = {name: shapes[name] for name in sorted(shapes, key=lambda name: name == "logit_scale")}

    def logits(self, flat):
        """Of two towers the scaled similarities of each image with each text."""
        outputs = super().logits(flat)
        if self.loss != "contrastive":
            return outputs
        image, text = F.normalize(outputs, dim=-1)
        return self.tensors(flat)["logit_scale"].exp() * image @ text.T

    def losses(self, flat):
        outputs = self.logits(flat)
        if self.loss == "contrastive":
            own = torch.arange(len(outputs))
            return ((F.cross_entropy(outputs, own) + F.cross_entropy(outputs.T, own)) / 2).reshape(1)
        if self.loss == "token-cross-entropy":
            return F.cross_entropy(outputs.flatten(0, 1), self.y.flatten(), ignore_index=IGNORED).reshape(1)
        return super().losses(flat)

    def accuracy(self, flat):
        """Share of examples or of targets that count whose greatest output is right; of images whose nearest text is theirs."""
        outputs = self.logits(flat)
        if self.loss == "contrastive":
            right = outputs.argmax(dim=1) == torch.arange(len(outputs))
        else:
            right = (outputs.argmax(dim=-1) == self.y)[self.y != IGNORED]
        return right.double().mean().item()


# --- the cases ------------------------------------------------------------------------------------------------------

MLP = {6: ["layernorm", "linear 10", "gelu", "linear 6"], 4: ["layernorm", "linear 6", "gelu", "linear 4"]}
TEXT, IMAGE = {"tokens": 5, "vocabulary": 7}, [2, 4, 6]


def alone(layers, loss="cross-entropy", given=TEXT):
    return {"input": given, "loss": loss, "layers": layers}


def texts(rows):
    """Rows of tokens as they are written below: a digit is a token, a point is padding."""
    return [[PADDING if token == "." else int(token) for token in row] for row in rows.split()]


WHOLE = texts("30512 14056 62503 21244 06635")
ENDS = texts("30512 14... 6250. 2.... 06...")
INSIDE = texts("3.512 .4.1. 6250. 2...5 ..63.")
# Where attention is causal, padding before all tokens would have nothing to attend to.
AFTER_FIRST = texts("3.512 14.1. 6.503 2...5 06...")

# name, model, tokens (None: images)
CASES = [
    ("embedding", alone(["embedding 4", "mean-token", "linear 3"]), ENDS),
    # A layer that sees padding, whose embedding is 0.
    ("embedding-flatten", alone(["embedding 4", "flatten", "linear 3"]), INSIDE),
    ("embedding-tokens", alone(["embedding 4", "linear 5", "tanh", "linear 7"], "token-cross-entropy"), ENDS),
    ("position-learned", alone(["embedding 4", "position", "tanh", "mean-token", "linear 3"]), ENDS),
    ("position-sincos", alone(["embedding 6", "position sincos", "tanh", "mean-token", "linear 3"]), ENDS),
    ("class-token", alone(["embedding 4", "class-token", "position", "attention 1", "first-token", "linear 3"]), INSIDE),
    ("class-token-mean", alone(["embedding 3", "class-token", "tanh", "mean-token", "linear 3"]), ENDS),
    ("patches", alone(["patches 2 4", "gelu", "mean-token", "linear 3"], given=IMAGE), None),
    ("attention-1", alone(["embedding 4", "attention 1", "mean-token", "linear 3"]), INSIDE),
    ("attention-2", alone(["embedding 6", "attention 2", "tanh", "last-token", "linear 3"]), INSIDE),
    ("attention-1-causal", alone(["embedding 4", "position", "attention 1 causal", "linear 7"], "token-cross-entropy"), ENDS),
    ("attention-2-causal", alone(["embedding 6", "attention 2 causal", "mean-token", "linear 3"]), AFTER_FIRST),
    ("attention-2-unpadded", alone(["embedding 4", "attention 2", "mean-token", "linear 3"]), WHOLE),
    ("attention-patches", alone(["patches 2 6", "attention 3", "last-token", "linear 3"], given=IMAGE), None),
    ("pointwise-tokens",
     alone(["embedding 4", "linear 6 nobias", "layernorm", "gelu", "dropout 0.3", "linear 5", "softplus", "linear 5", "elu",
            "layernorm eps 0.1 noaffine", "linear 6", "hardswish", "gelu tanh", "linear 4", "silu", "mean-token", "linear 3"]),
     ENDS),
    ("pointwise-features",
     alone(["linear 6", "softplus", "linear 6", "elu", "linear 6", "hardswish", "linear 3"], given=[4]), None),
    ("pointwise-maps",
     alone(["conv 3 2x2", "softplus", "conv 3 1x1", "elu", "conv 3 2x2", "hardswish", "globalavgpool", "flatten",
            "linear 3"], given=IMAGE), None),
    ("mean-token", alone(["embedding 4", "linear 5", "tanh", "mean-token", "linear 3"]), INSIDE),
    ("first-token", alone(["embedding 4", "position", "linear 5", "tanh", "first-token", "linear 3"]), ENDS),
    ("last-token", alone(["embedding 4", "position", "linear 5", "tanh", "last-token", "linear 3"]), INSIDE),
    ("l2norm", alone(["linear 5", "l2norm", "linear 4", "tanh", "l2norm", "linear 3"], given=[4]), None),
    ("l2norm-tokens", alone(["embedding 4", "position", "l2norm", "attention 2", "l2norm", "mean-token", "linear 3"]), ENDS),
    ("transformer",
     {"input": {"tokens": 6, "vocabulary": 8}, "loss": "token-cross-entropy",
      "layers": ["embedding 6", "position", ["layernorm", "attention 2 causal"], MLP[6],
                 ["layernorm", "attention 3 causal"], MLP[6], "layernorm", "linear 8 nobias"],
      "tied": [["0.weight", "7.weight"]]},
     texts("305127 14.... 62507. 2..... 06354. 7741..")),
    ("vit",
     alone(["patches 2 6", "class-token", "position", ["layernorm", "attention 2"], MLP[6], ["layernorm", "attention 3"],
            MLP[6], "layernorm", "first-token", "linear 4"], given=IMAGE), None),
    ("two-towers",
     {"loss": "contrastive", "towers": {
         "image": {"input": [1, 4, 6], "layers": ["patches 2 4", "class-token", "position", ["layernorm", "attention 2"],
                                                  MLP[4], "layernorm", "first-token", "linear 3 nobias"]},
         "text": {"input": TEXT, "layers": ["embedding 4", "position", ["layernorm", "attention 1 causal"], MLP[4],
                                            "layernorm", "last-token", "linear 3 nobias"]}}},
     ENDS),
    ("text-classifier",
     alone(["embedding 6", "position sincos", ["layernorm", "attention 2"], MLP[6], "layernorm", "mean-token", "linear 4"]),
     ENDS),
    ("residual-nested-tokens",
     alone(["embedding 5", "position",
            ["layernorm", ["linear 6", "gelu", "linear 5", "shortcut", "linear 5 nobias"], ["attention 1 causal", ["tanh"]],
             "shortcut", "linear 5", "layernorm"],
            "last-token", "linear 3"]),
     ENDS),
    # Each branch of a block has padding of its own.
    ("residual-branches",
     alone(["embedding 4", ["class-token", "attention 2", "shortcut", "class-token"],
            ["mean-token", "shortcut", "linear 4", "tanh", "last-token"], "linear 3"]),
     INSIDE),
]


def on_grid(array):
    """The nearest multiples of 1/64."""
    return np.round(np.asarray(array, dtype=np.float64) * GRID) / GRID


def weights(point, rng):
    """Weights at which nothing is near its initial symmetry: norms are neither 1 nor 0, biases not 0."""
    parts = []
    for name, parameter in point.model.named_parameters():
        noise = rng.standard_normal(tuple(parameter.shape))
        path = name.rpartition(".")[0]
        norm = isinstance(point.model.get_submodule(path), nn.LayerNorm)
        if name == "logit_scale":
            parts.append((name, parameter.detach().numpy()))
        elif norm:
            parts.append((name, (1.0 if name.endswith("weight") else 0.0) + 0.3 * noise))
        elif parameter.dim() >= 2 and not isinstance(point.model.get_submodule(path), nn.Embedding):
            parts.append((name, noise / math.sqrt(parameter[0].numel())))
        else:
            parts.append((name, 0.5 * noise))
    parts = dict(parts)
    return on_grid(np.concatenate([parts[name].reshape(-1) for name in point.shapes]))


def draw(name, model, tokens, seed):
    """The case's network at random weights and examples."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    module = module_of(model)
    n = 6 if tokens is None else len(tokens)
    x = np.zeros((n, 0)) if tokens is None else np.array(tokens, dtype=np.float64)
    image = model["towers"]["image"]["input"] if "towers" in model else model["input"]
    if not isinstance(image, dict):
        x = np.concatenate([on_grid(rng.standard_normal((n, math.prod(image)))), x], axis=1)
    y = None
    if model["loss"] == "cross-entropy":
        y = np.arange(n) % module.output[0]
        rng.shuffle(y)
    elif model["loss"] == "token-cross-entropy":
        y = rng.integers(0, module.output[-1], x.shape)
        # Besides those of padding some others do not count, in the second example none does.
        y[(x == PADDING) | (rng.random(x.shape) < 0.15)] = IGNORED
        y[1] = IGNORED
    point = TokenPoint(module, torch.tensor(x), None if y is None else torch.tensor(y), model["loss"])
    point.model.eval()
    w = weights(point, rng)
    return point, torch.tensor(w), torch.tensor(on_grid(rng.standard_normal(w.size)))


def distance_from_kinks(point, flat):
    """The least distance of an input of elu from 0 and of hardswish from -3 and 3."""
    least = [math.inf]

    def look(module, inputs, _):
        if isinstance(module, nn.ELU):
            least.append(inputs[0].abs().min().item())
        elif isinstance(module, nn.Hardswish):
            least.append((inputs[0].abs() - 3).abs().min().item())

    hooks = [module.register_forward_hook(look) for module in point.model.modules()]
    point.logits(flat)
    for hook in hooks:
        hook.remove()
    return min(least)


def case(index, name, model, tokens):
    for seed in range(5000 + 100 * index, 5100 + 100 * index):
        point, w, v = draw(name, model, tokens, seed)
        if distance_from_kinks(point, w) >= MARGIN:
            break
    else:
        raise AssertionError(f"{name}: no seed keeps away from the kinks")
    gradient, hv = point.gradient(w), point.products(w, [v])[0]
    check_by_differences(name, point, w, v, gradient, hv)
    losses = point.losses(w)
    hessian = torch.stack(point.products(w, torch.eye(w.numel(), dtype=torch.float64)))
    assert (hessian - hessian.T).abs().max() < 1e-11 * hessian.abs().max(), name
    diagonal = point.tensors(hessian.diagonal())
    further = [w + v / 16, w + v.flip(0) / 16, w - v / 8]
    spectrum = torch.linalg.eigvalsh((hessian + hessian.T) / 2) if name in WITH_EIGENVALUES else None
    out = {
        "name": name, "model": toml(model), "parameters": w.numel(),
        "tensors": [{"name": key, "shape": list(shape), "trace": digits(diagonal[key].sum())}
                    for key, shape in point.shapes.items()],
        "n": len(point.x), "x": short(point.x), "y": None if point.y is None else point.y.flatten().tolist(),
        "w": short(w), "v": short(v), "loss_value": losses.mean().item(),
        "losses": [point.losses(at).mean().item() for at in further],
        "example_losses": digits(losses) if model["loss"] == "cross-entropy" else None,
        "accuracy": point.accuracy(w), "outputs": digits(point.logits(w).flatten()),
        "gradient": digits(gradient), "gv": (gradient @ v).item(), "hv": digits(hv), "vhv": (hv @ v).item(),
        "trace": hessian.trace().item(), "eigenvalues": None if spectrum is None else spectrum.tolist(),
    }
    print(f"{name}: {w.numel()} parameters, loss {out['loss_value']:.4f}, accuracy {out['accuracy']:.3f}, "
          f"trace {out['trace']:.4f}, |hv| {hv.norm():.3f}, vhv {out['vhv']:.4f}")
    return out


def digits(values):
    """Thirteen significant digits, which is more than any test asks for."""
    return [float(f"{value:.12e}") for value in values.tolist()] if values.dim() else float(f"{values.item():.12e}")


def short(values):
    """Numbers as they are; whole ones without their point."""
    return [int(value) if value.is_integer() else value for value in values.flatten().tolist()]


def toml(model):
    """The model file's text."""
    def value(given):
        if isinstance(given, dict):
            return "{ " + ", ".join(f"{key} = {value(item)}" for key, item in given.items()) + " }"
        return json.dumps(given)

    def table(given):
        return "".join(f"{key} = {value(item)}\n" for key, item in given.items() if key != "towers")

    towers = model.get("towers", {})
    text = table(model) + "".join(f"\n[towers.{name}]\n{table(tower)}" for name, tower in towers.items())
    assert tomllib.loads(text) == model
    return text


def main():
    cases = [case(index, *settings) for index, settings in enumerate(CASES)]
    path = HERE / "transformers.json"
    path.write_text("[\n" + ",\n".join(lines(one) for one in cases) + "\n]\n")
    print(path.name, path.stat().st_size, "bytes; torch", torch.__version__, "numpy", np.__version__)


if __name__ == "__main__":
    main()
