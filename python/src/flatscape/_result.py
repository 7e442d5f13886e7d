"""What an analysis found: `report.json` with its lists as arrays."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _floats(values: Any) -> Floats:  # noqa: ANN401
    """Make an array of numbers; `None`, which the report has for what is not finite, becomes NaN."""
    return np.array(values, dtype=np.float64)


@dataclass(frozen=True)
class Estimate:
    """A mean over random probes with its standard error, which is NaN for one probe."""

    mean: float
    stderr: float
    probes: int


@dataclass(frozen=True)
class Eigenvalues:
    """Both ends of the Hessian's spectrum.

    `largest` `[K]` descending, `smallest` `[K]` ascending, `residuals` `[2K]` ‖Hv − λv‖ of each, in that order.
    """

    largest: Floats
    smallest: Floats
    residuals: Floats
    products: int
    converged: bool


@dataclass(frozen=True)
class Dense:
    """The whole Hessian's trace, its eigenvalues `[D]` ascending, and the root of the sum of its squares."""

    trace: float
    eigenvalues: Floats
    frobenius: float


@dataclass(frozen=True)
class Slice:
    """Losses on a plane through the weights.

    `x` `[n]` and `y` `[m]` are coordinates in units of the two directions, whose lengths are `norms` `[2]`; `loss` `[m, n]` and
    `accuracy` `[m, n]` (0 to 1, for classification) have a row for each y. Points that are not finite are NaN, `masked` of
    them.
    """

    x: Floats
    y: Floats
    loss: Floats
    accuracy: Floats | None
    masked: int
    norms: Floats
    normalization: str
    directions: str
    angle_degrees: float


@dataclass(frozen=True)
class Analysis:
    """What was measured of a model; a part that was not asked for is `None`.

    `loss` is the mean over the examples, `accuracy` from 0 to 1 for classification, `gradient_norm` ‖∇L‖, `trace` that of the
    Hessian over all `parameters`, `layer_traces` those of the tensors' diagonal blocks by the names of the model.

    `report` has all of `report.json`, with the parts that have no field here: `noise`, `sharpness`, `hvp`, `path`, `line`,
    `plane`, `bound`, `density`, `lines`, `sweep`, `second_subset`. `notes` tells what was seen otherwise than one may expect.
    """

    parameters: int
    loss: float
    accuracy: float | None
    gradient_norm: float
    trace: Estimate | None
    layer_traces: dict[str, Estimate] | None
    eigenvalues: Eigenvalues | None
    dense: Dense | None
    slice: Slice | None
    notes: tuple[str, ...]
    report: dict[str, Any] = field(repr=False)


def read(folder: Path, names: Mapping[str, str], notes: tuple[str, ...]) -> Analysis:
    """Read the files of an analysis; `names` has for tensors of the model file their names in the model."""
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    trace = report.get("trace")
    probes = trace["probes"] if trace else 0
    blocks = report.get("layer_traces")
    if blocks is not None:
        report["layer_traces"] = blocks = {names.get(ours, ours): block for ours, block in blocks.items()}
    return Analysis(
        parameters=report["parameters"],
        loss=_float(report["loss"]),
        accuracy=report.get("accuracy"),
        gradient_norm=_float(report["gradient_norm"]),
        trace=_part(trace, _estimate),
        layer_traces=_part(blocks, lambda all_: {name: _estimate({"probes": probes, **one}) for name, one in all_.items()}),
        eigenvalues=_part(report.get("eigenvalues"), _eigenvalues),
        dense=_part(report.get("dense"), _dense),
        slice=_part(report.get("slice"), _slice),
        notes=notes,
        report=report,
    )


def _float(value: float | None) -> float:
    return float("nan") if value is None else value


def _part(found: dict[str, Any] | None, read: Callable[[dict[str, Any]], Any]) -> Any:  # noqa: ANN401
    return None if found is None else read(found)


def _estimate(found: dict[str, Any]) -> Estimate:
    return Estimate(_float(found["mean"]), _float(found["stderr"]), found["probes"])


def _eigenvalues(found: dict[str, Any]) -> Eigenvalues:
    largest, smallest, residuals = (_floats(found[key]) for key in ("largest", "smallest", "residuals"))
    return Eigenvalues(largest, smallest, residuals, products=found["products"], converged=found["converged"])


def _dense(found: dict[str, Any]) -> Dense:
    return Dense(_float(found["trace"]), _floats(found["eigenvalues"]), _float(found["frobenius"]))


def _slice(found: dict[str, Any]) -> Slice:
    return Slice(
        x=_floats(found["x"]),
        y=_floats(found["y"]),
        loss=_floats(found["loss"]),
        accuracy=_floats(found["accuracy"]) if "accuracy" in found else None,
        masked=found["masked"],
        norms=_floats(found["norms"]),
        normalization=found["normalization"],
        directions=found["directions"],
        angle_degrees=_float(found["angle_degrees"]),
    )
