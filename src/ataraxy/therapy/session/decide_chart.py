"""Commands of charting: readings, corrections, adverse events, suicide risk. Late entries are taken and marked."""

from __future__ import annotations

from datetime import datetime, timedelta

from ataraxy.therapy.actor import Action, Actor
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session.adverse_event import OTHER, TERMS, AdverseEvent, Outcome, Seriousness
from ataraxy.therapy.session.events import (
    AdverseEventCharted,
    Event,
    ReadingCharted,
    ReadingCorrected,
    SuicideRiskRecorded,
)
from ataraxy.therapy.session.reading import Reading
from ataraxy.therapy.session.standing import header, permitted
from ataraxy.therapy.session.state import Session, SessionState
from ataraxy.therapy.site_policy import SitePolicy
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment

_S = SessionState
ARRIVED = (_S.CHECKED_IN, _S.DOSING, _S.OBSERVATION, _S.RECOVERY, _S.DISCHARGED, _S.ABORTED)
# The record marks entries that come later than this, and so does the session.
LATE_AFTER = timedelta(minutes=15)
VOID = "void"


def record_reading(
    session: Session | None, reading: Reading, *, actor: Actor, policy: SitePolicy, at: datetime
) -> tuple[Event, ...]:
    """Return the event of charting a reading; it may be charted late, and stands where it was taken.

    Raises:
        Refusal: ``session.state``, ``reading.future``, ``reading.outside`` the visit, ``reading.twice``.
    """
    session, at = permitted(
        session, ARRIVED, "chart a reading", actor=actor, action=Action.CHART, at=at, ordered=False
    )
    _check_time(session, reading, at)
    _check_id(session, reading)
    late = at - reading.taken_at > LATE_AFTER
    return (ReadingCharted(**header(session, actor, policy, at), reading=reading, late=late),)


def correct_reading(
    session: Session | None,
    corrects: str,
    reading: Reading | None,
    reason: Sensitive,
    *,
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event by which a reading replaces an earlier one for the rules; both remain.

    `reading` None withdraws the earlier one, as when it was another person's.

    Raises:
        Refusal: ``correction.unknown``, ``correction.already``, ``correction.reason``, and those of `record_reading`.
    """
    session, at = permitted(
        session, ARRIVED, "correct a reading", actor=actor, action=Action.CHART, at=at, ordered=False
    )
    found = [charted for charted in session.readings if charted.reading.id == corrects]
    if not found:
        raise Refusal(
            f"the session has no reading {corrects}",
            code="correction.unknown",
            remedy="Name the reading by its id",
            where=session.id,
        )
    if found[-1].replaced_by is not None:
        raise Refusal(
            f"the reading {corrects} has been corrected already",
            code="correction.already",
            remedy="Correct the reading that replaced it, or chart a new one",
            where=session.id,
        )
    if not reason.strip():
        raise Refusal(
            "the correction has no reason",
            code="correction.reason",
            remedy="Say what was wrong",
            where=corrects,
        )
    if reading is not None:
        _check_time(session, reading, at)
        _check_id(session, reading)
    return (
        ReadingCorrected(
            **header(session, actor, policy, at), corrects=corrects, reading=reading, reason=reason
        ),
    )


# Somebody may come with what began the evening before.
BEFORE_THE_VISIT = timedelta(days=1)


def record_adverse_event(
    session: Session | None, event: AdverseEvent, *, actor: Actor, policy: SitePolicy, at: datetime
) -> tuple[Event, ...]:
    """Return the event of charting an adverse event; the same id updates an earlier report.

    Raises:
        Refusal: ``session.state``, ``adverse-event.term``, ``adverse-event.note``, ``adverse-event.future``,
            ``adverse-event.before``.
    """
    session, at = permitted(
        session, ARRIVED, "chart an adverse event", actor=actor, action=Action.CHART, at=at, ordered=False
    )
    if event.term not in (*TERMS, OTHER):
        raise Refusal(
            f"{event.term!r} is not in the list of adverse events",
            code="adverse-event.term",
            remedy="Name one of the list, or other with a note, which is sealed",
            where=event.id,
        )
    if event.term == OTHER and not event.note.strip():
        raise Refusal(
            "it is not said what happened",
            code="adverse-event.note",
            remedy="Name what happened, or say it in the note",
            where=event.id,
        )
    if event.started_at > at:
        raise Refusal(
            "the adverse event begins in the future",
            code="adverse-event.future",
            remedy="Give the time at which it began",
            where=event.id,
        )
    arrived = session.checked_in_at
    if arrived is not None and event.started_at < arrived - BEFORE_THE_VISIT:
        raise Refusal(
            f"the adverse event is said to have begun on {event.started_at:%Y-%m-%d}, before this visit",
            code="adverse-event.before",
            remedy="Check the day; what happened between visits is charted with the follow-up",
            where=event.id,
        )
    return (AdverseEventCharted(**header(session, actor, policy, at), adverse_event=event),)


def follow_adverse_event(
    session: Session | None,
    event_id: str,
    *,
    outcome: Outcome,
    grade: int | None = None,
    serious: tuple[Seriousness, ...] = (),
    note: str = "",
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event of how an adverse event that was charted before stands now; what is left out stays as it was.

    Raises:
        Refusal: ``adverse-event.unknown``, ``adverse-event.seriousness``, ``adverse-event.outcome``, or as
            `record_adverse_event` does.
    """
    charted = (
        next((e for e in session.adverse_events if e.id == event_id), None) if session is not None else None
    )
    if charted is None:
        raise Refusal(
            "no such adverse event was charted in this session",
            code="adverse-event.unknown",
            remedy="Choose one that was, or chart a new one",
            where=event_id,
        )
    now = charted.replace(
        outcome=outcome,
        grade=charted.grade if grade is None else grade,
        serious=tuple(dict.fromkeys((*charted.serious, *serious))),
        note="; ".join(filter(None, (charted.note, note.strip()))),
    )
    return record_adverse_event(session, now, actor=actor, policy=policy, at=at)


def record_suicide_risk(
    session: Session | None,
    assessment: SuicideRiskAssessment,
    *,
    actor: Actor,
    policy: SitePolicy,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event of a clinician's assessment during the visit.

    Raises:
        Refusal: ``session.state``, ``suicide-risk.future``.
    """
    session, at = permitted(
        session, ARRIVED, "record suicide risk", actor=actor, action=Action.ASSESS_RISK, at=at, ordered=False
    )
    if assessment.at > at:
        raise Refusal(
            "the assessment lies in the future",
            code="suicide-risk.future",
            remedy="Give the time of the assessment",
            where=assessment.id,
        )
    return (SuicideRiskRecorded(**header(session, actor, policy, at), assessment=assessment),)


def _check_time(session: Session, reading: Reading, at: datetime) -> None:
    if reading.taken_at > at:
        raise Refusal(
            f"the reading was taken at {reading.taken_at:%H:%M:%S} UTC, which lies in the future",
            code="reading.future",
            remedy="Check the clock of the device",
            where=reading.id,
        )
    begins, ends = session.checked_in_at, session.ended_at
    # Vital signs may be taken while the person waits to be checked in.
    earliest = None if begins is None else begins - timedelta(hours=1)
    if (earliest is not None and reading.taken_at < earliest) or (
        ends is not None and reading.taken_at > ends
    ):
        raise Refusal(
            f"the reading of {reading.taken_at:%Y-%m-%d %H:%M} UTC lies outside of this visit",
            code="reading.outside",
            remedy="Chart it in the session that it belongs to, or as a follow-up",
            where=reading.id,
        )


def _check_id(session: Session, reading: Reading) -> None:
    if reading.id == VOID or any(charted.reading.id == reading.id for charted in session.readings):
        raise Refusal(
            f"the session has a reading {reading.id} already",
            code="reading.twice",
            remedy="Give each reading an id of its own; correct an earlier one with a correction",
            where=reading.id,
        )
