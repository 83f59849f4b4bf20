"""Nothing is made and nothing is lost, whatever the model, the route and the size of the dose."""

import numpy as np
import pytest

from ataraxy.pharmacology.kinetics import MODELS, get_model
from ataraxy.pharmacology.typical import (
    OnePerson,
    bioavailability,
    clearance_L_per_h,
    rate_matrix,
    simulate_typical,
)
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.route import Route

MODEL_ROUTES = [(name, route) for name in MODELS for route in get_model(name).routes]


def dose_for(route, plan, mg, drug=Drug.ESKETAMINE):
    long = 0.5 if route.is_infusion else 0.0
    devices = {"devices": 1, "device_index": 0} if route is Route.NASAL_SPRAY else {}
    return plan(route, mg, drug=drug, duration_h=long, **devices)


@pytest.mark.parametrize(("model", "route"), MODEL_ROUTES)
def test_clearance_times_area_is_bioavailability_times_dose(model, route, plan):
    curve = simulate_typical(model, Drug.ESKETAMINE, [dose_for(route, plan, 20.0)], [0.0, 400.0])
    cleared_mg = clearance_L_per_h(model, "S") * curve.auc["S-ketamine"][-1] / 1000.0
    assert cleared_mg == pytest.approx(20.0 * bioavailability(model, route, 20.0), rel=1e-6)


@pytest.mark.parametrize(("model", "route"), MODEL_ROUTES)
def test_doubling_the_dose_doubles_every_concentration(model, route, plan):
    times = np.linspace(0.0, 12.0, 25)
    once = simulate_typical(model, Drug.ESKETAMINE, [dose_for(route, plan, 10.0)], times)
    twice = simulate_typical(model, Drug.ESKETAMINE, [dose_for(route, plan, 20.0)], times)
    for name, curve in once.concentrations.items():
        assert twice.concentrations[name] == pytest.approx(2.0 * curve, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("model", MODELS)
def test_mass_leaves_only_where_the_model_says_so(model):
    """Each column of the rate matrix sums to zero, except where drug is eliminated or a fraction is lost."""
    kinetic = get_model(model)
    matrix, names = rate_matrix(kinetic.build(("S",)), kinetic.typical(OnePerson.of()))
    mass = np.array([not n.startswith("auc_") for n in names])
    leak = matrix[np.ix_(mass, mass)].sum(axis=0)
    leaking = {n for n, x in zip(np.array(names)[mass], leak, strict=True) if abs(x) > 1e-9}
    assert np.all(leak <= 1e-9)
    assert (
        leaking
        == {
            "otto-2021": {"central_nk_S"},
            "simons-2022": {"forming_nk2_S", "forming_hnk2_S", "central_hnk_S"},
            "perez-ruixo-2021": {"liver_S", "central_nk_S"},
            # without a metabolite, what the first pass takes is gone
            "kamp-2020": {"central_S", "swallowed_S", "oral_S"},
        }[model]
    )


def test_moles_are_conserved_from_ketamine_to_hydroxynorketamine(plan):
    """Simons: 80% of what is cleared becomes norketamine, 70% of that hydroxynorketamine, counted in moles."""
    curve = simulate_typical(
        "simons-2022", Drug.ESKETAMINE, [plan(Route.IV_INFUSION, 20.0, duration_h=1 / 3)], [0.0, 300.0]
    )
    given = 20.0 / 237.73
    norketamine = 60.0 * 1.00 * curve.auc["S-norketamine"][-1] / 1000.0 / 223.70
    hydroxynorketamine = 60.0 * 0.933 * curve.auc["S-hydroxynorketamine"][-1] / 1000.0 / 239.70
    assert norketamine == pytest.approx(0.80 * given, rel=1e-6)
    assert hydroxynorketamine == pytest.approx(0.70 * 0.80 * given, rel=1e-6)


def test_all_of_the_parent_becomes_norketamine_in_otto(plan):
    curve = simulate_typical(
        "otto-2021", Drug.ESKETAMINE, [plan(Route.IV_INFUSION, 10.0, duration_h=0.5)], [0.0, 300.0]
    )
    assert 57.72 * curve.auc["S-norketamine"][-1] / 1000.0 == pytest.approx(10.0, rel=1e-6)


def test_kmet_share_becomes_norketamine_in_perez_ruixo(plan):
    curve = simulate_typical(
        "perez-ruixo-2021", Drug.ESKETAMINE, [plan(Route.IV_INFUSION, 28.0, duration_h=1.0)], [0.0, 400.0]
    )
    formed = 38.0 * curve.auc["S-norketamine"][-1] / 1000.0
    assert formed == pytest.approx(28.0 * 2.77 / (2.77 + 1.11), rel=1e-6)


@pytest.mark.parametrize("route", [Route.NASAL_SPRAY, Route.ORAL_SOLUTION])
@pytest.mark.parametrize("model", ["otto-2021", "simons-2022", "kamp-2020"])
def test_borrowed_absorption_keeps_the_bioavailability_of_its_source(model, route):
    assert bioavailability(model, route, 56.0) == pytest.approx(
        bioavailability("perez-ruixo-2021", route, 56.0)
    )


def test_first_pass_drug_becomes_metabolite_where_absorption_is_borrowed(plan):
    """By mouth, what passes the gut wall all ends as norketamine in Otto, where every milligram cleared does."""
    curve = simulate_typical("otto-2021", Drug.ESKETAMINE, [plan(Route.ORAL_SOLUTION, 50.0)], [0.0, 400.0])
    assert 57.72 * curve.auc["S-norketamine"][-1] / 1000.0 == pytest.approx(50.0 * 0.64, rel=1e-6)


def test_swallowed_film_makes_metabolite_but_no_ketamine(plan):
    film = simulate_typical("simons-2022", Drug.ESKETAMINE, [plan(Route.FILM, 50.0)], [0.0, 400.0])
    moles = (0.263 + 1.16) * 50.0 / 237.73
    assert 60.0 * film.auc["S-norketamine"][-1] / 1000.0 / 223.70 == pytest.approx(0.80 * moles, rel=1e-6)
    assert film.auc["S-ketamine"][-1] == pytest.approx(1000.0 * 0.263 * 50.0 / (60.0 * 1.48), rel=1e-6)
