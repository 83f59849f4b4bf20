"""Rating scales: one name for each, other spellings of it, and the scores that it can give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ataraxy.evidence.fields import Fields
from ataraxy.evidence.yaml_list import read_text_file, read_yaml_list

_FILE: Final = Path(__file__).parent / "data" / "instruments.yaml"


@dataclass(frozen=True, slots=True)
class Instrument:
    """A rating scale.

    Attributes:
        name: the name used throughout.
        low, high: ends of its range in points; None where no source of them is in hand.
        source: where the range is from.
        domain: whether this is no scale but what pooled standardised effects are of, such as ``anxiety``.
        family: the versions that the name leaves open; empty for a scale.
    """

    name: str
    low: float | None
    high: float | None
    source: str
    domain: bool = False
    family: tuple[str, ...] = ()

    def outside(self, score: float) -> bool:
        """Return whether a mean score cannot be one of this scale; False where the range is not known."""
        return self.low is not None and self.high is not None and not self.low <= score <= self.high

    def too_wide(self, change: float) -> bool:
        """Return whether a change or difference is larger than the whole scale."""
        return self.low is not None and self.high is not None and abs(change) > self.high - self.low


@dataclass(frozen=True, slots=True)
class ReadInstruments:
    """What the field ``instrument`` of a row names.

    Attributes:
        found: scales in the order of the text; each once. May hold a family (see `Instrument`).
        unknown: parts of the text that are no known scale.
        standardised: the number is in standard deviations, not in points.
    """

    found: tuple[Instrument, ...]
    unknown: tuple[str, ...]
    standardised: bool


@cache
def instruments() -> Mapping[str, Instrument]:
    """Return all known scales by name."""
    return MappingProxyType({item.name: item for item in dict.fromkeys(_spellings().values())})


def parse_instruments(text: str) -> ReadInstruments:
    """Return the scales that a text such as ``HAM-A and FQ``, ``HAM-A (SIGH-A)`` or ``anxiety SMD`` names."""
    whole = _lookup(text)
    if whole:
        return ReadInstruments((whole,), (), False)
    standardised = bool(_STANDARDISED.search(text))
    plain = " ".join(_WORDS.sub(" ", _STANDARDISED.sub(" ", text)).split())
    whole = _lookup(plain)
    if whole:
        return ReadInstruments((whole,), (), standardised)
    outer = " ".join(re.sub(r"\([^()]*\)", " ", plain).split())
    found, unknown = _split(outer)
    if not found:
        # "PTSD symptoms (CAPS-5/PCL-5)" names its scales in the parentheses.
        inner, _ = _split(" and ".join(re.findall(r"\(([^()]*)\)", plain)))
        if inner:
            return ReadInstruments(inner, (), standardised)
    return ReadInstruments(found, unknown, standardised)


_STANDARDISED = re.compile(
    r"\b(?:SMD|standardi[sz]ed(?: mean difference)?|effect size|hedges'? g|cohen'?s? d)\b", re.IGNORECASE
)
_WORDS = re.compile(r"\b(?:MD|mean difference|endpoint|effect|total|score|severity)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"\s+(?:and|&|x|×)\s+|\s*[/,;|+]\s*")


def _split(text: str) -> tuple[tuple[Instrument, ...], tuple[str, ...]]:
    found: dict[Instrument, None] = {}
    unknown = []
    for part in _BETWEEN.split(text):
        instrument = _lookup(part)
        if instrument:
            found[instrument] = None
        elif part.strip():
            unknown.append(part.strip())
    return tuple(found), tuple(unknown)


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _lookup(text: str) -> Instrument | None:
    key = _key(text)
    return _spellings().get(key) if key else None


@cache
def _spellings() -> Mapping[str, Instrument]:
    table: dict[str, Instrument] = {}
    for item in read_yaml_list(read_text_file(_FILE), _FILE.name, begins="- name:"):
        limits = Fields(item).interval("range")
        instrument = Instrument(
            name=item["name"],
            low=limits.low if limits else None,
            high=limits.high if limits else None,
            source=item.get("source", ""),
            domain=bool(item.get("domain")),
            family=tuple(item.get("family") or ()),
        )
        for spelling in [item["name"], *(item.get("also") or ())]:
            table[_key(spelling)] = instrument
    return MappingProxyType(table)
