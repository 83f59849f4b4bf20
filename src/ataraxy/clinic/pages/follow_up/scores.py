"""A person's scores: what they are, entering one, sending a questionnaire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import action, page
from ataraxy.clinic.pages.charting.taken_back import SCORES, RetractForm, held_by
from ataraxy.clinic.pages.follow_up.forms import ItemsForm, SendForm, TotalForm
from ataraxy.clinic.pages.follow_up.link_picture import picture_of
from ataraxy.clinic.pages.questionnaire import links
from ataraxy.clinic.pages.questionnaire.models import QuestionnaireLink
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import InputError
from ataraxy.exchange.instrument_file import instruments
from ataraxy.practice import people
from ataraxy.practice.aggregate import PERSON, PersonFile
from ataraxy.practice.scores import record_score
from ataraxy.therapy.instruments.instrument import Instrument, Reproduction
from ataraxy.therapy.instruments.scoring import Change, change
from ataraxy.therapy.scale_score import ScaleScore

_WRITE: Final = Permission.SCORE_WRITE
MEASURES: Final = {
    "anxiety": "Anxiety",
    "trauma": "Trauma",
    "depression": "Depression",
    "suicidality": "Thoughts of suicide",
    "dissociation": "Dissociation",
    "sedation": "Sedation",
}
# Charted as readings on the run sheet, and not here.
_ON_THE_SHEET: Final = frozenset({"MOAA/S", "CADSS-6", "CADSS"})


@dataclass(frozen=True)
class ScaleHistory:
    """One scale of a person: its scores, and what changed.

    Attributes:
        instrument: the scale as it is now.
        scores: oldest first.
        since_first, since_last: of the latest, None where there is nothing to compare it with.
        flags: of the latest, in words.
    """

    instrument: Instrument
    scores: tuple[ScaleScore, ...]
    since_first: Change | None
    since_last: Change | None
    flags: tuple[str, ...]

    @property
    def latest(self) -> ScaleScore:
        return self.scores[-1]


@page(_WRITE, patient="patient_id")
def overview(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """What is recorded, what can be entered, and the links that are out."""
    return _overview(request, patient_id)


@page(_WRITE, post=_WRITE, patient="patient_id")
def enter(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """The form of one scale, and the score of what was entered."""
    file = _file(patient_id)
    instrument = instruments().get(request.GET.get("scale", ""))
    if instrument is None:
        raise Http404
    by_total = _by_total(instrument, request.GET.get("by", ""))
    form_type: Any = TotalForm if by_total else ItemsForm
    form = form_type(request.POST if request.method == "POST" else None, instrument=instrument)
    if request.method == "POST" and form.is_valid():
        by = actor_of(request.access.who)
        given: dict[str, Any] = (
            {"total": float(form.cleaned_data["total"])} if by_total else {"answers": form.answers}
        )
        try:
            done = record_score(
                the_practice(),
                patient_id,
                instrument,
                **given,
                by=by,
                key=form.cleaned_data["request"],
                at=form.cleaned_data["at"],
            )
        except InputError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            if sum(entry.kind == "alert.raised" for entry in done.entries):
                messages.warning(request, "Recorded. It raised an alert.")
            else:
                messages.success(request, "Recorded.")
            return redirect(f"/patient/{patient_id}/scores/#{instrument.id}")
    context = {
        "patient_id": patient_id,
        "name": file.chart.person.name,
        "instrument": instrument,
        "form": form,
        "by_total": by_total,
        "shows_text": instrument.reproduction is not Reproduction.TOTAL_ONLY,
    }
    return render(request, "follow_up/enter.html", context, status=422 if form.is_bound else 200)


@action(_WRITE, patient="patient_id")
def send(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """A new link, shown once, here."""
    file = _file(patient_id)
    form = SendForm(request.POST)
    if not form.is_valid():
        return _overview(request, patient_id, form, 422)
    try:
        link, token = links.send(
            the_practice(),
            patient_id,
            form.cleaned_data["instrument"],
            int(form.cleaned_data["hours"]),
            by=request.access.who,
            request=request,
        )
    except InputError as refusal:
        form.add_error(None, refusal.sentence)
        return _overview(request, patient_id, form, 422)
    address = request.build_absolute_uri(f"/q/{token}/")
    context = {
        "patient_id": patient_id,
        "name": file.chart.person.name,
        "link": link,
        "address": address,
        "picture": picture_of(address),
        "loopback": not settings.HOME.secure,
    }
    return render(request, "follow_up/link.html", context)


@action(_WRITE, patient="patient_id")
def withdraw(request: ClinicRequest, patient_id: str, link_id: str) -> HttpResponse:
    """Closes a link that was not used."""
    link = QuestionnaireLink.objects.filter(pk=link_id, patient=patient_id).first()
    if link is None:
        raise Http404
    if links.withdraw(link, by=request.access.who, request=request):
        messages.success(request, "Closed: the link opens nothing any more.")
    else:
        messages.warning(request, "The link was closed already.")
    return redirect("scores", patient_id=patient_id)


@action(_WRITE, patient="patient_id")
def retract(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """A score that was entered in error counts no more; both entries stay in the record."""
    by = actor_of(request.access.who)
    form = RetractForm(
        request.POST, held=held_by(_file(patient_id).chart, by, SCORES), auto_id="id_retract_%s"
    )
    if form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("entry", "reason")}
        try:
            people.record(
                the_practice(),
                form.retraction(by.id),
                by=by,
                key=form.cleaned_data["request"],
                asked={"section": "scores", **said},
            )
        except InputError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(
                request, "Taken back. An alert that it raised stays until somebody acknowledges it."
            )
            return redirect("scores", patient_id=patient_id)
    return _overview(request, patient_id, taken_back=form, status=422)


def _overview(
    request: ClinicRequest,
    patient_id: str,
    form: SendForm | None = None,
    status: int = 200,
    taken_back: RetractForm | None = None,
) -> HttpResponse:
    file = _file(patient_id)
    held = held_by(file.chart, actor_of(request.access.who), SCORES)
    sent = list(QuestionnaireLink.objects.filter(patient=patient_id)[:20])
    now = timezone.now()
    names = names_of({link.created_by for link in sent})
    scales = [i for i in instruments().values() if i.id not in _ON_THE_SHEET]
    context = {
        "patient_id": patient_id,
        "name": file.chart.person.name,
        "histories": _histories(file),
        "groups": [
            (word, [i for i in scales if i.measures == measure]) for measure, word in MEASURES.items()
        ],
        "form": form or SendForm(),
        "retract": taken_back or (RetractForm(held=held, auto_id="id_retract_%s") if held else None),
        "retract_opened": taken_back is not None,
        "sent": [(link, link.state(now), names[link.created_by]) for link in sent],
        "crisis": links.crisis_numbers(the_practice()),
    }
    return render(request, "follow_up/scores.html", context, status=status)


def _histories(file: PersonFile) -> list[ScaleHistory]:
    found: list[ScaleHistory] = []
    for instrument in instruments().values():
        scores = sorted(
            (s for s in file.chart.scores if s.scale == instrument.id and s.version == instrument.version),
            key=lambda s: s.at,
        )
        if not scores:
            continue
        latest = scores[-1]
        words = {flag.id: flag.means for flag in instrument.flags}
        found.append(
            ScaleHistory(
                instrument,
                tuple(scores),
                change(instrument, scores[0], latest) if len(scores) > 1 else None,
                change(instrument, scores[-2], latest) if len(scores) > 1 else None,
                tuple(words.get(flag, flag) for flag in latest.flags),
            )
        )
    return sorted(found, key=lambda h: h.latest.at, reverse=True)


def _by_total(instrument: Instrument, wanted: str) -> bool:
    """Whether the total is asked for: of scales without text, unless an item of it is looked at by itself."""
    if not instrument.items:
        return True
    if wanted in ("items", "total"):
        return wanted == "total"
    return instrument.reproduction is Reproduction.TOTAL_ONLY and not instrument.flags


def _file(patient_id: str) -> PersonFile:
    found = the_practice().load(PERSON, patient_id).state if patient_id.isalnum() else None
    if found is None:
        raise Http404
    return found
