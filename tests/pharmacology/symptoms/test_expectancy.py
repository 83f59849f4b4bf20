"""Belief follows what is felt, unless the design decides it; it relieves fast and fades; placebo is slow."""

import numpy as np
import pytest

from ataraxy.errors import InputError
from ataraxy.pharmacology.symptoms import Design, default_values
from ataraxy.pharmacology.symptoms.expectancy import (
    believes,
    expectancy,
    probability_of_belief,
    slow_placebo,
)

GUESS = {k: v for k, v in default_values().items() if k.startswith("guess_")}
FELT = np.array([0.0, 0.2, 0.4, 0.9])


def test_the_more_is_felt_the_more_people_believe() -> None:
    p = probability_of_belief(FELT, Design.saline_controlled(), **GUESS)
    assert p[0] == pytest.approx(0.15)
    assert np.all(np.diff(p) > 0.0)


def test_midazolam_convinces_more_than_saline_and_no_less_than_the_drug_by_default() -> None:
    saline = probability_of_belief([0.0], Design.saline_controlled(control=True), **GUESS)
    midazolam = probability_of_belief([0.0], Design.midazolam_controlled(control=True), **GUESS)
    assert saline[0] < 0.3 < 0.7 < midazolam[0]


def test_the_drug_is_felt_alike_beside_either_control() -> None:
    """Ketamine arms did not differ by control (Wilkinson 2019)."""
    a = probability_of_belief(FELT, Design.saline_controlled(), **GUESS)
    b = probability_of_belief(FELT, Design.midazolam_controlled(), **GUESS)
    np.testing.assert_array_equal(a, b)


def test_people_who_are_told_know() -> None:
    np.testing.assert_array_equal(probability_of_belief(FELT, Design.open_label(), **GUESS), 1.0)
    told = Design(masked=False, control=True)
    np.testing.assert_array_equal(probability_of_belief(FELT, told, **GUESS), 0.0)


@pytest.mark.parametrize("design", [Design.under_anaesthesia(), Design(guess=0.3)])
def test_where_nothing_is_felt_the_dose_does_not_matter(design: Design) -> None:
    p = probability_of_belief(FELT, design, **GUESS)
    assert np.ptp(p) == 0.0


def test_a_chance_outside_0_to_1_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        Design(guess=1.2)
    assert refused.value.code == "symptoms.guess"


def test_the_share_who_believe_is_the_chance() -> None:
    draw = np.random.default_rng(0).standard_normal(20_000)
    assert believes(np.full((20_000, 1), 0.3), draw).mean() == pytest.approx(0.3, abs=0.015)


def test_expectancy_after_one_session_has_its_closed_form() -> None:
    t = np.array([-5.0, 0.0, 1.0, 24.0, 24.0 * 7])
    e = expectancy(t, np.array([0.0]), [[1.0]], size=0.5, kf=0.7, half_life_h=168.0)[0]
    np.testing.assert_allclose(
        e, [0, 0, *(0.5 * (1 - np.exp(-0.7 * t[2:])) * 2 ** (-t[2:] / 168))], rtol=1e-12
    )


def test_belief_that_comes_later_relieves_from_then_on() -> None:
    t = np.array([10.0, 48.0, 49.0, 200.0])
    sessions = np.array([0.0, 48.0])
    late = expectancy(t, sessions, [[0.0, 1.0]], size=1.0, kf=2.0, half_life_h=1e9)[0]
    np.testing.assert_allclose(late, [0.0, 0.0, 1 - np.exp(-2.0), 1.0], rtol=1e-6)


def test_belief_is_kept_and_renewed_by_a_session_that_is_not_felt() -> None:
    t = np.array([47.0, 49.0])
    sessions = np.array([0.0, 48.0])
    kept = expectancy(t, sessions, [[1.0, 0.0]], size=1.0, kf=50.0, half_life_h=24.0)[0]
    assert kept[1] > 0.95 > kept[0]


def test_without_sessions_there_is_nothing_to_believe_in() -> None:
    e = expectancy(np.array([0.0, 5.0]), np.array([]), np.zeros((3, 0)), size=1.0, kf=1.0, half_life_h=9.0)
    np.testing.assert_array_equal(e, np.zeros((3, 2)))


def test_nine_tenths_of_the_slow_change_come_in_six_and_a_half_weeks() -> None:
    """V17, the time constant that was fitted to 22 studies."""
    ks = default_values()["ks"]
    assert slow_placebo(np.array([6.5 * 7 * 24]), 1.0, ks)[0, 0] == pytest.approx(0.9, abs=0.005)
