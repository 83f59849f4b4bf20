"""Rules for passwords beside Django's: no composition rules, no forced rotation, a limit that hashing can bear."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError

LONGEST = 128


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
