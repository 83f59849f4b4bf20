"""Forms of follow-up."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from ataraxy.clinic.forms import request_field
from ataraxy.clinic.numbers import NumberField
from ataraxy.clinic.pages.questionnaire.links import may_be_sent
from ataraxy.therapy.instruments.instrument import Instrument
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.suicide_risk import Occasion, SuicideRiskAssessment

# A time before this is a slip of the keyboard, and some cannot be put into UTC at all.
EARLIEST_YEAR = 1990
_NOT_ASKED = ("", "Not asked")
HOURS = (("4", "4 hours"), ("24", "one day"), ("72", "three days"), ("168", "a week"))


class MomentField(forms.DateTimeField):
    """When it was, in the clinic's time; left empty it is now. Nothing lies in the future."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("help_text", "Empty for now.")
        options.setdefault(
            "widget", forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        )
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        moment: datetime | None = super().clean(value)
        if moment is not None and moment.year < EARLIEST_YEAR:
            raise forms.ValidationError("This lies too far back.", code="past")
        if moment is not None and moment > timezone.now():
            raise forms.ValidationError("This lies in the future.", code="future")
        return moment


class ItemsForm(forms.Form):
    """The answers to every item of a scale; what was left out stays unanswered."""

    request = request_field()

    def __init__(self, *args: Any, instrument: Instrument, **options: Any) -> None:
        super().__init__(*args, **options)
        self.instrument = instrument
        values = range(instrument.item_low, instrument.item_high + 1)
        words = instrument.answers or [""] * len(values)
        choices = [(str(v), f"{v} {word}".strip()) for v, word in zip(values, words, strict=True)]
        for item in instrument.items:
            self.fields[f"item_{item.number}"] = forms.TypedChoiceField(
                label=f"{item.number}. {item.text}" if item.text else f"Item {item.number}",
                choices=choices,
                required=False,
                coerce=int,
                empty_value=None,
                widget=forms.RadioSelect,
            )
        self.fields["at"] = MomentField(label="When it was answered")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for flag in self.instrument.flags:
            name = f"item_{flag.item}"
            if found.get(name) is None and name not in self.errors:
                self.add_error(name, "Ask for this one: somebody must see its answer, and none is guessed.")
        return found

    @property
    def item_fields(self) -> list[forms.BoundField]:
        return [self[f"item_{item.number}"] for item in self.instrument.items]

    @property
    def answers(self) -> Sequence[int | None]:
        """The answers in order."""
        return [self.cleaned_data[f"item_{item.number}"] for item in self.instrument.items]


class TotalForm(forms.Form):
    """A total that was added up on a form of the clinic."""

    request = request_field()
    total = NumberField(label="Total", above_zero=False)
    at = MomentField(label="When it was answered")

    def __init__(self, *args: Any, instrument: Instrument, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["total"].help_text = f"{instrument.low:g} to {instrument.high:g} points."


class SendForm(forms.Form):
    """A questionnaire for a link."""

    instrument = forms.ChoiceField(label="Questionnaire")
    hours = forms.ChoiceField(label="Open for", choices=HOURS, initial="72")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["instrument"].choices = [(i.id, f"{i.id}, {i.title}") for i in may_be_sent()]  # type: ignore[attr-defined]


class RiskForm(forms.Form):
    """A clinician's assessment of suicide risk: their judgement decides; a scale and item 9 stand beside it."""

    request = request_field()
    judgement = forms.ChoiceField(
        label="Your judgement of suicide risk",
        choices=[("", "Choose"), *((level.value, level.value.capitalize()) for level in RiskLevel)],
    )
    scale = forms.CharField(
        label="Scale, if one was used",
        required=False,
        max_length=40,
        help_text="Any that the clinic is licensed to use, such as C-SSRS.",
    )
    total = NumberField(label="Its total", required=False, above_zero=False)
    phq9_item9 = forms.TypedChoiceField(
        label="PHQ-9 item 9",
        required=False,
        choices=[_NOT_ASKED, *((str(n), str(n)) for n in range(4))],
        coerce=int,
        empty_value=None,
    )
    note = forms.CharField(
        label="Note, such as the safety plan",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    at = MomentField(label="When the person was seen or heard")

    RISK = ("judgement", "scale", "total", "phq9_item9")

    @property
    def risk_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.RISK]

    def assessment(self, by: str, occasion: Occasion, now: datetime) -> SuicideRiskAssessment:
        """Return the assessment. Raises Refusal where a scale has no total or a total no scale."""
        said = self.cleaned_data
        return SuicideRiskAssessment(
            id=uuid.uuid5(uuid.NAMESPACE_OID, said["request"]).hex,
            at=said["at"] or now,
            by=by,
            occasion=occasion,
            scale=said["scale"],
            total=said["total"],
            judgement=RiskLevel(said["judgement"]),
            phq9_item9=said["phq9_item9"],
            note=said["note"],
        )


class ContactForm(RiskForm):
    """A contact after a session, reached or tried."""

    plan = forms.CharField(max_length=40, widget=forms.HiddenInput)
    reached = forms.ChoiceField(
        label="Was the person reached?",
        choices=[("yes", "Reached"), ("no", "Tried, not reached")],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, assesses: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["judgement"].required = False
        self.fields["note"].label = "Note"
        self.fields["at"].label = "When"
        if not assesses:
            for name in self.RISK:
                del self.fields[name]
        self.assesses = assesses

    @property
    def risk_fields(self) -> list[forms.BoundField]:
        return super().risk_fields if self.assesses else []

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        said = found.get("scale") or found.get("total") is not None or found.get("phq9_item9") is not None
        if said and not found.get("judgement"):
            self.add_error("judgement", "Say what you judge; a number alone is no assessment.")
        if found.get("judgement") and found.get("reached") == "no":
            self.add_error("judgement", "Somebody who was not reached cannot be assessed.")
        return found
