"""What sets of parameters predict for the targets: means over people, with the error that a trial would have.

The equations are those of the virtual arms (`simulate_scores` on the drives of a clinic). Chance is taken out: instead
of a fresh sample for each set there is one evenly spread group of people, and what a trial's size, cohort and placebo
response add by chance is a variance beside the mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import qmc

from ataraxy.calibration.courses import Courses
from ataraxy.calibration.fitted import AFTER_COURSES, COMPARATORS, EFFECTS, POPULATION, RELIEF
from ataraxy.calibration.target import RatedArm, Target
from ataraxy.engine.random import uniforms
from ataraxy.evidence.responders import Rule
from ataraxy.pharmacology.symptoms import (
    COLUMNS,
    Draws,
    Indication,
    get_indication,
    population_parameters,
    relief_parameters,
    simulate_scores,
)
from ataraxy.pharmacology.symptoms.comparators import comparator_parameters
from ataraxy.pharmacology.symptoms.instrument import Domain, get_instrument
from ataraxy.trials.circumstances import design_of
from ataraxy.trials.response import responders
from ataraxy.trials.scores import with_printed_baseline

Floats = npt.NDArray[np.float64]

# People in whom means are taken; a power of two, as the points that they come from are evenly spread in such numbers.
PEOPLE: Final = 32
# People in whom the slopes on what cohorts differ by are taken.
SLOPE_PEOPLE: Final = 16
NUDGE: Final = 0.4
MOST_TIMES: Final = 32
# Sets that are read at once; more need memory and save nothing.
CHUNK: Final = 500


@dataclass(frozen=True, eq=False)
class Readings:
    """One arm on one scale in many sets.

    Attributes:
        before: f8[sets, people].
        after: f8[sets, people, times].
        times_h: f8[times].
    """

    before: Floats
    after: Floats
    times_h: Floats

    def at(self, time_h: float) -> Floats:
        """f8[sets, people]; the baseline at or before zero."""
        if time_h <= 0.0:
            return self.before
        return np.asarray(self.after[:, :, int(np.argmin(np.abs(self.times_h - time_h)))])

    def of_first(self, people: int) -> Readings:
        """The readings of the first people, who are spread as evenly as all are."""
        return Readings(self.before[:, :people], self.after[:, :people], self.times_h)

    def mean(self, times_h: Sequence[float]) -> Floats:
        """f8[sets, people]: of each person, over times."""
        return np.asarray(np.mean([self.at(t) for t in times_h], axis=0))


@dataclass(frozen=True, eq=False)
class Prediction:
    """Of targets in many sets.

    Attributes:
        mean: f8[sets, targets].
        error: f8[sets, targets], standard error of a result of so many people.
        by_cohort: f8[sets, targets], change when a cohort gains one standard deviation more of the drug.
        by_trial: f8[sets, targets], the same for the slow change on placebo.
    """

    mean: Floats
    error: Floats
    by_cohort: Floats
    by_trial: Floats


def predict(
    z: Floats, targets: Sequence[Target], arms: Sequence[RatedArm], courses: Courses, seed: int
) -> Prediction:
    """What sets of coordinates predict.

    Args:
        z: f8[sets, COORDINATES].
        targets: numbers to predict.
        arms: that they name.
        courses: solved beforehand.
        seed: of the people.
    """
    parts = [_chunk(z[k : k + CHUNK], targets, arms, courses, seed) for k in range(0, max(len(z), 1), CHUNK)]
    return Prediction(
        *(
            np.concatenate([getattr(p, name) for p in parts])
            for name in ("mean", "error", "by_cohort", "by_trial")
        )
    )


def _chunk(
    z: Floats, targets: Sequence[Target], arms: Sequence[RatedArm], courses: Courses, seed: int
) -> Prediction:
    values = Values(z, courses)
    mean, error = np.empty((2, len(z), len(targets)))
    slopes = np.zeros((2, len(z), len(targets)))
    for study in dict.fromkeys(t.study for t in targets):
        places = [k for k, t in enumerate(targets) if t.study == study]
        used = sorted({a for k in places for a in (*targets[k].first, *targets[k].second)})
        plain = {a: read_arm(arms[a], values, seed, PEOPLE) for a in used}
        few = {a: r.of_first(SLOPE_PEOPLE) for a, r in plain.items()}
        more = [
            {
                a: read_arm(arms[a], values, seed, SLOPE_PEOPLE, benefit_factor=1.0 + NUDGE)
                if arms[a].arm.is_ketamine
                else few[a]
                for a in used
            },
            {a: read_arm(arms[a], values, seed, SLOPE_PEOPLE, placebo_factor=1.0 + NUDGE) for a in used},
        ]
        for k in places:
            mean[:, k], error[:, k] = _number(targets[k], plain, arms)
            still = _number(targets[k], few, arms)[0]
            for way in (0, 1):
                slopes[way, :, k] = (_number(targets[k], more[way], arms)[0] - still) / NUDGE
    slopes[0] *= values.relief["omega_cohort"][:, None]
    slopes[1] *= values.relief["omega_trial"][:, None]
    return Prediction(mean, error, slopes[0], slopes[1])


class Values:
    """Parameters of sets, in inner units, f8[sets] each."""

    def __init__(self, z: Floats, courses: Courses) -> None:
        given = {name: z[:, 1 + k] for k, name in enumerate(AFTER_COURSES)}
        self.courses = courses
        self.places = courses.chosen(z[:, 0])
        effects, relief = courses.clinic.effects.parameters, relief_parameters()
        self.effects = {name: effects[name].at(given[name]) for name in EFFECTS}
        still = relief.values_at(None)
        self.relief: dict[str, Floats] = {
            name: relief[name].at(given[name]) if name in RELIEF else np.full(len(z), float(value))
            for name, value in still.items()
        }
        population, comparators = population_parameters(), comparator_parameters()
        self.plateaus = {name: population[name].at(given[name]) for name in POPULATION}
        self.comparators = {
            name: comparators[name].at(given[name])
            if name in COMPARATORS
            else np.full(len(z), comparators[name].inner_value)
            for name in comparators
        }

    def __len__(self) -> int:
        return len(self.places)


def read_arm(
    arm: RatedArm,
    values: Values,
    seed: int,
    people: int,
    *,
    benefit_factor: float = 1.0,
    placebo_factor: float = 1.0,
) -> Readings:
    """The readings of an arm in every set, without chance between arms."""
    times = np.array(arm.times_h)
    sets, n = len(values), len(values) * people
    population = get_indication(arm.indication)
    if arm.baseline is not None:
        population = with_printed_baseline(population, arm.scale, *arm.baseline)
    own = {name: np.repeat(column, people) for name, column in values.relief.items()}
    own |= {name: np.repeat(values.effects[name], people) for name in ("w_P", "w_A")}
    plateau = _plateau_of(population, arm.scale)
    if plateau in values.plateaus:
        own[f"placebo, {arm.scale}"] = np.repeat(values.plateaus[plateau], people)
    own["benefit_factor"], own["placebo_factor"] = np.full(n, benefit_factor), np.full(n, placebo_factor)
    sessions = np.array(arm.sessions_h)
    if arm.arm.is_ketamine:
        given = values.courses.regimen(arm.arm, arm.group, arm.times_h)
        person, of = np.arange(people) % given.pool.shape[1], values.effects
        pool = given.pool[values.places][:, person].reshape(n, -1)
        acute = given.acute(values.places, person, of["C50_acute"]).reshape(n, -1)
        felt = given.felt(values.places, person, of["C50"], of["dissociation_exponent"]).reshape(n, -1)
        own["P_ref"] = np.repeat(values.courses.reference_pool[values.places], people)
        sessions = given.starts_h
    else:
        gained = np.zeros((sets, len(times)))
        if arm.comparator:
            name = f"{arm.comparator}, {arm.indication}: difference"
            size = values.comparators[name if name in values.comparators else f"{arm.comparator}: difference"]
            half_life = values.comparators[f"{arm.comparator}: half-life"]
            gained = size[:, None] * -np.expm1(-np.log(2.0) * times / half_life[:, None])
        # the course of a comparator is in SD already: it takes the place of w_P P / P_ref
        ratio = (
            own["depression_ratio"] if get_instrument(arm.scale).domain is Domain.DEPRESSION else np.ones(n)
        )
        own |= {"w_P": 1.0 / ratio, "P_ref": np.ones(n), "benefit_factor": np.ones(n)}
        pool = np.repeat(gained, people, axis=0)
        acute, felt = np.zeros((n, len(times))), np.zeros((n, len(sessions)))
    result = simulate_scores(
        times_h=times,
        pool=pool,
        acute=acute,
        dissociation_by_session=felt,
        session_times_h=sessions,
        indication=population,
        instruments=(arm.scale,),
        setting=arm.setting,
        design=design_of(arm.trial, arm.arm),
        values=own,
        draws=_people(seed, people, sets, arm.scale, len(times)),
    )[arm.scale]
    return Readings(
        result.baseline_observed.reshape(sets, people), result.observed.reshape(sets, people, -1), times
    )


def _plateau_of(population: Indication, scale: str) -> str:
    own = f"{population.name}, {scale}: placebo"
    if population.scales[scale].placebo is not None:
        return own
    return f"{population.name}, {population.main.instrument.name}: placebo"


def _people(seed: int, people: int, sets: int, scale: str, times: int) -> Draws:
    dimensions = len(COLUMNS) + MOST_TIMES
    points = qmc.Sobol(dimensions, scramble=False).random(people)
    shift = uniforms(seed, "calibration-people", 0, [0], dimensions)
    normal = ndtri(np.clip((points + shift) % 1.0, 1e-9, 1.0 - 1e-9))
    person = np.tile(normal[:, : len(COLUMNS)], (sets, 1))
    noise = np.tile(normal[:, len(COLUMNS) : len(COLUMNS) + times], (sets, 1))
    return Draws(person, {scale: noise})


def _number(target: Target, readings: dict[int, Readings], arms: Sequence[RatedArm]) -> tuple[Floats, Floats]:
    """f8[sets] twice: what the target would be, and the standard error that so many people give it."""
    first = [(readings[a], arms[a].people) for a in target.first]
    second = [(readings[a], arms[a].people) for a in target.second]
    size = sum(n for _, n in first)
    if target.kind == "responders":
        assert target.rule is not None
        rule = target.rule
        share = _pooled([(_share(r, rule, target.times_h), n) for r, n in first])
        likely = (share * size + 0.5) / (size + 1.0)
        return 100.0 * share, 100.0 * np.sqrt(likely * (1.0 - likely) / size)
    changes = [(r.mean(target.times_h) - r.at(target.from_h), n) for r, n in first]
    change = _pooled([(c.mean(axis=1), n) for c, n in changes])
    error = _error(changes)
    if target.kind == "absolute":
        levels = [(r.mean(target.times_h), n) for r, n in first]
        return _pooled([(_middle(x, target.median), n) for x, n in levels]), _error(levels)
    if target.kind == "percent_change":
        before = _pooled([(r.at(target.from_h).mean(axis=1), n) for r, n in first])
        return 100.0 * change / before, 100.0 * error / before
    if target.kind == "change" and not second:
        return _pooled([(_middle(c, target.median), n) for c, n in changes]), error
    if not second:  # an effect size of one arm: over the SD of its baseline
        spread = _pooled([(r.at(0.0).std(axis=1, ddof=1), n) for r, n in first])
        size_of = change / spread
        return size_of, np.sqrt((error / spread) ** 2 + size_of**2 / (2.0 * size))
    others = [(r.mean(target.times_h) - r.at(target.from_h), n) for r, n in second]
    difference = change - _pooled([(c.mean(axis=1), n) for c, n in others])
    error = np.hypot(error, _error(others))
    if target.kind == "difference":
        return difference, error
    late = target.times_h[-1]
    variances = [r.at(late).var(axis=1, ddof=1) for r, _ in (*first, *second)]
    spread = np.sqrt(np.mean(variances, axis=0))
    effect = difference / spread
    everybody = size + sum(n for _, n in second)
    return effect, np.sqrt((error / spread) ** 2 + effect**2 / (2.0 * everybody))


def _middle(values: Floats, median: bool) -> Floats:
    return np.asarray(np.median(values, axis=1) if median else values.mean(axis=1))


def _pooled(parts: Sequence[tuple[Floats, int]]) -> Floats:
    whole = sum(n for _, n in parts)
    return np.asarray(sum(values * (n / whole) for values, n in parts))


def _error(parts: Sequence[tuple[Floats, int]]) -> Floats:
    """f8[sets]: standard error of the pooled mean of values f8[sets, people]."""
    whole = sum(n for _, n in parts)
    parted = [values.var(axis=1, ddof=1) / n * (n / whole) ** 2 for values, n in parts]
    return np.asarray(np.sqrt(np.sum(parted, axis=0)))


def _share(readings: Readings, rule: Rule, times_h: Sequence[float]) -> Floats:
    met, counted = responders(rule, readings.before, [readings.at(t) for t in times_h])
    return np.asarray(met.sum(axis=1) / np.maximum(counted.sum(axis=1), 1))
