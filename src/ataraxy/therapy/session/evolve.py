"""Folding events into a session. It never refuses: what happened has happened, and what was irregular is noted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ataraxy.therapy.session.delivery import DeliveryKind, DeliveryPoint, in_order
from ataraxy.therapy.session.events import (
    Aborted,
    AdverseEventCharted,
    CheckedIn,
    DeliveryCorrected,
    Discharged,
    DoseGiven,
    DosePrepared,
    DosingPaused,
    DosingResumed,
    DosingStarted,
    DosingStopped,
    Event,
    FollowUpCharted,
    HoldOverridden,
    ObservationBegun,
    PreparationRefused,
    RateChanged,
    ReadingCharted,
    ReadingCorrected,
    RecoveryBegun,
    SessionPlanned,
    SuicideRiskRecorded,
)
from ataraxy.therapy.session.reading import ChartedReading, Reading
from ataraxy.therapy.session.state import Session, SessionState

VOID = "void"
_S = SessionState

# In which states an event is regular; events that are not listed are so in every state.
_REGULAR: dict[str, tuple[SessionState, ...]] = {
    "session.checked_in": (_S.PLANNED, _S.CHECKED_IN),
    "session.prepared": (_S.CHECKED_IN,),
    "session.dosing_started": (_S.CHECKED_IN,),
    "session.dose_given": (_S.DOSING,),
    "session.rate_changed": (_S.DOSING,),
    "session.paused": (_S.DOSING,),
    "session.resumed": (_S.DOSING,),
    "session.stopped": (_S.DOSING,),
    "session.observation_begun": (_S.DOSING,),
    "session.recovery_begun": (_S.OBSERVATION,),
    "session.discharged": (_S.RECOVERY,),
    "session.aborted": (_S.PLANNED, _S.CHECKED_IN, _S.DOSING, _S.OBSERVATION, _S.RECOVERY),
    "session.follow_up": (_S.OBSERVATION, _S.RECOVERY, _S.DISCHARGED, _S.ABORTED),
}


def evolve(session: Session | None, event: Event) -> Session:
    """Return the session after an event; total over every order of events."""
    before = session or Session(id=event.session)
    irregular: tuple[str, ...] = ()
    if session is None and not isinstance(event, SessionPlanned):
        irregular = (*irregular, f"{event.kind} comes before the plan")
    if session is not None and isinstance(event, SessionPlanned):
        irregular = (*irregular, "session.planned comes twice")
    if event.kind in _REGULAR and before.state not in _REGULAR[event.kind]:
        irregular = (*irregular, f"{event.kind} in the state {before.state.value}")
    last = event.at if before.last_at is None else max(before.last_at, event.at)
    changes = _changes(before, event)
    irregular = (*before.irregular, *irregular, *changes.pop("irregular", ()))
    # model_copy: all parts are checked values already, and a history may be long.
    return before.model_copy(update={**changes, "irregular": irregular, "last_at": last})


def fold(events: Iterable[Event], session: Session | None = None) -> Session | None:
    """Return the session after many events; None where there is none."""
    for event in events:
        session = evolve(session, event)
    return session


def _changes(session: Session, event: Event) -> dict[str, Any]:
    match event:
        case SessionPlanned():
            return {"plan": event.plan}
        case CheckedIn():
            return {
                "check_in": event.check_in,
                "check_ins": session.check_ins + 1,
                "checked_in_at": session.checked_in_at or event.at,
                **({"state": _S.CHECKED_IN} if session.state is _S.PLANNED else {}),
            }
        case HoldOverridden():
            return {"overrides": (*session.overrides, event.override)}
        case DosePrepared():
            return {"preparation": event.preparation}
        case PreparationRefused():
            return {"near_misses": (*session.near_misses, event.near_miss)}
        case DosingStarted():
            return {
                **_point(session, event, "start" if event.amount is None else "dose"),
                **_unless_ended(session, _S.DOSING),
                "dosing_started_at": session.dosing_started_at or event.at,
                "dosing_ended_at": None,
            }
        case DoseGiven():
            return _point(session, event, "dose")
        case RateChanged():
            return _point(session, event, "rate")
        case DosingPaused():
            return _point(session, event, "pause")
        case DosingResumed():
            return _point(session, event, "resume")
        case DosingStopped():
            return {
                **_point(session, event, "stop"),
                "dosing_ended_at": event.at,
                "stopped_early": event.early,
            }
        case DeliveryCorrected():
            return _delivery_corrected(session, event)
        case ReadingCharted():
            return {"readings": (*session.readings, _charted(event.reading, event))}
        case ReadingCorrected():
            return _reading_corrected(session, event)
        case AdverseEventCharted():
            by_id = {ae.id: ae for ae in session.adverse_events}
            by_id[event.adverse_event.id] = event.adverse_event  # one that is charted again keeps its place
            return {"adverse_events": tuple(by_id.values())}
        case SuicideRiskRecorded():
            return {"suicide_risk": (*session.suicide_risk, event.assessment)}
        case ObservationBegun():
            return {**_unless_ended(session, _S.OBSERVATION), "observation_began_at": event.at}
        case RecoveryBegun():
            return {**_unless_ended(session, _S.RECOVERY), "recovery_began_at": event.at}
        case Discharged():
            return {
                "state": _S.DISCHARGED,
                "ended_at": event.at,
                "discharge_check": event.check,
                "disposition": "home_with_escort",
            }
        case Aborted():
            return {"state": _S.ABORTED, "ended_at": event.at, "disposition": event.disposition}
        case FollowUpCharted():
            return {"follow_ups": (*session.follow_ups, event.follow_up)}


def _unless_ended(session: Session, state: SessionState) -> dict[str, Any]:
    return {} if session.state.ended else {"state": state}


def _charted(reading: Reading, event: ReadingCharted | ReadingCorrected) -> ChartedReading:
    return ChartedReading(reading=reading, charted_at=event.at)


def _point(
    session: Session,
    event: DosingStarted | DoseGiven | RateChanged | DosingPaused | DosingResumed | DosingStopped,
    kind: DeliveryKind,
) -> dict[str, Any]:
    rate = getattr(event, "rate_ml_per_h", None)
    point = DeliveryPoint(
        id=len(session.delivery),
        kind=kind,
        at=event.at,
        by=event.by,
        rate_ml_per_h=0 if kind == "pause" else rate,
        amount=getattr(event, "amount", None),
        reason=getattr(event, "reason", ""),
    )
    return {"delivery": (*session.delivery, point)}


def _delivery_corrected(session: Session, event: DeliveryCorrected) -> dict[str, Any]:
    changes: dict[str, Any] = {"corrected": True}
    if event.to_at is not None:
        changes["at"] = event.to_at
    if event.to_rate_ml_per_h is not None:
        changes["rate_ml_per_h"] = event.to_rate_ml_per_h
    if event.to_amount is not None:
        changes["amount"] = event.to_amount
    if not 0 <= event.point < len(session.delivery):
        return {"irregular": (f"session.delivery_corrected names no point {event.point}",)}
    points = tuple(
        point.model_copy(update=changes) if point.id == event.point else point for point in session.delivery
    )
    begun = [point.at for point in in_order(points) if point.kind in ("start", "dose")]
    stops = [point.at for point in points if point.kind == "stop"]
    return {
        "delivery": points,
        "dosing_started_at": begun[0] if begun else session.dosing_started_at,
        "dosing_ended_at": None if session.dosing_ended_at is None or not stops else max(stops),
    }


def _reading_corrected(session: Session, event: ReadingCorrected) -> dict[str, Any]:
    irregular: tuple[str, ...] = ()
    if all(c.reading.id != event.corrects or c.replaced_by is not None for c in session.readings):
        irregular = (f"session.reading_corrected names no reading {event.corrects} that counts",)
    by = VOID if event.reading is None else event.reading.id
    readings = tuple(
        charted.model_copy(update={"replaced_by": by, "reason": event.reason})
        if charted.reading.id == event.corrects and charted.replaced_by is None
        else charted
        for charted in session.readings
    )
    if event.reading is not None:
        readings = (*readings, _charted(event.reading, event))
    return {"readings": readings, "irregular": irregular}
