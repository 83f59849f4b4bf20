"""A fact about a person or a site, and what is known of it at a moment: known, or unknown for a reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, Strict, StrictBool

from ataraxy.therapy.moment import Moment
from ataraxy.therapy.value import Number, Value

FactName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[A-Za-z0-9_/-]+)+$", max_length=80)]
# A word of a closed list, a date as ISO text; never free text.
Word = Annotated[str, Strict(), Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:+/-]*$", max_length=60)]


class FactSource(StrEnum):
    """Who or what a fact comes from."""

    PATIENT = "patient"
    RELATIVE = "relative"
    CLINICIAN = "clinician"
    RECORD = "record"
    LABORATORY = "laboratory"
    DEVICE = "device"
    SITE = "site"
    IMPORTED = "imported"


class Fact(Value):
    """One observation.

    Attributes:
        name: which fact, see `ataraxy.therapy.fact_kind`.
        value: a truth value, a number, or a word.
        unit: of a number; empty where it has none.
        observed_at: when it was true, not when it was written down.
        source: who or what said it.
    """

    name: FactName
    value: StrictBool | Number | Word
    unit: str = ""
    observed_at: Moment
    source: FactSource = FactSource.CLINICIAN

    @property
    def in_words(self) -> str:
        """Return the value as people read it."""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        if isinstance(self.value, float | int):
            return f"{self.value:g} {self.unit}".strip()
        return self.value.replace("_", " ")


class Missing(StrEnum):
    """Why a fact is unknown."""

    MISSING = "missing"
    STALE = "stale"
    WRONG_UNIT = "wrong unit"
    IN_FUTURE = "in the future"
    INCOMPLETE = "incomplete"
    NOT_UNDERSTOOD = "not understood"


@dataclass(frozen=True, slots=True)
class Collection:
    """Several words, such as the classes of a person's drugs.

    Attributes:
        members: those that are certain.
        uncertain: those that may belong to it as well, each by its own word.
        open: whether anything else may belong to it, because something could not be understood.
    """

    members: frozenset[str] = frozenset()
    uncertain: frozenset[str] = frozenset()
    open: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A fact that is known.

    Attributes:
        value: truth value, number, word, or several words.
        unit: of a number.
        observed_at: when it was true; None where it follows from the moment of asking itself, such as an age.
        detail: words for people, such as which drug belongs to which class; names nobody.
    """

    value: bool | float | str | Collection
    unit: str = ""
    observed_at: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that is not known. It never permits anything.

    Attributes:
        reason: why.
        detail: words for people.
        remedy: what would make it known; empty where the rule's own remedy says it.
    """

    reason: Missing
    detail: str = ""
    remedy: str = field(default="", compare=False)


Knowledge = Known | Unknown
