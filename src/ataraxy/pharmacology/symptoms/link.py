"""A bounded link between severity and score: score = low + (high - low) / (1 + exp(-(a + b z))).

Severity z is standard normal in the population, so that the score there is logit-normal. Its two parameters follow
from the score's mean and standard deviation. A fall of severity by w moves a score in the middle of its population by
about w standard deviations, and less where the end of the scale is near.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import root
from scipy.special import expit

from ataraxy.errors import InputError

Floats = npt.NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(81)
_MASS: Final = _WEIGHTS / _WEIGHTS.sum()
# standard deviation over the length of the scale: below it all people would have one score
_NARROWEST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Link:
    """The link of one scale in one population. Make it with `Link.of`.

    Attributes:
        low, high: ends of the scale, points.
        a: logit of the score's share of the scale at severity 0.
        b: logits per standard deviation of severity.
    """

    low: float
    high: float
    a: float
    b: float

    @staticmethod
    def of(low: float, high: float, mean: float, sd: float) -> Link:
        """The link under which a standard-normal severity gives scores of this mean and standard deviation.

        Args:
            low, high: ends of the scale, points.
            mean, sd: of the scores, points.

        Raises:
            InputError: no scores between the ends can have them.
        """
        return _matched(float(low), float(high), float(mean), float(sd))

    def score(self, severity: npt.ArrayLike) -> Floats:
        """Points, of the shape of `severity`; between the ends whatever the severity."""
        logits = self.a + self.b * np.asarray(severity, float)
        return np.asarray(self.low + (self.high - self.low) * expit(logits), float)

    def mean_score(self, severity: npt.ArrayLike, spread: float) -> Floats:
        """Mean points of a group whose severity is normal with mean `severity` (any shape) and SD `spread`."""
        centre = np.asarray(severity, float)[..., None]
        return np.asarray(self.score(centre + spread * _NODES) @ _MASS, float)

    def severity(self, score: npt.ArrayLike) -> Floats:
        """The inverse of `score`; -inf and inf at and beyond the ends."""
        share = (np.asarray(score, float) - self.low) / (self.high - self.low)
        inside = np.clip(share, 0.0, 1.0)
        with np.errstate(divide="ignore"):
            return np.asarray((np.log(inside) - np.log1p(-inside) - self.a) / self.b, float)

    def slope(self, severity: npt.ArrayLike) -> Floats:
        """Points per standard deviation of severity."""
        share = expit(self.a + self.b * np.asarray(severity, float))
        return np.asarray((self.high - self.low) * self.b * share * (1.0 - share), float)


@lru_cache(maxsize=4096)
def _matched(low: float, high: float, mean: float, sd: float) -> Link:
    where = f"scores from {low:g} to {high:g}"
    if not low < mean < high or not sd > 0.0:
        raise InputError(
            f"a mean of {mean:g} and a standard deviation of {sd:g} are not of this scale",
            code="symptoms.moments",
            remedy="Give a mean between the ends and a standard deviation above 0",
            where=where,
        )
    share, spread = (mean - low) / (high - low), sd / (high - low)
    if spread < _NARROWEST:
        raise InputError(
            f"a standard deviation of {sd:g} is nothing beside the scale",
            code="symptoms.moments",
            remedy="People differ; give how much",
            where=where,
        )
    if spread**2 >= 0.9 * share * (1.0 - share):
        raise InputError(
            f"a standard deviation of {sd:g} is too large for a mean of {mean:g}",
            code="symptoms.moments",
            remedy="Nearly all people would sit at one end or the other; give a smaller one",
            where=where,
        )

    def excess(x: Floats) -> Floats:
        shares = expit(x[0] + math.exp(x[1]) * _NODES)
        first = float(_MASS @ shares)
        second = float(_MASS @ (shares - first) ** 2)
        return np.array([first - share, math.sqrt(second) - spread])

    start = np.array([math.log(share / (1.0 - share)), math.log(spread / (share * (1.0 - share)))])
    found = root(excess, start, tol=1e-12)
    if not found.success:
        raise InputError(
            f"no link has a mean of {mean:g} and a standard deviation of {sd:g}",
            code="symptoms.moments",
            remedy="Give a smaller standard deviation",
            where=where,
        )
    return Link(low, high, float(found.x[0]), float(math.exp(found.x[1])))
