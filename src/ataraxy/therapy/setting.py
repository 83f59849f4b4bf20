"""A number of a site policy, with its unit and with who says so."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, model_validator

from ataraxy.therapy.exact import Exact, plain
from ataraxy.therapy.value import Value, refuse

Unit = Literal[
    "mmHg",
    "/min",
    "%",
    "points",
    "grade",
    "min",
    "h",
    "days",
    "sessions",
    "kg",
    "mg",
    "mg/kg",
    "mg/mL",
    "mL",
    "mL/h",
]


class Grade(StrEnum):
    """How strong the source of a number is, the strongest first; `SITE` is the clinic's own decision."""

    LABEL = "label"
    REMS = "rems"
    FDA_ALERT = "fda_alert"
    SOCIETY_GUIDELINE = "society_guideline"
    CONSENSUS = "consensus"
    TRIAL = "trial"
    TRIAL_PROTOCOL = "trial_protocol"
    COHORT = "cohort"
    REVIEW = "review"
    SITE = "site"
    INVENTED = "invented"


# Sources that never carry a threshold by themselves: a clinic that wants such a number decides it as its own.
TOO_WEAK = ("clinic_page", "forum")


# Limits of the house against slips of the pen, such as 1400 for 140: beyond them a rule would be switched off unseen.
LARGEST: Mapping[Unit, int] = MappingProxyType(
    {
        "mmHg": 300,
        "/min": 300,
        "%": 100,
        "points": 100,
        "grade": 5,
        "min": 10_080,
        "h": 8_784,
        "days": 3_660,
        "sessions": 1_000,
        "kg": 500,
        "mg": 1_000,
        "mg/kg": 10,
        "mg/mL": 200,
        "mL": 1_000,
        "mL/h": 2_000,
    }
)


class Setting(Value):
    """A number that a clinic has set.

    Attributes:
        value: the number.
        unit: its unit.
        grade: strength of the source.
        source: the publication, or who in the clinic decided it.
        url: address of the source, where there is one.
        extrapolated: the source speaks of another drug or route than the one it is used for; says from which.
        note: why it was chosen.
    """

    value: Exact
    unit: Unit
    grade: Grade
    source: str
    url: str = ""
    extrapolated: str = ""
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _no_weak_source(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("grade") in TOO_WEAK:
            raise refuse(
                f"the grade is {data['grade']}, which is too weak to set a threshold",
                code="policy.grade-too-weak",
                remedy="Find a stronger source, or decide the number as the site's own (grade: site)",
                field="grade",
            )
        return data

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.source.strip():
            raise refuse(
                f"nobody stands for {self}",
                code="policy.source-missing",
                remedy='Name the source, or who decided it with "grade: site"',
                field="source",
            )
        if not 0 <= self.value <= LARGEST[self.unit]:
            raise refuse(
                f"the value is {self}",
                code="policy.value",
                remedy=f"Give 0 to {LARGEST[self.unit]} {self.unit}; more looks like a slip",
                field="value",
            )
        return self

    def __str__(self) -> str:
        return f"{plain(self.value)}{'' if self.unit == '%' else ' '}{self.unit}"


def _in_unit(*units: Unit) -> AfterValidator:
    def check(setting: Setting) -> Setting:
        if setting.unit not in units:
            raise refuse(
                f"the unit is {setting.unit}",
                code="policy.unit",
                remedy=f"Give the number in {' or '.join(units)}",
                field="value",
            )
        return setting

    return AfterValidator(check)


Minutes = Annotated[Setting, _in_unit("min")]
Hours = Annotated[Setting, _in_unit("h")]
Days = Annotated[Setting, _in_unit("days")]
Sessions = Annotated[Setting, _in_unit("sessions")]
Percent = Annotated[Setting, _in_unit("%")]
Kg = Annotated[Setting, _in_unit("kg")]
Mg = Annotated[Setting, _in_unit("mg")]
MgPerKg = Annotated[Setting, _in_unit("mg/kg")]
MgPerMl = Annotated[Setting, _in_unit("mg/mL")]
Ml = Annotated[Setting, _in_unit("mL")]
MlPerHour = Annotated[Setting, _in_unit("mL/h")]
AdverseGrade = Annotated[Setting, _in_unit("grade")]
