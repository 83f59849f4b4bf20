"""Draws sets of receptor and circuit parameters and keeps those that agree with spectroscopy.

A set is drawn from the ranges of `effects.yaml`, the gain of the gate is fitted to a peak drawn from 37.8 +/- 7.5%
(D01), and the set is kept where, on the disposition of Kamp 2020 and the parent drug alone, as in row DER23:

- glutamate peaks 18 to 34 min into 0.5 mg/kg over 40 min (about 26 min, D01);
- it is within 4% of baseline at 193 min (D05);
- the excess over time is below 0.8 of it at 0.25 mg/kg and above 1.1 of it at 1 mg/kg.

This is calibration: the facts are used up here and validate nothing. They come from people with depression and from
healthy people, and from two regions. `python -m ataraxy.pharmacology.effects.circuit_fit` writes the file anew.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.engine.doses import DoseTable
from ataraxy.engine.model import Model
from ataraxy.engine.random import normals
from ataraxy.engine.solve import solve
from ataraxy.pharmacology.effects.circuit_sets import FILE, NAMES
from ataraxy.pharmacology.effects.effect_model import NO_NORKETAMINE, EffectModel
from ataraxy.pharmacology.effects.reference_arms import infusion
from ataraxy.pharmacology.kinetics.ports import Floats
from ataraxy.pharmacology.typical import OnePerson
from ataraxy.therapy.route import Route

SEED: Final = 22
DRAWS: Final = 2400
KEPT: Final = 201
MIDDLE_DOSE: Final = 0.5
TIMES_H: Final = np.unique(
    np.concatenate([np.arange(0.0, 1.0, 0.01), np.arange(1.0, 4.01, 0.05), [193.0 / 60.0]])
)
EARLIEST_PEAK_H: Final = 18.0 / 60.0
LATEST_PEAK_H: Final = 34.0 / 60.0
LATE_H: Final = 193.0 / 60.0
LARGEST_LATE: Final = 4.0
LEAST_GAIN: Final = 0.5
LARGEST_GAIN: Final = 23.0


@dataclass(frozen=True, eq=False)
class Glutamate:
    """What a set predicts; arrays of one value for each set.

    Attributes:
        peak: percent, at 0.5 mg/kg.
        peak_h: time of it.
        late: percent at 193 min.
        area: dose in mg/kg -> area of the excess above baseline to 4 h, percent h.
    """

    peak: Floats
    peak_h: Floats
    late: Floats
    area: Mapping[float, Floats]

    @property
    def agrees(self) -> npt.NDArray[np.bool_]:
        """Which sets agree with spectroscopy."""
        middle = self.area[MIDDLE_DOSE]
        return np.asarray(
            (self.peak_h >= EARLIEST_PEAK_H)
            & (self.peak_h <= LATEST_PEAK_H)
            & (np.abs(self.late) <= LARGEST_LATE)
            & (self.area[0.25] < 0.8 * middle)
            & (self.area[1.0] > 1.1 * middle),
            np.bool_,
        )


def predicted(sets: Mapping[str, Floats], doses: tuple[float, ...] = (0.25, MIDDLE_DOSE, 1.0)) -> Glutamate:
    """Glutamate of a typical person on Kamp 2020 under each set of parameters."""
    curves = {dose: _curve(sets, dose) for dose in doses}
    middle = curves[MIDDLE_DOSE]
    at = middle.argmax(axis=1)
    return Glutamate(
        peak=middle.max(axis=1),
        peak_h=TIMES_H[at],
        late=middle[:, int(np.flatnonzero(TIMES_H == LATE_H)[0])],
        area={dose: np.trapezoid(np.maximum(c, 0.0), TIMES_H, axis=1) for dose, c in curves.items()},
    )


def with_gain(sets: Mapping[str, Floats], peak: Floats) -> dict[str, Floats]:
    """The sets with the gain of the gate that gives each its peak in percent, or an end of its range."""
    low, high = np.full(len(peak), LEAST_GAIN), np.full(len(peak), LARGEST_GAIN)
    for _ in range(24):
        gain = np.sqrt(low * high)
        over = _curve({**sets, "gate_gain": gain}, MIDDLE_DOSE).max(axis=1) > peak
        low, high = np.where(over, low, gain), np.where(over, gain, high)
    return {**sets, "gate_gain": np.sqrt(low * high)}


def draw_sets(draws: int = DRAWS, seed: int = SEED) -> dict[str, Floats]:
    """The sets that are kept of `draws`, without the default, in the order of their response to 0.25 mg/kg."""
    table = EffectModel.of().parameters
    drawn = [name for name in NAMES if name != "gate_gain"]
    z = normals(seed, "circuit-sets", 0, range(draws), len(drawn) + 1)
    sets = {name: table[name].at(z[:, k]) for k, name in enumerate(drawn)}
    target = table["glutamate_peak"].at(z[:, -1])
    fitted = with_gain(sets, target)
    found = predicted(fitted)
    kept = found.agrees & (np.abs(found.peak / target - 1.0) < 0.01)
    order = np.argsort((found.area[0.25] / found.area[MIDDLE_DOSE])[kept], kind="stable")
    return {name: column[kept][order] for name, column in fitted.items()}


def sets_to_ship() -> Floats:
    """f8[KEPT, len(NAMES)] with the default in the middle, to six significant digits."""
    found = draw_sets()
    stacked = np.stack([found[name] for name in NAMES], axis=1)
    if len(stacked) < KEPT - 1:
        raise RuntimeError(f"{len(stacked)} sets of {DRAWS} agree, fewer than {KEPT - 1}")
    # evenly over their order, so that the rest of them is left out without preference
    chosen = stacked[np.linspace(0, len(stacked) - 1, KEPT - 1).round().astype(int)]
    table = EffectModel.of().parameters
    default = np.array([[table[name].inner_value for name in NAMES]])
    half = (KEPT - 1) // 2
    whole = np.concatenate([chosen[:half], default, chosen[half:]])
    return np.array([[float(f"{x:.6g}") for x in row] for row in whole])


def _curve(sets: Mapping[str, Floats], dose: float) -> Floats:
    """f8[sets, times], percent."""
    model, engine = _model()
    n = len(sets["fu"])
    one = OnePerson.of()
    people = OnePerson(np.repeat(one.weight_kg, n), np.repeat(one.age_y, n), np.repeat(one.ancestry, n))
    individual = model.individual_parameters(people, overrides=sets)
    doses: DoseTable = model.kinetics.doses(infusion(dose), individual)
    return solve(engine, individual.matrix(engine), doses, TIMES_H)["glutamate_percent"]


@cache
def _model() -> tuple[EffectModel, Model]:
    model = EffectModel.of("kamp-2020", allow=NO_NORKETAMINE)
    return model, model.build(("S", "R"), (Route.IV_INFUSION,))


if __name__ == "__main__":
    with FILE.open("w", encoding="utf-8", newline="") as lines:
        lines.write("# written by `python -m ataraxy.pharmacology.effects.circuit_fit`\n")
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(NAMES)
        writer.writerows([[f"{x:.6g}" for x in row] for row in sets_to_ship()])
    sys.stdout.write(f"{FILE.name}: {KEPT} sets\n")
