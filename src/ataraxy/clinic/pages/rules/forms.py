"""Forms of rules and policy. No threshold has a default: what is not typed is not set."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.accounts.passwords import password_again
from ataraxy.clinic.numbers import NumberField
from ataraxy.therapy.setting import Grade
from ataraxy.therapy.site import SiteDescription

SETTINGS = (
    ("", "Not said: the gate does not know"),
    ("supervised_clinic", "A clinic with supervision and monitoring"),
    ("clinic_without_monitoring", "A clinic without monitoring"),
    ("home", "At home"),
)


class Signed(forms.Form):
    """A form that its author signs with their password."""

    secret = forms.CharField(
        label="Your password, as your signature",
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


class UploadForm(forms.Form):
    """A document as a file."""

    file = forms.FileField(
        label="Document in YAML",
        help_text="At most 256 kB. It is read and compared; nothing is adopted by this.",
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml,text/plain"}),
        allow_empty_file=True,
    )


class AdoptForm(Signed):
    """The text that was read, sent back with a signature."""

    text = forms.CharField(widget=forms.HiddenInput, max_length=300_000, strip=False)
    sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)


class RetireForm(Signed):
    """Why a version is used no more."""

    reason = forms.CharField(label="Why it is used no more", max_length=300)


class LimitsForm(Signed):
    """Blood pressures above which a running dose is stopped."""

    systolic = NumberField(label="Systolic, mmHg", unit="mmHg")
    diastolic = NumberField(label="Diastolic, mmHg", unit="mmHg")
    reason = forms.CharField(
        label="On what the decision rests",
        max_length=300,
        help_text="Kept with the limits. No published limit is known that could stand in for the decision.",
    )
    understood = forms.BooleanField(label="I decide these limits as medical director of this clinic.")

    field_order = ("systolic", "diastolic", "reason", "understood", "secret")


class ThresholdForm(Signed):
    """One number of the policy, with who says so."""

    value = NumberField(label="New value", above_zero=False)
    grade = forms.ChoiceField(
        label="Strength of its source",
        choices=[
            ("", "Choose"),
            *((g.value, g.value.replace("_", " ")) for g in Grade if g is not Grade.INVENTED),
        ],
        help_text="“site” is the clinic's own decision.",
    )
    source = forms.CharField(label="Source", max_length=300, help_text="The publication, or who decided it.")
    url = forms.URLField(label="Address of the source", required=False, assume_scheme="https", max_length=300)
    note = forms.CharField(label="Why", required=False, max_length=300)

    field_order = ("value", "grade", "source", "url", "note", "secret")


class NewPolicyForm(Signed):
    """A policy of the clinic's own from a shipped example, to be decided number by number."""

    name = forms.RegexField(
        label="Short name",
        regex=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=60,
        help_text="Small letters, digits and hyphens, such as lakeside.",
    )
    title = forms.CharField(label="Title", max_length=120)
    understood = forms.BooleanField(
        label="I have read every number of the example and decide it for this clinic, or will change it before use."
    )

    field_order = ("name", "title", "understood", "secret")


class SiteForm(forms.Form):
    """What the clinic says of itself."""

    name = forms.CharField(label="Name of the clinic", max_length=120)
    chairs = forms.CharField(
        label="Chairs or rooms, one a line",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    crisis_numbers = forms.CharField(
        label="Crisis numbers, one a line",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="As a patient reads and dials them; shown before and after every questionnaire.",
    )
    setting = forms.ChoiceField(
        label="Where sessions are held",
        required=False,
        choices=SETTINGS,
    )
    rems_certified = forms.ChoiceField(
        label="Certified under the REMS for esketamine",
        required=False,
        choices=[("", "Not said: the gate does not know"), ("yes", "Yes"), ("no", "No")],
    )
    retention_years = forms.IntegerField(
        label="Years that records are kept after the last entry", min_value=0, max_value=200
    )

    def description(self, *, simulated: bool) -> SiteDescription:
        """Return what was typed, with the time zone of the settings: pages show times in it, and no form changes it."""
        asked = self.cleaned_data
        return SiteDescription(
            name=asked["name"],
            time_zone=settings.TIME_ZONE,
            chairs=_lines(asked["chairs"]),
            crisis_numbers=_lines(asked["crisis_numbers"]),
            setting=asked["setting"] or None,
            rems_certified={"yes": True, "no": False}.get(asked["rems_certified"]),
            retention_years=asked["retention_years"],
            simulated=simulated,
        )


def of_description(found: SiteDescription) -> dict[str, Any]:
    """Return a description as the first values of its form."""
    return {
        "name": found.name,
        "chairs": "\n".join(found.chairs),
        "crisis_numbers": "\n".join(found.crisis_numbers),
        "setting": found.setting or "",
        "rems_certified": {True: "yes", False: "no", None: ""}[found.rems_certified],
        "retention_years": found.retention_years,
    }


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
