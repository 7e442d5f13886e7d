"""Files that are whole or not there: written beside their names and moved there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8; a file of that name is replaced."""
    _beside(path, lambda file: file.write(text.encode()))


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays by their names as NPZ; a file of that name is replaced."""
    _beside(path, lambda file: np.savez(file, **dict(arrays)))  # type: ignore[arg-type]


def _beside(path: Path, write: Callable[[BinaryIO], object]) -> None:
    # Names that begin with a point are passed over by whoever looks into the folder meanwhile.
    handle, name = tempfile.mkstemp(prefix=".flatscape-", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        # As any other file of the user's: a temporary one is for its owner alone.
        beside.chmod(0o666 & ~_mask())
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
