"""Scores on real scales, from the drives of the effect model to what a rater writes down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError
from ataraxy.pharmacology.symptoms.baseline import enter
from ataraxy.pharmacology.symptoms.draws import Draws
from ataraxy.pharmacology.symptoms.expectancy import (
    Design,
    believes,
    expectancy,
    probability_of_belief,
    slow_placebo,
)
from ataraxy.pharmacology.symptoms.indication import Indication, ScaleInPopulation, get_indication
from ataraxy.pharmacology.symptoms.instrument import Domain
from ataraxy.pharmacology.symptoms.relief import (
    WORLDS,
    benefit_of,
    drug_relief,
    relief_parameters,
    setting_factor,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEEDED = ("w_P", "w_A", "P_ref")
# Factors that a caller draws for a whole cohort or trial; 1 where none is given.
FACTORS = ("benefit_factor", "placebo_factor")


@dataclass(frozen=True, eq=False)
class ScoreCourse:
    """One scale in all people.

    Attributes:
        instrument: its name.
        baseline_true, baseline_observed: f8[people], points, before the first session.
        true, observed: f8[people, times], points; `observed` has the error of each reading.
        relief: f8[people, times], fall by the drug, SD of the score.
        expectancy: f8[people, times], fall by belief, SD of the score.
        placebo: f8[people, times], slow fall without drug, SD of the score; below 0 for people who get worse.
    """

    instrument: str
    baseline_true: Floats
    baseline_observed: Floats
    true: Floats
    observed: Floats
    relief: Floats
    expectancy: Floats
    placebo: Floats


@dataclass(frozen=True, eq=False)
class Scores(Mapping[str, ScoreCourse]):
    """Scores by name of the scale.

    Attributes:
        times_h: f8[times], hours from the start of the first session.
        courses: by name of the scale.
        belief: bool[people, sessions], who believed at each session that they had got the drug.
        probability_of_belief: f8[people, sessions].
        indication: the population with its entry criterion.
    """

    times_h: Floats
    courses: Mapping[str, ScoreCourse]
    belief: Bools
    probability_of_belief: Floats
    indication: Indication

    def __getitem__(self, name: str) -> ScoreCourse:
        return self.courses[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.courses)

    def __len__(self) -> int:
        return len(self.courses)


def default_values(theta: npt.ArrayLike | None = None) -> dict[str, Floats]:
    """Parameters of `simulate_scores` other than w_P, w_A and P_ref, in inner units.

    Args:
        theta: standard-normal draws of their uncertainty, columns as `relief_parameters().uncertain`; None for the
            values as they stand.
    """
    return relief_parameters().values_at(theta)


def simulate_scores(
    *,
    times_h: npt.ArrayLike,
    pool: npt.ArrayLike,
    acute: npt.ArrayLike,
    dissociation_by_session: npt.ArrayLike,
    session_times_h: npt.ArrayLike,
    indication: str | Indication,
    instruments: Sequence[str],
    setting: str = "civilian_trial",
    design: Design,
    values: Mapping[str, npt.ArrayLike],
    draws: Draws,
    world: str = "published",
) -> Scores:
    """Scores of people over a course of sessions, the same for the same draws.

    On each scale, in standard deviations of its score before entry,

        y(t) = y0 - trial_sd (benefit (w_P P/P_ref + w_A acute) + expectancy(t)) - placebo(t),

    carried to points by the scale's link. Effects are alike, in standard deviations, on all scales of anxiety and of
    trauma; depression takes w_P times ``depression_ratio`` and sizes of expectancy and of trial_sd of its own.

    Args:
        times_h: f8[times], hours from the start of the first session.
        pool, acute: outputs ``plastic_pool`` and ``acute`` of the effect model, f8[people, times]; zeros of a control.
        dissociation_by_session: largest ``dissociation`` (0 to 1) in each session, f8[people, sessions].
        session_times_h: f8[sessions], increasing.
        indication: its name, or a population with a baseline or entry of its own.
        instruments: names of the scales wanted.
        setting: ``civilian_trial``, ``open_label``, ``veteran_trial``, ``routine_veteran_care`` or ``untreated``.
        design: what people can know of their treatment.
        values: w_P, w_A and P_ref, numbers or f8[people]; and whatever is to differ from `default_values`, as well as
            ``benefit_factor`` (of a cohort, on relief by the drug) and ``placebo_factor`` (of a trial, on the plateau).
        draws: standard-normal draws of the people.
        world: ``null`` takes every effect of the drug on symptoms away; what is felt, and so belief, stays.

    Raises:
        InputError: a shape does not fit, a value is missing or not known, or a name is not known.
    """
    times = np.asarray(times_h, float)
    sessions = np.asarray(session_times_h, float)
    pools, acutes = np.asarray(pool, float), np.asarray(acute, float)
    felt = np.asarray(dissociation_by_session, float)
    n = len(draws)
    _shape("pool", pools, (n, len(times)))
    _shape("acute", acutes, (n, len(times)))
    _shape("dissociation_by_session", felt, (n, len(sessions)))
    if np.any(np.diff(sessions) <= 0.0):
        raise _bad("the times of sessions do not increase", "sessions", "Give them in order")
    if world not in WORLDS:
        raise _bad(f"there is no world {world!r}", "world", f"Use one of {', '.join(WORLDS)}")
    v = _complete(values)
    people = get_indication(indication) if isinstance(indication, str) else indication
    scales = [people.scale(name) for name in instruments]
    baseline = enter(people, draws)

    benefit = benefit_of(draws.column("benefit"), v["omega_benefit"]) * v["benefit_factor"]
    chance = probability_of_belief(
        felt,
        design,
        guess_unaffected=_beside(v["guess_unaffected"]),
        guess_slope=_beside(v["guess_slope"]),
        guess_midazolam=_beside(v["guess_midazolam"]),
        guess_masked=_beside(v["guess_masked"]),
    )
    belief = believes(chance, draws.column("guess"))
    factor = setting_factor(setting, v)
    courses = {}
    for scale in scales:
        name = scale.instrument.name
        depressive = scale.instrument.domain is Domain.DEPRESSION
        spread = v["trial_sd_depression" if depressive else "trial_sd_anxiety"]
        w_P = v["w_P"] * (v["depression_ratio"] if depressive else 1.0)
        relief = np.zeros((n, len(times)))
        if world != "null":
            relief = drug_relief(
                pools,
                acutes,
                w_P=w_P,
                w_A=v["w_A"],
                P_ref=v["P_ref"],
                trial_sd=spread,
                benefit=benefit,
            )
        fast = expectancy(
            times,
            sessions,
            belief,
            size=spread * v["expectancy_depression" if depressive else "expectancy_anxiety"],
            kf=v["kf"],
            half_life_h=v["expectancy_half_life"],
        )
        plateau = _plateau(scale, people, v) * factor * v["placebo_factor"]
        slow = slow_placebo(times, plateau - v["course_sd"] * draws.column("course"), v["ks"])
        severity = baseline.true[name][:, None] - relief - fast - slow
        error = scale.instrument.noise * draws.reading_noise(name, len(times))
        link = scale.link
        courses[name] = ScoreCourse(
            name,
            link.score(baseline.true[name]),
            link.score(baseline.observed[name]),
            link.score(severity),
            link.score(severity + error),
            relief,
            fast,
            slow,
        )
    return Scores(times, courses, belief, chance, people)


def _plateau(scale: ScaleInPopulation, people: Indication, v: Mapping[str, Floats]) -> Floats:
    own = v.get(f"placebo, {scale.instrument.name}")
    if own is not None:
        return own
    if scale.placebo is not None:
        return np.asarray(scale.placebo, float)
    # a scale without a control arm of its own takes the plateau of the indication's main scale
    main = people.main.placebo
    return v["placebo_other"] if main is None else np.asarray(main, float)


def _complete(values: Mapping[str, npt.ArrayLike]) -> dict[str, Floats]:
    missing = [name for name in NEEDED if name not in values]
    if missing:
        raise _bad(f"{missing[0]} is missing", "values", f"Give {', '.join(NEEDED)}")
    complete = default_values() | {name: np.asarray(1.0) for name in FACTORS}
    for name, value in values.items():
        if name not in complete and name not in NEEDED and not name.startswith("placebo, "):
            raise _bad(f"there is no parameter {name!r}", "values", f"Use {', '.join(complete)}")
        complete[name] = np.asarray(value, float)
    return complete


def _beside(value: Floats) -> Floats:
    return value[:, None] if value.ndim == 1 else value


def _shape(name: str, array: Floats, shape: tuple[int, int]) -> None:
    if array.shape != shape:
        raise _bad(
            f"{name} has shape {array.shape}, not {shape}", name, "Give people in rows, times in columns"
        )


def _bad(message: str, name: str, remedy: str) -> InputError:
    return InputError(message, code=f"symptoms.{name}", remedy=remedy, where="symptoms")
