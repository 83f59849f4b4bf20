"""How the size and the spread of the rise in blood pressure were fitted, and what was only predicted.

Fitted, on nasal esketamine in people of 18 to 64 years (two four-week trials, eight sessions; Doherty 2020, label):

- the noise of a reading, from the mean largest rise on placebo: 6.1 and 4.9 mmHg (a maximum over readings of noise);
- the median rise at full drive, from the mean largest rise on esketamine: 13.3 and 8.7 mmHg;
- the spread, from 8% with a systolic rise of 40 mmHg or more at least once. It is shared out equally between people and
  sessions: with differences between people alone 8% cannot be reached at this mean, and in the Yale cohort 23 severe
  rises fell on 17 people, as if sessions mattered more. Diastolic pressure has the same spread.

Predicted with them: placebo's 0.5% (systolic) and 3% (diastolic), esketamine's 13% with a diastolic rise of 25 mmHg,
the standard deviation of 11.2 mmHg in a clinic, and the rise in clinics, whose misfit is the setting factor.

Assumed about the trials: half of the people had 56 mg and half 84 mg; readings at 40, 60 and 90 min after one predose
reading; the largest of the means of the sessions is that of any session. `python -m
ataraxy.pharmacology.effects.pressure_calibration` prints all of it; a test compares with `readings.yaml`.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Final

import numpy as np

from ataraxy.engine.random import normals
from ataraxy.pharmacology.effects.reference_arms import (
    course,
    infusion,
    nasal_esketamine,
    where_it_passes_zero,
)
from ataraxy.pharmacology.kinetics.ports import Floats

READINGS_H: Final = (40.0 / 60.0, 1.0, 1.5)
SESSIONS: Final = 8
# Mean of the largest of three standard-normal numbers: 3 / (2 sqrt(pi)). The common predose reading takes nothing away.
MEAN_OF_LARGEST: Final = 1.5 / math.sqrt(math.pi)

PLACEBO_RISE: Final = {"SBP": 6.1, "DBP": 4.9}
ESKETAMINE_RISE: Final = {"SBP": 13.3, "DBP": 8.7}
LARGE_RISE: Final = {"SBP": 40.0, "DBP": 25.0}
SHARE_SBP: Final = 0.08
YALE_SBP: Final = 16.0


@dataclass(frozen=True)
class PressureFit:
    """What came out.

    Attributes:
        noise: SD of one reading, mmHg, by "SBP" and "DBP".
        median_rise: at full drive, mmHg.
        cv: of the rise between people, and once more between sessions.
        share_large: with a large rise at least once in eight sessions of esketamine; that of "SBP" was fitted.
        share_large_placebo: the same on placebo, predicted.
        clinic_rise: mean rise 40 min into 0.5 mg/kg over 40 min intravenously, predicted.
        clinic_sd: standard deviation of that change as measured, SBP, at the setting of the Yale cohort, predicted.
    """

    noise: dict[str, float]
    median_rise: dict[str, float]
    cv: float
    share_large: dict[str, float]
    share_large_placebo: dict[str, float]
    clinic_rise: dict[str, float]
    clinic_sd: float


def fit_pressure(people: int = 2000, seed: int = 20) -> PressureFit:
    """The fit, the same for the same arguments.

    Raises:
        InputError: ``random.seed`` or ``random.people``.
    """
    nasal = np.concatenate(
        [
            course(range(people // 2), seed, nasal_esketamine(2), READINGS_H)["cardiovascular"],
            course(range(people // 2, people), seed, nasal_esketamine(3), READINGS_H)["cardiovascular"],
        ]
    )
    numbers = range(people)
    level = normals(seed, "pressure-response", 0, numbers, 1 + SESSIONS)
    deviation = level[:, :1] + level[:, 1:]
    count = SESSIONS * (1 + len(READINGS_H))
    draws = {
        name: normals(seed, f"pressure-noise-{name}", 0, numbers, count).reshape(people, SESSIONS, -1)
        for name in ("SBP", "DBP")
    }
    noise = {name: PLACEBO_RISE[name] / MEAN_OF_LARGEST for name in draws}

    def response(cv: float) -> Floats:
        """f8[people, sessions], median 1."""
        return np.asarray(np.exp(deviation * math.sqrt(math.log1p(cv * cv))), float)

    def change(name: str, median: float, cv: float) -> Floats:
        """f8[people, sessions]: largest measured rise of each session."""
        readings = draws[name][:, :, 1:] - draws[name][:, :, :1]
        rise = median * response(cv)[:, :, None] * nasal[:, None, :]
        return np.asarray((rise + noise[name] * readings).max(axis=2), float)

    def median_for(name: str, cv: float) -> float:
        return where_it_passes_zero(
            lambda m: float(change(name, m, cv).mean()) - ESKETAMINE_RISE[name], 0.1, 100.0
        )

    def large(name: str, median: float, cv: float) -> float:
        return float((change(name, median, cv).max(axis=1) >= LARGE_RISE[name]).mean())

    cv = where_it_passes_zero(lambda c: large("SBP", median_for("SBP", c), c) - SHARE_SBP, 0.02, 1.5)
    median = {name: median_for(name, cv) for name in draws}
    clinic = course(numbers, seed, infusion(0.5), (40.0 / 60.0,))["cardiovascular"] * response(cv)
    rise = {name: float(median[name] * clinic.mean()) for name in draws}
    yale = YALE_SBP / rise["SBP"]
    readings = draws["SBP"][:, :, 1] - draws["SBP"][:, :, 0]
    measured = yale * median["SBP"] * clinic + noise["SBP"] * readings
    return PressureFit(
        noise=noise,
        median_rise=median,
        cv=cv,
        share_large={name: large(name, median[name], cv) for name in draws},
        share_large_placebo={name: large(name, 0.0, cv) for name in draws},
        clinic_rise=rise,
        clinic_sd=float(measured.std()),
    )


if __name__ == "__main__":
    for field, value in vars(fit_pressure()).items():
        sys.stdout.write(f"{field}: {value}\n")
