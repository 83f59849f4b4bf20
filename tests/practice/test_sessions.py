"""Commands reach the record once, in the sight of each other's work, and with what follows from them."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from tests.practice.conftest import COURSE as COURSE_ID
from tests.practice.conftest import PERSON, Clinic
from tests.therapy.session.visit import (
    COLLEAGUE,
    DOCTOR,
    GOOD_DOOR,
    NINE,
    NURSE,
    at,
    good_check_in,
    policy,
    raw,
    reading,
)

from ataraxy.practice import alerts, drugs
from ataraxy.practice.aggregate import ALERTS, COURSE, REGISTER, SESSION
from ataraxy.practice.practice import Done, Practice
from ataraxy.practice.sessions import act, plan_session, prepare, standing
from ataraxy.record.verify import verify_file
from ataraxy.therapy import drug_register_decide
from ataraxy.therapy.preparation import OwnResult, Recalculation, calculate
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.adverse_event import AdverseEvent
from ataraxy.therapy.session.state import Session, SessionState

VISIT = "3" * 32


def do(clinic: Clinic, command: Any, *args: Any, minute: float, by: Any = NURSE, **more: Any) -> Done:
    return act(clinic.practice, VISIT, command, *args, by=by, at=clinic.clock.at(minute), **more)


def session(clinic: Clinic) -> Session:
    found = clinic.practice.load(SESSION, VISIT).state
    assert found is not None
    return found


def to_the_dose(clinic: Clinic) -> None:
    plan_session(clinic.practice, VISIT, COURSE_ID, 0, NINE, by=NURSE)
    do(clinic, decide.check_in, good_check_in(), minute=0)
    do(clinic, decide.record_reading, reading("r0", 1), minute=2)
    first = calculate(raw(), actor=NURSE, policy=policy(), at=at(3))
    result = OwnResult(
        dose_mg=first.quantities.dose_mg,
        drawn=first.quantities.drawn,
        rate_ml_per_h=first.quantities.rates_ml_per_h[0],
    )
    second = Recalculation(by=COLLEAGUE.id, at=at(4), inputs=raw(), result=result)
    prepare(
        clinic.practice, VISIT, "p1", first, second, location="room-1", by=COLLEAGUE, at=clinic.clock.at(4)
    )
    drawn = first.quantities.drawn
    drugs.act(
        clinic.practice,
        "room-1",
        drug_register_decide.draw,
        "d1",
        "vial-1",
        VISIT,
        drawn,
        by=NURSE,
        witness=COLLEAGUE,
    )
    do(clinic, decide.start_dosing, rate_ml_per_h=first.quantities.rates_ml_per_h[0], minute=5)


def to_the_door(clinic: Clinic) -> None:
    to_the_dose(clinic)
    for minute in range(10, 50, 5):
        do(clinic, decide.record_reading, reading(f"r{minute}", minute), minute=minute)
    do(clinic, decide.stop, minute=45.1)
    do(clinic, decide.begin_observation, minute=46)
    for minute in range(50, 170, 10):
        do(clinic, decide.record_reading, reading(f"r{minute}", minute), minute=minute)
    do(clinic, decide.begin_recovery, minute=168)
    for minute in range(170, 300, 10):
        do(clinic, decide.record_reading, reading(f"r{minute}", minute), minute=minute)


def test_a_session_goes_from_plan_to_discharge_and_its_dose_is_in_the_course(clinic: Clinic) -> None:
    to_the_door(clinic)
    do(clinic, decide.discharge, GOOD_DOOR.replace(missed_readings_reason="none missed"), minute=296)
    ended = session(clinic)
    assert ended.state is SessionState.DISCHARGED
    course = clinic.practice.load(COURSE, COURSE_ID).state
    assert course is not None
    # 0.5 mg/kg of 70 kg, as far as the pump ran: 40 min and a little were planned for 40
    assert course.cumulative_mg_base == ended.given_mg_base()
    assert Decimal("34.5") < course.cumulative_mg_base <= Decimal("35.1")


def test_the_record_verifies_and_a_new_process_sees_the_same_session(clinic: Clinic) -> None:
    to_the_door(clinic)
    again = Practice(clinic.practice.record, clock=clinic.clock)
    assert again.load(SESSION, VISIT) == clinic.practice.load(SESSION, VISIT)
    assert verify_file(clinic.url).valid


def test_a_request_that_is_sent_again_is_carried_out_once(clinic: Clinic) -> None:
    to_the_dose(clinic)
    first = do(clinic, decide.record_reading, reading("r9", 9), minute=9, key="k-1")
    again = do(clinic, decide.record_reading, reading("r9", 9), minute=9, key="k-1")
    assert (first.replayed, again.replayed) == (False, True)
    assert first.entries == again.entries


def test_a_key_that_comes_with_another_reading_swallows_nothing(clinic: Clinic) -> None:
    to_the_dose(clinic)
    do(clinic, decide.record_reading, reading("r9", 9), minute=9, key="k-1")
    other = do(clinic, decide.record_reading, reading("r10", 9, systolic=140), minute=9, key="k-1")
    assert not other.replayed
    assert {charted.reading.id for charted in session(clinic).readings} >= {"r9", "r10"}


def test_a_refused_command_records_nothing(clinic: Clinic) -> None:
    plan_session(clinic.practice, VISIT, COURSE_ID, 0, NINE, by=NURSE)
    before = clinic.practice.record.head()
    with pytest.raises(Refusal):
        do(clinic, decide.start_dosing, rate_ml_per_h=Decimal(75), minute=5)
    assert clinic.practice.record.head() == before


def test_a_step_decided_on_an_old_picture_is_asked_for_again(clinic: Clinic) -> None:
    to_the_dose(clinic)
    seen = standing(session(clinic))
    do(clinic, decide.pause, "dizzy", minute=10, seen=seen)
    with pytest.raises(Refusal, match="somebody else took a step"):
        do(clinic, decide.stop, minute=11, by=DOCTOR, seen=seen)
    do(clinic, decide.stop, minute=11, by=DOCTOR, seen=standing(session(clinic)))
    assert session(clinic).dosing_ended_at is not None


def test_a_reading_does_not_make_a_picture_old(clinic: Clinic) -> None:
    to_the_dose(clinic)
    seen = standing(session(clinic))
    do(clinic, decide.record_reading, reading("r9", 9), minute=9)
    do(clinic, decide.pause, minute=10, seen=seen)


def test_two_people_who_chart_at_once_are_both_recorded(clinic: Clinic) -> None:
    to_the_dose(clinic)
    together, failures = Barrier(2), []

    def chart(name: str) -> None:
        together.wait()
        for number in range(15):
            try:
                act(
                    clinic.practice,
                    VISIT,
                    decide.record_reading,
                    reading(f"{name}{number}", 9),
                    by=NURSE,
                    at=at(9),
                )
            except Exception as error:
                failures.append(error)

    clinic.clock.at(9)
    threads = [Thread(target=chart, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    charted = {c.reading.id for c in session(clinic).readings}
    assert charted >= {f"{name}{number}" for name in "ab" for number in range(15)}
    assert verify_file(clinic.url).valid


def test_a_serious_adverse_event_raises_an_alert_once_and_it_escalates(clinic: Clinic) -> None:
    to_the_dose(clinic)
    event = AdverseEvent(id="ae1", term="syncope", grade=3, serious=("other_important",), started_at=at(8))
    do(clinic, decide.record_adverse_event, event, minute=9)
    do(clinic, decide.record_reading, reading("r9", 9), minute=10)
    found = clinic.practice.load(ALERTS, PERSON).state or ()
    assert [a.wanted.kind for a in found] == ["adverse_event"]
    done = alerts.escalate(clinic.practice, PERSON, at=clinic.clock.at(60 * 24))
    assert done.entries
    assert not alerts.escalate(clinic.practice, PERSON, at=clinic.clock.at(60 * 24)).entries
    alerts.acknowledge(clinic.practice, PERSON, found[0].id, "seen", by=DOCTOR)
    assert not (clinic.practice.load(ALERTS, PERSON).state or ())[0].open


def test_a_tenfold_preparation_is_refused_and_kept_as_a_near_miss(clinic: Clinic) -> None:
    plan_session(clinic.practice, VISIT, COURSE_ID, 0, NINE, by=NURSE)
    do(clinic, decide.check_in, good_check_in(), minute=0)
    first = calculate(raw(), actor=NURSE, policy=policy(), at=at(3))
    wrong = OwnResult(
        dose_mg=first.quantities.dose_mg,
        drawn=first.quantities.drawn * 10,
        rate_ml_per_h=first.quantities.rates_ml_per_h[0],
    )
    second = Recalculation(by=COLLEAGUE.id, at=at(4), inputs=raw(), result=wrong)
    clinic.clock.at(4)
    with pytest.raises(Refusal):
        prepare(clinic.practice, VISIT, "p1", first, second, location="room-1", by=COLLEAGUE)
    assert len(session(clinic).near_misses) == 1
    assert session(clinic).preparation is None


def test_free_text_is_nowhere_in_clear(clinic: Clinic) -> None:
    to_the_dose(clinic)
    do(clinic, decide.pause, "saw her late grandmother", minute=10)
    with sqlite3.connect(clinic.url) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in (clinic.url, f"{clinic.url}-wal"):
        with open(file, "rb") as content:
            assert b"grandmother" not in content.read()
    assert session(clinic).delivery[-1].rate_ml_per_h == 0


def test_the_register_reconciles_to_zero_after_the_rest_is_wasted(clinic: Clinic) -> None:
    to_the_dose(clinic)
    register = clinic.practice.load(REGISTER, "room-1").state
    assert register is not None
    left = register.open_draws(VISIT)[0].remaining
    with pytest.raises(Refusal, match="neither given"):
        drug_register_decide.require_reconciled(register, VISIT)
    drugs.act(
        clinic.practice,
        "room-1",
        drug_register_decide.record_given,
        "d1",
        left,
        by=NURSE,
        witness=COLLEAGUE,
        at=clinic.clock.at(60),
    )
    register = clinic.practice.load(REGISTER, "room-1").state
    drug_register_decide.require_reconciled(register, VISIT)
