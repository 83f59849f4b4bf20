"""How long a response lasted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ataraxy.evidence.arm import Arm
from ataraxy.evidence.cells import read_text
from ataraxy.evidence.comparison import Comparison, by_hand_of, read_comparison
from ataraxy.evidence.fields import Fields
from ataraxy.evidence.row import Row, origin_of

DurabilityKind = Literal["median_days", "share_kept", "share_relapsed", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Durability(Row):
    """One row under ``durability``.

    Attributes:
        measure: as printed.
        kind: median days until the response was lost; per cent of responders who kept it at each of some days; per
            cent who relapsed until an unstated time.
        comparison: the arms.
        points: (day after the course, number): one with the day of the median for ``median_days``, (day, per cent)
            for shares; the day is NaN-free and 0 where it is not stated.
    """

    measure: str
    kind: DurabilityKind
    comparison: Comparison
    points: tuple[tuple[float, float], ...]


def read_durability(
    content: Mapping[str, Any], *, trial: str, index: int, url: str, arms: Mapping[str, Arm]
) -> Durability:
    """Return the durability in one mapping; whatever is wrong stands in its reasons."""
    fields = Fields(content)
    measure = read_text(content.get("measure"))
    comparison = read_comparison(read_text(content.get("arm")), arms)
    points: list[tuple[float, float]] = []
    kind: DurabilityKind = "unknown"
    reasons: list[str] = []
    days = fields.number("value_d", low=0.0)
    share = fields.number("pct", low=0.0, high=100.0)
    listed = content.get("points_d_pct")
    if days is not None:
        kind, points = "median_days", [(days, 50.0)]
        if "median" not in measure.lower():
            reasons.append(f"whether {days:g} days is a median is not stated")
    elif isinstance(listed, list):
        kind = "share_kept"
        for item in listed:
            pair = Fields({"point": item})
            numbers = pair.numbers("point", low=0.0)
            if len(numbers) != 2 or numbers[1] > 100:
                reasons.append(f"points_d_pct: {read_text(item)[:40]!r} is not a day and a percentage")
            else:
                points.append((numbers[0], numbers[1]))
    elif share is not None:
        kind, points = "share_relapsed", [(0.0, share)]
        reasons.append("by which day is not stated")
    elif not fields.problems:
        reasons.append("no number")
    reasons += [*fields.problems, *comparison.reasons]
    reasons += [f"arm {arm.id}: {why}" for arm in comparison.all_arms for why in arm.reasons]
    return Durability(
        origin=origin_of(content, trial, "durability", index, url),
        flags=(*comparison.flags, *by_hand_of(comparison.all_arms)),
        reasons=tuple(dict.fromkeys(reasons)),
        measure=measure,
        kind=kind,
        comparison=comparison,
        points=tuple(points),
    )
