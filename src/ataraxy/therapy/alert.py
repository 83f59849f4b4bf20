"""Alerts: raised, acknowledged by a named clinician, and escalated by the site's policy while nobody has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from ataraxy.therapy.actor import Action, Actor, Role, require
from ataraxy.therapy.finding import Status
from ataraxy.therapy.moment import Moment, aware
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session.discharge import concerns_after_discharge
from ataraxy.therapy.session.follow_up import due_follow_ups
from ataraxy.therapy.session.rule import Effect
from ataraxy.therapy.session.rules import session_findings
from ataraxy.therapy.session.state import Session
from ataraxy.therapy.site_policy import SitePolicy
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment, needs_alert
from ataraxy.therapy.value import Count, Value

Urgency = Literal["immediate", "today", "routine"]
AlertKind = Literal[
    "session",
    "suicide_risk",
    "worsening",
    "adverse_event",
    "follow_up_missed",
    "left_against_advice",
    "chart_corrected",
    "drug_register",
    "other",
]
# Who escalates when no person does.
CLOCK = "clock"


class AlertWanted(Value):
    """An alert that the state calls for.

    Attributes:
        key: says what it is about; an alert with this key is raised once.
        kind, urgency, reason: as in the alert; the reason identifies nobody.
        session: the session it comes from; empty where it comes from none.
    """

    key: str
    kind: AlertKind
    urgency: Urgency
    reason: Sensitive
    session: str = ""


class AlertEvent(Value):
    """What every event of an alert carries."""

    alert: str
    at: Moment
    by: str


class AlertRaised(AlertEvent):
    """An alert was raised and assigned to a role."""

    kind: Literal["alert.raised"] = "alert.raised"
    wanted: AlertWanted
    assigned: Role


class AlertAcknowledged(AlertEvent):
    """A named clinician has seen it and says what follows."""

    kind: Literal["alert.acknowledged"] = "alert.acknowledged"
    comment: Sensitive = ""


class AlertEscalated(AlertEvent):
    """Nobody had acknowledged it in time, and it went to another role."""

    kind: Literal["alert.escalated"] = "alert.escalated"
    step: Count
    to: Role
    due_at: Moment


Event = Annotated[AlertRaised | AlertAcknowledged | AlertEscalated, Field(discriminator="kind")]
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
KINDS: tuple[str, ...] = tuple(e.model_fields["kind"].default for e in AlertEvent.__subclasses__())


class Alert(Value):
    """An alert as it stands.

    Attributes:
        id: opaque id.
        wanted: what it is about.
        raised_at, raised_by, assigned: when, by whom, to which role.
        acknowledged_at, acknowledged_by: None while nobody has.
        escalated: the steps of the ladder that were taken, from 0.
    """

    id: str
    wanted: AlertWanted
    raised_at: Moment
    raised_by: str
    assigned: Role
    acknowledged_at: Moment | None = None
    acknowledged_by: str | None = None
    comment: Sensitive = ""
    escalated: tuple[Count, ...] = ()

    @property
    def open(self) -> bool:
        """Return whether nobody has acknowledged it."""
        return self.acknowledged_by is None


@dataclass(frozen=True, slots=True)
class DueEscalation:
    """A step of the ladder that is due and was not taken.

    Attributes:
        alert: id.
        step: its number, from 0.
        to: the role that must hear of it.
        due_at: since when.
    """

    alert: str
    step: int
    to: Role
    due_at: datetime


def parse_alert_event(kind: str, payload: dict[str, Any]) -> Event:
    """Return the event that a payload of the record holds.

    Raises:
        Refusal: the kind is none of an alert (``event.unknown-kind``).
        ValidationError: the payload has another form.
    """
    if kind not in KINDS:
        raise Refusal(
            f'"{kind}" is no event of an alert',
            code="event.unknown-kind",
            remedy=f"Known are {', '.join(KINDS)}",
        )
    return _EVENT.validate_python({**payload, "kind": kind})


def evolve_alerts(alerts: tuple[Alert, ...], event: Event) -> tuple[Alert, ...]:
    """Return the alerts after an event; total: what names no alert changes none, and the first answer counts."""
    match event:
        case AlertRaised():
            if any(alert.id == event.alert for alert in alerts):
                return alerts
            new = Alert(
                id=event.alert,
                wanted=event.wanted,
                raised_at=event.at,
                raised_by=event.by,
                assigned=event.assigned,
            )
            return (*alerts, new)
        case AlertAcknowledged():
            return tuple(
                alert.model_copy(
                    update={
                        "acknowledged_at": event.at,
                        "acknowledged_by": event.by,
                        "comment": event.comment,
                    }
                )
                if alert.id == event.alert and alert.open
                else alert
                for alert in alerts
            )
        case AlertEscalated():
            return tuple(
                alert.model_copy(update={"escalated": tuple(sorted({*alert.escalated, event.step}))})
                if alert.id == event.alert
                else alert
                for alert in alerts
            )


def due_escalations(alerts: Iterable[Alert], policy: SitePolicy, at: datetime) -> tuple[DueEscalation, ...]:
    """Return every step of every open alert that is due at a moment and was not taken, the earliest first."""
    at = aware(at)
    found = []
    for alert in alerts:
        if not alert.open:
            continue
        for number, step in enumerate(policy.ladder(alert.wanted.urgency).steps):
            due = alert.raised_at + timedelta(microseconds=int(step.after.value * 60_000_000))
            if due <= at and number not in alert.escalated:
                found.append(DueEscalation(alert.id, number, step.to, due))
    return tuple(sorted(found, key=lambda due: (due.due_at, due.alert, due.step)))


def escalate(alerts: Sequence[Alert], *, policy: SitePolicy, at: datetime) -> tuple[Event, ...]:
    """Return the events of all escalations that are due; the clock is their author. Empty where none is due."""
    return tuple(
        AlertEscalated(alert=due.alert, at=aware(at), by=CLOCK, step=due.step, to=due.to, due_at=due.due_at)
        for due in due_escalations(alerts, policy, at)
    )


def raise_alert(
    alerts: Sequence[Alert], alert_id: str, wanted: AlertWanted, *, by: str, policy: SitePolicy, at: datetime
) -> tuple[Event, ...]:
    """Return the event of a new alert; nothing where one with the same key was raised before.

    Raises:
        Refusal: the id is taken (``alert.twice``).
    """
    at = aware(at)
    if any(alert.wanted.key == wanted.key for alert in alerts):
        return ()
    if any(alert.id == alert_id for alert in alerts):
        raise Refusal(
            f"the alert {alert_id} stands already",
            code="alert.twice",
            remedy="Give each alert an id of its own",
            where=alert_id,
        )
    assigned = policy.ladder(wanted.urgency).first
    return (AlertRaised(alert=alert_id, at=at, by=by, wanted=wanted, assigned=assigned),)


def acknowledge(
    alerts: Sequence[Alert], alert_id: str, comment: Sensitive = "", *, actor: Actor, at: datetime
) -> tuple[Event, ...]:
    """Return the event by which a named clinician takes an alert.

    Raises:
        Refusal: ``alert.unknown``, ``alert.acknowledged``, ``alert.time``, ``role.not-permitted``.
    """
    require(actor, Action.ACKNOWLEDGE_ALERT)
    at = aware(at)
    found = next((alert for alert in alerts if alert.id == alert_id), None)
    if found is None:
        raise Refusal(f"there is no alert {alert_id}", code="alert.unknown", remedy="Name an alert by its id")
    if not found.open:
        raise Refusal(
            "the alert has been acknowledged by another clinician"
            if found.acknowledged_by != actor.id
            else "the alert has been acknowledged",
            code="alert.acknowledged",
            remedy="Read what they charted",
            where=alert_id,
        )
    if at < found.raised_at:
        raise Refusal(
            "the acknowledgement lies before the alert",
            code="alert.time",
            remedy="Check the clock of the device",
            where=alert_id,
        )
    return (AlertAcknowledged(alert=alert_id, at=at, by=actor.id, comment=comment),)


def alerts_of_session(
    session: Session, policy: SitePolicy, at: datetime, next_session_at: datetime | None = None
) -> tuple[AlertWanted, ...]:
    """Return every alert that a session calls for at a moment. Raising them again does nothing."""
    found: list[AlertWanted] = []

    def want(key: str, kind: AlertKind, urgency: Urgency, reason: str) -> None:
        found.append(
            AlertWanted(
                key=f"{session.id}:{key}", kind=kind, urgency=urgency, reason=reason, session=session.id
            )
        )

    if not session.state.ended:
        for finding in session_findings(session, policy, at):
            if finding.effect in (Effect.CALL_PRESCRIBER, Effect.STOP) and finding.status is Status.TRIGGERED:
                want(f"{finding.rule}:{','.join(finding.evidence)}", "session", "immediate", finding.reason)
    for concern in concerns_after_discharge(session, policy):
        want(
            f"corrected:{concern.rule}:{','.join(concern.evidence)}",
            "chart_corrected",
            "today",
            f"after discharge the chart was completed: {concern.reason}",
        )
    for event in session.adverse_events:
        if event.serious:
            want(
                f"adverse-event:{event.id}",
                "adverse_event",
                "immediate",
                f"serious adverse event: {event.term}",
            )
    if session.disposition == "left_against_advice":
        want("left", "left_against_advice", "immediate", "the person left against advice with drug on board")
    for due in due_follow_ups(session, policy, at, next_session_at):
        if due.status == "missed":
            urgency: Urgency = "today" if due.suicide_risk else "routine"
            want(f"follow-up:{due.plan}", "follow_up_missed", urgency, f"the follow-up {due.plan} was missed")
    assessments = [session.latest_suicide_risk, *(f.suicide_risk for f in session.follow_ups)]
    found.extend(
        wanted
        for assessment in (*assessments, *session.suicide_risk)
        if assessment is not None
        and (wanted := alert_of_assessment(assessment, policy, session.id)) is not None
    )
    return tuple({wanted.key: wanted for wanted in found}.values())


def alert_of_assessment(
    assessment: SuicideRiskAssessment, policy: SitePolicy, session: str = ""
) -> AlertWanted | None:
    """Return the alert that an assessment of suicide risk calls for; None where it calls for none."""
    reason = needs_alert(assessment, policy)
    if not reason:
        return None
    return AlertWanted(
        key=f"suicide-risk:{assessment.id}",
        kind="suicide_risk",
        urgency="immediate",
        reason=reason,
        session=session,
    )
