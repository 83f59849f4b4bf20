"""Due, overdue, missed; late entries close their gaps."""

from __future__ import annotations

import pytest
from tests.therapy.session.visit import GOOD_DOOR, Visit, at, session_plan

from ataraxy.therapy.session.monitoring import DueStatus, due_times, missed, overdue
from ataraxy.therapy.session.rule import Phase


def status_of(visit: Visit, due_id: str, minute: float) -> DueStatus:
    return next(d.status for d in due_times(visit.now, visit.policy, at(minute)) if d.id == due_id)


def test_nothing_is_due_before_the_person_is_there() -> None:
    assert due_times(Visit().do("plan", "s", session_plan(), minute=-60).now, Visit().policy, at(0)) == ()


@pytest.mark.parametrize(
    ("minute", "status"),
    [
        (9.9, DueStatus.PENDING),
        (10, DueStatus.DUE),
        (15, DueStatus.DUE),
        (15.1, DueStatus.OVERDUE),
        (16, DueStatus.MISSED),
    ],
)
def test_a_reading_is_due_then_overdue_then_missed(minute: float, status: DueStatus) -> None:
    visit = Visit().dosing()
    # every 10 min, grace 5 min: the window of the next one opens at 15 min
    expected = DueStatus.MISSED if minute >= 15 else status
    assert status_of(visit, "dosing-0-1", minute) is expected


@pytest.mark.parametrize(
    ("minute", "status"),
    [(54.9, DueStatus.PENDING), (60, DueStatus.DUE), (60.1, DueStatus.OVERDUE), (65, DueStatus.MISSED)],
)
def test_after_the_dose_there_is_time_to_be_overdue(minute: float, status: DueStatus) -> None:
    assert status_of(Visit().dosed(), "observation-1-1", minute) is status


@pytest.mark.parametrize(
    ("minute", "status"),
    [(50, DueStatus.DONE), (55, DueStatus.DONE), (60, DueStatus.DONE), (60.5, DueStatus.LATE)],
)
def test_a_reading_within_its_window_is_done_or_late(minute: float, status: DueStatus) -> None:
    visit = Visit().dosed().read(minute)
    assert status_of(visit, "observation-1-1", 62) is status


@pytest.mark.parametrize("minute", [49.9, 65])
def test_a_reading_outside_of_the_window_belongs_to_another(minute: float) -> None:
    visit = Visit().dosed().read(minute)
    assert status_of(visit, "observation-1-1", 66) is DueStatus.MISSED


def test_a_late_entry_closes_its_gap() -> None:
    visit = Visit().dosed()
    assert "observation-1-1" in {d.id for d in missed(visit.now, visit.policy, at(66))}
    visit.read(55, charted=66)
    assert "observation-1-1" not in {d.id for d in missed(visit.now, visit.policy, at(66))}


def test_a_part_of_what_is_due_leaves_the_rest_missing() -> None:
    visit = Visit().dosed().read(55, spo2=None, moaas=None)
    due = next(d for d in due_times(visit.now, visit.policy, at(56)) if d.id == "observation-1-1")
    assert {m.value for m in due.missing} == {"spo2", "moaas"}
    assert due.status is DueStatus.DUE


def test_two_readings_together_complete_what_is_due() -> None:
    visit = Visit().dosed().read(55, spo2=None).read(56, systolic=None, diastolic=None)
    assert status_of(visit, "observation-1-1", 57) is DueStatus.DONE


def test_readings_stop_being_due_when_the_phase_ends() -> None:
    visit = Visit().recovering()
    phases = [d.phase for d in due_times(visit.now, visit.policy, at(300))]
    assert phases.count(Phase.DOSING) == 3
    assert phases.count(Phase.OBSERVATION) == 5  # four at intervals, and the pressure at 40 min
    assert phases.count(Phase.RECOVERY) >= 6


def test_after_discharge_the_list_is_closed() -> None:
    visit = Visit().ready().do("discharge", GOOD_DOOR, minute=161)
    at_end, much_later = (due_times(visit.now, visit.policy, at(m)) for m in (161, 10_000))
    assert at_end == much_later
    assert not [d for d in at_end if d.status in (DueStatus.PENDING, DueStatus.DUE, DueStatus.OVERDUE)]


def test_a_session_that_nobody_closed_costs_a_bounded_list() -> None:
    visit = Visit().dosed()
    assert len(due_times(visit.now, visit.policy, at(60 * 24 * 365))) < 1000


def test_overdue_is_what_can_still_be_done() -> None:
    visit = Visit().dosed()
    assert [d.id for d in overdue(visit.now, visit.policy, at(61))] == ["observation-1-1"]
