"""What an arm was given, and why it cannot be simulated where it cannot."""

from typing import Any

import pytest

from ataraxy.evidence.agent import AgentKind, parse_agent
from ataraxy.evidence.arm import USUAL_INFUSION_H, Arm, read_arm
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.route import Route


def arm(**changes: Any) -> Arm:
    fields = {
        "id": "a",
        "drug": "ketamine",
        "route": "IV",
        "dose": 0.5,
        "unit": "mg/kg",
        "schedule_days": [0],
    }
    fields.update(changes)
    return read_arm({key: value for key, value in fields.items() if value is not None}, "nowhere")


@pytest.mark.parametrize(
    ("text", "kind", "drug", "added"),
    [
        ("ketamine", "racemic_ketamine", Drug.RACEMIC_KETAMINE, ()),
        ("esketamine + oral AD", "esketamine", Drug.ESKETAMINE, ("oral ad",)),
        ("S-ketamine", "esketamine", Drug.ESKETAMINE, ()),
        ("arketamine", "arketamine", Drug.ARKETAMINE, ()),
        ("prolonged exposure + ketamine", "racemic_ketamine", Drug.RACEMIC_KETAMINE, ("prolonged exposure",)),
        ("saline placebo", "placebo", None, ()),
        ("placebo + TIMBER", "placebo", None, ("timber",)),
        ("midazolam", "midazolam", None, ()),
        ("venlafaxine ER", "ssri_snri", None, ()),
        ("sertraline + placebo", "ssri_snri", None, ("placebo",)),
        ("brexpiprazole + sertraline", "other", None, ("sertraline",)),
        ("lysergide", "other", None, ()),
        ("ketamine or esketamine (not retained)", "unknown", None, ()),
        ("something new", "other", None, ()),
    ],
)
def test_agents_are_told_apart(text: str, kind: str, drug: Drug | None, added: tuple[str, ...]) -> None:
    agent = parse_agent(text)
    assert agent is not None
    assert (agent.kind, agent.kind.drug, agent.added) == (AgentKind(kind), drug, added)


@pytest.mark.parametrize(
    ("text", "route", "duration_h"),
    [
        ("IV", Route.IV_INFUSION, USUAL_INFUSION_H),
        ("intravenous infusion", Route.IV_INFUSION, USUAL_INFUSION_H),
        ("IV bolus", Route.IV_BOLUS, 0.0),
        ("SC", Route.SC, 0.0),
        ("s.c.", Route.SC, 0.0),
        ("IM", Route.IM, 0.0),
        ("IN", Route.NASAL_SPRAY, 0.0),
        ("Intranasal", Route.NASAL_SPRAY, 0.0),
        ("PO", Route.ORAL_SOLUTION, 0.0),
        ("SL", Route.SUBLINGUAL, 0.0),
        ("troche", Route.SUBLINGUAL, 0.0),
        ("buccal", Route.BUCCAL, 0.0),
    ],
)
def test_routes_are_those_of_therapy(text: str, route: Route, duration_h: float) -> None:
    read = arm(route=text)
    assert (read.route, read.duration_h, read.reasons) == (route, duration_h, ())


def test_an_infusion_of_unknown_length_is_marked_as_assumed_and_a_stated_one_is_not() -> None:
    assert any("40 min" in flag for flag in arm().flags)
    stated = arm(duration_min=60)
    assert stated.duration_h == 1.0
    assert not any("40 min" in flag for flag in stated.flags)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"dose": None}, "without a dose"),
        ({"dose": 0}, "dose of zero"),
        ({"dose": -1}, "out of range"),
        ({"dose": "lots"}, "not a number"),
        ({"dose": True}, "not a number"),
        ({"dose": [0.1, 0.2, 0.3]}, "two ends"),
        ({"unit": None}, "no unit"),
        ({"unit": "stones"}, "not known"),
        ({"unit": "mL"}, "not a unit of a dose"),
        ({"unit": "mg/kg/h", "duration_min": None}, "duration is not stated"),
        ({"route": None}, "route is not stated"),
        ({"route": "PO-ER"}, "no model"),
        ({"route": "IM/SL"}, "several routes"),
        ({"route": "IV|SC|IN"}, "several routes"),
        ({"route": "SC infusion"}, "length of the infusion"),
        ({"drug": None}, "drug is not stated"),
        ({"drug": "ketamine or esketamine"}, "which drug"),
        ({"id": None}, "no id"),
        ({"duration_min": 40, "duration_h": 2}, "do not agree"),
        ({"n": "many"}, "not a number"),
        ({"schedule_days": "weekly"}, "not a number"),
    ],
)
def test_what_keeps_an_arm_from_being_simulated_is_said(changes: dict[str, Any], word: str) -> None:
    read = arm(**changes)
    assert not read.usable
    assert word in "; ".join(read.reasons)


def test_a_placebo_needs_neither_dose_nor_route() -> None:
    assert arm(drug="placebo", dose=None, unit=None, route=None).usable


def test_two_numbers_are_a_range_in_either_order() -> None:
    for ends in ([56, 84], [84, 56]):
        read = arm(dose=ends, unit="mg", route="IN", drug="esketamine")
        assert read.dose is not None
        assert (read.dose.mg, read.dose.per_kg, read.usable) == ((56.0, 84.0), False, True)
        assert any(flag.startswith("dose range") for flag in read.flags)


def test_units_are_turned_into_mg() -> None:
    micro = arm(dose=500, unit="ug/kg").dose
    assert micro is not None
    assert (micro.mg.middle, micro.per_kg) == (pytest.approx(0.5), True)
    rate = arm(dose=0.5, unit="mg/kg/h", duration_min=60).dose
    assert rate is not None
    assert rate.mg.middle == pytest.approx(0.5)


def test_the_clock_of_an_arm_starts_at_its_own_first_dose() -> None:
    read = arm(schedule_days=[14, 16, 18])
    assert (read.first_day, read.sessions_h) == (14.0, (0.0, 48.0, 96.0))
    assert arm(schedule_days=[4, 0, 2]).sessions_h == (0.0, 48.0, 96.0)


def test_days_that_are_not_stated_are_one_session_and_said() -> None:
    read = arm(schedule_days=None)
    assert (read.sessions_h, read.sessions_stated) == ((0.0,), False)
    assert any("one session assumed" in flag for flag in read.flags)


def test_the_id_names_the_drug_only_where_it_is_a_known_one() -> None:
    assert arm(id="fluoxetine", drug=None, dose=None, route=None).kind is AgentKind.SSRI_SNRI
    assert arm(id="group_a", drug=None).kind is AgentKind.UNKNOWN
