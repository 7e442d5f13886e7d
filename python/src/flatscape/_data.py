"""What a loader gives, as two arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._errors import Error

if TYPE_CHECKING:
    import torch

# A loader, a data set of torch, any iterable of batches, or the two arrays themselves.
Loader = Union[Iterable[Any], "torch.utils.data.Dataset[Any]", tuple[ArrayLike, ArrayLike]]

# Examples at a time that are taken from a data set of torch.
CHUNK = 1024


@dataclass(frozen=True)
class Examples:
    """Examples with their labels.

    `x` is `[N, …]`: floats, or whole numbers where they are tokens. `y` is `[N]` classes, `[N, outputs]` values, or `[N, T]`
    classes, one for each token.
    """

    x: NDArray[np.generic]
    y: NDArray[np.generic]

    def __post_init__(self) -> None:
        if len(self.x) == 0:
            raise Error("the loader has no example, expected at least one")


def collect(loader: Loader, batches: int | None = None) -> Examples:
    """Put the batches of a loader together, the first `batches` of them where that is given.

    Raises `Error` in one sentence on the first batch that is no pair of examples and labels, that does not go with the first
    one, or that has numbers which are NaN or infinite.
    """
    if batches is not None and batches < 1:
        raise Error(f"`batches` is {batches}, expected at least 1")
    taken: list[Examples] = []
    for number, batch in enumerate(islice(_batches(loader), batches), 1):
        x, y = _pair(batch, number)
        if len(x) == 0:
            continue
        if taken:
            _goes_with(taken[0], x, y, number)
        taken.append(Examples(x, y))
    if not taken:
        raise Error("the loader gives no example, expected at least one batch of examples and labels")
    if len(taken) == 1:
        return taken[0]
    return Examples(np.concatenate([part.x for part in taken]), np.concatenate([part.y for part in taken]))


def _batches(loader: Loader) -> Iterator[Any]:
    if isinstance(loader, tuple) and len(loader) == 2 and all(_is_array(part) for part in loader):
        return iter([loader])
    if hasattr(loader, "__getitem__") and hasattr(loader, "__len__") and not isinstance(loader, (list, tuple, str, bytes)):
        return _of_dataset(loader)
    try:
        return iter(loader)
    except TypeError:
        kind = type(loader).__name__
        raise Error(f"the loader is a {kind}, expected batches of examples and labels, or both as arrays") from None


def _of_dataset(dataset: Any) -> Iterator[Any]:  # noqa: ANN401
    """Give the single examples of a data set in chunks."""
    from torch.utils.data import DataLoader, Dataset

    if not isinstance(dataset, Dataset):
        yield from dataset
        return
    yield from DataLoader(dataset, batch_size=CHUNK)


def _is_array(value: object) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _pair(batch: object, number: int) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    place = f"batch {number} of the loader"
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        what = f"{type(batch).__name__} of {len(batch)}" if isinstance(batch, (tuple, list)) else type(batch).__name__
        raise Error(f"{place} is a {what}, expected a pair of examples and labels")
    x, y = (numbers(part, f"{what} of {place}") for part, what in zip(batch, ("the examples", "the labels")))
    if x.ndim < 2:
        raise Error(f"the examples of {place} have the shape {list(x.shape)}, expected [N, …]")
    if y.ndim < 1 or len(x) != len(y):
        labels = f"{len(y)} labels" if y.ndim else "one label"
        raise Error(f"{place} has {len(x)} examples and {labels}, expected as many of both")
    return x, y


def _goes_with(first: Examples, x: NDArray[np.generic], y: NDArray[np.generic], number: int) -> None:
    for what, found, expected in (("examples", x, first.x), ("labels", y, first.y)):
        if found.shape[1:] != expected.shape[1:]:
            raise Error(
                f"batch {number} of the loader has {what} of the shape {list(found.shape[1:])}, expected "
                f"{list(expected.shape[1:])}, as before"
            )
        if (found.dtype.kind == "f") != (expected.dtype.kind == "f"):
            raise Error(f"batch {number} of the loader has {what} of {found.dtype}, expected {expected.dtype}, as before")


def numbers(value: Any, what: str) -> NDArray[np.generic]:  # noqa: ANN401
    """Make an array of a tensor or whatever NumPy takes: floats of at least 32 bits, or whole numbers.

    Raises `Error` where there are no numbers, or some that are NaN or infinite.
    """
    try:
        array = np.asarray(_on_the_host(value))
    except (TypeError, ValueError, RuntimeError) as err:
        raise Error(f"{what} cannot be made an array: {one_line(err)}") from err
    if array.dtype.kind not in "fiub":
        raise Error(f"{what} are of the type {array.dtype}, expected floats or whole numbers")
    if array.dtype.kind == "f":
        if array.dtype.itemsize < 4:
            array = array.astype(np.float32)
        bad = int(array.size - np.count_nonzero(np.isfinite(array)))
        if bad:
            raise Error(f"{what} have {bad} of {array.size} numbers that are NaN or infinite, expected finite ones")
    return array


def _on_the_host(value: Any) -> Any:  # noqa: ANN401
    """Take a tensor off its graph and device; NumPy has no brain floats, which 32 bits hold exactly."""
    if not hasattr(value, "detach"):
        return value
    tensor = value.detach().cpu()
    return tensor.float().numpy() if str(tensor.dtype) == "torch.bfloat16" else tensor.numpy()


def one_line(err: BaseException) -> str:
    """Tell an error of another library in one line."""
    return " ".join(str(err).split()) or type(err).__name__
