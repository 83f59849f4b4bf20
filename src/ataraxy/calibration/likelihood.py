"""How well predictions agree with targets, study by study.

The numbers of one study are one draw of a multivariate t distribution. Its covariance holds the error of so many people
(shared in part by numbers of the same arms), how much cohorts differ in benefit and trials in placebo response, and a
misfit that the model is allowed, as it is not the truth. Entries that list many trials have a cohort for each number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.calibration.forward import Prediction
from ataraxy.calibration.pooled import POOLED_STUDIES
from ataraxy.calibration.target import RatedArm, Target
from ataraxy.pharmacology.symptoms import get_indication

Floats = npt.NDArray[np.float64]

# Assumed. In SD of a score; of a meta-analysis less, as the trials' own misfits average out.
ALLOWED: Final = 0.2
ALLOWED_POOLED: Final = 0.1
ALLOWED_SHARE: Final = 8.0  # of responders, in per cent: about 0.2 SD in the middle of a normal distribution
# Assumed correlation of the errors of two numbers of the same people.
SHARED: Final = 0.5
# Degrees of freedom: one odd study cannot outweigh all others.
FREEDOM: Final = 5.0
_MANY_TRIALS: Final = ("comparator_meta", "meta_analysis")


def allowed_misfit(target: Target, arms: Sequence[RatedArm]) -> float:
    """What the model may miss a target by, in the target's unit, as a standard deviation."""
    share = ALLOWED_POOLED if target.study in POOLED_STUDIES else ALLOWED
    if target.kind == "responders":
        return ALLOWED_SHARE
    if target.kind == "effect_size":
        return share
    arm = arms[target.first[0]]
    scale = get_indication(arm.indication).scale(arm.scale)
    points = share * scale.sd
    return 100.0 * points / scale.mean if target.kind == "percent_change" else points


def variances(
    targets: Sequence[Target], arms: Sequence[RatedArm], predicted: Prediction
) -> Mapping[str, Floats]:
    """f8[sets, targets] each: of ``people``, ``cohort``, ``trial`` and ``allowed``, for a single result."""
    people = np.square(predicted.error)
    cohort, trial = np.square(predicted.by_cohort), np.square(predicted.by_trial)
    allowed = np.empty(people.shape)
    for k, target in enumerate(targets):
        if target.error is not None:
            people[:, k] = target.error**2
        # anywhere in a printed range is as likely
        people[:, k] += target.doubt**2 / 3.0
        if target.study in POOLED_STUDIES:
            cohort[:, k] = trial[:, k] = 0.0
        allowed[:, k] = allowed_misfit(target, arms) ** 2
    return {"people": people, "cohort": cohort, "trial": trial, "allowed": allowed}


def log_likelihoods(
    targets: Sequence[Target], arms: Sequence[RatedArm], predicted: Prediction
) -> tuple[tuple[str, ...], Floats]:
    """The studies, and f8[sets, studies]."""
    studies = tuple(dict.fromkeys(target.study for target in targets))
    parts = variances(targets, arms, predicted)
    observed = np.array([target.observed for target in targets])
    columns = []
    for study in studies:
        own = [k for k, target in enumerate(targets) if target.study == study]
        columns.append(
            _t(observed[own] - predicted.mean[:, own], covariance_of(own, targets, arms, predicted, parts))
        )
    found = np.stack(columns, axis=1)
    return studies, np.where(np.isfinite(found), found, -np.inf)


def covariance_of(
    own: Sequence[int],
    targets: Sequence[Target],
    arms: Sequence[RatedArm],
    predicted: Prediction,
    parts: Mapping[str, Floats],
) -> Floats:
    """f8[sets, n, n]: of the results of one study, whose targets stand at `own`."""
    n = len(own)
    together = np.eye(n)
    for i, a in enumerate(own):
        for j, b in enumerate(own):
            if i != j and set(targets[a].first) & set(targets[b].first):
                together[i, j] = SHARED * _way(targets[a]) * _way(targets[b])
    error = np.sqrt(parts["people"][:, own])
    covariance = together * error[:, :, None] * error[:, None, :]
    many = arms[targets[own[0]].first[0]].trial.entry_type in _MANY_TRIALS
    for name, slope in (("cohort", predicted.by_cohort), ("trial", predicted.by_trial)):
        if many or targets[own[0]].study in POOLED_STUDIES:
            covariance += np.eye(n) * parts[name][:, own, None]
        else:
            covariance += slope[:, own, None] * slope[:, None, own]
    return np.asarray(covariance + np.eye(n) * parts["allowed"][:, own, None])


def _way(target: Target) -> float:
    """More responders are the same as a lower score."""
    if target.rule is None:
        return 1.0
    return -1.0 if target.rule.kind != "score" or target.rule.sign.startswith("<") else 1.0


def _t(misses: Floats, covariance: Floats) -> Floats:
    n = misses.shape[1]
    with np.errstate(invalid="ignore"):
        root = np.linalg.cholesky(covariance)
        scaled = np.linalg.solve(root, misses[:, :, None])[:, :, 0]
        size = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
        return np.asarray(-size - 0.5 * (FREEDOM + n) * np.log1p(np.square(scaled).sum(axis=1) / FREEDOM))
