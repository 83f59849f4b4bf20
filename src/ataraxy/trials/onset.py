"""Hours against weeks: who feels meaningful relief when, after one dose of ketamine and on a daily antidepressant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ataraxy.evidence.pd_parameter import load_pd_parameters
from ataraxy.pharmacology.symptoms import Design, comparator_course, get_indication
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route
from ataraxy.trials.clinic import Drives, VirtualClinic
from ataraxy.trials.interval import Interval
from ataraxy.trials.scores import Sample, read_scores

Floats = npt.NDArray[np.float64]

HOURS: Final = (1.0, 2.0, 4.0, 24.0, 168.0)
WEEKS: Final = (1.0, 2.0, 4.0, 6.0, 8.0, 12.0)
PEOPLE: Final = 200
CURVE_H: Final = (
    0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0, 96.0,
    *(168.0 * week for week in (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0)),
)  # fmt: skip
"""Hours from the start at which the curves of hours against weeks are drawn, up to twelve weeks."""
RESTS_ON: Final = ("E11", "E01", "E02", "E03")
"""Rows of the effect parameters on which the onset of ketamine in anxiety rests."""

ONE_INFUSION: Final = PlannedDose(
    session=0,
    time_h=0.0,
    route=Route.IV_INFUSION,
    amount=0.5,
    amount_per="mg/kg",
    basis=Basis.BASE,
    drug=Drug.RACEMIC_KETAMINE,
    duration_h=40.0 / 60.0,
)


@dataclass(frozen=True, slots=True)
class OnsetRow:
    """One treatment at one time.

    Attributes:
        treatment, control: in words.
        time_h: from its start.
        relieved: per cent of people whose true severity fell by the smallest difference that matters.
        control_relieved: the same on the control.
        gained: per cent more than on the control, in the same people.
    """

    treatment: str
    control: str
    time_h: float
    relieved: Interval
    control_relieved: Interval
    gained: Interval

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "treatment": self.treatment,
            "control": self.control,
            "time_h": self.time_h,
            "relieved_percent": self.relieved.to_json(),
            "control_relieved_percent": self.control_relieved.to_json(),
            "gained_percent": self.gained.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Ground:
    """What a curve rests on: a number in words and where it was printed."""

    text: str
    citation: str

    def to_json(self) -> dict[str, str]:
        """Plain JSON values."""
        return {"text": self.text, "citation": self.citation}


@dataclass(frozen=True, eq=False)
class OnsetCurve:
    """Share of people with relief that matters, over hours and weeks of one treatment.

    Attributes:
        treatment: ``ketamine``, ``SSRI or SNRI``, ``psychotherapy`` or ``placebo``.
        times_h: f8[times], from its start.
        relieved: f8[3, times], per cent; median and 90% interval over draws of the parameters.
        gained: f8[3, times], per cent more than on placebo in the same people; None of placebo itself.
        grounds: what it rests on.
    """

    treatment: str
    times_h: Floats
    relieved: Floats
    gained: Floats | None
    grounds: tuple[Ground, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: lists beside each other."""

        def listed(values: Floats) -> dict[str, Any]:
            return dict(zip(("median", "lo90", "hi90"), values.tolist(), strict=True))

        return {
            "treatment": self.treatment,
            "time_h": self.times_h.tolist(),
            "relieved_percent": listed(self.relieved),
            "gained_percent": None if self.gained is None else listed(self.gained),
            "evidence": [ground.to_json() for ground in self.grounds],
        }


def onset_curves(
    clinic: VirtualClinic,
    indication: str,
    drives: Drives,
    *,
    world: str = "published",
    people: int = PEOPLE,
) -> tuple[OnsetCurve, ...]:
    """Hours against weeks: ketamine as it is given, SSRI or SNRI, psychotherapy and placebo on one clock.

    All are masked against placebo in civilian trials, on the indication's main scale, in the same people. Ketamine's
    curve holds unmasking: what is felt gives it away.

    Args:
        clinic: holds the parameters' draws.
        indication: ``GAD``, ``SAD``, ``PTSD`` or ``TRD``.
        drives: what ketamine does, at `CURVE_H` among other times.
        world: ``null`` takes every effect of treatments on symptoms away.
        people: of each draw.
    """
    scale = get_indication(indication).main.instrument
    times = np.array(CURVE_H)

    def shares(given: bool, on: Drives | None, comparator: str) -> Floats:
        design = Design.saline_controlled(control=not given)
        sample = Sample(people, indication, "civilian_trial", design, world=world)
        scores = read_scores(clinic, sample, scale.name, times, drives=on, comparator=comparator, true=True)
        fall = scores.baseline[:, :, None] - scores.readings
        return np.asarray(100.0 * (fall >= scale.important).mean(axis=1))

    def over_draws(values: Floats) -> Floats:
        low, middle, high = np.quantile(values, (0.05, 0.5, 0.95), axis=0)
        return np.stack([middle, low, high])

    placebo = shares(False, None, "")
    rows = load_pd_parameters().by_id
    own = tuple(
        Ground(f"{rows[k].quantity}: {rows[k].printed} {rows[k].unit}", rows[k].source) for k in RESTS_ON
    )
    curves = []
    for treatment, values, grounds in (
        ("ketamine", shares(True, drives, ""), own),
        ("SSRI or SNRI", shares(True, None, "SSRI/SNRI"), _grounds("SSRI/SNRI", indication, scale.name)),
        (
            "psychotherapy",
            shares(True, None, "psychotherapy"),
            _grounds("psychotherapy", indication, scale.name),
        ),
    ):
        curves.append(OnsetCurve(treatment, times, over_draws(values), over_draws(values - placebo), grounds))
    curves.append(
        OnsetCurve("placebo", times, over_draws(placebo), None, _grounds("placebo", indication, scale.name))
    )
    return tuple(curves)


def _grounds(treatment: str, indication: str, scale: str) -> tuple[Ground, ...]:
    evidence = comparator_course(treatment, indication, scale, [1.0]).evidence
    if treatment != "placebo":
        evidence = tuple(p for p in evidence if p.name.startswith(treatment))
    return tuple(
        Ground(f"{p.name}: {p.value:g} {p.unit} ({p.status.value})", p.source.citation) for p in evidence
    )


def onset_table(
    clinic: VirtualClinic,
    indication: str = "GAD",
    *,
    world: str = "published",
    dose: Sequence[PlannedDose] = (ONE_INFUSION,),
    hours: Sequence[float] = HOURS,
    weeks: Sequence[float] = WEEKS,
    people: int = PEOPLE,
) -> tuple[OnsetRow, ...]:
    """Share of people with clinically meaningful relief over time.

    Both treatments are masked against placebo, in civilian trials, on the indication's main scale. Intervals are those
    of the share over draws of the parameters. Relief by belief is part of both columns: what is felt gives ketamine
    away, so that its gain over saline holds unmasking as well.

    Args:
        clinic: holds the parameters' draws.
        indication: ``GAD``, ``SAD``, ``PTSD`` or ``TRD``.
        world: ``null`` takes every effect of drugs on symptoms away; what is gained is then belief.
        dose: of ketamine.
        hours: after it.
        weeks: of the antidepressant.
        people: of each draw.
    """
    scale = get_indication(indication).main.instrument
    rows: list[OnsetRow] = []
    plans = (
        ("ketamine, one dose", "saline", tuple(hours), True),
        ("SSRI or SNRI, daily", "placebo", tuple(168.0 * week for week in weeks), False),
    )
    for treatment, control, times, is_ketamine in plans:
        drives = clinic.treat(tuple(dose), times) if is_ketamine else None
        shares = []
        for given in (True, False):
            scores = read_scores(
                clinic,
                Sample(
                    people,
                    indication,
                    "civilian_trial",
                    Design.saline_controlled(control=not given),
                    world=world,
                ),
                scale.name,
                times,
                drives=drives if given else None,
                comparator="SSRI/SNRI" if given and not is_ketamine else "",
                true=True,
            )
            fall = scores.baseline[:, :, None] - scores.readings
            shares.append(100.0 * (fall >= scale.important).mean(axis=1))
        for k, time_h in enumerate(times):
            of_drug, of_control = shares[0][:, k], shares[1][:, k]
            rows.append(
                OnsetRow(
                    treatment,
                    control,
                    time_h,
                    Interval.sure(of_drug),
                    Interval.sure(of_control),
                    Interval.sure(of_drug - of_control),
                )
            )
    return tuple(rows)
