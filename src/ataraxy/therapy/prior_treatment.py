"""An earlier treatment of the disorder, as far as it is known: drug, dose and weeks, or therapy and sessions."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ataraxy.therapy.disorder import Disorder
from ataraxy.therapy.fact import FactSource
from ataraxy.therapy.medication import DrugName
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.value import Count, Number, Value, refuse


class Outcome(StrEnum):
    """What a treatment did."""

    NO_RESPONSE = "no_response"
    PARTIAL_RESPONSE = "partial_response"
    RESPONSE = "response"
    REMISSION = "remission"
    RELAPSE = "relapse"

    @property
    def is_failure(self) -> bool:
        """Return whether the person was left unwell: no or a partial response, or a relapse under treatment."""
        return self in (Outcome.NO_RESPONSE, Outcome.PARTIAL_RESPONSE, Outcome.RELAPSE)


class ReasonStopped(StrEnum):
    """Why a treatment ended."""

    NO_BENEFIT = "no_benefit"
    ADVERSE_EFFECTS = "adverse_effects"
    COMPLETED = "completed"
    PATIENT_CHOICE = "patient_choice"
    ACCESS = "access"
    ONGOING = "ongoing"
    OTHER = "other"


class PriorTreatment(Value):
    """One earlier treatment; whatever is None is not known, and an adequacy that needs it is unknown as well.

    Attributes:
        id: opaque.
        kind: a drug, a psychotherapy, or something else.
        drug: name as written, of a drug.
        daily_dose, dose_unit: highest daily dose that was held.
        weeks: how long this dose, or the therapy, lasted.
        adherence_percent: share of doses taken, where it is known.
        therapy: kind of psychotherapy, such as ``cbt`` or ``emdr``.
        sessions: of the psychotherapy.
        disorder: what it was given for.
        outcome: what it did.
        reason_stopped: why it ended.
        ended_on: when.
        source: who said so.
        note: free text.
    """

    id: str
    kind: Literal["drug", "psychotherapy", "other"]
    drug: DrugName | None = None
    daily_dose: Annotated[Number, Field(gt=0)] | None = None
    dose_unit: str = ""
    weeks: Annotated[Number, Field(ge=0, le=5200)] | None = None
    adherence_percent: Annotated[Number, Field(ge=0, le=100)] | None = None
    therapy: Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=40)] | None = None
    sessions: Annotated[Count, Field(ge=0, le=2000)] | None = None
    disorder: Disorder | None = None
    outcome: Outcome | None = None
    reason_stopped: ReasonStopped | None = None
    ended_on: date | None = None
    source: FactSource = FactSource.PATIENT
    note: Sensitive = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.kind == "drug") != (self.drug is not None):
            raise refuse(
                "a drug treatment names its drug, and no other treatment does",
                code="treatment.kind",
                remedy="Give the drug, or another kind",
                field="drug",
            )
        if (self.kind == "psychotherapy") != (self.therapy is not None):
            raise refuse(
                "a psychotherapy names its kind, and no other treatment does",
                code="treatment.kind",
                remedy="Give the therapy, such as cbt, or another kind",
                field="therapy",
            )
        if self.kind != "psychotherapy" and self.sessions is not None:
            raise refuse(
                "only a psychotherapy has sessions",
                code="treatment.kind",
                remedy="Remove the sessions",
                field="sessions",
            )
        if self.daily_dose is not None and not self.dose_unit:
            raise refuse(
                f"the daily dose of {self.daily_dose:g} has no unit",
                code="treatment.dose-unit",
                remedy="Add the unit, such as mg",
                field="dose_unit",
            )
        return self


class PsychotherapyException(Value):
    """Why a person had no adequate psychotherapy, said by a clinician; a reason, never a tick.

    Attributes:
        reason: free text.
        kind: in one word, for the statistics.
        by: the clinician.
        on: when.
    """

    reason: Annotated[Sensitive, Field(min_length=10)]
    kind: Literal["not_available", "declined", "not_tolerated", "not_suitable"]
    by: Annotated[str, Field(min_length=1)]
    on: date
