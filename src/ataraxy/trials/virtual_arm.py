"""One arm of a trial in virtual people: what so many people would score, for every draw of the parameters.

Kinetics and effects are solved in the people of a clinic. Each draw then has a fresh sample of as many people as the
arm had, with baselines, benefit, beliefs and readings of their own, on the drives of those people in turn: the spread
of an arm's mean over the draws holds both the doubt about parameters and the chance of who was in the arm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.evidence.agent import AgentKind
from ataraxy.evidence.arm import Arm
from ataraxy.evidence.comparison import EVERYBODY, Group
from ataraxy.evidence.trial import Trial
from ataraxy.trials.circumstances import READ_AS, design_of, population_for, setting_of
from ataraxy.trials.clinic import Drives, VirtualClinic
from ataraxy.trials.dosing import planned_doses
from ataraxy.trials.scores import Sample, ScoresOfArm, read_scores

Floats = npt.NDArray[np.float64]

USUAL_PEOPLE: Final = 200
"""People of an arm whose size is not stated."""
MOST_PEOPLE: Final = 400
"""Of an arm that was larger: its mean is then known to 0.05 SD, far better than the parameters are."""


@dataclass(frozen=True, eq=False)
class VirtualArm:
    """An arm as it was simulated.

    Attributes:
        arm: what was given.
        people: in each draw; the predicted intervals are those of results of so many people.
        people_stated: whether the source says how many there were.
        world: ``published`` or ``null``.
        scores: by name of the scale as it was asked for.
        missing: scale -> why there are no scores of it.
        drives: what the drug did; None where no ketamine was given.
        flags: what was assumed.
    """

    arm: Arm
    people: int
    people_stated: bool
    world: str
    scores: Mapping[str, ScoresOfArm]
    missing: Mapping[str, str]
    drives: Drives | None
    flags: tuple[str, ...]


def simulate_arm(
    trial: Trial,
    arm: Arm,
    clinic: VirtualClinic,
    *,
    instruments: Sequence[str],
    times_h: Sequence[float],
    drive_times_h: npt.ArrayLike | None = None,
    group: Group = EVERYBODY,
    people: int | None = None,
    baselines: Mapping[str, tuple[float, float | None]] | None = None,
    world: str = "published",
    sample: int = 0,
) -> VirtualArm:
    """Simulates an arm.

    Args:
        trial: decides indication, setting and blinding.
        arm: decides the doses; a comparator takes its published course.
        clinic: holds the parameters' draws and the people whose drives are solved.
        instruments: scales that are wanted.
        times_h: when they are read, hours from the first dose.
        drive_times_h: times for the clinic, so that several arms can share a solution; `times_h` must be among them.
        group: part of the people.
        people: size of the arm; None for that of the arm, else `USUAL_PEOPLE`.
        baselines: scale -> mean and SD before treatment, where the trial prints them; SD None where not printed.
        world: ``null`` takes every effect of drugs on symptoms away.
        sample: number of the sample of people. Equal numbers are the same people: two periods of a crossover.

    Raises:
        InputError: ``trials.arm``: the arm cannot be simulated at all; scales that cannot be are in `missing`.
    """
    count = people or arm.n or USUAL_PEOPLE
    size = max(1, min(count, MOST_PEOPLE))
    flags = list(arm.flags)
    if not (people or arm.n):
        flags.append(f"size of the arm not stated: {size} people")
    planned = planned_doses(arm)
    times = np.unique(np.asarray([t for t in times_h if t > 0.0] or [1.0], float))
    drives = None
    if planned:
        drives = clinic.treat(planned, times if drive_times_h is None else drive_times_h, group=group)
    gain = _gain_of(arm) if not arm.is_ketamine else None
    scores: dict[str, ScoresOfArm] = {}
    missing: dict[str, str] = {}
    for name in instruments:
        population = population_for(trial, name)
        if population.reason:
            missing[name] = population.reason
        elif not arm.is_ketamine and gain is None:
            missing[name] = f"no model of {arm.agent.substance if arm.agent else 'what was given'}"
        else:
            own = [population.assumed] if population.assumed else []
            if name in READ_AS:
                own.append(f"{name} read as {READ_AS[name]}")
            baseline = (baselines or {}).get(name)
            if baseline is not None:
                own.append(f"baseline as printed: {baseline[0]:g}")
            who = Sample(
                people=size,
                indication=population.indication,
                setting=setting_of(trial, arm),
                design=design_of(trial, arm),
                cohort=trial.id,
                number=sample,
                world=world,
                baseline=baseline,
                sessions_h=_sessions_of(trial, arm),
            )
            scores[name] = read_scores(
                clinic, who, READ_AS.get(name, name), times, drives=drives, comparator=gain or "", flags=own
            )
    return VirtualArm(arm, size, bool(people or arm.n), world, scores, missing, drives, tuple(flags))


def _sessions_of(trial: Trial, arm: Arm) -> tuple[float, ...]:
    """Sessions of an arm without ketamine: its own, else those of the trial's first ketamine arm."""
    other = next((a for a in trial.arms if a.is_ketamine and a.sessions_stated), arm)
    return arm.sessions_h if arm.sessions_stated else other.sessions_h


def _gain_of(arm: Arm) -> str | None:
    """Name of the comparator's course; empty for none beside belief and placebo, None where there is no model."""
    if arm.kind in (AgentKind.PLACEBO, AgentKind.MIDAZOLAM, AgentKind.UNTREATED):
        return ""
    return {AgentKind.SSRI_SNRI: "SSRI/SNRI", AgentKind.PSYCHOTHERAPY: "psychotherapy"}.get(arm.kind)
