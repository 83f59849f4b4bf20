"""Forms of administration."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from ataraxy.clinic.access.roles import ROLES, Role
from ataraxy.clinic.accounts.models import SIGN_IN_NAME, Credential, Person

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
    """A licence or training with its last day."""

    kind = forms.ChoiceField(label="Kind", choices=Credential.KINDS)
    issuer = forms.CharField(label="Issued by", max_length=120)
    reference = forms.CharField(label="Number or reference", max_length=80, required=False)
    expires_on = forms.DateField(label="Valid until", widget=forms.DateInput(attrs={"type": "date"}))

    def clean_expires_on(self) -> date:
        day: date = self.cleaned_data["expires_on"]
        if day < timezone.localdate():
            raise forms.ValidationError("This day is in the past.")
        return day

    def clean(self) -> dict[str, Any]:
        return super().clean() or {}
