"""What the clock notices while nobody looks: alerts that nobody took climb on, follow-ups that were missed are said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ataraxy.practice import alerts, lists
from ataraxy.practice.aggregate import ALERTS
from ataraxy.practice.follow_ups import dosed_sessions
from ataraxy.practice.practice import Practice
from ataraxy.practice.site import policy_in_force
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.alert import CLOCK, alerts_of_session, due_escalations

_CLOCK = Actor(id=CLOCK, roles=frozenset())


@dataclass(frozen=True, slots=True)
class Watched:
    """How much the clock has recorded.

    Attributes:
        escalated: steps of ladders.
        raised: alerts that the passing of time called for.
    """

    escalated: int = 0
    raised: int = 0


def escalate_all(practice: Practice, *, at: datetime | None = None) -> int:
    """Record every step of every open alert that is due; return how many. Doing it again does nothing.

    Raises:
        Refusal: the clinic has adopted no policy (``site.none-in-force``).
    """
    opened = sorted({row.person for row in lists.alerts(practice, open_only=True)})
    if not opened:
        return 0
    policy, when = policy_in_force(practice), at or practice.now()
    steps = 0
    for person, loaded in practice.load_many(ALERTS, opened).items():
        state = loaded.state or ()
        if due_escalations(state, policy, when):
            steps += len(alerts.escalate(practice, person, at=when).entries)
    return steps


def raise_missed(practice: Practice, *, at: datetime | None = None) -> int:
    """Raise the alerts that the sessions of the last weeks call for by now; return how many were new.

    Raises:
        Refusal: the clinic has adopted no policy (``site.none-in-force``).
    """
    policy, when = policy_in_force(practice), at or practice.now()
    new = 0
    for row, session, _ in dosed_sessions(practice, policy, when):
        if not session.state.ended:
            # Its own commands raise what belongs to it, with every reading.
            continue
        # The contact before the next session raises none: the check-in of that session asks the same.
        wanted = alerts_of_session(session, policy, when)
        if not wanted:
            continue
        known = {alert.wanted.key for alert in practice.load(ALERTS, row.person).state or ()}
        for one in wanted:
            if one.key not in known:
                new += len(alerts.raise_alert(practice, row.person, one, by=_CLOCK, at=when).entries)
    return new


def watch(practice: Practice, *, at: datetime | None = None) -> Watched:
    """Raise what was missed, then escalate what nobody took; return how much. For the clock of a machine.

    Raises:
        Refusal: as `escalate_all` does.
    """
    raised = raise_missed(practice, at=at)
    return Watched(escalated=escalate_all(practice, at=at), raised=raised)
