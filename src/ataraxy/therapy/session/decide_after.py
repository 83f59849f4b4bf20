"""Commands after the dose: observation, recovery, discharge, abort, follow-up."""

from __future__ import annotations

from datetime import datetime

from ataraxy.therapy.actor import Action, Actor, require
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session.discharge import close_observation_findings, discharge_findings
from ataraxy.therapy.session.events import (
    Aborted,
    Discharged,
    DosingStopped,
    Event,
    FollowUpCharted,
    ObservationBegun,
    RecoveryBegun,
)
from ataraxy.therapy.session.standing import header, permitted, refuse_findings
from ataraxy.therapy.session.state import DischargeCheck, Disposition, FollowUp, Session, SessionState
from ataraxy.therapy.site_policy import SitePolicy

_S = SessionState
_BEFORE: tuple[Disposition, ...] = ("not_dosed", "cancelled", "did_not_attend")
_WITH_PRESCRIBER: tuple[Disposition, ...] = ("transferred", "left_against_advice")


def begin_observation(
    session: Session | None, *, actor: Actor, policy: SitePolicy, at: datetime
) -> tuple[Event, ...]:
    """Return the event by which close observation begins, after the dose has been stopped.

    Raises:
        Refusal: ``session.state``, ``session.still-dosing``.
    """
    session, at = permitted(
        session, (_S.DOSING,), "begin the observation", actor=actor, action=Action.CARE_AFTER, at=at
    )
    if session.dosing_ended_at is None:
        raise Refusal(
            "the end of the dose is not charted",
            code="session.still-dosing",
            remedy="Stop the dose first",
            where=session.id,
        )
    return (ObservationBegun(**header(session, actor, policy, at)),)


def begin_recovery(
    session: Session | None, *, actor: Actor, policy: SitePolicy, at: datetime
) -> tuple[Event, ...]:
    """Return the event by which close observation ends.

    Raises:
        Refusal: ``session.state``, ``session.extend`` with every finding that extends the observation.
    """
    session, at = permitted(
        session, (_S.OBSERVATION,), "begin the recovery", actor=actor, action=Action.CARE_AFTER, at=at
    )
    refuse_findings(
        close_observation_findings(session, policy, at), "end close observation", "session.extend", session
    )
    return (RecoveryBegun(**header(session, actor, policy, at)),)


def discharge(
    session: Session | None, check: DischargeCheck, *, actor: Actor, policy: SitePolicy, at: datetime
) -> tuple[Event, ...]:
    """Return the event by which the person leaves with the escort. Nobody can override what keeps them.

    Raises:
        Refusal: ``session.state``, ``session.do-not-discharge`` with every finding.
    """
    session, at = permitted(
        session, (_S.RECOVERY,), "discharge", actor=actor, action=Action.CARE_AFTER, at=at
    )
    refuse_findings(
        discharge_findings(session, check, policy, at), "discharge", "session.do-not-discharge", session
    )
    return (Discharged(**header(session, actor, policy, at), check=check),)


def abort(
    session: Session | None,
    disposition: Disposition,
    reason: Sensitive,
    *,
    prescriber: str | None = None,
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the events by which a session ends otherwise than by discharge; a running dose is stopped with it.

    Args:
        disposition: what became of the person; without drug one of not_dosed, cancelled, did_not_attend or
            transferred; with drug one of transferred, left_against_advice or died.
        prescriber: who was told, for a transfer and for leaving against advice after drug was given.

    Raises:
        Refusal: ``session.state``, ``abort.disposition``, ``abort.prescriber``, ``abort.reason``.
    """
    waiting = session is not None and session.state is _S.PLANNED
    by_the_desk = waiting and disposition in ("cancelled", "did_not_attend")
    session, at = permitted(
        session,
        (_S.PLANNED, _S.CHECKED_IN, _S.DOSING, _S.OBSERVATION, _S.RECOVERY),
        "abort",
        actor=actor,
        action=Action.PLAN_SESSION if by_the_desk else Action.CARE_AFTER,
        at=at,
    )
    dosed = session.dosing_started_at is not None
    if (
        disposition == "home_with_escort"
        or (dosed and disposition in _BEFORE)
        or (not dosed and disposition == "left_against_advice")
    ):
        raise Refusal(
            f"a session {'with' if dosed else 'without'} drug given does not end with "
            f"{disposition.replace('_', ' ')}",
            code="abort.disposition",
            remedy="Give transferred, left_against_advice or died; going home well is a discharge"
            if dosed
            else "Give not_dosed, cancelled, did_not_attend or transferred",
            where=session.id,
        )
    if not reason.strip():
        raise Refusal(
            "no reason is given", code="abort.reason", remedy="Say why the session ended", where=session.id
        )
    if dosed and disposition in _WITH_PRESCRIBER and not prescriber:
        raise Refusal(
            "no prescriber is named who was told",
            code="abort.prescriber",
            remedy="Tell a prescriber and name them",
            where=session.id,
        )
    head = header(session, actor, policy, at)
    ended = Aborted(**head, disposition=disposition, prescriber=prescriber, reason=reason)
    if dosed and session.dosing_ended_at is None:
        return (DosingStopped(**head, early=True, reason=reason), ended)
    return (ended,)


def follow_up(
    session: Session | None, made: FollowUp, *, actor: Actor, policy: SitePolicy, at: datetime
) -> tuple[Event, ...]:
    """Return the event of a follow-up, reached or tried.

    Raises:
        Refusal: ``session.state``, ``follow-up.unknown``, ``follow-up.future``, ``follow-up.not-dosed``, and
            ``follow-up.suicide-risk`` where the person was reached and an assessment that belongs to it is missing.
    """
    session, at = permitted(
        session,
        (_S.OBSERVATION, _S.RECOVERY, _S.DISCHARGED, _S.ABORTED),
        "chart a follow-up",
        actor=actor,
        action=Action.FOLLOW_UP,
        at=at,
        ordered=False,
    )
    if made.suicide_risk is not None:
        require(actor, Action.ASSESS_RISK)
    plan = next((plan for plan in policy.follow_ups if plan.id == made.plan), None)
    if plan is None:
        raise Refusal(
            f"the policy has no follow-up {made.plan}",
            code="follow-up.unknown",
            remedy=f"Known are {', '.join(plan.id for plan in policy.follow_ups)}",
            where=session.id,
        )
    if session.dosing_ended_at is None:
        raise Refusal(
            "no drug was given in this session",
            code="follow-up.not-dosed",
            remedy="Chart the contact in the course",
            where=session.id,
        )
    if not session.dosing_ended_at <= made.at <= at:
        raise Refusal(
            "the follow-up lies before the end of the dose or in the future",
            code="follow-up.future",
            remedy="Give the time of the contact",
            where=session.id,
        )
    if plan.suicide_risk and made.reached and made.suicide_risk is None:
        raise Refusal(
            f"the follow-up {plan.id} holds no assessment of suicide risk",
            code="follow-up.suicide-risk",
            remedy="A clinician assesses the risk and records it with the follow-up",
            where=session.id,
        )
    return (FollowUpCharted(**header(session, actor, policy, at), follow_up=made),)
