"""Consent: to which version of which protocol, on which basis, with which elements explained; given and withdrawn."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from ataraxy.therapy.moment import Moment
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.value import Value, refuse


class Basis(StrEnum):
    """On which basis ketamine is given for anxiety: it is approved for none."""

    OFF_LABEL = "off_label"
    REGISTERED_TRIAL = "registered_trial"


class ConsentElement(StrEnum):
    """What was explained and understood."""

    EXPERIMENTAL = "experimental"
    NOT_FDA_APPROVED = "not_fda_approved"
    ALTERNATIVES = "alternatives"
    RISKS = "risks"
    EVIDENCE_MIXED = "evidence_mixed"
    RIGHT_TO_WITHDRAW = "right_to_withdraw"
    MASKED_ALLOCATION = "masked_allocation"
    DISSOCIATION = "dissociation"
    BLOOD_PRESSURE = "blood_pressure"
    NAUSEA = "nausea"
    MISUSE = "misuse"
    BLADDER = "bladder"
    NO_DRIVING = "no_driving"
    ESCORT = "escort"
    FASTING = "fasting"
    PREGNANCY = "pregnancy"
    SESSIONS = "sessions"


class Consent(Value):
    """One consent.

    Attributes:
        id: opaque.
        protocol, protocol_version: what the person agreed to.
        basis: off-label use or a registered trial.
        trial_id: of the trial; empty for off-label use.
        elements: what was explained and understood.
        given_at: when it was given.
        obtained_by: who explained, an opaque id.
        withdrawn_at: when it was withdrawn, None while it stands.
        note: free text.
    """

    id: str
    protocol: str
    protocol_version: str
    basis: Basis
    trial_id: str = ""
    elements: tuple[ConsentElement, ...] = ()
    given_at: Moment
    obtained_by: Annotated[str, Field(min_length=1)]
    withdrawn_at: Moment | None = None
    note: Sensitive = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.trial_id.strip()) != (self.basis is Basis.REGISTERED_TRIAL):
            raise refuse(
                "a consent to a trial names the trial, and one to off-label use names none",
                code="consent.trial",
                remedy="Give the trial's registration number, or the other basis",
                field="trial_id",
            )
        return self
