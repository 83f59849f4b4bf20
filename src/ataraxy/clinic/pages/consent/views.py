"""Views of consent. Whoever explained it signs: with their own PIN or password, bound to the entry."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import action, page
from ataraxy.clinic.accounts.second_person import second_person
from ataraxy.clinic.pages.patient.views import heading, timeline_of
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import InputError
from ataraxy.practice import people
from ataraxy.practice.signing import sign_entry
from ataraxy.record.signature import Meaning, signatures
from ataraxy.therapy.basis_of_use import BasisOfUse
from ataraxy.therapy.chart_events import ConsentGiven, ConsentWithdrawn
from ataraxy.therapy.consent import Basis, Consent, ConsentElement
from ataraxy.therapy.consent_required import required_elements

# What each element says, in words that a person can be asked about.
ELEMENTS: Final[dict[ConsentElement, str]] = {
    ConsentElement.EXPERIMENTAL: "This use of ketamine is experimental.",
    ConsentElement.NOT_FDA_APPROVED: "Ketamine is not approved by the FDA for any anxiety disorder.",
    ConsentElement.ALTERNATIVES: "There are other treatments; they were talked through.",
    ConsentElement.RISKS: "There are risks, known and unknown; they were talked through.",
    ConsentElement.EVIDENCE_MIXED: "The evidence is mixed: some trials found no difference from placebo.",
    ConsentElement.RIGHT_TO_WITHDRAW: "Consent can be withdrawn at any time, without a reason, without harm to care.",
    ConsentElement.MASKED_ALLOCATION: "Nobody knows beforehand which treatment comes (in a trial).",
    ConsentElement.DISSOCIATION: "Feeling apart from oneself or the room is common during a dose.",
    ConsentElement.BLOOD_PRESSURE: "Blood pressure and pulse can rise.",
    ConsentElement.NAUSEA: "Nausea and vomiting can occur.",
    ConsentElement.MISUSE: "Ketamine can be misused and can lead to dependence.",
    ConsentElement.BLADDER: "Repeated use can harm the bladder.",
    ConsentElement.NO_DRIVING: "No driving and no machines until the next day after a restful sleep.",
    ConsentElement.ESCORT: "Somebody takes the person home.",
    ConsentElement.FASTING: "No food and drink for a time before a dose.",
    ConsentElement.PREGNANCY: "Ketamine is not given in pregnancy.",
    ConsentElement.SESSIONS: "How many sessions there are, and how long each takes.",
}
STATEMENT: Final = "I explained these points, the person had time to ask, and consented to this version."


class GiveForm(forms.Form):
    """What was explained and understood, and the signature of whoever explained it."""

    request = forms.CharField(widget=forms.HiddenInput, initial=lambda: uuid.uuid4().hex, max_length=64)
    elements = forms.MultipleChoiceField(
        label="Explained and understood",
        choices=[(element.value, words) for element, words in ELEMENTS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    secret = forms.CharField(
        label="Your PIN or password",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        max_length=200,
        help_text=f"You sign: “{STATEMENT}”",
    )

    def __init__(self, *args: Any, required: Sequence[ConsentElement] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.required = tuple(required)
        marked = [
            (e.value, f"{words} (required)" if e in self.required else words) for e, words in ELEMENTS.items()
        ]
        self.fields["elements"].choices = marked  # type: ignore[attr-defined]

    def clean_elements(self) -> list[str]:
        said: list[str] = self.cleaned_data["elements"]
        missing = [ELEMENTS[element] for element in self.required if element.value not in said]
        if missing:
            raise forms.ValidationError(
                f"The clinic's rules ask that this is explained too: {' '.join(missing)}", code="missing"
            )
        return said


class WithdrawForm(forms.Form):
    """The person withdraws; no reason is needed."""

    consent = forms.CharField(widget=forms.HiddenInput, max_length=64)
    reason = forms.CharField(label="Reason, if one was given", required=False, max_length=1000)


@page(Permission.PATIENT_VIEW, patient="patient_id")
def consent(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """What stands, what was withdrawn, and the form for a new one."""
    return _consent(request, patient_id)


@action(Permission.CONSENT_WRITE, patient="patient_id")
def give(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Record a consent to the chosen version of the protocol, and sign it."""
    practice, shown, who = the_practice(), timeline_of(patient_id), request.access.who
    chart = shown.file.chart
    form = GiveForm(request.POST, required=_required(chart.basis_of_use))
    if form.is_valid() and (chart.protocol is None or chart.basis_of_use is None):
        form.add_error(
            None, "No protocol is assigned. Assign one under Plan: a consent is to one version of it."
        )
    if form.is_valid():
        assert chart.protocol is not None
        assert chart.basis_of_use is not None
        try:
            # the same look as for a second person: counted, and written down
            second_person(
                request, who.pk, form.cleaned_data["secret"], Permission.CONSENT_WRITE, patient=patient_id
            )
            by, key = actor_of(who), form.cleaned_data["request"]
            given = Consent(
                id=uuid.uuid5(uuid.NAMESPACE_OID, f"{patient_id}/{key}").hex,
                protocol=chart.protocol.name,
                protocol_version=chart.protocol.version,
                basis=chart.basis_of_use.kind,
                trial_id=chart.basis_of_use.trial_id
                if chart.basis_of_use.kind is Basis.REGISTERED_TRIAL
                else "",
                elements=tuple(ConsentElement(value) for value in form.cleaned_data["elements"]),
                given_at=practice.now(),
                obtained_by=by.id,
            )
            # a form that is sent again records nothing twice, and signs what was left unsigned
            seq = _entries(patient_id).get(given.id)
            if seq is None:
                event = ConsentGiven(person=patient_id, at=given.given_at, by=by.id, consent=given)
                seq = people.record(practice, event, by=by, key=key).seq
            if not signatures(practice.record, seq):
                sign_entry(
                    practice,
                    seq,
                    meaning=Meaning.CONSENTED,
                    statement=STATEMENT,
                    by=by,
                    authenticated_by="PIN or password",
                )
        except ValidationError as wrong:
            form.add_error("secret", wrong)
        except InputError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "Recorded and signed.")
            return redirect("consent", patient_id=patient_id)
    return _consent(request, patient_id, form, 422)


@action(Permission.CONSENT_WITHDRAW, patient="patient_id")
def withdraw(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Record that the person withdraws a consent. It counts at once."""
    practice, form = the_practice(), WithdrawForm(request.POST)
    held = timeline_of(patient_id).file.chart.consents
    if form.is_valid():
        wanted = form.cleaned_data["consent"]
        if any(one.id == wanted and one.withdrawn_at is not None for one in held):
            # the second tap of two
            return redirect("consent", patient_id=patient_id)
        by = actor_of(request.access.who)
        event = ConsentWithdrawn(
            person=patient_id,
            at=practice.now(),
            by=by.id,
            consent=form.cleaned_data["consent"],
            reason=form.cleaned_data["reason"],
        )
        try:
            people.record(practice, event, by=by)
        except InputError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "Withdrawn. The gate blocks from now on.")
            return redirect("consent", patient_id=patient_id)
    messages.error(request, "The withdrawal is not recorded yet. See what is marked below.")
    return _consent(request, patient_id, withdrawal=form, status=422)


def _consent(
    request: ClinicRequest,
    patient_id: str,
    form: GiveForm | None = None,
    status: int = 200,
    *,
    withdrawal: WithdrawForm | None = None,
) -> HttpResponse:
    practice, shown = the_practice(), timeline_of(patient_id)
    chart, now = shown.file.chart, practice.now()
    signed = _signatures(patient_id)
    rows: list[dict[str, Any]] = [
        {
            "consent": one,
            "current": chart.protocol is not None
            and (one.protocol, one.protocol_version) == (chart.protocol.name, chart.protocol.version)
            and one.withdrawn_at is None,
            "said": [ELEMENTS[element] for element in one.elements],
            "signatures": signed.get(one.id, ()),
            "withdraw": withdrawal
            if withdrawal is not None and withdrawal.data.get("consent") == one.id
            else WithdrawForm(initial={"consent": one.id}, auto_id=f"id_{one.id[:8]}_%s"),
        }
        for one in sorted(chart.consents, key=lambda one: one.given_at, reverse=True)
    ]
    people_ids = [row["consent"].obtained_by for row in rows]
    people_ids += [signature.signer for row in rows for signature in row["signatures"]]
    context = {
        **heading(request, patient_id, shown),
        "rows": rows,
        "protocol": chart.protocol,
        "basis": chart.basis_of_use,
        "stands": people.consent_current(practice, patient_id, now),
        "may_write": request.access.may(Permission.CONSENT_WRITE),
        "may_withdraw": request.access.may(Permission.CONSENT_WITHDRAW),
        "form": form or GiveForm(required=_required(chart.basis_of_use)),
        "names": names_of(people_ids),
    }
    return render(request, "consent/consent.html", context, status=status)


def _required(basis: BasisOfUse | None) -> tuple[ConsentElement, ...]:
    """What the rules in force ask of a consent; nothing where the clinic has adopted none: the gate blocks anyway."""
    try:
        rules = people.rules_in_force(the_practice()).rules
    except InputError:
        return ()
    return required_elements(rules, Basis.OFF_LABEL if basis is None else basis.kind)


def _signatures(patient_id: str) -> dict[str, tuple[Any, ...]]:
    """Signatures under each consent, by its id."""
    record = the_practice().record
    return {consent: signatures(record, seq) for consent, seq in _entries(patient_id).items()}


def _entries(patient_id: str) -> dict[str, int]:
    """Numbers of the entries of a person's consents, by the consent's id."""
    entries = the_practice().record.entries(f"person/{patient_id}", kinds=["consent.given"])
    return {str(entry.payload["consent"]["id"]): entry.seq for entry in entries}
