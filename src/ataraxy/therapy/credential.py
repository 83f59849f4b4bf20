"""What qualifies a professional: licences and training, who issued them, and until when they are valid."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ataraxy.therapy.fact import Collection
from ataraxy.therapy.value import Value, refuse


class CredentialKind(StrEnum):
    """What a credential stands for."""

    PRESCRIBER_LICENCE = "prescriber_licence"
    CLINICAL_LICENCE = "clinical_licence"
    KETAMINE_TRAINING = "ketamine_training"
    LIFE_SUPPORT = "life_support"
    CONTROLLED_DRUGS = "controlled_drugs"
    TRIAL_GCP = "trial_gcp"


class Credential(Value):
    """One credential.

    Attributes:
        kind: what for.
        issuer: who issued it; a body, never a person.
        issued_on: since when; None where not known.
        valid_until: last day of validity; None where not known, which makes it uncertain.
    """

    kind: CredentialKind
    issuer: Annotated[str, Field(min_length=1, max_length=120)]
    issued_on: date | None = None
    valid_until: date | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.issued_on and self.valid_until and self.valid_until < self.issued_on:
            raise refuse(
                f"the credential is valid until {self.valid_until}, before it was issued on {self.issued_on}",
                code="credential.dates",
                remedy="Correct the dates",
                field="valid_until",
            )
        return self

    def in_date(self, at: datetime) -> bool | None:
        """Return whether it is valid on the day of `at`; None where nobody knows until when it is."""
        day = at.date()
        if self.issued_on is not None and day < self.issued_on:
            return False
        return None if self.valid_until is None else day <= self.valid_until


class Professional(Value):
    """A professional who is responsible for this person.

    Attributes:
        id: opaque; never a name.
        role: the responsible prescriber, or who watches the sessions.
        credentials: what qualifies them.
    """

    id: Annotated[str, Field(min_length=1)]
    role: Literal["prescriber", "monitor"]
    credentials: tuple[Credential, ...] = ()

    def in_date(self, at: datetime) -> Collection:
        """Return the kinds of credentials in date; those without a last day are uncertain."""
        sure = {c.kind.value for c in self.credentials if c.in_date(at)}
        perhaps = {c.kind.value for c in self.credentials if c.in_date(at) is None} - sure
        return Collection(frozenset(sure), frozenset(perhaps))
