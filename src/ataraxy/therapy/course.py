"""A course of treatment: from referral to its end, with what was given and what is due. A fold of its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from ataraxy.therapy.course_events import (
    CheckDone,
    CourseActivated,
    CourseCompleted,
    CourseOpened,
    CourseStopped,
    CourseWithdrawn,
    DoseChanged,
    Event,
    OrderedDose,
    ProtocolAssigned,
    RiskAssessed,
    ScreeningBegun,
    SessionEnded,
)
from ataraxy.therapy.dose_order import DoseOrder
from ataraxy.therapy.exact import plain
from ataraxy.therapy.moment import Moment, aware
from ataraxy.therapy.session.follow_up import DueFollowUp, due_follow_ups
from ataraxy.therapy.session.state import Session
from ataraxy.therapy.site_policy import SitePolicy
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment
from ataraxy.therapy.value import Count, Value


class CourseState(StrEnum):
    """Where a course stands; the last three are ends."""

    REFERRED = "referred"
    SCREENING = "screening"
    ACTIVE = "active"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"

    @property
    def ended(self) -> bool:
        """Return whether no further session may be planned."""
        return self in (CourseState.COMPLETED, CourseState.WITHDRAWN, CourseState.STOPPED)


class Course(Value):
    """A course.

    Attributes:
        id: opaque id.
        state: where it stands.
        patient, disorder: opaque id and code.
        protocol, protocol_version, protocol_hash, planned_sessions: what was assigned.
        dose_changes: in order of time, with prescriber and reason.
        sessions: the sessions that ended, in order of their events.
        checks, suicide_risk: what was done.
        irregular: events that came where the rules would have refused them.
    """

    id: str
    state: CourseState = CourseState.REFERRED
    patient: str = ""
    disorder: str = ""
    simulated: bool = False
    protocol: str = ""
    protocol_version: str = ""
    protocol_hash: str = ""
    planned_sessions: Count = 0
    dose_changes: tuple[DoseChanged, ...] = ()
    sessions: tuple[SessionEnded, ...] = ()
    checks: tuple[CheckDone, ...] = ()
    suicide_risk: tuple[SuicideRiskAssessment, ...] = ()
    opened_at: Moment | None = None
    ended_at: Moment | None = None
    irregular: tuple[str, ...] = ()

    @property
    def dosed_sessions(self) -> tuple[SessionEnded, ...]:
        """Return the sessions in which drug was given, in order of the first dose."""
        dosed = [s for s in self.sessions if s.given_mg_base > 0 and s.first_dose_at is not None]
        return tuple(sorted(dosed, key=lambda s: s.first_dose_at or s.at))

    @property
    def cumulative_mg_base(self) -> Decimal:
        """Return the mg of free base given in all sessions."""
        return sum((session.given_mg_base for session in self.sessions), Decimal(0))

    @property
    def first_dose_at(self) -> Moment | None:
        """Return when the first drug of the course was given."""
        dosed = self.dosed_sessions
        return dosed[0].first_dose_at if dosed else None

    @property
    def last_weight_kg(self) -> Decimal | None:
        """Return the weight of the last session that has one, for comparison with the next."""
        return next((s.weight_kg for s in reversed(self.sessions) if s.weight_kg is not None), None)

    @property
    def ordered_dose(self) -> OrderedDose | None:
        """Return the dose that a prescriber ordered in the place of the protocol's; None for the protocol's."""
        return self.dose_changes[-1].to if self.dose_changes else None

    @property
    def next_index(self) -> int:
        """Return which session of the protocol comes next: the first that was not dosed."""
        dosed = {session.index for session in self.dosed_sessions}
        return next(i for i in range(len(dosed) + 1) if i not in dosed)

    def order(self, planned: DoseOrder) -> DoseOrder:
        """Return the protocol's order for a session with the prescriber's dose in its place; times stay."""
        dose = self.ordered_dose
        if dose is None:
            return planned
        return planned.replace(amount=dose.amount, per=dose.per, cap_mg=dose.cap_mg)


@dataclass(frozen=True, slots=True)
class CheckDue:
    """A check of a course at a moment.

    Attributes:
        check, title: which.
        due: whether it is due.
        reason: why, or how it stands.
        last_at: when it was last done.
        sessions_since: sessions with drug since then.
        due_at: when the time alone makes it due; None where only sessions count.
        abnormal: whether the last result was abnormal.
        source: of the check itself.
    """

    check: str
    title: str
    due: bool
    reason: str
    last_at: datetime | None
    sessions_since: int
    due_at: datetime | None
    abnormal: bool
    source: str


def evolve_course(course: Course | None, event: Event) -> Course:
    """Return the course after an event; total over every order of events."""
    before = course or Course(id=event.course)
    irregular = before.irregular
    if (course is None) != isinstance(event, CourseOpened):
        irregular = (*irregular, f"{event.kind} {'comes first' if course is None else 'comes again'}")
    allowed = _REGULAR.get(event.kind)
    if allowed is not None and before.state not in allowed:
        irregular = (*irregular, f"{event.kind} in the state {before.state.value}")
    return before.model_copy(update={**_changes(before, event), "irregular": irregular})


def fold_course(events: Iterable[Event], course: Course | None = None) -> Course | None:
    """Return the course after many events; None where there is none."""
    for event in events:
        course = evolve_course(course, event)
    return course


def checks_due(course: Course, policy: SitePolicy, at: datetime) -> tuple[CheckDue, ...]:
    """Return every check of the policy: due when its sessions or its time have passed, or when there is no baseline."""
    at = aware(at)
    found = []
    for check in policy.long_term:
        done = [c for c in course.checks if c.check == check.id and c.at <= at]
        last = max(done, key=lambda c: c.at, default=None)
        since = [s for s in course.dosed_sessions if last is None or (s.first_dose_at or s.at) > last.at]
        due_at = None
        if last is not None and check.every is not None:
            due_at = last.at + timedelta(microseconds=int(check.every.value * 86_400_000_000))
        if last is None:
            due, reason = True, "no baseline is recorded"
        elif check.every_sessions is not None and len(since) >= check.every_sessions.value:
            due, reason = True, f"{len(since)} sessions since the last one, of {check.every_sessions} allowed"
        elif due_at is not None and at >= due_at:
            due, reason = True, f"the last one is older than {check.every}"
        else:
            due, reason = False, f"{len(since)} sessions since the last one"
        found.append(
            CheckDue(
                check=check.id,
                title=check.title,
                due=due,
                reason=reason,
                last_at=None if last is None else last.at,
                sessions_since=len(since),
                due_at=due_at,
                abnormal=last is not None and last.result == "abnormal",
                source=f"{check.source} [{check.grade.value}]",
            )
        )
    return tuple(found)


def missed_follow_ups(
    sessions: Iterable[Session], policy: SitePolicy, at: datetime, next_session_at: datetime | None = None
) -> tuple[DueFollowUp, ...]:
    """Return the follow-ups of a course's sessions that were missed, the earliest first.

    A follow-up before the next session counts for each session up to the start of the one after it.
    """
    ordered = sorted(
        (s for s in sessions if s.dosing_started_at is not None),
        key=lambda s: s.dosing_started_at or aware(at),
    )
    found: list[DueFollowUp] = []
    for number, session in enumerate(ordered):
        following = ordered[number + 1].dosing_started_at if number + 1 < len(ordered) else next_session_at
        found.extend(d for d in due_follow_ups(session, policy, at, following) if d.status == "missed")
    return tuple(sorted(found, key=lambda d: d.closes_at or aware(at)))


def exposure_text(course: Course) -> str:
    """Return the cumulative exposure in words, such as ``210 mg (base) in 6 sessions``."""
    number = len(course.dosed_sessions)
    mg = plain(course.cumulative_mg_base.quantize(Decimal("0.01")))
    return f"{mg} mg (base) in {number} session{'' if number == 1 else 's'}"


_C = CourseState
_REGULAR: dict[str, tuple[CourseState, ...]] = {
    "course.screening_begun": (_C.REFERRED,),
    "course.protocol_assigned": (_C.SCREENING, _C.ACTIVE),
    "course.activated": (_C.SCREENING,),
    "course.dose_changed": (_C.SCREENING, _C.ACTIVE),
    "course.session_ended": (_C.ACTIVE, _C.COMPLETED, _C.WITHDRAWN, _C.STOPPED),
    "course.completed": (_C.ACTIVE,),
    "course.withdrawn": (_C.REFERRED, _C.SCREENING, _C.ACTIVE),
    "course.stopped": (_C.REFERRED, _C.SCREENING, _C.ACTIVE),
}


def _changes(course: Course, event: Event) -> dict[str, Any]:
    match event:
        case CourseOpened():
            if course.opened_at is not None:
                return {}
            return {
                "patient": event.patient,
                "disorder": event.disorder,
                "simulated": event.simulated,
                "opened_at": event.at,
            }
        case ScreeningBegun():
            return _to(course, _C.SCREENING)
        case ProtocolAssigned():
            return {
                "protocol": event.protocol,
                "protocol_version": event.protocol_version,
                "protocol_hash": event.protocol_hash,
                "planned_sessions": event.sessions,
            }
        case CourseActivated():
            return _to(course, _C.ACTIVE)
        case DoseChanged():
            return {"dose_changes": (*course.dose_changes, event)}
        case SessionEnded():
            kept = tuple(s for s in course.sessions if s.session != event.session)
            return {"sessions": (*kept, event)}
        case CheckDone():
            return {"checks": (*course.checks, event)}
        case RiskAssessed():
            return {"suicide_risk": (*course.suicide_risk, event.assessment)}
        case CourseCompleted():
            return {"state": _C.COMPLETED, "ended_at": event.at}
        case CourseWithdrawn():
            return {"state": _C.WITHDRAWN, "ended_at": event.at}
        case CourseStopped():
            return {"state": _C.STOPPED, "ended_at": event.at}


def _to(course: Course, state: CourseState) -> dict[str, Any]:
    return {} if course.state.ended else {"state": state}
