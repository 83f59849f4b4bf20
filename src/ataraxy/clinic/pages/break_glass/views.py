"""The form that opens a patient outside one's care."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.log import record
from ataraxy.clinic.access.models import BreakGlass
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, page
from ataraxy.clinic.accounts.passwords import password_again
from ataraxy.clinic.accounts.sealing import sealed


class BreakGlassForm(forms.Form):
    """Why, and the password or PIN of whoever says so."""

    reason = forms.ChoiceField(label="Reason", choices=BreakGlass.REASONS, widget=forms.RadioSelect)
    note = forms.CharField(
        label="What happened",
        min_length=10,
        max_length=1000,
        help_text="An auditor reads this. Do not write the patient's name.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    secret = forms.CharField(
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        max_length=128,
    )

    def __init__(self, request: ClinicRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_secret(self) -> str:
        secret: str = self.cleaned_data["secret"]
        password_again(self.request, self.request.access.who, secret)
        return secret


@page(Permission.BREAKGLASS_USE, post=Permission.BREAKGLASS_USE, patient=NO_PATIENT)
def break_glass(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Asks for a reason; opens the patient for the clinic's time; records it and tells the auditor."""
    person = request.access.who
    minutes = settings.HOME.settings.break_glass_minutes
    target = request.POST.get("next") or request.GET.get("next") or ""
    if not target.startswith("/") or not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}
    ):
        target = "/"
    form = BreakGlassForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        with transaction.atomic():
            glass = BreakGlass.objects.create(
                person=person,
                patient=patient_id[:64],
                reason=form.cleaned_data["reason"],
                note=sealed(form.cleaned_data["note"], "break-glass"),
                opened_at=now,
                expires_at=now + timedelta(minutes=minutes),
            )
            record(
                "break_glass",
                request=request,
                person=person.pk,
                patient=patient_id[:64],
                break_glass=glass.pk,
                detail=form.cleaned_data["reason"],
            )
        return redirect(target)
    context = {"form": form, "patient_id": patient_id, "next": target, "minutes": minutes}
    return render(request, "break_glass/break_glass.html", context, status=422 if form.is_bound else 200)
