"""Hours against weeks: who feels meaningful relief when, after one dose of ketamine and on a daily antidepressant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ataraxy.pharmacology.symptoms import Design, get_indication
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route
from ataraxy.trials.clinic import VirtualClinic
from ataraxy.trials.interval import Interval
from ataraxy.trials.scores import Sample, read_scores

HOURS: Final = (1.0, 2.0, 4.0, 24.0, 168.0)
WEEKS: Final = (1.0, 2.0, 4.0, 6.0, 8.0, 12.0)
PEOPLE: Final = 200

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
