"""What spans people: open alerts, and the head of the record."""

# The annotations of operations are read when this is loaded, from behind a decorator: they cannot be text.
from ninja import Router

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, page
from ataraxy.clinic.api.bodies import AlertLine, RecordHead
from ataraxy.clinic.api.interface import errors
from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice import lists

router = Router(tags=["clinic"])


@router.get(
    "/alerts", response={200: list[AlertLine], **errors()}, summary="Alerts that nobody has acknowledged"
)
@page(Permission.ALERT_VIEW, patient=NO_PATIENT, token=True)
def alerts_open(request: ClinicRequest) -> list[AlertLine]:
    """Of the people whom the token's person may open, the latest first."""
    return [
        AlertLine(
            id=row.alert,
            person=row.person,
            kind=row.kind,
            urgency=row.urgency,
            raised_at=row.raised_at,
            escalated_to=row.escalated_to or "",
        )
        for row in lists.alerts(the_practice(), open_only=True)
        if request.access.sees(row.person)
    ]


@router.get("/record/head", response={200: RecordHead, **errors()}, summary="The last entry of the record")
@page(Permission.RECORD_VERIFY, patient=NO_PATIENT, token=True)
def record_head(request: ClinicRequest) -> RecordHead:
    """Its number and hash; 0 and zeros where there is none."""
    head = the_practice().record.head()
    return RecordHead(seq=head.seq, hash=head.hash)
