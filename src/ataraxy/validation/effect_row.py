"""One reported result beside its prediction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ataraxy.evidence.fields import Number
from ataraxy.evidence.row import Row
from ataraxy.trials.interval import Interval

Floats = npt.NDArray[np.float64]
Status = Literal["inside", "outside", "agrees", "disagrees", "skipped"]
Observed = float | tuple[float, float] | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRow:
    """One result.

    Attributes:
        trial, arm: ids; `arm` as printed, such as ``ket_0.5 vs midazolam``.
        name: the scale, or the safety measure.
        is_measure: whether `name` is a safety measure.
        time_h: hours from the first dose, the middle of a window; None where there is none.
        kind: as printed, such as ``change`` or ``qualitative``.
        observed: the number, both ends of a printed range, the claim in words, or None.
        unit: of observed and predicted: points, SD, %, mmHg, h, ...
        predicted: of a result of so many people as the arm had.
        status: ``inside`` or ``outside`` the 90% interval for a number, ``agrees`` or ``disagrees`` for a claim or a
            limit, ``skipped``.
        reason: why it was skipped; for claims, how many of the draws agree.
        people: of the smallest arm; None for a skipped row.
        section, row: where it stands in the entry.
        use: of the entry: calibrate, context, do_not_use or not_stated.
        flags: what was assumed.
        fitted: whether the parameters were fitted to this very number; all other rows are predicted.
        draws: what each draw of the parameters predicts, where the result is a number; not written out.
    """

    trial: str
    arm: str
    name: str
    is_measure: bool
    time_h: float | None
    kind: str
    observed: Observed
    unit: str
    predicted: Interval | None
    status: Status
    reason: str
    people: int | None
    section: str
    row: int
    use: str
    flags: tuple[str, ...] = field(default=())
    fitted: bool = False
    draws: Floats | None = field(default=None, compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; a safety row has ``measure`` where others have ``instrument``."""
        observed = list(self.observed) if isinstance(self.observed, tuple) else self.observed
        return {
            "trial": self.trial,
            "arm": self.arm,
            "measure" if self.is_measure else "instrument": self.name,
            "time_h": self.time_h,
            "kind": self.kind,
            "observed": observed,
            "predicted": None if self.predicted is None else self.predicted.to_json(),
            "status": self.status,
            "reason": self.reason,
            "unit": self.unit,
            "people": self.people,
            "section": self.section,
            "row": self.row,
            "use": self.use,
            "flags": list(self.flags),
            "fitted": self.fitted,
        }


def observed_number(number: Number) -> float | tuple[float, float]:
    """A printed number, or both ends of a printed range."""
    return (number.low, number.high) if number.is_range else number.low


def against_number(interval: Interval, number: Number) -> Status:
    """Whether a reported number, or any part of a reported range, lies in the interval."""
    return "inside" if interval.holds(number.low, number.high) else "outside"


def printed_arm(row: Row) -> str:
    """The arm as the row prints it."""
    text = row.origin.fields.get("arm")
    return "" if text is None else " ".join(str(text).split())
