"""How numbers are printed in a report: three significant digits, everywhere the same."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

NOT_DEFINED = "not defined"
SIGNIFICANT_DIGITS = 3
_SMALLEST_PLAIN = Decimal("0.001")
_LARGEST_PLAIN = Decimal("1e6")


def three_digits(value: float | None) -> str:
    """Return a number with three significant digits, such as ``0.667``, ``90.0`` or ``1,230``.

    Below 0.001 and from a million up it is written with a power of ten. What is not a finite number is
    "not defined". The value rounded is the shortest decimal that stands for the float, as it is printed in JSON.
    """
    if value is None or not math.isfinite(value):
        return NOT_DEFINED
    exact = Decimal(repr(float(value)))
    if not exact:
        return "0"
    rounded = _rounded(exact)
    sign = "−" if rounded < 0 else ""
    size = abs(rounded)
    exponent = size.adjusted()
    if not _SMALLEST_PLAIN <= size < _LARGEST_PLAIN:
        raised = str(exponent).translate(_SUPERSCRIPT)
        return f"{sign}{size.scaleb(-exponent):.{SIGNIFICANT_DIGITS - 1}f} × 10{raised}"
    return f"{sign}{size:,.{max(SIGNIFICANT_DIGITS - 1 - exponent, 0)}f}"


def interval_text(low: float | None, high: float | None) -> str:
    """Return both ends with three significant digits, such as ``61.2 to 135``."""
    ends = three_digits(low), three_digits(high)
    return NOT_DEFINED if NOT_DEFINED in ends else " to ".join(ends)


def percent(share: float | None) -> str:
    """Return a share from 0 to 1 as whole per cent, such as ``86%``."""
    return NOT_DEFINED if share is None or not math.isfinite(share) else f"{100.0 * share:.0f}%"


def share_text(value: float | None) -> str:
    """Return per cent of people: whole, with one decimal below 10, such as ``34%``, ``3.5%`` or ``<0.1%``."""
    if value is None or not math.isfinite(value):
        return NOT_DEFINED
    if 0.0 < value < 0.05:
        return "<0.1%"
    return f"{value:.1f}%" if 0.0 < value < 9.95 else f"{value:.0f}%"


def share_range(low: float, high: float) -> str:
    """Return both ends of an interval of shares, such as ``1.5 to 34%``."""
    ends = share_text(low), share_text(high)
    return NOT_DEFINED if NOT_DEFINED in ends else f"{ends[0].removesuffix('%')} to {ends[1]}"


def signed_percent(value: float | None) -> str:
    """Return per cent with their sign and without decimals, such as ``+12%`` or ``−5%``."""
    if value is None or not math.isfinite(value):
        return NOT_DEFINED
    whole = round(value)
    return f"{'+' if whole > 0 else '−' if whole < 0 else ''}{abs(whole)}%"


def count(value: int) -> str:
    """Return a whole number with thousands set apart, such as ``1,000``."""
    return f"{value:,}"


_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _rounded(exact: Decimal) -> Decimal:
    last = Decimal(1).scaleb(exact.adjusted() - SIGNIFICANT_DIGITS + 1)
    return exact.quantize(last, rounding=ROUND_HALF_EVEN)
