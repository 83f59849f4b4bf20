"""The form of a new token."""

from __future__ import annotations

from typing import Any

from django import forms

from ataraxy.clinic.access.permissions import MEANING, Permission
from ataraxy.clinic.access.tokens import LONGEST_DAYS, SCOPES
from ataraxy.clinic.accounts.models import Person


class NewTokenForm(forms.Form):
    """For which device, in whose name, for what and until when."""

    label = forms.CharField(
        label="Device or program",
        max_length=80,
        help_text="Such as “monitor of chair 2”. No patient's name.",
    )
    person = forms.ChoiceField(
        label="In whose name it acts",
        help_text="What it records bears this name. The person agrees on their own account's page first.",
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=[(scope.value, MEANING[scope][:1].upper() + MEANING[scope][1:]) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        help_text="Never more than the person may do at that moment.",
    )
    days = forms.IntegerField(
        label="Days that it lasts",
        min_value=1,
        max_value=LONGEST_DAYS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "number"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.filter(is_active=True).order_by("display_name")
        self.fields["person"].choices = [("", "Choose"), *((p.pk, p.display_name) for p in people)]  # type: ignore[attr-defined]

    def clean_scopes(self) -> list[Permission]:
        return [Permission(value) for value in self.cleaned_data["scopes"]]
