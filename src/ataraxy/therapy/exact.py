"""Exact decimal numbers, for what is drawn up, charted and counted. In JSON they are text, so that none is rounded."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

# Larger than anything that is weighed, drawn or pumped, and small enough that no text can cost time.
MOST = 10**9


def _a_number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")
    return value


Exact = Annotated[
    Decimal, BeforeValidator(_a_number), Field(allow_inf_nan=False, gt=-MOST, lt=MOST, decimal_places=12)
]


def rounded(value: Decimal, step: Decimal) -> Decimal:
    """Return the multiple of `step` nearest to a value; exactly half a step goes up, away from zero."""
    return (value / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step


def rounded_down(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` that is not above a value of zero or more."""
    return (value / step).quantize(Decimal(1), rounding=ROUND_DOWN) * step


def plain(value: Decimal) -> str:
    """Return a number as a person writes it: no exponent, no zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
