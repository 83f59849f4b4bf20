"""What the data of a model covered, and in plain words where a use goes beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from ataraxy.pharmacology.kinetics.base_amount import base_mg
from ataraxy.pharmacology.kinetics.ports import Enantiomer, Floats, PeopleTable
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route

Range = tuple[float, float]


class Support(Enum):
    """How well a route is founded in a model.

    published: the model's own. borrowed: another formulation's absorption from the same model. derived: another
    model's absorption in front of this one. assumed: no published absorption model was in hand.
    """

    PUBLISHED = "published"
    BORROWED = "borrowed"
    DERIVED = "derived"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class RouteSupport:
    """What a model can say about a route.

    Attributes:
        status: how well it is founded.
        note: from where the absorption is taken.
    """

    status: Support
    note: str


@dataclass(frozen=True)
class StudiedRanges:
    """The data that a model was estimated on.

    Attributes:
        enantiomers: that were given and measured apart.
        dose_mg: lowest and highest dose of one session, mg of one enantiomer's free base, by route; a route that is
            not a key was not studied, None means studied in amounts that were not seen.
        weight_kg: lightest and heaviest person; None where not seen.
        age_y: youngest and oldest person; None where not seen.
        note: where the ranges are from.
    """

    enantiomers: tuple[Enantiomer, ...]
    dose_mg: Mapping[Route, Range | None]
    weight_kg: Range | None
    age_y: Range | None
    note: str

    @property
    def routes(self) -> tuple[Route, ...]:
        """Routes that were studied."""
        return tuple(self.dose_mg)


@dataclass(frozen=True, slots=True)
class Flag:
    """One way in which a use goes beyond what was studied.

    Attributes:
        kind: "route", "dose", "weight", "age" or "enantiomer".
        text: a full sentence without a final stop.
    """

    kind: str
    text: str

    def __str__(self) -> str:
        return self.text


def flags_of(
    model: str,
    studied: StudiedRanges,
    support: Mapping[Route, RouteSupport],
    calendars: Iterable[tuple[Sequence[PlannedDose], Floats]],
    people: PeopleTable,
) -> tuple[Flag, ...]:
    """Everything in which these doses and people go beyond what was studied, each thing once.

    Args:
        model: its name.
        studied: its ranges.
        support: its routes.
        calendars: planned doses and the weights of the people who get them.
        people: all people.
    """
    flags: dict[str, Flag] = {}
    for planned, weights in calendars:
        for flag in [
            *_route_flags(model, studied, support, planned),
            *_dose_flags(model, studied, planned, weights),
        ]:
            flags.setdefault(flag.text, flag)
    for kind, unit, limits, values in (
        ("weight", "kg", studied.weight_kg, people.weight_kg),
        ("age", "years", studied.age_y, people.age_y),
    ):
        for flag in _person_flags(model, kind, unit, limits, np.asarray(values, float)):
            flags[flag.text] = flag
    return tuple(flags.values())


def _route_flags(
    model: str,
    studied: StudiedRanges,
    support: Mapping[Route, RouteSupport],
    planned: Sequence[PlannedDose],
) -> Iterable[Flag]:
    for route in dict.fromkeys(p.route for p in planned):
        if support[route].status is not Support.PUBLISHED:
            how = support[route].status.value
            yield Flag("route", f"{route.label} was not studied in {model}: {how}, {support[route].note}")
    given = {e for p in planned for e in p.drug.enantiomer_fractions}
    if "R" in given and "R" not in studied.enantiomers:
        yield Flag(
            "enantiomer",
            f"R-ketamine was not studied in {model}: S-ketamine's parameters with a factor on clearance",
        )


def _dose_flags(
    model: str, studied: StudiedRanges, planned: Sequence[PlannedDose], weights: Floats
) -> Iterable[Flag]:
    totals: dict[tuple[int, Route], Floats] = {}
    for p in planned:
        route: Route = Route.IV_INFUSION if p.route is Route.IV_BOLUS else p.route
        mg = base_mg(p, weights) * max(p.drug.enantiomer_fractions.values())
        totals[p.session, route] = totals.get((p.session, route), np.zeros(len(weights))) + mg
    for route in dict.fromkeys(route for _, route in totals):
        if route not in studied.dose_mg:
            continue
        limits = studied.dose_mg[route]
        if limits is None:
            yield Flag("dose", f"the doses by {route.label} that {model} was estimated on were not seen")
            continue
        lowest = min(float(t.min()) for (_, r), t in totals.items() if r is route)
        highest = max(float(t.max()) for (_, r), t in totals.items() if r is route)
        # half a per cent of slack: a limit given as 14 mg means 14.0
        if lowest < limits[0] * 0.995:
            yield Flag(
                "dose",
                f"a session of {lowest:.3g} mg of one enantiomer by {route.label} is below the lowest studied in "
                f"{model}, {limits[0]:g} mg",
            )
        if highest > limits[1] * 1.005:
            yield Flag(
                "dose",
                f"a session of {highest:.3g} mg of one enantiomer by {route.label} is above the highest studied in "
                f"{model}, {limits[1]:g} mg",
            )


def _person_flags(model: str, kind: str, unit: str, limits: Range | None, values: Floats) -> Iterable[Flag]:
    if limits is None:
        yield Flag(kind, f"the range of {kind} in the data of {model} was not seen")
        return
    low, high = limits
    for outside, word, edge in (
        (values < low, "below the lowest", low),
        (values > high, "above the highest", high),
    ):
        count = int(np.count_nonzero(outside))
        if count:
            who = "the person's" if values.size == 1 else f"{count} of {values.size} people's"
            yield Flag(kind, f"{who} {kind} is {word} studied in {model}, {edge:g} {unit}")
