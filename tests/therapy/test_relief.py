from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.therapy.session.visit import NINE

from ataraxy.therapy.relief import ReliefRule, time_to_relief

HALF = ReliefRule(instrument="HAM-A", kind="percent_fall", value=Decimal(50))


def scores(*pairs: tuple[float, float]) -> list[tuple[str, Any, Any]]:
    return [("HAM-A", total, NINE + timedelta(hours=hours)) for hours, total in pairs]


def test_relief_is_the_first_score_that_counts_and_lies_after_the_one_before() -> None:
    found = time_to_relief(scores((-24, 26), (-1, 24), (1, 20), (24, 12), (168, 6)), NINE, HALF)
    assert (found.status, found.baseline, found.after_h, found.hours) == ("relief", 24, 1, 24)


def test_relief_at_the_first_score_lies_after_the_dose() -> None:
    found = time_to_relief(scores((-1, 24), (2, 10)), NINE, HALF)
    assert (found.after_h, found.hours) == (0, 2)


@pytest.mark.parametrize(
    ("total", "relief"), [(12.0, True), (12.5, False), (11.9, True)], ids=["half", "less", "more"]
)
def test_half_of_the_baseline_is_the_limit(total: float, relief: bool) -> None:
    assert (time_to_relief(scores((0, 24), (1, total)), NINE, HALF).status == "relief") == relief


@pytest.mark.parametrize(
    ("pairs", "status"),
    [
        ((), "no_baseline"),
        (((1, 5),), "no_baseline"),
        (((-1, 20),), "no_scores"),
        (((-1, 20), (5, 15)), "not_yet"),
    ],
)
def test_what_is_not_known_is_said(pairs: tuple[tuple[float, float], ...], status: str) -> None:
    assert time_to_relief(scores(*pairs), NINE, HALF).status == status


def test_without_relief_the_last_score_says_until_when() -> None:
    assert time_to_relief(scores((-1, 20), (5, 15), (30, 14)), NINE, HALF).after_h == 30


@pytest.mark.parametrize(
    ("rule", "total", "relief"),
    [
        (ReliefRule(instrument="HAM-A", kind="points_fall", value=Decimal(5)), 19, True),
        (ReliefRule(instrument="HAM-A", kind="points_fall", value=Decimal(5)), 20, False),
        (ReliefRule(instrument="HAM-A", kind="at_most", value=Decimal(7)), 7, True),
        (ReliefRule(instrument="HAM-A", kind="at_most", value=Decimal(7)), 8, False),
    ],
)
def test_each_kind_of_rule_has_its_limit(rule: ReliefRule, total: int, relief: bool) -> None:
    assert (time_to_relief(scores((0, 24), (1, total)), NINE, rule).status == "relief") == relief


def test_who_is_well_before_needs_no_relief() -> None:
    rule = ReliefRule(instrument="HAM-A", kind="at_most", value=Decimal(7))
    assert time_to_relief(scores((-1, 6), (1, 5)), NINE, rule).status == "not_needed"


def test_a_scale_on_which_more_is_better_falls_upwards() -> None:
    rule = ReliefRule(instrument="HAM-A", kind="points_fall", value=Decimal(10), lower_is_better=False)
    assert time_to_relief(scores((-1, 40), (1, 50)), NINE, rule).status == "relief"
    assert time_to_relief(scores((-1, 40), (1, 30)), NINE, rule).status == "not_yet"


@given(
    st.lists(st.tuples(st.integers(-50, 500), st.integers(0, 56)), max_size=12, unique_by=lambda p: p[0]),
    st.randoms(),
)
def test_neither_order_nor_other_scales_matter(pairs: list[tuple[int, int]], random: Any) -> None:
    mine = scores(*pairs)
    other = [("GAD-7", 0, at) for _, _, at in mine]
    mixed = [*mine, *other]
    random.shuffle(mixed)
    assert time_to_relief(mixed, NINE, HALF) == time_to_relief(mine, NINE, HALF)


def test_a_baseline_of_zero_has_no_percentage() -> None:
    assert time_to_relief(scores((-1, 0), (1, 0)), NINE, HALF).status == "not_yet"
