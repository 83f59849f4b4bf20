"""Commands while the drug is given: start, change the rate, pause, resume, give the next dose, stop, correct.

To lower, pause and stop is always permitted; to begin, resume, raise and give more is what the rules guard.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from ataraxy.therapy.actor import Action, Actor, may, require
from ataraxy.therapy.exact import plain
from ataraxy.therapy.moment import minutes_between
from ataraxy.therapy.preparation import Preparation
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session.delivery import current_rate, in_order, rate_before_pause
from ataraxy.therapy.session.events import (
    DeliveryCorrected,
    DoseGiven,
    DosingPaused,
    DosingResumed,
    DosingStarted,
    DosingStopped,
    Event,
    RateChanged,
)
from ataraxy.therapy.session.rules import holding
from ataraxy.therapy.session.standing import header, permitted, planned, refuse_findings
from ataraxy.therapy.session.start_checks import start_findings
from ataraxy.therapy.session.state import Session, SessionState
from ataraxy.therapy.site_policy import SitePolicy

_S = SessionState


def start_dosing(
    session: Session | None,
    *,
    rate_ml_per_h: Decimal | None = None,
    amount: Decimal | None = None,
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event by which the drug is begun: a pump at a rate, or a first single dose in mL or pieces.

    Raises:
        Refusal: ``policy.stop-limits-unset``, ``policy.simulation``, ``session.state``, ``session.hold`` with every
            finding that forbids it, ``dose.rate``, ``dose.amount``, ``dose.cap``, ``role.not-permitted``.
    """
    session, at = permitted(
        session, (_S.CHECKED_IN,), "start the dose", actor=actor, action=Action.GIVE, at=at
    )
    session_plan = planned(session)
    policy.require_dosing(simulated=session_plan.simulated)
    if policy.plan(session_plan.order.route) is None:
        raise Refusal(
            f"the policy {policy.label} has no monitoring plan for {session_plan.order.route.label}",
            code="policy.no-monitoring",
            remedy="The medical director adds one",
            where=session.id,
        )
    refuse_findings(start_findings(session, policy, at), "start the dose", "session.hold", session)
    assert session.preparation is not None  # otherwise a finding
    if session_plan.order.route.is_infusion:
        if amount is not None or rate_ml_per_h is None:
            raise _wrong("dose.rate", "an infusion is started with a pump rate", session)
        rate = _checked_rate(rate_ml_per_h, session, policy)
        if rate > _planned_rate(session, at):
            require(actor, Action.RAISE_ABOVE_PLAN)
        return (DosingStarted(**header(session, actor, policy, at), rate_ml_per_h=rate),)
    if rate_ml_per_h is not None or amount is None:
        raise _wrong("dose.amount", "a single dose is given as an amount", session)
    _check_amount(amount, session, session.preparation, at)
    return (DosingStarted(**header(session, actor, policy, at), amount=amount),)


def give(
    session: Session | None, amount: Decimal, *, actor: Actor, policy: SitePolicy, at: datetime
) -> tuple[Event, ...]:
    """Return the event of one more single dose, such as the next nasal device.

    Raises:
        Refusal: ``session.state``, ``session.hold``, ``dose.too-soon``, ``dose.amount``, ``dose.stopped``.
    """
    session, at, prepared = _dosing(session, "give a dose", actor, at)
    order = planned(session).order
    if order.route.is_infusion:
        raise _wrong("dose.amount", "an infusion has a rate", session)
    monitoring = policy.plan(order.route)
    apart = None if monitoring is None else monitoring.between_doses
    last = in_order(session.delivery)[-1].at
    if apart is not None and minutes_between(last, at) < apart.value:
        raise Refusal(
            f"the last dose was {plain(round(minutes_between(last, at), 1))} min ago",
            code="dose.too-soon",
            remedy=f"Wait until {apart} have passed",
            where=session.id,
        )
    refuse_findings(holding(session, policy, at), "give a dose", "session.hold", session)
    _check_amount(amount, session, prepared, at)
    return (DoseGiven(**header(session, actor, policy, at), amount=amount),)


def change_rate(
    session: Session | None,
    rate_ml_per_h: Decimal,
    reason: Sensitive = "",
    *,
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event of another pump rate. Lower is always permitted; higher is guarded.

    Raises:
        Refusal: ``session.state``, ``dose.paused``, ``dose.rate``, ``dose.cap``; for a higher rate ``session.hold``,
            and above the plan ``role.not-permitted`` (a prescriber only) or ``dose.reason``.
    """
    session, at, _ = _dosing(session, "change the rate", actor, at)
    now = _running(session, at)
    rate = _checked_rate(rate_ml_per_h, session, policy)
    if rate > now:
        refuse_findings(holding(session, policy, at), "raise the rate", "session.hold", session)
        _check_above_plan(rate, session, actor, reason, at)
    return (RateChanged(**header(session, actor, policy, at), rate_ml_per_h=rate, reason=reason),)


def pause(
    session: Session | None, reason: Sensitive = "", *, actor: Actor, policy: SitePolicy, at: datetime
) -> tuple[Event, ...]:
    """Return the event of a pause; no rule forbids it.

    Raises:
        Refusal: ``session.state``, ``dose.paused``, ``dose.rate`` (nothing that runs).
    """
    session, at, _ = _dosing(session, "pause", actor, at)
    _running(session, at)
    return (DosingPaused(**header(session, actor, policy, at), reason=reason),)


def resume(session: Session | None, *, actor: Actor, policy: SitePolicy, at: datetime) -> tuple[Event, ...]:
    """Return the event by which the pump runs on at the rate before the pause.

    Raises:
        Refusal: ``session.state``, ``dose.not-paused``, ``session.hold``.
    """
    session, at, _ = _dosing(session, "resume", actor, at)
    rate = rate_before_pause(session.delivery, at)
    if rate is None or rate == 0:
        raise _wrong("dose.not-paused", "the pump is not paused", session)
    refuse_findings(holding(session, policy, at), "resume", "session.hold", session)
    return (DosingResumed(**header(session, actor, policy, at), rate_ml_per_h=rate),)


def stop(
    session: Session | None, reason: Sensitive = "", *, actor: Actor, policy: SitePolicy, at: datetime
) -> tuple[Event, ...]:
    """Return the event that ends the dose; no rule forbids it. It is early where less than the plan was given.

    Raises:
        Refusal: ``session.state``, ``dose.stopped``.
    """
    session, at, prepared = _dosing(session, "stop", actor, at)
    most = prepared.quantities.total_ml or prepared.quantities.drawn
    least = most * (1 - policy.preparation.rounding.value / 100)
    early = session.delivered(at) < least
    return (DosingStopped(**header(session, actor, policy, at), early=early, reason=reason),)


def correct_delivery(
    session: Session | None,
    point: int,
    reason: Sensitive,
    *,
    to_at: datetime | None = None,
    to_rate_ml_per_h: Decimal | None = None,
    to_amount: Decimal | None = None,
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event that corrects what was charted of one act at the pump; the earlier entry remains.

    Raises:
        Refusal: ``session.state``, ``correction.nothing``, ``correction.reason``, ``correction.unknown``, or a time
            that changes the order of the acts or lies in the future (``session.time-order``).
    """
    session, at = permitted(
        session,
        (_S.DOSING, _S.OBSERVATION, _S.RECOVERY, _S.DISCHARGED, _S.ABORTED),
        "correct the dose",
        actor=actor,
        action=Action.CHART,
        at=at,
        ordered=False,
    )
    if not 0 <= point < len(session.delivery):
        raise _wrong("correction.unknown", f"the dose has no act number {point}", session)
    if not reason.strip():
        raise _wrong("correction.reason", "the correction has no reason", session)
    old = session.delivery[point]
    if (to_at, to_rate_ml_per_h, to_amount) == (None, None, None):
        raise _wrong("correction.nothing", "nothing is corrected", session)
    if to_rate_ml_per_h is not None and (old.rate_ml_per_h is None or old.kind == "pause"):
        raise _wrong("correction.nothing", f"a {old.kind} has no rate", session)
    if to_amount is not None and old.amount is None:
        raise _wrong("correction.nothing", f"a {old.kind} has no amount", session)
    for number in (to_rate_ml_per_h, to_amount):
        if number is not None and number < 0:
            raise _wrong("dose.rate", f"{plain(number)} is below zero", session)
    if to_at is not None:
        order = in_order(session.delivery)
        place = order.index(old)
        earliest = order[place - 1].at if place else session.checked_in_at
        latest = order[place + 1].at if place + 1 < len(order) else session.recovery_began_at or at
        if (earliest is not None and to_at < earliest) or to_at > min(latest, at):
            raise _wrong("session.time-order", "the corrected time changes the order of the acts", session)
    return (
        DeliveryCorrected(
            **header(session, actor, policy, at),
            point=point,
            to_at=to_at,
            to_rate_ml_per_h=to_rate_ml_per_h,
            to_amount=to_amount,
            reason=reason,
        ),
    )


def _dosing(
    session: Session | None, what: str, actor: Actor, at: datetime
) -> tuple[Session, datetime, Preparation]:
    session, at = permitted(session, (_S.DOSING,), what, actor=actor, action=Action.GIVE, at=at)
    if session.dosing_ended_at is not None:
        raise _wrong("dose.stopped", "the dose has been stopped", session)
    if session.preparation is None:
        raise _wrong("session.unplanned", "the session holds no preparation", session)
    return session, at, session.preparation


def _running(session: Session, at: datetime) -> Decimal:
    rate = current_rate(session.delivery, at)
    if rate == 0:
        paused = rate_before_pause(session.delivery, at) is not None
        raise _wrong(
            "dose.paused" if paused else "dose.rate",
            "the pump is paused" if paused else "no pump is running",
            session,
        )
    return rate


def _checked_rate(rate: Decimal, session: Session, policy: SitePolicy) -> Decimal:
    if not rate > 0:
        raise _wrong("dose.rate", f"the rate is {plain(rate)} mL/h; pause or stop instead", session)
    cap = policy.preparation.cap(planned(session).order.route)
    most = None if cap is None else cap.pump_rate
    if most is None or rate > most.value:
        raise Refusal(
            f"the rate is {plain(rate)} mL/h and the site's cap is {most or 'not set'}",
            code="dose.cap",
            remedy="Check the rate and its unit; the cap itself is changed only in the policy",
            where=session.id,
        )
    return rate


def _planned_rate(session: Session, at: datetime) -> Decimal:
    """Return the planned rate for this moment; time in pauses does not count, and after the end the last rate holds."""
    assert session.preparation is not None
    rates = session.preparation.quantities.rates_ml_per_h
    stretches = session.preparation.inputs.order.stretches
    minutes = _minutes_run(session, at)
    for stretch, rate in zip(stretches, rates, strict=True):
        if minutes < stretch.end_min:
            return rate
    return rates[-1]


def _minutes_run(session: Session, at: datetime) -> Decimal:
    """Return for how many minutes the pump has run."""
    points = [p for p in in_order(session.delivery) if p.at <= at]
    ends = [*(p.at for p in points), at][1:]
    run = timedelta()
    for point, end in zip(points, ends, strict=True):
        if point.rate_ml_per_h:
            run += end - point.at
    return Decimal(run // timedelta(microseconds=1)) / 60_000_000


def _check_above_plan(rate: Decimal, session: Session, actor: Actor, reason: Sensitive, at: datetime) -> None:
    if rate <= _planned_rate(session, at):
        return
    if not may(actor, Action.RAISE_ABOVE_PLAN):
        require(actor, Action.RAISE_ABOVE_PLAN)
    if not reason.strip():
        raise _wrong("dose.reason", "a rate above the plan has no reason", session)


def _check_amount(amount: Decimal, session: Session, prepared: Preparation, at: datetime) -> None:
    if not amount > 0:
        raise _wrong("dose.amount", f"the amount is {plain(amount)}", session)
    most = prepared.quantities.total_ml or prepared.quantities.drawn
    if session.delivered(at) + amount > most:
        raise Refusal(
            f"{plain(session.delivered(at) + amount)} would be given and {plain(most)} are prepared",
            code="dose.amount",
            remedy="Give at most what was prepared and checked",
            where=session.id,
        )
    if prepared.inputs.vial.unit == "piece" and amount != amount.to_integral_value():
        raise _wrong("dose.amount", f"{plain(amount)} is not a whole number of pieces", session)


def _wrong(code: str, message: str, session: Session) -> Refusal:
    return Refusal(message, code=code, remedy=_REMEDY.get(code, "Check what is meant"), where=session.id)


_REMEDY = {
    "dose.rate": "Give a pump rate in mL/h above zero",
    "dose.amount": "Give an amount in mL or pieces, at most what was prepared",
    "dose.paused": "Resume first, or stop",
    "dose.not-paused": "Change the rate instead",
    "dose.stopped": "Begin the observation; a new dose is a new session",
    "dose.reason": "The prescriber says why",
    "correction.reason": "Say what was wrong",
    "correction.unknown": "Count the acts from 0",
    "correction.nothing": "Give the time, rate or amount as it really was",
    "session.time-order": "Give a time between the acts before and after it",
}
