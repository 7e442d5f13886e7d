"""Modules of PyTorch that pass on which tokens are padding, and the network of a model file.

Only for transformers.py, whose header says more. Each layer is PyTorch's own class, or a subclass that takes the padding
along; `module_of` puts them under the names that an nn.Sequential of the same modules gives them.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

import layers as plain_layers

# Fused kernels of evaluation mode have no second derivatives.
torch.backends.mha.set_fastpath_enabled(False)
PADDING = -1
LOGIT_SCALE = math.log(1 / 0.07)


# --- modules that know of padding -----------------------------------------------------------------------------------


class OverTokens(nn.Module):
    """A module that takes (x, kept) and gives both: `kept` is [n, t], false where a token is padding, None for images."""


class Embedding(nn.Embedding, OverTokens):
    """The embedding of padding is 0."""

    def forward(self, tokens, _):
        kept = tokens != PADDING
        return super().forward(tokens.clamp(min=0).long()) * kept.unsqueeze(-1), kept


class Position(nn.Embedding, OverTokens):
    """A learned vector for each place, added."""

    def forward(self, x, kept):
        return x + super().forward(torch.arange(x.shape[1])), kept


class SinCos(OverTokens):
    """Vaswani et al. 2017, section 3.5: column 2i of place t is sin(t / 10000^(2i/D)), column 2i+1 the cosine."""

    def forward(self, x, kept):
        length, width = x.shape[1:]
        place = torch.arange(length, dtype=torch.float64).unsqueeze(1)
        even = torch.arange(0, width, 2, dtype=torch.float64)
        angle = place / 10000 ** (even / width)
        return x + torch.stack([angle.sin(), angle.cos()], dim=2).reshape(length, -1)[:, :width], kept


class ClassToken(OverTokens):
    """A learned token before all others."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))

    def forward(self, x, kept):
        x = torch.cat([self.weight.expand(len(x), 1, -1), x], dim=1)
        return x, kept if kept is None else F.pad(kept, (1, 0), value=True)


class Patches(nn.Conv2d, OverTokens):
    """A convolution whose stride is its size; its places, row by row, are the tokens."""

    def forward(self, x, kept):
        return super().forward(x).flatten(2).transpose(1, 2), kept


class Attention(nn.MultiheadAttention, OverTokens):
    """Self-attention."""

    def __init__(self, width, heads, causal):
        super().__init__(width, heads, batch_first=True)
        self.causal = causal

    def forward(self, x, kept):
        length = x.shape[1]
        later = torch.ones(length, length, dtype=torch.bool).triu(1) if self.causal else None
        padded = None if kept is None else ~kept
        return super().forward(x, x, x, key_padding_mask=padded, attn_mask=later)[0], kept


class MeanToken(OverTokens):
    def forward(self, x, kept):
        if kept is None:
            return x.mean(dim=1), None
        return (x * kept.unsqueeze(-1)).sum(dim=1) / kept.sum(dim=1, keepdim=True), None


class FirstToken(OverTokens):
    def forward(self, x, kept):
        return x[:, 0], None


class LastToken(OverTokens):
    """The last token that is no padding."""

    def forward(self, x, kept):
        if kept is None:
            return x[:, -1], None
        places = torch.arange(x.shape[1]).expand_as(kept)
        return x[torch.arange(len(x)), places.where(kept, -1).amax(dim=1)], None


class UnitLength(OverTokens):
    def forward(self, x, kept):
        return F.normalize(x, dim=-1), kept


class Chain(nn.Sequential, OverTokens):
    """Layers one after the other."""

    def forward(self, x, kept=None):
        for module in self:
            x, kept = through(module, x, kept)
        return x, kept


class Residual(nn.Sequential, OverTokens):
    """x + body(x), or body(x) + shortcut(x) where a marker parts the two."""

    def forward(self, x, kept):
        body, shortcut, branch = (x, kept), (x, kept), "body"
        for module in self:
            if isinstance(module, plain_layers.Marker):
                branch = "shortcut"
            elif branch == "body":
                body = through(module, *body)
            else:
                shortcut = through(module, *shortcut)
        return body[0] + shortcut[0], body[1]


def through(module, x, kept):
    return module(x, kept) if isinstance(module, OverTokens) else (module(x), kept)


# --- the network of a model file ------------------------------------------------------------------------------------


def layer(text, shape):
    """One module from its text; `shape` is that of an example before it."""
    words = text.split()
    kind, width = words[0], None if isinstance(shape, dict) else shape[-1]
    if kind == "embedding":
        return Embedding(shape["vocabulary"], int(words[1]))
    if kind == "position":
        return SinCos() if words[1:] == ["sincos"] else Position(*shape)
    if kind == "patches":
        return Patches(shape[0], int(words[2]), int(words[1]), int(words[1]))
    if kind == "attention":
        return Attention(width, int(words[1]), "causal" in words)
    simple = {"class-token": lambda: ClassToken(width), "mean-token": MeanToken, "first-token": FirstToken,
              "last-token": LastToken, "l2norm": UnitLength, "softplus": nn.Softplus, "elu": nn.ELU,
              "hardswish": nn.Hardswish}
    # A layer over each token is one of its width.
    return simple[kind]() if kind in simple else plain_layers.layer(text, shape[-1:] if len(shape) == 2 else shape)


def build(texts, shape, container=Chain):
    """The container of the layers, in 64-bit floats, and the shape of one example after it."""
    first, modules = shape, []
    for text in texts:
        if text == "shortcut":
            shape = first
        module = build(text, shape, Residual)[0] if isinstance(text, list) else layer(text, shape).double()
        modules.append(module)
        with torch.no_grad():
            shape = list(through(module, torch.zeros(2, *sides(shape), dtype=torch.float64), None)[0].shape[1:])
    return container(*modules).double(), shape


def sides(shape):
    """The shape of one example's numbers; `shape` is that of the model file or after a layer."""
    return [shape["tokens"]] if isinstance(shape, dict) else shape


class Single(nn.Module):
    """A network without towers; its names are those of the chain."""

    def __init__(self, model):
        super().__init__()
        self.sides = sides(model["input"])
        chain, self.output = build(model["layers"], model["input"])
        for name, module in chain.named_children():
            self.add_module(name, module)

    def forward(self, x):
        kept = None
        x = x.reshape(len(x), *self.sides)
        for module in self.children():
            x, kept = through(module, x, kept)
        return x


class Towers(nn.Module):
    """Two towers and the logarithm of the scale of their products."""

    def __init__(self, model):
        super().__init__()
        image, text = model["towers"]["image"], model["towers"]["text"]
        self.sides, self.split = image["input"], math.prod(image["input"])
        self.image, self.output = build(image["layers"], image["input"])
        self.text, output = build(text["layers"], text["input"])
        self.logit_scale = nn.Parameter(torch.tensor([LOGIT_SCALE], dtype=torch.float64))
        assert self.output == output

    def forward(self, x):
        image, _ = self.image(x[:, :self.split].reshape(len(x), *self.sides))
        text, _ = self.text(x[:, self.split:])
        return torch.stack([image, text])


def module_of(model):
    """The network of a model file, with its ties."""
    network = Towers(model) if "towers" in model else Single(model)
    for first, *others in model.get("tied", []):
        for other in others:
            path, _, name = other.rpartition(".")
            assert network.get_parameter(first).shape == network.get_parameter(other).shape
            setattr(network.get_submodule(path), name, network.get_parameter(first))
    return network
