"""What an administrator does to accounts. Each command writes the access log in the same transaction.

Nobody changes their own roles or resets their own factors; removing second factors takes two people; the last active
administrator stays.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from ataraxy.clinic.access.log import record
from ataraxy.clinic.access.models import AccessToken
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import FactorReset, Person, RoleGrant
from ataraxy.errors import InputError

# Without letters that look alike when they are read from paper.
ONE_TIME_HOURS: Final = 72
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Refused(InputError):
    """An administrator's command that a rule of accounts forbids."""


def one_time_password() -> str:
    """Four groups of five letters (99 bits), to be changed at the first sign-in."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


def create(
    sign_in_name: str, display_name: str, roles: Iterable[Role], *, by: Person | None
) -> tuple[Person, str]:
    """A new person and their one-time password. Raises django's ValidationError for a wrong or taken name."""
    with transaction.atomic():
        password = one_time_password()
        person = Person.objects.create_person(
            sign_in_name, display_name, password=password, roles=roles, granted_by=_id(by)
        )
        person.one_time_until = _one_time_until()
        person.save(update_fields=["one_time_until"])
        record("person_created", person=_id(by), subject=person.pk)
        for role in person.ordered_roles:
            record("role_granted", person=_id(by), subject=person.pk, detail=role.value)
    return person, password


def set_roles(person: Person, roles: Iterable[Role], *, by: Person | None) -> None:
    """Gives and takes roles so that `person` holds exactly `roles`."""
    wanted = frozenset(roles)
    with transaction.atomic():
        person.refresh_roles()
        held = person.roles if person.is_active else frozenset()
        if by is not None and by.pk == person.pk and wanted != held:
            raise Refused(
                "nobody changes their own roles", code="people.own-roles", remedy="Ask another administrator"
            )
        if Role.ADMINISTRATOR in held - wanted:
            _keep_an_administrator(person)
        for role in sorted(wanted - held):
            RoleGrant.objects.create(person=person, role=role.value, granted_by=_id(by))
            record("role_granted", person=_id(by), subject=person.pk, detail=role.value)
        for role in sorted(held - wanted):
            RoleGrant.objects.filter(person=person, role=role.value).delete()
            record("role_taken", person=_id(by), subject=person.pk, detail=role.value)
    person.refresh_roles()


def set_active(person: Person, active: bool, *, by: Person | None) -> None:
    """Closes an account, or opens it again. Closing ends every session and token at once; nothing is deleted."""
    if person.is_active == active:
        return
    if by is not None and by.pk == person.pk:
        raise Refused(
            "nobody closes their own account", code="people.own-account", remedy="Ask another administrator"
        )
    with transaction.atomic():
        if not active:
            if Role.ADMINISTRATOR in person.roles:
                _keep_an_administrator(person)
            AccessToken.objects.filter(person=person, revoked_at=None).update(revoked_at=timezone.now())
            person.presences.all().delete()
        person.is_active = active
        person.save(update_fields=["is_active"])
        person.refresh_roles()
        record("person_activated" if active else "person_deactivated", person=_id(by), subject=person.pk)


def renew_password(person: Person, *, by: Person | None) -> str:
    """A one-time password in place of a forgotten one. Ends every session of that person."""
    password = one_time_password()
    with transaction.atomic():
        person.set_password(password)
        person.must_change_password = True
        person.one_time_until = _one_time_until()
        person.save(update_fields=["password", "must_change_password", "one_time_until"])
        person.presences.all().delete()
        person.end_sessions()
        record("password_renewed", person=_id(by), subject=person.pk)
    return password


def end_sessions(person: Person, *, by: Person) -> None:
    """Signs `person` out of every browser at once."""
    with transaction.atomic():
        person.presences.all().delete()
        person.end_sessions()
        record("sessions_ended", person=by.pk, subject=person.pk)


def ask_factor_reset(person: Person, *, by: Person) -> FactorReset:
    """Asks for the second factors of `person` to be removed. Takes effect when another administrator agrees."""
    if person.pk == by.pk:
        raise Refused(
            "nobody resets their own factors", code="people.own-factors", remedy="Ask two administrators"
        )
    with transaction.atomic():
        waiting = FactorReset.objects.filter(person=person, decided_at=None).first()
        if waiting is not None:
            return waiting
        reset = FactorReset.objects.create(person=person, requested_by=by)
        record("factor_reset_asked", person=by.pk, subject=person.pk)
    return reset


def decide_factor_reset(reset: FactorReset, *, agreed: bool, by: Person) -> None:
    """Agrees to a reset or refuses it. Who asked, and whom it is about, cannot agree."""
    with transaction.atomic():
        reset = FactorReset.objects.select_for_update().get(pk=reset.pk)
        if reset.decided_at is not None:
            raise Refused("it was decided already", code="people.reset-decided", remedy="Reload the page")
        if by.pk == reset.person_id or (agreed and by.pk == reset.requested_by_id):
            raise Refused(
                "a second person must agree",
                code="people.reset-second-person",
                remedy="Ask another administrator",
            )
        reset.decided_by, reset.decided_at, reset.agreed = by, timezone.now(), agreed
        reset.save()
        if agreed:
            Authenticator.objects.filter(user=reset.person).delete()
            reset.person.presences.all().delete()
            reset.person.end_sessions()
        record(
            "factor_reset_agreed" if agreed else "factor_reset_refused", person=by.pk, subject=reset.person_id
        )


def _one_time_until() -> datetime:
    return timezone.now() + timedelta(hours=ONE_TIME_HOURS)


def _keep_an_administrator(leaving: Person) -> None:
    others = RoleGrant.objects.filter(role=Role.ADMINISTRATOR.value, person__is_active=True).exclude(
        person=leaving
    )
    if not others.exists():
        raise Refused(
            "the clinic would have no administrator",
            code="people.last-administrator",
            remedy="Give the role to somebody else first",
        )


def _id(person: Person | None) -> str:
    return person.pk if person is not None else ""
