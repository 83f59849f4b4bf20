"""The benchmark compares engines that solve the same problem, and its page says what was measured. No timing here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from bench.engines import (
    Ours,
    Spent,
    make_numbalsoda,
    make_odeint,
    numbalsoda_is_installed,
    right_hand_side_for,
)
from bench.many_people import people24, people_of
from bench.measure import TOLERANCES, Row, loosest_tolerance, ratio
from bench.model24 import largest_error
from bench.page import write_page
from bench.targets import judge
from bench.workload import (
    Workload,
    cut_into_stretches,
    workload24,
    workload_effects_once,
    workload_effects_six,
    workload_simons,
)

from ataraxy.engine.expression import evaluate
from ataraxy.engine.solve import solve

ROOT = Path(__file__).resolve().parents[2]
MAKERS = {
    "model24": workload24,
    "simons-2022": workload_simons,
    "effects-once": workload_effects_once,
    "effects-six": workload_effects_six,
}


@pytest.fixture(scope="module", params=list(MAKERS))
def workload(request):
    return MAKERS[request.param](4)


@pytest.fixture(scope="module")
def equations(workload):
    return right_hand_side_for(workload)


def test_odeint_and_the_kernel_agree(workload, equations):
    _, expected = make_odeint(workload, equations)(workload, 1e-9, 1)
    for solver in ("full", "auto"):
        _, found = Ours(solver)(workload, 1e-7, 1)
        assert largest_error(found, expected) < 1e-6


def test_processes_give_what_one_gives(workload, equations):
    run = make_odeint(workload, equations, "scaled")
    assert np.array_equal(run(workload, 1e-4, 2)[1], run(workload, 1e-4, 1)[1])


@pytest.mark.skipif(not numbalsoda_is_installed(), reason="numbalsoda is built from source, by hand")
def test_numbalsoda_and_the_kernel_agree(workload, equations):
    _, expected = make_numbalsoda(equations)(workload, 1e-9, 1)
    assert largest_error(Ours("auto")(workload, 1e-7, 1)[1], expected) < 1e-6


def test_compiled_equations_are_those_of_the_model(workload, equations):
    stretches = cut_into_stretches(workload, equations.settled)
    p = stretches.rows[1, 0]
    y = np.random.default_rng(1).uniform(0.1, 2.0, len(workload.model.states))
    scope = dict(zip(workload.model.state_names, y, strict=True))
    scope |= dict(zip(workload.model.parameters, workload.parameters[1], strict=True))
    expected = np.array(evaluate(list(workload.model.derivatives.values()), scope), dtype=float)
    expected[list(stretches.channels)] += p[-len(stretches.channels) :]
    np.testing.assert_allclose(equations.derivatives(0.0, y, p), expected, rtol=1e-12)


def test_compiled_jacobian_is_the_slope_of_the_derivatives(workload, equations):
    p = cut_into_stretches(workload, equations.settled).rows[0, 0]
    y = np.random.default_rng(2).uniform(0.5, 2.0, len(workload.model.states))
    jacobian = equations.jacobian(0.0, y, p)
    for j in range(len(y)):
        step = np.zeros(len(y))
        step[j] = 1e-5
        slope = (equations.derivatives(0.0, y + step, p) - equations.derivatives(0.0, y - step, p)) / 2e-5
        np.testing.assert_allclose(jacobian[:, j], slope, rtol=1e-5, atol=1e-5)


def test_stretches_hold_every_output_time_once_and_the_whole_dose(workload):
    stretches = cut_into_stretches(workload)
    assert sorted(stretches.slots[stretches.slots >= 0]) == list(range(len(workload.times_h)))
    lengths = stretches.points[stretches.first[1:] - 1] - stretches.points[stretches.first[:-1]]
    rates = stretches.rows[:, :, -len(stretches.channels) :]
    given = np.zeros((len(workload), len(stretches.channels)))
    np.add.at(given, (workload.doses.person, workload.doses.target), workload.doses.amount)
    np.testing.assert_allclose(np.einsum("psc,s->pc", rates, lengths), given, rtol=1e-9)


def test_some_of_the_people_keep_their_doses(workload):
    everybody = Ours("full")(workload, 1e-8, 1)[1]
    some = Ours("full")(workload.people(2, 4), 1e-8, 1)[1]
    assert largest_error(some, everybody[2:4]) < 1e-6


def test_people_of_a_chunk_are_those_of_the_whole():
    parameters, doses = people24(range(24))
    own, own_doses = people24(range(8, 16))
    assert np.array_equal(own, parameters[8:16])
    assert np.array_equal(own_doses.amount[:12], doses.amount[8 * 12 : 9 * 12])


def test_people_with_effects_are_the_same_in_any_chunk():
    everybody = people_of("effects-six", range(24))
    some = people_of("effects-six", range(8, 16))
    assert np.array_equal(some.parameters, everybody.parameters[8:16])
    own = everybody.people(8, 16).doses
    assert [a.tolist() for a in (some.doses.person, some.doses.time_h, some.doses.amount)] == [
        a.tolist() for a in (own.person, own.time_h, own.amount)
    ]


def test_a_target_is_judged_for_each_model_with_its_own_ratio():
    found = results()
    for r in found["workloads"]["effects-six"]["ratios"]:
        r["ratio"]["median"] = 1.0
    missed = [t["what"] for t in judge(found) if not t["reached"] and t["found"] == 1.0]
    assert [m.split(" over")[0] for m in missed] == ["effects-six, full", "effects-six, exact"]


@pytest.mark.parametrize("guess", [1e-2, 3e-7, 1e-11])
def test_the_loosest_tolerance_is_found_from_any_guess(guess):
    some = workload24(1)
    reference = np.ones((1, len(some.times_h), len(some.model.outputs)))

    def engine(workload: Workload, rtol: float, cores: int):
        return Spent(1.0, 1.0), reference * (1.0 + 10.0 * rtol)

    assert loosest_tolerance(engine, some, reference, 1.01e-5, guess, 1) == 1e-6
    assert loosest_tolerance(engine, some, reference, 1e-14, guess, 1) is None
    assert tuple(sorted(TOLERANCES, reverse=True)) == TOLERANCES


def test_ratios_are_taken_within_a_round():
    ours = Row("full", 1, 1e-4, (1e-5,), 8, (Spent(1.0, 0.5), Spent(4.0, 0.5), Spent(2.0, 0.5)), 9e-6)
    other = Row("odeint", 1, 1e-6, (1e-5,), 4, (Spent(50.0, 5.0), Spent(40.0, 5.0), Spent(60.0, 5.0)), 8e-6)
    found = ratio([ours, other], "full", "odeint", 1e-5, 1)
    assert found is not None
    assert found["ratio"]["all"] == [100.0, 20.0, 60.0]
    assert found["processor_ratio"]["all"] == [20.0, 20.0, 20.0]
    assert ratio([ours, other], "full", "odeint", 1e-5, 2) is None


def results() -> dict:
    return json.loads((ROOT / "bench" / "results" / "latest.json").read_text())


def test_the_page_is_that_of_the_results():
    assert (ROOT / "docs" / "benchmark.md").read_text() == write_page(results())


def test_targets_are_judged_by_the_results():
    found = results()
    assert found["targets"] == judge(found)
    found["startup"]["import"]["seconds"]["median"] = 0.6
    assert [t["reached"] for t in judge(found) if t["what"] == "import ataraxy"] == [False]


def test_a_fast_result_with_too_large_an_error_reaches_nothing():
    found = results()
    for r in found["workloads"]["model24"]["ratios"]:
        r["max_errors"][0] = 2e-5
    assert not judge(found)[0]["reached"]


def test_the_kernel_at_the_reference_tolerance_agrees_with_scipy():
    few = workload24(1)
    arguments = (few.model, few.parameters, few.doses, few.times_h)
    by_scipy = solve(*arguments, solver="reference", rtol=1e-12).values
    assert largest_error(solve(*arguments, solver="full", rtol=1e-11).values, by_scipy) < 1e-9
