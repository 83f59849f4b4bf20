"""Who enters a trial: severity, scale by scale, given that a reading with error met the entry criterion.

A reading of scale k in a population is z_k = g_k u + s_k v_k + e_k n_k with u (severity, shared by all scales), v_k
(the scale's own) and n_k (error of the reading) independent and standard normal, and weights whose squares add up to 1.
Entry asks for z_k >= c. The draw of z_k is carried to the truncated normal, and what it consists of moves along in
proportion to its weights (conditioning of a normal by its residual), so that no draw is rejected and a person's number
decides who they are. Errors that helped people in do not come back at the next reading: regression to the mean follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr, ndtri_exp

from ataraxy.pharmacology.symptoms.draws import Draws
from ataraxy.pharmacology.symptoms.indication import Indication

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Baseline:
    """People at entry, in standard deviations of each scale's score in the population.

    Attributes:
        true: scale -> f8[people], severity without error.
        observed: scale -> f8[people], with the error of the entry reading.
    """

    true: Mapping[str, Floats]
    observed: Mapping[str, Floats]


def enter(indication: Indication, draws: Draws) -> Baseline:
    """People who meet the entry criterion of `indication`, on all its scales."""
    shared = draws.column("severity")
    own = {name: draws.column(f"{name}: own") for name in indication.scales}
    noise = {name: draws.column(f"{name}: baseline noise") for name in indication.scales}
    entry = indication.entry
    if entry is not None:
        scale = indication.scale(entry.instrument)
        weights = scale.weights
        parts = (shared, own[entry.instrument], noise[entry.instrument])
        reading = sum((w * part for w, part in zip(weights, parts, strict=True)), np.zeros(len(draws)))
        moved = truncated(reading, float(scale.link.severity(entry.minimum))) - reading
        shared = shared + weights[0] * moved
        own[entry.instrument] = own[entry.instrument] + weights[1] * moved
        noise[entry.instrument] = noise[entry.instrument] + weights[2] * moved
    true, observed = {}, {}
    for name, scale in indication.scales.items():
        g, s, e = scale.weights
        true[name] = g * shared + s * own[name]
        observed[name] = true[name] + e * noise[name]
    return Baseline(true, observed)


def truncated(draws: npt.ArrayLike, least: float) -> Floats:
    """Standard-normal draws carried to the standard normal above `least`, in order.

    The upper tail of the result is that of the draw, times the upper tail at `least`; logarithms keep far tails exact.
    """
    z = np.asarray(draws, float)
    return np.asarray(-ndtri_exp(log_ndtr(-z) + log_ndtr(-least)), float)
