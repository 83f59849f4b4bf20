"""Whether a simulation agrees with a claim that has no number.

A reported direction agrees where the predicted median has its sign. "Not different" and "unchanged" agree where the 90%
interval of the predicted difference, for so many people as there were, holds zero. An order agrees where each step has
the reported sign; a step "<=" also where its interval holds zero. The reason says how many draws agree, so that an
agreement of little weight can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from ataraxy.evidence.claim import Claim
from ataraxy.trials.interval import Interval

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim beside a simulation.

    Attributes:
        interval: of the first side less the second, or of the one side's change; for an order, of its smallest step.
        status: ``agrees`` or ``disagrees``; ``skipped`` where the simulation gives no number.
        reason: how many draws agree.
    """

    interval: Interval | None
    status: Literal["agrees", "disagrees", "skipped"]
    reason: str


def judge(claim: Claim, sides: Sequence[Floats], *, better: Literal["lower", "higher"]) -> Verdict:
    """The verdict on a claim of kind ``direction``, ``order`` or ``attenuation``.

    Args:
        claim: what was reported.
        sides: f8[draws] for each of its sides: the reading's change.
        better: sign of an effect, which decides what "more effect" means in an order.
    """
    if claim.kind == "order":
        return _order(claim, sides, better)
    difference = sides[0] - sides[1] if len(sides) > 1 else sides[0]
    interval = Interval.of(difference)
    if interval is None:
        return Verdict(None, "skipped", "the prediction is not a number")
    if claim.direction == "none":
        holds = interval.holds(0.0)
        return Verdict(
            interval,
            "agrees" if holds else "disagrees",
            f"the 90% interval {'holds' if holds else 'does not hold'} zero",
        )
    sign = -1.0 if claim.direction == "lower" else 1.0
    share = float(np.mean(sign * difference > 0.0))
    return Verdict(
        interval, "agrees" if sign * interval.median > 0.0 else "disagrees", f"in {share:.0%} of the draws"
    )


def _order(claim: Claim, sides: Sequence[Floats], better: str) -> Verdict:
    sign = -1.0 if better == "lower" else 1.0
    effects = [sign * side for side in sides]
    steps = [Interval.of(after - before) for before, after in pairwise(effects)]
    found = [step for step in steps if step is not None]
    if len(found) < len(steps):
        return Verdict(None, "skipped", "the prediction is not a number")
    agrees = all(
        step.median > 0.0 or (relation == "<=" and step.holds(0.0))
        for step, relation in zip(found, claim.relations, strict=True)
    )
    share = float(np.mean(np.all([after >= before for before, after in pairwise(effects)], axis=0)))
    smallest = min(found, key=lambda step: step.median)
    return Verdict(
        smallest, "agrees" if agrees else "disagrees", f"in this order in {share:.0%} of the draws"
    )
