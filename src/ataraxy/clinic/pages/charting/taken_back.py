"""Taking back what was entered in error: one list of what is held, and the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django import forms
from django.utils import timezone

from ataraxy.clinic.forms import request_field
from ataraxy.clinic.the_practice import the_practice
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.chart_decide import MAY_RECORD
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.taken_back import Entered, Retraction, entered, retractable

# Headings of the list by the kind of retraction, in the order of the page of the chart.
_GROUPS: Final[Mapping[str, str]] = {
    "chart.diagnosis_retracted": "Diagnoses",
    "chart.fact_retracted": "Facts",
    "chart.treatment_retracted": "Earlier treatments",
    "chart.psychotherapy_exception_retracted": "Earlier treatments",
    "chart.medication_retracted": "Drugs taken",
    "chart.review_retracted": "What was said to be complete",
    "score.retracted": "Scores",
}
SCORES: Final = ("score.retracted",)
CHARTED: Final = tuple(kind for kind in _GROUPS if kind not in SCORES)
# Never part of what names an entry.
_APART: Final = frozenset({"kind", "person", "at", "by", "reason"})


def held_by(chart: PatientChart, by: Actor, kinds: Collection[str]) -> dict[str, tuple[Retraction, Entered]]:
    """Return what of a chart this member of staff may take back, each under a name that stays the same."""
    found: dict[str, tuple[Retraction, Entered]] = {}
    for event in retractable(chart, by=by.id, at=the_practice().now()):
        if event.kind in kinds and by.roles & MAY_RECORD[event.kind]:
            was = entered(chart, event)
            if was is not None:
                parts = event.model_dump(mode="json", exclude=set(_APART))
                found[" ".join((event.kind, *map(str, parts.values())))] = (event, was)
    return found


class RetractForm(forms.Form):
    """An entry that was made in error, and what was wrong with it."""

    request = request_field()
    entry = forms.ChoiceField(
        label="Which entry",
        error_messages={
            "invalid_choice": "This is not charted any more: it may have been taken back already."
        },
    )
    reason = forms.CharField(label="What was wrong", max_length=500)

    def __init__(self, *args: Any, held: Mapping[str, tuple[Retraction, Entered]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.held = held
        self.fields["entry"].choices = [("", "Choose"), *_grouped(held)]  # type: ignore[attr-defined]

    def retraction(self, by: str) -> Retraction:
        """Return the event that takes the chosen entry back."""
        event, _ = self.held[self.cleaned_data["entry"]]
        said = {"by": by, "at": the_practice().now(), "reason": self.cleaned_data["reason"]}
        return event.model_copy(update=said)


def _grouped(held: Mapping[str, tuple[Retraction, Entered]]) -> Iterable[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, Entered]]] = {title: [] for title in _GROUPS.values()}
    for name, (event, was) in held.items():
        groups[_GROUPS[event.kind]].append((name, was))
    # the latest entry is the likeliest slip
    return [
        (title, [(name, _said(was)) for name, was in reversed(ones)])
        for title, ones in groups.items()
        if ones
    ]


def _said(was: Entered) -> str:
    words = was.what[:1].upper() + was.what[1:]
    return words if was.at is None else f"{words}, {_moment(was.at)}"


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%d %b %Y, %H:%M}"
