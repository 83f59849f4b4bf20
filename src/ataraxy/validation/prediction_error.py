"""Prediction errors of many rows in five numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final

# A fold error of 1.25 that comes out as 1.2500000000000002 is within 1.25.
_SLACK: Final = 1e-9
# A number smaller than this share of the other is zero, whatever a solver or a file makes of it.
_TRACE: Final = 1e-15


@dataclass(frozen=True, slots=True)
class ErrorSummary:
    """Errors of `n` pairs of predicted and observed.

    Attributes:
        n: pairs.
        mdpe_percent: median of 100 (predicted - observed) / observed, the bias; None without pairs.
        mdape_percent: median of its absolute value.
        within_1_25_fold: share, 0 to 1, of pairs that differ by a factor of at most 1.25.
        within_2_fold: the same for 2.
    """

    n: int
    mdpe_percent: float | None
    mdape_percent: float | None
    within_1_25_fold: float | None
    within_2_fold: float | None

    def to_json(self) -> dict[str, float | int | None]:
        """Return the five numbers under their names."""
        return {
            "n": self.n,
            "mdpe_percent": self.mdpe_percent,
            "mdape_percent": self.mdape_percent,
            "within_1_25_fold": self.within_1_25_fold,
            "within_2_fold": self.within_2_fold,
        }


def fold_error(predicted: float, observed: float) -> float | None:
    """Return the larger of predicted / observed and its inverse; None where one of them is zero or as good as zero."""
    if not (predicted > 0 and observed > 0):
        return None
    larger, smaller = max(predicted, observed), min(predicted, observed)
    # Just before a dose the solver leaves 1e-320 in the place of zero: its inverse is no number.
    return larger / smaller if smaller > _TRACE * larger else None


def summarise(pairs: Iterable[tuple[float, float]]) -> ErrorSummary:
    """Return the summary of (predicted, observed) pairs, all above zero."""
    both = tuple(pairs)
    if not both:
        return ErrorSummary(0, None, None, None, None)
    errors = [100.0 * (predicted - observed) / observed for predicted, observed in both]
    folds = [max(predicted / observed, observed / predicted) for predicted, observed in both]
    return ErrorSummary(
        len(both),
        median(errors),
        median(abs(error) for error in errors),
        sum(fold <= 1.25 + _SLACK for fold in folds) / len(both),
        sum(fold <= 2.0 + _SLACK for fold in folds) / len(both),
    )
