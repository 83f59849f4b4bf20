"""Views of one person."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ataraxy.clinic.access import care
from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import action, page
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.pages.patient.history import history
from ataraxy.clinic.pages.patient.picture import picture
from ataraxy.clinic.pages.patients.views import DECISIONS, NO_COURSE, STATES
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import the_practice
from ataraxy.clinic.way_to_treatment import step_of
from ataraxy.errors import InputError
from ataraxy.exchange.instrument_file import instruments
from ataraxy.practice import lists
from ataraxy.practice.due_today import waits_for
from ataraxy.practice.patient_timeline import Timeline, reliefs, timeline
from ataraxy.practice.people import rules_in_force
from ataraxy.practice.practice import Practice
from ataraxy.practice.site import policy_in_force
from ataraxy.therapy.adequacy import Adequacy, adequacy
from ataraxy.therapy.disorder import Disorder
from ataraxy.therapy.fact_kind import fact_kind
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.relief import Relief

ALERTS_SHOWN: Final = 5
RELIEF: Final = {
    "not_yet": "not yet",
    "no_baseline": "no score before the first dose",
    "no_scores": "no score since the first dose",
    "not_needed": "not needed",
}


class CareForm(forms.Form):
    """Who is to care for the person."""

    person = forms.ChoiceField(label="Colleague")

    def __init__(self, *args: Any, patient: str, **options: Any) -> None:
        super().__init__(*args, **options)
        held = {one.pk for one in care.team_of(patient)}
        self.colleagues = {
            one.pk: one
            for one in Person.objects.filter(is_active=True)
            if one.pk not in held and Permission.PATIENT_VIEW in one.permissions
        }
        choices = [(pk, f"{one.display_name}, {_roles(one)}") for pk, one in self.colleagues.items()]
        self.fields["person"].choices = [("", "Choose"), *choices]  # type: ignore[attr-defined]


@page(Permission.PATIENT_VIEW, patient="patient_id")
def patient(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """The course on one time axis, with what is known of the person."""
    return _patient(request, patient_id)


@action(Permission.PATIENT_REFER, patient="patient_id")
def assign(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Somebody cares for the person from now on."""
    timeline_of(patient_id)
    form = CareForm(request.POST, patient=patient_id)
    if not form.is_valid():
        return _patient(request, patient_id, form, 422)
    colleague = form.colleagues[form.cleaned_data["person"]]
    care.assign(colleague, patient_id, by=request.access.who.pk)
    messages.success(request, f"{colleague.display_name} cares for this person from now on.")
    return redirect("patient", patient_id=patient_id)


@action(Permission.PATIENT_REFER, patient="patient_id")
def release(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Somebody cares for the person no longer."""
    timeline_of(patient_id)
    colleague = Person.objects.filter(pk=request.POST.get("person", "")[:32]).first()
    if colleague is None:
        raise Http404
    team = care.team_of(patient_id)
    if len(team) < 2:
        messages.error(request, "Somebody has to care for the person: assign a colleague first.")
    else:
        care.release(colleague, patient_id, by=request.access.who.pk)
        messages.success(request, f"{colleague.display_name} no longer cares for this person.")
    if not request.access.sees(patient_id):
        return redirect("patients")
    return redirect("patient", patient_id=patient_id)


def timeline_of(patient_id: str) -> Timeline:
    """Return what happened to a person. Raises Http404 where nobody of this id is known."""
    if not patient_id.isalnum():
        raise Http404
    try:
        return timeline(the_practice(), patient_id)
    except Refusal as refusal:
        raise Http404 from refusal


def heading(request: ClinicRequest, patient_id: str, shown: Timeline) -> dict[str, Any]:
    """Return what the head of every page of a person shows."""
    now = the_practice().now()
    who = shown.file.chart.person
    names = request.access.may(Permission.PATIENT_IDENTITY)
    course = shown.course
    return {
        "patient_id": patient_id,
        "name": (str(who.name) if names else "") or patient_id[:8],
        "age": who.age_at(timezone.localtime(now)),
        "sex": "" if who.sex.value == "unknown" else who.sex.value,
        "simulated": shown.simulated,
        "state": STATES[course.state] if course is not None else NO_COURSE,
    }


def _patient(
    request: ClinicRequest, patient_id: str, form: CareForm | None = None, status: int = 200
) -> HttpResponse:
    practice, shown = the_practice(), timeline_of(patient_id)
    now = practice.now()
    chart = shown.file.chart
    course = shown.course
    may_refer = request.access.may(Permission.PATIENT_REFER)
    policy = _policy(practice)
    ended = course is not None and course.state.ended
    following = next(
        (s for s in shown.sessions if s.state.value == "planned" and s.scheduled_at is not None), None
    )
    running = next((s for s in shown.sessions if not s.state.ended and s.state.value != "planned"), None)
    waits = waits_for(practice, patient_id, "" if course is None or ended else course.course, now, policy)
    team = care.team_of(patient_id)
    context = {
        **heading(request, patient_id, shown),
        "picture": picture(shown, instruments(), now),
        "history": history(shown),
        "course": course,
        "ended": ended,
        "step": step_of(waits),
        "findings": waits.findings[:6],
        "following": following,
        "running": running,
        "gate": DECISIONS.get(shown.gates[-1].decision) if shown.gates else None,
        "gate_at": shown.gates[-1].at if shown.gates else None,
        "reliefs": [
            (one, RELIEF.get(one.status, ""), _in_words(one))
            for one in reliefs(shown, instruments().values())
        ],
        "treatments": [(one, _judged(practice, shown, one)) for one in chart.treatments],
        "treatments_reviewed_at": chart.treatments_reviewed_at,
        "medications": sorted(chart.medications, key=lambda m: m.until is not None),
        "medications_reviewed_at": chart.medications_reviewed_at,
        "diagnoses": chart.diagnoses,
        "facts": [
            (kind.title, fact)
            for fact in sorted(chart.latest_facts(now).values(), key=lambda f: f.observed_at, reverse=True)
            if (kind := fact_kind(fact.name)) is not None
        ][:12],
        "consents": lists.consents(practice, person=patient_id),
        "professionals": chart.professionals,
        "taken_back": shown.file.taken_back[::-1],
        "names": names_of(
            [one.id for one in chart.professionals]
            + [one.confirmed_by for one in chart.diagnoses]
            + [one.by for one in shown.file.taken_back]
        ),
        "protocol": chart.protocol,
        "alerts": lists.alerts(practice, person=patient_id, open_only=True)[:ALERTS_SHOWN]
        if request.access.may(Permission.ALERT_VIEW)
        else (),
        "team": [(one, _roles(one)) for one in team],
        "care_form": form or (CareForm(patient=patient_id) if may_refer else None),
        "may_refer": may_refer,
        "may_chart": request.access.may(Permission.CHART_WRITE),
        "may_score": request.access.may(Permission.SCORE_WRITE),
        "referral": shown.file.referral,
    }
    return render(request, "patient/patient.html", context, status=status)


def _judged(practice: Practice, shown: Timeline, treatment: Any) -> Adequacy | None:
    """The rules' judgement of an earlier treatment; None where nobody has said what it is held against."""
    disorder = _sought_for(shown)
    if disorder is None:
        return None
    try:
        rules = rules_in_force(practice)
    except InputError:
        return None
    return adequacy(treatment, disorder, rules.adequacy, rules.drugs)


def _sought_for(shown: Timeline) -> Disorder | None:
    found = {d.disorder for d in shown.file.chart.diagnoses if d.primary and d.ended_at is None}
    return found.pop() if len(found) == 1 else None


def _in_words(relief: Relief) -> str:
    if relief.hours is None or relief.after_h is None:
        return ""
    if relief.hours < 48:
        return f"seen at {relief.hours:.0f} h, after {relief.after_h:.0f} h without"
    return f"seen on day {relief.hours / 24:.0f}, after day {relief.after_h / 24:.0f} without"


def _roles(person: Person) -> str:
    return ", ".join(person.role_titles).lower()


def _policy(practice: Practice) -> Any:
    try:
        return policy_in_force(practice)
    except InputError:
        return None
