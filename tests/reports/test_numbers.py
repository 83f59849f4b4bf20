from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.reports.numbers import (
    NOT_DEFINED,
    count,
    interval_text,
    percent,
    signed_percent,
    three_digits,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.6666667, "0.667"),
        (90.0, "90.0"),
        (9.996, "10.0"),
        (999.6, "1,000"),
        (1234.4, "1,230"),
        (123456.0, "123,000"),
        (1e6, "1.00 × 10⁶"),
        (0.001, "0.00100"),
        (0.00012345, "1.23 × 10⁻⁴"),
        (-5.4321, "−5.43"),
        (0.0, "0"),
        (-0.0, "0"),
    ],
)
def test_three_digits_are_printed_and_no_more(value: float, text: str) -> None:
    assert three_digits(value) == text


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_called_not_defined(value: float | None) -> None:
    assert three_digits(value) == NOT_DEFINED
    assert interval_text(1.0, value) == NOT_DEFINED
    assert percent(value) == NOT_DEFINED
    assert signed_percent(value) == NOT_DEFINED


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_the_printed_number_is_within_half_a_last_digit(value: float) -> None:
    digits, _, power = three_digits(value).replace(",", "").partition(" × 10")
    exponent = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)
    assert float(f"{digits}e{exponent}") == pytest.approx(value, rel=0.00501)
    assert float(digits) > 0.0


@given(st.floats(min_value=1e-6, max_value=1e9), st.floats(min_value=1e-6, max_value=1e9))
def test_rounding_keeps_the_order(one: float, other: float) -> None:
    if three_digits(one) != three_digits(other):
        return
    assert max(one, other) <= min(one, other) * 1.011


def test_shares_are_whole_percent_with_a_true_minus_sign() -> None:
    assert percent(0.8611) == "86%"
    assert signed_percent(-5.45) == "−5%"
    assert signed_percent(23.6) == "+24%"
    assert signed_percent(0.2) == "0%"
    assert count(1234567) == "1,234,567"
