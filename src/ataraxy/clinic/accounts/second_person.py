"""A second person at the first one's screen: proves who they are with their own PIN or password, for one act.

They are not signed in by it, and nothing of the first person's session passes to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from allauth.core import ratelimit
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from ataraxy.clinic.access.care import sight
from ataraxy.clinic.access.log import record
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.accounts.factors import lacks_second_factor
from ataraxy.clinic.accounts.models import Person

# The action of ACCOUNT_RATE_LIMITS: five wrong PINs, and this way is closed to that person for ten minutes.
LIMIT: Final = "second_person"
TOO_MANY: Final = "Too many wrong attempts for this person. Wait ten minutes, or ask somebody else."
# One sentence for all that can be wrong with a secret: it says nothing about whose PIN is set.
WRONG: Final = "This is not this person's PIN or password."


def who_may(permission: Permission, *, but: Iterable[str] = ()) -> list[Person]:
    """Return who may be the second person, by name; `but` are ids of accounts that may not."""
    left_out = frozenset(but)
    people = Person.objects.filter(is_active=True).prefetch_related("grants").order_by("display_name")
    return [p for p in people if p.pk not in left_out and permission in p.permissions]


def second_person(
    request: HttpRequest, person_id: str, secret: str, permission: Permission, *, patient: str = ""
) -> Person:
    """Return the person who gave their own PIN or password here. Every try is counted and written down.

    Args:
        request: of the first person's browser.
        person_id: account that the second person chose.
        secret: what they typed.
        permission: what they are asked for; a person without it is refused.
        patient: opaque id of the patient it is about, whom the second person must be allowed to open; empty for none.

    Raises:
        ValidationError: with the sentence to show.
    """
    person = Person.objects.filter(pk=person_id, is_active=True).first()
    if person is None or permission not in person.permissions:
        raise ValidationError("Choose a colleague who may do this.", code="person")
    if person.must_change_password or lacks_second_factor(person):
        raise ValidationError(
            f"{person.display_name} has not finished setting up the account: sign in once, on your own screen.",
            code="unfinished",
        )
    # Counted before the look, so that many tries at once count too; forgotten where the secret is right.
    if not ratelimit.consume(request, action=LIMIT, key=person.pk):
        raise ValidationError(TOO_MANY, code="rate")
    pin = secret.isdigit() and len(secret) <= 12
    if not ((pin and person.check_pin(secret)) or person.check_password(secret)):
        record("second_person_failed", request=request, person=person.pk, patient=patient)
        raise ValidationError(WRONG, code="secret")
    ratelimit.clear(request, action=LIMIT, key=person.pk)
    if patient and not sight(person, patient).may:
        raise ValidationError(
            f"{person.display_name} does not care for this patient. Ask another colleague, or be put on the team.",
            code="patient",
        )
    record("second_person", request=request, person=person.pk, patient=patient)
    return person
