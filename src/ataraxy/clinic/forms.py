"""What forms share: how they look, the name of a request, and the fields of who a person is."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils import timezone

from ataraxy.therapy.person import Sex


class Renderer(TemplatesSetting):
    """Renders forms with the clinic's templates: one for a field, an error summary that links to what is wrong."""

    form_template_name = "parts/form.html"
    field_template_name = "parts/field.html"


def request_field() -> forms.RegexField:
    """Names the request, so that a form sent twice is carried out once."""
    return forms.RegexField(
        regex=r"^[0-9a-f]{32}$", widget=forms.HiddenInput, initial=lambda: uuid.uuid4().hex
    )


class Press(forms.Form):
    """A button without fields."""

    request = request_field()


class Who(forms.Form):
    """Who a person is."""

    request = request_field()
    name = forms.CharField(
        label="Name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    born = forms.DateField(
        label="Date of birth",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The gate asks for the age.",
    )
    sex = forms.ChoiceField(
        label="Sex as registered",
        choices=[(sex.value, sex.value.capitalize()) for sex in Sex],
        initial=Sex.UNKNOWN.value,
    )
    phone = forms.CharField(
        label="Telephone",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    @property
    def who_fields(self) -> list[forms.BoundField]:
        """The fields of who it is, in the order of the page."""
        return [self[name] for name in ("name", "born", "sex", "phone")]

    def clean_born(self) -> Any:
        """Refuse a day of birth that no living person has."""
        born: date | None = self.cleaned_data["born"]
        if born is not None and not 1900 <= born.year <= timezone.localdate().year:
            raise forms.ValidationError("Check the year.", code="year")
        if born is not None and born > timezone.localdate():
            raise forms.ValidationError("This lies in the future.", code="future")
        return born
