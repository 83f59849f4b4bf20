"""One arm of a trial: what was given, how, when, to how many, and whether that can be simulated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ataraxy.evidence.agent import Agent, AgentKind, named_agent, parse_agent
from ataraxy.evidence.cells import read_text
from ataraxy.evidence.fields import Fields, Number
from ataraxy.evidence.reading import reading_of
from ataraxy.evidence.unit import MASS, MASS_RATE, parse_unit
from ataraxy.evidence.yaml_list import LINE
from ataraxy.therapy.route import Route

USUAL_INFUSION_H: Final = 40 / 60
"""An IV infusion of unknown length is taken to have run 40 minutes: "the standard dose" in the words of
abdallah_2022 (trials.yaml) is 0.5 mg/kg over 40 min."""

# Beyond these a number is a slip of the pen: days of a schedule, mg or mg per kg of a drug, hours of an infusion.
MOST_DAYS: Final = 36525.0
MOST_DOSE: Final = 1e5
MOST_DURATION_H: Final = 8766.0

# Canonical spelling (lower case, one space) -> route. "lozenge" and "troche" are kept under the tongue here.
_ROUTES: Final[Mapping[str, Route]] = {
    "iv": Route.IV_INFUSION,
    "i v": Route.IV_INFUSION,
    "intravenous": Route.IV_INFUSION,
    "iv infusion": Route.IV_INFUSION,
    "intravenous infusion": Route.IV_INFUSION,
    "infusion": Route.IV_INFUSION,
    "iv bolus": Route.IV_BOLUS,
    "iv push": Route.IV_BOLUS,
    "intravenous bolus": Route.IV_BOLUS,
    "sc": Route.SC,
    "s c": Route.SC,
    "subcutaneous": Route.SC,
    "sc injection": Route.SC,
    "sc infusion": Route.SC_INFUSION,
    "subcutaneous infusion": Route.SC_INFUSION,
    "im": Route.IM,
    "i m": Route.IM,
    "im injection": Route.IM,
    "intramuscular": Route.IM,
    "in": Route.NASAL_SPRAY,
    "nasal": Route.NASAL_SPRAY,
    "intranasal": Route.NASAL_SPRAY,
    "nasal spray": Route.NASAL_SPRAY,
    "po": Route.ORAL_SOLUTION,
    "oral": Route.ORAL_SOLUTION,
    "oral solution": Route.ORAL_SOLUTION,
    "by mouth": Route.ORAL_SOLUTION,
    "sl": Route.SUBLINGUAL,
    "sublingual": Route.SUBLINGUAL,
    "lozenge": Route.SUBLINGUAL,
    "troche": Route.SUBLINGUAL,
    "buccal": Route.BUCCAL,
    "film": Route.FILM,
    "oral mucosal film": Route.FILM,
    "oral thin film": Route.FILM,
}


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose as it was planned.

    Attributes:
        mg: mg, or mg per kg; a range where the source gives two ends, zero for a placebo.
        per_kg: whether `mg` is per kg of body weight.
        text: as printed, such as ``0.5 mg/kg`` or ``56 to 84 mg``.
    """

    mg: Number
    per_kg: bool
    text: str


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm.

    Attributes:
        id: as printed; unique in the trial.
        line: line of the file, 0 for an arm that is not declared.
        agent: what was given; None where the source does not say.
        route: None where it is not told, is one that no model describes, or was several.
        dose: None where it is not told or not readable.
        duration_h: length of an infusion, 0 for what is given at one moment; None where neither can be told.
        first_day: day of the trial on which the arm has its first dose: not zero where doses ascend week by week.
        sessions_h: starts of the sessions in hours from the arm's own first dose, ascending.
        sessions_stated: whether the source gives the days; if not, `sessions_h` is one session.
        n: people; None where not stated.
        comparator: as printed.
        declared: whether it stands under ``arms``; one that only a row names has no more than an agent.
        note: as printed.
        by_hand: what the source's row lacks and was put in by hand, with the ground; empty where nothing was.
        assumed: fields put in by hand that were assumed, and not read elsewhere in the source.
        flags: what was assumed.
        reasons: why the arm cannot be simulated; empty if it can.
    """

    id: str
    line: int
    agent: Agent | None
    route: Route | None
    dose: Dose | None
    duration_h: float | None
    first_day: float
    sessions_h: tuple[float, ...]
    sessions_stated: bool
    n: int | None
    comparator: str
    declared: bool
    note: str
    by_hand: str
    assumed: tuple[str, ...]
    flags: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Return whether the arm can be simulated as far as the evidence goes; a model may still lack its route."""
        return not self.reasons

    @property
    def kind(self) -> AgentKind:
        """Return what a simulator makes of the agent."""
        return self.agent.kind if self.agent else AgentKind.UNKNOWN

    @property
    def is_ketamine(self) -> bool:
        """Return whether the arm had ketamine or one of its enantiomers."""
        return self.agent is not None and self.agent.is_ketamine

    def at_dose(self, amount: float) -> Arm:
        """Return the arm with one of the doses of its range, in its own unit."""
        if self.dose is None:
            return self
        unit = "mg/kg" if self.dose.per_kg else "mg"
        flags = tuple(flag for flag in self.flags if not flag.startswith("dose range"))
        return replace(
            self, dose=Dose(Number(amount, amount), self.dose.per_kg, f"{amount:g} {unit}"), flags=flags
        )


def read_arm(content: Mapping[str, Any], trial: str) -> Arm:
    """Return the arm in one mapping under ``arms``. What is missing or not readable stands in `Arm.reasons`."""
    reading = reading_of(trial, "arms", content)
    by_hand = ""
    assumed: tuple[str, ...] = ()
    if reading and reading.arm:
        put_in = {key: value for key, value in reading.arm.items() if key not in ("status", "note", LINE)}
        content = {**put_in, **content}
        by_hand = f"{' and '.join(put_in)} {reading.arm['status']}: {reading.arm['note']}"
        assumed = tuple(put_in) if reading.arm["status"] == "assumed" else ()
    fields = Fields(content)
    identity = fields.text("id")
    flags: list[str] = []
    agent = parse_agent(fields.text("drug"))
    if agent is None and (agent := named_agent(identity)):
        flags.append(f"drug not stated: {agent.substance} read from the arm's id")
    ketamine = agent is not None and agent.is_ketamine
    printed_route = fields.text("route")
    route, route_problem = _route(printed_route)
    dose = _dose(fields)
    duration, usual = _duration(fields, route)
    if usual:
        flags.append("infusion taken to have run 40 min: its length is not stated")
    days = fields.numbers("schedule_days", low=0.0, high=MOST_DAYS)
    ordered = tuple(sorted(days))
    if days and ordered != days:
        flags.append("schedule_days put into ascending order")
    first = ordered[0] if ordered else 0.0
    if first:
        flags.append(f"the clock of this arm starts on day {first:g} of the trial")
    if not days and ketamine:
        flags.append("schedule_days not stated: one session assumed")
    reasons: list[str] = []
    if agent is None:
        reasons.append("the drug is not stated")
    elif agent.kind is AgentKind.UNKNOWN:
        reasons.append(f"which drug was given is not stated ({agent.text})")
    if agent is not None and agent.added:
        flags.append(f"given with {' and '.join(agent.added)}, which is not simulated")
    if ketamine:
        if route_problem:
            reasons.append(route_problem)
        elif route is None:
            reasons.append("the route is not stated")
        elif route is Route.ORAL_SOLUTION and "solution" not in printed_route.lower():
            flags.append("oral form not stated: taken as a solution")
        if dose is None and "dose" not in " ".join(fields.problems):
            reasons.append("a ketamine arm without a dose")
        elif dose is not None and dose.mg.high == 0:
            reasons.append("a ketamine arm with a dose of zero")
        elif dose is not None and dose.mg.is_range:
            flags.append(f"dose range {dose.text}: the middle is {dose.mg.middle:g}")
        if duration is None and route is not None and not route_problem:
            reasons.append("the length of the infusion is not stated")
    if not identity:
        reasons.append("the arm has no id")
    return Arm(
        id=identity,
        line=int(content.get(LINE, 0)),
        agent=agent,
        route=route,
        dose=dose,
        duration_h=duration,
        first_day=first,
        sessions_h=tuple((day - first) * 24.0 for day in ordered) or (0.0,),
        sessions_stated=bool(days),
        n=fields.count("n"),
        comparator=fields.text("comparator"),
        declared=True,
        note=fields.text("note"),
        by_hand=by_hand,
        assumed=assumed,
        flags=tuple(flags),
        reasons=(*fields.problems, *reasons),
    )


def implied_arm(identity: str) -> Arm | None:
    """Return an arm that only a row names, such as ``placebo`` or ``Carl 2020 waitlist``; None if it is no agent."""
    agent = named_agent(identity)
    if agent is None:
        return None
    reasons = ("the arm is named by a row only: no dose or route",) if agent.is_ketamine else ()
    return Arm(
        id=identity,
        line=0,
        agent=agent,
        route=None,
        dose=None,
        duration_h=None,
        first_day=0.0,
        sessions_h=(0.0,),
        sessions_stated=False,
        n=None,
        comparator="",
        declared=False,
        note="",
        by_hand="",
        assumed=(),
        flags=("not among the entry's arms: read from the row",),
        reasons=reasons,
    )


def _route(text: str) -> tuple[Route | None, str]:
    """Return the route, and what is wrong with the text if there is none."""
    plain = " ".join(re.sub(r"[-_.]", " ", text.lower()).split())
    if not plain:
        return None, ""
    if plain in _ROUTES:
        return _ROUTES[plain], ""
    parts = [part.strip() for part in re.split(r"[/|,;]|\bor\b|\band\b", plain) if part.strip()]
    if len(parts) > 1 and all(part in _ROUTES for part in parts):
        return None, f"several routes in one arm ({text})"
    return None, f"no model describes the route {text!r}"


def _dose(fields: Fields) -> Dose | None:
    amount = fields.range("dose", low=0.0, high=MOST_DOSE)
    if amount is None:
        return None
    text = fields.text("unit")
    printed = f"{amount.low:g} to {amount.high:g}" if amount.is_range else f"{amount.low:g}"
    if not text:
        if amount.high == 0:
            return Dose(amount, False, "0")
        fields.problems.append("the dose has no unit")
        return None
    unit = parse_unit(text)
    if unit is None or unit.dimension.amount or unit.of_70_kg:
        fields.problems.append(f"the unit of the dose {text!r} is not known")
        return None
    per_kg = unit.dimension.weight == -1
    if unit.fits(MASS):
        return Dose(amount.times(unit.factor), per_kg, f"{printed} {text}")
    if unit.fits(MASS_RATE):
        hours = _stated_duration(fields)
        if hours:
            return Dose(amount.times(unit.factor * hours), per_kg, f"{printed} {text} for {hours:g} h")
        fields.problems.append(f"the dose is a rate in {text} and its duration is not stated")
        return None
    fields.problems.append(f"{text!r} is not a unit of a dose")
    return None


def _stated_duration(fields: Fields) -> float | None:
    minutes = fields.number("duration_min", low=0.0, high=60.0 * MOST_DURATION_H)
    hours = fields.number("duration_h", low=0.0, high=MOST_DURATION_H)
    if minutes is not None and hours is not None and abs(minutes / 60 - hours) > 1e-6:
        fields.problems.append("duration_min and duration_h do not agree")
    return hours if hours is not None else None if minutes is None else minutes / 60


def _duration(fields: Fields, route: Route | None) -> tuple[float | None, bool]:
    """Return hours, and whether they are assumed."""
    stated = _stated_duration(fields)
    if route is None:
        return stated, False
    if not route.is_infusion:
        return 0.0, False
    if stated:
        return stated, False
    return (USUAL_INFUSION_H, True) if route is Route.IV_INFUSION else (None, False)


def arm_text(arm: Arm) -> str:
    """Return the treatment in one line, such as ``ketamine 0.5 mg/kg IV infusion, 6 sessions``."""
    parts = [arm.agent.text if arm.agent else "drug not stated"]
    if arm.dose and arm.dose.mg.high > 0:
        parts.append(arm.dose.text)
    if arm.route:
        parts.append(arm.route.label)
    line = " ".join(parts)
    if arm.sessions_stated:
        line += f", {len(arm.sessions_h)} session{'s' if len(arm.sessions_h) != 1 else ''}"
    return read_text(line)
