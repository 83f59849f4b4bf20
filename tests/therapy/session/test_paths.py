"""No sequence of readings and commands reaches a discharge while something keeps the person.

What keeps a person is judged here once more, from the list of what was charted, without the code that is tested.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.therapy.session.visit import DOCTOR, GOOD_DOOR, GOOD_VALUES, Visit, at, policy, reading, risk

from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.session.adverse_event import AdverseEvent
from ataraxy.therapy.session.rule import Effect
from ataraxy.therapy.session.state import DischargeCheck, Session, SessionState

DND = [rule for rule in policy().rules if rule.effect is Effect.DO_NOT_DISCHARGE]
RISES = {"systolic_rise": "systolic", "diastolic_rise": "diastolic"}


@dataclass
class Chart:
    """What a person with a pencil would have written down."""

    dose_ended: float
    rows: dict[str, tuple[float, dict[str, int | None]]] = field(default_factory=dict)
    struck: set[str] = field(default_factory=set)
    events: dict[str, tuple[int, str]] = field(default_factory=dict)
    risks: list[tuple[float, RiskLevel]] = field(default_factory=list)

    def last(self, name: str, now: float) -> tuple[float, list[int]]:
        rows = [
            (t, v[name])
            for id_, (t, v) in self.rows.items()
            if id_ not in self.struck and v.get(name) is not None and t <= now
        ]
        if not rows:
            return -1e9, []
        newest = max(t for t, _ in rows)
        return newest, [v for t, v in rows if t == newest and v is not None]

    def keeps(self, now: float, door: DischargeCheck) -> list[str]:
        found = []
        for rule in DND:
            name = RISES.get(rule.measure.value, rule.measure.value)
            taken, values = self.last(name, now)
            base = 0
            if rule.measure.value in RISES:
                _, before = self.last(name, 0)
                if not before:
                    found.append(f"{rule.id}: nothing to compare with")
                    continue
                base = min(before)
            limit = int(rule.threshold.value)
            if not values or taken < self.dose_ended or now - taken > 20:
                found.append(f"{rule.id}: unknown")
            for value in values:
                bad = {
                    "above": value - base > limit,
                    "at_least": value - base >= limit,
                    "below": value - base < limit,
                    "at_most": value - base <= limit,
                }[rule.trigger.value]
                if bad:
                    found.append(f"{rule.id}: {value}")
        if now < self.dose_ended + 120:
            found.append("too early")
        if any(grade >= 3 and outcome != "resolved" for grade, outcome in self.events.values()):
            found.append("adverse event")
        if self.risks and max(self.risks, key=lambda r: r[0])[1] in (RiskLevel.HIGH, RiskLevel.IMMINENT):
            found.append("suicide risk")
        answers = (
            door.walks_unaided,
            door.escort_present,
            door.told_no_driving,
            door.told_whom_to_call,
            door.access_removed,
        )
        if not all(answer is True for answer in answers):
            found.append("door")
        return found


@cache
def start(kind: str) -> tuple[Session, tuple[Any, ...]]:
    visit = Visit().dosing()
    if kind == "dosing":
        visit.read(10).read(20).read(30)
    elif kind == "observation":
        visit = Visit().dosed()
    else:
        visit = Visit().ready()
    return visit.now, tuple(visit.events)


def values() -> st.SearchStrategy[dict[str, int | None]]:
    """Mostly good values, so that a discharge is often near and has to be refused for one reason."""
    return st.fixed_dictionaries(
        {
            "systolic": st.sampled_from([120, 120, 139, 140, 141, 185, 200]),
            "diastolic": st.sampled_from([75, 75, 90, 91, 110]),
            "spo2": st.sampled_from([98, 98, 98, 94, 93, None]),
            "moaas": st.sampled_from([5, 5, 5, 4, 2, None]),
            "cadss6": st.sampled_from([0, 0, 0, 1, 20, None]),
            "nausea": st.sampled_from([0, 0, 1, 2, None]),
        }
    )


COMMANDS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 70)),
    st.tuples(st.just("read"), values()),
    st.tuples(st.just("good"), st.none()),
    st.tuples(st.just("late"), st.tuples(st.integers(1, 90), values())),
    st.tuples(st.just("correct"), st.tuples(st.integers(0, 30), st.one_of(st.none(), values()))),
    st.tuples(st.just("adverse"), st.tuples(st.integers(1, 4), st.sampled_from(["ongoing", "resolved"]))),
    st.tuples(st.just("risk"), st.sampled_from(list(RiskLevel))),
    st.tuples(st.just("stop"), st.none()),
    st.tuples(st.just("begin_observation"), st.none()),
    st.tuples(st.just("begin_recovery"), st.none()),
    st.tuples(st.just("override"), st.sampled_from([rule.id for rule in DND] + ["minimum-stay"])),
    st.tuples(st.just("discharge"), st.booleans()),
    st.tuples(st.just("discharge"), st.just(True)),
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["dosing", "observation", "recovery", "recovery"]),
    st.lists(COMMANDS, min_size=1, max_size=25),
)
def test_no_sequence_reaches_a_discharge_while_something_keeps_the_person(
    kind: str, commands: list[tuple[str, Any]]
) -> None:
    session, events = start(kind)
    visit = Visit()
    visit.session, visit.events = session, list(events)
    now = {"dosing": 38.0, "observation": 45.0, "recovery": 161.0}[kind]
    chart = Chart(dose_ended=40.0 if kind != "dosing" else 1e9)
    for charted in session.readings:
        minute = (charted.reading.taken_at - at(0)).total_seconds() / 60
        chart.rows[charted.reading.id] = (minute, {m.value: v for m, v in charted.reading.measures.items()})
    chart.risks.append((-20.0, RiskLevel.LOW))
    for count, (name, given_value) in enumerate([*commands, ("discharge", True)]):
        id_ = f"x{count}"
        try:
            if name == "wait":
                now += given_value
            elif name in ("read", "good"):
                fields = {} if name == "good" else given_value
                visit.do("record_reading", reading(id_, now, **fields), minute=now)
                chart.rows[id_] = (now, {**GOOD_VALUES, **fields})
            elif name == "late":
                back, fields = given_value
                visit.do("record_reading", reading(id_, now - back, **fields), minute=now)
                chart.rows[id_] = (now - back, {**GOOD_VALUES, **fields})
            elif name == "correct":
                number, fields = given_value
                old = list(chart.rows)[number % len(chart.rows)]
                taken = chart.rows[old][0]
                new = None if fields is None else reading(id_, taken, **fields)
                visit.do("correct_reading", old, new, "typo", minute=now)
                chart.struck.add(old)
                if fields is not None:
                    chart.rows[id_] = (taken, {**GOOD_VALUES, **fields})
            elif name == "adverse":
                grade, outcome = given_value
                serious = ("danger_to_life",) if grade == 4 else ()
                ae = AdverseEvent(
                    id="ae",
                    term="dizziness",
                    grade=grade,
                    outcome=outcome,
                    serious=serious,
                    started_at=at(now),
                )
                visit.do("record_adverse_event", ae, minute=now)
                chart.events["ae"] = (grade, outcome)
            elif name == "risk":
                visit.do("record_suicide_risk", risk(now, given_value, id_), minute=now, actor=DOCTOR)
                chart.risks.append((now, given_value))
            elif name == "override":
                visit.do("override_hold", given_value, "please", minute=now, actor=DOCTOR)
            elif name == "discharge":
                door = GOOD_DOOR.replace(
                    escort_present=True if given_value else None, missed_readings_reason="busy"
                )
                keeps = chart.keeps(now, door)
                visit.do("discharge", door, minute=now, actor=DOCTOR)
                assert keeps == []
                event("discharged")
                assert visit.now.state is SessionState.DISCHARGED
                return
            else:
                visit.do(name, minute=now)
                if name == "stop":
                    chart.dose_ended = now
        except Refusal as refusal:
            if name == "discharge" and refusal.code == "session.do-not-discharge":
                # And it is not kept without a reason.
                assert keeps != []
                event("kept")
    assert visit.now.state is not SessionState.DISCHARGED


def test_the_property_is_not_empty_a_good_visit_is_discharged() -> None:
    chart = Chart(dose_ended=40.0)
    chart.rows["before"] = (-5.0, dict(GOOD_VALUES))
    chart.rows["r"] = (160.0, dict(GOOD_VALUES))
    assert chart.keeps(161, GOOD_DOOR) == []
    Visit().ready().do("discharge", GOOD_DOOR, minute=161)
