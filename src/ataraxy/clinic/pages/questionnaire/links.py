"""Making a link, finding what it opens, and taking the answers once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from ataraxy.clinic.access.log import record
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.pages.questionnaire.models import QuestionnaireLink
from ataraxy.exchange.instrument_file import instruments
from ataraxy.practice.beginnings import begins_with
from ataraxy.practice.practice import Done, Practice
from ataraxy.practice.scores import patient_as_actor, record_score
from ataraxy.practice.site import the_site
from ataraxy.record.schema import ENTRY
from ataraxy.therapy.instruments.instrument import Instrument, Reproduction
from ataraxy.therapy.refusal import Refusal

LONGEST_HOURS: Final = 7 * 24


def may_be_sent() -> tuple[Instrument, ...]:
    """Return the scales that a patient can fill in here: self-rated, and their text may be shown."""
    return tuple(
        instrument
        for instrument in instruments().values()
        if instrument.rated_by == "self"
        and instrument.reproduction is not Reproduction.TOTAL_ONLY
        and instrument.answers
    )


def crisis_numbers(practice: Practice) -> tuple[str, ...]:
    """Return whom a patient in danger calls, as the clinic says it: in the record, or in its settings."""
    description = the_site(practice).description
    said = () if description is None else description.crisis_numbers
    return tuple(n for n in said if n.strip()) or tuple(
        f"{one.label} {one.number}" for one in settings.HOME.settings.crisis_numbers
    )


def send(
    practice: Practice, patient: str, instrument_id: str, hours: int, *, by: Person, request: HttpRequest
) -> tuple[QuestionnaireLink, str]:
    """Return a new link and its token, which is shown once and kept nowhere.

    Raises:
        Refusal: ``questionnaire.instrument``, ``questionnaire.hours``; ``questionnaire.crisis-numbers``: the clinic has
            named nobody whom a patient in danger could call.
    """
    found = next((one for one in may_be_sent() if one.id == instrument_id), None)
    if found is None:
        raise Refusal(
            "this scale cannot be sent",
            code="questionnaire.instrument",
            remedy="Choose one that the person rates and whose text may be shown",
        )
    if not 1 <= hours <= LONGEST_HOURS:
        raise Refusal(
            f"the link would be open for {hours} h",
            code="questionnaire.hours",
            remedy=f"Choose 1 to {LONGEST_HOURS} h",
        )
    if not crisis_numbers(practice):
        raise Refusal(
            "the clinic has named no crisis number",
            code="questionnaire.crisis-numbers",
            remedy="The medical director describes the clinic with its crisis numbers first",
        )
    token = QuestionnaireLink.new_token()
    with transaction.atomic():
        link = QuestionnaireLink.objects.create(
            digest=QuestionnaireLink.digest_of(token),
            patient=patient,
            instrument=found.id,
            version=found.version,
            created_by=by.staff_id,
            expires_at=timezone.now() + timedelta(hours=hours),
        )
        record("questionnaire_sent", request=request, person=by.pk, patient=patient, detail=found.id)
    return link, token


def withdraw(link: QuestionnaireLink, *, by: Person, request: HttpRequest) -> bool:
    """Close a link that is still open; False where it was not."""
    with transaction.atomic():
        closed = QuestionnaireLink.objects.filter(
            pk=link.pk, answered_at=None, withdrawn_at=None, expires_at__gt=timezone.now()
        ).update(withdrawn_at=timezone.now())
        if closed:
            record("questionnaire_withdrawn", request=request, person=by.pk, patient=link.patient)
    return bool(closed)


def opened_by(token: str) -> tuple[QuestionnaireLink, Instrument] | None:
    """Return what a token opens now; None where it opens nothing, whatever the reason."""
    link = QuestionnaireLink.objects.filter(digest=QuestionnaireLink.digest_of(token)).first()
    if link is None or link.state(timezone.now()) != "open":
        return None
    instrument = instruments().get(link.instrument)
    if instrument is None or instrument.version != link.version:
        return None
    return link, instrument


def answer(
    practice: Practice,
    link: QuestionnaireLink,
    instrument: Instrument,
    answers: Sequence[int | None],
    *,
    request: HttpRequest,
) -> Done | None:
    """Record the answers as the patient's own, once; None where the link was used or closed in between.

    Raises:
        InputError: the answers give no score, such as with too many left out; the link stays open.
    """
    with transaction.atomic():
        # The claim comes first and holds out others; it is undone where the answers are not recorded.
        claimed = QuestionnaireLink.objects.filter(
            pk=link.pk, answered_at=None, withdrawn_at=None, expires_at__gt=timezone.now()
        ).update(answered_at=timezone.now())
        if not claimed:
            return None
        key = request_name(link)
        if _was_recorded(practice, key):
            # The server stopped between both databases: the answers are there, and that they are is written now.
            return Done((), replayed=True)
        done = record_score(
            practice, link.patient, instrument, answers=answers, by=patient_as_actor(link.patient), key=key
        )
        record("questionnaire_answered", request=request, patient=link.patient, detail=link.instrument)
    return done


def request_name(link: QuestionnaireLink) -> str:
    """Return how the answers to a link name themselves in the record; it does not say which link it was."""
    return f"questionnaire-{hashlib.sha256(link.pk.encode()).hexdigest()[:32]}"


def _was_recorded(practice: Practice, key: str) -> bool:
    begun = begins_with(practice.record.engine, ENTRY.c.key, f"{key}:")
    statement = sa.select(ENTRY.c.seq).where(begun).limit(1)
    with practice.record.reading() as connection:
        return connection.execute(statement).first() is not None
