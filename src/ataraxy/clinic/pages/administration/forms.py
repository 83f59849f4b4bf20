"""Forms of administration."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from ataraxy.clinic.access.roles import ROLES, Role
from ataraxy.clinic.accounts.models import SIGN_IN_NAME, Person
from ataraxy.clinic.accounts.staff_file import KINDS
from ataraxy.therapy.credential import Credential, CredentialKind

ROLE_CHOICES = [(role.value, ROLES[role].title) for role in Role]


class NewPersonForm(forms.Form):
    """Who is to sign in, and as what."""

    display_name = forms.CharField(label="Name", max_length=80, help_text="As colleagues know this person.")
    sign_in_name = forms.CharField(
        label="Sign-in name",
        min_length=3,
        max_length=64,
        validators=[SIGN_IN_NAME],
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    roles = forms.MultipleChoiceField(
        label="Roles", choices=ROLE_CHOICES, widget=forms.CheckboxSelectMultiple, required=True
    )

    def clean_sign_in_name(self) -> str:
        name: str = self.cleaned_data["sign_in_name"].strip().lower()
        if Person.objects.filter(sign_in_name=name).exists():
            raise forms.ValidationError("Somebody else signs in with this name.")
        return name

    def clean_roles(self) -> list[Role]:
        return [Role(value) for value in self.cleaned_data["roles"]]


class RolesForm(forms.Form):
    """The roles of a person."""

    roles = forms.MultipleChoiceField(
        label="What this person is here",
        choices=ROLE_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def clean_roles(self) -> list[Role]:
        return [Role(value) for value in self.cleaned_data["roles"]]


class CredentialForm(forms.Form):
    """A licence or training with its last day, as the gate and the session read it."""

    kind = forms.ChoiceField(label="Kind", choices=[(kind.value, words) for kind, words in KINDS.items()])
    issuer = forms.CharField(
        label="Issued by",
        max_length=120,
        help_text="A body. Of the same kind from the same body, the last one counts.",
    )
    issued_on = forms.DateField(
        label="Issued on", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    valid_until = forms.DateField(label="Valid until", widget=forms.DateInput(attrs={"type": "date"}))

    def clean_valid_until(self) -> date:
        day: date = self.cleaned_data["valid_until"]
        if day < timezone.localdate():
            raise forms.ValidationError("This day is in the past.")
        return day

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        if asked.get("issued_on") and asked.get("valid_until") and asked["issued_on"] > asked["valid_until"]:
            self.add_error("issued_on", "This is later than the last day.")
        elif asked.get("issued_on") and asked["issued_on"] > timezone.localdate():
            self.add_error("issued_on", "This is later than today: enter it once it is valid.")
        return asked

    def credential(self) -> Credential:
        """Return what was typed."""
        asked = self.cleaned_data
        return Credential(
            kind=CredentialKind(asked["kind"]),
            issuer=asked["issuer"],
            issued_on=asked["issued_on"],
            valid_until=asked["valid_until"],
        )


class WithdrawForm(forms.Form):
    """Which credential no longer counts."""

    kind = forms.ChoiceField(choices=[(kind.value, words) for kind, words in KINDS.items()])
    issuer = forms.CharField(max_length=120)
