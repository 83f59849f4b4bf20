"""Rules for passwords beside Django's: no composition rules, no forced rotation, a limit that hashing can bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

if TYPE_CHECKING:
    from ataraxy.clinic.accounts.models import Person

LONGEST = 128
TOO_MANY = "Too many attempts. Wait a minute and try again."


def password_again(request: HttpRequest, person: Person, password: str) -> None:
    """Raises ValidationError unless `password` is the person's own. Ten tries a minute, counted before the look."""
    from allauth.core import ratelimit

    if not ratelimit.consume(request, action="reauthenticate", user=person):
        raise ValidationError(TOO_MANY, code="rate")
    if not person.check_password(password):
        raise ValidationError("This is not your password.", code="password")


class MaximumLengthValidator:
    """Refuses passwords so long that hashing them is an attack."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(f"Use {LONGEST} characters or fewer.", code="password_too_long")

    def get_help_text(self) -> str:
        return f"It has at most {LONGEST} characters."


class ClinicNameValidator:
    """Refuses a password that is built on the name of the clinic or of the software."""

    def validate(self, password: str, user: object = None) -> None:
        plain = "".join(c for c in password.lower() if c.isalpha())
        words = {"ataraxy", *(w for w in settings.HOME.settings.name.lower().split() if len(w) >= 5)}
        for word in words:
            if word in plain and len(plain) - len(word) < 8:
                raise ValidationError("It is too close to the name of the clinic.", code="password_clinic")

    def get_help_text(self) -> str:
        return "It is not the clinic's name with something added."
