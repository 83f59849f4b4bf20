"""Rating scales as instruments of measurement: range, reliability, and what counts as better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ataraxy.errors import InputError
from ataraxy.pharmacology.parameters import ParameterTable, load_parameters

_FILE: Final = Path(__file__).parent / "instruments.yaml"


class Domain(Enum):
    """What a scale measures, for effects that differ between anxiety and depression."""

    ANXIETY = "anxiety"
    TRAUMA = "trauma"
    DEPRESSION = "depression"


@dataclass(frozen=True, slots=True)
class Instrument:
    """A rating scale on which more points are worse.

    Attributes:
        name: as in trial reports, such as ``HAM-A``.
        domain: what it measures.
        low, high: ends, points.
        reliability: share of the variance between people that a second reading shares with the first.
        important: smallest fall that matters to people, points.
        response: share of the baseline that must be lost for a response; None where nobody defined one.
        remission: highest score of a person who is well; None where nobody defined one.
    """

    name: str
    domain: Domain
    low: float
    high: float
    reliability: float
    important: float
    response: float | None
    remission: float | None

    @property
    def noise(self) -> float:
        """Standard deviation of one reading's error, in standard deviations of the score between people."""
        return float((1.0 - self.reliability) ** 0.5)


# The order is that of columns of draws: new scales go to the end.
DOMAINS: Final[Mapping[str, Domain]] = MappingProxyType(
    {
        "GAD-7": Domain.ANXIETY,
        "HAM-A": Domain.ANXIETY,
        "LSAS": Domain.ANXIETY,
        "PCL-5": Domain.TRAUMA,
        "CAPS-5": Domain.TRAUMA,
        "IES-R": Domain.TRAUMA,
        "VAS-anxiety": Domain.ANXIETY,
        "MADRS": Domain.DEPRESSION,
        "FQ": Domain.ANXIETY,
        "BAI": Domain.ANXIETY,
        "CAPS-IV": Domain.TRAUMA,
        "PCL-IV": Domain.TRAUMA,
    }
)


@cache
def instrument_parameters() -> ParameterTable:
    """All numbers of all scales, named ``scale: what``."""
    return load_parameters(_FILE)


@cache
def instruments() -> Mapping[str, Instrument]:
    """All scales by name, in the order of the columns of draws."""
    table = instrument_parameters()

    def number(name: str, what: str) -> float | None:
        parameter = table.get(f"{name}: {what}")
        return None if parameter is None else parameter.inner_value

    return MappingProxyType(
        {
            name: Instrument(
                name,
                domain,
                number(name, "lowest") or 0.0,
                table[f"{name}: highest"].inner_value,
                table[f"{name}: reliability"].inner_value,
                table[f"{name}: important"].inner_value,
                number(name, "response"),
                number(name, "remission"),
            )
            for name, domain in DOMAINS.items()
        }
    )


def get_instrument(name: str) -> Instrument:
    """The scale of a name. Raises InputError where there is none."""
    known = instruments()
    if name not in known:
        raise InputError(
            f"there is no scale {name!r}",
            code="symptoms.instrument",
            remedy=f"Use one of {', '.join(known)}",
            where="instruments",
        )
    return known[name]
