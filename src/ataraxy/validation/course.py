"""The typical person's time course in one study, and what can be read off it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.pharmacology.typical import Typical, simulate_typical, terminal_half_life_h
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.planned_dose import PlannedDose, dose_mg_base
from ataraxy.therapy.route import Route

Floats = npt.NDArray[np.float64]
NG_PER_ML: Final = 1000.0  # ng/mL in 1 mg/L

PEAK_WITHIN_H: Final = 24.0
"""How long after the last dose a peak is looked for; metabolites after a slow oral dose peak within hours."""
HALF_LIVES_TO_THE_END: Final = 25.0  # what is left of the area beyond them is 3e-8 of it
POINTS_PER_PIECE: Final = 120
ZOOMS: Final = 2
APART_H: Final = 6  # decimals of an hour; times nearer than a few milliseconds are one


@dataclass(frozen=True, slots=True)
class Person:
    """The study's typical person."""

    weight_kg: float
    age_y: float
    ancestry: str


@dataclass(eq=False)
class Course:
    """Curves of one model for one study, simulated when first asked for.

    Attributes:
        model: its name.
        drug: of every dose.
        doses: in order of time.
        person: who is given them.
    """

    model: str
    drug: Drug
    doses: tuple[PlannedDose, ...]
    person: Person
    _coarse: Typical | None = field(default=None, init=False, repr=False)

    @property
    def end_h(self) -> float:
        """Return the end of the last dose."""
        return max(dose.end_h for dose in self.doses)

    @property
    def last_start_h(self) -> float:
        """Return the start of the last dose or device."""
        return max(dose.time_h for dose in self.doses)

    def at(self, times_h: Sequence[float] | Floats) -> Typical:
        """Return the curves at increasing times; AUC counts from zero."""
        return simulate_typical(
            self.model,
            self.drug,
            self.doses,
            times_h,
            weight_kg=self.person.weight_kg,
            age_y=self.person.age_y,
            ancestry=self.person.ancestry,
        )

    def level(self, analyte: str, time_h: float) -> float:
        """Return mg/L at a time; at the time of a bolus, just after it."""
        return float(self.at([time_h]).concentrations[analyte][0]) / NG_PER_ML

    def area(self, analyte: str, start_h: float, end_h: float) -> float:
        """Return mg h/L from one time to another; an infinite end is taken where the area no longer grows."""
        if np.isinf(end_h):
            end_h = self.end_h + HALF_LIVES_TO_THE_END * self.half_life_h(analyte)
        times = [end_h] if start_h == 0 else [start_h, end_h]
        areas = self.at(times).auc[analyte]
        return float(areas[-1] - (0.0 if start_h == 0 else areas[0])) / NG_PER_ML

    def peak(self, analyte: str) -> tuple[float, float]:
        """Return the highest level in mg/L and its time in h."""
        if self._coarse is None:
            self._coarse = self.at(self._grid())
        curves = self._coarse
        for _ in range(ZOOMS):
            i = int(curves.concentrations[analyte].argmax())
            times = curves.times_h
            left, right = times[max(i - 1, 0)], times[min(i + 1, len(times) - 1)]
            # The highest time itself stays in: a peak at the end of an infusion has a corner.
            curves = self.at(np.unique(np.round([*np.linspace(left, right, 21), times[i]], APART_H)))
        i = int(curves.concentrations[analyte].argmax())
        return float(curves.concentrations[analyte][i]) / NG_PER_ML, float(curves.times_h[i])

    def half_life_h(self, analyte: str) -> float:
        """Return the terminal half-life: the slower of the enantiomers for a sum of them."""
        names = (
            [analyte] if analyte[1:2] == "-" else [f"{e}-{analyte}" for e in self.drug.enantiomer_fractions]
        )
        return max(
            terminal_half_life_h(
                self.model,
                name,
                weight_kg=self.person.weight_kg,
                age_y=self.person.age_y,
                ancestry=self.person.ancestry,
            )
            for name in names
        )

    def mean_time_h(self, analyte: str) -> float:
        """Return AUMC over AUC: the integral of the share of the area that is still to come."""
        end = self.end_h + HALF_LIVES_TO_THE_END * self.half_life_h(analyte)
        marks = np.unique([0.0, *(t for dose in self.doses for t in (dose.time_h, dose.end_h)), end])
        pieces = [a + (b - a) * np.linspace(0.0, 1.0, 1001) ** 3 for a, b in pairwise(marks)]
        times = np.unique(np.round(np.concatenate(pieces), APART_H))
        curves = self.at(times)
        area = curves.auc[analyte]
        moment = np.trapezoid(curves.concentrations[analyte] * times, times)
        return float(moment / area[-1])

    def mean_input_time_h(self) -> float:
        """Return the mean time at which the drug was given, weighted by amount; 0 unless all of it was intravenous."""
        if any(dose.route not in (Route.IV_INFUSION, Route.IV_BOLUS) for dose in self.doses):
            return 0.0
        amounts = [dose_mg_base(dose, self.person.weight_kg) for dose in self.doses]
        middles = [dose.time_h + dose.duration_h / 2.0 for dose in self.doses]
        return float(np.average(middles, weights=amounts))

    def _grid(self) -> Floats:
        marks = {0.0, self.end_h + PEAK_WITHIN_H}
        marks |= {t for dose in self.doses for t in (dose.time_h, dose.end_h)}
        edges = sorted(marks)
        # Denser after each edge, where levels move fastest.
        pieces = [a + (b - a) * np.linspace(0.0, 1.0, POINTS_PER_PIECE) ** 2 for a, b in pairwise(edges)]
        return np.unique(np.round(np.concatenate(pieces), APART_H))
