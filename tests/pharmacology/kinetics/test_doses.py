"""From planned doses to amounts in states."""

import numpy as np
import pytest

from ataraxy.errors import InputError, ModelError
from ataraxy.pharmacology.kinetics import get_model
from ataraxy.pharmacology.typical import OnePerson, simulate_typical
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.planned_dose import dose_mg_base
from ataraxy.therapy.route import Route


class People:
    def __init__(self, *weights: float, age_y: float = 40.0, ancestry: str = "other") -> None:
        self.weight_kg = np.array(weights)
        self.age_y = np.full(len(weights), age_y)
        self.ancestry = np.full(len(weights), ancestry)


def amounts(table, state):
    rows = np.array([table.targets[i] == state for i in table.target])
    return table.amount[rows], table.duration_h[rows], table.person[rows]


@pytest.mark.parametrize("basis", list(Basis))
@pytest.mark.parametrize("cap", [None, 40.0])
def test_amounts_for_many_are_those_for_each(basis, cap, plan):
    people = People(50.0, 80.0, 120.0)
    kinetic = get_model("otto-2021")
    dose = plan(Route.IV_INFUSION, 0.5, per="mg/kg", basis=basis, cap_mg=cap, duration_h=1.0)
    given, long, who = amounts(kinetic.doses([dose], kinetic.typical(people)), "central_S")
    assert given == pytest.approx([dose_mg_base(dose, w) for w in people.weight_kg])
    assert list(long) == [1.0, 1.0, 1.0]
    assert list(who) == [0, 1, 2]


def test_later_devices_give_less_through_the_nose_and_more_to_the_gut(plan):
    kinetic = get_model("perez-ruixo-2021")
    doses = [plan(Route.NASAL_SPRAY, 28.0, time_h=i / 12, devices=3, device_index=i) for i in range(3)]
    table = kinetic.doses(doses, kinetic.typical(People(70.0)))
    nose = np.array([0.54, 0.54 * 0.62, 0.54 * 0.62])
    assert amounts(table, "nasal_S")[0] == pytest.approx(28.0 * nose)
    assert amounts(table, "swallowed_S")[0] == pytest.approx(28.0 * (1.0 - nose) * 0.64)
    assert amounts(table, "swallowed_S")[1] == pytest.approx([0.53] * 3)


@pytest.mark.parametrize(("mg", "fraction"), [(14.0, 0.54), (28.0, 0.54), (56.0, 0.4374), (84.0, 0.4032)])
def test_a_nasal_dose_without_devices_counts_28_mg_each(mg, fraction, plan):
    kinetic = get_model("perez-ruixo-2021")
    table = kinetic.doses([plan(Route.NASAL_SPRAY, mg)], kinetic.typical(People(70.0)))
    assert amounts(table, "nasal_S")[0] == pytest.approx([mg * fraction])


def test_the_nasal_fraction_never_passes_one(plan):
    kinetic = get_model("perez-ruixo-2021")
    eta = np.zeros((1, len(kinetic.between_subject)))
    eta[0, kinetic.between_subject.names.index("F_nasal")] = 4.0
    body = kinetic.individual_parameters(People(70.0, ancestry="japanese"), eta_draws=eta)
    table = kinetic.doses([plan(Route.NASAL_SPRAY, 28.0, devices=1, device_index=0)], body)
    assert amounts(table, "nasal_S")[0] == pytest.approx([28.0])
    assert amounts(table, "swallowed_S")[0] == pytest.approx([0.0])


def test_each_person_may_have_an_own_calendar(plan):
    kinetic = get_model("otto-2021")
    early = plan(Route.IV_BOLUS, 10.0)
    late = plan(Route.IV_BOLUS, 20.0, time_h=5.0)
    table = kinetic.doses([[early], [], [early, late]], kinetic.typical(People(60.0, 70.0, 80.0)))
    rows = sorted(zip(table.person, table.time_h, table.amount, strict=True))
    assert rows == [(0, 0.0, 10.0), (2, 0.0, 10.0), (2, 5.0, 20.0)]


def test_calendars_must_be_as_many_as_people(plan):
    kinetic = get_model("otto-2021")
    with pytest.raises(InputError, match=r"kinetics\.calendars"):
        kinetic.doses([[plan(Route.IV_BOLUS, 10.0)]], kinetic.typical(People(60.0, 70.0)))


def test_durations_of_zero_order_absorption_are_each_persons_own(plan):
    kinetic = get_model("simons-2022")
    draws = np.zeros((2, len(kinetic.between_occasion)))
    draws[1, kinetic.between_occasion.names.index("D1_film")] = 1.0
    body = kinetic.individual_parameters(People(70.0, 70.0), occasion_draws=draws)
    _, long, _ = amounts(kinetic.doses([plan(Route.FILM, 50.0)], body), "mucosa_S")
    assert long == pytest.approx(13.1 / 60.0 * np.array([1.0, np.exp(np.sqrt(0.154))]))


@pytest.mark.parametrize(
    ("model", "route", "remedy"),
    [
        ("otto-2021", Route.FILM, "Use simons-2022"),
        ("perez-ruixo-2021", Route.SUBLINGUAL, "Use simons-2022"),
        ("kamp-2020", Route.BUCCAL, "Use simons-2022"),
    ],
)
def test_a_route_that_a_model_lacks_is_refused_and_able_models_are_named(model, route, remedy, plan):
    with pytest.raises(ModelError, match=r"kinetics\.route-not-supported") as caught:
        simulate_typical(model, Drug.ESKETAMINE, [plan(route, 50.0)], [0.0, 1.0])
    assert caught.value.remedy == remedy
    assert caught.value.exit_status == 2


def test_a_lozenge_is_absorbed_like_the_film(plan):
    times = np.linspace(0.0, 6.0, 13)
    film, lozenge = (
        simulate_typical("simons-2022", Drug.ESKETAMINE, [plan(route, 50.0)], times).concentrations[
            "S-ketamine"
        ]
        for route in (Route.FILM, Route.SUBLINGUAL)
    )
    assert list(film) == list(lozenge)


def test_a_slow_subcutaneous_infusion_is_its_injection_spread_out(plan):
    times = np.linspace(0.0, 12.0, 25)
    at_once = simulate_typical("simons-2022", Drug.ESKETAMINE, [plan(Route.SC, 20.0)], times)
    spread = plan(Route.SC_INFUSION, 20.0, duration_h=1e-4)
    curve = simulate_typical("simons-2022", Drug.ESKETAMINE, [spread], times)
    assert curve.concentrations["S-ketamine"][1:] == pytest.approx(
        at_once.concentrations["S-ketamine"][1:], rel=1e-3
    )


def test_what_is_left_out_of_a_model_changes_nothing_that_is_kept():
    kinetic = get_model("simons-2022")
    body = kinetic.typical(OnePerson.of())
    small = kinetic.build(("S",), [Route.IV_INFUSION])
    large = kinetic.build(("S",))
    assert set(small.state_names) < set(large.state_names)
    assert tuple(small.outputs) == tuple(large.outputs)
    assert body.matrix(large).shape == (1, len(large.parameters))


def test_a_dose_of_another_drug_is_refused(plan):
    with pytest.raises(InputError, match=r"typical\.drug"):
        simulate_typical("otto-2021", Drug.RACEMIC_KETAMINE, [plan(Route.IV_BOLUS, 10.0)], [0.0, 1.0])
