"""What a run sheet shows of a session at a moment: state, what is due, what holds, what was charted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ataraxy.practice.sessions import standing as standing_of
from ataraxy.therapy.exact import plain
from ataraxy.therapy.finding import Finding
from ataraxy.therapy.session.decide_chart import LATE_AFTER
from ataraxy.therapy.session.delivery import current_rate, rate_before_pause
from ataraxy.therapy.session.discharge import close_observation_findings, discharge_findings
from ataraxy.therapy.session.follow_up import DueFollowUp, due_follow_ups
from ataraxy.therapy.session.measure import MEASURED, Measure
from ataraxy.therapy.session.monitoring import Due, DueStatus, due_times
from ataraxy.therapy.session.reading import Reading
from ataraxy.therapy.session.rule import Effect, Phase
from ataraxy.therapy.session.rules import session_findings, standing
from ataraxy.therapy.session.start_checks import start_findings
from ataraxy.therapy.session.state import DischargeCheck, Session, SessionState
from ataraxy.therapy.site_policy import SitePolicy

# How a measure is entered: limits that nobody passes are the browser's, those that are unusual are asked for twice.
USUAL = {
    Measure.SYSTOLIC: (85, 175),
    Measure.DIASTOLIC: (45, 105),
    Measure.HEART_RATE: (45, 125),
    Measure.SPO2: (92, 100),
    Measure.RESPIRATORY_RATE: (8, 24),
}
# What is read first at a chair.
GRAVEST_FIRST = (
    Effect.STOP,
    Effect.HOLD,
    Effect.CALL_PRESCRIBER,
    Effect.DO_NOT_DISCHARGE,
    Effect.EXTEND,
)
# MOAA/S and nausea: one tap is an answer.
MOST_TAPS = 5
BADGE = {
    SessionState.PLANNED: "quiet",
    SessionState.CHECKED_IN: "due",
    SessionState.DOSING: "active",
    SessionState.OBSERVATION: "hold",
    SessionState.RECOVERY: "hold",
    SessionState.DISCHARGED: "ok",
    SessionState.ABORTED: "stop",
}
DUE_BADGE = {
    DueStatus.PENDING: "quiet",
    DueStatus.DUE: "due",
    DueStatus.OVERDUE: "overdue",
    DueStatus.DONE: "ok",
    DueStatus.LATE: "ok",
    DueStatus.MISSED: "stop",
}


@dataclass(frozen=True)
class Input:
    """A field for one measure."""

    name: str
    label: str
    unit: str
    low: int
    high: int
    usual_low: int
    usual_high: int

    @property
    def taps(self) -> tuple[int, ...]:
        """The values, where they are so few that each has a button."""
        return tuple(range(self.low, self.high + 1)) if self.high - self.low <= MOST_TAPS else ()


@dataclass(frozen=True)
class Row:
    """A reading as it stands in the chart: what was charted late, corrected or withdrawn says so."""

    reading: Reading
    charted_at: datetime
    replaced_by: str | None
    reason: str
    late: bool


@dataclass(frozen=True)
class Picture:
    """What is shown.

    Attributes:
        session, policy, now: of what, by which rules, when.
        seen: what a step sends back, see `ataraxy.practice.sessions.standing`.
        badge: of the state.
        findings: what stands in the way now, of the present phase.
        to_leave: what keeps the person from being discharged, in observation and recovery.
        next_due: the readings that are asked for now or next.
        due: all of them.
        inputs: fields for the measures that any phase of the session asks for.
        given: drug given so far, in words.
        rate: of the pump, in words; empty where none runs.
        paused: whether the pump is paused.
        planned_rate: the rate to start with, of the preparation.
        follow_ups: after the dose.
        readings: the newest first, with those that were corrected.
    """

    session: Session
    policy: SitePolicy
    now: datetime
    seen: str
    badge: str
    findings: tuple[Finding, ...]
    to_leave: tuple[Finding, ...]
    next_due: Due | None
    due: tuple[tuple[Due, str], ...]
    inputs: tuple[Input, ...]
    given: str
    rate: str
    paused: bool
    planned_rate: Decimal | None
    follow_ups: tuple[DueFollowUp, ...]
    readings: tuple[Row, ...]

    @property
    def running(self) -> bool:
        """Whether drug is being given."""
        return self.session.state is SessionState.DOSING and self.session.dosing_ended_at is None

    @property
    def is_infusion(self) -> bool:
        """Whether a pump is used."""
        return self.session.plan is not None and self.session.plan.order.route.is_infusion


def gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by what follows from them, the gravest first; equal ones keep their order."""
    return tuple(sorted(findings, key=lambda found: GRAVEST_FIRST.index(Effect(found.effect))))


def picture(session: Session, policy: SitePolicy, now: datetime) -> Picture:
    """Return what is shown of a session at a moment."""
    state = session.state
    due = () if session.plan is None else due_times(session, policy, now)
    open_due = [d for d in due if d.status in (DueStatus.DUE, DueStatus.OVERDUE, DueStatus.PENDING)]
    if state in (SessionState.PLANNED, SessionState.CHECKED_IN):
        findings = start_findings(session, policy, now) if state is SessionState.CHECKED_IN else ()
    elif state is SessionState.OBSERVATION:
        findings = close_observation_findings(session, policy, now)
    elif state.ended:
        findings = ()
    else:
        findings = session_findings(session, policy, now)
    to_leave: tuple[Finding, ...] = ()
    if state is SessionState.RECOVERY:
        asked = DischargeCheck(
            walks_unaided=True,
            escort_present=True,
            told_no_driving=True,
            told_whom_to_call=True,
            access_removed=True,
            missed_readings_reason="to be given",
        )
        to_leave = discharge_findings(session, asked, policy, now)
    preparation = session.preparation
    rates = () if preparation is None else preparation.quantities.rates_ml_per_h
    rate = current_rate(session.delivery, now)
    return Picture(
        session=session,
        policy=policy,
        now=now,
        seen=standing_of(session),
        badge=BADGE[state],
        findings=gravest_first(standing(findings, session)) if state is not SessionState.RECOVERY else (),
        to_leave=gravest_first(to_leave),
        next_due=open_due[0] if open_due else None,
        due=tuple((d, DUE_BADGE[d.status]) for d in due),
        inputs=_inputs(session, policy),
        given=f"{plain(session.given_mg_base(now).quantize(Decimal('0.1')))} mg",
        rate=f"{plain(rate)} mL/h" if rate else "",
        paused=rate_before_pause(session.delivery, now) is not None,
        planned_rate=rates[0] if rates else None,
        follow_ups=due_follow_ups(session, policy, now) if session.dosing_ended_at is not None else (),
        readings=_rows(session),
    )


def _rows(session: Session) -> tuple[Row, ...]:
    rows = [
        Row(c.reading, c.charted_at, c.replaced_by, c.reason, c.charted_at - c.reading.taken_at > LATE_AFTER)
        for c in session.readings
    ]
    return tuple(sorted(rows, key=lambda row: (row.reading.taken_at, row.charted_at), reverse=True))


def _inputs(session: Session, policy: SitePolicy) -> tuple[Input, ...]:
    plan = None if session.plan is None else policy.plan(session.plan.order.route)
    # The same in every phase: the form stays as it is while the session moves on, and what the next phase asks for has
    # to have its field.
    measures = set() if plan is None else {m for phase in Phase for m in plan.measures(phase)}
    return tuple(
        Input(m.value, of.label, of.unit, of.lowest, of.highest, *USUAL.get(m, (of.lowest, of.highest)))
        for m, of in MEASURED.items()
        if m in measures
    )
