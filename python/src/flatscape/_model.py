"""A torch model as a model file: layers and blocks with their names, and which of the model's tensors each one has.

A network is a chain of layers. Where two steps are added there is a residual block: it begins at the last step that both
depend on, without which neither can be reached (their dominator), and each branch is a chain from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx, nn

from ._errors import UnsupportedModule
from ._layers import MODULES, Block, Item, Layer, Shape, drops_otherwise, kind
from ._loss import Loss
from ._steps import Chain, Step, Sum, steps
from ._trace import Trace, trace

# The program takes no more in one list.
MOST_LAYERS = 1000

_WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel)


@dataclass(frozen=True)
class Model:
    """A model in words.

    `names` gives for each tensor of a layer (`0.weight`, …) its name in the model, in the order of a state dict; where a
    tensor serves several layers, they all have the name under which the model has it first.
    """

    source: nn.Module
    input: str
    layers: tuple[Item, ...]
    names: dict[str, str]
    output: Shape

    def text(self, loss: Loss) -> str:
        """Write the model file."""
        lines = [f"input = {self.input}", *loss.lines(), "layers = [", *_list(self.layers, "    "), "]"]
        tied = self._tied()
        if tied:
            lines.append(f"tied = {json.dumps(tied)}")
        if any(ours != theirs for ours, theirs in self.names.items()):
            lines.append("\n[names]")
            lines += [f"{_quoted(ours)} = {_quoted(theirs)}" for ours, theirs in self.names.items()]
        return "\n".join(lines) + "\n"

    def weights(self, module: nn.Module | None = None) -> dict[str, NDArray[np.generic]]:
        """Give the tensors of the layers by their names in the model; of another module of the same kind where one is given."""
        return {name: host(tensor) for name, tensor in self._tensors(module or self.source).items()}

    def ours(self, name: str) -> str | None:
        """Name a tensor of the model as the model file does; `None` where no layer has it."""
        return next((ours for ours, theirs in self.names.items() if theirs == name), None)

    def notes(self) -> list[str]:
        """Tell what of the model is seen otherwise than one may expect."""
        used = {id(tensor) for tensor in self._tensors(self.source).values()}
        unused = [name for name, tensor in self.source.named_parameters() if id(tensor) not in used]
        still = [name for name, tensor in self._tensors(self.source).items() if _is_still(tensor)]
        dropping = [name for name, module in self.source.named_modules() if drops_otherwise(module)]
        notes = []
        if unused:
            notes.append(f"{_some(unused)} left out: what the model gives does not depend on them")
        if dropping:
            notes.append(f"{_some(dropping, 'module')} left out: dropout that no layer has, which acts in training alone")
        if still:
            notes.append(f"{_some(still)} with requires_grad=False, counted as parameters here")
        return notes

    def _tensors(self, module: nn.Module) -> dict[str, torch.Tensor]:
        return {name: tensor_of(module, name) for name in dict.fromkeys(self.names.values())}

    def _tied(self) -> list[list[str]]:
        by_name: dict[str, list[str]] = {}
        for ours, theirs in self.names.items():
            by_name.setdefault(theirs, []).append(ours)
        return [names for names in by_name.values() if len(names) > 1]


def translate(model: nn.Module, x: NDArray[np.generic]) -> Model:
    """Say a model whose examples are `x` `[N, …]` in the layers of a model file.

    Raises `UnsupportedModule` with the first part that they cannot say, by its dotted name and class.
    """
    model = _unwrapped(model)
    # A single layer is a chain of one, and its tensors have no name before their own.
    chain = nn.Sequential(model) if type(model) in MODULES else model
    found = trace(chain, _two(x, model))
    said = steps(found)
    layers = _structure(found, said)
    names = dict(_names(layers, ""))
    if chain is not model:
        names = {ours: theirs.partition(".")[2] for ours, theirs in names.items()}
    shape = found.shape(found.input)
    return Model(model, _input(found, shape), layers, _first_names(model, names), found.shape(found.output))


def _unwrapped(model: nn.Module) -> nn.Module:
    """Take off what PyTorch puts around a model without changing what it computes."""
    while True:
        inside = model.module if isinstance(model, _WRAPPERS) else getattr(model, "_orig_mod", None)
        if not isinstance(inside, nn.Module):
            return model
        model = inside


def _two(x: NDArray[np.generic], model: nn.Module) -> torch.Tensor:
    """Give two examples on the model's device; the first one twice where there is but one."""
    tensors = (*model.parameters(), *model.buffers())
    return torch.from_numpy(np.ascontiguousarray(x[[0, min(1, len(x) - 1)]])).to(tensors[0].device if tensors else "cpu")


def _input(trace: Trace, shape: Shape) -> str:
    first = [node for node in trace.input.users if node.op == "call_module"]
    embeddings = [module for module in map(trace.module, first) if type(module) is nn.Embedding]
    if embeddings:
        return f"{{ tokens = {shape[0]}, vocabulary = {embeddings[0].num_embeddings} }}"
    if len(shape) not in (1, 3):
        expected = "[features], [channels, height, width], or [T] whole numbers"
        raise UnsupportedModule("", kind(trace.model), f"it takes {list(shape)} of each example, expected {expected}")
    return str(list(shape))


# --- chains and blocks ------------------------------------------------------------------------------------------------


def _structure(trace: Trace, said: dict[fx.Node, Step]) -> tuple[Item, ...]:
    depth, above = {trace.input: 0}, {trace.input: trace.input}
    for node, step in said.items():
        parent = step.source if isinstance(step, Chain) else _meeting(step, depth, above)
        above[node], depth[node] = parent, depth[parent] + 1
    count = 0

    def chain(node: fx.Node, end: fx.Node) -> list[Item]:
        nonlocal count
        parts: list[list[Item]] = []
        while node is not end:
            step = said[node]
            if isinstance(step, Chain):
                parts.append(list(step.items))
            else:
                parts.append([block(node, step)])
            node = above[node]
            count += len(parts[-1])
            if count > MOST_LAYERS:
                raise UnsupportedModule("", kind(trace.model), f"it has more than {MOST_LAYERS} layers")
        return [item for part in reversed(parts) for item in part]

    def block(node: fx.Node, step: Sum) -> Block:
        one, other = (tuple(chain(end, above[node])) for end in (step.one, step.other))
        if not one and not other:
            raise UnsupportedModule(*trace.owners[node], "it adds a tensor to itself, which no layer of a model file does")
        return Block(one, other) if one else Block(other)

    return tuple(chain(trace.output, trace.input))


def _meeting(step: Sum, depth: dict[fx.Node, int], above: dict[fx.Node, fx.Node]) -> fx.Node:
    """Find the last step without which neither of two can be reached."""
    one, other = step.one, step.other
    while one is not other:
        if depth[one] >= depth[other]:
            one = above[one]
        else:
            other = above[other]
    return one


def _list(items: tuple[Item, ...], indent: str) -> list[str]:
    return [f"{indent}{_written(item)}," for item in items]


def _written(item: Item) -> str:
    if isinstance(item, Layer):
        return _quoted(item.text)
    parts = [_written(part) for part in item.body]
    if item.shortcut:
        parts += ['"shortcut"', *(_written(part) for part in item.shortcut)]
    return f"[{', '.join(parts)}]"


def _names(items: tuple[Item, ...], before: str) -> Iterator[tuple[str, str]]:
    """Name the tensors of the layers as the model file does, each with its name in the model."""
    for index, item in enumerate(items):
        if isinstance(item, Layer):
            yield from ((f"{before}{index}.{own}", theirs) for own, theirs in item.tensors)
        else:
            # The word that parts the two branches is a module too.
            marker = (Layer("shortcut"),) if item.shortcut else ()
            yield from _names((*item.body, *marker, *item.shortcut), f"{before}{index}.")


# --- tensors ----------------------------------------------------------------------------------------------------------


def tensor_of(model: nn.Module, name: str) -> torch.Tensor:
    """Find a tensor by its dotted name."""
    owner, _, own = name.rpartition(".")
    found = getattr(_part(model, owner), own)
    assert isinstance(found, torch.Tensor), "layers name tensors"
    return found


def _part(model: nn.Module, name: str) -> nn.Module:
    for part in name.split(".") if name else ():
        model = getattr(model, part)
    return model


def host(tensor: torch.Tensor) -> NDArray[np.generic]:
    """Give a tensor's numbers; those of 16 bits as 32, which hold them exactly."""
    tensor = tensor.detach().cpu()
    array: NDArray[np.generic] = (tensor.float() if tensor.element_size() < 4 else tensor).numpy()
    return array


def _first_names(model: nn.Module, names: dict[str, str]) -> dict[str, str]:
    """Give each tensor the name under which it is found first."""
    first: dict[int, str] = {}
    result = {}
    for ours, theirs in names.items():
        own = id(tensor_of(model, theirs))
        result[ours] = first.setdefault(own, theirs)
        if ours.endswith(".running_mean") and result[ours] in list(result.values())[:-1]:
            name = theirs.rpartition(".")[0]
            raise UnsupportedModule(
                name, kind(_part(model, name)), "it stands at two places, each with its own statistics in a model file"
            )
    return result


def _is_still(tensor: torch.Tensor) -> bool:
    return isinstance(tensor, nn.Parameter) and not tensor.requires_grad


def _some(names: list[str], what: str = "tensor") -> str:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"{len(names)} {what}{'' if len(names) == 1 else 's'} ({shown}{', …' if len(names) > 3 else ''})"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
