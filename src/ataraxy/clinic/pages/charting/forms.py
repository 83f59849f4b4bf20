"""Forms of charting. What is left empty is not known, and nothing is filled in for anybody."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final

from django import forms
from django.utils import timezone

from ataraxy.clinic.forms import request_field
from ataraxy.clinic.numbers import NumberField
from ataraxy.clinic.pages.follow_up.forms import MomentField
from ataraxy.therapy.disorder import CODES, Diagnosis, Disorder, Severity
from ataraxy.therapy.fact import Fact, FactSource
from ataraxy.therapy.fact_kind import FACTS, FactKind, Form, misfit
from ataraxy.therapy.medication import Medication
from ataraxy.therapy.prior_treatment import Outcome, PriorTreatment, PsychotherapyException, ReasonStopped

CHOOSE: Final = ("", "Not known")
EMPTY: Final = ("", "Leave as it is")
SOURCES: Final = tuple(
    (source.value, f"{source.value.capitalize()}") for source in FactSource if source is not FactSource.SITE
)
DISORDERS: Final = (*((d.value, CODES[d].title.capitalize()) for d in CODES), ("other", "Another"))
GROUPS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "measurements": ("Measurements", ("vitals.",)),
    "pregnancy": ("Pregnancy", ("pregnancy.",)),
    "conditions": ("Conditions", ("history.", "liver.", "bladder.")),
    "substances": ("Substances", ("substance.",)),
    "examination": ("Examination and risk", ("examination.", "suicide.")),
}


def kinds_of(group: str) -> list[FactKind]:
    """Return the facts that are charted in a group, in the order of the vocabulary."""
    prefixes = GROUPS[group][1]
    return [kind for kind in FACTS.values() if kind.recorded and kind.name.startswith(prefixes)]


class DayField(forms.DateField):
    """A day that is over or today."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        day: date | None = super().clean(value)
        if day is not None and day.year < 1900:
            raise forms.ValidationError("This lies too far back.", code="past")
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError("This lies in the future.", code="future")
        return day


def _choice(
    label: str, choices: Iterable[tuple[str, str]], *, empty: tuple[str, str] = CHOOSE, **more: Any
) -> Any:
    return forms.ChoiceField(label=label, required=False, choices=[empty, *choices], **more)


def _in_words(codes: Iterable[str]) -> list[tuple[str, str]]:
    return [(code, code.replace("_", " ").capitalize()) for code in codes]


class FactsForm(forms.Form):
    """The facts of one group; those that are filled in are recorded, with one time and one source."""

    request = request_field()

    def __init__(self, *args: Any, group: str, latest: Mapping[str, Fact], **options: Any) -> None:
        super().__init__(*args, **options)
        self.kinds = {kind.name.replace(".", "__"): kind for kind in kinds_of(group)}
        for name, kind in self.kinds.items():
            self.fields[name] = _field_of(kind)
            held = latest.get(kind.name)
            if held is not None:
                day = timezone.localtime(held.observed_at)
                self.fields[name].help_text = f"Last: {held.in_words}, {day:%d %b %Y}."
        self.fields["at"] = MomentField(label="When it was so")
        self.fields["source"] = forms.ChoiceField(
            label="Who or what says so", choices=SOURCES, initial=FactSource.CLINICIAN.value
        )

    @property
    def fact_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.kinds]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for name, kind in self.kinds.items():
            value = found.get(name)
            if value not in (None, "") and (wrong := misfit(kind, _value(kind, value))):
                self.add_error(name, f"{wrong.capitalize()}.")
        upper, lower = found.get("vitals__systolic"), found.get("vitals__diastolic")
        if upper is not None and lower is not None and lower >= upper:
            self.add_error("vitals__diastolic", "This is not below the systolic pressure.")
        if not self.errors and not any(found.get(name) not in (None, "") for name in self.kinds):
            self.add_error(None, "Nothing is filled in.")
        return found

    def facts(self, now: datetime) -> list[Fact]:
        """Return what was filled in."""
        said = self.cleaned_data
        at = (said["at"] or now).astimezone(UTC)
        return [
            Fact(
                name=kind.name,
                value=_value(kind, said[name]),
                unit=kind.unit,
                observed_at=at,
                source=FactSource(said["source"]),
            )
            for name, kind in self.kinds.items()
            if said.get(name) not in (None, "")
        ]


def _field_of(kind: FactKind) -> forms.Field:
    label = kind.title[:1].upper() + kind.title[1:]
    match kind.form:
        case Form.TRUTH:
            return _choice(label, [("yes", "Yes"), ("no", "No")], empty=EMPTY)  # type: ignore[no-any-return]
        case Form.NUMBER:
            return NumberField(label=f"{label}, {kind.unit}", required=False, above_zero=False)
        case Form.DATE:
            return DayField(label=label)
        case _:
            return _choice(label, _in_words(kind.words), empty=EMPTY)  # type: ignore[no-any-return]


def _value(kind: FactKind, value: Any) -> bool | float | str:
    match kind.form:
        case Form.TRUTH:
            return bool(value == "yes")
        case Form.NUMBER:
            return float(value)
        case Form.DATE:
            return str(value.isoformat())
        case _:
            return str(value)


class TreatmentForm(forms.Form):
    """An earlier treatment."""

    request = request_field()
    kind = forms.ChoiceField(
        label="Kind",
        choices=[
            ("", "Choose"),
            ("drug", "Drug"),
            ("psychotherapy", "Psychotherapy"),
            ("other", "Something else"),
        ],
    )
    drug = forms.CharField(
        label="Drug", required=False, max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    daily_dose = NumberField(label="Highest daily dose held", required=False)
    dose_unit = _choice("Its unit", [("mg", "mg"), ("ug", "µg"), ("g", "g"), ("mL", "mL")])
    weeks = NumberField(label="Weeks at this dose, or of the therapy", required=False, above_zero=False)
    adherence_percent = NumberField(label="Share of doses taken, %", required=False, above_zero=False)
    therapy = _choice("Psychotherapy", [])
    sessions = forms.IntegerField(label="Its sessions", required=False, min_value=0, max_value=2000)
    disorder = _choice("Given for", DISORDERS)
    outcome = _choice("What it did", _in_words(o.value for o in Outcome))
    reason_stopped = _choice("Why it ended", _in_words(r.value for r in ReasonStopped))
    ended_on = DayField(label="When it ended")
    source = forms.ChoiceField(label="Who says so", choices=SOURCES, initial=FactSource.PATIENT.value)
    note = forms.CharField(
        label="Note", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    HOW = ("kind", "drug", "daily_dose", "dose_unit", "therapy", "sessions", "weeks", "adherence_percent")
    WHAT = ("disorder", "outcome", "reason_stopped", "ended_on", "source")

    def __init__(self, *args: Any, therapies: Iterable[str], **options: Any) -> None:
        super().__init__(*args, **options)
        named = [(code, _therapy_in_words(code)) for code in therapies]
        self.fields["therapy"].choices = [CHOOSE, *named]  # type: ignore[attr-defined]

    @property
    def how_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.HOW]

    @property
    def what_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.WHAT]

    def treatment(self) -> PriorTreatment:
        """Return the treatment. Raises InputError where its parts do not belong together."""
        said = self.cleaned_data
        return PriorTreatment(
            id=uuid.uuid5(uuid.NAMESPACE_OID, said["request"]).hex,
            kind=said["kind"],
            drug=said["drug"] or None,
            daily_dose=_float(said["daily_dose"]),
            dose_unit=said["dose_unit"],
            weeks=_float(said["weeks"]),
            adherence_percent=_float(said["adherence_percent"]),
            therapy=said["therapy"] or None,
            sessions=said["sessions"],
            disorder=Disorder(said["disorder"]) if said["disorder"] else None,
            outcome=Outcome(said["outcome"]) if said["outcome"] else None,
            reason_stopped=ReasonStopped(said["reason_stopped"]) if said["reason_stopped"] else None,
            ended_on=said["ended_on"],
            source=FactSource(said["source"]),
            note=said["note"],
        )


class PsychotherapyForm(forms.Form):
    """Why there was no adequate psychotherapy."""

    request = request_field()
    kind = forms.ChoiceField(
        label="In one word",
        choices=_in_words(("not_available", "declined", "not_tolerated", "not_suitable")),
    )
    reason = forms.CharField(
        label="The reason, in your words",
        min_length=10,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def exception(self, by: str, on: date) -> PsychotherapyException:
        """Return the reason."""
        return PsychotherapyException(
            reason=self.cleaned_data["reason"], kind=self.cleaned_data["kind"], by=by, on=on
        )


class MedicationForm(forms.Form):
    """A drug that is taken."""

    request = request_field()
    drug = forms.CharField(
        label="Drug", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    daily_dose = NumberField(label="Daily dose", required=False)
    unit = _choice("Its unit", [("mg", "mg"), ("ug", "µg"), ("g", "g"), ("mL", "mL"), ("IU", "IU")])
    since = DayField(label="Since")
    until = DayField(label="Until")
    source = forms.ChoiceField(label="Who says so", choices=SOURCES, initial=FactSource.PATIENT.value)
    classes = forms.MultipleChoiceField(
        label="Classes, where the table of drugs does not know it",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="A prescriber says it; the gate asks for these.",
    )
    no_class = forms.BooleanField(label="It belongs to none of them", required=False)

    PLAIN = ("drug", "daily_dose", "unit", "since", "until", "source")

    def __init__(self, *args: Any, classes: Iterable[str], prescribes: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.prescribes = prescribes
        if prescribes:
            self.fields["classes"].choices = _in_words(sorted(classes))  # type: ignore[attr-defined]
        else:
            del self.fields["classes"], self.fields["no_class"]

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.PLAIN]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("classes") and found.get("no_class"):
            self.add_error("no_class", "Either it belongs to a class or to none.")
        if found.get("daily_dose") is not None and not found.get("unit"):
            self.add_error("unit", "Say which unit the dose is in.")
        since, until = found.get("since"), found.get("until")
        if since and until and until < since:
            self.add_error("until", "This lies before it was begun.")
        return found

    def medication(self, by: str) -> Medication:
        """Return the drug. Raises InputError where its name is no name."""
        said = self.cleaned_data
        classes: tuple[str, ...] | None = None
        if self.prescribes and (said["classes"] or said["no_class"]):
            classes = tuple(said["classes"])
        return Medication(
            id=uuid.uuid5(uuid.NAMESPACE_OID, said["request"]).hex,
            drug=said["drug"],
            daily_dose=_float(said["daily_dose"]),
            unit=said["unit"],
            since=start_of(said["since"]),
            until=start_of(said["until"]),
            classes=classes,
            classes_by="" if classes is None else by,
            source=FactSource(said["source"]),
        )


class DiagnosisForm(forms.Form):
    """A diagnosis."""

    request = request_field()
    disorder = forms.ChoiceField(label="Disorder", choices=[("", "Choose"), *DISORDERS])
    code = forms.CharField(
        label="Code", required=False, max_length=20, help_text="DSM-5, ICD-10 or SNOMED CT, such as F41.1."
    )
    severity = _choice("Severity", _in_words(s.value for s in Severity))
    primary = forms.BooleanField(label="Treatment is sought for this", required=False)
    confirmed = forms.BooleanField(label="I have examined the person and confirm it", required=False)

    PLAIN = ("disorder", "code", "severity")

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.PLAIN]

    def diagnosis(self, held: Iterable[Diagnosis], by: str, at: datetime) -> Diagnosis:
        """Return the diagnosis; one of the same disorder takes its place. Raises InputError as `Diagnosis` does."""
        said = self.cleaned_data
        disorder = Disorder(said["disorder"])
        same = next(
            (
                d
                for d in held
                if d.disorder is disorder
                and d.ended_at is None
                and (not said["code"] or d.code in ("", said["code"]))
            ),
            None,
        )
        return Diagnosis(
            id=uuid.uuid5(uuid.NAMESPACE_OID, said["request"]).hex if same is None else same.id,
            disorder=disorder,
            code=said["code"] or ("" if same is None else same.code),
            primary=said["primary"],
            severity=Severity(said["severity"]) if said["severity"] else None,
            confirmed_by=by if said["confirmed"] else "",
            confirmed_at=at if said["confirmed"] else None,
        )


def _therapy_in_words(code: str) -> str:
    """Short codes are initials, such as CBT."""
    return code.upper() if len(code) < 6 else code.replace("_", " ").capitalize()


def start_of(day: date | None) -> datetime | None:
    """Return the beginning of a day in the clinic's time; None for none."""
    return None if day is None else timezone.make_aware(datetime.combine(day, time())).astimezone(UTC)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
