"""Disorders with their codes, and diagnoses of them with severity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from pydantic import model_validator

from ataraxy.therapy.moment import Moment
from ataraxy.therapy.value import Value, refuse


class Disorder(StrEnum):
    """Disorders that the rules tell apart; `OTHER` has a code of its own in the diagnosis."""

    GAD = "GAD"
    SAD = "SAD"
    PTSD = "PTSD"
    PANIC = "panic"
    MDD = "MDD"
    OTHER = "other"

    @property
    def codes(self) -> DisorderCodes | None:
        """Return title and codes, None for `OTHER`."""
        return CODES.get(self)

    @property
    def label(self) -> str:
        """Return the name in words."""
        codes = self.codes
        return "another disorder" if codes is None else codes.title


@dataclass(frozen=True, slots=True)
class DisorderCodes:
    """Codes of a disorder.

    Attributes:
        title: name in DSM-5.
        dsm5: DSM-5 code (that of ICD-9-CM, as DSM-5 prints it first).
        icd10_cm: code in the American clinical modification.
        icd10: code in the edition of the WHO.
        snomed_ct: codes of SNOMED CT, as health records write them.
    """

    title: str
    dsm5: str
    icd10_cm: str
    icd10: str
    snomed_ct: tuple[str, ...] = ()


# DSM-5 prints both codes beside each title, such as 300.02 (F41.1). SNOMED CT as in the FHIR value sets of records.
CODES: Mapping[Disorder, DisorderCodes] = MappingProxyType(
    {
        Disorder.GAD: DisorderCodes(
            "generalised anxiety disorder", "300.02", "F41.1", "F41.1", ("21897009",)
        ),
        Disorder.SAD: DisorderCodes("social anxiety disorder", "300.23", "F40.10", "F40.1", ("25501002",)),
        Disorder.PTSD: DisorderCodes(
            "post-traumatic stress disorder", "309.81", "F43.10", "F43.1", ("47505003",)
        ),
        Disorder.PANIC: DisorderCodes("panic disorder", "300.01", "F41.0", "F41.0", ("371631005",)),
        Disorder.MDD: DisorderCodes(
            "major depressive disorder", "296.20", "F32.9", "F32.9", ("370143000", "36923009", "35489007")
        ),
    }
)


def disorder_of(code: str) -> Disorder:
    """Return the disorder of a DSM-5, ICD-10 or SNOMED CT code; `OTHER` for all other codes.

    Subcodes of ICD-10-CM belong to their parent: F43.11 and F43.12 are PTSD, F40.11 is SAD.
    """
    wanted = code.strip().upper()
    for disorder, codes in CODES.items():
        if wanted in (codes.dsm5, codes.icd10_cm, codes.icd10, *codes.snomed_ct):
            return disorder
    if wanted.startswith("F43.1") and len(wanted) == 6:
        return Disorder.PTSD
    if wanted in ("F40.11",):
        return Disorder.SAD
    return Disorder.OTHER


class Severity(StrEnum):
    """A clinician's judgement of severity; scales are recorded beside it."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class Diagnosis(Value):
    """A diagnosis.

    Attributes:
        id: opaque.
        disorder: which.
        code: as written by whoever made it; checked against the disorder.
        primary: whether it is what treatment is sought for.
        severity: a clinician's judgement, None where none was given.
        confirmed_by: the clinician who confirmed it, an opaque id; empty where nobody has.
        confirmed_at: when.
        ended_at: when it was judged to be over, None while it is active.
    """

    id: str
    disorder: Disorder
    code: str = ""
    primary: bool = False
    severity: Severity | None = None
    confirmed_by: str = ""
    confirmed_at: Moment | None = None
    ended_at: Moment | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.code and self.disorder is not Disorder.OTHER and disorder_of(self.code) is not self.disorder:
            codes = CODES[self.disorder]
            raise refuse(
                f'the code "{self.code}" is not one of {self.disorder.value}',
                code="diagnosis.code",
                remedy=f"Write {codes.icd10_cm} or {codes.dsm5}, or correct the disorder",
                field="code",
            )
        if bool(self.confirmed_by) != (self.confirmed_at is not None):
            raise refuse(
                "a diagnosis is confirmed by somebody at some time, and one of the two is missing",
                code="diagnosis.confirmed",
                remedy="Give both confirmed_by and confirmed_at, or neither",
                field="confirmed_by" if self.confirmed_at else "confirmed_at",
            )
        return self
