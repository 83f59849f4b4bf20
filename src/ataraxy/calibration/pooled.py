"""Pooled numbers that belong to no single trial: two meta-analyses, and what spectroscopy saw.

A meta-analysis is simulated as one infusion of 0.5 mg/kg in the average trial, half of the trials against saline and
half against midazolam; how many there were of each was not visible (an assumption). It has no cohort of its own. The
latest number of Hartland (7 to 14 days, E03) is held out for line V11 of the validation table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ataraxy.calibration.courses import Courses
from ataraxy.calibration.fitted import COURSE_PARAMETERS
from ataraxy.calibration.target import RatedArm, Target
from ataraxy.calibration.targets import Targets
from ataraxy.errors import InputError
from ataraxy.evidence.comparison import EVERYBODY
from ataraxy.evidence.pd_parameter import PdParameter, load_pd_parameters
from ataraxy.evidence.trial import Trial, read_trial
from ataraxy.pharmacology.effects.circuit_fit import MIDDLE_DOSE, predicted
from ataraxy.pharmacology.effects.circuit_sets import circuit_sets

Floats = npt.NDArray[np.float64]

_WIDTH_OF_95: Final = 2 * 1.959964
SPECTROSCOPY: Final = "spectroscopy"


@dataclass(frozen=True, slots=True)
class PooledNumber:
    """A standardised difference of a meta-analysis.

    Attributes:
        study: id under which it can be left out.
        row: id in ``pd_parameters.csv``.
        indication, scale: in which it is simulated.
        time_h: after the start of the infusion.
        held_out: whether it is kept for the validation and not fitted.
    """

    study: str
    row: str
    indication: str
    scale: str
    time_h: float
    held_out: bool = False


POOLED: Final = (
    PooledNumber("hartland_2023", "E01", "GAD", "HAM-A", 2.0),
    PooledNumber("hartland_2023", "E02", "GAD", "HAM-A", 24.0),
    PooledNumber("hartland_2023", "E03", "GAD", "HAM-A", 240.0, held_out=True),
    PooledNumber("price_2022", "E05", "TRD", "MADRS", 24.0),
    PooledNumber("price_2022", "E06", "TRD", "MADRS", 168.0),
)
POOLED_STUDIES: Final = tuple(dict.fromkeys(number.study for number in POOLED))


def with_pooled(targets: Targets, without: Collection[str] = ()) -> Targets:
    """The targets with those of the meta-analyses that are not left out."""
    arms, found = list(targets.arms), list(targets.targets)
    table = load_pd_parameters().by_id
    for part, number in enumerate(POOLED):
        if number.study in without or number.held_out:
            continue
        row = table[number.row]
        value, low, high = _printed(row)
        sides: list[list[int]] = [[], []]
        for control in ("saline", "midazolam"):
            trial = _trial(number.study, number.indication, control)
            for side, name in zip(sides, ("ket", control), strict=True):
                arms.append(_rated(trial, name, number))
                side.append(len(arms) - 1)
        found.append(
            Target(
                study=number.study,
                section="pd_parameters",
                row=int(row.id[1:]),
                part=part,
                arm="ketamine vs control",
                scale=number.scale,
                kind="effect_size",
                time_h=number.time_h,
                # signed as the trials are: less is better
                observed=-abs(value),
                error=(high - low) / _WIDTH_OF_95,
                doubt=0.0,
                first=tuple(sides[0]),
                second=tuple(sides[1]),
                times_h=(number.time_h,),
            )
        )
    return replace(targets, targets=tuple(found), arms=tuple(arms))


def _printed(row: PdParameter) -> tuple[float, float, float]:
    if row.value is None or row.low is None or row.high is None:
        raise InputError(
            f"row {row.id} has no value with limits",
            code="calibration.row",
            remedy="Restore it",
            where="pd_parameters.csv",
        )
    return row.value, row.low, row.high


@cache
def _trial(study: str, indication: str, control: str) -> Trial:
    infused: Mapping[str, Any] = {"route": "IV", "unit": "mg/kg", "duration_min": 40, "schedule_days": [0]}
    return read_trial(
        {
            "id": study,
            "entry_type": "trial",
            "design": "double-blind randomised",
            "indication": [indication],
            "use": "calibrate",
            "arms": [
                {"id": "ket", "drug": "ketamine", "dose": 0.5, **infused},
                {"id": control, "drug": control, "dose": 0, **infused},
            ],
        },
        study,
    )


def _rated(trial: Trial, arm: str, number: PooledNumber) -> RatedArm:
    return RatedArm(
        trial=trial,
        arm=trial.by_arm[arm],
        group=EVERYBODY,
        scale=number.scale,
        indication=number.indication,
        setting="civilian_trial",
        people=200,
        baseline=None,
        times_h=(number.time_h,),
        sessions_h=(0.0,),
        comparator="",
        sample=1,
    )


@dataclass(frozen=True, slots=True)
class Spectroscopy:
    """What spectroscopy saw, and the circuit sets.

    Attributes:
        row: id in ``pd_parameters.csv``.
        quantity: in words.
        observed, low, high: as printed.
        sets: f8[solved sets], percent, on the disposition of Kamp 2020, on which the sets were chosen.
    """

    row: str
    quantity: str
    observed: float
    low: float
    high: float
    sets: Floats


def spectroscopy(courses: Courses) -> tuple[Spectroscopy, ...]:
    """D01 and D05 on every solved set.

    They were fitted when the circuit sets were drawn (`circuit_fit`), so they are no further term of the likelihood:
    that would count them twice. What is left to see is whether the fit moves away from them.
    """
    table = load_pd_parameters().by_id
    place = COURSE_PARAMETERS.index("circuit_set")
    found = predicted(circuit_sets().at(courses.parameters[:, place]), (MIDDLE_DOSE, 0.25, 1.0))
    value, low, high = _printed(table["D01"])
    return (
        Spectroscopy(
            "D01",
            "highest glutamate on 0.5 mg/kg over 40 min, %",
            value,
            low,
            high,
            found.peak,
        ),
        Spectroscopy("D05", "glutamate at 193 min, %", 0.0, -4.0, 4.0, found.late),
    )
