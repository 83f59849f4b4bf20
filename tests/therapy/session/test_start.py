"""No drug before everything is known and holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.therapy.session.visit import (
    AUDITOR,
    DOCTOR,
    NURSE,
    Visit,
    at,
    good_check_in,
    policy,
    risk,
    session_plan,
)

from ataraxy.exchange.policy_file import load_policy
from ataraxy.therapy.finding import Status
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.session.events import HoldOverridden
from ataraxy.therapy.session.evolve import evolve
from ataraxy.therapy.session.gate_result import GateResult
from ataraxy.therapy.session.state import Override, SessionState

START = {"minute": 0, "rate_ml_per_h": Decimal(75)}

# Each alone forbids the dose: a change of the check-in, and the rule that must name it.
DEFECTS: list[tuple[dict[str, Any], str, Status]] = [
    ({"identity_confirmed": False}, "identity", Status.TRIGGERED),
    ({"identity_confirmed": None}, "identity", Status.UNKNOWN),
    ({"last_food_at": at(-119)}, "food", Status.TRIGGERED),
    ({"last_food_at": None}, "food", Status.UNKNOWN),
    ({"last_liquid_at": at(-29)}, "liquid", Status.TRIGGERED),
    ({"last_liquid_at": None}, "liquid", Status.UNKNOWN),
    ({"no_alcohol_or_cannabis": False}, "alcohol-or-cannabis", Status.TRIGGERED),
    ({"no_alcohol_or_cannabis": None}, "alcohol-or-cannabis", Status.UNKNOWN),
    ({"escort_arranged": False}, "escort", Status.TRIGGERED),
    ({"escort_arranged": None}, "escort", Status.UNKNOWN),
    ({"pregnancy": "positive"}, "pregnancy", Status.TRIGGERED),
    ({"pregnancy": None}, "pregnancy", Status.UNKNOWN),
    ({"pregnancy": "negative"}, "pregnancy", Status.UNKNOWN),
    ({"pregnancy": "negative", "pregnancy_tested_at": at(-169 * 60)}, "pregnancy", Status.UNKNOWN),
    ({"consent_current": False}, "consent", Status.TRIGGERED),
    ({"consent_current": None}, "consent", Status.UNKNOWN),
    ({"gate": None}, "gate", Status.UNKNOWN),
    ({"gate": GateResult(decision="block", judged_at=at(-15))}, "gate", Status.TRIGGERED),
    ({"gate": GateResult(decision="delay", judged_at=at(-15))}, "gate", Status.TRIGGERED),
    ({"gate": GateResult(decision="allow", judged_at=at(-25 * 60))}, "gate", Status.UNKNOWN),
    ({"suicide_risk": None}, "suicide-risk-missing", Status.UNKNOWN),
    ({"suicide_risk": risk(-25 * 60)}, "suicide-risk-stale", Status.UNKNOWN),
    ({"suicide_risk": risk(level=RiskLevel.HIGH)}, "suicide-risk-level", Status.TRIGGERED),
    ({"suicide_risk": risk(level=RiskLevel.IMMINENT)}, "suicide-risk-level", Status.TRIGGERED),
]
ACCEPTED: list[dict[str, Any]] = [
    {"last_food_at": at(-120)},
    {"last_liquid_at": at(-30)},
    {"pregnancy": "negative", "pregnancy_tested_at": at(-160 * 60)},
    {"gate": GateResult(decision="block", overridden_by="doctor", judged_at=at(-15))},
    {"suicide_risk": risk(level=RiskLevel.MODERATE)},
    {"no_nasal_medicine": None},
]


def refusal_of(visit: Visit, command: str, *args: Any, **options: Any) -> Refusal:
    before = visit.session
    with pytest.raises(Refusal) as refused:
        visit.do(command, *args, **options)
    assert visit.session is before
    assert refused.value.remedy
    return refused.value


@pytest.mark.parametrize(("change", "rule", "status"), DEFECTS, ids=lambda v: str(v)[:50])
def test_each_defect_of_the_check_in_alone_forbids_the_dose(
    change: dict[str, Any], rule: str, status: Status
) -> None:
    visit = Visit().arrived(seen=good_check_in(**change)).prepared()
    refusal = refusal_of(visit, "start_dosing", **START)
    assert refusal.code == "session.hold"
    assert [(f.rule, f.status) for f in refusal.findings] == [(rule, status)]


@pytest.mark.parametrize("change", ACCEPTED, ids=lambda v: str(v)[:50])
def test_what_holds_at_the_limit_permits_the_dose(change: dict[str, Any]) -> None:
    visit = Visit().arrived(seen=good_check_in(**change)).prepared().do("start_dosing", **START)
    assert visit.now.state is SessionState.DOSING


@given(st.lists(st.sampled_from([*range(len(DEFECTS))]), unique_by=lambda i: DEFECTS[i][1], max_size=6))
def test_the_dose_begins_exactly_when_nothing_is_wrong(chosen: list[int]) -> None:
    change: dict[str, Any] = {}
    for number in chosen:
        change.update(DEFECTS[number][0])
    visit = Visit().arrived(seen=good_check_in(**change)).prepared()
    if not change:
        visit.do("start_dosing", **START)
        return
    refusal = refusal_of(visit, "start_dosing", **START)
    assert len(refusal.findings) >= len({*change} - {"pregnancy_tested_at"})


def test_no_dose_without_a_check_in() -> None:
    visit = Visit().do("plan", "s", session_plan(), minute=-60)
    assert refusal_of(visit, "start_dosing", **START).code == "session.state"


def test_no_dose_without_a_preparation() -> None:
    refusal = refusal_of(Visit().arrived(), "start_dosing", **START)
    assert [f.rule for f in refusal.findings] == ["preparation"]


def test_no_dose_that_was_prepared_for_another_weight() -> None:
    visit = Visit().arrived().prepared()
    visit.do("check_in", good_check_in(weight_kg=Decimal(71)), minute=-1)
    refusal = refusal_of(visit, "start_dosing", **START)
    assert [f.rule for f in refusal.findings] == ["preparation-weight"]


def test_no_dose_that_was_prepared_long_ago() -> None:
    visit = Visit().arrived().prepared()
    visit.do("check_in", good_check_in(), minute=235).read(238)
    assert [f.rule for f in refusal_of(visit, "start_dosing", **{**START, "minute": 239}).findings] == [
        "preparation"
    ]


def test_no_dose_without_readings_before_it() -> None:
    visit = Visit().do("plan", "s", session_plan(), minute=-60).do("check_in", good_check_in(), minute=-8)
    visit.prepared()
    names = {f.rule for f in refusal_of(visit, "start_dosing", **START).findings}
    assert {"reading-systolic", "reading-moaas", "reading-cadss6", "systolic-before"} <= names


@pytest.mark.parametrize("measure", policy().monitoring[0].before, ids=lambda m: m.value)
def test_each_reading_that_the_plan_asks_for_must_be_there(measure: Any) -> None:
    visit = Visit().do("plan", "s", session_plan(), minute=-60).do("check_in", good_check_in(), minute=-8)
    missing = {measure.value: None}
    if measure.value in ("systolic", "diastolic"):
        missing = {"systolic": None, "diastolic": None}
    visit.read(-5, **missing).prepared()
    names = {f.rule for f in refusal_of(visit, "start_dosing", **START).findings}
    assert f"reading-{measure.value}".replace("_", "-") in names


def test_no_dose_until_a_medical_director_has_set_stop_limits() -> None:
    shipped = load_policy("example")
    visit = Visit().arrived().prepared()
    visit.policy = shipped
    refusal = refusal_of(visit, "start_dosing", **START)
    assert refusal.code == "policy.stop-limits-unset"
    assert "medical director" in refusal.remedy


def test_the_invented_limits_are_refused_for_a_real_person() -> None:
    visit = Visit().arrived(plan=session_plan(simulated=False)).prepared()
    assert refusal_of(visit, "start_dosing", **START).code == "policy.simulation"


@pytest.mark.parametrize("field", ["systolic", "diastolic"])
def test_a_pressure_above_the_stop_limits_is_never_begun_with(field: str) -> None:
    high = {"systolic": {"systolic": 191}, "diastolic": {"systolic": 180, "diastolic": 116}}[field]
    visit = Visit().arrived().read(-3, **high).prepared()
    for rule in ("systolic-before", "diastolic-before"):
        try:
            visit.do("override_hold", rule, "known", minute=-2, actor=DOCTOR)
        except Refusal:
            continue
    rules = [f.rule for f in refusal_of(visit, "start_dosing", **START).findings]
    assert rules == [f"stop-{field}"]
    with pytest.raises(Refusal) as refused:
        visit.do("override_hold", f"stop-{field}", "known", minute=-2, actor=DOCTOR)
    assert refused.value.code == "override.never"


def test_a_prescriber_overrides_a_hold_until_the_next_reading() -> None:
    visit = Visit().arrived().read(-3, systolic=150).prepared()
    assert refusal_of(visit, "start_dosing", **START).findings[0].rule == "systolic-before"
    assert (
        refusal_of(visit, "override_hold", "systolic-before", "usual", minute=-1, actor=NURSE).code
        == "role.not-permitted"
    )
    assert (
        refusal_of(visit, "override_hold", "systolic-before", " ", minute=-1, actor=DOCTOR).code
        == "override.reason"
    )
    visit.do("override_hold", "systolic-before", "usual for this person", minute=-1, actor=DOCTOR)
    again = visit.now
    visit.do("start_dosing", **START)
    # A new reading is a new finding.
    visit.session = again
    visit.read(-0.5, systolic=155)
    assert refusal_of(visit, "start_dosing", **START).findings[0].rule == "systolic-before"


@pytest.mark.parametrize("rule", ["food", "consent", "gate", "suicide-risk-missing", "nothing"])
def test_what_is_unknown_or_not_listed_cannot_be_overridden(rule: str) -> None:
    seen = good_check_in(last_food_at=None, consent_current=False, gate=None, suicide_risk=None)
    visit = Visit().arrived(seen=seen).prepared()
    refusal = refusal_of(visit, "override_hold", rule, "please", minute=-1, actor=DOCTOR)
    assert refusal.code == ("override.nothing" if rule == "nothing" else "override.never")


def test_an_override_in_the_history_does_not_make_the_unknown_known() -> None:
    visit = Visit().arrived(seen=good_check_in(last_food_at=None)).prepared()
    override = Override(rule="food", evidence=("check-in-1",), by="doctor", at=at(-1), reason="why")
    event = HoldOverridden(session="session-1", at=at(-1), by="doctor", override=override)
    visit.session = evolve(visit.session, event)
    assert refusal_of(visit, "start_dosing", **START).findings[0].rule == "food"


def test_a_later_check_in_is_another_finding() -> None:
    visit = Visit().arrived(seen=good_check_in(last_food_at=at(-60))).prepared()
    visit.do("override_hold", "food", "a biscuit", minute=-1, actor=DOCTOR)
    visit.do("check_in", good_check_in(last_food_at=at(-30)), minute=-0.5)
    assert refusal_of(visit, "start_dosing", **START).findings[0].rule == "food"


def test_an_assessment_below_the_level_lifts_the_hold() -> None:
    visit = Visit().arrived(seen=good_check_in(suicide_risk=risk(level=RiskLevel.HIGH))).prepared()
    visit.do("record_suicide_risk", risk(-3, RiskLevel.LOW, "risk-2"), minute=-2, actor=DOCTOR)
    visit.do("start_dosing", **START)


def test_a_reader_may_do_nothing() -> None:
    visit = Visit().arrived().prepared()
    for command, args, options in (
        ("start_dosing", (), START),
        ("check_in", (good_check_in(),), {"minute": 0}),
        ("abort", ("not_dosed", "x"), {"minute": 0}),
    ):
        assert refusal_of(visit, command, *args, actor=AUDITOR, **options).code == "role.not-permitted"


def test_times_in_a_check_in_are_past() -> None:
    visit = Visit().do("plan", "s", session_plan(), minute=-60)
    refusal = refusal_of(visit, "check_in", good_check_in(weighed_at=at(5)), minute=-8)
    assert refusal.code == "check-in.future"


def test_a_session_is_planned_once() -> None:
    visit = Visit().do("plan", "s", session_plan(), minute=-60)
    assert refusal_of(visit, "plan", "s", session_plan(), minute=-59).code == "session.state"
