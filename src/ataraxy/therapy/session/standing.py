"""What every command of a session asks first: is there a session, is it in the right state, is the time in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from ataraxy.therapy.actor import Action, Actor, require
from ataraxy.therapy.finding import Finding
from ataraxy.therapy.moment import aware
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session.session_plan import SessionPlan
from ataraxy.therapy.session.state import Session, SessionState
from ataraxy.therapy.site_policy import SitePolicy


def permitted(
    session: Session | None,
    states: Iterable[SessionState],
    what: str,
    *,
    actor: Actor,
    action: Action,
    at: datetime,
    ordered: bool = True,
) -> tuple[Session, datetime]:
    """Return the session and the moment in UTC where the command may be considered.

    Raises:
        Refusal: ``role.not-permitted``, ``time.naive``, ``session.unknown``, ``session.state``, ``session.time-order``.
    """
    require(actor, action)
    at = aware(at)
    if session is None:
        raise Refusal(
            f"there is no session to {what}", code="session.unknown", remedy="Plan the session first"
        )
    states = tuple(states)
    if session.state not in states:
        raise Refusal(
            f"cannot {what} in the state {session.state.value.replace('_', ' ')}",
            code="session.state",
            remedy=f"It is possible in {', '.join(state.value.replace('_', ' ') for state in states)}",
            where=session.id,
        )
    step = last_step(session)
    if ordered and step is not None and at < step:
        raise Refusal(
            f"{at:%H:%M:%S} UTC lies before the last step of the session, at {step:%H:%M:%S} UTC",
            code="session.time-order",
            remedy="Correct the time of the earlier step first, or the clock of the device",
            where=session.id,
        )
    return session, at


def last_step(session: Session) -> datetime | None:
    """Return when the last step of the session took place; readings are no steps."""
    times = [
        session.checked_in_at,
        session.observation_began_at,
        session.recovery_began_at,
        session.ended_at,
        *(point.at for point in session.delivery),
    ]
    return max((time for time in times if time is not None), default=None)


def planned(session: Session) -> SessionPlan:
    """Return the plan of a session.

    Raises:
        Refusal: ``session.unplanned``, for a history that does not begin with a plan.
    """
    if session.plan is None:
        raise Refusal(
            "the session has no plan", code="session.unplanned", remedy="Abort it", where=session.id
        )
    return session.plan


def refuse_findings(findings: Sequence[Finding], what: str, code: str, session: Session) -> None:
    """Refuse with the first finding in words and all of them as data; nothing happens where there is none."""
    if not findings:
        return
    first = findings[0]
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    raise Refusal(
        f"cannot {what}: {first.reason} [{first.rule}]{more}",
        code=code,
        remedy=first.remedy,
        where=session.id,
        findings=findings,
    )


def header(session: Session, actor: Actor, policy: SitePolicy, at: datetime) -> dict[str, Any]:
    """Return what every event of a command carries."""
    return {"session": session.id, "at": at, "by": actor.id, "policy": policy.label}
