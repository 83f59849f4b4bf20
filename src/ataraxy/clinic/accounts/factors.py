"""Who needs a second factor and lacks it."""

from __future__ import annotations

from typing import Final

from allauth.mfa.models import Authenticator
from django.conf import settings

from ataraxy.clinic.access.roles import needs_second_factor
from ataraxy.clinic.accounts.models import Person

FIRST_FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def lacks_second_factor(person: Person) -> bool:
    """Whether a role of this person needs a second factor that they have not enrolled."""
    if settings.HOME.settings.second_factor == "off" or not needs_second_factor(person.roles):
        return False
    return not Authenticator.objects.filter(user=person, type__in=FIRST_FACTORS).exists()
