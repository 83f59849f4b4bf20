"""Forms of a course."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.forms import request_field
from ataraxy.clinic.numbers import NumberField
from ataraxy.therapy.basis_of_use import registry_of
from ataraxy.therapy.consent import Basis
from ataraxy.therapy.disorder import CODES

# Somebody who is here already is planned as they sit down.
JUST_NOW = timedelta(hours=1)


class OpenForm(forms.Form):
    """A new course."""

    request = request_field()
    disorder = forms.ChoiceField(
        label="Treatment is sought for",
        choices=[("", "Choose"), *((d.value, CODES[d].title.capitalize()) for d in CODES)],
    )


class ProfessionalForm(forms.Form):
    """Who is responsible."""

    request = request_field()
    person = forms.ChoiceField(label="Who")

    def __init__(self, *args: Any, people: Iterable[tuple[Person, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            ("", "Choose"),
            *((f"{role}|{one.staff_id}", f"{one.display_name}, as {role}") for one, role in people),
        ]


class ProtocolForm(forms.Form):
    """Which protocol, and on which basis."""

    request = request_field()
    protocol = forms.ChoiceField(label="Protocol of the clinic")
    basis = forms.ChoiceField(
        label="Basis of use",
        choices=[(Basis.OFF_LABEL.value, "Off-label"), (Basis.REGISTERED_TRIAL.value, "A registered trial")],
    )
    trial_id = forms.CharField(
        label="Registration number of the trial",
        required=False,
        max_length=40,
        help_text="Such as NCT01234567.",
    )
    masked = forms.ChoiceField(
        label="Allocation in the trial",
        required=False,
        choices=[("", "Not said"), ("yes", "Masked"), ("no", "Open")],
    )

    def __init__(self, *args: Any, protocols: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["protocol"].choices = [("", "Choose"), *protocols]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        trial, number = found.get("basis") == Basis.REGISTERED_TRIAL.value, found.get("trial_id", "")
        if trial and registry_of(number) is None:
            self.add_error("trial_id", "Write the number as the registry writes it.")
        if not trial and (number or found.get("masked")):
            self.add_error("trial_id", "An off-label use is no trial.")
        return found


class PlanForm(forms.Form):
    """When the next session is, or all that are left."""

    request = request_field()
    index = forms.TypedChoiceField(label="Session", coerce=int)
    at = forms.DateTimeField(
        label="When it begins",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    rest = forms.BooleanField(
        label="Plan the sessions after it too, as far apart as the protocol says", required=False
    )

    def __init__(self, *args: Any, indexes: Iterable[int], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["index"].choices = [(str(i), f"Session {i + 1}") for i in indexes]  # type: ignore[attr-defined]

    def clean_at(self) -> Any:
        at = self.cleaned_data["at"]
        if at < timezone.now() - JUST_NOW:
            raise forms.ValidationError("This lies in the past.", code="past")
        if at.year > timezone.localdate().year + 3:
            raise forms.ValidationError("Check the year.", code="year")
        return at


class CancelForm(forms.Form):
    """A planned session that does not take place."""

    request = request_field()
    session = forms.ChoiceField(label="Session")
    why = forms.ChoiceField(
        label="What happened", choices=[("cancelled", "Cancelled"), ("did_not_attend", "Did not attend")]
    )
    reason = forms.CharField(label="Reason", max_length=500)

    def __init__(self, *args: Any, sessions: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["session"].choices = [("", "Choose"), *sessions]  # type: ignore[attr-defined]


class DoseForm(forms.Form):
    """Another dose from the next session that is planned on."""

    request = request_field()
    amount = NumberField(label="Dose", required=False, help_text="Empty for the protocol's own dose.")
    per = forms.ChoiceField(label="Its unit", choices=[("mg/kg", "mg for each kg"), ("mg", "mg in all")])
    cap_mg = NumberField(label="Not more than, mg", required=False)
    reason = forms.CharField(label="Why", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class ReasonForm(forms.Form):
    """An end with its reason."""

    request = request_field()
    reason = forms.CharField(label="Reason", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class NoteForm(forms.Form):
    """An end as intended."""

    request = request_field()
    note = forms.CharField(
        label="Note", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class StopForm(ReasonForm):
    """A prescriber ends a course before its time."""

    why = forms.ChoiceField(
        label="In one word",
        choices=[
            ("not_eligible", "Not eligible"),
            ("adverse_event", "Adverse event"),
            ("no_benefit", "No benefit"),
            ("new_contraindication", "New contraindication"),
            ("other", "Other"),
        ],
    )
    field_order = ("request", "why", "reason")
