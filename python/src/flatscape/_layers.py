"""Modules and functions of torch, one at a time, in the words of a model file.

The words are those of docs/model.md. Constants are stated where they are not PyTorch's defaults. Whatever a word does not say
exactly is refused with a reason, never approximated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Union

from torch import nn

Shape = tuple[int, ...]


class CannotSay(Exception):
    """A part that no layer says; the message is the reason, and what would do."""


@dataclass(frozen=True)
class Layer:
    """One layer: its text, and its tensors by the names that they have in it and in the model."""

    text: str
    tensors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Block:
    """A residual block: y = body(x) + shortcut(x), where no shortcut is x itself."""

    body: tuple[Item, ...]
    shortcut: tuple[Item, ...] = ()


Item = Union[Layer, Block]


@dataclass(frozen=True)
class Place:
    """Where a module stands: its dotted name, and the shape of one example before it."""

    name: str
    shape: Shape

    @property
    def is_features(self) -> bool:
        """Whether an example is a vector."""
        return len(self.shape) == 1

    @property
    def is_tokens(self) -> bool:
        """Whether an example is tokens by width."""
        return len(self.shape) == 2

    @property
    def is_maps(self) -> bool:
        """Whether an example is channels, height and width."""
        return len(self.shape) == 3

    def expect(self, fits: bool, expected: str) -> None:
        """Refuse an example of another shape."""
        if not fits:
            raise CannotSay(f"it gets {list(self.shape)} of each example, expected {expected}")

    def tensors(self, module: nn.Module, *names: str) -> tuple[tuple[str, str], ...]:
        """Name those of a module's tensors that are there."""
        there = (name for name in names if _attribute(module, name) is not None)
        return tuple((name, f"{self.name}.{name}" if self.name else name) for name in there)


def _attribute(module: nn.Module, name: str) -> Any:  # noqa: ANN401
    for part in name.split("."):
        module = getattr(module, part)
    return module


def refuse(condition: bool, reason: str) -> None:
    """Refuse where a condition holds."""
    if condition:
        raise CannotSay(reason)


def _number(value: float) -> str:
    return repr(float(value)) if float(value) != int(value) else str(int(value))


def _pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def _size(value: int | tuple[int, ...]) -> str:
    down, right = _pair(value)
    return str(down) if down == right else f"{down}x{right}"


def _unless(value: Any, usual: Any, words: str) -> str:  # noqa: ANN401
    """Give words, with a space before them, where a value is not the usual one."""
    return "" if value == usual else f" {words}"


# --- layers with tensors ---------------------------------------------------------------------------------------------


def _linear(module: nn.Linear, place: Place) -> list[Item]:
    place.expect(place.is_features or place.is_tokens, "features or tokens (put nn.Flatten before it)")
    text = f"linear {module.out_features}" + _unless(module.bias is None, False, "nobias")
    return [Layer(text, place.tensors(module, "weight", "bias"))]


def _conv(module: nn.Conv2d, place: Place) -> list[Item]:
    place.expect(place.is_maps, "channels, height and width")
    refuse(module.padding_mode != "zeros", f"padding is of {module.padding_mode}, expected zeros")
    kernel, dilation = _pair(module.kernel_size), _pair(module.dilation)
    if isinstance(module.padding, str) and module.padding == "same":
        odd = all(d * (k - 1) % 2 == 0 for k, d in zip(kernel, dilation))
        refuse(not odd, f'padding is "same" with a kernel of {list(kernel)}, expected odd sizes')
        words = " same"
    else:
        padding = 0 if isinstance(module.padding, str) else module.padding
        words = _unless(_pair(padding), (0, 0), f"padding {_size(padding)}")
    text = (
        f"conv {module.out_channels} {kernel[0]}x{kernel[1]}{words}"
        + _unless(_pair(module.stride), (1, 1), f"stride {_size(module.stride)}")
        + _unless(dilation, (1, 1), f"dilation {_size(dilation)}")
        + _unless(module.groups, 1, f"groups {module.groups}")
        + _unless(module.bias is None, False, "nobias")
    )
    return [Layer(text, place.tensors(module, "weight", "bias"))]


def _batch_norm(module: nn.BatchNorm1d | nn.BatchNorm2d, place: Place) -> list[Item]:
    if isinstance(module, nn.BatchNorm1d):
        place.expect(place.is_features, "features")
    refuse(module.running_mean is None, "it keeps no running statistics, expected track_running_stats=True")
    refuse(module.momentum is None, "its momentum is None, expected a number")
    text = (
        "batchnorm"
        + _unless(module.eps, 1e-5, f"eps {_number(module.eps)}")
        + _unless(module.momentum, 0.1, f"momentum {_number(module.momentum or 0.0)}")
        + _unless(module.affine, True, "noaffine")
    )
    return [Layer(text, place.tensors(module, "weight", "bias", "running_mean", "running_var"))]


def _layer_norm(module: nn.LayerNorm, place: Place) -> list[Item]:
    expected = place.shape[-1:] if place.is_tokens else place.shape
    refuse(
        tuple(module.normalized_shape) != expected,
        f"it normalizes over {list(module.normalized_shape)}, expected {list(expected)}, all of an example or of a token",
    )
    bias = _unless(module.bias is None, False, "nobias") if module.elementwise_affine else " noaffine"
    text = "layernorm" + _unless(module.eps, 1e-5, f"eps {_number(module.eps)}") + bias
    return [Layer(text, place.tensors(module, "weight", "bias"))]


def _group_norm(module: nn.GroupNorm, place: Place) -> list[Item]:
    place.expect(not place.is_tokens, "features, or channels, height and width")
    text = f"groupnorm {module.num_groups}" + _unless(module.eps, 1e-5, f"eps {_number(module.eps)}")
    return [Layer(text + _unless(module.affine, True, "noaffine"), place.tensors(module, "weight", "bias"))]


def _embedding(module: nn.Embedding, place: Place) -> list[Item]:
    place.expect(place.is_features, "[T] tokens")
    refuse(module.max_norm is not None, "it has max_norm, which changes weights while they are read")
    refuse(module.scale_grad_by_freq, "it has scale_grad_by_freq, which changes gradients")
    refuse(module.padding_idx is not None, "it has padding_idx, whose row gets no gradient, expected none")
    return [Layer(f"embedding {module.embedding_dim}", place.tensors(module, "weight"))]


def attention(module: nn.MultiheadAttention, place: Place, causal: bool = False) -> list[Item]:
    """Say self-attention."""
    place.expect(place.is_tokens, "tokens by width")
    refuse(not module.batch_first, "the batch is its second axis, expected batch_first=True")
    refuse(module.in_proj_weight is None or module.in_proj_bias is None, "expected one width, and biases")
    refuse(module.bias_k is not None or module.add_zero_attn, "it adds keys, expected none")
    names = ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")
    text = f"attention {module.num_heads}" + _unless(causal, False, "causal")
    return [Layer(text, place.tensors(module, *names))]


def encoder_layer(module: nn.TransformerEncoderLayer, place: Place, causal: bool = False) -> list[Item]:
    """Say one layer of a transformer's encoder: attention and two linear maps, each with its norm and residual."""

    def inner(name: str) -> Place:
        return Place(f"{place.name}.{name}" if place.name else name, place.shape)

    def said(name: str) -> list[Item]:
        return of_module(getattr(module, name), inner(name))

    attend = [*attention(module.self_attn, inner("self_attn"), causal), *said("dropout1")]
    act = module.activation
    if not isinstance(act, nn.Module):
        kinds: dict[str, nn.Module] = {"relu": nn.ReLU(), "gelu": nn.GELU()}
        refuse(act.__name__ not in kinds, f"its activation is {act.__name__}, expected relu or gelu")
        act = kinds[act.__name__]
    feed = [*said("linear1"), *of_module(act, inner("activation")), *said("dropout"), *said("linear2"), *said("dropout2")]
    if module.norm_first:
        return [Block((*said("norm1"), *attend)), Block((*said("norm2"), *feed))]
    return [Block(tuple(attend)), *said("norm1"), Block(tuple(feed)), *said("norm2")]


# --- layers without ---------------------------------------------------------------------------------------------------


def _plain(text: str) -> Callable[[Any, Place], list[Item]]:
    return lambda _module, _place: [Layer(text)]


def _gelu(module: nn.GELU, _place: Place) -> list[Item]:
    return [Layer("gelu" if module.approximate == "none" else f"gelu {module.approximate}")]


def _leaky_relu(module: nn.LeakyReLU, _place: Place) -> list[Item]:
    return [Layer("leaky-relu" + _unless(module.negative_slope, 0.01, _number(module.negative_slope)))]


def _elu(module: nn.ELU, _place: Place) -> list[Item]:
    return [Layer("elu" + _unless(module.alpha, 1.0, _number(module.alpha)))]


def _softplus(module: nn.Softplus, _place: Place) -> list[Item]:
    refuse(module.beta != 1 or module.threshold < 20, "expected beta=1 and threshold=20")
    return [Layer("softplus")]


def _dropout(module: nn.Dropout, _place: Place) -> list[Item]:
    refuse(module.p >= 1, "it drops everything, expected p below 1")
    return [Layer(f"dropout {_number(module.p)}")] if module.p > 0 else []


def _max_pool(module: nn.MaxPool2d, place: Place) -> list[Item]:
    place.expect(place.is_maps, "channels, height and width")
    refuse(module.return_indices, "it returns the places of the greatest, expected return_indices=False")
    text = _pool("maxpool", module) + _unless(_pair(module.dilation), (1, 1), f"dilation {_size(module.dilation)}")
    return [Layer(text + _unless(module.ceil_mode, False, "ceil"))]


def _average_pool(module: nn.AvgPool2d, place: Place) -> list[Item]:
    place.expect(place.is_maps, "channels, height and width")
    text = _pool("avgpool", module) + _unless(module.ceil_mode, False, "ceil")
    if module.divisor_override is not None:
        return [Layer(f"{text} divisor {module.divisor_override}")]
    # Without padding, whether it counts makes a difference nowhere.
    is_padded = _pair(module.padding) != (0, 0)
    return [Layer(text + _unless(is_padded and not module.count_include_pad, False, "excludepad"))]


def _pool(word: str, module: nn.MaxPool2d | nn.AvgPool2d) -> str:
    size, stride, padding = module.kernel_size, module.stride, module.padding
    return (
        f"{word} {_size(size)}"
        + _unless(_pair(stride), _pair(size), f"stride {_size(stride)}")
        + _unless(_pair(padding), (0, 0), f"padding {_size(padding)}")
    )


def _adaptive_pool(module: nn.AdaptiveAvgPool2d, place: Place) -> list[Item]:
    place.expect(place.is_maps, "channels, height and width")
    size = module.output_size
    if tuple(size if isinstance(size, (tuple, list)) else (size, size)) == place.shape[1:]:
        return []
    refuse(size not in (1, (1, 1), [1, 1]), f"its output size is {size}, expected 1")
    return [Layer("globalavgpool")]


def _flatten(module: nn.Flatten, place: Place) -> list[Item]:
    last = len(place.shape)
    refuse(
        module.start_dim != 1 or module.end_dim not in (-1, last),
        f"it joins the axes {module.start_dim} to {module.end_dim}, expected all behind the examples (1 to -1)",
    )
    return flat(place)


def flat(place: Place) -> list[Item]:
    """Say that an example becomes features."""
    return [] if place.is_features else [Layer("flatten")]


def _nothing(_module: nn.Identity, _place: Place) -> list[Item]:
    return []


MODULES: dict[type[nn.Module], Callable[[Any, Place], list[Item]]] = {
    nn.Linear: _linear,
    nn.Conv2d: _conv,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.LayerNorm: _layer_norm,
    nn.GroupNorm: _group_norm,
    nn.Embedding: _embedding,
    nn.ReLU: _plain("relu"),
    nn.Tanh: _plain("tanh"),
    nn.SiLU: _plain("silu"),
    nn.Sigmoid: _plain("sigmoid"),
    nn.Hardswish: _plain("hardswish"),
    nn.GELU: _gelu,
    nn.LeakyReLU: _leaky_relu,
    nn.ELU: _elu,
    nn.Softplus: _softplus,
    nn.Dropout: _dropout,
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _average_pool,
    nn.AdaptiveAvgPool2d: _adaptive_pool,
    nn.Flatten: _flatten,
    nn.Identity: _nothing,
    # They act in training alone, and no layer is theirs: `drops_otherwise` finds them.
    nn.Dropout2d: _nothing,
    nn.Dropout3d: _nothing,
    nn.AlphaDropout: _nothing,
    nn.FeatureAlphaDropout: _nothing,
}

# What people have at such places, and what would do.
_HINTS: dict[type[nn.Module], str] = {
    nn.Softmax: "cross-entropy takes scores and has the softmax in it: leave it out",
    nn.LogSoftmax: "cross-entropy takes scores and has the softmax in it: leave it out",
    nn.Conv1d: "only nn.Conv2d is said",
    nn.Conv3d: "only nn.Conv2d is said",
}


def drops_otherwise(module: nn.Module) -> bool:
    """Whether a module drops numbers in training by no layer of a model file: inside of attention, or whole channels."""
    share = module.dropout if isinstance(module, nn.MultiheadAttention) else 0.0
    if isinstance(module, (nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)):
        share = module.p
    return share > 0


def kind(module: nn.Module) -> str:
    """Name a module's class, as `nn.Linear` or `package.Net`."""
    of = type(module)
    if of.__module__.startswith("torch.nn.modules"):
        return f"nn.{of.__name__}"
    return of.__qualname__ if of.__module__ == "__main__" else f"{of.__module__}.{of.__qualname__}"


def of_module(module: nn.Module, place: Place) -> list[Item]:
    """Say a module that is no container.

    Raises `CannotSay` with the reason.
    """
    # Of this very class: one that is made of it may do something else.
    said = MODULES.get(type(module))
    if said is None:
        raise CannotSay(_HINTS.get(type(module), "no layer of a model file says it"))
    return said(module, place)


# --- functions --------------------------------------------------------------------------------------------------------

# What a function of torch is called, what its arguments after the input are, and the module that does the same.
FUNCTIONS: dict[str, tuple[tuple[str, ...], type[nn.Module]]] = {
    "relu": (("inplace",), nn.ReLU),
    "relu_": ((), nn.ReLU),
    "tanh": ((), nn.Tanh),
    "sigmoid": ((), nn.Sigmoid),
    "silu": (("inplace",), nn.SiLU),
    "hardswish": (("inplace",), nn.Hardswish),
    "gelu": (("approximate",), nn.GELU),
    "leaky_relu": (("negative_slope", "inplace"), nn.LeakyReLU),
    "elu": (("alpha", "inplace"), nn.ELU),
    "softplus": (("beta", "threshold"), nn.Softplus),
    "max_pool2d": (("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"), nn.MaxPool2d),
    "avg_pool2d": (
        ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"),
        nn.AvgPool2d,
    ),
    "adaptive_avg_pool2d": (("output_size",), nn.AdaptiveAvgPool2d),
}


def of_function(name: str, arguments: dict[str, Any], place: Place) -> list[Item]:
    """Say a function by the module that does the same."""
    return of_module(FUNCTIONS[name][1](**arguments), place)
