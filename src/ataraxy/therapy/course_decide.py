"""The commands of a course."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Literal

from ataraxy.therapy.actor import Action, Actor, require
from ataraxy.therapy.amount import check_amount
from ataraxy.therapy.course import Course, CourseState
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
from ataraxy.therapy.moment import aware, hours_between
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session.gate_result import GateResult
from ataraxy.therapy.session.state import Session
from ataraxy.therapy.site_policy import SitePolicy
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment

_C = CourseState
_BEFORE_END = (_C.REFERRED, _C.SCREENING, _C.ACTIVE)
WhyStopped = Literal["not_eligible", "adverse_event", "no_benefit", "new_contraindication", "other"]


def open_course(
    course: Course | None,
    course_id: str,
    patient: str,
    disorder: str = "",
    *,
    simulated: bool = False,
    actor: Actor,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event of a referral.

    Raises:
        Refusal: ``course.state`` where the course is open already, ``role.not-permitted``.
    """
    require(actor, Action.RUN_COURSE)
    if course is not None:
        raise _refused("course.state", "the course is open already", "Open another, with another id")
    return (
        CourseOpened(
            course=course_id,
            at=aware(at),
            by=actor.id,
            patient=patient,
            disorder=disorder,
            simulated=simulated,
        ),
    )


def begin_screening(course: Course | None, *, actor: Actor, at: datetime) -> tuple[Event, ...]:
    """Return the event by which screening begins.

    Raises:
        Refusal: ``course.state``, ``role.not-permitted``.
    """
    course, at = _in(course, (_C.REFERRED,), "begin screening", actor, Action.RUN_COURSE, at)
    return (ScreeningBegun(course=course.id, at=at, by=actor.id),)


def assign_protocol(
    course: Course | None,
    protocol: str,
    protocol_version: str,
    sessions: int,
    protocol_hash: str = "",
    *,
    actor: Actor,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event by which a prescriber assigns a version of a protocol; a dose change of before stays.

    Raises:
        Refusal: ``course.state``, ``role.not-permitted``.
    """
    course, at = _in(course, (_C.SCREENING, _C.ACTIVE), "assign a protocol", actor, Action.PRESCRIBE, at)
    return (
        ProtocolAssigned(
            course=course.id,
            at=at,
            by=actor.id,
            protocol=protocol,
            protocol_version=protocol_version,
            protocol_hash=protocol_hash,
            sessions=sessions,
        ),
    )


def activate(
    course: Course | None,
    gate: GateResult | None,
    consent_current: bool | None,
    *,
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event by which treatment may begin.

    Raises:
        Refusal: ``course.no-protocol``, ``course.gate`` (missing, old, delay or block), ``course.consent`` (missing or
            unknown), ``course.state``, ``role.not-permitted``.
    """
    course, at = _in(course, (_C.SCREENING,), "begin treatment", actor, Action.PRESCRIBE, at)
    if not course.protocol:
        raise _refused("course.no-protocol", "no protocol is assigned", "Assign a protocol", course.id)
    if gate is None or not 0 <= hours_between(gate.judged_at, at) <= policy.before.gate_age.value:
        raise _refused("course.gate", "the gate has not been run recently", "Run the gate", course.id)
    if not gate.permits:
        raise _refused(
            "course.gate",
            f"the gate says {gate.decision}",
            "Read its findings; a prescriber may override those that can be",
            course.id,
        )
    if consent_current is not True:
        raise _refused(
            "course.consent",
            "no consent is in force for this version of the protocol",
            "Ask for consent",
            course.id,
        )
    return (CourseActivated(course=course.id, at=at, by=actor.id),)


def change_dose(
    course: Course | None,
    to: OrderedDose | None,
    reason: Sensitive,
    *,
    actor: Actor,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event by which a prescriber orders another dose from the next session on; None: the protocol's.

    Raises:
        Refusal: ``course.reason``, ``course.no-change``, ``course.state``, ``role.not-permitted``.
        InputError: ``protocol.dose-absurd``: as of a protocol, no reason repairs a slip of the decimal point.
    """
    course, at = _in(course, (_C.SCREENING, _C.ACTIVE), "change the dose", actor, Action.PRESCRIBE, at)
    _reason(reason, "a change of dose", course)
    if to is not None:
        check_amount(float(to.amount), to.per, "amount")
        if to.cap_mg is not None:
            check_amount(float(to.cap_mg), "mg", "cap_mg")
    if to == course.ordered_dose:
        raise _refused("course.no-change", "this dose is ordered already", "Order another dose", course.id)
    return (DoseChanged(course=course.id, at=at, by=actor.id, to=to, reason=reason),)


def end_session(course: Course | None, session: Session, *, actor: Actor, at: datetime) -> tuple[Event, ...]:
    """Return the event that adds a session that has ended to the course, or counts it again after a correction.

    Raises:
        Refusal: ``course.session-open``, ``course.session-other``, ``course.state``, ``role.not-permitted``.
    """
    states = (_C.ACTIVE, _C.COMPLETED, _C.WITHDRAWN, _C.STOPPED)
    # whoever may cancel a session at the desk may say so in its course
    action = Action.PLAN_SESSION if session.dosing_started_at is None else Action.CARE_AFTER
    course, at = _in(course, states, "add a session", actor, action, at)
    if not session.state.ended or session.disposition is None:
        raise _refused("course.session-open", "the session has not ended", "End it first", session.id)
    if session.plan is not None and session.plan.patient != course.patient:
        raise _refused(
            "course.session-other", "the session belongs to another person", "Check the ids", session.id
        )
    return (
        SessionEnded(
            course=course.id,
            at=at,
            by=actor.id,
            session=session.id,
            index=0 if session.plan is None else session.plan.index,
            disposition=session.disposition,
            first_dose_at=session.dosing_started_at,
            given_mg_base=session.given_mg_base().quantize(Decimal("0.000001")),
            weight_kg=None if session.check_in is None else session.check_in.weight_kg,
        ),
    )


def record_check(
    course: Course | None,
    check: str,
    result: Literal["normal", "abnormal", "not_interpretable"],
    note: Sensitive = "",
    *,
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event of a check that repeated treatment asks for.

    Raises:
        Refusal: ``course.check-unknown``, ``course.state``, ``role.not-permitted``.
    """
    course, at = _in(course, tuple(_C), "record a check", actor, Action.RUN_COURSE, at)
    known = [c.id for c in policy.long_term]
    if check not in known:
        raise _refused(
            "course.check-unknown", f"the policy has no check {check}", f"Known are {', '.join(known)}"
        )
    return (CheckDone(course=course.id, at=at, by=actor.id, check=check, result=result, note=note),)


def record_risk(
    course: Course | None, assessment: SuicideRiskAssessment, *, actor: Actor, at: datetime
) -> tuple[Event, ...]:
    """Return the event of an assessment of suicide risk outside of a session.

    Raises:
        Refusal: ``suicide-risk.future``, ``course.state``, ``role.not-permitted``.
    """
    course, at = _in(course, tuple(_C), "record suicide risk", actor, Action.ASSESS_RISK, at)
    if assessment.at > at:
        raise _refused("suicide-risk.future", "the assessment lies in the future", "Check its time")
    return (RiskAssessed(course=course.id, at=at, by=actor.id, assessment=assessment),)


def complete(
    course: Course | None,
    note: Sensitive = "",
    *,
    open_sessions: Iterable[str] = (),
    actor: Actor,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event by which a course ends as intended.

    Raises:
        Refusal: ``course.session-open``, ``course.state``, ``role.not-permitted``.
    """
    course, at = _in(course, (_C.ACTIVE,), "complete the course", actor, Action.PRESCRIBE, at)
    still = tuple(open_sessions)
    if still:
        raise _refused(
            "course.session-open", f"{len(still)} sessions are open", "End or abort them first", still[0]
        )
    return (CourseCompleted(course=course.id, at=at, by=actor.id, note=note),)


def withdraw(course: Course | None, reason: Sensitive, *, actor: Actor, at: datetime) -> tuple[Event, ...]:
    """Return the event by which the person withdraws, at any time.

    Raises:
        Refusal: ``course.reason``, ``course.state``, ``role.not-permitted``.
    """
    course, at = _in(course, _BEFORE_END, "withdraw", actor, Action.RUN_COURSE, at)
    _reason(reason, "a withdrawal", course)
    return (CourseWithdrawn(course=course.id, at=at, by=actor.id, reason=reason),)


def stop_course(
    course: Course | None, why: WhyStopped, reason: Sensitive, *, actor: Actor, at: datetime
) -> tuple[Event, ...]:
    """Return the event by which a prescriber stops a course, or closes one that never began.

    Raises:
        Refusal: ``course.reason``, ``course.state``, ``role.not-permitted``.
    """
    course, at = _in(course, _BEFORE_END, "stop the course", actor, Action.PRESCRIBE, at)
    _reason(reason, "a stop", course)
    return (CourseStopped(course=course.id, at=at, by=actor.id, why=why, reason=reason),)


def require_session(course: Course | None, index: int) -> Course:
    """Return the course where a session of this index may be planned.

    Raises:
        Refusal: ``course.state`` where it is not active, ``course.no-more-sessions`` beyond the protocol.
    """
    if course is None or course.state is not _C.ACTIVE:
        state = "not open" if course is None else course.state.value
        raise _refused("course.state", f"the course is {state}", "Activate it first")
    if not 0 <= index < course.planned_sessions:
        raise _refused(
            "course.no-more-sessions",
            f"session {index + 1} is planned and the protocol has {course.planned_sessions}",
            "A prescriber assigns another protocol, such as one for maintenance",
            course.id,
        )
    return course


def _in(
    course: Course | None,
    states: tuple[CourseState, ...],
    what: str,
    actor: Actor,
    action: Action,
    at: datetime,
) -> tuple[Course, datetime]:
    require(actor, action)
    if course is None:
        raise _refused("course.state", f"there is no course to {what}", "Open a course first")
    if course.state not in states:
        raise _refused(
            "course.state",
            f"cannot {what} in the state {course.state.value}",
            f"It is possible in {', '.join(state.value for state in states)}",
            course.id,
        )
    return course, aware(at)


def _reason(reason: str, what: str, course: Course) -> None:
    if not reason.strip():
        raise _refused("course.reason", f"{what} has no reason", "Say why", course.id)


def _refused(code: str, message: str, remedy: str, where: str = "") -> Refusal:
    return Refusal(message, code=code, remedy=remedy, where=where)
