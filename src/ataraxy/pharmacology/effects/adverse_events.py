"""Adverse events at the rates that trials and clinics printed, each with what it is a rate of.

These are not predictions. A rate of people over a course is no rate of a session: sedation was seen in 61.9% of people
and in 34.7% of their sessions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

import yaml

from ataraxy.errors import InputError
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.route import Route

Per = Literal["people", "first week", "sessions"]

_FILE: Final = Path(__file__).with_name("adverse_events.yaml")


@dataclass(frozen=True, slots=True)
class AdverseEventRate:
    """One printed rate.

    Attributes:
        event: such as ``nausea``.
        route, drug: what was given.
        dose: as printed.
        percent: of `per`.
        placebo_percent: the same on placebo; None where there was none.
        n: how many people or sessions; None where not seen.
        per: "people" at least once over the course of the study, "first week" the same in the first week, "sessions".
        citation, url: where it is printed.
    """

    event: str
    route: Route
    drug: Drug
    dose: str
    percent: float
    placebo_percent: float | None
    n: int | None
    per: Per
    citation: str
    url: str


@cache
def published_rates() -> tuple[AdverseEventRate, ...]:
    """All rates, in the order of the file.

    Raises:
        InputError: ``effects.adverse-events``: the file names a source, a period or a percentage that cannot be.
    """
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return tuple(_rate(row, content["sources"]) for row in content["rates"])


def rates_for(route: Route, per: Per | None = None) -> tuple[AdverseEventRate, ...]:
    """The rates of a route, all or those of one kind; empty where none was found."""
    return tuple(r for r in published_rates() if r.route is route and per in (None, r.per))


def _rate(row: dict[str, Any], sources: dict[str, dict[str, str]]) -> AdverseEventRate:
    source = sources.get(row["source"])
    percent = float(row["percent"])
    if source is None or row["per"] not in get_args(Per) or not 0.0 <= percent <= 100.0:
        raise InputError(
            f"the rate of {row['event']} is malformed",
            code="effects.adverse-events",
            remedy="Correct its source, what it is a rate of, or its percentage",
            where=_FILE.name,
        )
    return AdverseEventRate(
        event=row["event"],
        route=Route(row["route"]),
        drug=Drug(row["drug"]),
        dose=row["dose"],
        percent=percent,
        placebo_percent=row.get("placebo"),
        n=row.get("n"),
        per=row["per"],
        citation=source["citation"],
        url=source["url"],
    )
