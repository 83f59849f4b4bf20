"""Views of audit. They show who recorded what kind of thing; payloads stay sealed, patients are opaque ids."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.log import record
from ataraxy.clinic.access.models import AccessEntry, BreakGlass
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, action, page
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.pages.audit import verification as verifying
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import the_practice
from ataraxy.errors import InputError
from ataraxy.practice.journal import JournalLine, journal
from ataraxy.record.anchor import Anchor
from ataraxy.record.export import export_lines
from ataraxy.therapy.moment import EARLIEST, LATEST

PAGE_SIZE: Final = 50
LARGEST_ANCHORS: Final = 256 * 1024
# Kinds of histories, as an auditor calls them.
ABOUT: Final[dict[str, str]] = {
    "person": "Chart of a patient",
    "course": "Course",
    "session": "Session",
    "alerts": "Alerts of a patient",
    "drug-register": "Drug register",
    "site": "The clinic",
    "staff": "Staff",
    "exports": "Exports",
    "record": "The record itself",
}


class JournalFilter(forms.Form):
    """Which entries are shown."""

    author = forms.ChoiceField(label="Recorded by", required=False)
    about = forms.ChoiceField(label="About", required=False, choices=[("", "Everything"), *ABOUT.items()])
    id = forms.RegexField(
        label="Its id, or the beginning", regex=r"^[0-9a-zA-Z._:@-]{4,64}$", required=False, strip=True
    )
    kind = forms.RegexField(
        label="Kind",
        regex=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$",
        max_length=60,
        required=False,
        strip=True,
    )
    day = forms.DateField(label="Day", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if day is not None and not EARLIEST.year <= day.year < LATEST.year:
            raise forms.ValidationError("Check the year.", code="year")
        return day

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(p.staff_id, p.display_name) for p in Person.objects.order_by("display_name")]
        self.fields["author"].choices = [("", "Anybody"), *people]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        if asked.get("id") and not asked.get("about"):
            self.add_error("about", "Say what the id is of.")
        return asked


class AnchorsForm(forms.Form):
    """Anchors that were kept elsewhere."""

    anchors = forms.FileField(
        label="Anchors kept elsewhere",
        required=False,
        help_text="Shows that nothing was cut off since they were made.",
        widget=forms.ClearableFileInput(attrs={"accept": ".json,.jsonl,text/plain"}),
    )

    def clean_anchors(self) -> bytes:
        file = self.cleaned_data["anchors"]
        if not file:
            return b""
        content: bytes = file.read(LARGEST_ANCHORS + 1)
        if len(content) > LARGEST_ANCHORS:
            raise forms.ValidationError("A file of anchors is smaller than 256 kB.")
        return content


def _rows(lines: tuple[JournalLine, ...]) -> list[dict[str, Any]]:
    names = names_of({line.author for line in lines})
    return [
        {
            "line": line,
            "who": names[line.author],
            "about": ABOUT.get(line.about, line.about),
            "what": re.sub(r"[._]", " ", line.kind.partition(".")[2] or line.kind),
        }
        for line in lines
    ]


def _verification(request: ClinicRequest) -> dict[str, Any]:
    home = settings.HOME
    outcome = verifying.last_outcome(home)
    since = verifying.running_since(home)
    return {
        "outcome": outcome,
        "asked_by": "" if outcome is None else names_of([outcome.by])[outcome.by],
        "ended_at": None if outcome is None else datetime.fromisoformat(outcome.ended_at),
        "running_since": since,
        "running_s": 0 if since is None else int((datetime.now(UTC) - since).total_seconds()),
        "may_verify": request.access.may(Permission.RECORD_VERIFY),
    }


@page(Permission.AUDIT_VIEW, patient=NO_PATIENT)
def audit(request: ClinicRequest) -> HttpResponse:
    """The head of the chain, the last verification, what was recorded and opened last, and what can be taken out."""
    practice = the_practice()
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    opened = AccessEntry.objects.filter(at__gte=today)
    context = {
        "head": practice.record.head(),
        "rows": _rows(journal(practice, limit=12)),
        "form": AnchorsForm(),
        "seen": opened.filter(kind="seen").count(),
        "done": opened.filter(kind="done").count(),
        "denied": opened.filter(kind="denied").count(),
        "failed": opened.filter(kind__in=("sign_in_failed", "factor_failed", "unlock_failed")).count(),
        "unreviewed": BreakGlass.objects.filter(reviewed_at=None).count(),
        "may_export": request.access.may(Permission.RECORD_EXPORT),
        "may_research": request.access.may(Permission.RESEARCH_VIEW),
        **_verification(request),
    }
    return render(request, "audit/audit.html", context)


@page(Permission.AUDIT_VIEW, patient=NO_PATIENT)
def entries(request: ClinicRequest) -> HttpResponse:
    """Entries of the record, newest first, by author, kind of history, id, kind and day."""
    form = JournalFilter(request.GET or None)
    asked: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        found = form.cleaned_data
        asked = {
            "author": found["author"],
            "about": found["about"],
            "id_": found["id"],
            "kind": found["kind"],
        }
        if found["day"]:
            start = timezone.make_aware(datetime.combine(found["day"], datetime.min.time()))
            asked |= {"since": start, "until": start + timedelta(days=1)}
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
    lines = journal(the_practice(), limit=PAGE_SIZE + 1, before=before, **asked)
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "form": form,
        "rows": _rows(lines[:PAGE_SIZE]),
        "query": query.urlencode(),
        "older": lines[PAGE_SIZE - 1].seq if len(lines) > PAGE_SIZE else None,
        "later": before is not None,
    }
    return render(request, "audit/entries.html", context)


@action(Permission.RECORD_VERIFY, patient=NO_PATIENT)
def verify(request: ClinicRequest) -> HttpResponse:
    """Starts a verification, with anchors where some are given."""
    form = AnchorsForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, " ".join(str(e) for errors in form.errors.values() for e in errors))
        return redirect("audit")
    who = request.access.who
    if verifying.start(settings.HOME, by=who.staff_id, anchors=form.cleaned_data["anchors"]):
        record("record_verified", request=request, person=who.pk)
    else:
        messages.info(request, "A verification is running already; its result will be shown here.")
    return redirect("audit")


@page(Permission.AUDIT_VIEW, patient=NO_PATIENT, passive=True)
def verification(request: ClinicRequest) -> HttpResponse:
    """The part of the page that asks whether the verification has come to an end."""
    return render(request, "audit/verification.html", _verification(request))


@page(Permission.RECORD_VERIFY, patient=NO_PATIENT)
def anchor(request: ClinicRequest) -> HttpResponse:
    """The head of the chain as a small file, to be kept elsewhere."""
    practice = the_practice()
    head = practice.record.head()
    try:
        made = Anchor.of(head.seq, head.hash, practice.now())
    except InputError as error:
        messages.error(request, error.sentence)
        return redirect("audit")
    response = HttpResponse(f"{made.line()}\n", content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="anchor-{head.seq}.json"'
    return response


@action(Permission.RECORD_EXPORT, patient=NO_PATIENT)
def export(request: ClinicRequest) -> HttpResponseBase:
    """Every entry as JSON lines, sealed values sealed, as the verifier reads them."""
    found = the_practice().record
    head = found.head()
    record("record_exported", request=request, person=request.access.who.pk, detail=f"to entry {head.seq}")
    response = StreamingHttpResponse(
        export_lines(found, until=head.seq), content_type="application/x-ndjson; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="record-{head.seq}-{os.urandom(2).hex()}.jsonl"'
    return response
