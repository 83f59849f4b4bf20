"""Response, remission, relief that matters, hours until then and until it is lost."""

import numpy as np
import pytest

from ataraxy.errors import InputError
from ataraxy.pharmacology.symptoms import (
    get_indication,
    get_instrument,
    hazard,
    hours_to,
    hours_to_loss,
    hours_to_relapse,
    relieved,
    remits,
    responds,
    share_at,
)

TIMES = np.array([0.0, 1.0, 2.0, 4.0, 24.0])


def test_a_response_is_half_of_the_baseline_or_the_scale_s_own_rule() -> None:
    baseline = np.array([40.0])
    fall_30 = np.array([[28.0]])
    assert not responds(fall_30, baseline, get_instrument("HAM-A"))[0, 0]
    assert responds(fall_30, baseline, get_instrument("CAPS-5"))[0, 0]
    assert responds(np.array([[20.0]]), baseline, get_instrument("HAM-A"))[0, 0]
    assert responds(fall_30, baseline, get_instrument("HAM-A"), share=0.3)[0, 0]


def test_a_scale_that_begins_above_0_counts_from_its_lowest_score() -> None:
    assert responds(np.array([[42.0]]), np.array([67.0]), get_instrument("PCL-IV"), share=0.5)[0, 0]
    assert not responds(np.array([[43.0]]), np.array([67.0]), get_instrument("PCL-IV"), share=0.5)[0, 0]


def test_remission_is_at_most_the_published_score() -> None:
    scores = np.array([[7.0, 7.1, 0.0]])
    np.testing.assert_array_equal(remits(scores, get_instrument("HAM-A")), [[True, False, True]])


def test_relief_that_matters_is_the_smallest_important_fall() -> None:
    scores = np.array([[16.0, 12.0, 11.9]])
    np.testing.assert_array_equal(
        relieved(scores, np.array([16.0]), get_instrument("GAD-7")), [[False, True, True]]
    )


def test_a_scale_without_a_published_rule_asks_for_one() -> None:
    with pytest.raises(InputError) as refused:
        remits(np.zeros((1, 1)), get_instrument("VAS-anxiety"))
    assert refused.value.code == "symptoms.rule"


def test_hours_to_relief_are_those_of_the_first_time() -> None:
    reached = np.array([[0, 0, 1, 0, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
    np.testing.assert_array_equal(hours_to(TIMES, reached), [2.0, np.inf, 0.0])


def test_relief_that_must_hold_begins_with_the_time_from_which_it_held() -> None:
    reached = np.array([[0, 1, 0, 1, 1], [0, 1, 1, 1, 0], [0, 0, 0, 0, 1]], bool)
    np.testing.assert_array_equal(hours_to(TIMES, reached, held_h=3.0), [4.0, 1.0, np.inf])


def test_hours_to_loss_count_from_the_start_of_the_response() -> None:
    holds = np.array([[0, 1, 1, 0, 1], [0, 1, 1, 1, 1], [0, 0, 1, 1, 1]], bool)
    np.testing.assert_array_equal(hours_to_loss(TIMES, holds, 1.0), [3.0, np.inf, np.nan])


def test_shares_are_of_all_people() -> None:
    holds = np.array([[0, 1, 1, 0, 1], [0, 0, 1, 1, 1]], bool)
    np.testing.assert_array_equal(share_at(TIMES, holds, [1.0, 2.0, 24.0]), [0.5, 1.0, 1.0])
    with pytest.raises(InputError):
        share_at(TIMES, holds, [3.0])


@pytest.mark.parametrize(("name", "days"), [("TRD", 18.0), ("PTSD", 27.5)])
def test_half_have_lost_their_response_after_the_published_median(name: str, days: float) -> None:
    """V16, at an unchanged score."""
    times = np.linspace(0.0, 400 * 24.0, 4_001)
    flat = np.full((1, len(times)), 12.0)
    rates = hazard(flat, [12.0], h0=get_indication(name).hazard_per_h, gamma_y=0.02)
    hours = hours_to_relapse(times, rates, 0.0, np.zeros(1))
    assert hours[0] / 24.0 == pytest.approx(days, rel=0.01)


def test_a_score_that_climbs_brings_relapse_forward() -> None:
    times = np.linspace(0.0, 2_000.0, 401)
    flat = np.full(len(times), 10.0)
    both = np.stack([flat, flat + times / 100.0])
    rates = hazard(both, [10.0, 10.0], h0=0.001, gamma_y=0.1)
    hours = hours_to_relapse(times, rates, 0.0, np.zeros(2))
    assert hours[1] < hours[0]


def test_relapse_times_are_exponential_at_an_unchanged_score() -> None:
    draws = np.random.default_rng(1).standard_normal(5_000)
    times = np.linspace(0.0, 20_000.0, 201)
    hours = hours_to_relapse(times, np.full((5_000, 201), 0.001), 100.0, draws)
    assert hours.mean() == pytest.approx(1_000.0, rel=0.05)


def test_who_never_responded_has_nothing_to_lose() -> None:
    assert np.isnan(hours_to_relapse(TIMES, np.full((1, 5), 0.1), np.nan, np.zeros(1))[0])
    assert np.isposinf(hours_to_relapse(TIMES, np.full((1, 5), 1e-9), 0.0, np.zeros(1))[0])
