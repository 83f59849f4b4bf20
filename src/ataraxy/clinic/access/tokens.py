"""Access tokens of devices: made for a person, with some of that person's permissions, for a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from ataraxy.clinic.access.log import record
from ataraxy.clinic.access.models import AccessToken
from ataraxy.clinic.access.permissions import Permission
from ataraxy.errors import InputError

if TYPE_CHECKING:
    from ataraxy.clinic.accounts.models import Person

# What the JSON interface asks for; a token for anything else would open nothing.
SCOPES: Final = (
    Permission.TODAY_VIEW,
    Permission.PATIENT_VIEW,
    Permission.PATIENT_REFER,
    Permission.CHART_WRITE,
    Permission.SCREENING_VIEW,
    Permission.SESSION_VIEW,
    Permission.SESSION_CHART,
    Permission.SCORE_WRITE,
    Permission.ALERT_VIEW,
    Permission.ALERT_ACKNOWLEDGE,
    Permission.RECORD_VERIFY,
)
LONGEST_DAYS: Final = 366
# When a token was last used is written at most this often: it is for people, not for accounts.
_USED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Bearer:
    """Who calls with a token, and what the token permits now."""

    id: str
    person: Person
    permissions: frozenset[Permission]


def issue(
    person: Person, *, label: str, scopes: Iterable[Permission], days: int, by: str, agreed: bool = False
) -> str:
    """A new token, shown once. It opens nothing before `person` has agreed, unless `agreed` says that they have.

    Raises:
        InputError: a scope that the person does not hold, or none (``access.scope``); a length that is not one to
            `LONGEST_DAYS` days (``access.days``).
    """
    asked = frozenset(scopes)
    beyond = asked - person.permissions
    if beyond or not asked:
        raise InputError(
            f"scopes beyond the person's permissions: {', '.join(sorted(beyond)) or 'none asked for'}",
            code="access.scope",
            remedy="Ask for permissions that the person holds",
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise InputError(
            f"a token cannot last {days} days", code="access.days", remedy=f"Give 1 to {LONGEST_DAYS} days"
        )
    secret = AccessToken.new_secret()
    now = timezone.now()
    with transaction.atomic():
        token = AccessToken.objects.create(
            person=person,
            label=label,
            digest=AccessToken.digest_of(secret),
            scopes=sorted(asked),
            expires_at=now + timedelta(days=days),
            issued_by=by,
            agreed_at=now if agreed else None,
        )
        record("token_issued", person=by, subject=person.pk, detail=token.pk)
    return secret


def agree(token: AccessToken) -> None:
    """The person whose permissions it uses agrees to a token that waits; it is live from now on."""
    with transaction.atomic():
        changed = AccessToken.objects.filter(pk=token.pk, agreed_at=None, revoked_at=None).update(
            agreed_at=timezone.now()
        )
        if changed:
            record("token_agreed", person=token.person_id, subject=token.person_id, detail=token.pk)


def revoke(token: AccessToken, *, by: str) -> None:
    """The token opens nothing any more, at once and for ever."""
    with transaction.atomic():
        changed = AccessToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
        if changed:
            record("token_revoked", person=by, subject=token.person_id, detail=token.pk)


def bearer(request: HttpRequest) -> Bearer | None:
    """Who sends this request's token; None where it is unknown, not agreed to, expired, revoked, or its person gone."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return None
    now = timezone.now()
    token = (
        AccessToken.objects.select_related("person")
        .filter(
            digest=AccessToken.digest_of(secret.strip()),
            revoked_at=None,
            agreed_at__isnull=False,
            expires_at__gt=now,
        )
        .first()
    )
    if token is None or not token.person.is_active:
        return None
    if token.last_used_at is None or now - token.last_used_at > _USED_EVERY:
        AccessToken.objects.filter(pk=token.pk).update(last_used_at=now)
    scopes = frozenset(Permission(scope) for scope in token.scopes if scope in set(Permission))
    return Bearer(token.pk, token.person, scopes & token.person.permissions)
