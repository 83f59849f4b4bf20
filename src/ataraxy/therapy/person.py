"""The person who is treated. Whatever identifies them is marked, and is sealed in the record under their own key."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from ataraxy.therapy.sensitive import SENSITIVE, Sensitive
from ataraxy.therapy.value import Value


class Sex(StrEnum):
    """As registered for care; whether a person can become pregnant is a fact of its own and is never inferred."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class Contact(Value):
    """A way to reach the person or somebody whom they name."""

    kind: str
    value: Sensitive
    whose: Sensitive = ""


class Identifier(Value):
    """A number by which another system knows the person."""

    system: str
    value: Sensitive


class Person(Value):
    """A person.

    Attributes:
        id: random and opaque; the only field that is not sealed, with the sex.
        name: as they are called.
        born: date of birth.
        sex: as registered.
        contacts, identifiers: of the person.
    """

    id: str
    name: Sensitive = ""
    born: Annotated[date, SENSITIVE] | None = None
    sex: Sex = Sex.UNKNOWN
    contacts: tuple[Contact, ...] = ()
    identifiers: tuple[Identifier, ...] = ()

    def age_at(self, at: datetime) -> int | None:
        """Return the age in whole years, None where the date of birth is unknown or lies after `at`."""
        if self.born is None or self.born > at.date():
            return None
        day = at.date()
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))
