"""The commands of a session. What follows from one (alerts, the end of a session in its course) is recorded with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from ataraxy.practice.aggregate import ALERTS, COURSE, REGISTER, SESSION
from ataraxy.practice.practice import Done, Practice, Step
from ataraxy.practice.site import policy_in_force, protocol_in_force
from ataraxy.practice.tablet import EntryRefused
from ataraxy.therapy import course_decide
from ataraxy.therapy.actor import Action, Actor, require
from ataraxy.therapy.alert import Alert, alerts_of_session, evolve_alerts, raise_alert
from ataraxy.therapy.course import Course
from ataraxy.therapy.dose_order import order_of
from ataraxy.therapy.preparation import Calculation, Recalculation, Vial
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.events import Event
from ataraxy.therapy.session.evolve import fold
from ataraxy.therapy.session.session_plan import SessionPlan
from ataraxy.therapy.session.state import Session
from ataraxy.therapy.site_policy import SitePolicy


def standing(session: Session | None) -> str:
    """Return a short text that changes with every step of a session, and with no reading.

    A page sends it back with a step, so that two people who press at once do not both have their way unseen.
    """
    if session is None:
        return "none"
    prepared = "" if session.preparation is None else session.preparation.id
    return f"{session.state.value}.{session.check_ins}.{len(session.delivery)}.{prepared}"


def act(
    practice: Practice,
    session_id: str,
    command: Callable[..., tuple[Event, ...]],
    *args: Any,
    by: Actor,
    key: str | None = None,
    at: datetime | None = None,
    seen: str | None = None,
    beside: Sequence[BaseModel] = (),
    **more: Any,
) -> Done:
    """Carry out one of the commands of `ataraxy.therapy.session.decide` on a session.

    Args:
        practice: where it is recorded.
        session_id: which session.
        command: such as `decide.pause`; `args` and `more` are its own.
        by: who acts.
        key: names the request, so that it may be sent again.
        at: when it happened; now where it is left out.
        seen: what the person saw of the session, see `standing`; None where it does not matter.
        beside: what is recorded with it and changes no state, see `ataraxy.practice.tablet`.

    Raises:
        Refusal: those of the command; ``session.moved-on``: somebody else took a step in between.
    """

    def steps() -> Sequence[Step]:
        loaded = practice.load(SESSION, session_id)
        if seen is not None and seen != standing(loaded.state):
            raise moved_on(loaded.state, seen)
        policy = policy_in_force(practice)
        when = at or practice.now()
        events = command(loaded.state, *args, actor=by, policy=policy, at=when, **more)
        return [
            Step(
                SESSION.stream(session_id),
                loaded.version,
                [*events, *beside] if events else [],
                _patient(loaded.state, events),
            ),
            *_consequences(practice, loaded.state, events, policy, by, when),
        ]

    asked = {"id": session_id, "args": args, "more": more, "at": at}
    return practice.perform(
        steps, by=by, command=f"session.{command.__name__}", asked=asked, key=key, occurred_at=at
    )


def note_refused(practice: Practice, refused: EntryRefused, *, by: Actor, key: str | None = None) -> Done:
    """Record that an entry of a tablet was refused, and that its author knows."""

    def steps() -> Sequence[Step]:
        require(by, Action.CHART)
        loaded = practice.load(SESSION, refused.session)
        return [Step(SESSION.stream(refused.session), loaded.version, [refused], _patient(loaded.state, ()))]

    return practice.perform(
        steps, by=by, command="session.note_refused", asked={"refused": refused.request}, key=key
    )


def plan_session(
    practice: Practice,
    session_id: str,
    course_id: str,
    index: int,
    scheduled_at: datetime,
    *,
    by: Actor,
    key: str | None = None,
    at: datetime | None = None,
) -> Done:
    """Plan a session of a course from the protocol that was assigned, with the dose as a prescriber last changed it.

    Raises:
        Refusal: those of `decide.plan`; ``course.state``, ``course.no-more-sessions``.
    """

    def steps() -> Sequence[Step]:
        course_loaded = practice.load(COURSE, course_id)
        course = course_decide.require_session(course_loaded.state, index)
        _, protocol = protocol_in_force(practice, course.protocol, int(course.protocol_version))
        order = course.order(order_of([dose for dose in protocol.planned_doses() if dose.session == index]))
        plan = SessionPlan(
            patient=course.patient,
            course=course_id,
            protocol=course.protocol,
            protocol_version=course.protocol_version,
            index=index,
            scheduled_at=scheduled_at,
            order=order,
            last_weight_kg=course.last_weight_kg,
            simulated=course.simulated,
        )
        loaded = practice.load(SESSION, session_id)
        events = decide.plan(
            loaded.state,
            session_id,
            plan,
            actor=by,
            policy=policy_in_force(practice),
            at=at or practice.now(),
        )
        return [Step(SESSION.stream(session_id), loaded.version, events, course.patient)]

    asked = {"id": session_id, "course": course_id, "index": index, "scheduled_at": scheduled_at}
    return practice.perform(steps, by=by, command="session.plan", asked=asked, key=key, occurred_at=at)


def prepare(
    practice: Practice,
    session_id: str,
    preparation_id: str,
    first: Calculation,
    second: Recalculation,
    *,
    location: str,
    by: Actor,
    key: str | None = None,
    at: datetime | None = None,
) -> Done:
    """Record a preparation on which two people agree, held against the vial as the register received it.

    A preparation that is refused is recorded too, as a near miss, and then refused.

    Raises:
        Refusal: those of `decide.prepare`.
    """
    register = practice.load(REGISTER, location).state
    container = None if register is None else register.container(first.inputs.vial.id)
    vial: Vial | None = None if container is None else container.vial
    try:
        return act(
            practice,
            session_id,
            decide.prepare,
            preparation_id,
            first,
            second,
            vial=vial,
            by=by,
            key=key,
            at=at,
        )
    except Refusal as refusal:
        if refusal.code.startswith("preparation."):
            act(
                practice,
                session_id,
                decide.refused_preparation,
                refusal,
                (first.by, second.by),
                by=by,
                key=None if key is None else f"{key}:near-miss",
                at=at,
            )
        raise


def moved_on(session: Session | None, seen: str) -> Refusal:
    """Return the refusal of a step that was decided on another picture of the session."""
    state = "gone" if session is None else session.state.value.replace("_", " ")
    return Refusal(
        f"somebody else took a step in between; the session is now in the state {state}",
        code="session.moved-on",
        remedy="Look at the session as it is now, and decide again",
        where="" if session is None else session.id,
        findings=(seen, standing(session)),
    )


def _patient(session: Session | None, events: Sequence[Event]) -> str:
    after = fold(events, session)
    if after is None or after.plan is None:
        raise Refusal("there is no such session", code="session.unknown", remedy="Plan the session first")
    return after.plan.patient


def _consequences(
    practice: Practice,
    before: Session | None,
    events: Sequence[Event],
    policy: SitePolicy,
    by: Actor,
    at: datetime,
) -> list[Step]:
    after = fold(events, before)
    if after is None or after.plan is None:
        return []
    steps = []
    loaded = practice.load(ALERTS, after.plan.patient)
    alerts: tuple[Alert, ...] = loaded.state or ()
    raised: list[Any] = []
    for wanted in alerts_of_session(after, policy, at):
        new = raise_alert(alerts, alert_id(wanted.key), wanted, by=by.id, policy=policy, at=at)
        for event in new:
            alerts = evolve_alerts(alerts, event)
        raised.extend(new)
    if raised:
        steps.append(
            Step(ALERTS.stream(after.plan.patient), loaded.version, raised, patient=after.plan.patient)
        )
    steps += _end_in_course(practice, before, after, by, at)
    return steps


def _end_in_course(
    practice: Practice, before: Session | None, after: Session, by: Actor, at: datetime
) -> list[Step]:
    """The course counts sessions that ended and what they gave, and counts anew when that is corrected."""
    if after.plan is None or not after.plan.course or not after.state.ended:
        return []
    ended_now = before is None or not before.state.ended
    if not ended_now and before is not None and before.given_mg_base() == after.given_mg_base():
        return []
    loaded = practice.load(COURSE, after.plan.course)
    course: Course | None = loaded.state
    events = course_decide.end_session(course, after, actor=by, at=at)
    return [Step(COURSE.stream(after.plan.course), loaded.version, events, after.plan.patient)]


def alert_id(key: str) -> str:
    """Return the id of an alert about something: the same for the same thing, whoever notices it."""

    return hashlib.sha256(key.encode()).hexdigest()[:32]
