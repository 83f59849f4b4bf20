"""Inhibitors and inducers on the well-stirred liver: the numbers of the science notes, section 5."""

import pytest

from ataraxy.errors import ModelError
from ataraxy.pharmacology.kinetics import Scenario
from ataraxy.pharmacology.typical import bioavailability, clearance_L_per_h, simulate_typical
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.route import Route

MODEL = "perez-ruixo-2021"


def area(plan, route, factor, **how):
    dose = plan(route, 28.0, **how)
    curve = simulate_typical(MODEL, Drug.ESKETAMINE, [dose], [0.0, 600.0], hepatic_clint_factor=factor)
    return curve.auc["S-ketamine"][-1]


def test_bioavailabilities_of_the_published_liver():
    assert clearance_L_per_h(MODEL, "S") == pytest.approx(109.0, abs=0.05)
    nasal = [bioavailability(MODEL, Route.NASAL_SPRAY, mg) for mg in (28.0, 56.0, 84.0)]
    assert nasal == pytest.approx([0.62, 0.54, 0.51], abs=0.005)
    assert bioavailability(MODEL, Route.ORAL_SOLUTION, 84.0) == pytest.approx(0.178, abs=0.001)


def test_halving_intrinsic_clearance_lowers_intravenous_clearance_by_22_percent():
    ratio = clearance_L_per_h(MODEL, "S", hepatic_clint_factor=0.5) / clearance_L_per_h(MODEL, "S")
    assert round(100 * (1 - ratio)) == 22
    assert clearance_L_per_h(MODEL, "S", hepatic_clint_factor=0.5) == pytest.approx(85.2, abs=0.2)


def test_halving_intrinsic_clearance_doubles_the_oral_area(plan):
    ratio = area(plan, Route.ORAL_SOLUTION, 0.5) / area(plan, Route.ORAL_SOLUTION, 1.0)
    assert ratio == pytest.approx(2.0, rel=1e-5)


def test_intravenous_area_follows_the_lowered_clearance(plan):
    how = {"duration_h": 1.0}
    ratio = area(plan, Route.IV_INFUSION, 0.5, **how) / area(plan, Route.IV_INFUSION, 1.0, **how)
    cleared = clearance_L_per_h(MODEL, "S") / clearance_L_per_h(MODEL, "S", hepatic_clint_factor=0.5)
    assert ratio == pytest.approx(cleared, rel=1e-6)


def test_the_oral_area_under_ticlopidine_needs_0_42_of_intrinsic_clearance(plan):
    ratio = area(plan, Route.ORAL_SOLUTION, 0.42) / area(plan, Route.ORAL_SOLUTION, 1.0)
    assert ratio == pytest.approx(2.4, abs=0.03)


def test_an_inhibitor_leaves_the_share_that_becomes_norketamine(plan):
    dose = [plan(Route.IV_INFUSION, 28.0, duration_h=1.0)]
    areas = [
        simulate_typical(MODEL, Drug.ESKETAMINE, dose, [0.0, 600.0], hepatic_clint_factor=f).auc[
            "S-norketamine"
        ][-1]
        for f in (1.0, 0.5)
    ]
    assert areas[1] == pytest.approx(areas[0], rel=1e-5)


@pytest.mark.parametrize("model", ["otto-2021", "simons-2022", "kamp-2020"])
def test_a_model_without_a_liver_refuses_the_scenario(model):
    with pytest.raises(ModelError, match=r"kinetics\.no-liver"):
        clearance_L_per_h(model, "S", hepatic_clint_factor=0.5)


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan")])
def test_a_factor_that_is_not_above_zero_is_refused(factor):
    with pytest.raises(ModelError, match=r"scenario\.clint-factor"):
        Scenario(hepatic_clint_factor=factor)
