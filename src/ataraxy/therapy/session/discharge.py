"""When a person may leave: rules over readings, the shortest stay, and what is asked at the door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ataraxy.therapy.exact import plain
from ataraxy.therapy.finding import Finding, Status
from ataraxy.therapy.moment import minutes_between
from ataraxy.therapy.session.monitoring import missed
from ataraxy.therapy.session.rule import Effect
from ataraxy.therapy.session.rules import session_findings
from ataraxy.therapy.session.state import DischargeCheck, Session
from ataraxy.therapy.setting import Grade, Setting
from ataraxy.therapy.site_policy import SitePolicy

# Each is asked at the door and must be answered yes.
QUESTIONS: tuple[tuple[str, str, str], ...] = (
    ("walks_unaided", "walking unaided", "Let the person rest, and see them walk"),
    ("escort_present", "the presence of the escort", "Wait for the escort"),
    ("told_no_driving", "the advice not to drive until the next day after sleep", "Give the advice"),
    ("told_whom_to_call", "whom to call at any hour", "Give the numbers"),
    ("access_removed", "the removal of the cannula", "Remove it, or chart that there was none"),
)


def discharge_findings(
    session: Session, check: DischargeCheck, policy: SitePolicy, at: datetime
) -> tuple[Finding, ...]:
    """Return everything that keeps a person here at a moment; empty where they may leave."""
    return (
        *(
            finding
            for finding in session_findings(session, policy, at)
            if finding.effect in (Effect.DO_NOT_DISCHARGE, Effect.EXTEND)
        ),
        *_stay(session, policy, at),
        *_adverse_events(session, policy),
        *_suicide_risk(session, policy),
        *_delivery(session, policy, at),
        *_door(session, check, policy, at),
    )


def concerns_after_discharge(session: Session, policy: SitePolicy) -> tuple[Finding, ...]:
    """Return what would have kept the person, read again with later entries and corrections; empty before discharge.

    For an alert: a corrected reading cannot bring anybody back by itself.
    """
    if session.ended_at is None or session.discharge_check is None:
        return ()
    return discharge_findings(session, session.discharge_check, policy, session.ended_at)


def close_observation_findings(session: Session, policy: SitePolicy, at: datetime) -> tuple[Finding, ...]:
    """Return what keeps close observation going at a moment."""
    plan = None if session.plan is None else policy.plan(session.plan.order.route)
    found = [f for f in session_findings(session, policy, at) if f.effect is Effect.EXTEND]
    if plan is None:
        return (
            *found,
            _keeps("monitoring-plan", Status.UNKNOWN, "there is no monitoring plan", policy, Effect.EXTEND),
        )
    found.extend(_at_least("close-observation", plan.close_observation, session, policy, at, Effect.EXTEND))
    return tuple(found)


def _stay(session: Session, policy: SitePolicy, at: datetime) -> Iterator[Finding]:
    plan = None if session.plan is None else policy.plan(session.plan.order.route)
    if plan is None:
        yield _keeps("minimum-stay", Status.UNKNOWN, "there is no monitoring plan for the route", policy)
        return
    yield from _at_least("minimum-stay", plan.minimum_stay, session, policy, at, Effect.DO_NOT_DISCHARGE)


def _at_least(
    rule: str, limit: Setting, session: Session, policy: SitePolicy, at: datetime, effect: Effect
) -> Iterator[Finding]:
    if session.dosing_ended_at is None:
        yield _keeps(rule, Status.UNKNOWN, "the end of the dose is not charted", policy, effect, limit)
        return
    elapsed = minutes_between(session.dosing_ended_at, at)
    if elapsed < limit.value:
        shown = f"{plain(round(elapsed, 1))} min"
        yield _keeps(
            rule,
            Status.TRIGGERED,
            f"{shown} have passed since the end of the dose",
            policy,
            effect,
            limit,
            shown,
        )


def _adverse_events(session: Session, policy: SitePolicy) -> Iterator[Finding]:
    limit = policy.discharge.adverse_event_grade
    for event in session.adverse_events:
        if event.grade >= limit.value and not event.settled:
            yield _keeps(
                "adverse-event",
                Status.TRIGGERED,
                f"{event.term} of grade {event.grade} is {event.outcome.replace('_', ' ')}",
                policy,
                setting=limit,
                value=f"grade {event.grade}",
                remedy="Chart the outcome when it is over, or transfer the person",
                evidence=(event.id,),
            )


def _suicide_risk(session: Session, policy: SitePolicy) -> Iterator[Finding]:
    latest = session.latest_suicide_risk
    if latest is not None and latest.judgement.reaches(policy.suicide_risk.hold_from):
        yield _keeps(
            "suicide-risk-level",
            Status.TRIGGERED,
            f"suicide risk is judged {latest.judgement.value}",
            policy,
            value=latest.judgement.value,
            remedy="A clinician assesses again; where the risk stands the person is handed over, not discharged",
            evidence=(latest.id,),
        )


def _delivery(session: Session, policy: SitePolicy, at: datetime) -> Iterator[Finding]:
    if session.preparation is None:
        return
    prepared = session.preparation.quantities
    most = prepared.total_ml or prepared.drawn
    given = session.delivered(at)
    if given > most * (1 + policy.preparation.tolerance.value / 100):
        yield _keeps(
            "more-than-prepared",
            Status.TRIGGERED,
            f"{plain(round(given, 3))} are charted as given and {plain(most)} were prepared",
            policy,
            value=plain(round(given, 3)),
            remedy="Correct the times or rates of the pump in the chart",
        )


def _door(session: Session, check: DischargeCheck, policy: SitePolicy, at: datetime) -> Iterator[Finding]:
    for field, what, remedy in QUESTIONS:
        answer: bool | None = getattr(check, field)
        if not answer:
            status = Status.UNKNOWN if answer is None else Status.TRIGGERED
            reason = f"{what} was not charted" if answer is None else f"{what} is answered no"
            yield _keeps(field.replace("_", "-"), status, reason, policy, remedy=remedy)
    gaps = missed(session, policy, at)
    if gaps and not check.missed_readings_reason.strip():
        times = ", ".join(due.at.strftime("%H:%M") for due in gaps[:4])
        yield _keeps(
            "missed-readings",
            Status.UNKNOWN,
            f"{len(gaps)} readings were missed (due at {times} UTC{', ...' if len(gaps) > 4 else ''})",
            policy,
            remedy="Say why they were missed",
        )


def _keeps(
    rule: str,
    status: Status,
    reason: str,
    policy: SitePolicy,
    effect: Effect = Effect.DO_NOT_DISCHARGE,
    setting: Setting | None = None,
    value: str = "",
    remedy: str = "Wait",
    evidence: tuple[str, ...] = (),
) -> Finding:
    return Finding(
        rule=rule,
        effect=effect,
        status=status,
        reason=reason,
        value=value,
        threshold="" if setting is None else str(setting),
        evidence=evidence,
        source="" if setting is None else setting.source,
        grade=Grade.SITE if setting is None else setting.grade,
        policy=policy.label,
        remedy=remedy,
    )
