"""Samples of people on the drives of a clinic."""

import numpy as np
import pytest

from ataraxy.pharmacology.effects.reference_arms import infusion
from ataraxy.pharmacology.symptoms import Design, get_indication
from ataraxy.trials.clinic import VirtualClinic
from ataraxy.trials.interval import Interval
from ataraxy.trials.scores import Sample, read_scores, with_printed_baseline

TIMES = [2.0, 24.0, 168.0]


def scores(clinic, dose, *, design, people=40, world="published", number=0, comparator="", cohort=""):
    sample = Sample(people, "GAD", "civilian_trial", design, cohort, number, world)
    drives = clinic.treat(tuple(infusion(dose)), TIMES) if dose else None
    return read_scores(clinic, sample, "HAM-A", TIMES, drives=drives, comparator=comparator)


def test_in_the_null_world_a_dose_that_nobody_feels_changes_nothing(clinic):
    asleep = Design.under_anaesthesia()
    small = scores(clinic, 0.1, design=asleep, world="null")
    large = scores(clinic, 1.0, design=asleep, world="null")
    np.testing.assert_array_equal(small.readings, large.readings)


def test_in_the_null_world_a_dose_acts_through_what_is_felt_alone(clinic):
    masked = Design.saline_controlled()
    small = scores(clinic, 0.1, design=masked, world="null")
    large = scores(clinic, 1.0, design=masked, world="null")
    assert np.all(large.change([24.0]) <= small.change([24.0]))
    assert large.change([24.0]).mean() < small.change([24.0]).mean()


def test_in_the_published_world_more_drug_relieves_more_even_where_nothing_is_felt(clinic):
    asleep = Design.under_anaesthesia()
    small, large = (scores(clinic, dose, design=asleep) for dose in (0.1, 1.0))
    assert np.all(large.change([24.0]) < small.change([24.0]))


def test_an_antidepressant_needs_weeks_and_does_nothing_in_the_null_world(clinic):
    masked = Design.saline_controlled(control=True)
    drug = scores(clinic, 0.0, design=masked, comparator="SSRI/SNRI")
    placebo = scores(clinic, 0.0, design=masked)
    gained = [float((drug.change([t]) - placebo.change([t])).mean()) for t in TIMES]
    assert 0.0 > gained[0] > gained[1] > gained[2]
    null = scores(clinic, 0.0, design=masked, comparator="SSRI/SNRI", world="null")
    np.testing.assert_array_equal(null.readings, scores(clinic, 0.0, design=masked, world="null").readings)


def test_equal_sample_numbers_are_the_same_people_and_others_are_not(clinic):
    first, same, other = (
        scores(clinic, 0.5, design=Design.open_label(), number=number) for number in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.readings, same.readings)
    assert not np.array_equal(first.baseline, other.baseline)


def test_the_mean_of_few_people_is_less_certain_than_that_of_many():
    clinic = VirtualClinic.open(draws=40, people=2, seed=5)
    few, many = (
        Interval.sure(
            scores(clinic, 0.0, design=Design.saline_controlled(control=True), people=n).mean([24.0])
        )
        for n in (4, 200)
    )
    assert few.width > 1.5 * many.width


def test_more_draws_do_not_move_a_median_wildly():
    few, many = (
        Interval.sure(
            scores(VirtualClinic.open(draws=n, people=3, seed=7), 0.5, design=Design.open_label()).change(
                [24.0]
            )
        )
        for n in (15, 60)
    )
    assert abs(few.median - many.median) < many.width / 3.0


def test_the_cohort_is_the_same_for_all_arms_of_a_trial_and_another_for_another(clinic):
    one, other = (scores(clinic, 0.5, design=Design.open_label(), cohort=name) for name in ("a", "b"))
    again = scores(clinic, 0.5, design=Design.open_label(), cohort="a")
    np.testing.assert_array_equal(one.readings, again.readings)
    assert not np.array_equal(one.change([24.0]), other.change([24.0]))


def test_a_printed_baseline_is_met(clinic):
    sample = Sample(300, "GAD", "open_label", Design.open_label(), baseline=(30.0, 4.0))
    found = read_scores(clinic, sample, "HAM-A", [24.0], drives=clinic.treat(tuple(infusion(0.5)), [24.0]))
    assert found.baseline.mean() == pytest.approx(30.0, abs=0.5)
    assert found.baseline.std() == pytest.approx(4.0, abs=0.5)


def test_a_printed_baseline_that_the_scale_cannot_have_is_left_aside():
    people = get_indication("GAD")
    assert with_printed_baseline(people, "HAM-A", 70.0, 4.0) is people


def test_one_draw_is_the_parameters_as_they_stand():
    clinic = VirtualClinic.open(draws=1, people=2, seed=1)
    assert not clinic.doubt.effect.any()
    assert clinic.doubt.source == "parameters as they stand"
