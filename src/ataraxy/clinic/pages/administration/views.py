"""Views of administration. What is done is in `accounts.administration`."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.roles import ROLES, Role
from ataraxy.clinic.access.stated import NO_PATIENT, action, page
from ataraxy.clinic.accounts import administration
from ataraxy.clinic.accounts.models import Credential, FactorReset, Person
from ataraxy.clinic.pages.administration.forms import CredentialForm, NewPersonForm, RolesForm

_PEOPLE = Permission.ADMIN_PEOPLE


def _found(person_id: str) -> Person:
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise Http404
    return person


@page(_PEOPLE, patient=NO_PATIENT)
def people(request: ClinicRequest) -> HttpResponse:
    """Everybody who signs in, what is open with whom, resets that wait for a second person."""
    today = timezone.localdate()
    rows = []
    enrolled = set(
        Authenticator.objects.filter(
            type__in=(Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
        ).values_list("user_id", flat=True)
    )
    for person in Person.objects.prefetch_related("grants", "credentials"):
        states = [c.state(today) for c in person.credentials.all() if c.withdrawn_at is None]
        rows.append(
            {
                "person": person,
                "roles": person.role_titles,
                "enrolled": person.pk in enrolled,
                "credentials": "expired"
                if "expired" in states
                else "due"
                if "due" in states
                else "ok"
                if states
                else "",
            }
        )
    waiting = FactorReset.objects.filter(decided_at=None).select_related("person", "requested_by")
    return render(request, "administration/people.html", {"rows": rows, "waiting": waiting})


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
            "credentials": [(c, c.state(today)) for c in subject.credentials.filter(withdrawn_at=None)],
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
            form.add_error(None, _sentence(refusal))
        else:
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
        messages.error(request, _sentence(refusal))
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
        administration.add_credential(subject, **form.cleaned_data, by=request.access.who)
        messages.success(request, "Credential recorded.")
        return redirect("people_person", person_id=person_id)
    return _person_page(request, subject, credential_form=form, status=422)


@action(_PEOPLE, patient=NO_PATIENT)
def withdraw(request: ClinicRequest, person_id: str, credential_id: int) -> HttpResponse:
    """A credential that no longer counts."""
    found = Credential.objects.filter(pk=credential_id, person_id=person_id, withdrawn_at=None).first()
    if found is None:
        raise Http404
    administration.withdraw_credential(found, by=request.access.who)
    messages.success(request, "Credential withdrawn.")
    return redirect("people_person", person_id=person_id)


@action(_PEOPLE, patient=NO_PATIENT)
def ask_reset(request: ClinicRequest, person_id: str) -> HttpResponse:
    """Asks for second factors to be removed."""
    try:
        administration.ask_factor_reset(_found(person_id), by=request.access.who)
    except administration.Refused as refusal:
        messages.error(request, _sentence(refusal))
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
        messages.error(request, _sentence(refusal))
    else:
        messages.success(request, "Decided and recorded.")
    return redirect("people_person", person_id=person_id)


def _sentence(refusal: administration.Refused) -> str:
    return f"{refusal.message[:1].upper()}{refusal.message[1:]}. {refusal.remedy}."
