"""One arm of a trial in virtual people: what so many people would score, for every draw of the parameters.

Kinetics and effects are solved in the people of a clinic. Each draw then has a fresh sample of as many people as the
arm had, with baselines, benefit, beliefs and readings of their own, on the drives of those people in turn: the spread
of an arm's mean over the draws holds both the doubt about parameters and the chance of who was in the arm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.engine.random import normals
from ataraxy.errors import InputError
from ataraxy.evidence.agent import AgentKind
from ataraxy.evidence.arm import Arm
from ataraxy.evidence.comparison import EVERYBODY, Group
from ataraxy.evidence.trial import Trial
from ataraxy.pharmacology.symptoms import (
    COLUMNS,
    Draws,
    Indication,
    default_values,
    get_indication,
    population_parameters,
    relief_parameters,
    simulate_scores,
)
from ataraxy.pharmacology.symptoms.comparators import comparator_parameters
from ataraxy.pharmacology.symptoms.instrument import Domain, Instrument, get_instrument
from ataraxy.pharmacology.symptoms.relief import benefit_of
from ataraxy.trials.circumstances import READ_AS, design_of, population_for, setting_of
from ataraxy.trials.clinic import Drives, VirtualClinic
from ataraxy.trials.dosing import planned_doses

Floats = npt.NDArray[np.float64]

USUAL_PEOPLE: Final = 200
"""People of an arm whose size is not stated."""
MOST_PEOPLE: Final = 400
"""Of an arm that was larger: its mean is then known to 0.05 SD, far better than the parameters are."""


@dataclass(frozen=True, eq=False)
class ScoresOfArm:
    """One scale in an arm.

    Attributes:
        instrument: the scale as it is modelled.
        indication: population.
        times_h: f8[times], from the first dose.
        baseline: f8[draws, people], readings before the first dose.
        readings: f8[draws, people, times].
        flags: what was assumed.
    """

    instrument: Instrument
    indication: str
    times_h: Floats
    baseline: Floats
    readings: Floats
    flags: tuple[str, ...]

    def at(self, time_h: float) -> Floats:
        """f8[draws, people]: readings at a time that was asked for; the baseline at or before zero."""
        if time_h <= 0.0:
            return self.baseline
        place = int(np.argmin(np.abs(self.times_h - time_h)))
        if abs(self.times_h[place] - time_h) > 1e-5:
            raise InputError(
                f"{time_h:g} h was not simulated", code="trials.time", remedy="Ask for it", where="scores"
            )
        return np.asarray(self.readings[:, :, place])

    def mean(self, times_h: Sequence[float]) -> Floats:
        """f8[draws]: mean score, over all the times."""
        return np.asarray(np.mean([self.at(t).mean(axis=1) for t in times_h], axis=0))

    def median(self, times_h: Sequence[float]) -> Floats:
        """f8[draws]: median score, the mean of those of the times."""
        return np.asarray(np.mean([np.median(self.at(t), axis=1) for t in times_h], axis=0))

    def sd(self, time_h: float) -> Floats:
        """f8[draws]: standard deviation between people."""
        values = self.at(time_h)
        return np.asarray(values.std(axis=1, ddof=1) if values.shape[1] > 1 else np.zeros(len(values)))

    def change(self, times_h: Sequence[float], from_h: float = 0.0) -> Floats:
        """f8[draws]: mean change, negative for improvement."""
        return np.asarray(self.mean(times_h) - self.mean([from_h]), float)

    def percent_change(self, times_h: Sequence[float], from_h: float = 0.0) -> Floats:
        """f8[draws]: change of the mean in per cent of the mean before."""
        return np.asarray(100.0 * self.change(times_h, from_h) / self.mean([from_h]))


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
            scores[name] = _scores(
                trial, arm, clinic, drives, times, name, population.indication, size, own,
                (baselines or {}).get(name), world, sample,
            )  # fmt: skip
    return VirtualArm(arm, size, bool(people or arm.n), world, scores, missing, drives, tuple(flags))


def _gain_of(arm: Arm) -> str | None:
    """Name of the comparator's course; empty for none beside belief and placebo, None where there is no model."""
    if arm.kind in (AgentKind.PLACEBO, AgentKind.MIDAZOLAM, AgentKind.UNTREATED):
        return ""
    return {AgentKind.SSRI_SNRI: "SSRI/SNRI", AgentKind.PSYCHOTHERAPY: "psychotherapy"}.get(arm.kind)


def _scores(
    trial: Trial,
    arm: Arm,
    clinic: VirtualClinic,
    drives: Drives | None,
    times: Floats,
    name: str,
    indication: str,
    size: int,
    flags: list[str],
    baseline: tuple[float, float | None] | None,
    world: str,
    sample: int,
) -> ScoresOfArm:
    scale = READ_AS.get(name, name)
    instrument = get_instrument(scale)
    symptoms = SymptomDoubt(clinic)
    before = np.empty((clinic.draws, size))
    readings = np.empty((clinic.draws, size, len(times)))
    sessions = np.array([0.0]) if drives is None else drives.session_starts_h
    comparator = _gain_of(arm) if drives is None else None
    person = np.arange(size) % clinic.people
    zeros = np.zeros((size, len(times)))
    design, setting = design_of(trial, arm), setting_of(trial, arm)
    peaks = None if drives is None else drives.peaks("dissociation")
    pool = None if drives is None else drives.at("plastic_pool", times)
    acute = None if drives is None else drives.at("acute", times)
    cohort = normals(clinic.seed, f"cohort {trial.id}", 0, range(clinic.draws), 2)
    if baseline is not None:
        flags.append(f"baseline as printed: {baseline[0]:g}")
    for m in range(clinic.draws):
        people = symptoms.indication(m, indication)
        if baseline is not None:
            people = with_printed_baseline(people, scale, *baseline)
        values = symptoms.values(m, *cohort[m])
        if pool is not None and acute is not None and peaks is not None:
            given = pool[m, person], acute[m, person], peaks[m, person]
        else:
            course = symptoms.comparator_course(m, comparator, indication, times) if comparator else 0.0
            # the course of a comparator is in SD already: it takes the place of w_P P / P_ref
            ratio = values["depression_ratio"] if instrument.domain is Domain.DEPRESSION else 1.0
            values |= {"w_P": 1.0 / np.asarray(ratio), "P_ref": 1.0, "benefit_factor": 1.0}
            given = zeros + course, zeros, np.zeros((size, len(sessions)))
        replicate = sample * clinic.draws + m
        result = simulate_scores(
            times_h=times,
            pool=given[0],
            acute=given[1],
            dissociation_by_session=given[2],
            session_times_h=sessions,
            indication=people,
            instruments=(scale,),
            setting=setting,
            design=design,
            values=values,
            draws=draws_of(clinic.seed, replicate, size, (scale,), len(times)),
            world=world,
        )[scale]
        before[m], readings[m] = result.baseline_observed, result.observed
    return ScoresOfArm(instrument, indication, times, before, readings, tuple(flags))


def draws_of(seed: int, replicate: int, people: int, instruments: Sequence[str], times: int) -> Draws:
    """Draws of a sample of people; `replicate` is its number."""
    return Draws(
        normals(seed, "symptoms", replicate, range(people), len(COLUMNS)),
        {name: normals(seed, f"symptoms-{name}", replicate, range(people), times) for name in instruments},
    )


def with_printed_baseline(people: Indication, scale: str, mean: float, sd: float | None) -> Indication:
    """The population of a trial that prints its baseline: its moments hold after the choice of people.

    Where the printed moments are none that the scale can have, the population stays as it is.
    """
    own = people.scale(scale)
    low, high = own.instrument.low, own.instrument.high
    if not low < mean < high:
        return people
    room = ((mean - low) * (high - mean)) ** 0.5
    spread = min(sd if sd else own.sd, 0.8 * room)
    return people.with_entry(None).with_baseline(scale, mean, spread)


class SymptomDoubt:
    """Draws of the parameters of symptoms that belong to the draws of a clinic."""

    def __init__(self, clinic: VirtualClinic) -> None:
        self._clinic = clinic

    @cached_property
    def _relief(self) -> Floats:
        return self._clinic.doubt.of("symptom-uncertainty", tuple(relief_parameters().uncertain))

    @cached_property
    def _population(self) -> Floats:
        return self._clinic.doubt.of("population-uncertainty", tuple(population_parameters().uncertain))

    @cached_property
    def _comparators(self) -> Floats:
        return self._clinic.doubt.of("comparator-uncertainty", tuple(comparator_parameters().uncertain))

    @cached_property
    def _effects(self) -> Mapping[str, Floats]:
        return self._clinic.effects.values_at(self._clinic.doubt.effect)

    def indication(self, draw: int, name: str) -> Indication:
        """The population of a draw."""
        return get_indication(name, self._population[draw])

    def values(self, draw: int, cohort: float = 0.0, trial: float = 0.0) -> dict[str, npt.ArrayLike]:
        """Parameters of `simulate_scores` of a draw; `cohort` and `trial` are normal draws of their factors."""
        values: dict[str, npt.ArrayLike] = dict(default_values(self._relief[draw]))
        values["benefit_factor"] = benefit_of(np.asarray(cohort, float), values["omega_cohort"])
        values["placebo_factor"] = benefit_of(np.asarray(trial, float), values["omega_trial"])
        values |= {name: float(self._effects[name][draw]) for name in ("w_P", "w_A")}
        values["P_ref"] = float(self._clinic.reference_pool[draw])
        return values

    def comparator_course(self, draw: int, treatment: str, indication: str, times_h: Floats) -> Floats:
        """f8[times]: what a comparator adds to its control, SD of the score (see `symptoms.comparators`)."""
        table = comparator_parameters().values_at(self._comparators[draw])
        own = f"{treatment}, {indication}: difference"
        size = table[own if own in table else f"{treatment}: difference"]
        half_life = table[f"{treatment}: half-life"]
        return np.asarray(size * -np.expm1(-np.log(2.0) * np.maximum(times_h, 0.0) / half_life), float)
