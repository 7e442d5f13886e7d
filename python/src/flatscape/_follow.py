"""`save_step` and `show`: a folder that a training writes, and the window that follows it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ._analyze import PathLike, translated, write_data
from ._data import Examples, Loader, collect
from ._errors import Error
from ._files import write_arrays, write_text
from ._loss import Loss, LossLike, loss_of
from ._program import program, sentence

if TYPE_CHECKING:
    from torch import nn

    from ._model import Model

# What a window that cannot be opened tells within this time is told here.
PATIENCE_SECONDS = 2.0
# One in so many examples is a test example in the window.
TEST_SHARE = 5

_begun: dict[tuple[str, int], Model] = {}


def save_step(
    folder: PathLike,
    step: int,
    model: nn.Module,
    loader: Loader,
    *,
    loss: LossLike = None,
    batches: int | None = None,
) -> Path:
    """Write the weights of a model as the checkpoint of a step, into a folder that the window follows.

    The first call of a process reads the loader, as `analyze` does, and writes `experiment.toml` with the model, and the
    examples beside it; later ones write weights alone. The window holds every fifth example back, at random, as its test
    examples. Files are written beside their names and moved there, so that nobody reads half of one.

    Returns the file of the checkpoint. Raises as `analyze` does, and where the folder has checkpoints of another model.
    """
    if step < 0:
        raise Error(f"`step` is {step}, expected 0 or more")
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    key = (str(path.resolve()), id(model))
    known = _begun.get(key)
    if known is None:
        data = collect(loader, batches)
        known = translated(model, data)
        _begin(path, known, data, loss)
        _begun[key] = known
    file = path / f"step_{step}.npz"
    write_arrays(file, known.weights())
    return file


def _begin(path: Path, model: Model, data: Examples, loss: LossLike) -> None:
    found = loss_of(loss, data, model.output)
    text = _experiment(model, found, len(data.x))
    settings = path / "experiment.toml"
    if settings.exists():
        if settings.read_text(encoding="utf-8") != text:
            raise Error(f"{settings} is of another model, loss or number of examples, expected a folder of its own for each")
        return
    write_data(path / "examples.npz", model, data)
    write_text(settings, text)


def _experiment(model: Model, loss: Loss, count: int) -> str:
    """Write the experiment: the model, its examples, and how a branch from a checkpoint begins to train."""
    if count < 2:
        raise Error("the loader gives one example, expected at least two: one for training, one held back")
    test = max(1, count // TEST_SHARE)
    before, _, names = model.text(loss).partition("\n[names]\n")
    return (
        'name = "followed"\ntitle = "Followed"\nabout = "A training in Python, as flatscape.save_step writes it."\n'
        "budget = 1000\n\n"
        f'[data]\nsource = "file"\npath = "examples.npz"\ntrain_size = {count - test}\ntest_size = {test}\n\n'
        f"[model]\n{before}\n"
        + (f"[model.names]\n{names}\n" if names else "")
        + f"[train]\nlearning_rate = 0.1\nbatch = {min(64, count - test)}\n\n[optimizers.sgd]\n"
    )


def show(folder: PathLike, *, device: str | None = None) -> subprocess.Popen[bytes]:
    """Open the window on a folder that `save_step` writes, or of any checkpoints with an `experiment.toml` or `model.toml`.

    The window is a process of its own and stays when Python ends. Returns it; `wait()` waits until it is closed.

    Raises `Error` with the program's sentence where it cannot be opened.
    """
    path = Path(folder)
    if not path.exists():
        raise Error(f"{path} is not there, expected a folder of checkpoints; flatscape.save_step writes one")
    command: list[str | os.PathLike[str]] = [program(), path, *(["--device", device] if device is not None else [])]
    with tempfile.TemporaryFile() as said:
        window = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
        )
        try:
            code = window.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            return window
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()
    if code != 0:
        raise Error(sentence(lines[-1] if lines else "", code))
    return window
