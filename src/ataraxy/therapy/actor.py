"""Who acts, and what each role may do. What is not listed is not permitted."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.value import Value


class Role(StrEnum):
    """What somebody who acts is in the clinic; a member of staff may be several of these.

    A patient acts by answering one questionnaire through a link of the clinic, and in no other way.
    """

    PRESCRIBER = "prescriber"
    MONITOR = "monitor"
    THERAPIST = "therapist"
    COORDINATOR = "coordinator"
    MEDICAL_DIRECTOR = "medical_director"
    RESEARCHER = "researcher"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    PATIENT = "patient"

    @property
    def label(self) -> str:
        """Return the role in words."""
        return self.value.replace("_", " ")


class Actor(Value):
    """Somebody who acts, as the caller has authenticated them.

    Attributes:
        id: opaque id of the person; never a name.
        roles: what the person is in this clinic at this moment.
    """

    id: str
    roles: frozenset[Role]


class Action(StrEnum):
    """What can be done to a session, a preparation, the register, an alert or a course."""

    PLAN_SESSION = "plan a session, or cancel one that has not begun"
    CHECK_IN = "check in"
    PREPARE = "prepare a dose"
    RECALCULATE = "recalculate a dose as the second person"
    OVERRIDE_HOLD = "override a hold with a reason"
    GIVE = "start, lower, pause, resume or stop the drug"
    RAISE_ABOVE_PLAN = "give more or faster than planned"
    CHART = "chart readings, adverse events and corrections"
    CARE_AFTER = "begin observation and recovery, discharge, abort"
    FOLLOW_UP = "chart a follow-up"
    HANDLE_DRUG = "receive, draw, give, waste, return and count drug"
    WITNESS = "witness as the second person"
    EXPLAIN_DISCREPANCY = "explain a discrepancy of the register"
    ASSESS_RISK = "record an assessment of suicide risk"
    ACKNOWLEDGE_ALERT = "acknowledge an alert"
    RUN_COURSE = "open a course, begin screening, record checks, withdraw"
    PRESCRIBE = "assign a protocol, activate, change a dose, stop or complete a course"


_P, _M, _T, _C, _D = (Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST, Role.COORDINATOR, Role.MEDICAL_DIRECTOR)

MAY: Mapping[Action, frozenset[Role]] = MappingProxyType(
    {
        Action.PLAN_SESSION: frozenset({_P, _M, _C}),
        Action.CHECK_IN: frozenset({_P, _M}),
        Action.PREPARE: frozenset({_P, _M}),
        Action.RECALCULATE: frozenset({_P, _M}),
        Action.OVERRIDE_HOLD: frozenset({_P}),
        Action.GIVE: frozenset({_P, _M}),
        Action.RAISE_ABOVE_PLAN: frozenset({_P}),
        Action.CHART: frozenset({_P, _M}),
        Action.CARE_AFTER: frozenset({_P, _M}),
        Action.FOLLOW_UP: frozenset({_P, _M, _T, _C}),
        Action.HANDLE_DRUG: frozenset({_P, _M}),
        Action.WITNESS: frozenset({_P, _M}),
        Action.EXPLAIN_DISCREPANCY: frozenset({_P, _M, _D}),
        Action.ASSESS_RISK: frozenset({_P, _M, _T}),
        Action.ACKNOWLEDGE_ALERT: frozenset({_P, _M, _T, _D}),
        Action.RUN_COURSE: frozenset({_P, _M, _C}),
        Action.PRESCRIBE: frozenset({_P}),
    }
)


def may(actor: Actor, action: Action) -> bool:
    """Return whether one of the actor's roles permits the action."""
    return bool(actor.roles & MAY[action])


def require(actor: Actor, action: Action) -> None:
    """Refuse an action that none of the actor's roles permits.

    Raises:
        Refusal: ``role.not-permitted``; the message names the roles that may.
    """
    if not may(actor, action):
        have = ", ".join(sorted(role.label for role in actor.roles)) or "no role"
        raise Refusal(
            f"{have} may not {action.value}",
            code="role.not-permitted",
            remedy=f"Ask a {' or a '.join(sorted(role.label for role in MAY[action]))}",
            where=actor.id,
        )


def require_two(first: str, second: str, what: str) -> None:
    """Refuse one person in the place of two.

    Raises:
        Refusal: ``role.same-person``.
    """
    if first == second:
        raise Refusal(
            f"{what} needs two different people and both are the same",
            code="role.same-person",
            remedy="Ask a colleague to do it independently",
            where=second,
        )
