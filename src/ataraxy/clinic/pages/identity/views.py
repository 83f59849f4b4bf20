"""Views of who a person is. What was said before stays in the record and is shown beside what counts now."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import action, page
from ataraxy.clinic.forms import Who
from ataraxy.clinic.pages.patient.views import heading, timeline_of
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import InputError
from ataraxy.practice.identity import TELEPHONE, Identity, correct_identity, identities
from ataraxy.therapy.person import Contact, Sex


class IdentityForm(Who):
    """Who the person is, as it should have been, and why it is changed."""

    reason = forms.CharField(
        label="Why it is changed",
        max_length=500,
        help_text="Such as: misspelt at referral, new number, identity card seen.",
    )


@page(Permission.PATIENT_IDENTITY, patient="patient_id")
def identity(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Who the person is now, and what was said before."""
    return _identity(request, patient_id)


@action(Permission.PATIENT_REFER, patient="patient_id")
def correct(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Put right who the person is; the entry before stays."""
    timeline_of(patient_id)
    form = IdentityForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            correct_identity(
                the_practice(),
                patient_id,
                name=said["name"],
                born=said["born"],
                sex=Sex(said["sex"]),
                telephone=said["phone"],
                reason=said["reason"],
                by=actor_of(request.access.who),
                key=said["request"],
            )
        except InputError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "Corrected. What was said before stays in the record.")
            return redirect("identity", patient_id=patient_id)
    return _identity(request, patient_id, form, 422)


def _identity(
    request: ClinicRequest, patient_id: str, form: IdentityForm | None = None, status: int = 200
) -> HttpResponse:
    shown = timeline_of(patient_id)
    said = identities(the_practice(), patient_id)
    latest = said[-1] if said else None
    initial = {} if latest is None else _as_typed(latest)
    context = {
        **heading(request, patient_id, shown),
        "said": [_row(one) for one in reversed(said)],
        "may_correct": request.access.may(Permission.PATIENT_REFER),
        "form": form or IdentityForm(initial=initial),
        "names": names_of({one.by for one in said}),
    }
    return render(request, "identity/identity.html", context, status=status)


def _as_typed(one: Identity) -> dict[str, Any]:
    return {"name": one.name, "born": one.born, "sex": one.sex.value, "phone": _telephone(one.contacts)}


def _row(one: Identity) -> dict[str, Any]:
    return {
        "at": one.at,
        "by": one.by,
        "name": one.name,
        "born": one.born,
        "sex": one.sex.value,
        "phone": _telephone(one.contacts),
        "others": [contact for contact in one.contacts if contact.kind != TELEPHONE],
        "reason": one.reason,
    }


def _telephone(contacts: tuple[Contact, ...]) -> str:
    return next((contact.value for contact in contacts if contact.kind == TELEPHONE), "")
