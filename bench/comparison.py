"""One workload given to all engines: reference, tolerances, rounds, ratios."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.engines import (
    Engine,
    Ours,
    make_numbalsoda,
    make_odeint,
    numbalsoda_is_installed,
    right_hand_side_for,
)
from bench.measure import ERRORS, MAIN_ERROR, Contender, loosest_tolerance, measure_in_turn, ratio
from bench.model24 import largest_error
from bench.workload import Workload

from ataraxy.engine.solve import DEFAULT_RTOL, solve

REFERENCE_RTOL = 1e-11
SCIPY_RTOL = 1e-12
OURS = ("full", "exact")
# These are compared at every error and on two cores, the variants at the main error on one core.
MAIN = (*OURS, "odeint", "numbalsoda")
ROUND_TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True)
class Sizes:
    """How many people each engine is given, so that none waits long for another, and how many rounds there are."""

    rounds: int
    ours: int
    numbalsoda: int
    odeint: int
    checked: int


FULL_SIZES = Sizes(rounds=3, ours=4096, numbalsoda=256, odeint=96, checked=8)
EFFECT_SIZES = Sizes(rounds=3, ours=1024, numbalsoda=96, odeint=48, checked=8)
QUICK_SIZES = Sizes(rounds=1, ours=256, numbalsoda=32, odeint=8, checked=1)


def compare_engines(
    make_workload: Callable[[int], Workload], sizes: Sizes, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Plain JSON values: rows, ratios and how good the reference is."""
    workload = make_workload(sizes.ours)
    tell(workload.title)
    reference = solve(
        workload.model,
        workload.parameters,
        workload.doses,
        workload.times_h,
        solver="full",
        rtol=REFERENCE_RTOL,
        workers=2,
    ).values
    few = workload.people(0, sizes.checked)
    by_scipy = solve(few.model, few.parameters, few.doses, few.times_h, solver="reference", rtol=SCIPY_RTOL)
    agreement = largest_error(reference[: sizes.checked], by_scipy.values)
    tell(f"reference within {agreement:.1e} of scipy on {sizes.checked} people")

    exact = solve(workload.model, workload.parameters, workload.doses, workload.times_h)
    linear = exact.steps == (0, 0)  # nothing is left to error control, and the tolerance means nothing

    equations = right_hand_side_for(workload)
    engines: dict[str, tuple[Engine, int]] = {
        "full": (Ours("full"), sizes.ours),
        "exact": (Ours("auto"), sizes.ours),
        "odeint": (make_odeint(workload, equations), sizes.odeint),
        "odeint, scaled": (make_odeint(workload, equations, "scaled"), sizes.odeint),
        "odeint with Jacobian": (make_odeint(workload, equations, jacobian=True), sizes.odeint),
    }
    if numbalsoda_is_installed():
        engines["numbalsoda"] = (make_numbalsoda(equations), sizes.numbalsoda)
    # compiled and loaded before anything is timed
    for run, _ in engines.values():
        run(workload.people(0, 8), 1e-3, 1)

    contenders: list[Contender] = []
    for name, (run, people) in engines.items():
        own = workload.people(0, people)
        aims: dict[float, list[float]] = {}
        for error in ERRORS if name in MAIN else (MAIN_ERROR,):
            rtol: float | None
            if name == "exact" and linear:
                rtol = DEFAULT_RTOL if largest_error(exact.values, reference) <= error else None
            else:
                guess = 10.0 * error if name in OURS else 0.1 * error
                rtol = loosest_tolerance(run, own, reference, error, guess, cores=2)
            if rtol is None:
                tell(f"{name}: no tolerance keeps the error to {error:g}")
            else:
                aims.setdefault(rtol, []).append(error)
        if name in OURS and not (name == "exact" and linear):
            aims |= {rtol: [] for rtol in ROUND_TOLERANCES if rtol not in aims}
        contenders += [Contender(name, run, own, rtol, 1, tuple(errors)) for rtol, errors in aims.items()]
        main = [rtol for rtol, errors in aims.items() if MAIN_ERROR in errors]
        if name in MAIN and main:
            more = own if name in OURS else workload.people(0, min(2 * people, sizes.ours))
            contenders.append(Contender(name, run, more, main[0], 2, (MAIN_ERROR,)))
        tell(f"tolerances of {name}")
    rows = measure_in_turn(contenders, reference, sizes.rounds, tell)
    others = [name for name in engines if name not in OURS]
    pairs = [(e, o, a, c) for a in ERRORS for c in (1, 2) for e in OURS for o in others]
    return {
        "title": workload.title,
        "states": len(workload.model.states),
        "linear": linear,
        "reference": {
            "rtol": REFERENCE_RTOL,
            "scipy_rtol": SCIPY_RTOL,
            "people_checked": sizes.checked,
            "largest_difference": agreement,
        },
        "rows": [row.to_json() for row in rows],
        "ratios": [r for r in (ratio(rows, *pair) for pair in pairs) if r is not None],
    }
