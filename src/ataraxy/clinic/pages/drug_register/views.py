"""Views of the drug register. Nothing in it is edited: what is wrong is counted, and the difference explained."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, action, page
from ataraxy.clinic.accounts.second_person import second_person, who_may
from ataraxy.clinic.pages.drug_register.forms import (
    CountForm,
    ExplainForm,
    MoveForm,
    ReceiveForm,
    Witnessed,
    to_explain,
)
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import InputError
from ataraxy.practice import draws, drugs
from ataraxy.practice.aggregate import REGISTER
from ataraxy.practice.register_ledger import ledger
from ataraxy.therapy import drug_register_decide as decide
from ataraxy.therapy.drug_register import Register, Totals

_WRITE: Final = Permission.PREPARATION_WRITE
SHOWN: Final = 50


@dataclass(frozen=True)
class Sum:
    """The balance of drugs that may be added up: of one drug, strength and unit."""

    title: str
    unit: str
    totals: Totals


@page(Permission.REGISTER_VIEW, patient=NO_PATIENT)
def places(request: ClinicRequest) -> HttpResponse:
    """Every place that keeps a register, and the form for what comes in."""
    return _places(request)


@action(_WRITE, patient=NO_PATIENT)
def receive(request: ClinicRequest) -> HttpResponse:
    """Takes a container in, read by two people."""
    form = ReceiveForm(request.POST, colleagues=_colleagues(request))
    if form.is_valid():
        location = form.cleaned_data["location"].strip()

        def act(witness: Any) -> None:
            drugs.act(
                the_practice(),
                location,
                decide.receive,
                location,
                form.vial(),
                by=actor_of(request.access.who),
                witness=witness,
                key=form.cleaned_data["request"],
            )

        if _witnessed(request, form, act):
            messages.success(request, f"Received into {location}.")
            return redirect("register_place", location=location)
    return _places(request, form, 422)


@page(Permission.REGISTER_VIEW, patient=NO_PATIENT)
def place(request: ClinicRequest, location: str) -> HttpResponse:
    """The register of one place."""
    return _place(request, location)


@action(_WRITE, patient=NO_PATIENT)
def waste(request: ClinicRequest, location: str) -> HttpResponse:
    """Drug that is destroyed."""
    return _move(request, location, "waste", decide.waste, "Wasted, with a witness.")


@action(_WRITE, patient=NO_PATIENT)
def give_back(request: ClinicRequest, location: str) -> HttpResponse:
    """A container that goes back to the supplier, or unused pieces that go back into theirs."""
    return _move(request, location, "return", decide.return_drug, "Returned, with a witness.")


@action(_WRITE, patient=NO_PATIENT)
def count(request: ClinicRequest, location: str) -> HttpResponse:
    """A count; a difference becomes a discrepancy."""
    register = _register(location)
    form = CountForm(request.POST, register=register, colleagues=_colleagues(request), auto_id="id_count_%s")
    if form.is_valid():

        def act(witness: Any) -> None:
            drugs.act(
                the_practice(),
                location,
                decide.count,
                form.cleaned_data["request"],
                form.cleaned_data["counted"],
                **form.place(),
                by=actor_of(request.access.who),
                witness=witness,
                key=form.cleaned_data["request"],
            )

        if _witnessed(request, form, act):
            found = {d.id for d in _register(location).discrepancies}
            if form.cleaned_data["request"] in found:
                messages.warning(
                    request,
                    "The count differs from the balance: a discrepancy, which stays. Explain it below.",
                )
            else:
                messages.success(request, "Counted: the balance is right.")
            return redirect("register_place", location=location)
    return _place(request, location, {"count": form}, 422)


@action(Permission.REGISTER_EXPLAIN, patient=NO_PATIENT)
def explain(request: ClinicRequest, location: str) -> HttpResponse:
    """What is known of a discrepancy, beside it and not in its place."""
    register = _register(location)
    form = ExplainForm(
        request.POST, register=register, colleagues=_colleagues(request), auto_id="id_explain_%s"
    )
    if form.is_valid():

        def act(witness: Any) -> None:
            drugs.act(
                the_practice(),
                location,
                decide.explain,
                form.cleaned_data["count"],
                form.cleaned_data["explanation"],
                by=actor_of(request.access.who),
                witness=witness,
                key=form.cleaned_data["request"],
            )

        if _witnessed(request, form, act):
            messages.success(request, "Explained. The discrepancy stays as it is.")
            return redirect("register_place", location=location)
    return _place(request, location, {"explain": form}, 422)


def _move(
    request: ClinicRequest, location: str, name: str, command: Callable[..., Any], done: str
) -> HttpResponse:
    form = MoveForm(
        request.POST,
        register=_register(location),
        colleagues=_colleagues(request),
        auto_id=f"id_{name}_%s",
    )
    if form.is_valid():

        def act(witness: Any) -> None:
            drugs.act(
                the_practice(),
                location,
                command,
                form.cleaned_data["amount"],
                form.cleaned_data["reason"],
                **form.place(),
                by=actor_of(request.access.who),
                witness=witness,
                key=form.cleaned_data["request"],
            )

        if _witnessed(request, form, act):
            messages.success(request, done)
            return redirect("register_place", location=location)
    return _place(request, location, {name: form}, 422)


def _witnessed(request: ClinicRequest, form: Witnessed, act: Callable[[Any], None]) -> bool:
    """Whether the witness is who they say and the register took the entry; says on the form where not."""
    try:
        witness = second_person(
            request,
            form.cleaned_data["person"],
            form.cleaned_data["secret"],
            Permission.PREPARATION_WITNESS,
        )
    except ValidationError as wrong:
        form.add_error("secret" if wrong.code in ("secret", "rate") else "person", wrong)
        return False
    try:
        act(actor_of(witness))
    except InputError as refusal:
        form.add_error(None, refusal.sentence)
        return False
    return True


def _colleagues(request: ClinicRequest) -> list[Any]:
    return who_may(Permission.PREPARATION_WITNESS, but=[request.access.who.pk])


def _register(location: str) -> Register:
    named = re.fullmatch(r"[A-Za-z0-9._:@-]{1,100}", location) is not None
    found = the_practice().load(REGISTER, location).state if named else None
    if found is None:
        raise Http404
    return found


def _places(request: ClinicRequest, form: ReceiveForm | None = None, status: int = 200) -> HttpResponse:
    practice = the_practice()
    names = draws.locations(practice)
    rows = []
    for name in names:
        register = practice.load(REGISTER, name).state
        if register is not None:
            rows.append(
                {
                    "name": name,
                    "held": sum(1 for c in register.held if c.remaining > 0),
                    "open_draws": len(register.open_draws()),
                    "unexplained": len(register.unexplained),
                    "discrepancies": len(register.discrepancies),
                    "balanced": all(balance.totals.unaccounted == 0 for balance in register.balances),
                }
            )
    context = {
        "rows": rows,
        "names": names,
        "may_write": request.access.may(_WRITE),
        "form": form or ReceiveForm(colleagues=_colleagues(request)),
        "open": form is not None or not rows,
    }
    return render(request, "drug_register/places.html", context, status=status)


def _place(
    request: ClinicRequest, location: str, forms: dict[str, Witnessed] | None = None, status: int = 200
) -> HttpResponse:
    register = _register(location)
    colleagues = _colleagues(request)
    shown = {
        "count": CountForm(register=register, colleagues=colleagues, auto_id="id_count_%s"),
        "waste": MoveForm(register=register, colleagues=colleagues, auto_id="id_waste_%s"),
        "return": MoveForm(register=register, colleagues=colleagues, auto_id="id_return_%s"),
        "explain": ExplainForm(register=register, colleagues=colleagues, auto_id="id_explain_%s"),
        **(forms or {}),
    }
    lines = list(reversed(ledger(the_practice(), location)))
    every = request.GET.get("all") == "1"
    shown_lines = lines if every else lines[:SHOWN]
    listed = register.containers if every else register.held
    people = {line.by for line in shown_lines} | {line.witness for line in shown_lines}
    people |= {d.by for d in register.discrepancies} | {d.witness for d in register.discrepancies}
    context = {
        "may_write": request.access.may(_WRITE),
        "may_explain": request.access.may(Permission.REGISTER_EXPLAIN),
        "location": location,
        "register": register,
        "sums": _sums(register),
        "forms": shown,
        "bound": set(forms or ()),
        "containers": sorted(listed, key=lambda c: (c.remaining == 0, c.vial.expires_on)),
        "emptied": len(register.containers_by_id) - len(listed),
        "discrepancies": list(reversed(register.discrepancies)) if every else to_explain(register),
        "lines": shown_lines,
        "more": 0 if every else max(0, len(lines) - SHOWN),
        "names": names_of(people),
        "now": the_practice().now(),
        "today": timezone.localdate(),
    }
    return render(request, "drug_register/place.html", context, status=status)


def _sums(register: Register) -> Sequence[Sum]:
    return [
        Sum(
            f"{one.drug.label}, {one.strength.normalize():f} mg/{one.unit} ({one.basis.value})",
            "mL" if one.unit == "mL" else "pieces",
            one.totals,
        )
        for one in register.balances
    ]
