"""`analyze`: measures a torch model by the program."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import numpy as np
from numpy.typing import ArrayLike

from ._data import Examples, Loader, collect, numbers
from ._errors import Error
from ._files import write_arrays, write_text
from ._loss import LossLike, loss_of
from ._program import run
from ._result import Analysis, read

if TYPE_CHECKING:
    from torch import nn

    from ._model import Model

PathLike = Union[str, "os.PathLike[str]"]
# Weights: a module of the same kind, its state dict, or a file.
Weights = Union["nn.Module", Mapping[str, ArrayLike], PathLike]
# A tensor for each parameter, by the names of the model, or a file.
Direction = Union[Mapping[str, ArrayLike], PathLike]


def analyze(
    model: nn.Module,
    loader: Loader,
    *,
    loss: LossLike = None,
    batches: int | None = None,
    out: PathLike | None = None,
    force: bool = False,
    examples: int | None = None,
    weight_decay: float | None = None,
    statistics: str | None = None,
    trace_probes: int | None = None,
    eigenvalues: int | None = None,
    dense: bool = False,
    density: bool = False,
    sigma: float | None = None,
    pairs: int | None = None,
    distribution: str | None = None,
    sweep: bool = False,
    hvp: Direction | None = None,
    rho: float | None = None,
    initial: Weights | None = None,
    second_subset: bool = False,
    slice: int | None = None,
    lines: int | None = None,
    range: float | None = None,
    normalize: str | None = None,
    orthogonal: bool = False,
    directions: tuple[Direction, Direction] | PathLike | None = None,
    path: Sequence[Weights] | PathLike | None = None,
    curvature: str | None = None,
    to: Weights | None = None,
    third: Weights | None = None,
    line_points: int | None = None,
    max_memory: str | None = None,
    precision: str | None = None,
    seed: int | None = None,
    device: str | None = None,
    progress: bool = True,
) -> Analysis:
    """Measure a model on the examples of a loader, in evaluation mode.

    `loader` gives batches of examples `[n, …]` and labels, or is a data set of torch, or the pair of arrays itself. All of its
    batches are taken, or the first `batches`. `loss` is "cross-entropy", "mse", "token-cross-entropy", an nn.CrossEntropyLoss
    or an nn.MSELoss; without it whole numbers are classes and floats values. All other options are those of `flatscape analyze`
    (`flatscape analyze --help`), with the same names; where it takes a file of weights a module or a state dict will do.

    With `out` the files of the command stay in that folder. `progress` says on `sys.stderr` how far it is.

    Ctrl-C has the program write what it measured so far, which stays with `out`, and is raised on.

    Raises `UnsupportedModule` with the first part of the model that no layer says, and `Error` in one sentence for all else
    that is wrong. Neither the model nor its mode is changed.
    """
    options = {
        name: value
        for name, value in locals().items()
        if name not in ("model", "loader", "loss", "batches", "out", "progress", *_WEIGHTS)
    }
    given = {"initial": initial, "to": to, "third": third, "path": path, "hvp": hvp, "directions": directions}
    data = collect(loader, batches)
    said = translated(model, data)
    if progress:
        for note in said.notes():
            print(f"flatscape: {note}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="flatscape-") as name:
        folder = Path(name)
        write(folder, said, data, loss)
        files = (folder / "model.toml", "--weights", folder / "weights.npz", "--data", folder / "data.npz")
        command: list[PathLike] = ["analyze", *files]
        results = Path(out) if out is not None else folder / "report"
        for option, value in given.items():
            if value is not None:
                command += [f"--{option}", *_files(said, option, value, folder)]
        run([*command, "--out", results, *_flags(options)], progress)
        return read(results, said.names, tuple(said.notes()))


# Options that are tensors.
_WEIGHTS = ("initial", "to", "third", "path", "hvp", "directions")


def save(
    folder: PathLike,
    model: nn.Module,
    loader: Loader,
    *,
    loss: LossLike = None,
    batches: int | None = None,
    force: bool = False,
) -> None:
    """Write what `flatscape analyze` takes: `model.toml`, `weights.npz` and `data.npz`, into a folder, which is made.

    Nothing that is there is written over without `force`.
    """
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    there = [name for name in ("model.toml", "weights.npz", "data.npz") if (path / name).exists()]
    if there and not force:
        raise Error(f"`{there[0]}` is in {path}, expected a folder without it, or force=True")
    data = collect(loader, batches)
    write(path, translated(model, data), data, loss)


def write(folder: Path, model: Model, data: Examples, loss: LossLike) -> None:
    """Write model, weights and data."""
    found = loss_of(loss, data, model.output)
    write_text(folder / "model.toml", model.text(found))
    write_arrays(folder / "weights.npz", model.weights())
    write_data(folder / "data.npz", model, data)


def write_data(path: Path, model: Model, data: Examples) -> None:
    """Write examples; labels that are values get the shape that the model gives."""
    y = data.y.reshape(len(data.y), *model.output) if data.y.dtype.kind == "f" else data.y
    write_arrays(path, {"x": data.x, "y": y})


def translated(model: nn.Module, data: Examples) -> Model:
    """Say a model in the layers of a model file."""
    try:
        from ._model import translate
    except ImportError as err:
        raise Error("torch is not installed, expected it where models are measured (`pip install torch`)") from err
    return translate(model, data.x)


def _flags(options: Mapping[str, Any]) -> list[str]:
    """Give options as the command takes them."""
    flags = []
    for name, value in options.items():
        if value is None or value is False:
            continue
        flags.append("--" + name.replace("_", "-"))
        if value is not True:
            flags.append(str(value))
    return flags


# --- options that are weights or directions ---------------------------------------------------------------------------


def _files(model: Model, option: str, value: Any, folder: Path) -> list[Path]:  # noqa: ANN401
    """Give the files of an option; what is no file yet is written."""
    if isinstance(value, (str, os.PathLike)):
        return [Path(value)]
    if option == "path":
        if not isinstance(value, Iterable):
            raise Error("`path` is no list, expected checkpoints, oldest first, or a folder")
        # Numbered, so that the order of the names is that of the list.
        return [_file(model, f"step_{place}", one, folder) for place, one in enumerate(value)]
    if option == "directions":
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise Error("`directions` are no pair, expected two directions, or a file")
        pair = {
            f"{axis}.{key}": tensor for axis, one in zip("xy", value) for key, tensor in _tensors(model, option, one).items()
        }
        return [_written(folder / "directions.npz", pair)]
    return [_file(model, option, value, folder)]


def _file(model: Model, option: str, value: Any, folder: Path) -> Path:  # noqa: ANN401
    if isinstance(value, (str, os.PathLike)):
        return Path(value)
    return _written(folder / f"{option}.npz", _tensors(model, option, value))


def _written(path: Path, arrays: Mapping[str, np.ndarray[Any, Any]]) -> Path:
    write_arrays(path, arrays)
    return path


def _tensors(model: Model, option: str, value: Any) -> dict[str, np.ndarray[Any, Any]]:  # noqa: ANN401
    if hasattr(value, "state_dict"):
        value = value.state_dict()
    if not isinstance(value, Mapping):
        kind = type(value).__name__
        raise Error(f"`{option}` is a {kind}, expected tensors by the names of the model, a module of its kind or a file")
    wanted = set(model.names.values())
    # What the model has beside its layers is left out, as it is of its own weights.
    taken = {key: one for key, one in value.items() if key in wanted} if wanted <= value.keys() else value
    return {key: numbers(one, f"`{key}` of `{option}`") for key, one in taken.items()}
