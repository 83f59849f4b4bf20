"""A use beyond what was studied says so, in plain words."""

import numpy as np
import pytest

from ataraxy.pharmacology.kinetics import MODELS, Support, get_model, list_models, models_for
from ataraxy.pharmacology.typical import OnePerson
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.route import Route


def kinds(model, planned, **who):
    person = OnePerson.of(**{"weight_kg": 70.0, "age_y": 25.0, **who})
    return sorted({f.kind for f in get_model(model).outside_studied_range(planned, person)})


def test_a_studied_use_raises_no_flag(plan):
    infusion = plan(Route.IV_INFUSION, 20.0, duration_h=1 / 3)
    assert kinds("otto-2021", [infusion]) == []
    assert kinds("simons-2022", [infusion]) == []
    nasal = [plan(Route.NASAL_SPRAY, 28.0, devices=3, device_index=i, time_h=i / 12) for i in range(3)]
    assert kinds("perez-ruixo-2021", nasal) == []


@pytest.mark.parametrize(
    ("who", "kind"),
    [({"weight_kg": 120.0}, "weight"), ({"weight_kg": 45.0}, "weight"), ({"age_y": 70.0}, "age")],
)
def test_a_person_beyond_the_data_is_flagged(who, kind, plan):
    assert kinds("simons-2022", [plan(Route.IV_INFUSION, 20.0)], **who) == [kind]


@pytest.mark.parametrize("mg", [2.0, 80.0])
def test_a_dose_beyond_the_data_is_flagged(mg, plan):
    assert kinds("otto-2021", [plan(Route.IV_INFUSION, mg)]) == ["dose"]


def test_pieces_of_one_session_count_together(plan):
    halves = [plan(Route.IV_INFUSION, 20.0, time_h=t, duration_h=0.3) for t in (0.0, 0.3)]
    assert kinds("otto-2021", halves[:1]) == []
    assert kinds("otto-2021", halves) == ["dose"]


def test_a_borrowed_derived_or_assumed_route_is_flagged(plan):
    assert kinds("simons-2022", [plan(Route.SUBLINGUAL, 50.0)]) == ["route"]
    assert kinds("otto-2021", [plan(Route.NASAL_SPRAY, 28.0)]) == ["route"]
    assert kinds("perez-ruixo-2021", [plan(Route.IM, 28.0)]) == ["route"]


def test_r_ketamine_is_flagged_where_only_s_was_studied(plan):
    racemate = plan(Route.IV_INFUSION, 35.0, drug=Drug.RACEMIC_KETAMINE, duration_h=2 / 3)
    assert kinds("otto-2021", [racemate]) == ["enantiomer"]
    assert "enantiomer" not in kinds("kamp-2020", [racemate])


def test_unknown_ranges_are_flagged_as_unknown(plan):
    assert kinds("kamp-2020", [plan(Route.IV_INFUSION, 20.0)]) == ["age", "dose", "weight"]


def test_flags_count_the_people(plan):
    class People:
        weight_kg = np.array([50.0, 70.0, 100.0, 110.0])
        age_y = np.full(4, 25.0)
        ancestry = np.full(4, "other")

    texts = [
        str(f) for f in get_model("simons-2022").outside_studied_range([plan(Route.IV_BOLUS, 20.0)], People())
    ]
    assert "1 of 4 people's weight is below the lowest studied in simons-2022, 53 kg" in texts
    assert "2 of 4 people's weight is above the highest studied in simons-2022, 93 kg" in texts


@pytest.mark.parametrize("model", MODELS)
def test_injection_is_an_assumption_on_every_model(model):
    routes = get_model(model).routes
    assert {routes[r].status for r in (Route.IM, Route.SC, Route.SC_INFUSION)} == {Support.ASSUMED}


def test_each_model_names_site_population_sources_and_gaps():
    for model in list_models():
        assert model.population
        assert model.sources
        assert model.gaps
    assert [m.site for m in list_models()] == ["venous", "arterial", "unknown", "arterial"]


def test_models_estimated_on_a_route_come_first():
    assert models_for(Route.NASAL_SPRAY)[0] == "perez-ruixo-2021"
    assert models_for(Route.FILM) == ("simons-2022",)
