"""Which standard-normal draws belong to a person, so that the same person is the same in every comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError
from ataraxy.pharmacology.symptoms.instrument import DOMAINS

Floats = npt.NDArray[np.float64]

SHARED: Final = ("severity", "course", "benefit", "guess", "relapse")
# Shared columns, then two for each scale. New scales go to the end, so that a person stays as they are.
COLUMNS: Final = (*SHARED, *(f"{name}: {what}" for name in DOMAINS for what in ("own", "baseline noise")))


@dataclass(frozen=True, eq=False)
class Draws:
    """Standard-normal draws of people.

    Attributes:
        person: f8[people, len(COLUMNS)], from a purpose of its own, such as ``symptoms``.
        noise: scale -> f8[people, times], error of each reading, from a purpose for each scale, such as
            ``symptoms-HAM-A``. A scale that is missing is read without error after the baseline.
    """

    person: Floats
    noise: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.person.ndim != 2 or self.person.shape[1] != len(COLUMNS):
            raise InputError(
                f"draws of people have shape {self.person.shape}, not (people, {len(COLUMNS)})",
                code="symptoms.draws-shape",
                remedy="Give one standard-normal column for each of `COLUMNS`",
                where="symptoms",
            )

    @staticmethod
    def typical(people: int = 1) -> Draws:
        """Everybody in the middle of everything, read without error."""
        return Draws(np.zeros((people, len(COLUMNS))))

    def __len__(self) -> int:
        return len(self.person)

    def column(self, name: str) -> Floats:
        """f8[people]: one of `COLUMNS`."""
        return self.person[:, _PLACE[name]]

    def reading_noise(self, instrument: str, times: int) -> Floats:
        """f8[people, times]: error of the readings of a scale, in its own standard deviations."""
        given = self.noise.get(instrument)
        if given is None:
            return np.zeros((len(self), times))
        if given.shape != (len(self), times):
            raise InputError(
                f"noise of {instrument} has shape {given.shape}, not ({len(self)}, {times})",
                code="symptoms.draws-shape",
                remedy="Give one draw for each person and time",
                where="symptoms",
            )
        return given


_PLACE: Final = {name: k for k, name in enumerate(COLUMNS)}
