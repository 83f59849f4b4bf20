"""Scores of people on the drives of a clinic, for every draw of the parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ataraxy.engine.random import normals
from ataraxy.errors import InputError
from ataraxy.pharmacology.symptoms import (
    COLUMNS,
    Design,
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
from ataraxy.trials.clinic import Drives, VirtualClinic

Floats = npt.NDArray[np.float64]


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


@dataclass(frozen=True, slots=True)
class Sample:
    """Who is read, and how they are blinded.

    Attributes:
        people: how many, in each draw.
        indication: of the population.
        setting: a key of `symptoms.SETTINGS`.
        design: what they can know.
        cohort: name of the trial, which decides the draws of what cohorts and trials differ by; empty for the
            average cohort and trial.
        number: of the sample. Equal numbers are the same people.
        world: ``null`` takes every effect of drugs on symptoms away.
        baseline: printed mean and SD before treatment; None for those of the population.
        sessions_h: starts of the sessions of those who get no ketamine, so that what they believe is renewed as often.
    """

    people: int
    indication: str
    setting: str
    design: Design
    cohort: str = ""
    number: int = 0
    world: str = "published"
    baseline: tuple[float, float | None] | None = None
    sessions_h: tuple[float, ...] = (0.0,)


def read_scores(
    clinic: VirtualClinic,
    sample: Sample,
    scale: str,
    times_h: npt.ArrayLike,
    *,
    drives: Drives | None = None,
    comparator: str = "",
    true: bool = False,
    flags: Sequence[str] = (),
) -> ScoresOfArm:
    """Scores of a sample on one scale.

    Args:
        clinic: holds the parameters' draws.
        sample: who is read.
        scale: its name.
        times_h: increasing, above zero.
        drives: what ketamine does in the clinic's people, at these times among others; None where none is given.
        comparator: ``SSRI/SNRI`` or ``psychotherapy``, whose published course is then followed; empty for none.
        true: severity without the error of readings.
        flags: carried along.
    """
    times = np.asarray(times_h, float)
    instrument = get_instrument(scale)
    symptoms = SymptomDoubt(clinic)
    size = sample.people
    before = np.empty((clinic.draws, size))
    readings = np.empty((clinic.draws, size, len(times)))
    sessions = np.array(sample.sessions_h) if drives is None else drives.session_starts_h
    person = np.arange(size) % clinic.people
    zeros = np.zeros((size, len(times)))
    cohort = np.zeros((clinic.draws, 2))
    if sample.cohort:
        cohort = normals(clinic.seed, f"cohort {sample.cohort}", 0, range(clinic.draws), 2)
    given = None
    if drives is not None:
        given = drives.at("plastic_pool", times), drives.at("acute", times), drives.peaks("dissociation")
    for m in range(clinic.draws):
        people = symptoms.indication(m, sample.indication)
        if sample.baseline is not None:
            people = with_printed_baseline(people, scale, *sample.baseline)
        values = symptoms.values(m, *cohort[m])
        if given is not None:
            pool, acute, felt = (drive[m, person] for drive in given)
        else:
            gained = (
                symptoms.comparator_course(m, comparator, sample.indication, times) if comparator else 0.0
            )
            # the course of a comparator is in SD already: it takes the place of w_P P / P_ref
            ratio = values["depression_ratio"] if instrument.domain is Domain.DEPRESSION else 1.0
            values |= {"w_P": 1.0 / np.asarray(ratio), "P_ref": 1.0, "benefit_factor": 1.0}
            pool, acute, felt = zeros + gained, zeros, np.zeros((size, len(sessions)))
        result = simulate_scores(
            times_h=times,
            pool=pool,
            acute=acute,
            dissociation_by_session=felt,
            session_times_h=sessions,
            indication=people,
            instruments=(scale,),
            setting=sample.setting,
            design=sample.design,
            values=values,
            draws=draws_of(
                clinic.seed, clinic.replicate(m, sample.number), size, () if true else (scale,), len(times)
            ),
            world=sample.world,
        )[scale]
        before[m] = result.baseline_true if true else result.baseline_observed
        readings[m] = result.true if true else result.observed
    return ScoresOfArm(instrument, sample.indication, times, before, readings, tuple(flags))


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
