"""What is measured during a session, in which unit, and what can be true of a living person on a working device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from ataraxy.therapy.setting import Unit


class Measure(StrEnum):
    """A measured quantity, or one that follows from it and from the reading before the first dose."""

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    HEART_RATE = "heart_rate"
    SPO2 = "spo2"
    RESPIRATORY_RATE = "respiratory_rate"
    MOAAS = "moaas"
    CADSS6 = "cadss6"
    CADSS_TOTAL = "cadss_total"
    NAUSEA = "nausea"
    SYSTOLIC_RISE = "systolic_rise"
    DIASTOLIC_RISE = "diastolic_rise"

    @property
    def charted(self) -> Measure:
        """Return what is read off the device or scale: for a rise, the pressure itself."""
        return _CHARTED.get(self, self)

    @property
    def is_rise(self) -> bool:
        """Return whether it counts from the last reading before the first dose."""
        return self in _CHARTED

    @property
    def unit(self) -> Unit:
        """Return the unit that it is charted in."""
        return MEASURED[self.charted].unit

    @property
    def label(self) -> str:
        """Return its name as a nurse says it."""
        if self.is_rise:
            return f"rise of {MEASURED[self.charted].label}"
        return MEASURED[self].label


_CHARTED = {Measure.SYSTOLIC_RISE: Measure.SYSTOLIC, Measure.DIASTOLIC_RISE: Measure.DIASTOLIC}


@dataclass(frozen=True, slots=True)
class Measured:
    """How a measure is charted. Limits are those of sanity, to find a slip of pen, unit or device; not of safety."""

    label: str
    unit: Unit
    lowest: int
    highest: int
    slip: str


MEASURED: Mapping[Measure, Measured] = MappingProxyType(
    {
        Measure.SYSTOLIC: Measured("systolic pressure", "mmHg", 30, 300, "Chart mmHg; 1 kPa is 7.5 mmHg"),
        Measure.DIASTOLIC: Measured("diastolic pressure", "mmHg", 10, 250, "Chart mmHg; 1 kPa is 7.5 mmHg"),
        Measure.HEART_RATE: Measured("heart rate", "/min", 15, 300, "Chart beats a minute"),
        Measure.SPO2: Measured("SpO2", "%", 20, 100, "Chart percent, such as 97, not a fraction"),
        Measure.RESPIRATORY_RATE: Measured(
            "respiratory rate", "/min", 0, 80, "Chart breaths in a whole minute"
        ),
        Measure.MOAAS: Measured(
            "MOAA/S", "points", 0, 5, "Chart 5 (responds readily) to 0 (responds to nothing)"
        ),
        # Items of 0 to 4 each; six of them in the short form, 23 in the form used in ketamine studies.
        Measure.CADSS6: Measured("CADSS-6", "points", 0, 24, "Chart the total of six items of 0 to 4"),
        Measure.CADSS_TOTAL: Measured(
            "CADSS total", "points", 0, 92, "Chart the total of 23 items of 0 to 4"
        ),
        Measure.NAUSEA: Measured(
            "nausea", "points", 0, 3, "Chart 0 none, 1 mild, 2 moderate, 3 severe or vomiting"
        ),
    }
)
