"""Courses of other treatments on the same axes: placebo, midazolam, SSRI or SNRI, psychotherapy.

A treatment adds D (1 - 2^(-t/half-life)) to the course of its control, in standard deviations of the score, as the
model-based meta-analysis of HAM-A in GAD found drug and placebo to add up; what one infusion of midazolam adds fades.
These are means of groups, from the literature, not simulated people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from ataraxy.errors import InputError
from ataraxy.pharmacology.parameters import Parameter, ParameterTable, load_parameters
from ataraxy.pharmacology.symptoms.expectancy import slow_placebo
from ataraxy.pharmacology.symptoms.indication import Indication, get_indication, population_parameters
from ataraxy.pharmacology.symptoms.instrument import Domain
from ataraxy.pharmacology.symptoms.relief import relief_parameters, setting_factor

Floats = npt.NDArray[np.float64]

NAMES: Final = ("placebo", "midazolam", "SSRI/SNRI", "psychotherapy")
_FILE: Final = Path(__file__).parent / "comparators.yaml"
_GROUPS: Final = ("placebo", "ks", "difference", "half-life", "setting", "fading")


@dataclass(frozen=True, eq=False)
class ComparatorCourse:
    """The mean course of a treatment.

    Attributes:
        treatment: one of `NAMES`.
        instrument: the scale.
        times_h: f8[times].
        fall_sd: mean fall from baseline, SD of the score, f8[draws, times]; one row without draws.
        score: mean score of those who enter, points, f8[draws, times].
        evidence: the numbers behind it, each with source and status.
        caution: what a reader must know.
    """

    treatment: str
    instrument: str
    times_h: Floats
    fall_sd: Floats
    score: Floats
    evidence: tuple[Parameter, ...]
    caution: str


@cache
def comparator_parameters() -> ParameterTable:
    """All numbers of comparators."""
    return load_parameters(_FILE)


def comparator_course(
    treatment: str,
    indication: str | Indication,
    instrument: str,
    times_h: npt.ArrayLike,
    *,
    setting: str = "civilian_trial",
    draws: npt.ArrayLike | None = None,
) -> ComparatorCourse:
    """The mean course of a comparator on a scale.

    Args:
        treatment: one of `NAMES`.
        indication: its name, or a population.
        instrument: name of a scale of that population.
        times_h: f8[times], hours from the start of treatment.
        setting: of the placebo change.
        draws: standard-normal draws of uncertainty, f8[n, 6], in the order plateau of placebo, ks, difference,
            half-life, setting, fading; None for the values as they stand.

    Raises:
        InputError: a name is not known, or the draws have another shape.
    """
    if treatment not in NAMES:
        raise _bad(f"there is no comparator {treatment!r}", f"Use one of {', '.join(NAMES)}")
    people = get_indication(indication) if isinstance(indication, str) else indication
    scale = people.scale(instrument)
    times = np.asarray(times_h, float)
    z = np.zeros((1, len(_GROUPS))) if draws is None else np.asarray(draws, float)
    if z.ndim != 2 or z.shape[1] != len(_GROUPS):
        raise _bad(f"draws have shape {z.shape}", f"Give n rows of {', '.join(_GROUPS)}")
    relief = relief_parameters()
    plateau = _plateau(people, instrument)
    ks = relief["ks"]
    # a setting other than the civilian trial scales the placebo change, with an uncertainty of its own
    own = None if setting == "civilian_trial" else f"setting_{setting}"
    factor = setting_factor(setting, {own: relief[own].at(z[:, 4])} if own in relief else {}) if own else 1.0
    evidence = [plateau, ks, *([relief[own]] if own else [])]
    fall = slow_placebo(times, plateau.at(z[:, 0]) * factor, ks.at(z[:, 1]))
    if treatment != "placebo":
        difference, half_life = _gain(treatment, people.name)
        size, hours = difference.at(z[:, 2]), half_life.at(z[:, 3])
        since = np.maximum(times, 0.0)
        gain = size[:, None] * (1.0 - np.exp2(-since / hours[:, None]))
        evidence += [difference, half_life]
        if treatment == "midazolam":
            fading = comparator_parameters()["midazolam: fading"]
            gain = gain * np.exp2(-since / fading.at(z[:, 5])[:, None])
            evidence += [fading]
        depressive = scale.instrument.domain is Domain.DEPRESSION
        spread = relief["trial_sd_depression" if depressive else "trial_sd_anxiety"]
        fall = fall + spread.inner_value * gain
        evidence += [spread]
    centre, spread_of_people = _entrants(people, instrument)
    score = scale.link.mean_score(centre - fall, spread_of_people)
    return ComparatorCourse(treatment, instrument, times, fall, score, tuple(evidence), CAUTIONS[treatment])


CAUTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "placebo": "Civilian trials and routine care differ several-fold; regression to the mean comes on top.",
        "midazolam": "One infusion; known at day 1 in depression only, assumed in anxiety and PTSD.",
        "SSRI/SNRI": "Means of trials in people who are not resistant; published sizes exceed the FDA's by 15%.",
        "psychotherapy": "Over psychological or pill placebo, of trials with waiting lists left out.",
    }
)


def _gain(treatment: str, indication: str) -> tuple[Parameter, Parameter]:
    table = comparator_parameters()
    own = f"{treatment}, {indication}: difference"
    return table[own if own in table else f"{treatment}: difference"], table[f"{treatment}: half-life"]


def _plateau(people: Indication, instrument: str) -> Parameter:
    table = population_parameters()
    for scale in (instrument, people.main.instrument.name):
        name = f"{people.name}, {scale}: placebo"
        if name in table:
            return table[name]
    return relief_parameters()["placebo_other"]


def _entrants(people: Indication, instrument: str) -> tuple[float, float]:
    """Mean and SD of severity on a scale of those who enter, without the error that helped them in."""
    scale = people.scale(instrument)
    if people.entry is None:
        return 0.0, scale.instrument.reliability**0.5
    least = float(people.scale(people.entry.instrument).link.severity(people.entry.minimum))
    # mean and variance of a standard normal above `least`: density over upper tail
    excess = float(np.exp(-(least**2) / 2.0 - log_ndtr(-least)) / np.sqrt(2.0 * np.pi))
    variance = 1.0 + least * excess - excess**2
    shared = people.correlation(people.entry.instrument, instrument)
    return shared * excess, float((scale.instrument.reliability - shared**2 * (1.0 - variance)) ** 0.5)


def _bad(message: str, remedy: str) -> InputError:
    return InputError(message, code="symptoms.comparator", remedy=remedy, where="comparators")
