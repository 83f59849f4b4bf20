"""One published number that parameters are fitted to, and the arms that it is a number of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ataraxy.evidence.arm import Arm
from ataraxy.evidence.comparison import Group
from ataraxy.evidence.responders import Rule
from ataraxy.evidence.trial import Trial

UNITS: Final[Mapping[str, str]] = {"percent_change": "%", "responders": "%", "effect_size": "SD"}


@dataclass(frozen=True, eq=False)
class RatedArm:
    """One arm on one scale, as it is simulated.

    Attributes:
        trial, arm, group: whose.
        scale: as it is modelled.
        indication, setting: of its people.
        people: how many there were.
        baseline: printed mean and SD before treatment; None for those of the population.
        times_h: at which it is read, increasing.
        sessions_h: starts of the sessions.
        comparator: name of a published course; empty where there is none.
        sample: number of the people among the trial's arms.
    """

    trial: Trial
    arm: Arm
    group: Group
    scale: str
    indication: str
    setting: str
    people: int
    baseline: tuple[float, float | None] | None
    times_h: tuple[float, ...]
    sessions_h: tuple[float, ...]
    comparator: str
    sample: int


@dataclass(frozen=True, eq=False)
class Target:
    """A number to fit.

    Attributes:
        study: id of the entry, as in `without`.
        section, row, part: where it stands in the entry; `part` counts the numbers of one row.
        arm, scale: as printed.
        kind: absolute, change, percent_change, difference, effect_size or responders.
        time_h: middle of its time, hours from the first dose.
        observed: the number; the middle of a printed range.
        error: printed standard error; None where it follows from the number of people.
        doubt: half of a printed range.
        first, second: places of the arms in `Targets.arms`; `second` is empty where it is a number of `first` alone.
        times_h: at which the arms are read for it.
        from_h: change is counted from here.
        rule: of responders.
        median: whether it is a median between people.
    """

    study: str
    section: str
    row: int
    part: int
    arm: str
    scale: str
    kind: str
    time_h: float
    observed: float
    error: float | None
    doubt: float
    first: tuple[int, ...]
    second: tuple[int, ...]
    times_h: tuple[float, ...]
    from_h: float = 0.0
    rule: Rule | None = None
    median: bool = False

    @property
    def unit(self) -> str:
        """points, SD or %."""
        return UNITS.get(self.kind, "points")

    @property
    def key(self) -> tuple[str, str, int, int, str, float]:
        """What tells it from all others."""
        return (self.study, self.section, self.row, self.part, self.scale, self.time_h)


@dataclass(frozen=True, slots=True)
class NotFitted:
    """A row of an entry that may be calibrated on, and why nothing is fitted to it."""

    study: str
    section: str
    row: int
    what: str
    reason: str
