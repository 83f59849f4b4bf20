"""Truth tables at and around every threshold, made from the policy itself."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from tests.therapy.session.visit import DOCTOR, GOOD_DOOR, GOOD_VALUES, NURSE, Visit, at, policy, reading

from ataraxy.therapy.finding import Status
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.evolve import evolve
from ataraxy.therapy.session.measure import MEASURED, Measure
from ataraxy.therapy.session.rule import Effect, Phase, SessionRule
from ataraxy.therapy.session.rules import baseline, evaluate, session_findings
from ataraxy.therapy.session.state import Session

# The comparisons once more, written apart from the code that is tested.
COMPARISON: dict[str, Callable[[int, Decimal], bool]] = {
    "above": lambda value, limit: value > limit,
    "at_least": lambda value, limit: not value < limit,
    "below": lambda value, limit: value < limit,
    "at_most": lambda value, limit: not value > limit,
}
MINUTE_OF = {Phase.BEFORE: -1, Phase.DOSING: 5, Phase.OBSERVATION: 101, Phase.RECOVERY: 161}


@cache
def base(phase: Phase) -> Session:
    """Return a session that went well until shortly before MINUTE_OF the phase."""
    visit = Visit()
    match phase:
        case Phase.BEFORE:
            visit.arrived().prepared()
        case Phase.DOSING:
            visit.dosing()
        case Phase.OBSERVATION:
            visit.dosed()
            for minute in (55, 70, 85, 100):
                visit.read(minute)
        case Phase.RECOVERY:
            visit.ready()
    return visit.now


def values_around(rule: SessionRule) -> list[int]:
    limit = int(rule.threshold.value)
    values = {limit - 1, limit, limit + 1, limit - 7, limit + 7}
    of = MEASURED[rule.measure.charted]
    start = GOOD_VALUES[rule.measure.charted.value] if rule.measure.is_rise else 0
    return sorted(v for v in values if of.lowest <= v + start <= of.highest)


def charted(measure: Measure, value: int) -> dict[str, int]:
    """Return fields of a reading with one measure at a value; a rise counts from the good reading."""
    field = measure.charted.value
    found = {field: value + (GOOD_VALUES[field] if measure.is_rise else 0)}
    if field == "diastolic":
        found["systolic"] = max(found["diastolic"] + 30, 120)
    if field == "systolic":
        found["diastolic"] = min(found["systolic"] - 20, 75)
    return found


def with_reading(session: Session, phase: Phase, **fields: Any) -> Session:
    taken = reading("bent", MINUTE_OF[phase], **fields)
    for event in decide.record_reading(session, taken, actor=NURSE, policy=policy(), at=at(MINUTE_OF[phase])):
        session = evolve(session, event)
    return session


CASES = [
    pytest.param(rule, phase, value, id=f"{rule.id}-{phase.value}-{value}")
    for rule in policy().all_rules()
    for phase in rule.phases
    for value in values_around(rule)
]


def test_the_truth_table_has_cases_on_both_sides_of_every_threshold() -> None:
    for rule in policy().all_rules():
        outcomes = {COMPARISON[rule.trigger.value](v, rule.threshold.value) for v in values_around(rule)}
        assert outcomes == {True, False}, rule.id


@pytest.mark.parametrize(("rule", "phase", "value"), CASES)
def test_a_rule_is_triggered_exactly_on_its_side_of_the_threshold(
    rule: SessionRule, phase: Phase, value: int
) -> None:
    session = with_reading(base(phase), phase, **charted(rule.measure, value))
    finding = evaluate(rule, session, policy(), at(MINUTE_OF[phase]))
    if COMPARISON[rule.trigger.value](value, rule.threshold.value):
        assert finding is not None
        assert finding.status is Status.TRIGGERED
        assert finding.evidence == ("bent",)
        assert finding.value == f"{value} {rule.measure.unit}"
        assert finding.source == rule.threshold.source
        assert finding.policy == "simulation/1"
        assert finding.remedy
    else:
        assert finding is None


@pytest.mark.parametrize(("rule", "phase", "value"), CASES)
def test_a_triggered_rule_forbids_what_its_effect_says_and_no_more(
    rule: SessionRule, phase: Phase, value: int
) -> None:
    session = with_reading(base(phase), phase, **charted(rule.measure, value))
    triggered = COMPARISON[rule.trigger.value](value, rule.threshold.value)
    now = at(MINUTE_OF[phase])
    match rule.effect:
        case Effect.HOLD if phase is Phase.BEFORE:
            named = refused(
                lambda: decide.start_dosing(
                    session, rate_ml_per_h=Decimal(75), actor=NURSE, policy=policy(), at=now
                )
            )
        case Effect.HOLD | Effect.STOP:
            named = refused(
                lambda: decide.change_rate(
                    session, Decimal(76), "for the test", actor=DOCTOR, policy=policy(), at=now
                )
            )
            # Less is always permitted.
            decide.change_rate(session, Decimal(10), actor=NURSE, policy=policy(), at=now)
            decide.pause(session, actor=NURSE, policy=policy(), at=now)
            decide.stop(session, actor=NURSE, policy=policy(), at=now)
        case Effect.EXTEND:
            named = refused(lambda: decide.begin_recovery(session, actor=NURSE, policy=policy(), at=now))
        case Effect.DO_NOT_DISCHARGE:
            named = refused(
                lambda: decide.discharge(session, GOOD_DOOR, actor=NURSE, policy=policy(), at=now)
            )
        case Effect.CALL_PRESCRIBER:
            named = {f.rule for f in session_findings(session, policy(), now)}
    assert (rule.id in named) == triggered


def refused(command: Callable[[], Any]) -> set[str]:
    try:
        command()
    except Refusal as refusal:
        return {finding.rule for finding in refusal.findings} or {refusal.code}
    return set()


@pytest.mark.parametrize("rule", policy().all_rules(), ids=lambda rule: rule.id)
def test_a_rule_without_a_reading_is_unknown(rule: SessionRule) -> None:
    for phase in rule.phases:
        session = base(phase).model_copy(update={"readings": ()})
        finding = evaluate(rule, session, policy(), at(MINUTE_OF[phase]))
        assert finding is not None
        assert finding.status is Status.UNKNOWN


@pytest.mark.parametrize("rule", policy().all_rules(), ids=lambda rule: rule.id)
def test_a_rule_with_an_old_reading_is_unknown(rule: SessionRule) -> None:
    for phase in rule.phases:
        finding = evaluate(rule, base(phase), policy(), at(MINUTE_OF[phase] + 60))
        assert finding is not None
        assert finding.status is Status.UNKNOWN


def test_a_reading_counts_for_recovery_until_its_age_is_passed() -> None:
    rule = next(rule for rule in policy().rules if rule.id == "stay-spo2")
    limit = int(policy().discharge.reading_age.value)
    assert evaluate(rule, base(Phase.RECOVERY), policy(), at(160 + limit)) is None
    late = evaluate(rule, base(Phase.RECOVERY), policy(), at(160 + limit + 0.1))
    assert late is not None
    assert late.status is Status.UNKNOWN


def test_a_reading_from_before_the_end_of_the_dose_says_nothing_about_recovery() -> None:
    visit = Visit().dosing().read(10).read(20).read(30).read(39).do("stop", minute=40)
    visit.do("begin_observation", minute=40)
    found = {f.rule: f.status for f in session_findings(visit.now, policy(), at(41))}
    assert found["observe-spo2"] is Status.UNKNOWN


def test_the_dose_may_begin_with_the_readings_before_it_and_they_count_until_the_next_is_overdue() -> None:
    visit = Visit().dosing()
    assert session_findings(visit.now, policy(), at(15)) == ()
    overdue = session_findings(visit.now, policy(), at(15.1))
    assert {f.status for f in overdue} == {Status.UNKNOWN}
    assert {f.effect for f in overdue} >= {Effect.HOLD, Effect.STOP, Effect.CALL_PRESCRIBER}


def test_the_baseline_is_the_last_reading_before_the_dose_and_none_after_it() -> None:
    visit = Visit().arrived().read(-3, systolic=131, diastolic=80)
    visit.prepared().do("start_dosing", minute=0, rate_ml_per_h=Decimal(75))
    visit.read(1, systolic=150, diastolic=90)
    assert baseline(visit.now, Measure.SYSTOLIC_RISE) == 131
    assert baseline(visit.now, Measure.DIASTOLIC_RISE) == 80


def test_a_rise_without_a_reading_before_the_dose_is_unknown() -> None:
    session = with_reading(base(Phase.DOSING), Phase.DOSING, systolic=150, diastolic=90)
    session = session.model_copy(update={"readings": session.readings[-1:]})
    rule = next(rule for rule in policy().rules if rule.id == "systolic-rise")
    finding = evaluate(rule, session, policy(), at(5))
    assert finding is not None
    assert finding.status is Status.UNKNOWN
    assert "before the dose" in finding.reason


def test_of_two_readings_at_one_moment_the_worse_decides_in_either_order() -> None:
    rule = next(rule for rule in policy().rules if rule.id == "stay-spo2")
    for first, second in ((90, 98), (98, 90)):
        session = base(Phase.RECOVERY)
        for number, spo2 in enumerate((first, second)):
            taken = reading(f"twin-{number}", 161, spo2=spo2)
            events = decide.record_reading(session, taken, actor=NURSE, policy=policy(), at=at(161))
            session = evolve(session, events[0])
        finding = evaluate(rule, session, policy(), at(161))
        assert finding is not None
        assert finding.status is Status.TRIGGERED


def test_a_correction_replaces_the_reading_for_the_rules_and_both_remain() -> None:
    visit = Visit().ready().read(161, spo2=89)
    with pytest.raises(Refusal):
        visit.do("discharge", GOOD_DOOR, minute=162)
    bad = visit.now.readings[-1].reading
    better = reading("again", 161)
    visit.do("correct_reading", bad.id, better, "finger was cold", minute=162)
    visit.do("discharge", GOOD_DOOR, minute=162)
    assert [c.reading.id for c in visit.now.readings][-2:] == [bad.id, "again"]
    assert visit.now.readings[-2].replaced_by == "again"


def test_a_correction_can_take_a_permission_away() -> None:
    visit = Visit().ready()
    last = visit.now.readings[-1].reading
    visit.do("correct_reading", last.id, reading("true", 160, spo2=88), "wrong column", minute=161)
    with pytest.raises(Refusal) as refused:
        visit.do("discharge", GOOD_DOOR, minute=162)
    assert refused.value.findings[0].rule == "stay-spo2"


def test_a_withdrawn_reading_leaves_its_measures_unknown() -> None:
    visit = Visit().ready()
    last = visit.now.readings[-1].reading
    visit.do("correct_reading", last.id, None, "other person's", minute=161)
    with pytest.raises(Refusal) as refused:
        visit.do("discharge", GOOD_DOOR, minute=162)
    assert Status.UNKNOWN in {f.status for f in refused.value.findings}


@pytest.mark.parametrize(
    ("corrects", "reason", "code"),
    [("nobody", "x", "correction.unknown"), ("r1", " ", "correction.reason")],
)
def test_a_correction_names_a_reading_and_a_reason(corrects: str, reason: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        Visit().arrived().do("correct_reading", corrects, reading("n", -4), reason, minute=-3)
    assert refused.value.code == code


def test_a_reading_is_corrected_once() -> None:
    visit = Visit().arrived().do("correct_reading", "r1", reading("n", -5), "typo", minute=-3)
    with pytest.raises(Refusal) as refused:
        visit.do("correct_reading", "r1", reading("m", -5), "typo", minute=-2)
    assert refused.value.code == "correction.already"


def test_a_late_entry_stands_where_it_was_taken_and_is_marked() -> None:
    visit = Visit().ready().read(45, charted=161, spo2=85)
    assert visit.events[-1].late  # type: ignore[union-attr]
    visit.do("discharge", GOOD_DOOR, minute=162)  # it was low then; the last one counts


@pytest.mark.parametrize(
    ("taken", "code"), [(200, "reading.future"), (-120, "reading.outside")], ids=["future", "before"]
)
def test_a_reading_belongs_to_the_visit(taken: float, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        Visit().ready().read(taken, charted=161)
    assert refused.value.code == code
