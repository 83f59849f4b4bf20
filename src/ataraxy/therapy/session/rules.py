"""The rules of the session over charted readings: pure functions that say what was found and never do anything.

A reading that is missing or too old is unknown. Unknown never permits: it holds, it extends, it keeps a person here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ataraxy.therapy.exact import plain
from ataraxy.therapy.finding import Finding, Status
from ataraxy.therapy.session.measure import Measure
from ataraxy.therapy.session.reading import Reading
from ataraxy.therapy.session.rule import Effect, Phase, SessionRule
from ataraxy.therapy.session.state import Session
from ataraxy.therapy.site_policy import SitePolicy

_TO_DO = {
    Effect.HOLD: "Measure again; go on when the value permits, or let a prescriber decide",
    Effect.STOP: "Stop the dose and call the prescriber",
    Effect.EXTEND: "Go on observing and measure again",
    Effect.DO_NOT_DISCHARGE: "Keep the person here and measure again",
    Effect.CALL_PRESCRIBER: "Tell a prescriber now",
}


@dataclass(frozen=True, slots=True)
class _Window:
    """From when on a reading counts, and why an older one does not."""

    since: datetime | None
    reason: str


def session_findings(session: Session, policy: SitePolicy, at: datetime) -> tuple[Finding, ...]:
    """Return what the rules of the present phase find at a moment, those that are triggered first."""
    found = [
        finding
        for rule in policy.all_rules()
        if session.phase in rule.phases and (finding := evaluate(rule, session, policy, at)) is not None
    ]
    return tuple(sorted(found, key=lambda finding: finding.status is Status.UNKNOWN))


def evaluate(rule: SessionRule, session: Session, policy: SitePolicy, at: datetime) -> Finding | None:
    """Return what one rule finds in the present phase; None where readings show that it does not apply.

    Of several readings of one measure at the same moment the worst decides.
    """
    window = _window(rule, session, policy, at)
    readings = latest_readings(session, rule.measure, at)
    if window.since is None or not readings:
        return _finding(rule, policy, Status.UNKNOWN, f"{rule.measure.charted.label} is not charted", ())
    evidence = tuple(reading.id for reading in readings)
    if readings[0].taken_at < window.since:
        reason = f"the last {rule.measure.charted.label} is {window.reason}"
        return _finding(rule, policy, Status.UNKNOWN, reason, evidence)
    base = 0
    if rule.measure.is_rise:
        before = baseline(session, rule.measure)
        if before is None:
            reason = f"there is no {rule.measure.charted.label} before the dose to compare with"
            return _finding(rule, policy, Status.UNKNOWN, reason, evidence)
        base = before
    for reading in readings:
        charted = reading.value(rule.measure)
        assert charted is not None
        value = charted - base
        if rule.trigger.holds(value, rule.threshold.value):
            text = f"{value} {rule.measure.unit}"
            reason = f"{rule.measure.label} is {text}, {rule.trigger.label} {rule.threshold}"
            return _finding(rule, policy, Status.TRIGGERED, reason, (reading.id,), text)
    return None


def latest_readings(session: Session, measure: Measure, at: datetime) -> tuple[Reading, ...]:
    """Return the readings of a measure at the last moment, up to `at`, at which it was taken; usually one."""
    taken = [r for r in session.effective_readings if r.taken_at <= at and r.value(measure) is not None]
    return tuple(reading for reading in taken if reading.taken_at == taken[-1].taken_at)


def baseline(session: Session, measure: Measure) -> int | None:
    """Return the last value before the first dose; of several at one moment the lowest, None where there is none."""
    if session.dosing_started_at is None:
        return None
    readings = latest_readings(session, measure, session.dosing_started_at)
    return min((value for r in readings if (value := r.value(measure)) is not None), default=None)


def standing(findings: Iterable[Finding], session: Session) -> tuple[Finding, ...]:
    """Return the findings that no prescriber has overridden; what is unknown cannot be overridden."""
    overridden = {(override.rule, override.evidence) for override in session.overrides}
    return tuple(
        finding
        for finding in findings
        if not (finding.overridable and finding.status is Status.TRIGGERED and finding.key in overridden)
    )


def holding(session: Session, policy: SitePolicy, at: datetime) -> tuple[Finding, ...]:
    """Return what forbids to give more now: holds and stops that stand."""
    found = session_findings(session, policy, at)
    return standing([f for f in found if f.effect in (Effect.HOLD, Effect.STOP)], session)


def _window(rule: SessionRule, session: Session, policy: SitePolicy, at: datetime) -> _Window:
    """Return from when on a reading counts in the present phase."""
    phase, measure = session.phase, rule.measure.charted
    plan = None if session.plan is None else policy.plan(session.plan.order.route)
    if plan is None:
        return _Window(None, "")
    every = plan.every(phase, measure)
    in_turn = timedelta() if every is None else _minutes(every + plan.grace.value)
    old = "too old"
    if phase is Phase.BEFORE:
        age = _minutes(policy.before.reading_age.value)
        return _Window(at - age, f"older than {policy.before.reading_age}")
    if phase is Phase.DOSING:
        if session.dosing_started_at is None:
            return _Window(None, "")
        # Until the first reading is overdue, the one that the dose was begun with counts.
        if at <= session.dosing_started_at + in_turn:
            return _Window(session.dosing_started_at - _minutes(policy.before.reading_age.value), old)
        return _Window(at - in_turn, "overdue")
    if session.dosing_ended_at is None:
        return _Window(None, "")
    age = in_turn if phase is Phase.OBSERVATION else _minutes(policy.discharge.reading_age.value)
    since = max(session.dosing_ended_at, at - age)
    return _Window(since, "from before the end of the dose" if since == session.dosing_ended_at else old)


def _finding(
    rule: SessionRule,
    policy: SitePolicy,
    status: Status,
    reason: str,
    evidence: tuple[str, ...],
    value: str = "",
) -> Finding:
    remedy = f"Chart {rule.measure.charted.label}" if status is Status.UNKNOWN else _TO_DO[rule.effect]
    return Finding(
        rule=rule.id,
        effect=rule.effect,
        status=status,
        reason=reason,
        value=value,
        threshold=f"{rule.trigger.label} {plain(rule.threshold.value)} {rule.threshold.unit}",
        evidence=evidence,
        source=rule.threshold.source,
        grade=rule.threshold.grade,
        policy=policy.label,
        remedy=remedy,
        overridable=rule.overridable,
    )


def _minutes(value: Decimal) -> timedelta:
    return timedelta(microseconds=int(value * 60_000_000))
