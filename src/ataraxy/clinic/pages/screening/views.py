"""Views of screening: what the rules say now, what is missing, what was said before, and overrides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import action, page
from ataraxy.clinic.forms import Press, request_field
from ataraxy.clinic.pages.patient.views import heading, timeline_of
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import InputError
from ataraxy.practice import people
from ataraxy.therapy.gate import Decision, Finding, Judgement, Status
from ataraxy.therapy.rule import Effect, Override

BADGES = {"allow": ("ok", "Allow"), "delay": ("hold", "Delay"), "block": ("stop", "Block")}
MEANS = {
    "allow": "The clinic's rules allow treatment. The clinician decides.",
    "delay": "Not now: something has to be supplied, or to pass, first.",
    "block": "The clinic's rules forbid treatment.",
}
ANSWERS = {
    Status.MET: "met",
    Status.NOT_MET: "not met",
    Status.UNKNOWN: "unknown",
    Status.NOT_APPLICABLE: "does not apply",
    Status.DISABLED: "shown, never read",
}
HEADINGS = (
    (Effect.BLOCK, "Blocks"),
    (Effect.DELAY, "Delays"),
    (Effect.CAUTION, "Cautions: these stop nothing"),
)


class OverrideForm(forms.Form):
    """Why a prescriber goes on in spite of findings."""

    request = request_field()
    rules = forms.MultipleChoiceField(label="In spite of", widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text="In words that somebody can follow later. It counts for these facts alone, for 90 days at most.",
    )

    def __init__(self, *args: Any, findings: list[Finding], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["rules"].choices = [  # type: ignore[attr-defined]
            (f.rule, f"{f.title}: {f.reason}") for f in findings
        ]


@page(Permission.SCREENING_VIEW, patient="patient_id")
def screening(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """What the rules in force say now. Looking records nothing."""
    return _screening(request, patient_id)


@action(Permission.PATIENT_REFER, patient="patient_id")
def ask(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Ask the gate and record its answer."""
    pressed = Press(request.POST)
    if not pressed.is_valid():
        raise SuspiciousOperation("the request has no name")
    try:
        judgement, _ = people.judge_person(
            the_practice(),
            patient_id,
            by=actor_of(request.access.who),
            key=pressed.cleaned_data["request"],
        )
    except InputError as refusal:
        messages.error(request, refusal.sentence)
        return _screening(request, patient_id, status=422)
    messages.success(request, f"Recorded: {judgement.decision.value}.")
    return redirect("screening", patient_id=patient_id)


@action(Permission.GATE_OVERRIDE, patient="patient_id")
def override(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Go on in spite of findings, as the prescriber who is signed in."""
    judgement = people.ask_gate(the_practice(), patient_id)
    form = OverrideForm(request.POST, findings=_overridable(judgement))
    if form.is_valid():
        try:
            people.override_gate(
                the_practice(),
                patient_id,
                form.cleaned_data["rules"],
                form.cleaned_data["reason"],
                by=actor_of(request.access.who),
                key=form.cleaned_data["request"],
            )
        except InputError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "The override is recorded under your name.")
            return redirect("screening", patient_id=patient_id)
    return _screening(request, patient_id, form, 422)


def _screening(
    request: ClinicRequest, patient_id: str, form: OverrideForm | None = None, status: int = 200
) -> HttpResponse:
    practice, shown = the_practice(), timeline_of(patient_id)
    context: dict[str, Any] = {
        **heading(request, patient_id, shown),
        "may_ask": _may_ask(request),
        "press": Press(auto_id=False),
    }
    try:
        judgement = people.ask_gate(practice, patient_id)
    except InputError as refusal:
        # the clinic has adopted no rules or no policy yet
        context["no_answer"] = refusal.sentence
        return render(request, "screening/screening.html", context, status=status)
    stands = people.gate_result(practice, patient_id, judgement, judgement.at)
    overridable = _overridable(judgement)
    if request.access.may(Permission.GATE_OVERRIDE) and overridable:
        context["override"] = form or OverrideForm(findings=overridable)
    unknown = [f for f in judgement.findings if f.status is Status.UNKNOWN]
    file = shown.file
    context |= {
        "judgement": judgement,
        "badge": BADGES[judgement.decision.value],
        "means": MEANS[judgement.decision.value],
        "overridden_by": stands.overridden_by,
        "groups": [
            (
                title,
                [
                    _row(f)
                    for f in judgement.findings
                    if f.effect is effect and f.status is not Status.UNKNOWN
                ],
            )
            for effect, title in HEADINGS
        ],
        "unknown": [_row(f) for f in unknown],
        "others": [_row(f) for f in judgement.others],
        "history": [
            {"event": event, "badge": BADGES[event.decision.value]}
            for event in reversed(file.judgements[-20:])
        ],
        "overrides": [
            {"override": one, "counts": one.counts(judgement.at)} for one in reversed(file.overrides)
        ],
        "names": names_of(
            [
                *(event.by for event in file.judgements),
                *(one.by for one in file.overrides),
                stands.overridden_by or "",
            ]
        ),
    }
    return render(request, "screening/screening.html", context, status=status)


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "f": finding,
        "answer": ANSWERS.get(finding.status, finding.status.value),
        "effect": "" if finding.effect is None else finding.effect.value,
        "grade": finding.grade.value.replace("_", " "),
        "override": _override_words(finding),
    }


def _override_words(finding: Finding) -> str:
    if finding.status in (Status.MET, Status.NOT_APPLICABLE, Status.DISABLED):
        return ""
    if finding.status is Status.UNKNOWN:
        return "unknown: cannot be overridden"
    if finding.effect is Effect.CAUTION:
        return "stops nothing"
    return "a prescriber may override it" if finding.override is Override.PRESCRIBER else "never overridden"


def _overridable(judgement: Judgement) -> list[Finding]:
    if judgement.decision is Decision.ALLOW:
        return []
    return [
        f
        for f in judgement.findings
        if f.status is Status.NOT_MET and f.override is Override.PRESCRIBER and f.effect is not Effect.CAUTION
    ]


def _may_ask(request: ClinicRequest) -> bool:
    return request.access.may(Permission.PATIENT_REFER)
