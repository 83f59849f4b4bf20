"""A reading: what was measured at one moment by one person. Values that no person can have are refused."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from ataraxy.therapy.moment import Moment
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session.measure import MEASURED, Measure
from ataraxy.therapy.value import Count, Value


class Reading(Value):
    """What was measured at one moment; a measure that was not taken is None and stays unknown.

    Attributes:
        id: opaque id, chosen by the caller, unique in the session.
        taken_at: when it was measured, which may be earlier than when it is charted.
        by: who measured.
        systolic, diastolic: blood pressure in mmHg; both or neither.
        heart_rate: beats a minute.
        spo2: oxygen saturation in percent.
        respiratory_rate: breaths a minute.
        moaas: sedation, MOAA/S, 5 responds readily to 0 responds to nothing.
        cadss6, cadss_total: dissociation, total of the short or of the 23-item form.
        nausea: 0 none, 1 mild, 2 moderate, 3 severe or vomiting.
        on_oxygen: whether oxygen was being given; None where it was not charted.
        note: free text.
    """

    id: str
    taken_at: Moment
    by: str
    systolic: Count | None = None
    diastolic: Count | None = None
    heart_rate: Count | None = None
    spo2: Count | None = None
    respiratory_rate: Count | None = None
    moaas: Count | None = None
    cadss6: Count | None = None
    cadss_total: Count | None = None
    nausea: Count | None = None
    on_oxygen: bool | None = None
    note: Sensitive = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.measures:
            raise Refusal(
                "the reading holds no measure",
                code="reading.empty",
                remedy="Chart at least one measure",
                where=self.id,
            )
        for measure, value in self.measures.items():
            of = MEASURED[measure]
            if not of.lowest <= value <= of.highest:
                raise Refusal(
                    f"{of.label} {value} {of.unit} lies outside of {of.lowest} to {of.highest} {of.unit}",
                    code="reading.not-sane",
                    remedy=of.slip,
                    where=measure.value,
                )
        if (self.systolic is None) != (self.diastolic is None):
            raise Refusal(
                "one of the two blood pressures is missing",
                code="reading.half-a-pressure",
                remedy="Chart systolic and diastolic pressure together, or measure again",
                where="diastolic" if self.diastolic is None else "systolic",
            )
        if self.systolic is not None and self.diastolic is not None and self.diastolic >= self.systolic:
            raise Refusal(
                f"the blood pressure is {self.systolic}/{self.diastolic} mmHg",
                code="reading.pressure-order",
                remedy="Chart the systolic pressure first; it is the higher one",
                where="diastolic",
            )
        return self

    @property
    def measures(self) -> dict[Measure, int]:
        """Return what was measured."""
        return {measure: value for measure in MEASURED if (value := getattr(self, measure.value)) is not None}

    def value(self, measure: Measure) -> int | None:
        """Return one measured value, or None where it was not taken; for a rise, the pressure itself."""
        found: int | None = getattr(self, measure.charted.value)
        return found


class ChartedReading(Value):
    """A reading with its place in the chart; nothing is ever removed.

    Attributes:
        reading: what was measured.
        charted_at: when it was charted.
        replaced_by: id of the reading that corrects it; ``void`` where it is withdrawn without another.
        reason: why it was corrected.
    """

    reading: Reading
    charted_at: Moment
    replaced_by: str | None = None
    reason: Sensitive = ""
