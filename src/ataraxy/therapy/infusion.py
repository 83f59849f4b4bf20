"""How the rate of an infusion runs: a planned course, changes of rate laid over it, and what then flows.

The law of this module: the amount given is the integral of the charted rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

from pydantic import model_validator

from ataraxy.therapy.amount import AmountUnit, Rate
from ataraxy.therapy.value import Number, Value, refuse

# Two times are the same when they differ by less than a microsecond, so that 40/60 h and 2/3 h agree.
SAME_TIME_H = 1e-9


class ShareOfPlan(Value):
    """A rate as a share of the planned rate: 50 percent is half of what was planned for that moment."""

    percent: Number

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.percent < 0:
            raise refuse(
                f"the share of the planned rate is {self.percent:g}%",
                code="protocol.rate-negative",
                remedy="Give a share of zero or more",
                field="percent",
            )
        return self


class RateChange(Value):
    """From a moment on, another rate.

    Attributes:
        at_h: hours from the start of the infusion.
        to: the new rate, a share of the planned rate, ``pause``, or ``resume`` (the rate before the pause).
        for_h: after so many hours the rate before this change returns; None: until the next change or the end.
    """

    at_h: Number
    to: Rate | ShareOfPlan | Literal["pause", "resume"]
    for_h: Number | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.for_h is not None and self.to == "resume":
            raise refuse(
                "a resumption has a length",
                code="protocol.rate-resume",
                remedy='Leave "for" out; give the pause a length instead',
                field="for_h",
            )
        if self.for_h is not None and self.for_h <= 0:
            raise refuse(
                f"the change lasts {self.for_h:g} h",
                code="protocol.duration-not-positive",
                remedy="Give a length above zero",
                field="for_h",
            )
        return self


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of an infusion at a constant rate.

    Attributes:
        start_h, end_h: hours from the start of the infusion.
        amount: what flows between them, in `per`.
        per: ``mg`` or ``mg/kg``.
        cap_mg: this stretch's part of a cap, in mg.
    """

    start_h: float
    end_h: float
    amount: float
    per: AmountUnit
    cap_mg: float | None = None

    def part(self, start_h: float, end_h: float, share: float = 1.0) -> Stretch:
        """Return what flows between two times, multiplied by a share; beyond the stretch its rate goes on."""
        whole = self.end_h - self.start_h
        factor = share * (1.0 if end_h - start_h == whole else (end_h - start_h) / whole)
        cap = None if self.cap_mg is None else self.cap_mg * factor
        return Stretch(start_h, end_h, self.amount * factor, self.per, cap)


def lay_changes(
    planned: Sequence[Stretch], changes: Sequence[RateChange], end_h: float | None = None
) -> tuple[Stretch, ...]:
    """Return the stretches in which drug flows when `changes` are made to a planned course.

    Args:
        planned: the planned stretches in order; gaps between them are pauses.
        changes: in order of time, none overlapping another.
        end_h: when the infusion really ended, hours from its start; None for the planned end. After the planned
            end the last planned rate goes on.

    Returns:
        Stretches in order of time, with gaps where nothing flows. A pause does not put off the end.

    Raises:
        InputError: changes that overlap (``protocol.rate-overlap``), lie outside of the infusion
            (``protocol.rate-outside``), or resume what was not paused (``protocol.rate-resume``).
    """
    end = planned[-1].end_h if end_h is None else end_h
    flowing: list[Stretch] = []
    for start, stop, level in _levels(changes, end):
        if isinstance(level, Rate):
            if level.amount > 0:
                flowing.append(Stretch(start, stop, level.amount * (stop - start), level.amount_per))
        elif level > 0:
            flowing.extend(_planned_part(planned, start, stop, level))
    return tuple(flowing)


def _levels(changes: Sequence[RateChange], end: float) -> list[tuple[float, float, Rate | float]]:
    """Return (start, stop, rate or share of the plan) in order, which together fill the infusion."""
    spans: list[tuple[float, float, Rate | float]] = []
    level: Rate | float = 1.0
    now = 0.0
    paused = False
    for i, change in enumerate(changes):
        if change.at_h < 0 or change.at_h >= end - SAME_TIME_H:
            raise _outside(f"the change at {_minutes(change.at_h)}", end, f"{i}.at_h")
        if change.at_h < now - SAME_TIME_H or (i and change.at_h <= changes[i - 1].at_h):
            raise _overlap(change.at_h, changes[i - 1], i)
        if change.at_h > now:
            spans.append((now, change.at_h, 0.0 if paused else level))
        now = change.at_h
        if change.to == "resume":
            if not paused:
                raise refuse(
                    f"the infusion resumes at {_minutes(now)} but was not paused",
                    code="protocol.rate-resume",
                    remedy="Add the pause, or remove the resumption",
                    field=f"{i}.to",
                )
            paused = False
        elif change.to == "pause" and paused:
            raise _overlap(now, changes[i - 1], i)
        elif change.for_h is not None:
            stop = now + change.for_h
            if stop > end + SAME_TIME_H:
                raise _outside(f"the change that ends at {_minutes(stop)}", end, f"{i}.for_h")
            stop = min(stop, end)
            spans.append((now, stop, 0.0 if change.to == "pause" else _level(change)))
            now = stop
        elif change.to == "pause":
            paused = True
        else:
            level, paused = _level(change), False
    if end > now:
        spans.append((now, end, 0.0 if paused else level))
    return spans


def _level(change: RateChange) -> Rate | float:
    assert not isinstance(change.to, str)
    return change.to.percent / 100 if isinstance(change.to, ShareOfPlan) else change.to


def _planned_part(planned: Sequence[Stretch], start: float, stop: float, share: float) -> list[Stretch]:
    parts = []
    for i, stretch in enumerate(planned):
        first = max(start, stretch.start_h)
        last = stop if i == len(planned) - 1 else min(stop, stretch.end_h)
        if last > first:
            parts.append(stretch.part(first, last, share))
    return parts


def shift(stretch: Stretch, by_h: float) -> Stretch:
    """Return the same stretch, later by some hours."""
    return replace(stretch, start_h=stretch.start_h + by_h, end_h=stretch.end_h + by_h)


def flowing_total(stretches: Sequence[Stretch], per: AmountUnit) -> float:
    """Return the amount of all stretches that are counted in one unit, before any cap."""
    return math.fsum(stretch.amount for stretch in stretches if stretch.per == per)


def _minutes(hours: float) -> str:
    return f"{60 * hours:g} min"


def _outside(what: str, end: float, field: str) -> Exception:
    return refuse(
        f"{what} lies outside of the infusion, which runs from 0 to {_minutes(end)}",
        code="protocol.rate-outside",
        remedy="Give times within the infusion, or another duration",
        field=field,
    )


def _overlap(at_h: float, before: RateChange, index: int) -> Exception:
    return refuse(
        f"the change at {_minutes(at_h)} overlaps the one at {_minutes(before.at_h)}",
        code="protocol.rate-overlap",
        remedy="List the changes in order of time, each starting after the one before it has ended",
        field=f"{index}.at_h",
    )
