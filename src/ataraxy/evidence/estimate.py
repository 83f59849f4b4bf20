"""The numbers of a row as they were printed, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ataraxy.evidence.fields import Fields, Number

_WIDTH_OF_95 = 2 * 1.959964
"""Width of a 95% interval in standard errors."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Numbers of one row; all None or empty where not printed.

    Attributes:
        mean: the number, or the range, in the unit of the row.
        series: the numbers of a row with more than two, one for each of its times.
        sd, se: standard deviation between people; standard error.
        ci: 95% interval of `mean`.
        median, iqr: as printed.
        effect: effect size in standard deviations, signed so that less is better, as the means are.
        effect_ci: its 95% interval, signed likewise.
        n: people.
        p: as printed, such as ``<.001``.
    """

    mean: Number | None = None
    series: tuple[float, ...] = ()
    sd: float | None = None
    se: float | None = None
    ci: Number | None = None
    median: float | None = None
    iqr: Number | None = None
    effect: Number | None = None
    effect_ci: Number | None = None
    n: int | None = None
    p: str = ""

    @property
    def has_number(self) -> bool:
        """Return whether there is anything to compare a prediction with."""
        return any((self.mean, self.series, self.median is not None, self.effect))

    @property
    def centre(self) -> float | None:
        """Return the mean, else the middle of its range, else the median; None where there is neither."""
        return self.mean.middle if self.mean else self.median

    @property
    def standard_error(self) -> float | None:
        """Return the standard error, printed or worked out from the interval, else from SD and n."""
        if self.se is not None:
            return self.se
        if self.ci is not None:
            return (self.ci.high - self.ci.low) / _WIDTH_OF_95
        if self.sd is not None and self.n:
            return float(self.sd / self.n**0.5)
        return None


def read_estimate(content: Mapping[str, Any], n: int | None = None) -> tuple[Estimate, tuple[str, ...]]:
    """Return the numbers of a row, and what is wrong with them, a phrase each.

    Args:
        content: the row.
        n: people of the arm, taken where the row gives none.

    ``effect_size_d`` is a size: printed without a sign it means improvement, so that its sign is turned.
    """
    fields = Fields(content)
    means = fields.numbers("mean")
    series = means if len(means) > 2 else ()
    mean = Number(min(means), max(means)) if means and not series else None
    ci = fields.interval("ci")
    effect = _turned(
        fields.range("effect_size_d") or fields.range("effect_size") or fields.range("effect_size_range")
    )
    effect_ci = _turned(fields.interval("effect_ci"))
    if mean and ci and not (ci.low <= mean.low and mean.high <= ci.high):
        fields.problems.append(
            f"the mean {mean.middle:g} is not inside its interval {ci.low:g} to {ci.high:g}"
        )
    counted = fields.count("n")
    estimate = Estimate(
        mean=mean,
        series=series,
        sd=fields.number("sd", low=0.0),
        se=fields.number("se", low=0.0),
        ci=ci,
        median=fields.number("median"),
        iqr=fields.interval("iqr"),
        effect=effect,
        effect_ci=effect_ci,
        n=counted if counted is not None else n,
        p=fields.text("p"),
    )
    note = fields.text("note")
    if estimate.sd is not None and re.search(r"\bdo not use this SD\b", note, re.IGNORECASE):
        estimate = replace(estimate, sd=None)
    return estimate, tuple(fields.problems)


def _turned(size: Number | None) -> Number | None:
    return size.times(-1.0) if size and size.middle > 0 else size
