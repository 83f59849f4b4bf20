"""When readings are due, overdue and missed: a pure function of the session, the policy and a moment."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from ataraxy.therapy.session.measure import Measure
from ataraxy.therapy.session.monitoring_plan import MonitoringPlan
from ataraxy.therapy.session.reading import Reading
from ataraxy.therapy.session.rule import Phase
from ataraxy.therapy.session.state import Session
from ataraxy.therapy.site_policy import SitePolicy

# A session that was never closed must not cost time without end.
MOST_SLOTS = 500


class DueStatus(StrEnum):
    """`LATE` was done after its grace; `MISSED` can no longer be done, because the next one is due."""

    PENDING = "pending"
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"
    LATE = "late"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Due:
    """Readings that are due at one time.

    Attributes:
        id: stable within the session.
        phase: which it belongs to.
        at: when.
        measures: what is measured.
        missing: what of it is not charted.
        status: at the moment that was asked for.
    """

    id: str
    phase: Phase
    at: datetime
    measures: tuple[Measure, ...]
    missing: tuple[Measure, ...]
    status: DueStatus


@dataclass(frozen=True, slots=True)
class _Slot:
    id: str
    phase: Phase
    at: datetime
    opens: datetime
    closes: datetime
    measures: tuple[Measure, ...]


def due_times(session: Session, policy: SitePolicy, at: datetime) -> tuple[Due, ...]:
    """Return every reading that was or is due, and the next one of each schedule, in order of time.

    A reading counts for the time that it was taken at, not charted at, so that a late entry closes its gap.
    """
    plan = None if session.plan is None else policy.plan(session.plan.order.route)
    if plan is None or session.checked_in_at is None:
        return ()
    slots = sorted(_slots(session, plan, policy, at), key=lambda slot: (slot.at, slot.id))
    readings = session.effective_readings
    readings = readings[: bisect_right(readings, at, key=_taken_at)]
    return tuple(_judged(slot, readings, session, plan, at) for slot in slots)


def overdue(session: Session, policy: SitePolicy, at: datetime) -> tuple[Due, ...]:
    """Return what should have been measured by now and still can be."""
    return tuple(due for due in due_times(session, policy, at) if due.status is DueStatus.OVERDUE)


def missed(session: Session, policy: SitePolicy, at: datetime) -> tuple[Due, ...]:
    """Return what was not measured and no longer can be."""
    return tuple(due for due in due_times(session, policy, at) if due.status is DueStatus.MISSED)


def _slots(session: Session, plan: MonitoringPlan, policy: SitePolicy, at: datetime) -> Iterator[_Slot]:
    assert session.checked_in_at is not None
    start, end = session.dosing_started_at, session.dosing_ended_at
    over = session.ended_at or at
    forever = datetime.max.replace(tzinfo=session.checked_in_at.tzinfo)
    if plan.before:
        closes = start or session.ended_at or forever
        opens = closes - _minutes(policy.before.reading_age.value) if start else session.checked_in_at
        # A reading at the very moment at which the dose begins is one before it.
        closes = closes + timedelta(microseconds=1) if start else closes
        yield _Slot("before", Phase.BEFORE, session.checked_in_at, opens, closes, plan.before)
    if start is None:
        return
    spans = {Phase.DOSING: (start, end or session.ended_at)}
    if end is not None:
        spans[Phase.OBSERVATION] = (end, session.recovery_began_at or session.ended_at)
    if session.recovery_began_at is not None:
        spans[Phase.RECOVERY] = (session.recovery_began_at, session.ended_at)
    for number, schedule in enumerate(plan.schedules):
        if schedule.phase not in spans:
            continue
        begins, ends = spans[schedule.phase]
        every = _minutes(schedule.every.value)
        early = min(_minutes(plan.grace.value), every / 2)
        # The next one is shown as pending while the phase goes on.
        last = ends if ends is not None else over + every
        for k in range(1, MOST_SLOTS):
            due = begins + k * every
            if due >= last:
                break
            yield _Slot(
                f"{schedule.phase.value}-{number}-{k}",
                schedule.phase,
                due,
                due - early,
                due + every - early,
                schedule.measures,
            )
    for number, once in enumerate(plan.once):
        due = start + _minutes(once.minute.value)
        if due >= over and session.ended_at is not None:
            continue
        early = _minutes(plan.grace.value)
        yield _Slot(f"once-{number}", _phase_at(spans, due), due, due - early, due + 2 * early, once.measures)


def _phase_at(spans: dict[Phase, tuple[datetime, datetime | None]], at: datetime) -> Phase:
    return next(
        (phase for phase, (begins, ends) in spans.items() if begins <= at and (ends is None or at < ends)),
        list(spans)[-1],
    )


def _taken_at(reading: Reading) -> datetime:
    return reading.taken_at


def _judged(
    slot: _Slot, readings: Sequence[Reading], session: Session, plan: MonitoringPlan, at: datetime
) -> Due:
    """Judge a slot by readings until `at`, in order of when they were taken."""
    taken: dict[Measure, datetime] = {}
    first = bisect_left(readings, slot.opens, key=_taken_at)
    for reading in readings[first : bisect_left(readings, slot.closes, lo=first, key=_taken_at)]:
        for measure in slot.measures:
            if reading.value(measure) is not None:
                taken.setdefault(measure, reading.taken_at)
    missing = tuple(measure for measure in slot.measures if measure not in taken)
    latest = slot.at + _minutes(plan.grace.value)
    if not missing:
        in_time = slot.phase is Phase.BEFORE or all(when <= latest for when in taken.values())
        status = DueStatus.DONE if in_time else DueStatus.LATE
    elif at >= slot.closes or (session.ended_at is not None and at >= session.ended_at):
        status = DueStatus.MISSED
    elif at < slot.at:
        status = DueStatus.PENDING
    else:
        status = DueStatus.DUE if at <= latest or slot.phase is Phase.BEFORE else DueStatus.OVERDUE
    return Due(slot.id, slot.phase, slot.at, slot.measures, missing, status)


def _minutes(value: Decimal) -> timedelta:
    return timedelta(microseconds=int(value * 60_000_000))
