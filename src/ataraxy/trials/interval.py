"""A predicted number: its median and the range that holds 90% of the draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """Median and the 5th and 95th percentile."""

    median: float
    lo90: float
    hi90: float

    @staticmethod
    def of(draws: npt.ArrayLike) -> Interval | None:
        """The interval of draws; None where one of them is not a number, or there is none."""
        values = np.asarray(draws, float)
        if not values.size or not np.all(np.isfinite(values)):
            return None
        low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
        return Interval(float(middle), float(low), float(high))

    @staticmethod
    def sure(draws: npt.ArrayLike) -> Interval:
        """The interval of draws that are all numbers. Raises InputError where one is not."""
        found = Interval.of(draws)
        if found is None:
            raise InputError(
                "a prediction is not a number",
                code="trials.not-a-number",
                remedy="Report this as an error, with the command",
                where="virtual trials",
            )
        return found

    @property
    def width(self) -> float:
        """Length of the range."""
        return self.hi90 - self.lo90

    def holds(self, low: float, high: float | None = None) -> bool:
        """Whether a number, or any part of a range from `low` to `high`, lies inside."""
        return self.lo90 <= (low if high is None else high) and low <= self.hi90

    def to_json(self) -> dict[str, float]:
        """Plain JSON values."""
        return {"median": self.median, "lo90": self.lo90, "hi90": self.hi90}
