"""Which people respond, by the rule that a trial states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.evidence.responders import Rule

Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]

_COMPARE: Final[dict[str, Callable[[Floats, float], Marks]]] = {
    ">=": lambda x, limit: np.asarray(x >= limit),
    ">": lambda x, limit: np.asarray(x > limit),
    "<=": lambda x, limit: np.asarray(x <= limit),
    "<": lambda x, limit: np.asarray(x < limit),
}


def responders(rule: Rule, before: Floats, later: Sequence[Floats]) -> tuple[Marks, Marks]:
    """Return who responded at any of some later ratings, and who is counted by the rule's baseline.

    Args:
        rule: of the trial.
        before: f8[sets, people], scores before treatment.
        later: scores of the same shape, one array for each rating.

    Returns:
        Two bool[sets, people]; whoever is not counted did not respond.
    """
    met = np.zeros(before.shape, bool)
    for now in later:
        if rule.kind == "score":
            value = now
        elif rule.kind == "point_fall":
            value = before - now
        else:
            value = 100.0 * (before - now) / np.maximum(before, 1e-9)
        met |= _COMPARE[rule.sign](value, rule.value)
    counted = np.ones(before.shape, bool) if rule.baseline_from is None else before >= rule.baseline_from
    return met & counted, counted
