"""Indications: the population, its scales, which of them lets people into a trial, and how they hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError
from ataraxy.pharmacology.parameters import ParameterTable, load_parameters
from ataraxy.pharmacology.symptoms.instrument import DOMAINS, Instrument, get_instrument
from ataraxy.pharmacology.symptoms.link import Link

_FILE: Final = Path(__file__).parent / "populations.yaml"
NAMES: Final = ("GAD", "SAD", "PTSD", "TRD")


@dataclass(frozen=True, slots=True)
class ScaleInPopulation:
    """One scale in one population, before a trial chooses among people.

    Attributes:
        instrument: the scale.
        mean, sd: of its readings, points.
        loading: correlation of a reading with the severity that all scales share.
        placebo: mean fall that remains on placebo in a civilian trial, SD of the score; None where the table has none.
    """

    instrument: Instrument
    mean: float
    sd: float
    loading: float
    placebo: float | None

    @property
    def link(self) -> Link:
        """Between severity and score."""
        return Link.of(self.instrument.low, self.instrument.high, self.mean, self.sd)

    @property
    def weights(self) -> tuple[float, float, float]:
        """Of the shared severity, of what is the scale's own, and of noise; their squares add up to 1."""
        own = max(self.instrument.reliability - self.loading**2, 0.0)
        return self.loading, own**0.5, self.instrument.noise


@dataclass(frozen=True, slots=True)
class Entry:
    """What a trial asks for: a reading of a scale of at least `minimum` points."""

    instrument: str
    minimum: float


@dataclass(frozen=True, slots=True)
class Indication:
    """A diagnosis with the scales by which it is measured.

    Attributes:
        name: ``GAD``, ``SAD``, ``PTSD`` or ``TRD``.
        scales: by name of the scale.
        entry: what lets people into a trial; None where all are let in.
        hazard_per_h: of losing a response.
    """

    name: str
    scales: Mapping[str, ScaleInPopulation]
    entry: Entry | None
    hazard_per_h: float

    @property
    def main(self) -> ScaleInPopulation:
        """The scale that the table gives an entry criterion for."""
        return self.scales[_MAIN[self.name]]

    def scale(self, name: str) -> ScaleInPopulation:
        """A scale by name. Raises InputError where this population has no baseline of it."""
        get_instrument(name)
        if name not in self.scales:
            raise InputError(
                f"there is no baseline of {name} in {self.name}",
                code="symptoms.scale",
                remedy=f"Use one of {', '.join(self.scales)}",
                where=f"indication {self.name}",
            )
        return self.scales[name]

    def with_entry(self, entry: Entry | None) -> Indication:
        """The same population under another entry criterion. Raises InputError where nobody could meet it."""
        if entry is not None:
            instrument = self.scale(entry.instrument).instrument
            if not entry.minimum < instrument.high:
                raise InputError(
                    f"nobody has {entry.minimum:g} points or more on {entry.instrument}",
                    code="symptoms.entry",
                    remedy=f"Give a number below {instrument.high:g}",
                    where=f"indication {self.name}",
                )
        return replace(self, entry=entry)

    def with_baseline(self, name: str, mean: float, sd: float) -> Indication:
        """The same population with another mean and standard deviation of a scale."""
        scale = replace(self.scale(name), mean=float(mean), sd=float(sd))
        return replace(self, scales=MappingProxyType({**self.scales, name: scale}))

    def correlation(self, first: str, second: str) -> float:
        """Between single readings of two scales in people before treatment."""
        if first == second:
            return self.scale(first).instrument.reliability
        return self.scale(first).loading * self.scale(second).loading


_MAIN: Final[Mapping[str, str]] = MappingProxyType(
    {"GAD": "HAM-A", "SAD": "LSAS", "PTSD": "CAPS-5", "TRD": "MADRS"}
)


@cache
def population_parameters() -> ParameterTable:
    """All numbers of all populations, named ``indication, scale: what``."""
    return load_parameters(_FILE)


def get_indication(name: str, draws: npt.ArrayLike | None = None) -> Indication:
    """An indication.

    Args:
        name: ``GAD``, ``SAD``, ``PTSD`` or ``TRD``.
        draws: standard-normal draws of the uncertainty of `population_parameters`, f8[len(its .uncertain)]; None for
            the values as they stand.

    Raises:
        InputError: there is no such indication, or the number of draws is another.
    """
    if name not in NAMES:
        raise InputError(
            f"there is no indication {name!r}",
            code="symptoms.indication",
            remedy=f"Use one of {', '.join(NAMES)}",
            where="indications",
        )
    if draws is None:
        return _published(name)
    z = np.asarray(draws, float)
    if z.ndim != 1:
        raise InputError(
            f"draws of populations have shape {z.shape}",
            code="symptoms.draws-shape",
            remedy="Give one set of draws",
            where=f"indication {name}",
        )
    return _built(name, {k: float(v) for k, v in population_parameters().values_at(z).items()})


@cache
def _published(name: str) -> Indication:
    return _built(name, {k: p.inner_value for k, p in population_parameters().items()})


def _built(name: str, values: Mapping[str, float]) -> Indication:
    scales = {
        scale: ScaleInPopulation(
            get_instrument(scale),
            values[f"{name}, {scale}: mean"],
            values[f"{name}, {scale}: sd"],
            values[f"{name}, {scale}: loading"],
            values.get(f"{name}, {scale}: placebo"),
        )
        for scale in DOMAINS
        if f"{name}, {scale}: mean" in values
    }
    main = _MAIN[name]
    entry = Entry(main, values[f"{name}, {main}: entry"])
    return Indication(name, MappingProxyType(scales), entry, values[f"{name}: hazard"])
