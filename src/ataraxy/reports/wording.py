"""A protocol and its people in the words of a clinician."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup, escape

from ataraxy.pharmacology.exposure import SimulationResult
from ataraxy.reports.numbers import count, interval_text, percent, three_digits
from ataraxy.therapy.calendar import Phase
from ataraxy.therapy.protocol import Protocol

MOST_LISTED_DAYS = 14
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
_LINKED = re.compile(rf"{_ADDRESS.pattern}|(?<=\bdoi[: ])10\.\d{{4,9}}/[^\s;,<>\"']+")

SITE = {
    "venous": "venous",
    "arterial": "arterial",
    "unknown": "not stated by the model's source",
}


def calendar_in_words(protocol: Protocol) -> str:
    """Return the calendar, such as ``6 sessions over 2 weeks, on days 0, 2, 4, 7, 9 and 11 (day 0 is the first)``."""
    days = [f"{day:g}" for day in protocol.calendar.session_days]
    if len(days) == 1:
        return "one session"
    phases = ", then ".join(_phase(phase) for phase in protocol.calendar.phases)
    lead = phases or f"{len(days)} sessions"
    if len(days) <= MOST_LISTED_DAYS:
        return f"{lead}, on days {listed(days)} (day 0 is the first)"
    total = f"; {len(days)} sessions in all" if len(protocol.calendar.phases) > 1 else ""
    return f"{lead}{total}, from day {days[0]} to day {days[-1]} (day 0 is the first)"


def _phase(phase: Phase) -> str:
    sessions = f"{phase.sessions} session{'s' if phase.sessions != 1 else ''}"
    if phase.weeks is not None:
        return f"{sessions} over {phase.weeks} week{'s' if phase.weeks != 1 else ''}"
    if phase.sessions == 1:
        return sessions
    return f"{sessions}, one every {'day' if phase.every_days == 1 else f'{phase.every_days:g} days'}"


def drug_in_words(protocol: Protocol) -> str:
    """Return the drug and what its milligrams count, such as ``racemic ketamine, mg of the free base (assumed)``."""
    basis = "the free base" if protocol.basis.value == "base" else "the hydrochloride"
    doubt = ", which its source does not state: assumed" if protocol.basis_status == "assumed" else ""
    return f"{protocol.drug.label}, in mg of {basis}{doubt}"


def people_in_words(result: SimulationResult) -> str:
    """Return who was simulated: number, and where the table of people has them, sex, age and weight."""
    number = f"{count(result.people)} simulated {'adult' if result.people == 1 else 'adults'}"
    table = result.per_person
    if not {"person", "sex", "age_y", "weight_kg"} <= table.keys() or not len(table["person"]):
        return number
    _, first = np.unique(table["person"], return_index=True)
    female = float(np.mean(table["sex"][first] == "female"))
    parts = [f"{percent(female)} female"]
    for column, name, unit in (("age_y", "age", "years"), ("weight_kg", "weight", "kg")):
        low, middle, high = np.quantile(table[column][first], (0.05, 0.5, 0.95))
        spread = f" (90% of people {interval_text(low, high)})" if len(first) > 1 else ""
        parts.append(f"{name} {three_digits(middle)} {unit}{spread}")
    return f"{number}: {', '.join(parts)}"


def listed(words: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def sentence(text: str) -> str:
    """Return a text with a capital at its start and a full stop at its end."""
    text = text.strip()
    if not text:
        return text
    return f"{text[0].upper()}{text[1:]}{'' if text[-1] in '.!?' else '.'}"


def with_links(text: str) -> Markup:
    """Return a text, escaped, whose web addresses and DOIs can be followed."""
    parts: list[Markup] = []
    end = 0
    for found in _LINKED.finditer(text):
        shown = found[0].rstrip(".,;:!?)]")
        address = shown if shown.startswith("http") else f"https://doi.org/{shown}"
        parts += [escape(text[end : found.start()]), link(address, shown)]
        end = found.start() + len(shown)
    return Markup("").join([*parts, escape(text[end:])])


def link(address: str, text: str) -> Markup:
    """Return a link, or the text alone where the address is not one of the web."""
    if not _ADDRESS.fullmatch(address):
        return escape(text)
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(address, text)
