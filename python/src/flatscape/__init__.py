"""Loss landscapes of torch models: trace, eigenvalues, noise, sharpness and slices as arrays, and a window to explore them.

    import flatscape

    found = flatscape.analyze(model, loader, trace_probes=64, eigenvalues=3, slice=25)
    found.trace.mean, found.trace.stderr, found.eigenvalues.largest, found.slice.loss

`save_step` writes the checkpoints of a training into a folder, and `show` opens the window on it. The program itself comes with
the package: `flatscape` on the command line.
"""

from __future__ import annotations

from ._analyze import analyze, save
from ._errors import Error, UnsupportedModule
from ._follow import save_step, show
from ._program import program
from ._result import Analysis, Dense, Eigenvalues, Estimate, Slice

__all__ = [
    "Analysis",
    "Dense",
    "Eigenvalues",
    "Error",
    "Estimate",
    "Slice",
    "UnsupportedModule",
    "analyze",
    "program",
    "save",
    "save_step",
    "show",
]
