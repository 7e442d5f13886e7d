"""What a model does to its input, step by step, as `torch.fx` finds it, with shapes and the names of modules."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from ._data import one_line
from ._errors import Error, UnsupportedModule
from ._layers import MODULES, Shape, kind


@dataclass(frozen=True)
class Trace:
    """The steps of a model from its one input to its one output.

    `values` has what each step gave for two examples in evaluation mode, up to the one at which the model failed with
    `failure`; `computed` the steps whose results depend on the numbers of the examples, not on sizes and parameters alone;
    `owners` the module in whose forward each stands: its dotted name and class.
    """

    model: nn.Module
    graph: fx.Graph
    input: fx.Node
    output: fx.Node
    values: dict[fx.Node, Any]
    failure: Error | None
    computed: set[fx.Node]
    owners: dict[fx.Node, tuple[str, str]]

    def shape(self, node: fx.Node) -> Shape:
        """Give the shape of one example after a step."""
        return tuple(self.values[node].shape[1:])

    def module(self, node: fx.Node) -> nn.Module:
        """Give the module that a step calls."""
        found = self.model
        for part in str(node.target).split("."):
            found = getattr(found, part)
        return found


def trace(model: nn.Module, examples: torch.Tensor) -> Trace:
    """Trace a model, and run it on `examples` `[N, …]`.

    Raises `UnsupportedModule` where the model's steps depend on numbers, or it takes or gives other than one tensor.
    """
    for name, module in model.named_modules():
        is_lazy = getattr(module, "has_uninitialized_params", None)
        if is_lazy is not None and is_lazy():
            raise UnsupportedModule(name, kind(module), "its sizes are not known yet; call the model once before")
        if module._forward_hooks or module._forward_pre_hooks:
            raise UnsupportedModule(name, kind(module), "it has hooks, whose work no layer says; remove them before")
    with _evaluating(model):
        tracer = _Tracer()
        graph = tracer.steps(model)
        output = next(node for node in reversed(graph.nodes) if node.op == "output")
        last = output.args[0]
        if not isinstance(last, fx.Node):
            raise UnsupportedModule("", kind(model), f"it gives a {type(last).__name__}, expected one tensor")
        inputs = _without_the_rest(graph, output)
        if len(inputs) != 1:
            raise UnsupportedModule("", kind(model), f"its output depends on {len(inputs)} inputs, expected one")
        values, failure = _Values(fx.GraphModule(model, graph), tracer.owners).of(examples)
    return Trace(model, graph, inputs[0], last, values, failure, _computed(graph, inputs[0]), tracer.owners)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Have all modules in evaluation mode meanwhile."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _without_the_rest(graph: fx.Graph, output: fx.Node) -> list[fx.Node]:
    """Take out what the output does not depend on. Returns the inputs that it depends on."""
    needed: set[fx.Node] = set()
    open_ends = [output]
    while open_ends:
        node = open_ends.pop()
        if node not in needed:
            needed.add(node)
            open_ends.extend(node.all_input_nodes)
    for node in reversed(list(graph.nodes)):
        if node not in needed:
            graph.erase_node(node)
    return [node for node in graph.nodes if node.op == "placeholder"]


def _computed(graph: fx.Graph, start: fx.Node) -> set[fx.Node]:
    """Find the steps whose results depend on the numbers of the examples."""
    found = {start}
    for node in graph.nodes:
        is_size = node.target in ("size", "dim") or (
            getattr(node.target, "__name__", "") == "getattr" and node.args[1] in ("shape", "device", "dtype", "ndim")
        )
        if not is_size and not found.isdisjoint(node.all_input_nodes):
            found.add(node)
    return found


class _Tracer(fx.Tracer):
    """Remembers in which module each step stands."""

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[fx.Node, tuple[str, str]] = {}
        self._stack: list[tuple[str, str]] = []
        self._failed: tuple[str, str] | None = None

    def steps(self, model: nn.Module) -> fx.Graph:
        self._stack = [("", kind(model))]
        # Arguments that may be left out are left out; else a step would depend on them.
        parameters = inspect.signature(model.forward).parameters.values()
        left_out = {one.name: one.default for one in parameters if one.default is not inspect.Parameter.empty}
        try:
            with self._counting_by_sizes():
                return self.trace(model, concrete_args=left_out or None)
        except Exception as err:
            name, of = self._failed or self._stack[0]
            raise UnsupportedModule(name, of, f"its forward cannot be followed ({one_line(err)})") from err

    @contextmanager
    def _counting_by_sizes(self) -> Iterator[None]:
        """Have `torch.arange` take the size of a tensor that is traced, which older releases refuse."""
        original = torch.arange

        def arange(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            if any(isinstance(one, fx.Proxy) for one in (*args, *kwargs.values())):
                return self.create_proxy("call_function", original, args, kwargs)
            return original(*args, **kwargs)

        try:
            torch.arange = arange
            yield
        finally:
            torch.arange = original

    def call_module(self, m: nn.Module, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        self._stack.append((self.path_of_module(m), kind(m)))
        try:
            return super().call_module(m, *args, **kwargs)
        except Exception:
            self._failed = self._failed or self._stack[-1]
            raise
        finally:
            self._stack.pop()

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return type(m) in MODULES or super().is_leaf_module(m, module_qualified_name)

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:  # noqa: ANN401
        node = super().create_node(*args, **kwargs)
        self.owners[node] = self._stack[-1]
        return node


class _Values(fx.Interpreter):
    """Runs the steps and keeps what each gives."""

    def __init__(self, module: fx.GraphModule, owners: dict[fx.Node, tuple[str, str]]) -> None:
        super().__init__(module, garbage_collect_values=False)
        self._owners = owners
        self._at = ("", "")

    def of(self, examples: torch.Tensor) -> tuple[dict[fx.Node, Any], Error | None]:
        """Give what each step gives, up to the one that fails, and how that fails."""
        try:
            with torch.no_grad():
                self.run(examples)
        except Exception as err:
            name, of = self._at
            place = f"`{name}` ({of})" if name else f"the model ({of})"
            # What follows is on the graph.
            reason = one_line(err).partition(" While executing ")[0]
            shape = list(examples.shape[1:])
            return dict(self.env), Error(f"{place} does not take the loader's examples of the shape {shape}: {reason}")
        return dict(self.env), None

    def run_node(self, n: fx.Node) -> Any:  # noqa: ANN401
        self._at = self._owners.get(n, self._at)
        return super().run_node(n)
