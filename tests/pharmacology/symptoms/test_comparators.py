"""Other treatments on the same axis, with the evidence for each."""

import numpy as np
import pytest
from tests.pharmacology.symptoms.people import draws, scores

from ataraxy.errors import InputError
from ataraxy.pharmacology.symptoms import comparator_course
from ataraxy.pharmacology.symptoms.comparators import NAMES

DAY, WEEK = 24.0, 168.0


def fall(treatment: str, hours: float, indication: str = "GAD", scale: str = "HAM-A") -> float:
    return float(comparator_course(treatment, indication, scale, [hours]).fall_sd[0, 0])


@pytest.mark.parametrize("name", NAMES)
def test_every_course_begins_at_nothing_and_carries_its_evidence(name: str) -> None:
    course = comparator_course(name, "PTSD", "CAPS-5", [0.0, WEEK])
    assert course.fall_sd[0, 0] == 0.0
    assert course.caution
    assert len(course.evidence) >= 2
    assert all(p.source.citation for p in course.evidence)


def test_an_ssri_takes_weeks_for_what_it_adds_to_placebo() -> None:
    gain = [fall("SSRI/SNRI", t) - fall("placebo", t) for t in (DAY, 8 * WEEK)]
    assert gain[0] < 0.1 * gain[1]


def test_an_ssri_adds_to_placebo_what_the_trials_printed() -> None:
    """HAM-A -2.45 to -3.13 points in a network of 89 trials, at 8 weeks of 4 to 26."""
    points = [comparator_course(t, "GAD", "HAM-A", [8 * WEEK]).score[0, 0] for t in ("placebo", "SSRI/SNRI")]
    assert 1.8 < points[0] - points[1] < 3.2


def test_placebo_falls_by_what_its_trial_printed() -> None:
    course = comparator_course("placebo", "GAD", "HAM-A", [0.0, 8 * WEEK])
    assert course.score[0, 0] - course.score[0, 1] == pytest.approx(7.4 - 0.6, abs=0.6)


def test_psychotherapy_is_slower_than_a_drug_and_reaches_as_far() -> None:
    assert fall("psychotherapy", 2 * WEEK) < fall("SSRI/SNRI", 2 * WEEK) + 0.1
    assert fall("psychotherapy", 26 * WEEK) > fall("SSRI/SNRI", 26 * WEEK)


def test_one_midazolam_infusion_is_fast_and_fades() -> None:
    gain = [fall("midazolam", t) - fall("placebo", t) for t in (DAY, 8 * WEEK)]
    assert gain[0] > 0.1
    assert gain[1] < 0.1 * gain[0]


def test_uncertainty_widens_a_course_around_its_value() -> None:
    z = np.random.default_rng(0).standard_normal((400, 6))
    drawn = comparator_course("SSRI/SNRI", "GAD", "HAM-A", [8 * WEEK], draws=z).fall_sd[:, 0]
    low, high = np.quantile(drawn, [0.05, 0.95])
    assert low < fall("SSRI/SNRI", 8 * WEEK) < high
    assert high - low > 0.3


def test_routine_care_of_veterans_falls_several_times_less_on_placebo() -> None:
    civilian = comparator_course("placebo", "PTSD", "CAPS-5", [12 * WEEK])
    veterans = comparator_course("placebo", "PTSD", "CAPS-5", [12 * WEEK], setting="routine_veteran_care")
    assert civilian.fall_sd[0, 0] > 3.0 * veterans.fall_sd[0, 0]


@pytest.mark.parametrize("scale", ["HAM-A", "GAD-7"])
def test_a_course_begins_at_the_mean_of_those_who_enter(scale: str) -> None:
    who = draws(5_000, 1)
    people = scores([0.0], who, scale)[scale].baseline_true
    begin = comparator_course("placebo", "GAD", scale, [0.0]).score[0, 0]
    assert begin == pytest.approx(people.mean(), abs=0.25)


def test_unknown_treatments_and_draws_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="psychotherapy"):
        comparator_course("yoga", "GAD", "HAM-A", [0.0])
    with pytest.raises(InputError) as refused:
        comparator_course("placebo", "GAD", "HAM-A", [0.0], draws=np.zeros((2, 3)))
    assert refused.value.code == "symptoms.comparator"
    with pytest.raises(InputError) as refused:
        comparator_course("placebo", "GAD", "HAM-A", [0.0], setting="moon")
    assert refused.value.code == "symptoms.setting"
