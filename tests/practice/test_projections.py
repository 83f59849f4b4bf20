"""The tables of a clinic say what its histories say, and the same when they are built from nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from tests.practice.conftest import COURSE as COURSE_ID
from tests.practice.conftest import PERSON, Clinic
from tests.practice.test_sessions import VISIT, do, session, to_the_door, to_the_dose
from tests.therapy.session.visit import DOCTOR, GOOD_DOOR, NINE, NURSE, at, raw

from ataraxy.exchange.instrument_file import get_instrument
from ataraxy.practice import alerts, courses, lists, people, projections
from ataraxy.practice.aggregate import ALERTS, COURSE, REGISTER, SESSION, SITE, STAFF
from ataraxy.practice.aggregate import PERSON as PERSON_FILE
from ataraxy.practice.projections import METADATA, PERSON_INDEX, clinic_projections
from ataraxy.practice.scores import record_score
from ataraxy.practice.sessions import plan_session, prepare
from ataraxy.record.store import Record
from ataraxy.therapy import chart_events as e
from ataraxy.therapy import course_decide
from ataraxy.therapy.course import CourseState
from ataraxy.therapy.disorder import Diagnosis, Disorder
from ataraxy.therapy.preparation import OwnResult, Recalculation, calculate
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.adverse_event import AdverseEvent
from ataraxy.therapy.session.state import SessionState


def rows(record: Record) -> dict[str, list[tuple[Any, ...]]]:
    with record.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=str)
            for table in METADATA.sorted_tables
        }


def everything(clinic: Clinic) -> None:
    """A session with an adverse event, a refused preparation, scores with alerts, and the end of the course."""
    phq = get_instrument("PHQ-9")
    record_score(clinic.practice, PERSON, phq, answers=[1] * 8 + [0], by=NURSE)
    to_the_door(clinic)
    vomiting = AdverseEvent(id="ae-1", term="vomiting", grade=2, started_at=at(60))
    do(clinic, decide.record_adverse_event, vomiting, minute=296)
    over = vomiting.replace(outcome="resolved")
    do(clinic, decide.record_adverse_event, over, minute=297)
    do(clinic, decide.discharge, GOOD_DOOR.replace(missed_readings_reason="none missed"), minute=298)
    clinic.clock.at(1440)
    record_score(clinic.practice, PERSON, phq, answers=[3] * 8 + [1], by=NURSE)
    alerts.acknowledge(clinic.practice, PERSON, lists.alerts(clinic.practice)[0].alert, "called", by=DOCTOR)
    clinic.clock.at(1440 * 3)
    alerts.escalate(clinic.practice, PERSON)
    courses.act(
        clinic.practice,
        COURSE_ID,
        course_decide.stop_course,
        "no_benefit",
        "nothing changed",
        by=DOCTOR,
    )


def test_tables_built_from_nothing_equal_those_written_along_the_way(clinic: Clinic) -> None:
    everything(clinic)
    written = rows(clinic.practice.record)
    clinic.practice.record.rebuild()
    assert rows(clinic.practice.record) == written
    filled = {name for name, found in written.items() if found}
    assert {f"clinic_{name}" for name in ("adverse_event", "alert", "course", "score", "session")} <= filled


def test_what_is_taken_back_leaves_the_tables(clinic: Clinic) -> None:
    gad = get_instrument("GAD-7")
    for total in (9.0, 21.0):
        clinic.clock.now += timedelta(minutes=1)
        record_score(clinic.practice, PERSON, gad, total=total, by=NURSE)
    slip = lists.scores(clinic.practice)[-1]
    common = {"person": PERSON, "at": clinic.clock(), "by": DOCTOR.id}

    def record(*events: e.Event) -> None:
        people.record(clinic.practice, events, by=DOCTOR)

    def disorder() -> str:
        with clinic.practice.record.reading() as connection:
            held = connection.scalar(
                sa.select(PERSON_INDEX.c.disorder).where(PERSON_INDEX.c.person == PERSON)
            )
        return str(held)

    record(e.ScoreRetracted(**common, scale="GAD-7", scored_at=slip.at, reason="a slip"))
    assert [row.total for row in lists.scores(clinic.practice)] == [9.0]
    seen = []
    for id_, which, primary in (
        ("a", Disorder.SAD, False),
        ("b", Disorder.GAD, False),
        ("c", Disorder.PTSD, True),
    ):
        record(e.DiagnosisRecorded(**common, diagnosis=Diagnosis(id=id_, disorder=which, primary=primary)))
        seen.append(disorder())
    for id_ in "cab":
        record(e.DiagnosisRetracted(**common, diagnosis=id_, reason="a slip"))
        seen.append(disorder())
    assert seen == ["SAD", "SAD", "PTSD", "SAD", "GAD", ""]
    written = rows(clinic.practice.record)
    clinic.practice.record.rebuild()
    assert rows(clinic.practice.record) == written


def test_a_session_stands_in_the_table_as_in_its_history(clinic: Clinic) -> None:
    to_the_dose(clinic)
    (row,) = lists.sessions(clinic.practice, person=PERSON)
    assert (row.session, row.course, row.number) == (VISIT, COURSE_ID, 1)
    assert row.state is session(clinic).state is SessionState.DOSING
    assert row.scheduled_at == NINE
    do(clinic, decide.stop, minute=20, reason="asked to stop")
    do(clinic, decide.begin_observation, minute=21)
    assert lists.sessions(clinic.practice, open_only=True)[0].state is session(clinic).state
    assert lists.patient_of(clinic.practice, VISIT) == PERSON
    assert lists.patient_of(clinic.practice, "4" * 32) is None


def test_a_day_shows_its_sessions_and_whoever_is_still_here(clinic: Clinic) -> None:
    to_the_dose(clinic)
    other = "5" * 32
    plan_session(clinic.practice, other, COURSE_ID, 1, NINE + timedelta(days=3), by=NURSE)
    day = NINE + timedelta(days=2, hours=12)
    shown = lists.sessions_of_now(clinic.practice, day, day + timedelta(days=1))
    assert [row.session for row in shown] == [VISIT, other]
    later = lists.sessions(clinic.practice, since=day, before=day + timedelta(days=1))
    assert [row.session for row in later] == [other]


def test_everything_of_a_course_is_found(clinic: Clinic) -> None:
    everything(clinic)
    (course,) = lists.courses(clinic.practice, person=PERSON)
    assert (course.state, course.why_ended) == (CourseState.STOPPED, "no_benefit")
    (row,) = lists.sessions(clinic.practice, course=COURSE_ID)
    assert row.given_mg_base == float(session(clinic).given_mg_base())
    assert row.first_dose_at == session(clinic).dosing_started_at
    assert lists.courses(clinic.practice, open_only=True) == ()
    (event,) = lists.adverse_events(clinic.practice, person=PERSON)
    assert (event.term, event.grade, event.outcome) == ("vomiting", 2, "resolved")
    assert lists.adverse_events(clinic.practice, person="6" * 32) == ()
    totals = [(row.instrument, row.total, row.flags) for row in lists.scores(clinic.practice, person=PERSON)]
    assert totals == [("PHQ-9", 8.0, ()), ("PHQ-9", 25.0, ("suicidality",))]
    known = {row.kind: row for row in lists.alerts(clinic.practice, person=PERSON)}
    assert {"suicide_risk", "worsening"} <= set(known)
    still = lists.alerts(clinic.practice, open_only=True)
    assert all(row.escalated_at is not None for row in still if row.kind in ("suicide_risk", "worsening"))
    assert len(still) == len(known) - 1 == sum(lists.open_alerts_by_urgency(clinic.practice).values())


def test_a_refused_preparation_is_counted(clinic: Clinic) -> None:
    plan_session(clinic.practice, VISIT, COURSE_ID, 0, NINE, by=NURSE)
    from tests.therapy.session.visit import COLLEAGUE, good_check_in, policy

    do(clinic, decide.check_in, good_check_in(), minute=0)
    first = calculate(raw(), actor=NURSE, policy=policy(), at=at(3))
    wrong = OwnResult(
        dose_mg=first.quantities.dose_mg * 10,
        drawn=first.quantities.drawn,
        rate_ml_per_h=first.quantities.rates_ml_per_h[0],
    )
    second = Recalculation(by=COLLEAGUE.id, at=at(4), inputs=raw(), result=wrong)
    try:
        prepare(
            clinic.practice,
            VISIT,
            "p1",
            first,
            second,
            location="room-1",
            by=COLLEAGUE,
            at=clinic.clock.at(4),
        )
        raise AssertionError("a tenfold dose was accepted")
    except Refusal:
        pass
    assert lists.near_misses(clinic.practice) == 1


def test_no_table_holds_what_was_written_about_a_person(clinic: Clinic) -> None:
    everything(clinic)
    text = str(rows(clinic.practice.record))
    assert "nothing changed" not in text
    assert "called" not in text


def test_the_tables_are_named_once() -> None:
    names = [table.name for projection in clinic_projections() for table in projection.tables]
    assert len(names) == len(set(names)) == len(METADATA.tables)


def test_every_kind_that_changes_a_table_is_one_that_is_written() -> None:
    written = {
        kind
        for aggregate in (SESSION, COURSE, ALERTS, REGISTER, PERSON_FILE, STAFF, SITE)
        for kind in aggregate.kinds
    }
    assert set(projections._HANDLERS) - written == set()
