"""Views of the run sheet. An entry goes the same way from a form, from a queue and from two tablets at once."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import action, page, public
from ataraxy.clinic.run_sheet.commands import Charted, carry_out
from ataraxy.clinic.run_sheet.picture import picture
from ataraxy.clinic.run_sheet.published_range import REFERENCE, PublishedRange, published_range
from ataraxy.clinic.run_sheet.sealed_entry import SealedEntry, entry_context, open_entry, public_key
from ataraxy.clinic.run_sheet.trends import trends
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import AtaraxyError, InputError
from ataraxy.practice.aggregate import PERSON, SESSION
from ataraxy.practice.sent_before import sent_before
from ataraxy.practice.site import policy_in_force, the_site
from ataraxy.practice.tablet import SentFromTablet
from ataraxy.therapy.actor import Action, may
from ataraxy.therapy.moment import Moment
from ataraxy.therapy.session.adverse_event import TERMS
from ataraxy.therapy.session.state import Session

# An entry that took longer than this on its way, or came from a clock further off, is recorded with both times.
ON_ITS_WAY: Final = timedelta(seconds=15)
CLOCKS_AGREE_MS: Final = 2000
# Refusals that say nothing about the entry: the tablet keeps it and sends it again.
PASSING: Final = frozenset({"practice.busy"})
LARGEST_ENTRY: Final = 128 * 1024


class Sent(BaseModel):
    """An entry as a tablet sends it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[0-9a-fA-F-]{8,64}$")
    author: str = Field(min_length=1, max_length=64)
    occurred_at: Moment
    # a clock that fell back to 1970 is behind by 1.8e12
    clock_offset_ms: int | None = Field(ge=-(10**13), le=10**13)
    sealed: SealedEntry


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str = Field(max_length=40)
    fields: dict[str, str | list[str]]


def patient_of_session(request: HttpRequest, session_id: str) -> str | None:
    """Return whose session it is; None where there is none."""
    session = _session(session_id)
    return None if session is None or session.plan is None else session.plan.patient


@page(Permission.SESSION_VIEW, patient=patient_of_session)
def sheet(request: ClinicRequest, session_id: str) -> HttpResponse:
    """The sheet with its forms; readings and findings come with its live part."""
    context = _context(request, session_id)
    if request.access.may(Permission.PATIENT_IDENTITY):
        # whoever confirms by two identifiers has two to compare with; a tablet without a network keeps none
        file = the_practice().load(PERSON, context["session"].plan.patient).state
        context["identity"] = None if file is None else file.chart.person
    return render(request, "run_sheet/sheet.html", context)


@page(Permission.SESSION_VIEW, patient=patient_of_session, passive=True)
def live(request: ClinicRequest, session_id: str) -> HttpResponse:
    """The part that changes. Answered 304 while nothing was charted; what is due by then is known to the page."""
    practice = the_practice()
    loaded = practice.load(SESSION, session_id)
    now = practice.now()
    published = _published(request, loaded.state)
    tag = f'"{loaded.version}.{now:%H%M}.{published.state[0] if published else ""}"'
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        response = render(request, "run_sheet/live.html", _context(request, session_id, published))
    response["ETag"] = tag
    response["X-Server-Time-Ms"] = str(int(now.timestamp() * 1000))
    response["Cache-Control"] = "no-store"
    return response


@page(Permission.SESSION_VIEW, patient=patient_of_session)
def offline(request: ClinicRequest, session_id: str) -> HttpResponse:
    """What a tablet keeps to open the sheet without a network: forms and times, nothing about whose session it is."""
    practice = the_practice()
    session = practice.load(SESSION, session_id).state
    if session is None or session.plan is None:
        raise Http404
    shown = picture(session, policy_in_force(practice), practice.now())
    context = {"picture": shown, "adverse_event_terms": TERMS, **_addresses(session_id)}
    return render(request, "run_sheet/offline.html", context)


@action(Permission.SESSION_CHART, patient=patient_of_session)
def entries(request: ClinicRequest, session_id: str) -> HttpResponse:
    """Take one entry. Answers ``recorded``, or ``refused`` with the reason; never both, and never twice."""
    try:
        sent = Sent.model_validate_json(request.body[:LARGEST_ENTRY])
    except ValidationError as error:
        return _refused(f"the entry is damaged: {error.errors(include_input=False)[0]['msg']}", "", 400)
    who = request.access.who
    if sent.author != who.staff_id:
        # Whoever is signed in now is somebody else: the entry waits for its author.
        return JsonResponse({"status": "other-author"}, status=403)
    practice = the_practice()
    now = practice.now()
    occurred = _by_server_clock(sent, now)
    context = entry_context(
        key=sent.key, session=session_id, author=sent.author, occurred_at=_as_sent(request.body)
    )
    try:
        asked = _Asked.model_validate_json(open_entry(queue_secret(), sent.author, sent.sealed, context))
        charted = Charted(
            session=session_id,
            key=sent.key,
            at=occurred,
            by=actor_of(who),
            beside=_beside(sent, session_id, occurred, now),
        )
        before = sent_before(practice, SESSION.stream(session_id), sent.key, sent.author)
        if before is not None:
            # Its answer was lost on the way.
            return JsonResponse({"status": "recorded", "seq": before, "replayed": True})
        done = carry_out(practice, asked.command, asked.fields, charted)
    except ValidationError as error:
        return _refused(f"the entry is damaged: {error.errors(include_input=False)[0]['msg']}", "", 400)
    except InputError as refusal:
        if refusal.code in PASSING:
            return JsonResponse({"status": "unavailable", "reason": refusal.message}, status=503)
        return _refused(refusal.message, refusal.remedy, 422, refusal.code)
    except AtaraxyError as error:
        # The record cannot be written now: the entry stays on the tablet.
        return JsonResponse({"status": "unavailable", "reason": error.message}, status=503)
    return JsonResponse({"status": "recorded", "seq": done.seq, "replayed": done.replayed})


@public("a script that opens the sheet without a network; it holds nothing about anybody")
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from the root so that it may open every sheet."""
    response = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    response["Cache-Control"] = "no-cache"
    return response


def queue_secret() -> bytes:
    """Return what the keys of tablets' queues are derived from. With another secret of the clinic they are lost."""
    return hashlib.sha256(b"ataraxy-queue|" + settings.HOME.secret().encode()).digest()


def _session(session_id: str) -> Session | None:
    return the_practice().load(SESSION, session_id).state if session_id.isalnum() else None


def _published(request: HttpRequest, session: Session | None) -> PublishedRange | None:
    """The published range, where it was asked for."""
    if "range" not in request.GET or session is None or session.plan is None:
        return None
    plan = session.plan
    return published_range(settings.HOME.path, plan.protocol, plan.protocol_version, plan.index)


def _context(
    request: ClinicRequest, session_id: str, published: PublishedRange | None = None
) -> dict[str, Any]:
    practice = the_practice()
    session = practice.load(SESSION, session_id).state
    if session is None or session.plan is None:
        raise Http404
    now = practice.now()
    shown = picture(session, policy_in_force(practice), now)
    who, described = request.access.who, the_site(practice).description
    return {
        "picture": shown,
        "session": session,
        "trends": trends(session, now, published.bands if published else None),
        "published": published,
        "reference": REFERENCE,
        "adverse_event_terms": TERMS,
        "chairs": () if described is None else described.chairs,
        # A therapist charts contacts and risk, which have a page of their own: no form here that only refuses.
        "may_chart": request.access.may(Permission.SESSION_CHART) and may(actor_of(who), Action.CHART),
        "may_prescribe": request.access.may(Permission.SESSION_PRESCRIBE),
        "author": who.staff_id,
        "author_label": who.display_name,
        "author_key": public_key(queue_secret(), who.staff_id),
        **_addresses(session_id),
    }


def _addresses(session_id: str) -> dict[str, str]:
    root = f"/session/{session_id}/"
    return {
        "session_id": session_id,
        "zone": settings.TIME_ZONE,
        "entry_url": f"{root}entries/",
        "live_url": f"{root}live/",
        "offline_url": f"{root}offline/",
        "sign_in_url": f"/sign-in/?next={root}",
    }


def _by_server_clock(sent: Sent, now: datetime) -> datetime:
    offset = timedelta(milliseconds=sent.clock_offset_ms or 0)
    # Nothing happened later than it arrived, whatever the tablet's clock says.
    return min(sent.occurred_at + offset, now)


def _beside(sent: Sent, session_id: str, occurred: datetime, now: datetime) -> tuple[BaseModel, ...]:
    offset = sent.clock_offset_ms
    if now - occurred < ON_ITS_WAY and offset is not None and abs(offset) < CLOCKS_AGREE_MS:
        return ()
    return (
        SentFromTablet(
            session=session_id,
            at=occurred,
            by=sent.author,
            tablet_time=sent.occurred_at,
            clock_offset_ms=offset,
            sent_at=now,
        ),
    )


def _as_sent(body: bytes) -> str:
    """The time as the tablet wrote it: the seal is bound to its letters."""
    return str(json.loads(body)["occurred_at"])


def _refused(reason: str, remedy: str, status: int, code: str = "") -> JsonResponse:
    text = f"{reason}. {remedy}" if remedy else reason
    return JsonResponse({"status": "refused", "reason": text, "code": code}, status=status)


@lru_cache(maxsize=1)
def _worker() -> bytes:
    return (Path(settings.STATICFILES_DIRS[0]) / "runsheet" / "service_worker.js").read_bytes()
