"""Access tokens of devices: made for a person, with some of that person's permissions, for a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils import timezone

from ataraxy.clinic.access.log import record
from ataraxy.clinic.access.models import AccessToken
from ataraxy.clinic.access.permissions import Permission
from ataraxy.errors import InputError

if TYPE_CHECKING:
    from ataraxy.clinic.accounts.models import Person


@dataclass(frozen=True)
class Bearer:
    """Who calls with a token, and what the token permits now."""

    id: str
    person: Person
    permissions: frozenset[Permission]


def issue(person: Person, *, label: str, scopes: Iterable[Permission], days: int, by: str) -> str:
    """A new token, shown once. Raises InputError for a scope that the person does not hold."""
    asked = frozenset(scopes)
    beyond = asked - person.permissions
    if beyond or not asked:
        raise InputError(
            f"scopes beyond the person's permissions: {', '.join(sorted(beyond)) or 'none asked for'}",
            code="access.scope",
            remedy="Ask for permissions that the person holds",
        )
    secret = AccessToken.new_secret()
    token = AccessToken.objects.create(
        person=person,
        label=label,
        digest=AccessToken.digest_of(secret),
        scopes=sorted(asked),
        expires_at=timezone.now() + timedelta(days=days),
    )
    record("token_issued", person=by, subject=person.pk, detail=token.pk)
    return secret


def bearer(request: HttpRequest) -> Bearer | None:
    """Who sends this request's token; None where it is unknown, expired, revoked, or its person is deactivated."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return None
    token = (
        AccessToken.objects.select_related("person")
        .filter(digest=AccessToken.digest_of(secret.strip()), revoked_at=None, expires_at__gt=timezone.now())
        .first()
    )
    if token is None or not token.person.is_active:
        return None
    scopes = frozenset(Permission(scope) for scope in token.scopes if scope in set(Permission))
    return Bearer(token.pk, token.person, scopes & token.person.permissions)
