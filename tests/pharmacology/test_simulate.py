"""Laws of a simulated protocol."""

from __future__ import annotations

import dataclasses
import json
import pickle
from importlib import resources

import jsonschema
import numpy as np
import pytest

from ataraxy.errors import InputError, ModelError
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.pharmacology.exposure import SimulationResult
from ataraxy.pharmacology.kinetics import Scenario
from ataraxy.pharmacology.people_tasks import PeopleSource, UncertaintyTask, VariabilityTask
from ataraxy.pharmacology.population import sample_population
from ataraxy.pharmacology.recipe import Recipe, make_plan
from ataraxy.pharmacology.simulate import simulate
from ataraxy.pharmacology.typical import simulate_typical

ONCE = load_protocol("ketamine-iv-05-once")
SIX = load_protocol("ketamine-iv-05-six")


def _numbers(result: SimulationResult) -> dict[str, object]:
    content = result.to_json()
    del content["provenance"]
    return content


def _same_bytes(a: SimulationResult, b: SimulationResult) -> bool:
    tables = all(a.per_person[name].tobytes() == b.per_person[name].tobytes() for name in a.per_person)
    bands = all(a.bands[name].quantiles.tobytes() == b.bands[name].quantiles.tobytes() for name in a.bands)
    return tables and bands and json.dumps(_numbers(a)) == json.dumps(_numbers(b))


@pytest.fixture(scope="module")
def once() -> SimulationResult:
    return simulate(ONCE, people=50, seed=3, uncertainty_draws=4)


@pytest.mark.parametrize(("workers", "chunk"), [(1, 8), (2, 16), (7, 24), (2, 1000)])
def test_results_do_not_depend_on_workers_or_pieces(once: SimulationResult, workers: int, chunk: int) -> None:
    other = simulate(ONCE, people=50, seed=3, uncertainty_draws=4, workers=workers, chunk=chunk)
    assert _same_bytes(once, other)


def test_results_with_occasions_do_not_depend_on_workers_or_pieces() -> None:
    film = load_protocol("simons-2022-film-50")
    a = simulate(film, model="simons-2022", people=21, seed=3, uncertainty_draws=2)
    b = simulate(film, model="simons-2022", people=21, seed=3, uncertainty_draws=2, workers=7, chunk=8)
    assert _same_bytes(a, b)


def test_another_seed_gives_other_people(once: SimulationResult) -> None:
    other = simulate(ONCE, people=50, seed=4, uncertainty_draws=0)
    assert not np.array_equal(once.per_person["weight_kg"], other.per_person["weight_kg"])
    assert (
        once.sessions[0]["ketamine"].cmax_ng_per_ml.median
        != other.sessions[0]["ketamine"].cmax_ng_per_ml.median
    )


def test_more_people_leave_the_first_ones_as_they_are(once: SimulationResult) -> None:
    more = simulate(ONCE, people=58, seed=3, uncertainty_draws=0)
    n = len(once.per_person["cmax_ng_per_ml"])
    assert np.array_equal(once.per_person["weight_kg"], more.per_person["weight_kg"][:n])
    # two people of the last block have other neighbours: their numbers agree to rounding, not to the bit
    np.testing.assert_allclose(
        once.per_person["cmax_ng_per_ml"], more.per_person["cmax_ng_per_ml"][:n], rtol=1e-9
    )


def test_a_person_without_deviations_is_the_typical_person() -> None:
    plan = make_plan(Recipe(ONCE, "otto-2021", 1, Scenario(), "auto", 1e-6))
    times = plan.windows[0].times_h
    typical = simulate_typical(
        "otto-2021", ONCE.drug, ONCE.planned_doses(), times, weight_kg=70, age_y=45, solver="reference"
    )
    people = sample_population(range(1), 1)
    seventy = dataclasses.replace(people, weight_kg=np.array([70.0]), age_y=np.array([45.0]))
    result = simulate(ONCE, people=seventy, seed=1, uncertainty_draws=0)
    # one real person differs from the typical one by variability alone: far, but not absurdly far
    ratio = result.sessions[0]["ketamine"].cmax_ng_per_ml.median / typical.cmax("ketamine")
    assert 0.4 < ratio < 2.5
    assert ratio != pytest.approx(1.0, abs=1e-6)


def test_the_median_person_is_near_the_typical_one() -> None:
    result = simulate(ONCE, people=400, seed=1, uncertainty_draws=0)
    weight = float(np.median(result.per_person["weight_kg"]))
    times = np.linspace(0, 24, 1441)
    typical = simulate_typical(
        "otto-2021", ONCE.drug, ONCE.planned_doses(), times, weight_kg=weight, solver="auto"
    )
    assert result.sessions[0]["ketamine"].cmax_ng_per_ml.median == pytest.approx(
        typical.cmax("ketamine"), rel=0.08
    )
    assert result.sessions[0]["ketamine"].auc_ng_h_per_ml.median == pytest.approx(
        float(typical.auc["ketamine"][-1]), rel=0.08
    )


def test_variability_and_uncertainty_are_different_things(once: SimulationResult) -> None:
    certain = simulate(ONCE, people=50, seed=3, uncertainty_draws=0)
    a, b = once.sessions[0]["S-ketamine"].cmax_ng_per_ml, certain.sessions[0]["S-ketamine"].cmax_ng_per_ml
    assert (a.median, a.between_people) == (b.median, b.between_people)
    assert b.median_uncertainty is None
    assert a.median_uncertainty is not None
    assert a.median_uncertainty != a.between_people


def test_the_draw_of_published_values_is_the_published_population() -> None:
    recipe = Recipe(ONCE, "otto-2021", 3, Scenario(), "auto", 1e-6)
    source = PeopleSource(50, 3, None)
    published = VariabilityTask(recipe, source)(range(8)).endpoints
    drawn = UncertaintyTask(recipe, source, 50)(range(8))
    np.testing.assert_allclose(drawn, published, rtol=1e-12)


def test_tasks_travel_to_other_processes() -> None:
    task = VariabilityTask(Recipe(ONCE, "otto-2021", 3, Scenario(), "auto", 1e-6), PeopleSource(50, 3, None))
    again = pickle.loads(pickle.dumps(task))
    assert again(range(8)).endpoints.tobytes() == task(range(8)).endpoints.tobytes()


def test_sums_are_the_sums_of_the_enantiomers(once: SimulationResult) -> None:
    rows = once.per_person
    area = {
        name: rows["auc_ng_h_per_ml"][rows["analyte"] == name]
        for name in ("S-ketamine", "R-ketamine", "ketamine")
    }
    np.testing.assert_allclose(area["S-ketamine"] + area["R-ketamine"], area["ketamine"], rtol=1e-12)


def test_what_is_left_over_adds_to_later_sessions() -> None:
    result = simulate(SIX, people=30, seed=1, uncertainty_draws=0)
    first, last = (result.sessions[i]["ketamine"].auc_ng_h_per_ml.median for i in (0, 5))
    assert 1.0 < last / first < 1.05
    assert [s.start_h for s in result.sessions] == [s.time_h for s in SIX.sessions]


def test_bands_rise_with_the_quantile_and_hold_the_median(once: SimulationResult) -> None:
    for band in once.bands.values():
        assert np.all(np.diff(band.quantiles, axis=0) >= 0.0)
        assert np.all(np.diff(band.times_h) > 0.0)
        assert band.quantiles[:, 0] == pytest.approx(np.zeros(5))
    cmax = once.sessions[0]["ketamine"].cmax_ng_per_ml.median
    peak = once.bands["ketamine"].quantiles[2].max()
    # everybody peaks at the end of the infusion, so the band's median peaks at the median of the peaks
    assert peak == pytest.approx(cmax, rel=once.bands["ketamine"].relative_error * 2)


def test_the_peak_of_an_infusion_is_at_its_end(once: SimulationResult) -> None:
    assert once.sessions[0]["S-ketamine"].tmax_h.median == pytest.approx(40 / 60, abs=1e-9)


def test_esketamine_has_no_r_ketamine() -> None:
    result = simulate(
        load_protocol("esketamine-nasal-56"), model="perez-ruixo-2021", people=8, seed=1, uncertainty_draws=0
    )
    assert {a.analyte for a in result.sessions[0].analytes} == {"S-ketamine", "S-norketamine"}


def test_an_inhibitor_raises_oral_exposure() -> None:
    oral = load_protocol("chong-2006-oral-25")
    plain, inhibited = (
        simulate(
            oral,
            model="perez-ruixo-2021",
            people=8,
            seed=1,
            uncertainty_draws=0,
            scenario=Scenario(hepatic_clint_factor=factor),
        )
        for factor in (1.0, 0.5)
    )
    ratio = (
        inhibited.sessions[0]["ketamine"].auc_ng_h_per_ml.median
        / plain.sessions[0]["ketamine"].auc_ng_h_per_ml.median
    )
    assert 1.6 < ratio < 2.2
    assert any("scenario" in line for line in inhibited.assumptions)


def test_going_beyond_the_data_is_said(once: SimulationResult) -> None:
    assert any("R-ketamine" in line for line in once.outside_studied_range)
    assert any("salt or base" in line for line in once.assumptions)


def test_json_holds_no_number_that_json_does_not_know(once: SimulationResult) -> None:
    content = json.loads(json.dumps(once.to_json(), allow_nan=False))
    assert content["schema"] == "ataraxy.simulation/1"
    assert set(content) >= {"protocol", "model", "people", "sessions", "outside_studied_range", "provenance"}
    analyte = content["sessions"][0]["analytes"][0]
    assert set(analyte["cmax_ng_per_ml"]) == {"median", "between_people", "median_uncertainty"}
    assert set(analyte["cmax_ng_per_ml"]["between_people"]) == {"lo90", "hi90"}


@pytest.mark.parametrize(
    "change",
    [
        {"people": 0},
        {"people": -5},
        {"uncertainty_draws": -1},
        {"model": "none"},
        {"rtol": 5.0},
        {"seed": -1},
    ],
)
def test_wrong_arguments_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        simulate(ONCE, **{"people": 8, "uncertainty_draws": 0, **change})  # type: ignore[arg-type]


def test_a_route_that_a_model_lacks_is_refused() -> None:
    with pytest.raises(ModelError, match=r"kinetics\.route-not-supported"):
        simulate(load_protocol("simons-2022-film-50"), model="otto-2021", people=8)


def test_a_charted_person_differs_and_the_others_do_not(once: SimulationResult) -> None:
    planned = ONCE.planned_doses()
    half = [
        dataclasses.replace(planned[0], amount=planned[0].amount / 2, duration_h=planned[0].duration_h / 2)
    ]
    charted = simulate(ONCE, people=50, seed=3, uncertainty_draws=0, charts={11: half})
    rows = once.per_person
    for name, tolerance in (("auc_ng_h_per_ml", 1e-9), ("cmax_ng_per_ml", 1e-9)):
        ratio = charted.per_person[name] / rows[name]
        np.testing.assert_allclose(ratio[rows["person"] != 11], 1.0, rtol=tolerance)
    parent = (rows["person"] == 11) & (rows["analyte"] == "S-ketamine")
    # an infusion stopped at half time gives half the amount, and nearly half the area of a day
    ratio = charted.per_person["auc_ng_h_per_ml"][parent] / rows["auc_ng_h_per_ml"][parent]
    assert ratio == pytest.approx(0.5, abs=0.01)
    assert charted.per_person["tmax_h"][parent] == pytest.approx(20 / 60, abs=1e-6)


def test_a_pause_gives_the_same_amount_later() -> None:
    planned = ONCE.planned_doses()[0]
    quarter = dataclasses.replace(planned, amount=planned.amount / 2, duration_h=planned.duration_h / 2)
    paused = [quarter, dataclasses.replace(quarter, time_h=1.0)]
    charted = simulate(ONCE, people=8, seed=3, uncertainty_draws=0, charts={2: paused})
    rows = charted.per_person
    mine = (rows["person"] == 2) & (rows["analyte"] == "S-ketamine")
    assert rows["tmax_h"][mine] == pytest.approx(80 / 60, abs=1e-6)


@pytest.mark.parametrize("person", [-1, 8])
def test_a_chart_of_nobody_is_refused(person: int) -> None:
    with pytest.raises(InputError, match=r"simulate\.chart"):
        simulate(ONCE, people=8, uncertainty_draws=0, charts={person: ONCE.planned_doses()})


def test_json_fits_the_published_schema(once: SimulationResult) -> None:
    schema = json.loads(
        resources.files("ataraxy.pharmacology")
        .joinpath("schemas/simulation-1.json")
        .read_text(encoding="utf-8")
    )
    jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(once.to_json())))
    broken = json.loads(json.dumps(once.to_json()))
    del broken["sessions"][0]["analytes"][0]["cmax_ng_per_ml"]["between_people"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(broken)


def test_a_person_who_cannot_be_solved_is_named_as_the_user_knows_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ataraxy.errors import SolverError
    from ataraxy.pharmacology import people_tasks

    def fails(*arguments: object, **options: object) -> None:
        raise SolverError("no step is small enough", code="solver.step-too-small", person=2)

    monkeypatch.setattr(people_tasks, "solve", fails)
    task = VariabilityTask(Recipe(ONCE, "otto-2021", 3, Scenario(), "auto", 1e-6), PeopleSource(50, 3, None))
    with pytest.raises(SolverError, match=r"^person 18 \(id "):
        task(range(16, 24))
