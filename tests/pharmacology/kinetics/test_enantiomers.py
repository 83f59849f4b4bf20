"""S and R are two drugs that share distribution and differ in clearance."""

import numpy as np
import pytest

from ataraxy.errors import ModelError
from ataraxy.pharmacology.kinetics import MODELS, get_model
from ataraxy.pharmacology.typical import clearance_L_per_h, simulate_typical
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.route import Route

TIMES = np.linspace(0.0, 24.0, 49)


@pytest.mark.parametrize("model", ["otto-2021", "simons-2022", "perez-ruixo-2021"])
@pytest.mark.parametrize("factor", [None, 0.81, 0.94])
def test_the_factor_is_the_ratio_of_systemic_clearances(model, factor):
    ratio = clearance_L_per_h(model, "R", r_clearance_factor=factor) / clearance_L_per_h(
        model, "S", r_clearance_factor=factor
    )
    assert ratio == pytest.approx(0.90 if factor is None else factor, rel=1e-12)


@pytest.mark.parametrize(("age", "ancestry"), [(30.0, "other"), (80.0, "japanese"), (70.0, "asian")])
def test_the_factor_holds_for_every_liver(age, ancestry):
    who = {"age_y": age, "ancestry": ancestry}
    ratio = clearance_L_per_h("perez-ruixo-2021", "R", **who) / clearance_L_per_h(
        "perez-ruixo-2021", "S", **who
    )
    assert ratio == pytest.approx(0.90, rel=1e-12)


def test_kel_and_kmet_of_r_are_scaled_together():
    kinetic = get_model("perez-ruixo-2021")
    from ataraxy.pharmacology.typical import OnePerson

    body = kinetic.typical(OnePerson.of())
    assert body["kel_R"] / body["kel_S"] == pytest.approx(body["kmet_R"] / body["kmet_S"])
    assert body["kel_R"] < body["kel_S"]


def test_kamp_clears_both_enantiomers_alike():
    assert clearance_L_per_h("kamp-2020", "R") == clearance_L_per_h("kamp-2020", "S") == 84.0


def test_kamp_refuses_another_factor():
    with pytest.raises(ModelError, match=r"kinetics\.r-factor-fixed"):
        clearance_L_per_h("kamp-2020", "R", r_clearance_factor=0.9)


@pytest.mark.parametrize("model", MODELS)
def test_the_racemate_is_half_a_dose_of_each(model, plan):
    def curve(drug, mg):
        return simulate_typical(
            model, drug, [plan(Route.IV_INFUSION, mg, drug=drug, duration_h=0.5)], TIMES
        ).concentrations

    both = curve(Drug.RACEMIC_KETAMINE, 40.0)
    s, r = curve(Drug.ESKETAMINE, 20.0), curve(Drug.ARKETAMINE, 20.0)
    assert both["S-ketamine"] == pytest.approx(s["S-ketamine"], rel=1e-6, abs=1e-7)
    assert both["R-ketamine"] == pytest.approx(r["R-ketamine"], rel=1e-6, abs=1e-7)
    assert both["ketamine"] == pytest.approx(both["S-ketamine"] + both["R-ketamine"])


@pytest.mark.parametrize("model", ["otto-2021", "simons-2022", "perez-ruixo-2021"])
def test_r_stays_longer_than_s(model, plan):
    racemate = plan(Route.IV_INFUSION, 35.0, drug=Drug.RACEMIC_KETAMINE, duration_h=2 / 3)
    curve = simulate_typical(model, Drug.RACEMIC_KETAMINE, [racemate], TIMES)
    later = TIMES > 2.0
    assert np.all(curve.concentrations["R-ketamine"][later] > curve.concentrations["S-ketamine"][later])


def test_only_the_enantiomers_asked_for_have_states():
    assert not [s for s in get_model("simons-2022").build(("S",)).state_names if s.endswith("_R")]
    assert not [s for s in get_model("simons-2022").build(("R",)).state_names if s.endswith("_S")]


def test_an_enantiomer_that_does_not_exist_is_refused():
    with pytest.raises(ModelError, match=r"kinetics\.enantiomers"):
        get_model("otto-2021").build(("X",))
