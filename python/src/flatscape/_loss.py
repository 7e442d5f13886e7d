"""The loss of a model file, from what the user says and what the labels are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union

import numpy as np
from numpy.typing import NDArray

from ._data import Examples
from ._errors import Error

if TYPE_CHECKING:
    from torch import nn

NAMES = ("cross-entropy", "mse", "token-cross-entropy")

# A name of a model file, a loss of torch, or nothing for what the labels are.
LossLike = Union[str, "nn.Module", None]


@dataclass(frozen=True)
class Loss:
    """A loss by its name in a model file, with label smoothing from 0 to below 1."""

    name: str
    label_smoothing: float = 0.0

    def lines(self) -> list[str]:
        """Give its lines of a model file."""
        smoothing = [f"label_smoothing = {self.label_smoothing!r}"] if self.label_smoothing > 0 else []
        return [f'loss = "{self.name}"', *smoothing]


def loss_of(said: LossLike, examples: Examples, output: tuple[int, ...]) -> Loss:
    """Find the loss for labels, and for a model that gives `output` of each example.

    Raises `Error` where a loss cannot be said, or labels are no labels for it.
    """
    is_of_tokens = len(output) == 2
    if said is None:
        has_classes = examples.y.dtype.kind in "iub"
        loss = Loss("mse" if not has_classes else "token-cross-entropy" if is_of_tokens else "cross-entropy")
    elif isinstance(said, str):
        if said not in NAMES:
            raise Error(f"`loss` is `{said}`, expected one of {', '.join(NAMES)}, nn.CrossEntropyLoss or nn.MSELoss")
        loss = Loss(said)
    else:
        loss = _of_module(said, is_of_tokens)
    _check(loss, examples.y, output)
    return loss


def _of_module(loss: Any, is_of_tokens: bool) -> Loss:  # noqa: ANN401
    kind = type(loss).__name__
    reduction = getattr(loss, "reduction", "mean")
    if kind not in ("CrossEntropyLoss", "MSELoss"):
        raise Error(f"`loss` is {kind}, expected nn.CrossEntropyLoss, nn.MSELoss or one of {', '.join(NAMES)}")
    if reduction != "mean":
        raise Error(f"`loss` has the reduction {reduction}, expected mean")
    if kind == "MSELoss":
        return Loss("mse")
    if loss.weight is not None:
        raise Error("`loss` has weights of classes, expected none")
    if is_of_tokens and (loss.ignore_index != -100 or loss.label_smoothing > 0):
        raise Error("`loss` over tokens has an ignore_index or label smoothing of its own, expected -100 and 0")
    return Loss("token-cross-entropy" if is_of_tokens else "cross-entropy", float(loss.label_smoothing))


def _check(loss: Loss, y: NDArray[np.generic], output: tuple[int, ...]) -> None:
    if loss.name == "mse":
        if y.dtype.kind != "f":
            raise Error(f"the labels are of the type {y.dtype}, expected floats for the squared error")
        wanted = (y.shape[1:], (1, *y.shape[1:])) if y.ndim == 1 else (y.shape[1:],)
        if output not in wanted:
            raise Error(f"the labels are {list(y.shape[1:])} of each example, expected {list(output)}, as the model gives")
        return
    expected = 2 if loss.name == "token-cross-entropy" else 1
    if y.dtype.kind not in "iub" or y.ndim != expected:
        shape = "[N, T]" if expected == 2 else "[N]"
        raise Error(f"the labels are {y.dtype} of the shape {list(y.shape)}, expected whole numbers {shape} for {loss.name}")
