"""Each step of a trace as what the layers of a model file can say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Union

import torch
from torch import fx, nn

from ._errors import UnsupportedModule
from ._layers import (
    FUNCTIONS,
    MODULES,
    CannotSay,
    Item,
    Layer,
    Place,
    attention,
    encoder_layer,
    flat,
    kind,
    of_function,
    of_module,
    refuse,
)
from ._trace import Trace


@dataclass(frozen=True)
class Chain:
    """A step with one input: layers, or none where it changes nothing."""

    source: fx.Node
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Sum:
    """The sum of two steps."""

    one: fx.Node
    other: fx.Node


Step = Union[Chain, Sum]

# What torch calls the input of a call.
_INPUTS = ("input", "self", "query", "src")
# Modules that are several layers, or take more than their input.
_COMPOSED = (nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerEncoder)


def steps(trace: Trace) -> dict[fx.Node, Step]:
    """Say every step, in the order in which the model does them.

    Raises `UnsupportedModule` with the first one that cannot be said.
    """
    said: dict[fx.Node, Step] = {}
    for node in trace.graph.nodes:
        if node.op in ("placeholder", "output") or node not in trace.computed:
            continue
        try:
            if node not in trace.values:
                _refuse_unknown(trace, node)
                assert trace.failure is not None, "without a failure all steps have values"
                raise trace.failure
            said[node] = _Reader(trace, node).step()
        except CannotSay as err:
            raise UnsupportedModule(*_where(trace, node), str(err)) from None
    return said


def _refuse_unknown(trace: Trace, node: fx.Node) -> None:
    """Refuse the step at which a model failed, where it could not be said either."""
    if node.op == "call_module" and type(trace.module(node)) not in (*MODULES, *_COMPOSED):
        of_module(trace.module(node), Place(str(node.target), ()))


def _where(trace: Trace, node: fx.Node) -> tuple[str, str]:
    """Name the module that a step calls, or in whose forward it stands."""
    if node.op == "call_module":
        return str(node.target), kind(trace.module(node))
    return trace.owners[node]


class _Reader:
    """Reads one step."""

    def __init__(self, trace: Trace, node: fx.Node) -> None:
        self.trace = trace
        self.node = node

    def step(self) -> Step:
        if self.node.op == "call_module":
            return self._module()
        name = self.node.target if isinstance(self.node.target, str) else getattr(self.node.target, "__name__", "?")
        if name in FUNCTIONS:
            source, arguments = self._bound(*FUNCTIONS[name][0])
            return Chain(source, tuple(of_function(name, arguments, self._place(source))))
        reader = getattr(self, f"call_{name.strip('_')}", None)
        refuse(reader is None, f"its forward calls `{name}`, which no layer of a model file says")
        return reader()  # type: ignore[no-any-return, misc]

    # --- parts -------------------------------------------------------------------------------------------------------

    def _place(self, source: fx.Node, name: str = "") -> Place:
        return Place(name, self.trace.shape(source))

    def _bound(self, *names: str, repeated: tuple[str, ...] = ()) -> tuple[fx.Node, dict[str, Any]]:
        """Give the input of a call and its other arguments by name; those of `repeated` have to be the input again."""
        named = {("input" if key in _INPUTS else key): value for key, value in self.node.kwargs.items()}
        named.update(zip(("input", *names), self.node.args))
        source = named.pop("input", None)
        if not isinstance(source, fx.Node) or source not in self.trace.computed or not named.keys() <= set(names):
            raise CannotSay(f"its forward calls `{self._called()}` in a form that no layer of a model file says")
        for name in repeated:
            refuse(named.pop(name, None) is not source, f"its {name} is another than its query, expected self-attention")
        computed = [key for key, value in named.items() if isinstance(value, fx.Node) and value in self.trace.computed]
        refuse(
            bool(computed),
            f"`{'`, `'.join(computed)}` of `{self._called()}` is computed from the examples, expected a constant",
        )
        return source, {key: self._value(value) for key, value in named.items()}

    def _called(self) -> str:
        return str(getattr(self.node.target, "__name__", self.node.target))

    def _value(self, argument: Any) -> Any:  # noqa: ANN401
        return fx.node.map_arg(argument, lambda node: self.trace.values[node])

    # --- modules -----------------------------------------------------------------------------------------------------

    def _module(self) -> Step:
        module, name = self.trace.module(self.node), str(self.node.target)
        if type(module) is nn.MultiheadAttention:
            return self._attention(module, name)
        if type(module) is nn.TransformerEncoderLayer:
            source, options = self._bound("src_mask", "src_key_padding_mask", "is_causal")
            return Chain(source, tuple(encoder_layer(module, self._place(source, name), self._causal(options, "src_mask"))))
        if type(module) is nn.TransformerEncoder:
            return self._encoder(module, name)
        source, options = self._bound()
        refuse(bool(options), "it is called with more than its input")
        return Chain(source, tuple(of_module(module, self._place(source, name))))

    def _attention(self, module: nn.MultiheadAttention, name: str) -> Step:
        names = ("key", "value", "key_padding_mask", "need_weights", "attn_mask", "average_attn_weights", "is_causal")
        source, options = self._bound(*names, repeated=names[:2])
        return Chain(source, tuple(attention(module, self._place(source, name), self._causal(options, "attn_mask"))))

    def _causal(self, options: dict[str, Any], mask_name: str) -> bool:
        """Whether the mask lets each token see itself and those before; no mask lets all see all."""
        refuse(options.get("key_padding_mask") is not None, "it is called with key_padding_mask, expected none")
        refuse(options.get("src_key_padding_mask") is not None, "it is called with src_key_padding_mask, expected none")
        mask = options.get(mask_name)
        if mask is None:
            return False
        length = mask.shape[-1]
        hidden = mask if mask.dtype == torch.bool else torch.isneginf(mask)
        later = torch.ones(length, length, dtype=torch.bool, device=mask.device).triu(1)
        is_plain = mask.dtype == torch.bool or bool((mask.masked_fill(hidden, 0) == 0).all())
        refuse(
            mask.shape != later.shape or not (is_plain and torch.equal(hidden, later)),
            "its mask is another than the causal one",
        )
        return True

    def _encoder(self, module: nn.TransformerEncoder, name: str) -> Step:
        source, options = self._bound("mask", "src_key_padding_mask", "is_causal")
        causal, place = self._causal(options, "mask"), self._place(source, name)
        items: list[Item] = []
        for index, layer in enumerate(module.layers):
            refuse(type(layer) is not nn.TransformerEncoderLayer, f"its layers are {kind(layer)}")
            items += encoder_layer(layer, Place(f"{name}.layers.{index}", place.shape), causal)
        if module.norm is not None:
            items += of_module(module.norm, Place(f"{name}.norm", place.shape))
        return Chain(source, tuple(items))

    # --- functions and methods ---------------------------------------------------------------------------------------

    def call_add(self) -> Step:
        one, other = (*self.node.args, self.node.kwargs.get("other"))[:2]
        refuse(bool(self.node.kwargs.get("alpha", 1) != 1), "its forward adds with a factor, expected a sum")
        if not isinstance(one, fx.Node) or not isinstance(other, fx.Node):
            raise CannotSay("its forward adds a number, which no layer of a model file does")
        if one in self.trace.computed and other in self.trace.computed:
            refuse(self.trace.shape(one) != self.trace.shape(other), "its forward adds tensors of two shapes")
            return Sum(one, other)
        source, table = (one, other) if one in self.trace.computed else (other, one)
        return Chain(source, (self._position(source, table),))

    call_iadd = call_add

    def _position(self, source: fx.Node, table: fx.Node) -> Layer:
        """Say a trained table that is added at each place."""
        shape = self.trace.shape(source)
        value = self.trace.values[table]
        own = tuple(getattr(value, "shape", ()))
        refuse(len(shape) != 2 or own not in (shape, (1, *shape)), f"its forward adds a constant of the shape {list(own)}")
        if table.op == "get_attr" and isinstance(value, nn.Parameter):
            return Layer("position", (("weight", str(table.target)),))
        module = self.trace.module(table) if table.op == "call_module" else None
        if not isinstance(module, nn.Embedding) or not self._counts(table, shape[0]):
            raise CannotSay("its forward adds a constant, expected a parameter, or an nn.Embedding of the places 0, 1, …")
        # Checked as any other embedding; its word is another.
        of_module(module, Place(str(table.target), (shape[0],)))
        rows = "" if module.num_embeddings == shape[0] else f" {module.num_embeddings}"
        return Layer(f"position{rows}", (("weight", f"{table.target}.weight"),))

    def _counts(self, table: fx.Node, places: int) -> bool:
        """Whether a table is read at the places 0, 1, …."""
        read_at = self.trace.values.get(table.args[0]) if isinstance(table.args[0], fx.Node) else None
        return isinstance(read_at, torch.Tensor) and torch.equal(read_at.flatten().cpu(), torch.arange(places))

    def call_flatten(self) -> Step:
        source, arguments = self._bound("start_dim", "end_dim")
        module = nn.Flatten(arguments.get("start_dim", 0), arguments.get("end_dim", -1))
        return Chain(source, tuple(of_module(module, self._place(source))))

    def call_reshape(self) -> Step:
        source = self.node.args[0]
        assert isinstance(source, fx.Node), "a method has its tensor first"
        before, after = self.trace.values[source].shape, self.trace.values[self.node].shape
        if before == after:
            return Chain(source, ())
        refuse(len(after) != 2 or after[0] != before[0], f"its forward changes shapes to {list(after[1:])}, expected features")
        return Chain(source, tuple(flat(self._place(source))))

    call_view = call_reshape

    def call_contiguous(self) -> Step:
        return Chain(self._bound()[0], ())

    # Whole numbers become floats, which hold them; floats of 64 bits would lose some.
    def call_float(self) -> Step:
        source = self._bound()[0]
        refuse(self.trace.values[source].dtype == torch.float64, "its forward rounds to 32 bits")
        return Chain(source, ())

    def call_dropout(self) -> Step:
        # While it is traced a module is in evaluation mode; one that drops now does so always.
        source, arguments = self._bound("p", "training", "inplace")
        refuse(
            bool(arguments.get("training", True)), "its dropout acts in evaluation mode too, expected training=self.training"
        )
        return Chain(source, tuple(of_module(nn.Dropout(arguments.get("p", 0.5)), self._place(source))))

    def call_dropout2d(self) -> Step:
        source, arguments = self._bound("p", "training", "inplace")
        refuse(bool(arguments.get("training", True)), "its dropout acts in evaluation mode too")
        return Chain(source, ())

    def call_normalize(self) -> Step:
        source, arguments = self._bound("p", "dim", "eps", "out")
        place = self._place(source)
        place.expect(place.is_features or place.is_tokens, "features or tokens")
        last = len(place.shape)
        is_last = arguments.get("dim", 1) in (-1, last)
        refuse(arguments.get("p", 2.0) != 2 or not is_last, "it normalizes otherwise than by the length of each vector")
        return Chain(source, (Layer("l2norm"),))

    def call_mean(self) -> Step:
        source, arguments = self._bound("dim", "keepdim")
        place = self._place(source)
        axes = arguments.get("dim", ())
        found = sorted(axis % (len(place.shape) + 1) for axis in ([axes] if isinstance(axes, int) else axes))
        if place.is_maps and found == [2, 3]:
            end = () if arguments.get("keepdim", False) else (Layer("flatten"),)
            return Chain(source, (Layer("globalavgpool"), *end))
        is_tokens = place.is_tokens and found == [1] and not arguments.get("keepdim", False)
        refuse(not is_tokens, f"its forward takes the mean over the axes {found}, expected pixels or tokens")
        return Chain(source, (Layer("mean-token"),))

    def call_getitem(self) -> Step:
        source, wanted = self.node.args
        assert isinstance(source, fx.Node), "what is indexed comes of a step"
        if source.op == "call_module" and type(self.trace.module(source)) is nn.MultiheadAttention:
            refuse(bool(wanted != 0), "its forward reads the weights of attention")
            return Chain(source, ())
        whole = slice(None)
        tokens = (((whole, 0), "first-token"), ((whole, -1), "last-token"))
        parts = wanted if isinstance(wanted, tuple) else (wanted,)
        key = parts[:-1] if len(parts) == 3 and parts[2] == whole else parts
        word = next((word for part, word in tokens if part == key), None)
        if word is None or len(self.trace.shape(source)) != 2:
            raise CannotSay(f"its forward takes the part {wanted} of a tensor, expected the first or the last token")
        return Chain(source, (Layer(word),))
