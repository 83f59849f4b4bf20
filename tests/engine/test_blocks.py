"""People are solved in blocks of eight: which block follows from a person's number alone, and so does the result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.engine.models import (
    LINEAR_RANGES,
    RESPONSE_RANGES,
    doses_of,
    largest_error,
    linear_model,
    response_model,
    typical_people,
)

from ataraxy.engine.doses import DoseTable, Floats
from ataraxy.engine.model import Model
from ataraxy.engine.solve import Solution, Solver, solve

TIMES = np.linspace(0.0, 48.0, 13)
N = 603  # not a multiple of eight, and more than one call of the kernel


def own_calendars(n: int, seed: int = 1) -> DoseTable:
    """Every person has other doses, at other times, of other lengths; some have none."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, n, 3 * n)
    lengths = np.where(rng.random(3 * n) < 0.3, 0.0, rng.uniform(0.01, 3.0, 3 * n))
    central = rng.random(3 * n) < 0.6
    times, amounts = rng.uniform(0.0, 40.0, 3 * n), rng.uniform(1.0, 20.0, 3 * n)
    return DoseTable.concatenate(
        [
            DoseTable.of(who[chosen], times[chosen], state, amounts[chosen], lengths[chosen])
            for chosen, state in ((central, "central"), (~central, "depot"))
        ]
    )


CASES: list[tuple[Model, Solver, dict[str, Any]]] = [
    (linear_model(), "auto", LINEAR_RANGES),
    (response_model(), "auto", RESPONSE_RANGES),
    (response_model(), "full", RESPONSE_RANGES),
]
by_kind = pytest.mark.parametrize(("model", "solver", "ranges"), CASES, ids=["linear", "hybrid", "full"])


def run(model: Model, solver: Solver, people: Floats, doses: DoseTable, workers: int = 1) -> Solution:
    return solve(model, people, doses, TIMES, solver=solver, rtol=1e-4, workers=workers)


def same_bytes(a: Solution, b: Solution) -> bool:
    return a.values.tobytes() == b.values.tobytes() and a.final.tobytes() == b.final.tobytes()


@by_kind
def test_results_are_the_same_bytes_for_any_number_of_workers(
    model: Model, solver: Solver, ranges: dict[str, Any]
) -> None:
    people, doses = typical_people(ranges, N, seed=2), own_calendars(N)
    one = run(model, solver, people, doses)
    for workers in (2, 7):
        several = run(model, solver, people, doses, workers)
        assert same_bytes(one, several)
        assert one.steps == several.steps


@by_kind
@pytest.mark.parametrize("chunk", [8, 16, 104, 600])
def test_results_are_the_same_bytes_for_any_chunks_of_whole_blocks(
    model: Model, solver: Solver, ranges: dict[str, Any], chunk: int
) -> None:
    n = 203
    people, doses = typical_people(ranges, n, seed=3), own_calendars(n)
    # nobody in the first blocks has a dose into the depot
    doses = doses.select((doses.person >= 40) | (np.array(doses.targets)[doses.target] == "central"))
    whole = run(model, solver, people, doses)
    for first in range(0, n, chunk):
        chosen = range(first, min(first + chunk, n))
        part = run(model, solver, people[chosen.start : chosen.stop], doses_of(doses, chosen))
        assert part.values.tobytes() == whole.values[chosen.start : chosen.stop].tobytes()
        assert part.final.tobytes() == whole.final[chosen.start : chosen.stop].tobytes()


@by_kind
@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 17])
def test_any_number_of_people_gives_each_what_he_has_alone(
    model: Model, solver: Solver, ranges: dict[str, Any], n: int
) -> None:
    people, doses = typical_people(ranges, n, seed=4), own_calendars(n, seed=4)
    together = run(model, solver, people, doses)
    assert together.values.shape == (n, TIMES.size, len(model.outputs))
    for person in range(n):
        alone = run(model, solver, people[person : person + 1], doses_of(doses, range(person, person + 1)))
        assert largest_error(together.values[person : person + 1], alone.values) < 1e-4


@by_kind
def test_calendars_of_their_own_do_not_mix(model: Model, solver: Solver, ranges: dict[str, Any]) -> None:
    """Eight equal people with one dose each, an hour apart: eight equal curves, an hour apart."""
    people = np.repeat(typical_people(ranges, 1, seed=5), 8, axis=0)
    hours = np.arange(8.0)
    doses = DoseTable.of(np.arange(8), hours, "central", 10.0, 0.5)
    path = solve(model, people, doses, np.arange(31.0), solver=solver, rtol=1e-7).values
    drug = list(model.outputs).index("central" if "central" in model.outputs else "concentration")
    for person in range(8):
        np.testing.assert_allclose(
            path[person, person : person + 24, drug], path[0, :24, drug], rtol=1e-6, atol=1e-9
        )
        assert np.all(np.abs(path[person, :person, drug]) < 1e-12)


@by_kind
def test_infusions_of_their_own_length_bring_the_same_mass(
    model: Model, solver: Solver, ranges: dict[str, Any]
) -> None:
    people = np.repeat(typical_people(ranges, 1, seed=6), 8, axis=0)
    people[:, list(ranges).index("CL")] = 1e-12
    lengths = np.array([0.0, 1e-12, 1e-6, 1e-3, 0.1, 1.0, 7.7, 24.0])
    doses = DoseTable.of(np.arange(8), 1.0, "central", 10.0, lengths)
    final = run(model, solver, people, doses).final
    held = final[:, [model.state_index("central"), model.state_index("peripheral")]].sum(axis=1)
    np.testing.assert_allclose(held, 10.0, rtol=1e-4 if solver == "full" else 1e-9)


def test_a_stubborn_neighbour_costs_steps_but_no_accuracy() -> None:
    model, people = response_model(), typical_people(RESPONSE_RANGES, 8, seed=7)
    doses = DoseTable.of(np.arange(8), 1.0, "central", 10.0, 0.5)
    calm = run(model, "auto", people, doses)
    people[7, list(RESPONSE_RANGES).index("GAMMA")] = 12.0
    people[7, list(RESPONSE_RANGES).index("KIN")] = 40.0
    rough = run(model, "auto", people, doses)
    assert rough.steps[0] > calm.steps[0]
    assert largest_error(rough.values[:7], calm.values[:7]) < 1e-4


@by_kind
def test_empty_places_in_a_block_never_decide(model: Model, solver: Solver, ranges: dict[str, Any]) -> None:
    """One person is solved with the steps that eight of him would have."""
    person, doses = typical_people(ranges, 1, seed=8), own_calendars(1, seed=8)
    copies = [DoseTable(doses.person + k, *columns(doses)) for k in range(8)]
    alone = run(model, solver, person, doses)
    eight = run(model, solver, np.repeat(person, 8, axis=0), DoseTable.concatenate(copies))
    assert alone.steps == eight.steps
    assert all(np.array_equal(alone.values[0], path) for path in eight.values)


def columns(doses: DoseTable) -> tuple[Any, ...]:
    return doses.time_h, doses.targets, doses.target, doses.amount, doses.duration_h
