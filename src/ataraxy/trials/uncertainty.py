"""Draws of the parameters' doubt: from their published uncertainty, or from a calibrated ensemble.

A draw is a row of standard-normal numbers, one for each uncertain parameter (`ParameterTable.values_at`). An ensemble
is a file whose header names parameters; those it does not name are drawn from their published uncertainty.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.engine.random import normals
from ataraxy.errors import InputError
from ataraxy.pharmacology.effects.effect_model import EffectModel
from ataraxy.provenance import content_hash

Floats = npt.NDArray[np.float64]

PRIOR: Final = "published uncertainty"
CALIBRATED: Final = "calibrated ensemble"


@dataclass(frozen=True, eq=False)
class Doubt:
    """What is not known about the parameters, as draws.

    Attributes:
        kinetic: f8[draws, kinetic parameters].
        effect: f8[draws, effect parameters].
        named: f8[draws] for each parameter of an ensemble, by name; symptoms look theirs up here.
        seed: of what is not in the ensemble.
        source: `PRIOR` or `CALIBRATED`.
        sha256: of the ensemble; empty without one.
    """

    kinetic: Floats
    effect: Floats
    named: Mapping[str, Floats]
    seed: int
    source: str
    sha256: str

    def __len__(self) -> int:
        return len(self.effect)

    def of(self, purpose: str, names: tuple[str, ...]) -> Floats:
        """f8[draws, names]: standard-normal draws of other uncertain parameters; those of the ensemble as they are."""
        drawn = normals(self.seed, purpose, 0, range(len(self)), len(names))
        for column, name in enumerate(names):
            if name in self.named:
                drawn[:, column] = self.named[name]
        return drawn


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Draws of equal weight that belong together, as a calibration leaves them.

    Attributes:
        columns: parameter -> f8[draws], standard normal under the published uncertainty.
        sha256: of the file that they were read from; empty where they were not.
    """

    columns: Mapping[str, Floats]
    sha256: str = ""

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0


NO_ENSEMBLE: Final = Ensemble({})
"""Parameters as uncertain as they were published."""


def draw_doubt(model: EffectModel, draws: int, seed: int, ensemble: Ensemble | None = None) -> Doubt:
    """Draws for a model. One draw is the parameters as they stand.

    Args:
        model: whose parameters are uncertain.
        draws: how many.
        seed: of what the ensemble does not hold.
        ensemble: None for the shipped one; `NO_ENSEMBLE` for the published uncertainty.

    Raises:
        InputError: ``trials.draws``: fewer than one draw; ``trials.ensemble``: the shipped file is malformed.
    """
    if draws < 1:
        raise InputError(f"{draws} draws", code="trials.draws", remedy="Use one or more", where="uncertainty")
    names = model.theta_names
    kinetic_names = model.kinetics.theta_names
    if draws == 1:
        still = np.zeros((1, len(kinetic_names))), np.zeros((1, len(names)))
        return Doubt(*still, {}, seed, "parameters as they stand", "")
    chosen = shipped_ensemble() if ensemble is None else ensemble
    named: dict[str, Floats] = {}
    if size := len(chosen):
        # evenly spaced rows: systematic resampling leaves equal rows side by side
        rows = (np.arange(draws) * size // draws) if draws <= size else np.arange(draws) % size
        named = {name: column[rows] for name, column in chosen.columns.items()}
    kinetic = normals(seed, "kinetic-uncertainty", 0, range(draws), len(kinetic_names))
    source = CALIBRATED if named else PRIOR
    doubt = Doubt(kinetic, np.empty((draws, 0)), named, seed, source, chosen.sha256)
    return replace(doubt, effect=doubt.of("effect-uncertainty", names))


@cache
def shipped_ensemble() -> Ensemble:
    """The ensemble of the package; an empty one where none ships. Raises InputError where it is malformed."""
    file = files("ataraxy").joinpath("calibration", "data", "ensemble.csv")
    return read_ensemble(file.read_text(encoding="utf-8"), file.name) if file.is_file() else NO_ENSEMBLE


def read_ensemble(text: str, name: str) -> Ensemble:
    """The ensemble in a CSV text: parameter names, then a row of numbers for each draw; ``#`` begins a comment.

    Raises:
        InputError: ``trials.ensemble``: a name stands twice or not at all, or the rest is no table of numbers.
    """
    rows = [row for row in csv.reader(line for line in text.splitlines() if not line.startswith("#")) if row]
    try:
        table = np.array(rows[1:], float)
        header = rows[0]
        wrong = table.ndim != 2 or table.shape[1] != len(header) or not np.all(np.isfinite(table))
        wrong = wrong or len(set(header)) != len(header) or not all(header)
    except (ValueError, IndexError):
        wrong = True
    if wrong:
        raise InputError(
            "the ensemble is not a table of numbers under parameter names",
            code="trials.ensemble",
            remedy="Write it again with `ataraxy calibrate`",
            where=name,
        )
    columns = {column: table[:, i] for i, column in enumerate(header)}
    return Ensemble(columns, content_hash({name: text.encode()}))
