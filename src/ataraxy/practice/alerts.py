"""Alerts of people: raised, acknowledged, escalated while nobody has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ataraxy.practice.aggregate import ALERTS
from ataraxy.practice.practice import Done, Practice, Step
from ataraxy.practice.sessions import alert_id
from ataraxy.practice.site import policy_in_force
from ataraxy.therapy import alert as decide
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.alert import AlertWanted


class _Clock:
    """Escalates when no person does."""

    id = decide.CLOCK


def raise_alert(
    practice: Practice,
    patient: str,
    wanted: AlertWanted,
    *,
    by: Actor,
    key: str | None = None,
    at: datetime | None = None,
) -> Done:
    """Raise an alert; nothing is recorded where one about the same thing was raised before."""

    def steps() -> Sequence[Step]:
        loaded = practice.load(ALERTS, patient)
        events = decide.raise_alert(
            loaded.state or (),
            alert_id(wanted.key),
            wanted,
            by=by.id,
            policy=policy_in_force(practice),
            at=at or practice.now(),
        )
        return [Step(ALERTS.stream(patient), loaded.version, events, patient)]

    asked = {"id": patient, "wanted": wanted}
    return practice.perform(steps, by=by, command="alert.raise", asked=asked, key=key, occurred_at=at)


def acknowledge(
    practice: Practice,
    patient: str,
    alert: str,
    comment: str = "",
    *,
    by: Actor,
    key: str | None = None,
    at: datetime | None = None,
) -> Done:
    """Acknowledge an alert as the clinician who acts. Raises Refusal as `ataraxy.therapy.alert.acknowledge` does."""

    def steps() -> Sequence[Step]:
        loaded = practice.load(ALERTS, patient)
        events = decide.acknowledge(loaded.state or (), alert, comment, actor=by, at=at or practice.now())
        return [Step(ALERTS.stream(patient), loaded.version, events, patient)]

    asked = {"id": patient, "alert": alert, "comment": comment}
    return practice.perform(steps, by=by, command="alert.acknowledge", asked=asked, key=key, occurred_at=at)


def escalate(practice: Practice, patient: str, *, at: datetime | None = None) -> Done:
    """Record every escalation of a person's alerts that is due by now; nothing where none is."""

    def steps() -> Sequence[Step]:
        loaded = practice.load(ALERTS, patient)
        events = decide.escalate(
            loaded.state or (), policy=policy_in_force(practice), at=at or practice.now()
        )
        return [Step(ALERTS.stream(patient), loaded.version, events, patient)]

    return practice.perform(steps, by=_Clock(), command="alert.escalate", asked={"id": patient})
