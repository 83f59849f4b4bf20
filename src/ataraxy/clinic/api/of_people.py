"""People: referral, facts, scores, what the gate says."""

# The annotations of operations are read when this is loaded, from behind a decorator: they cannot be text.
import hashlib
import uuid
from typing import Annotated

from ninja import Header, Router

from ataraxy.clinic.access import care
from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, action, page
from ataraxy.clinic.api.bodies import (
    Acknowledgement,
    GateAnswer,
    GateFinding,
    Key,
    NewFact,
    NewPerson,
    NewScore,
    PersonLine,
    Recorded,
    ScoreLine,
)
from ataraxy.clinic.api.interface import errors
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.exchange.instrument_file import get_instrument
from ataraxy.practice import alerts, lists, people
from ataraxy.practice.scores import record_score
from ataraxy.therapy.chart_events import FactRecorded, PersonIdentified, PersonReferred
from ataraxy.therapy.fact import Fact

router = Router(tags=["people"])


@router.get("/people", response={200: list[PersonLine], **errors()}, summary="People who were referred")
@page(Permission.PATIENT_VIEW, patient=NO_PATIENT, token=True)
def people_listed(request: ClinicRequest) -> list[PersonLine]:
    """Those whom the token's person may open, the latest referral first; without names."""
    practice = the_practice()
    rows = lists.people(practice)
    seen = care.own_patients(request.access.who, {row.person for row in rows})
    return [
        PersonLine(
            id=row.person,
            referred_at=row.referred_at,
            disorder=row.disorder or "",
            decision=row.decision or "",
            decided_at=row.decided_at,
        )
        for row in rows
        if row.person in seen
    ]


@router.post("/people", response={200: Recorded, **errors()}, summary="Refer a person")
@action(Permission.PATIENT_REFER, patient=NO_PATIENT, token=True)
def refer(
    request: ClinicRequest, body: NewPerson, key: Annotated[Key, Header(alias="Idempotency-Key")]
) -> Recorded:
    """The answer names the person's new opaque id; the token's person cares for them from now on."""
    who, practice = request.access.who, the_practice()
    by = actor_of(who)
    at = body.referred_at
    # sent again it is the same person, and with other content under the same key it is another
    content = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    person = uuid.uuid5(uuid.NAMESPACE_OID, f"{by.id}/{key}/{content}").hex
    referred = PersonReferred(
        person=person, at=at, by=by.id, referred_by=body.referred_by, reason=body.reason
    )
    identified = PersonIdentified(
        person=person, at=at, by=by.id, name=body.name, born=body.born, sex=body.sex
    )
    done = people.record(practice, [referred, identified], by=by, key=key)
    care.assign(who, person, by=who.pk)
    return Recorded(seq=done.seq, replayed=done.replayed, id=person)


@router.post("/people/{person_id}/facts", response={200: Recorded, **errors()}, summary="Record a fact")
@action(Permission.CHART_WRITE, patient="person_id", token=True)
def chart_fact(
    request: ClinicRequest,
    person_id: str,
    body: NewFact,
    key: Annotated[Key, Header(alias="Idempotency-Key")],
) -> Recorded:
    """A name that is not in the vocabulary of facts, or a value that it does not allow, is refused."""
    practice, by = the_practice(), actor_of(request.access.who)
    people.person_file(practice, person_id)
    at = body.observed_at
    fact = Fact(name=body.name, value=body.value, unit=body.unit, observed_at=at, source=body.source)
    done = people.record(practice, FactRecorded(person=person_id, at=at, by=by.id, fact=fact), by=by, key=key)
    return Recorded(seq=done.seq, replayed=done.replayed)


@router.get(
    "/people/{person_id}/scores", response={200: list[ScoreLine], **errors()}, summary="Scores of a person"
)
@page(Permission.PATIENT_VIEW, patient="person_id", token=True)
def scores_listed(request: ClinicRequest, person_id: str) -> list[ScoreLine]:
    """In the order of their times."""
    practice = the_practice()
    people.person_file(practice, person_id)
    return [
        ScoreLine(instrument=row.instrument, total=row.total, at=row.at, flags=list(row.flags))
        for row in lists.scores(practice, person=person_id)
    ]


@router.post("/people/{person_id}/scores", response={200: Recorded, **errors()}, summary="Record a score")
@action(Permission.SCORE_WRITE, patient="person_id", token=True)
def chart_score(
    request: ClinicRequest,
    person_id: str,
    body: NewScore,
    key: Annotated[Key, Header(alias="Idempotency-Key")],
) -> Recorded:
    """Scored by the instrument's own rules; answers about dying and worsening raise alerts with it."""
    practice = the_practice()
    people.person_file(practice, person_id)
    done = record_score(
        practice,
        person_id,
        get_instrument(body.instrument),
        answers=body.answers,
        total=body.total,
        by=actor_of(request.access.who),
        key=key,
        at=body.at,
        session=body.session,
    )
    return Recorded(seq=done.seq, replayed=done.replayed)


@router.get(
    "/people/{person_id}/gate", response={200: GateAnswer, **errors()}, summary="What the gate says now"
)
@page(Permission.SCREENING_VIEW, patient="person_id", token=True)
def gate(request: ClinicRequest, person_id: str) -> GateAnswer:
    """Every rule that is not met or cannot be answered, with its reason and its source."""
    practice = the_practice()
    people.person_file(practice, person_id)
    judgement = people.ask_gate(practice, person_id)
    return GateAnswer(
        decision=judgement.decision.value,
        rules=f"{judgement.rules}/{judgement.rules_version}",
        at=judgement.at,
        findings=[
            GateFinding(
                rule=f.rule,
                version=f.version,
                title=f.title,
                status=f.status.value,
                effect="" if f.effect is None else f.effect.value,
                reason=f.reason,
                remedy=f.remedy,
                source=f.source,
                grade=f.grade.value,
            )
            for f in judgement.findings
        ],
    )


@router.post(
    "/people/{person_id}/alerts/{alert_id}/acknowledgement",
    response={200: Recorded, **errors()},
    summary="Acknowledge an alert",
)
@action(Permission.ALERT_ACKNOWLEDGE, patient="person_id", token=True)
def acknowledge(
    request: ClinicRequest,
    person_id: str,
    alert_id: str,
    body: Acknowledgement,
    key: Annotated[Key, Header(alias="Idempotency-Key")],
) -> Recorded:
    """As the clinician who acts on it."""
    done = alerts.acknowledge(
        the_practice(),
        person_id,
        alert_id[:64],
        body.comment,
        by=actor_of(request.access.who),
        key=key,
        at=body.at,
    )
    return Recorded(seq=done.seq, replayed=done.replayed, id=alert_id[:64])
