"""Sessions: those of today, one as it stands, readings and adverse events by the run sheet's own commands."""

# The annotations of operations are read when this is loaded, from behind a decorator: they cannot be text.
from datetime import datetime, timedelta
from typing import Annotated

from django.utils import timezone
from ninja import Header, Router

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, action, page
from ataraxy.clinic.api.bodies import (
    DueReading,
    Key,
    NewAdverseEvent,
    NewReading,
    Recorded,
    SessionLine,
    SessionNow,
)
from ataraxy.clinic.api.interface import errors
from ataraxy.clinic.pages.run_sheet.views import ON_ITS_WAY, patient_of_session
from ataraxy.clinic.run_sheet.commands import MEASURES, Charted, carry_out
from ataraxy.clinic.run_sheet.picture import picture
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.practice import lists
from ataraxy.practice.aggregate import SESSION
from ataraxy.practice.site import policy_in_force
from ataraxy.practice.tablet import SentFromTablet
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session.monitoring import DueStatus

router = Router(tags=["sessions"])


@router.get(
    "/sessions/today",
    response={200: list[SessionLine], **errors()},
    summary="Sessions of today, and who is still here",
)
@page(Permission.TODAY_VIEW, patient=NO_PATIENT, token=True)
def sessions_today(request: ClinicRequest) -> list[SessionLine]:
    """Of the people whom the token's person may open."""
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    rows = lists.sessions_of_now(the_practice(), start, start + timedelta(days=1))
    return [
        SessionLine(
            id=row.session,
            person=row.person,
            course=row.course,
            number=row.number,
            state=row.state.value,
            scheduled_at=row.scheduled_at,
        )
        for row in rows
        if request.access.sees(row.person)
    ]


@router.get(
    "/sessions/{session_id}", response={200: SessionNow, **errors()}, summary="A session as it stands"
)
@page(Permission.SESSION_VIEW, patient=patient_of_session, token=True)
def session_now(request: ClinicRequest, session_id: str) -> SessionNow:
    """State, what is due, and the rules that hold."""
    practice = the_practice()
    loaded = practice.load(SESSION, session_id)
    session = loaded.state
    assert session is not None
    assert session.plan is not None
    shown = picture(session, policy_in_force(practice), practice.now())
    open_due = (DueStatus.DUE, DueStatus.OVERDUE, DueStatus.PENDING)
    return SessionNow(
        id=session_id,
        person=session.plan.patient,
        course=session.plan.course,
        number=session.plan.index + 1,
        state=session.state.value,
        scheduled_at=session.plan.scheduled_at,
        version=loaded.version,
        seen=shown.seen,
        readings=len(session.readings),
        due=[
            DueReading(at=due.at, status=due.status.value, measures=sorted(m.value for m in due.measures))
            for due, _ in shown.due
            if due.status in open_due
        ],
        holds=[finding.rule for finding in shown.findings],
    )


@router.post(
    "/sessions/{session_id}/readings", response={200: Recorded, **errors()}, summary="Chart a reading"
)
@action(Permission.SESSION_CHART, patient=patient_of_session, token=True)
def chart_reading(
    request: ClinicRequest,
    session_id: str,
    body: NewReading,
    key: Annotated[Key, Header(alias="Idempotency-Key")],
) -> Recorded:
    """It stands where it was taken; one that arrives late is marked so."""
    practice = the_practice()
    charted = _charted(request, session_id, key, body.taken_at)
    fields = {name: str(value) for name in MEASURES if (value := getattr(body, name)) is not None}
    fields |= {"taken_at": body.taken_at.isoformat(), "note": body.note}
    try:
        done = carry_out(practice, "reading", fields, charted)
    except Refusal as refusal:
        if refusal.code != "reading.twice" or not _is_there(session_id, charted.new_id("reading"), body):
            raise
        # its id comes from the key: the first of the two requests recorded it, and its answer was lost
        return Recorded(seq=0, replayed=True, id=charted.new_id("reading"))
    return Recorded(seq=done.seq, replayed=done.replayed, id=charted.new_id("reading"))


@router.post(
    "/sessions/{session_id}/adverse-events",
    response={200: Recorded, **errors()},
    summary="Chart an adverse event",
)
@action(Permission.SESSION_CHART, patient=patient_of_session, token=True)
def chart_adverse_event(
    request: ClinicRequest,
    session_id: str,
    body: NewAdverseEvent,
    key: Annotated[Key, Header(alias="Idempotency-Key")],
) -> Recorded:
    """Graded 1 to 5; grades 4 and 5 are serious."""
    charted = Charted(session_id, key, body.at, actor_of(request.access.who))
    fields = {
        "id": body.id,
        "term": body.term,
        "grade": str(body.grade),
        "serious": list(body.serious),
        "started_at": body.at.isoformat(),
        "action": body.action,
        "outcome": body.outcome,
        "note": body.note,
    }
    done = carry_out(the_practice(), "adverse_event", fields, charted)
    return Recorded(seq=done.seq, replayed=done.replayed, id=body.id or charted.new_id("adverse-event"))


def _charted(request: ClinicRequest, session_id: str, key: str, at: datetime) -> Charted:
    now = the_practice().now()
    by = actor_of(request.access.who)
    if now - at < ON_ITS_WAY:
        return Charted(session_id, key, at, by)
    late = SentFromTablet(
        session=session_id, at=at, by=by.id, tablet_time=at, clock_offset_ms=None, sent_at=now
    )
    return Charted(session_id, key, at, by, (late,))


def _is_there(session_id: str, reading_id: str, body: NewReading) -> bool:
    session = the_practice().load(SESSION, session_id).state
    assert session is not None
    for charted in session.readings:
        reading = charted.reading
        if reading.id == reading_id:
            return reading.taken_at == body.taken_at and all(
                getattr(reading, name) == getattr(body, name) for name in MEASURES
            )
    return False
