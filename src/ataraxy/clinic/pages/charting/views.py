"""Views of charting: every form is a section of one page, and what was typed stays where something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from pydantic import ValidationError

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import action, page
from ataraxy.clinic.forms import Press
from ataraxy.clinic.pages.charting import forms as f
from ataraxy.clinic.pages.charting.taken_back import CHARTED, RetractForm, held_by
from ataraxy.clinic.pages.patient.views import heading, timeline_of
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import InputError
from ataraxy.practice import people
from ataraxy.practice.people import rules_in_force
from ataraxy.therapy import chart_events as e
from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.chart_decide import MAY_RECORD
from ataraxy.therapy.fact_kind import FACTS
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.rule import RuleSet

WRITE = Permission.CHART_WRITE


@dataclass(frozen=True)
class Sheet:
    """What the forms of a page need."""

    chart: PatientChart
    by: Actor
    rules: RuleSet | None

    @property
    def therapies(self) -> list[str]:
        """Kinds of psychotherapy that the clinic's rules know."""
        return [] if self.rules is None else sorted(p.therapy for p in self.rules.adequacy.psychotherapies)

    @property
    def classes(self) -> list[str]:
        """Classes of drugs that the clinic's rules know."""
        return [] if self.rules is None else sorted(self.rules.drugs.classes)

    @property
    def prescribes(self) -> bool:
        return Role.PRESCRIBER in self.by.roles

    def may(self, kind: str) -> bool:
        return bool(self.by.roles & MAY_RECORD[kind])

    def facts(self, group: str, data: Any = None) -> f.FactsForm:
        latest = self.chart.latest_facts(the_practice().now())
        return f.FactsForm(data, group=group, latest=latest, auto_id=f"id_{group}_%s")

    def retract(self, data: Any = None) -> RetractForm:
        held = held_by(self.chart, self.by, CHARTED)
        return RetractForm(data, held=held, auto_id="id_retract_%s")

    def treatment(self, data: Any = None) -> f.TreatmentForm:
        return f.TreatmentForm(data, therapies=self.therapies, auto_id="id_treatment_%s")

    def psychotherapy(self, data: Any = None) -> f.PsychotherapyForm:
        return f.PsychotherapyForm(data, auto_id="id_psychotherapy_%s")

    def medication(self, data: Any = None) -> f.MedicationForm:
        return f.MedicationForm(
            data, classes=self.classes, prescribes=self.prescribes, auto_id="id_medication_%s"
        )

    def diagnosis(self, data: Any = None) -> f.DiagnosisForm:
        return f.DiagnosisForm(data, auto_id="id_diagnosis_%s")


@page(Permission.PATIENT_VIEW, patient="patient_id")
def chart(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """What is charted, with the forms of whoever may chart."""
    return _chart(request, patient_id)


@action(WRITE, patient="patient_id")
def facts(request: ClinicRequest, patient_id: str, group: str) -> HttpResponse:
    """Records the facts of one group that were filled in."""
    if group not in f.GROUPS:
        raise Http404
    sheet, now = _sheet(request, patient_id), the_practice().now()
    form = sheet.facts(group, request.POST)

    def events() -> Sequence[e.Event]:
        return [
            e.FactRecorded(person=patient_id, at=now, by=sheet.by.id, fact=fact) for fact in form.facts(now)
        ]

    return _record(request, patient_id, group, form, events, sheet.by)


@action(WRITE, patient="patient_id")
def retract(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """An entry that was made in error counts no more; both entries stay in the record."""
    sheet = _sheet(request, patient_id)
    form = sheet.retract(request.POST)
    return _record(request, patient_id, "retract", form, lambda: [form.retraction(sheet.by.id)], sheet.by)


@action(WRITE, patient="patient_id")
def treatment(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Records an earlier treatment."""
    sheet, now = _sheet(request, patient_id), the_practice().now()
    form = sheet.treatment(request.POST)

    def events() -> Sequence[e.Event]:
        return [e.TreatmentRecorded(person=patient_id, at=now, by=sheet.by.id, treatment=form.treatment())]

    return _record(request, patient_id, "treatment", form, events, sheet.by)


@action(WRITE, patient="patient_id")
def psychotherapy(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Records why there was no adequate psychotherapy."""
    sheet, now = _sheet(request, patient_id), the_practice().now()
    form = sheet.psychotherapy(request.POST)

    def events() -> Sequence[e.Event]:
        exception = form.exception(sheet.by.id, timezone.localdate(now))
        return [e.PsychotherapyExcepted(person=patient_id, at=now, by=sheet.by.id, exception=exception)]

    return _record(request, patient_id, "psychotherapy", form, events, sheet.by)


@action(WRITE, patient="patient_id")
def medication(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Records a drug that is or was taken."""
    sheet, now = _sheet(request, patient_id), the_practice().now()
    form = sheet.medication(request.POST)

    def events() -> Sequence[e.Event]:
        return [
            e.MedicationRecorded(
                person=patient_id, at=now, by=sheet.by.id, medication=form.medication(sheet.by.id)
            )
        ]

    return _record(request, patient_id, "medication", form, events, sheet.by)


@action(WRITE, patient="patient_id")
def end_medication(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Records that a drug is not taken any more from now on."""
    sheet, now = _sheet(request, patient_id), the_practice().now()
    held = next((m for m in sheet.chart.medications if m.id == request.POST.get("medication", "")), None)
    if held is None:
        raise Http404
    if held.until is None:
        ended = held.model_copy(update={"until": now})
        event = e.MedicationRecorded(person=patient_id, at=now, by=sheet.by.id, medication=ended)
        return _at_once(request, patient_id, event, sheet.by, "drugs")
    return redirect(f"/patient/{patient_id}/chart/#drugs")


@action(WRITE, patient="patient_id")
def reviewed(request: ClinicRequest, patient_id: str, what: str) -> HttpResponse:
    """Records that somebody asked for all of them: only then does an empty list say anything."""
    sheet, now = _sheet(request, patient_id), the_practice().now()
    kinds: dict[str, type[e.TreatmentsReviewed] | type[e.MedicationsReviewed]] = {
        "treatments": e.TreatmentsReviewed,
        "drugs": e.MedicationsReviewed,
    }
    if what not in kinds:
        raise Http404
    pressed = Press(request.POST)
    if not pressed.is_valid():
        raise SuspiciousOperation("the request has no name")
    event = kinds[what](person=patient_id, at=now, by=sheet.by.id)
    return _at_once(request, patient_id, event, sheet.by, what, key=pressed.cleaned_data["request"])


@action(WRITE, patient="patient_id")
def diagnosis(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Records a diagnosis with its severity; a new one that treatment is sought for takes the place of another."""
    sheet, now = _sheet(request, patient_id), the_practice().now()
    form = sheet.diagnosis(request.POST)

    def events() -> Sequence[e.Event]:
        new = form.diagnosis(sheet.chart.diagnoses, sheet.by.id, now)
        changed = [new]
        if new.primary:
            changed += [
                d.model_copy(update={"primary": False})
                for d in sheet.chart.diagnoses
                if d.primary and d.id != new.id
            ]
        return [
            e.DiagnosisRecorded(person=patient_id, at=now, by=sheet.by.id, diagnosis=one)
            for one in reversed(changed)
        ]

    return _record(request, patient_id, "diagnosis", form, events, sheet.by)


def _record(
    request: ClinicRequest,
    patient_id: str,
    section: str,
    form: forms.Form,
    events: Callable[[], Sequence[e.Event]],
    by: Actor,
) -> HttpResponse:
    if form.is_valid():
        try:
            typed = {name: value for name, value in form.cleaned_data.items() if name != "request"}
            people.record(
                the_practice(),
                list(events()),
                by=by,
                key=form.cleaned_data["request"],
                asked={"section": section, **typed},
            )
        except InputError as refusal:
            form.add_error(None, refusal.sentence)
        except ValidationError as error:
            for problem in error.errors(include_input=False, include_url=False):
                where = str(problem["loc"][0]) if problem["loc"] else ""
                form.add_error(where if where in form.fields else None, _said(problem))
        else:
            messages.success(request, "Charted.")
            return redirect(f"/patient/{patient_id}/chart/#{section}")
    return _chart(request, patient_id, {section: form}, 422)


def _said(problem: Any) -> str:
    inner = problem.get("ctx", {}).get("error")
    if isinstance(inner, InputError):
        return inner.sentence
    if problem["type"] == "string_pattern_mismatch":
        return "Write the plain name, letters first."
    return f"{str(problem['msg']).capitalize()}."


def _at_once(
    request: ClinicRequest,
    patient_id: str,
    event: e.Event,
    by: Actor,
    section: str,
    key: str | None = None,
) -> HttpResponse:
    try:
        people.record(the_practice(), event, by=by, key=key, asked={"section": section, "kind": event.kind})
    except InputError as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "Charted.")
    return redirect(f"/patient/{patient_id}/chart/#{section}")


def _sheet(request: ClinicRequest, patient_id: str) -> Sheet:
    shown = timeline_of(patient_id)
    try:
        rules = rules_in_force(the_practice())
    except InputError:
        rules = None
    return Sheet(shown.file.chart, actor_of(request.access.who), rules)


def _chart(
    request: ClinicRequest, patient_id: str, bound: dict[str, forms.Form] | None = None, status: int = 200
) -> HttpResponse:
    bound = bound or {}
    sheet, shown = _sheet(request, patient_id), timeline_of(patient_id)
    may = request.access.may(WRITE)
    latest = sheet.chart.latest_facts(the_practice().now())
    groups = [
        {
            "id": group,
            "title": title,
            "form": bound.get(group) or sheet.facts(group),
            "open": group in bound,
            "held": [
                (FACTS[kind.name].title, latest[kind.name].in_words, latest[kind.name])
                for kind in f.kinds_of(group)
                if kind.name in latest
            ],
        }
        for group, (title, _) in f.GROUPS.items()
    ]
    context = {
        "press": {"treatments": Press(auto_id=False), "drugs": Press(auto_id=False)},
        **heading(request, patient_id, shown),
        "chart": sheet.chart,
        "groups": groups,
        "may_chart": may and sheet.may("chart.fact_recorded"),
        "may_retract": may and ("retract" in bound or bool(sheet.retract().held)),
        "may_treatments": may and sheet.may("chart.treatment_recorded"),
        "may_review_treatments": may and sheet.may("chart.treatments_reviewed"),
        "may_except": may and sheet.may("chart.psychotherapy_excepted"),
        "may_drugs": may and sheet.may("chart.medication_recorded"),
        "may_review_drugs": may and sheet.may("chart.medications_reviewed"),
        "may_diagnose": may and sheet.may("chart.diagnosis_recorded"),
        "retract": bound.get("retract") or sheet.retract(),
        "treatment": bound.get("treatment") or sheet.treatment(),
        "psychotherapy": bound.get("psychotherapy") or sheet.psychotherapy(),
        "medication": bound.get("medication") or sheet.medication(),
        "diagnosis": bound.get("diagnosis") or sheet.diagnosis(),
        "opened": set(bound),
        "names": names_of([d.confirmed_by for d in sheet.chart.diagnoses if d.confirmed_by]),
        "no_rules": sheet.rules is None,
    }
    return render(request, "charting/chart.html", context, status=status)
