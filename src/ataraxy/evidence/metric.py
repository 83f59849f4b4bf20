"""What an observation measures: a level, a peak, an area, a clearance, or the ratio of two of these."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ataraxy.evidence.unit import (
    CLEARANCE,
    CONCENTRATION,
    EXPOSURE,
    PURE_NUMBER,
    RATE_CONSTANT,
    TIME,
    VOLUME,
    Dimension,
)


class Kind(Enum):
    """The quantity. The value is the name that this package uses for it."""

    LEVEL = "conc"
    PEAK = "Cmax"
    PEAK_TIME = "Tmax"
    AREA = "AUC"
    CLEARANCE = "CL"
    APPARENT_CLEARANCE = "CL/F"
    STEADY_STATE_VOLUME = "Vss"
    TERMINAL_VOLUME = "Vz"
    APPARENT_TERMINAL_VOLUME = "Vz/F"
    HALF_LIFE = "t_half"
    TERMINAL_RATE = "lambda_z"
    BIOAVAILABILITY = "F"
    RESIDENCE_TIME = "MRT"


DIMENSION: Final[dict[Kind, Dimension]] = {
    Kind.LEVEL: CONCENTRATION,
    Kind.PEAK: CONCENTRATION,
    Kind.PEAK_TIME: TIME,
    Kind.AREA: EXPOSURE,
    Kind.CLEARANCE: CLEARANCE,
    Kind.APPARENT_CLEARANCE: CLEARANCE,
    Kind.STEADY_STATE_VOLUME: VOLUME,
    Kind.TERMINAL_VOLUME: VOLUME,
    Kind.APPARENT_TERMINAL_VOLUME: VOLUME,
    Kind.HALF_LIFE: TIME,
    Kind.TERMINAL_RATE: RATE_CONSTANT,
    Kind.BIOAVAILABILITY: PURE_NUMBER,
    Kind.RESIDENCE_TIME: TIME,
}

# Properties of the person and the route; the others scale with the dose or need its time course.
NEED_NO_DOSE: Final = frozenset(
    {
        Kind.CLEARANCE,
        Kind.APPARENT_CLEARANCE,
        Kind.STEADY_STATE_VOLUME,
        Kind.TERMINAL_VOLUME,
        Kind.APPARENT_TERMINAL_VOLUME,
        Kind.HALF_LIFE,
        Kind.TERMINAL_RATE,
        Kind.BIOAVAILABILITY,
    }
)


@dataclass(frozen=True, slots=True)
class Metric:
    """One quantity, perhaps a ratio of it between two analytes.

    Attributes:
        text: as printed.
        kind: the quantity; None for a ratio that does not say of what.
        window_h: for an area, start and end in hours from the first dose, end infinite for AUCinf; None for an
            area to the last sample, whose time must come from elsewhere.
        ratio: whether it is a ratio between two analytes.
        enantiomer_ratio: "R/S" or "S/R" where the metric itself, not the analyte, names the two.
    """

    text: str
    kind: Kind | None
    window_h: tuple[float, float] | None = None
    ratio: bool = False
    enantiomer_ratio: str = ""

    @property
    def dimension(self) -> Dimension:
        """Return the dimension of a value: none for a ratio."""
        return PURE_NUMBER if self.ratio or self.kind is None else DIMENSION[self.kind]


_NAMES: Final[dict[str, Kind]] = {
    "c": Kind.LEVEL,
    "conc": Kind.LEVEL,
    "concentration": Kind.LEVEL,
    "level": Kind.LEVEL,
    "cmax": Kind.PEAK,
    "peak": Kind.PEAK,
    "tmax": Kind.PEAK_TIME,
    "cl": Kind.CLEARANCE,
    "cls": Kind.CLEARANCE,
    "cltot": Kind.CLEARANCE,
    "clearance": Kind.CLEARANCE,
    "cl/f": Kind.APPARENT_CLEARANCE,
    "clf": Kind.APPARENT_CLEARANCE,
    "clpo": Kind.APPARENT_CLEARANCE,
    "vss": Kind.STEADY_STATE_VOLUME,
    "vdss": Kind.STEADY_STATE_VOLUME,
    "vz": Kind.TERMINAL_VOLUME,
    "vbeta": Kind.TERMINAL_VOLUME,
    "vdbeta": Kind.TERMINAL_VOLUME,
    "vdarea": Kind.TERMINAL_VOLUME,
    "vz/f": Kind.APPARENT_TERMINAL_VOLUME,
    "vzf": Kind.APPARENT_TERMINAL_VOLUME,
    "thalf": Kind.HALF_LIFE,
    "t1/2": Kind.HALF_LIFE,
    "t½": Kind.HALF_LIFE,
    "halflife": Kind.HALF_LIFE,
    "terminalhalflife": Kind.HALF_LIFE,
    "thalfbeta": Kind.HALF_LIFE,
    "thalfz": Kind.HALF_LIFE,
    "t1/2beta": Kind.HALF_LIFE,
    "t1/2z": Kind.HALF_LIFE,
    "lambdaz": Kind.TERMINAL_RATE,
    "kel": Kind.TERMINAL_RATE,
    "f": Kind.BIOAVAILABILITY,
    "fabs": Kind.BIOAVAILABILITY,
    "bioavailability": Kind.BIOAVAILABILITY,
    "absolutebioavailability": Kind.BIOAVAILABILITY,
    "mrt": Kind.RESIDENCE_TIME,
    "mrtinf": Kind.RESIDENCE_TIME,
}
_INFINITE = r"inf(?:inity)?|∞|infty"
_NUMBER = r"\d+(?:\.\d+)?"
_TIME_UNIT = {"": 1.0, "h": 1.0, "hr": 1.0, "hrs": 1.0, "min": 1 / 60, "d": 24.0}


def parse_metric(text: str) -> Metric | None:
    """Return the metric that a text such as ``Cmax``, ``AUC0_24``, ``CL/F`` or ``AUCinf_ratio`` names.

    None where it is not understood: the row is then listed, never compared.
    """
    plain = re.sub(r"[\s()\[\]]+", "", text.strip().lower().replace("–", "-").replace("−", "-"))
    squeezed = re.sub(r"[_-]", "", plain)
    if squeezed in _NAMES:
        return Metric(text, _NAMES[squeezed])
    if area := _area(plain):
        return Metric(text, Kind.AREA, area[0])
    pair = re.search(r"^(?:r/s|s/r)|(?<=[_-])(?:r/s|s/r)$", plain)
    if pair or "ratio" in squeezed:
        rest = plain.replace(pair[0], "") if pair else plain
        rest = re.sub(r"ratio(?:of)?", "", rest).strip("_-:")
        inner = Metric(text, None) if not rest or rest in ("metabolic", "mr") else parse_metric(rest)
        if inner is None or inner.ratio:
            return None
        return Metric(text, inner.kind, inner.window_h, True, pair[0].upper() if pair else "")
    return None


def _area(plain: str) -> tuple[tuple[float, float] | None] | None:
    """Return the window of an area in a tuple of one, None inside for an area to the last sample."""
    if not plain.startswith("auc"):
        return None
    rest = plain.removeprefix("auc").strip("_-")
    if re.fullmatch(rf"(?:0(?:to|[_\-–.]*))?(?:{_INFINITE})(?:obs|pred)?", rest):
        return ((0.0, math.inf),)
    if re.fullmatch(r"(?:0?(?:to|[_\-]*))(?:last|t|tlast|all)?", rest):
        return (None,)
    found = re.fullmatch(rf"(?:({_NUMBER})(?:h|hr|hrs|min)?(?:to|[_\-]+))?({_NUMBER})(h|hr|hrs|min|d)?", rest)
    if not found:
        return None
    scale = _TIME_UNIT[found[3] or ""]
    start, end = float(found[1] or 0.0) * scale, float(found[2]) * scale
    return ((start, end),) if end > start else None


_NOTE_WINDOW = re.compile(
    rf"auc\s*(?:\(|_)?\s*(?:from\s+)?({_NUMBER})\s*(?:h|min)?\s*(?:-|–|to|_)\s*({_NUMBER}|{_INFINITE})\s*(h|hr|hrs|hours?|min|minutes?)?\b",
    re.IGNORECASE,
)


_NOTE_LAST_SAMPLE = re.compile(
    rf"sampl\w+ (?:up )?(?:to|until|for|over) ({_NUMBER})\s*(h|hr|hrs|hours?|min|minutes?)\b", re.IGNORECASE
)


def window_in_note(note: str) -> tuple[float, float] | None:
    """Return the window in hours that a note tells, else None.

    Either the area's own, ``AUC 0-8 h`` or ``AUC 0-360 min``, or the time of the last sample, ``sampled to 8 h``.
    """
    if found := _NOTE_WINDOW.search(note):
        scale = _hours_per(found[3])
        end = math.inf if re.fullmatch(_INFINITE, found[2].lower()) else float(found[2]) * scale
        start = float(found[1]) * scale
        return (start, end) if end > start else None
    if found := _NOTE_LAST_SAMPLE.search(note):
        return (0.0, float(found[1]) * _hours_per(found[2]))
    return None


def _hours_per(unit: str | None) -> float:
    return 1.0 / 60.0 if (unit or "").lower().startswith("min") else 1.0
