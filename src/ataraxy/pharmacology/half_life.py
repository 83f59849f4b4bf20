"""Terminal half-lives of many people at once, from the rates of a linear model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ataraxy.engine.expression import evaluate
from ataraxy.engine.kernel.linear import split_model
from ataraxy.engine.model import Model
from ataraxy.errors import ModelError

Floats = npt.NDArray[np.float64]


def terminal_half_lives_h(model: Model, parameters: Floats, outputs: Sequence[str]) -> Floats:
    """f8[people, outputs]: ln 2 over the slowest rate among all states that feed an output.

    A metabolite is never quicker than its parent, and a slow absorption counts. A half-life read off samples of some
    hours is shorter.

    Raises:
        ModelError: the model is not linear.
    """
    split = split_model(model, exact=True)
    if split.nonlinear:
        raise ModelError(
            f"model {model.name} is not linear: it has no half-life",
            code="half-life.nonlinear",
            remedy="Read the half-life off a simulated curve",
        )
    place = {name: i for i, name in enumerate(split.linear)}
    n = len(parameters)
    scope = {name: parameters[:, i] for i, name in enumerate(model.parameters)}
    rates = np.zeros((n, len(place), len(place)))
    for ((row, column), _), value in zip(
        split.matrix.items(), evaluate(list(split.matrix.values()), scope), strict=True
    ):
        if column:
            rates[:, place[row], place[column]] = value
    feeds: dict[str, set[str]] = {}
    for row, column in split.matrix:
        if column:
            feeds.setdefault(row, set()).add(column)
    result = np.empty((n, len(outputs)))
    known: dict[tuple[int, ...], Floats] = {}
    for k, output in enumerate(outputs):
        upstream = set(model.outputs[output].symbols & place.keys())
        while wider := {s for name in upstream for s in feeds.get(name, ())} - upstream:
            upstream |= wider
        chosen = tuple(sorted(place[name] for name in upstream))
        if chosen not in known:
            inner = rates[:, chosen, :][:, :, chosen]
            slowest = -np.linalg.eigvals(inner).real.max(axis=1)
            known[chosen] = np.log(2.0) / slowest
        result[:, k] = known[chosen]
    return result
