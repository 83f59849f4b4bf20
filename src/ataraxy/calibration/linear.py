"""Where to look for parameter sets that agree: the posterior as it would be if predictions were linear.

A straight line through the predictions of draws (least squares) gives it in closed form. It is a proposal for
importance sampling and nothing else: the weights use the predictions themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ataraxy.calibration.forward import Prediction
from ataraxy.calibration.likelihood import FREEDOM, covariance_of, variances
from ataraxy.calibration.target import RatedArm, Target

Floats = npt.NDArray[np.float64]

STEPS = 12


def linear_posterior(
    z: Floats, targets: Sequence[Target], arms: Sequence[RatedArm], predicted: Prediction
) -> tuple[Floats, Floats]:
    """Mean f8[n] and covariance f8[n, n] in the space of the coordinates.

    Args:
        z: f8[sets, n], more sets than coordinates.
        targets, arms: see `forward.predict`.
        predicted: at `z`.
    """
    n = z.shape[1]
    with_one = np.column_stack([np.ones(len(z)), z])
    line, *_ = np.linalg.lstsq(with_one, predicted.mean, rcond=None)
    left = (predicted.mean - with_one @ line).var(axis=0)
    slopes = line[1:].T
    observed = np.array([target.observed for target in targets]) - line[0]
    middle = Prediction(
        *(
            getattr(predicted, name).mean(axis=0, keepdims=True)
            for name in ("mean", "error", "by_cohort", "by_trial")
        )
    )
    parts = variances(targets, arms, middle)
    studies = tuple(dict.fromkeys(target.study for target in targets))
    blocks = []
    for study in studies:
        own = [k for k, target in enumerate(targets) if target.study == study]
        covariance = covariance_of(own, targets, arms, middle, parts)[0] + np.diag(left[own])
        blocks.append((own, np.linalg.inv(covariance)))
    mean, covariance = np.zeros(n), np.eye(n)
    # heavy tails by weights: a study that is far off counts for less
    for _ in range(STEPS):
        precision, pull = np.eye(n), np.zeros(n)
        for own, inverse in blocks:
            miss = observed[own] - slopes[own] @ mean
            weight = (FREEDOM + len(own)) / (FREEDOM + miss @ inverse @ miss)
            precision += weight * slopes[own].T @ inverse @ slopes[own]
            pull += weight * slopes[own].T @ inverse @ observed[own]
        covariance = np.linalg.inv(precision)
        mean = covariance @ pull
    return mean, (covariance + covariance.T) / 2.0
