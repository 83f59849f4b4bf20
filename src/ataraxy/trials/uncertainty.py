"""Draws of the parameters' doubt: from their published uncertainty, or from a calibrated ensemble.

A draw is a row of standard-normal numbers, one for each uncertain parameter (`ParameterTable.values_at`). An ensemble
is a file whose header names parameters; those it does not name are drawn from their published uncertainty.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
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


def draw_doubt(model: EffectModel, draws: int, seed: int) -> Doubt:
    """Draws for a model, from the shipped ensemble where there is one. One draw is the parameters as they stand.

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
    ensemble, digest = _ensemble()
    named: dict[str, Floats] = {}
    if ensemble:
        size = len(next(iter(ensemble.values())))
        # evenly spaced rows: systematic resampling leaves equal rows side by side
        rows = (np.arange(draws) * size // draws) if draws <= size else np.arange(draws) % size
        named = {name: column[rows] for name, column in ensemble.items()}
    kinetic = normals(seed, "kinetic-uncertainty", 0, range(draws), len(kinetic_names))
    doubt = Doubt(kinetic, np.empty((draws, 0)), named, seed, CALIBRATED if ensemble else PRIOR, digest)
    return Doubt(kinetic, doubt.of("effect-uncertainty", names), named, seed, doubt.source, digest)


@cache
def _ensemble() -> tuple[Mapping[str, Floats], str]:
    file = files("ataraxy").joinpath("calibration", "data", "ensemble.csv")
    if not file.is_file():
        return {}, ""
    text = file.read_text(encoding="utf-8")
    rows = [row for row in csv.reader(line for line in text.splitlines() if not line.startswith("#")) if row]
    try:
        table = np.array(rows[1:], float)
        columns = {name: table[:, i] for i, name in enumerate(rows[0])}
        wrong = not len(table) or not np.all(np.isfinite(table))
    except (ValueError, IndexError):
        columns, wrong = {}, True
    if wrong:
        raise InputError(
            "the ensemble is not a table of numbers under parameter names",
            code="trials.ensemble",
            remedy="Write it again with the calibration command",
            where=file.name,
        )
    return columns, content_hash({file.name: text.encode()})
