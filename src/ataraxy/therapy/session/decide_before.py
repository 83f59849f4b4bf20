"""Commands before the dose: plan, check in, override a hold, prepare."""

from __future__ import annotations

from datetime import datetime

from ataraxy.therapy.actor import Action, Actor, require
from ataraxy.therapy.finding import Finding, Status
from ataraxy.therapy.moment import aware
from ataraxy.therapy.preparation import Calculation, Known, NearMiss, Problem, Recalculation, Vial, verify
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session.check_in import CheckIn
from ataraxy.therapy.session.events import (
    CheckedIn,
    DosePrepared,
    Event,
    HoldOverridden,
    PreparationRefused,
    SessionPlanned,
)
from ataraxy.therapy.session.rules import session_findings
from ataraxy.therapy.session.session_plan import SessionPlan
from ataraxy.therapy.session.standing import header, permitted, planned
from ataraxy.therapy.session.start_checks import start_findings
from ataraxy.therapy.session.state import Override, Session, SessionState
from ataraxy.therapy.site_policy import SitePolicy

_S = SessionState
WEIGHT_CHANGE = "weight-change"


def plan(
    session: Session | None,
    session_id: str,
    session_plan: SessionPlan,
    *,
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event of planning a session.

    Raises:
        Refusal: it is planned already (``session.state``), or the policy has no monitoring plan for the route
            (``policy.no-monitoring``).
    """
    require(actor, Action.PLAN_SESSION)
    at = aware(at)
    if session is not None:
        raise Refusal(
            "the session is planned already",
            code="session.state",
            remedy="Plan another session, with another id",
            where=session.id,
        )
    if policy.plan(session_plan.order.route) is None:
        raise Refusal(
            f"the policy {policy.label} has no monitoring plan for {session_plan.order.route.label}",
            code="policy.no-monitoring",
            remedy="The medical director adds one, or another route is prescribed",
            where=session_id,
        )
    return (SessionPlanned(session=session_id, at=at, by=actor.id, policy=policy.label, plan=session_plan),)


def check_in(
    session: Session | None, seen: CheckIn, *, actor: Actor, policy: SitePolicy, at: datetime
) -> tuple[Event, ...]:
    """Return the event of a check-in. It may be incomplete; a later one, complete, replaces it for the rules.

    Raises:
        Refusal: ``session.state``, or times that lie in the future (``check-in.future``).
    """
    session, at = permitted(
        session,
        (_S.PLANNED, _S.CHECKED_IN),
        "check in",
        actor=actor,
        action=Action.CHECK_IN,
        at=at,
    )
    for field in ("last_food_at", "last_liquid_at", "weighed_at", "pregnancy_tested_at"):
        time: datetime | None = getattr(seen, field)
        if time is not None and time > at:
            raise Refusal(
                f"{field.replace('_', ' ')} lies in the future",
                code="check-in.future",
                remedy="Give a time before now",
                where=field,
            )
    return (CheckedIn(**header(session, actor, policy, at), check_in=seen),)


def overridable_findings(session: Session, policy: SitePolicy, at: datetime) -> tuple[Finding, ...]:
    """Return the holds that stand now and that a prescriber may override."""
    if session.state in (_S.PLANNED, _S.CHECKED_IN):
        found = start_findings(session, policy, at)
    else:
        found = session_findings(session, policy, at)
    return tuple(f for f in found if f.overridable and f.status is Status.TRIGGERED)


def override_hold(
    session: Session | None,
    rule: str,
    reason: Sensitive,
    *,
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event by which a prescriber goes on in spite of one hold, as it stands now.

    It covers the readings that the hold rests on; the next reading that triggers the rule holds again. The rule
    ``weight-change`` confirms that a large change of weight since the last session is real.

    Raises:
        Refusal: no such hold stands (``override.nothing``), it cannot be overridden (``override.never``), or there is
            no reason (``override.reason``).
    """
    session, at = permitted(
        session,
        (_S.CHECKED_IN, _S.DOSING),
        "override a hold",
        actor=actor,
        action=Action.OVERRIDE_HOLD,
        at=at,
        ordered=False,
    )
    if not reason.strip():
        raise Refusal(
            "the override has no reason",
            code="override.reason",
            remedy="Say why the dose is right in spite of the hold",
            where=rule,
        )
    if rule == WEIGHT_CHANGE:
        evidence: tuple[str, ...] = (f"check-in-{session.check_ins}",)
    else:
        evidence = _evidence(session, rule, policy, at)
    override = Override(rule=rule, evidence=evidence, by=actor.id, at=at, reason=reason)
    return (HoldOverridden(**header(session, actor, policy, at), override=override),)


def _evidence(session: Session, rule: str, policy: SitePolicy, at: datetime) -> tuple[str, ...]:
    match = [f for f in overridable_findings(session, policy, at) if f.rule == rule]
    if match:
        return match[0].evidence
    before = session.state is _S.CHECKED_IN
    found = start_findings(session, policy, at) if before else session_findings(session, policy, at)
    for finding in found:
        if finding.rule == rule:
            raise Refusal(
                f"{rule} cannot be overridden: {finding.reason}",
                code="override.never",
                remedy=finding.remedy,
                where=session.id,
                findings=(finding,),
            )
    raise Refusal(
        f"no hold by {rule} stands now",
        code="override.nothing",
        remedy="Override a hold that stands, by its rule",
        where=session.id,
    )


def known_for(session: Session, vial: Vial | None) -> Known:
    """Return what the record holds a preparation for this session against; `vial` is as the register received it."""
    session_plan = planned(session)
    confirmed = any(
        o.rule == WEIGHT_CHANGE and o.evidence == (f"check-in-{session.check_ins}",)
        for o in session.overrides
    )
    return Known(
        weight_kg=None if session.check_in is None else session.check_in.weight_kg,
        last_weight_kg=session_plan.last_weight_kg,
        vial=vial,
        order=session_plan.order,
        weight_change_confirmed=confirmed,
    )


def prepare(
    session: Session | None,
    preparation_id: str,
    first: Calculation,
    second: Recalculation,
    *,
    vial: Vial | None,
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event of a preparation on which two people agree; `actor` is the second.

    Raises:
        Refusal: ``session.state``, or the codes of `ataraxy.therapy.preparation.verify`. Chart that refusal with
            `refused_preparation`: it is a near miss.
    """
    session, at = permitted(
        session,
        (_S.CHECKED_IN,),
        "prepare the dose",
        actor=actor,
        action=Action.RECALCULATE,
        at=at,
    )
    prepared = verify(
        preparation_id, first, second, actor=actor, known=known_for(session, vial), policy=policy, at=at
    )
    return (DosePrepared(**header(session, actor, policy, at), preparation=prepared),)


def refused_preparation(
    session: Session | None,
    refusal: Refusal,
    people: tuple[str, ...],
    note: Sensitive = "",
    *,
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event that keeps a refused preparation in the record."""
    session, at = permitted(
        session,
        (_S.CHECKED_IN,),
        "chart a refused preparation",
        actor=actor,
        action=Action.PREPARE,
        at=at,
        ordered=False,
    )
    problems = tuple(found for found in refusal.findings if isinstance(found, Problem)) or (
        Problem(code=refusal.code, message=refusal.message, remedy=refusal.remedy),
    )
    near_miss = NearMiss(at=at, by=people, problems=problems, note=note)
    return (PreparationRefused(**header(session, actor, policy, at), near_miss=near_miss),)
