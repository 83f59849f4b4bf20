"""Views of administration. What is done is in `accounts.administration`."""

from __future__ import annotations

from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.log import record
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.roles import ROLES, Role
from ataraxy.clinic.access.stated import NO_PATIENT, action, page
from ataraxy.clinic.accounts import administration, staff_file
from ataraxy.clinic.accounts.models import FactorReset, Person
from ataraxy.clinic.accounts.staff_file import KINDS
from ataraxy.clinic.pages.administration.forms import (
    CredentialForm,
    NewPersonForm,
    RolesForm,
    WithdrawForm,
)
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import AtaraxyError, InputError
from ataraxy.practice import staff
from ataraxy.therapy.credential import Credential as StaffCredential

_PEOPLE = Permission.ADMIN_PEOPLE


def _found(person_id: str) -> Person:
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise Http404
    return person


@page(_PEOPLE, patient=NO_PATIENT)
def people(request: ClinicRequest) -> HttpResponse:
    """Everybody who signs in, what is open with whom, resets that wait for a second person."""
    today, practice = timezone.localdate(), the_practice()
    rows = []
    enrolled = set(
        Authenticator.objects.filter(
            type__in=(Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
        ).values_list("user_id", flat=True)
    )
    for person in Person.objects.prefetch_related("grants"):
        held = staff_file.file_of(practice, person)
        rows.append(
            {
                "person": person,
                "roles": person.role_titles,
                "enrolled": person.pk in enrolled,
                "credentials": "" if held is None else staff_file.worst_of(held.credentials, today),
                "in_step": staff_file.in_step(practice, person),
            }
        )
    waiting = FactorReset.objects.filter(decided_at=None).select_related("person", "requested_by")
    context = {"rows": rows, "waiting": waiting, "out_of_step": [r for r in rows if not r["in_step"]]}
    return render(request, "administration/people.html", context)


@action(_PEOPLE, patient=NO_PATIENT)
def in_step(request: ClinicRequest) -> HttpResponse:
    """Records in the file of staff what the accounts say, where it says something else."""
    practice = the_practice()
    left = []
    for person in Person.objects.prefetch_related("grants"):
        if staff_file.in_step(practice, person):
            continue
        try:
            staff_file.bring_into_step(practice, person, by=request.access.who)
        except InputError as refusal:
            left.append(f"{person.display_name}: {refusal.message}")
    if left:
        messages.error(request, f"Not recorded. {'; '.join(left)}.")
    else:
        messages.success(request, "Recorded.")
    return redirect("people")


def _follow(request: ClinicRequest, subject: Person) -> None:
    """The record follows the account; where it cannot now, the page of all people says so until it does."""
    subject.refresh_roles()
    try:
        staff_file.bring_into_step(the_practice(), subject, by=request.access.who)
    except AtaraxyError as error:
        messages.warning(request, f"The file of staff in the record does not say so yet: {error.message}.")


@page(_PEOPLE, post=_PEOPLE, patient=NO_PATIENT)
def new_person(request: ClinicRequest) -> HttpResponse:
    """A new account; the one-time password is shown once, on the next page."""
    form = NewPersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        person, password = administration.create(
            form.cleaned_data["sign_in_name"],
            form.cleaned_data["display_name"],
            form.cleaned_data["roles"],
            by=request.access.who,
        )
        _follow(request, person)
        return render(
            request, "administration/password.html", {"subject": person, "password": password, "new": True}
        )
    roles = [(role, ROLES[role]) for role in Role]
    status = 422 if form.is_bound else 200
    return render(request, "administration/new_person.html", {"form": form, "roles": roles}, status=status)


def _person_page(
    request: ClinicRequest,
    subject: Person,
    *,
    roles_form: RolesForm | None = None,
    credential_form: CredentialForm | None = None,
    status: int = 200,
) -> HttpResponse:
    today = timezone.localdate()
    held = list(Authenticator.objects.filter(user=subject))
    held_file = staff_file.file_of(the_practice(), subject)
    return render(
        request,
        "administration/person.html",
        {
            "subject": subject,
            "role_titles": subject.role_titles,
            "is_self": subject.pk == request.access.who.pk,
            "roles_form": roles_form
            or RolesForm(initial={"roles": [role.value for role in subject.ordered_roles]}),
            "credential_form": credential_form or CredentialForm(),
            "credentials": [
                (c, KINDS[c.kind], staff_file.state_of(c, today))
                for c in (held_file.credentials if held_file else ())
            ],
            "has_app": any(a.type == Authenticator.Type.TOTP for a in held),
            "passkeys": sum(a.type == Authenticator.Type.WEBAUTHN for a in held),
            "reset": FactorReset.objects.filter(person=subject, decided_at=None)
            .select_related("requested_by")
            .first(),
            "who": request.access.who,
        },
        status=status,
    )


@page(_PEOPLE, patient=NO_PATIENT)
def person(request: ClinicRequest, person_id: str) -> HttpResponse:
    """One person: roles, credentials, factors."""
    return _person_page(request, _found(person_id))


@action(_PEOPLE, patient=NO_PATIENT)
def roles(request: ClinicRequest, person_id: str) -> HttpResponse:
    """Gives and takes roles."""
    subject = _found(person_id)
    form = RolesForm(request.POST)
    if form.is_valid():
        try:
            administration.set_roles(subject, form.cleaned_data["roles"], by=request.access.who)
        except administration.Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            _follow(request, subject)
            messages.success(request, "Roles saved. They hold from the next page on.")
            return redirect("people_person", person_id=person_id)
    return _person_page(request, subject, roles_form=form, status=422)


@action(_PEOPLE, patient=NO_PATIENT)
def active(request: ClinicRequest, person_id: str) -> HttpResponse:
    """Closes an account or opens it again."""
    subject = _found(person_id)
    try:
        administration.set_active(subject, request.POST.get("active") == "yes", by=request.access.who)
    except administration.Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        _follow(request, subject)
    return redirect("people_person", person_id=person_id)


@action(_PEOPLE, patient=NO_PATIENT)
def password(request: ClinicRequest, person_id: str) -> HttpResponse:
    """A one-time password, shown once."""
    subject = _found(person_id)
    if subject.pk == request.access.who.pk:
        messages.error(request, "Change your own password on your account's page.")
        return redirect("people_person", person_id=person_id)
    new = administration.renew_password(subject, by=request.access.who)
    return render(
        request, "administration/password.html", {"subject": subject, "password": new, "new": False}
    )


@action(_PEOPLE, patient=NO_PATIENT)
def end_sessions(request: ClinicRequest, person_id: str) -> HttpResponse:
    """Signs somebody out everywhere."""
    administration.end_sessions(_found(person_id), by=request.access.who)
    messages.success(request, "Signed out everywhere.")
    return redirect("people_person", person_id=person_id)


@action(_PEOPLE, patient=NO_PATIENT)
def credential(request: ClinicRequest, person_id: str) -> HttpResponse:
    """Records a credential."""
    subject = _found(person_id)
    form = CredentialForm(request.POST)
    if form.is_valid():
        try:
            _record_credential(request, subject, form.credential())
        except InputError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            record("credential_recorded", request=request, person=request.access.who.pk, subject=subject.pk)
            messages.success(request, "Credential recorded.")
            return redirect("people_person", person_id=person_id)
    return _person_page(request, subject, credential_form=form, status=422)


def _record_credential(request: ClinicRequest, subject: Person, new: StaffCredential) -> None:
    practice, by = the_practice(), request.access.who
    if not staff_file.in_step(practice, subject):
        staff_file.bring_into_step(practice, subject, by=by)
    staff.record_credential(practice, subject.staff_id, new, by=actor_of(by))


@action(_PEOPLE, patient=NO_PATIENT)
def withdraw(request: ClinicRequest, person_id: str) -> HttpResponse:
    """A credential that counts no more from today on; that it did stays readable."""
    subject, form = _found(person_id), WithdrawForm(request.POST)
    held_file = staff_file.file_of(the_practice(), subject)
    found = next(
        (
            c
            for c in (held_file.credentials if held_file is not None else ())
            if form.is_valid()
            and (c.kind.value, c.issuer) == (form.cleaned_data["kind"], form.cleaned_data["issuer"])
        ),
        None,
    )
    if found is None:
        raise Http404
    yesterday = timezone.localdate() - timedelta(days=1)
    since = found.issued_on if found.issued_on is not None and found.issued_on <= yesterday else None
    try:
        _record_credential(request, subject, found.replace(issued_on=since, valid_until=yesterday))
    except InputError as refusal:
        messages.error(request, refusal.sentence)
    else:
        record("credential_withdrawn", request=request, person=request.access.who.pk, subject=subject.pk)
        messages.success(request, "Credential withdrawn. It counts no more.")
    return redirect("people_person", person_id=person_id)


@action(_PEOPLE, patient=NO_PATIENT)
def ask_reset(request: ClinicRequest, person_id: str) -> HttpResponse:
    """Asks for second factors to be removed."""
    try:
        administration.ask_factor_reset(_found(person_id), by=request.access.who)
    except administration.Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "Asked. Another administrator must agree.")
    return redirect("people_person", person_id=person_id)


@action(_PEOPLE, patient=NO_PATIENT)
def decide_reset(request: ClinicRequest, person_id: str, reset_id: str) -> HttpResponse:
    """The second person agrees, or either withdraws it."""
    reset = FactorReset.objects.filter(pk=reset_id, person_id=person_id).first()
    if reset is None:
        raise Http404
    try:
        administration.decide_factor_reset(
            reset, agreed=request.POST.get("agree") == "yes", by=request.access.who
        )
    except administration.Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "Decided and recorded.")
    return redirect("people_person", person_id=person_id)
