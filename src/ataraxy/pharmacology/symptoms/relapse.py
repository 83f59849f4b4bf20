"""Losing a response for good: a hazard that grows as the score climbs back.

hazard(t) = h0 exp(gamma (y(t) - y0)), with y0 the score at the start of the response, so that at an unchanged score the
median time is ln 2 / h0, which is what trials printed (rows DER16 to DER19: 18 d in TRD, 27.5 d in PTSD, 82 d in a
clinic, 273 d in remitters on an antidepressant). A relapse is an event beside the score; it does not move it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

Floats = npt.NDArray[np.float64]


def hazard(
    scores: Floats, at_response: npt.ArrayLike, *, h0: npt.ArrayLike, gamma_y: npt.ArrayLike
) -> Floats:
    """Hazard of relapse, 1/h, f8[people, times].

    Args:
        scores: points, f8[people, times].
        at_response: score when the response began, f8[people].
        h0: hazard at that score, 1/h.
        gamma_y: growth of its logarithm per point.
    """
    start = np.asarray(at_response, float)[:, None]
    return np.asarray(_column(h0) * np.exp(_column(gamma_y) * (scores - start)), float)


def hours_to_relapse(times_h: Floats, rates: Floats, from_h: npt.ArrayLike, draws: Floats) -> Floats:
    """Hours from the start of the response to relapse, f8[people]; inf for those who have none before the last time.

    The hazard is integrated by trapezoids from `from_h`; the event comes when the integral reaches a unit-exponential
    threshold, -log of the upper tail of the person's draw.

    Args:
        times_h: f8[times], increasing.
        rates: 1/h, f8[people, times], from `hazard`.
        from_h: when the response began, a number or f8[people]; NaN where there was none, which gives NaN.
        draws: standard normal, f8[people], column ``relapse``.
    """
    times = np.asarray(times_h, float)
    start = np.broadcast_to(np.asarray(from_h, float), (len(rates),))
    cumulative = np.zeros_like(rates)
    cumulative[:, 1:] = np.cumsum((rates[:, 1:] + rates[:, :-1]) / 2.0 * np.diff(times), axis=1)
    threshold = -log_ndtr(-np.asarray(draws, float))
    hours = np.full(len(rates), np.nan)
    for person in np.flatnonzero(np.isfinite(start)):
        course = cumulative[person]
        target = float(np.interp(start[person], times, course)) + threshold[person]
        if target > course[-1]:
            hours[person] = np.inf
        else:
            hours[person] = float(np.interp(target, course, times)) - start[person]
    return hours


def _column(value: npt.ArrayLike) -> Floats:
    array = np.asarray(value, float)
    return array[:, None] if array.ndim == 1 else array
