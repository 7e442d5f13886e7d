"""Reference values for every layer of the architecture text, in 64-bit floats, from PyTorch.

    python layers.py            (the environment is generate.py's)

Writes layers.json beside this file; README.md describes its keys. `build` makes the nn.Module from the very texts that
stand in the file. The gradient is reverse mode, the Hessian-vector product reverse over reverse, the dense Hessian one
such product for each unit vector. Each product is checked against central differences of gradients, each case stays
away from the kinks of relu, leaky-relu, elu, hardswish and maxpool by MARGIN. All inputs are rounded to 32-bit floats before anything
is computed.
"""

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call

from generate import lines, plain, single

HERE = Path(__file__).parent
NUM_EXAMPLES = 8
DENSE_LIMIT = 400
MARGIN = 2e-4

BASIC = ["conv 4 3x3 stride 2 padding 1 nobias", "batchnorm", "relu", "conv 4 3x3 padding 1 nobias", "batchnorm"]
RESNET = ["conv 2 3x3 padding 1 nobias", "batchnorm", "relu", BASIC + ["shortcut", "conv 4 1x1 stride 2 nobias", "batchnorm"],
          "relu", "globalavgpool", "flatten", "linear 3"]
PREACTIVATION = ["conv 4 3x3 same", ["batchnorm", "relu", "conv 4 3x3 same nobias", "batchnorm", "silu", "conv 4 3x3 same"],
                 "batchnorm", "tanh", "globalavgpool", "flatten", "linear 3"]
FEATURES = ["linear 8 nobias", "batchnorm", "tanh", "linear 6", "batchnorm", "relu", "linear 3"]
MAPS = ["conv 4 3x3 same nobias", "batchnorm", "relu", "maxpool 2", "conv 4 3x3 padding 1", "batchnorm", "silu",
        "globalavgpool", "flatten", "linear 3"]
CE, MSE = "cross-entropy", "mse"

# name, input, loss, label smoothing, statistics of batch norm, layers
CASES = [
    ("silu-sigmoid", [3], CE, 0.0, None, ["linear 8", "silu", "linear 6", "sigmoid", "linear 3"]),
    ("leaky-relu", [3], CE, 0.0, None, ["linear 8", "leaky-relu", "linear 6", "leaky-relu 0.2", "linear 3"]),
    ("all-pointwise", [2], CE, 0.0, None,
     ["linear 5", "relu", "linear 5", "tanh", "linear 5", "gelu", "linear 5", "silu", "linear 5", "sigmoid", "linear 5",
      "leaky-relu", "linear 3"]),
    ("linear-nobias-dropout", [3], CE, 0.0, None,
     ["linear 8 nobias", "tanh", "dropout 0.5", "linear 6 nobias", "gelu", "dropout 0.1", "linear 3 nobias"]),
    ("sigmoid-output-mse", [3], MSE, 0.0, None, ["linear 7", "silu", "linear 3", "sigmoid"]),
    ("label-smoothing", [2], CE, 0.1, None, ["linear 8", "tanh", "linear 6", "silu", "linear 4"]),
    ("conv-stride-padding", [2, 7, 7], CE, 0.0, None,
     ["conv 4 3x3 stride 2 padding 1", "silu", "conv 3 3x3 padding 1 nobias", "tanh", "flatten", "linear 3"]),
    # The stride leaves rows and columns over, kernel sides differ, two groups.
    ("conv-groups-stride", [2, 6, 7], CE, 0.0, None,
     ["conv 4 2x3 stride 2 padding 1 groups 2", "relu", "conv 4 2x2 groups 4 nobias", "sigmoid", "flatten", "linear 3"]),
    ("conv-same-groups-avgpool", [2, 5, 5], CE, 0.0, None,
     ["conv 4 3x3 same groups 2 nobias", "leaky-relu 0.2", "avgpool 2", "flatten", "linear 3"]),
    ("conv-stride-mse", [1, 8, 8], MSE, 0.0, None,
     ["conv 3 3x3 stride 3", "gelu", "dropout 0.3", "conv 4 1x1", "leaky-relu", "flatten", "linear 3"]),
    # 7x7 is not divisible by 3: the last row and column are in no window.
    ("avgpool-floor-globalavgpool", [1, 7, 7], CE, 0.0, None,
     ["conv 3 3x3 same", "tanh", "avgpool 3", "conv 4 1x1 nobias", "silu", "globalavgpool", "flatten", "linear 3"]),
    ("all-convolutional", [2, 6, 6], CE, 0.0, None,
     ["conv 4 3x3 stride 2 padding 1", "gelu", "maxpool 2", "conv 3 1x1", "globalavgpool", "flatten"]),
    ("layernorm-features", [3], CE, 0.0, None,
     ["linear 8", "layernorm", "gelu", "linear 6 nobias", "layernorm", "tanh", "linear 3"]),
    ("layernorm-maps", [2, 4, 4], CE, 0.0, None,
     ["conv 3 3x3 same", "layernorm", "silu", "globalavgpool", "flatten", "linear 3"]),
    ("groupnorm", [2, 6, 6], CE, 0.0, None,
     ["conv 4 3x3 same nobias", "groupnorm 2", "relu", "maxpool 2", "conv 3 2x2", "groupnorm 1", "silu", "flatten",
      "linear 3"]),
    ("groupnorm-each-channel-mse", [1, 5, 5], MSE, 0.0, None,
     ["conv 4 3x3", "groupnorm 4", "tanh", "flatten", "linear 3"]),
    ("batchnorm-features-frozen", [3], CE, 0.0, "frozen", FEATURES),
    ("batchnorm-features-batch", [3], CE, 0.0, "batch", FEATURES),
    ("batchnorm-maps-frozen", [2, 6, 6], CE, 0.0, "frozen", MAPS),
    ("batchnorm-maps-batch", [2, 6, 6], CE, 0.0, "batch", MAPS),
    ("batchnorm-first-mse-batch", [4], MSE, 0.0, "batch", ["batchnorm", "linear 6", "silu", "batchnorm", "linear 3"]),
    ("residual-features", [5], CE, 0.0, None,
     [["linear 5", "tanh", "linear 5"], "silu", ["linear 6", "gelu", "linear 4", "shortcut", "linear 4 nobias"], "tanh",
      "linear 3"]),
    ("residual-maps", [2, 6, 6], CE, 0.0, None,
     ["conv 3 3x3 same", "silu", ["conv 3 3x3 same", "tanh", "conv 3 3x3 same nobias"], "relu", "avgpool 2", "flatten",
      "linear 3"]),
    ("residual-nested", [1, 6, 6], CE, 0.0, None,
     ["conv 2 3x3 padding 1",
      ["groupnorm 2", ["conv 2 3x3 same", "gelu", "shortcut", ["conv 2 1x1", "tanh"]], "silu", "conv 2 3x3 same nobias"],
      "tanh", "maxpool 2", "flatten", "linear 3"]),
    ("residual-shortcut-frozen", [1, 6, 6], CE, 0.0, "frozen", RESNET),
    ("residual-shortcut-batch", [1, 6, 6], CE, 0.0, "batch", RESNET),
    ("residual-smoothing-batch", [1, 6, 6], CE, 0.1, "batch", PREACTIVATION),
    ("residual-preactivation-frozen", [1, 6, 6], CE, 0.1, "frozen", PREACTIVATION),
    # Constants that a state dict does not hold.
    ("gelu-tanh-slopes", [3], CE, 0.0, None,
     ["linear 6", "gelu tanh", "linear 6", "leaky-relu 1.5", "linear 5", "gelu tanh", "leaky-relu -0.25", "linear 3"]),
    ("norms-eps", [2, 4, 4], CE, 0.0, None,
     ["conv 4 3x3 same", "groupnorm 2 eps 0.02", "tanh", "layernorm eps 0.1", "conv 4 2x2", "groupnorm 4 eps 0.5 noaffine",
      "silu", "layernorm nobias", "flatten", "layernorm eps 0.3 noaffine", "linear 3"]),
    ("batchnorm-eps-momentum-frozen", [2, 4, 4], CE, 0.0, "frozen",
     ["batchnorm eps 0.05 noaffine", "conv 3 3x3 same nobias", "batchnorm eps 0.2 momentum 0.3", "silu", "flatten", "linear 5",
      "batchnorm momentum 0.01 noaffine", "tanh", "linear 3"]),
    ("batchnorm-eps-momentum-batch", [2, 4, 4], MSE, 0.0, "batch",
     ["batchnorm eps 0.05 noaffine", "conv 3 3x3 same nobias", "batchnorm eps 0.2 momentum 0.3", "silu", "flatten", "linear 5",
      "batchnorm momentum 0.01 noaffine", "tanh", "linear 3"]),
    ("conv-dilation", [2, 7, 6], CE, 0.0, None,
     ["conv 4 3x3 same dilation 2 groups 2", "tanh", "conv 3 2x3 dilation 1x2 stride 2x1 padding 1x2 nobias", "silu",
      "conv 4 2x2 dilation 3x2", "relu", "flatten", "linear 3"]),
    ("maxpool-stride-padding", [2, 7, 8], CE, 0.0, None,
     ["conv 3 3x3 same", "maxpool 3 stride 2 padding 1", "tanh", "conv 3 2x2", "maxpool 2 stride 1 ceil", "flatten",
      "linear 3"]),
    ("maxpool-dilation-ceil", [1, 7, 6], CE, 0.0, None,
     ["conv 3 2x2", "silu", "maxpool 2x3 stride 2x2 padding 1x0 dilation 2x1 ceil", "flatten", "linear 3"]),
    ("avgpool-padding-ceil", [2, 6, 7], CE, 0.0, None,
     ["conv 3 3x3 same", "avgpool 3 stride 2 padding 1 ceil", "tanh", "avgpool 3x2 padding 1 excludepad ceil", "flatten",
      "linear 3"]),
    ("avgpool-overlap-divisor", [1, 6, 6], MSE, 0.0, None,
     ["conv 3 3x3", "avgpool 2 stride 1", "gelu", "avgpool 2 divisor 3", "flatten", "linear 3"]),
    ("softplus-elu-hardswish", [3], CE, 0.0, None,
     ["linear 6", "softplus", "linear 6", "elu", "linear 6", "layernorm", "elu 4", "linear 6", "hardswish", "linear 5",
      "elu 0.5", "linear 3"]),
    ("softplus-elu-hardswish-maps", [2, 5, 5], MSE, 0.0, None,
     ["conv 4 3x3", "groupnorm 2", "hardswish", "conv 3 2x2", "softplus", ["conv 3 1x1", "elu 2"], "flatten", "linear 3"]),
]


# --- the network from its texts -------------------------------------------------------------------------------------


class Marker(nn.Identity):
    """The text `shortcut`: a module that has a number and does nothing."""


class Residual(nn.Sequential):
    """x + body(x), or body(x) + shortcut(x) where a marker parts the two."""

    def forward(self, x):
        body, shortcut, branch = x, x, "body"
        for module in self:
            if isinstance(module, Marker):
                branch = "shortcut"
            elif branch == "body":
                body = module(body)
            else:
                shortcut = module(shortcut)
        return body + shortcut


def option(words, name, default):
    """The number after a word, or the default where the word is missing."""
    return int(words[words.index(name) + 1]) if name in words else default


def pair(words, name, default):
    """One or two numbers after a word, such as 2 or 2x1."""
    return sides(words[words.index(name) + 1]) if name in words else default


def sides(text):
    """A size such as 3 or 3x2."""
    numbers = tuple(int(side) for side in text.split("x"))
    return numbers if len(numbers) == 2 else numbers * 2


def real(words, name, default):
    return float(words[words.index(name) + 1]) if name in words else default


def layer(text, shape):
    """One module from its text, for examples of that shape."""
    words = text.split()
    kind, maps = words[0], len(shape) == 3
    if kind == "linear":
        return nn.Linear(shape[0], int(words[1]), bias="nobias" not in words)
    if kind == "conv":
        kernel = tuple(int(side) for side in words[2].split("x"))
        padding = "same" if "same" in words else pair(words, "padding", 0)
        return nn.Conv2d(shape[0], int(words[1]), kernel, stride=pair(words, "stride", 1), padding=padding,
                         dilation=pair(words, "dilation", 1), groups=option(words, "groups", 1), bias="nobias" not in words)
    if kind == "elu":
        return nn.ELU(float(words[1])) if len(words) > 1 else nn.ELU()
    if kind == "leaky-relu":
        return nn.LeakyReLU(float(words[1])) if len(words) > 1 else nn.LeakyReLU()
    eps, affine = real(words, "eps", 1e-5), "noaffine" not in words
    if kind == "batchnorm":
        norm = nn.BatchNorm2d if maps else nn.BatchNorm1d
        return norm(shape[0], eps=eps, momentum=real(words, "momentum", 0.1), affine=affine)
    if kind == "layernorm":
        return nn.LayerNorm(shape, eps=eps, elementwise_affine=affine, bias="nobias" not in words)
    if kind == "groupnorm":
        return nn.GroupNorm(int(words[1]), shape[0], eps=eps, affine=affine)
    if kind == "gelu":
        return nn.GELU(approximate=words[1] if len(words) > 1 else "none")
    if kind == "dropout":
        return nn.Dropout(float(words[1]))
    if kind in ("maxpool", "avgpool"):
        size, padding = sides(words[1]), pair(words, "padding", 0)
        stride = pair(words, "stride", size)
        if kind == "maxpool":
            return nn.MaxPool2d(size, stride, padding, dilation=pair(words, "dilation", 1), ceil_mode="ceil" in words)
        return nn.AvgPool2d(size, stride, padding, ceil_mode="ceil" in words, count_include_pad="excludepad" not in words,
                            divisor_override=option(words, "divisor", None))
    return {"relu": nn.ReLU, "tanh": nn.Tanh, "silu": nn.SiLU, "sigmoid": nn.Sigmoid,
            "softplus": nn.Softplus, "hardswish": nn.Hardswish,
            "flatten": nn.Flatten, "globalavgpool": lambda: nn.AdaptiveAvgPool2d(1), "shortcut": Marker}[kind]()


def build(texts, shape, container=nn.Sequential):
    """The container of the layers, in 64-bit floats, and the shape of one example after it."""
    first, modules = shape, []
    for text in texts:
        if text == "shortcut":
            shape = first
        module = build(text, shape, Residual)[0] if isinstance(text, list) else layer(text, shape).double()
        modules.append(module)
        with torch.no_grad():
            # Two examples, because batch norm has no variance of one.
            shape = list(module(torch.zeros(2, *shape, dtype=torch.float64)).shape[1:])
    return container(*modules).double(), shape


# --- losses and derivatives -----------------------------------------------------------------------------------------


def example_losses(logits, y, loss, smoothing):
    if loss == MSE:
        return ((logits - F.one_hot(y, logits.shape[1])) ** 2).mean(dim=1)
    return F.cross_entropy(logits, y, reduction="none", label_smoothing=smoothing)


class Point:
    """A model with examples and buffers, as a function of its flat weights."""

    def __init__(self, model, x, y, loss, smoothing, statistics):
        self.model, self.x, self.y, self.loss, self.smoothing = model, x, y, loss, smoothing
        self.shapes = {name: parameter.shape for name, parameter in model.named_parameters()}
        model.train(statistics == "batch")

    def tensors(self, flat):
        parts = flat.split([math.prod(shape) for shape in self.shapes.values()])
        return {name: part.view(shape) for (name, shape), part in zip(self.shapes.items(), parts)}

    def logits(self, flat):
        # Clones, because a pass with batch statistics writes into the buffers.
        buffers = {name: buffer.clone() for name, buffer in self.model.named_buffers()}
        return functional_call(self.model, self.tensors(flat) | buffers, (self.x,))

    def losses(self, flat):
        return example_losses(self.logits(flat), self.y, self.loss, self.smoothing)

    def gradient(self, flat, create_graph=False):
        flat = flat if flat.requires_grad else flat.clone().requires_grad_()
        return torch.autograd.grad(self.losses(flat).mean(), flat, create_graph=create_graph)[0]

    def products(self, flat, directions):
        """The Hessian times each direction."""
        flat = flat.clone().requires_grad_()
        gradient = self.gradient(flat, create_graph=True)
        return [torch.autograd.grad(gradient @ v, flat, retain_graph=True, materialize_grads=True)[0]
                for v in directions]


def distance_from_kinks(point, flat):
    """How near inputs come to a kink: 0 of relu, leaky-relu and elu, ±3 of hardswish, a tie of the two greatest of a window."""
    least = [math.inf]

    def look(module, inputs, _):
        if isinstance(module, (nn.ReLU, nn.LeakyReLU, nn.ELU)):
            least.append(inputs[0].abs().min().item())
        elif isinstance(module, nn.Hardswish):
            least.append((inputs[0].abs() - 3).abs().min().item())
        elif isinstance(module, nn.MaxPool2d):
            top = pooled_inputs(module, inputs[0]).topk(2).values
            gaps = top[..., 0] - top[..., 1]
            # Equal inputs are zeros of a relu before: their gradients are all zero.
            least.append(gaps[gaps > 0].min().item())

    hooks = [module.register_forward_hook(look) for module in point.model.modules()]
    point.logits(flat)
    for hook in hooks:
        hook.remove()
    return min(least)


def pooled_inputs(module, x):
    """What each window of a max pooling sees, in the last dimension; -inf outside of the maps."""
    both = lambda value: value if isinstance(value, tuple) else (value, value)
    size, stride, padding, dilation = (both(getattr(module, name)) for name in ("kernel_size", "stride", "padding", "dilation"))
    with torch.no_grad():
        # Without the hooks, of which one has called this.
        pooled = F.max_pool2d(x, size, stride, padding, dilation, module.ceil_mode)
    out = pooled.shape[2:]
    room = [(out[d] - 1) * stride[d] + dilation[d] * (size[d] - 1) + 1 - x.shape[2 + d] - padding[d] for d in (0, 1)]
    x = F.pad(x, (padding[1], max(room[1], 0), padding[0], max(room[0], 0)), value=-math.inf)
    taps = [x[:, :, i * dilation[0]:, j * dilation[1]:][:, :, ::stride[0], ::stride[1]][:, :, :out[0], :out[1]]
            for i in range(size[0]) for j in range(size[1])]
    windows = torch.stack(taps, -1)
    assert torch.equal(windows.amax(-1), pooled)
    return windows


# --- layers.json ----------------------------------------------------------------------------------------------------


def fill_buffers(model, rng):
    """Running statistics as after training: neither 0 nor 1."""
    for name, buffer in model.named_buffers():
        if name.endswith("running_mean"):
            buffer.copy_(torch.tensor(single(0.4 * rng.standard_normal(buffer.numel()))))
        elif name.endswith("running_var"):
            buffer.copy_(torch.tensor(single(rng.uniform(0.3, 2.0, buffer.numel()))))


def running(model):
    return [{"name": name, "values": buffer.numpy().copy()} for name, buffer in model.named_buffers()
            if "running" in name]


def running_after(point, ws):
    """Running statistics after a pass in training mode at each of the weights, one after the other."""
    model, kept = point.model, {name: buffer.clone() for name, buffer in point.model.named_buffers()}
    mode, after = model.training, []
    model.train()
    for w in ws:
        functional_call(model, point.tensors(torch.tensor(w)), (point.x,))
        after.append(running(model))
    model.train(mode)
    for name, buffer in model.named_buffers():
        buffer.copy_(kept[name])
    return {"ws": ws, "after": after}


def weights(model, rng):
    """PyTorch's initial weights made larger, and norms that are neither 1 nor 0."""
    parts = []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            norm = isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm))
            noise = torch.tensor(rng.standard_normal(tuple(parameter.shape)))
            centre = 1.0 if name == "weight" else 0.0
            parts.append((centre + 0.3 * noise if norm else 1.5 * parameter.detach()).reshape(-1))
    return single(torch.cat(parts).numpy())


def draw(seed, shape, loss, smoothing, statistics, layers):
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    model, output = build(layers, shape)
    fill_buffers(model, rng)
    w = weights(model, rng)
    x = single(rng.standard_normal([NUM_EXAMPLES, *shape]))
    y = np.arange(NUM_EXAMPLES) % output[0]
    rng.shuffle(y)
    return rng, w, Point(model, torch.tensor(x), torch.tensor(y), loss, smoothing, statistics)


def case(index, name, shape, loss, smoothing, statistics, layers):
    for seed in range(1000 + 100 * index, 1100 + 100 * index):
        rng, w, point = draw(seed, shape, loss, smoothing, statistics, layers)
        kink = distance_from_kinks(point, torch.tensor(w))
        if kink >= MARGIN:
            break
    else:
        raise AssertionError(f"{name}: no seed keeps away from the kinks")
    flat = torch.tensor(w)
    v = torch.tensor(single(rng.standard_normal(w.size)))
    logits, losses, gradient = point.logits(flat), point.losses(flat), point.gradient(flat)
    hv = point.products(flat, [v])[0]
    check_by_differences(name, point, flat, v, gradient, hv)
    diagonal = None
    if w.size <= DENSE_LIMIT:
        hessian = torch.stack(point.products(flat, torch.eye(w.size, dtype=torch.float64)))
        assert (hessian - hessian.T).abs().max() < 1e-11 * hessian.abs().max(), name
        diagonal = point.tensors(hessian.diagonal())
    tensors = [{"name": key, "shape": list(s), "trace": diagonal and diagonal[key].sum().item()}
               for key, s in point.shapes.items()]
    out = {
        "name": name, "input": shape, "loss": loss, "label_smoothing": smoothing, "statistics": statistics,
        "layers": layers, "parameters": w.size, "tensors": tensors, "buffers": running(point.model),
        "n": NUM_EXAMPLES, "x": point.x, "y": point.y, "w": w, "v": v,
        "loss_value": losses.mean(), "example_losses": losses, "logits": logits.reshape(-1),
        "accuracy": (logits.argmax(dim=1) == point.y).double().mean(),
        "gradient": gradient, "gv": gradient @ v, "hv": hv, "vhv": hv @ v,
        "trace": None if diagonal is None else sum(t["trace"] for t in tensors),
        "running": None,
    }
    out["x"] = out["x"].reshape(-1)
    if statistics is not None:
        out["running"] = running_after(point, [w, single(w + 0.2 * rng.standard_normal(w.size))])
    print(f"{name}: {w.size} parameters, loss {out['loss_value']:.4f}, trace {out['trace']}, kinks {kink:.1e}")
    return {key: value.tolist() if isinstance(value, torch.Tensor) else value for key, value in out.items()}


def check_by_differences(name, point, flat, v, gradient, hv):
    """Slope and Hessian-vector product once more, by central differences along v."""
    step = 1e-6 * v
    ahead, behind = flat + step, flat - step
    slope = (point.losses(ahead).mean() - point.losses(behind).mean()) / 2e-6
    assert abs(slope - gradient @ v) < 1e-7 * (1 + abs(slope)), (name, slope, gradient @ v)
    product = (point.gradient(ahead) - point.gradient(behind)) / 2e-6
    assert (product - hv).norm() < 1e-7 * (1 + hv.norm()), (name, (product - hv).norm(), hv.norm())


# --- the residual networks of the README ----------------------------------------------------------------------------


def resnet(blocks):
    """The texts of a ResNet for 3x32x32 images, width 16, with that many basic blocks in each of three stages."""
    def basic(width, stride):
        first = f"conv {width} 3x3 stride {stride} padding 1 nobias"
        body = [first, "batchnorm", "relu", f"conv {width} 3x3 padding 1 nobias", "batchnorm"]
        return body + ["shortcut", f"conv {width} 1x1 stride {stride} nobias", "batchnorm"] * (stride > 1)

    layers = ["conv 16 3x3 padding 1 nobias", "batchnorm", "relu"]
    for stage, width in enumerate([16, 32, 64]):
        for block in range(blocks):
            layers += [basic(width, 2 if stage > 0 and block == 0 else 1), "relu"]
    return layers + ["globalavgpool", "flatten", "linear 10"]


def main():
    cases = [lines(plain(case(index, *settings))) for index, settings in enumerate(CASES)]
    (HERE / "layers.json").write_text("[\n" + ",\n".join(cases) + "\n]\n")
    print("layers.json", (HERE / "layers.json").stat().st_size, "bytes")
    for blocks in (1, 2, 3):
        model = build(resnet(blocks), [3, 32, 32])[0]
        count = sum(parameter.numel() for parameter in model.parameters())
        print(f"ResNet-{6 * blocks + 2}: {count} parameters in {len(list(model.parameters()))} tensors")


if __name__ == "__main__":
    main()
