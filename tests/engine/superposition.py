"""What linear kinetics must give: responses to single doses, added up. Shares nothing with the engine but the doses.

A system dx/dt = A x + b + inputs answers an amount into state k after the time s with exp(A s) e_k, and a unit rate
that has run for the time s with the integral of that, which is a block of the exponential of a larger matrix.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from ataraxy.engine.doses import DoseTable, Floats


def exponentials(matrix: Floats, times_h: Floats) -> Floats:
    """f8[times, n, n]; each different time is computed once."""
    different, place = np.unique(times_h, return_inverse=True)
    return np.array([expm(matrix * t) for t in different])[place]


def response_to_amount(matrix: Floats, state: int, since_h: Floats) -> Floats:
    """f8[times, states] for one unit at once into `state`; zero before."""
    after = np.asarray(since_h) >= 0.0
    powers = exponentials(matrix, np.where(after, since_h, 0.0))
    return np.where(after[:, None], powers[:, :, state], 0.0)


def response_to_rate(matrix: Floats, direction: Floats, since_h: Floats, duration_h: float) -> Floats:
    """f8[times, states] for `direction` entering per hour over `duration_h`; zero before."""
    n = len(matrix)
    wide = np.zeros((n + 1, n + 1))
    wide[:n, :n], wide[:n, n] = matrix, direction
    running = np.clip(since_h, 0.0, duration_h)
    during = exponentials(wide, running)[:, :n, n]
    later = np.clip(np.asarray(since_h) - duration_h, 0.0, None)
    return (exponentials(matrix, later) @ during[:, :, None])[:, :, 0]


def superposition(
    matrix: Floats,
    production: Floats,
    doses: DoseTable,
    columns: dict[str, int],
    times_h: Floats,
    *,
    initial: Floats | None = None,
    start_h: float = 0.0,
) -> Floats:
    """f8[times, states] of one person."""
    times = np.asarray(times_h, float)
    n = len(matrix)
    path = response_to_rate(matrix, production, times - start_h, np.inf)
    if initial is not None:
        path = path + exponentials(matrix, times - start_h) @ initial
    for k in range(len(doses)):
        state = columns[doses.targets[doses.target[k]]]
        since = times - doses.time_h[k]
        # a moment that was computed in another way is the same moment
        since = np.where(np.abs(since) < 1e-11, 0.0, since)
        if doses.duration_h[k] == 0.0:
            path = path + doses.amount[k] * response_to_amount(matrix, state, since)
        else:
            rate = np.eye(n)[state] * doses.amount[k] / doses.duration_h[k]
            path = path + response_to_rate(matrix, rate, since, doses.duration_h[k])
    return path
