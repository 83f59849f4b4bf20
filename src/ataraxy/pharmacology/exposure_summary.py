"""From everybody's endpoints and curves to what a result says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ataraxy.engine.reducers import QuantileReducer
from ataraxy.pharmacology.exposure import (
    BAND_QUANTILES,
    AnalyteExposure,
    Band,
    Endpoint,
    Interval,
    SessionExposure,
)
from ataraxy.pharmacology.kinetics import Scenario
from ataraxy.pharmacology.people_tasks import ENDPOINTS
from ataraxy.pharmacology.population import People
from ataraxy.pharmacology.recipe import Plan

Floats = npt.NDArray[np.float64]

LOWEST_BAND_NG_PER_ML = 1e-3
HIGHEST_BAND_NG_PER_ML = 1e5


def band_reducers(plan: Plan) -> list[QuantileReducer]:
    """One empty reducer for each session, over its times and analytes."""
    return [
        QuantileReducer.logarithmic(
            (len(w.times_h), len(plan.names)), LOWEST_BAND_NG_PER_ML, HIGHEST_BAND_NG_PER_ML
        )
        for w in plan.windows
    ]


def bands_of(plan: Plan, reducers: Sequence[QuantileReducer]) -> dict[str, Band]:
    """The bands of each analyte over the whole course."""
    bands: dict[str, Band] = {}
    for k, name in enumerate(plan.names):
        times: list[Floats] = []
        quantiles: list[Floats] = []
        for window, reducer in zip(plan.windows, reducers, strict=True):
            # the first time of a session is the last one of the session before it
            skip = 1 if times else 0
            times.append(window.times_h[skip:])
            quantiles.append(reducer.quantiles(BAND_QUANTILES)[:, skip:, k])
        bands[name] = Band(
            np.concatenate(times), np.concatenate(quantiles, axis=1), reducers[0].relative_error
        )
    return bands


def sessions_of(plan: Plan, endpoints: Floats, medians: Floats | None) -> tuple[SessionExposure, ...]:
    """Endpoints of each session with both kinds of interval.

    Args:
        endpoints: f8[people, sessions, analytes, endpoints] at the published parameters.
        medians: f8[draws, sessions, analytes, endpoints] of the smaller population, the published parameters first;
            None where nothing was drawn.
    """
    central = np.median(endpoints, axis=0)
    low, high = np.quantile(endpoints, (0.05, 0.95), axis=0)
    uncertain: tuple[Floats, Floats] | None = None
    if medians is not None:
        # relative to the same people at the published values: their number and the coarser times cancel out
        published = medians[0]
        change = np.divide(medians[1:], published, out=np.ones_like(medians[1:]), where=published > 0.0)
        # times can move from zero: they are shifted, not scaled
        tmax = ENDPOINTS.index("tmax_h")
        spread = central * change
        spread[..., tmax] = np.maximum(
            central[..., tmax] + medians[1:, ..., tmax] - published[..., tmax], 0.0
        )
        uncertain = np.quantile(spread, 0.05, axis=0), np.quantile(spread, 0.95, axis=0)

    def endpoint(at: tuple[int, int, int]) -> Endpoint:
        return Endpoint(
            float(central[at]),
            Interval(float(low[at]), float(high[at])),
            None if uncertain is None else Interval(float(uncertain[0][at]), float(uncertain[1][at])),
        )

    return tuple(
        SessionExposure(
            window.session + 1,
            window.start_h,
            window.exposure_h,
            tuple(
                AnalyteExposure(
                    name, plan.kinetic.site, *(endpoint((window.session, k, e)) for e in range(4))
                )
                for k, name in enumerate(plan.names)
            ),
        )
        for window in plan.windows
    )


def assumptions_of(plan: Plan) -> tuple[str, ...]:
    """In plain sentences, what was borrowed, assumed or changed."""
    lines = [
        f"{route.label}: {support.status.value}, {support.note}"
        for route, support in plan.kinetic.routes.items()
        if route in plan.recipe.protocol.routes and support.status.value != "published"
    ]
    if plan.recipe.protocol.basis_status == "assumed":
        lines.append(
            f"the protocol's source does not say salt or base: {plan.recipe.protocol.basis.value} is assumed"
        )
    if plan.recipe.scenario != Scenario():
        lines.append(f"scenario: {plan.recipe.scenario}")
    return tuple(lines)


def table_of(plan: Plan, people: People, endpoints: Floats) -> dict[str, npt.NDArray[Any]]:
    """Columns of the table of persons, sessions and analytes."""
    n, sessions, analytes = endpoints.shape[:3]
    each = sessions * analytes
    table: dict[str, npt.NDArray[Any]] = {
        "person": np.repeat(np.arange(n), each),
        "id": np.repeat(np.asarray(people.id), each),
        "age_y": np.repeat(people.age_y, each),
        "sex": np.repeat(people.sex, each),
        "weight_kg": np.repeat(people.weight_kg, each),
        "session": np.tile(np.repeat(np.arange(1, sessions + 1), analytes), n),
        "analyte": np.tile(np.array(plan.names), n * sessions),
    }
    flat = endpoints.reshape(n * each, len(ENDPOINTS))
    return table | {name: flat[:, k] for k, name in enumerate(ENDPOINTS)}
