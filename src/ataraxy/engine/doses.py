"""What enters a model from outside and when: instantaneous amounts and constant-rate inputs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DoseTable:
    """Doses of many people, one row each; any order. Make one with `DoseTable.of` and `DoseTable.concatenate`.

    Attributes:
        person: row of the parameter matrix, from 0.
        time_h: start.
        targets: names of the states that receive doses.
        target: per dose, the position of its state in `targets`.
        amount: in the state's unit.
        duration_h: 0 for an instantaneous dose; else the amount enters at constant rate over this time.
    """

    person: Integers
    time_h: Floats
    targets: tuple[str, ...]
    target: Integers
    amount: Floats
    duration_h: Floats

    def __post_init__(self) -> None:
        columns = (self.time_h, self.target, self.amount, self.duration_h)
        if any(c.shape != self.person.shape for c in columns) or self.person.ndim != 1:
            raise _refused("columns differ in length", "Give one value per dose in each column")
        for name, column in (("time", self.time_h), ("amount", self.amount), ("duration", self.duration_h)):
            bad = np.flatnonzero(~np.isfinite(column))
            if bad.size:
                raise _refused(f"{name} of dose {bad[0]} is {column[bad[0]]}", "Give a finite number")
        for name, column in (("amount", self.amount), ("duration", self.duration_h)):
            bad = np.flatnonzero(column < 0.0)
            if bad.size:
                raise _refused(
                    f"{name} of dose {bad[0]} is {column[bad[0]]}, below zero", "Give zero or more"
                )

    def __len__(self) -> int:
        return int(self.person.size)

    @staticmethod
    def empty() -> DoseTable:
        none, nobody = np.empty(0), np.empty(0, np.int64)
        return DoseTable(nobody, none, (), nobody, none, none)

    @staticmethod
    def of(
        person: npt.ArrayLike,
        time_h: npt.ArrayLike,
        state: str,
        amount: npt.ArrayLike,
        duration_h: npt.ArrayLike = 0.0,
    ) -> DoseTable:
        """Doses into one state; the other arguments broadcast against each other."""
        columns = np.broadcast_arrays(np.atleast_1d(np.asarray(person, np.int64)), time_h, amount, duration_h)
        who, when, much, long = (np.array(c, dtype=float).ravel() for c in columns)
        return DoseTable(who.astype(np.int64), when, (state,), np.zeros(who.size, np.int64), much, long)

    @staticmethod
    def concatenate(tables: Iterable[DoseTable]) -> DoseTable:
        """All doses of all tables, in that order. The targets of a table without doses are kept as well."""
        parts = list(tables)
        if not parts:
            return DoseTable.empty()
        targets = tuple(dict.fromkeys(name for p in parts for name in p.targets))
        renumbered = [np.array([targets.index(n) for n in p.targets], np.int64)[p.target] for p in parts]
        return DoseTable(
            np.concatenate([p.person for p in parts]),
            np.concatenate([p.time_h for p in parts]),
            targets,
            np.concatenate(renumbered),
            np.concatenate([p.amount for p in parts]),
            np.concatenate([p.duration_h for p in parts]),
        )

    def select(self, rows: npt.NDArray[np.bool_] | Integers) -> DoseTable:
        """The given rows."""
        return DoseTable(
            self.person[rows],
            self.time_h[rows],
            self.targets,
            self.target[rows],
            self.amount[rows],
            self.duration_h[rows],
        )

    def window(self, start_h: float, end_h: float) -> DoseTable:
        """What enters from `start_h` up to, not including, `end_h`; inputs that cross an edge are cut there.

        Windows that follow each other hold together what one long window holds.
        """
        stop = self.time_h + self.duration_h
        # what is too short to move the clock cannot be cut
        instant = stop == self.time_h
        keep = (self.time_h < end_h) & np.where(instant, self.time_h >= start_h, stop > start_h)
        keep &= start_h < end_h  # a window of no length holds nothing, not even a part of an infusion
        cut = keep & ~instant & ((self.time_h < start_h) | (stop > end_h))
        begin = np.where(cut, np.maximum(self.time_h, start_h), self.time_h)
        inside = np.where(cut, np.minimum(stop, end_h) - begin, self.duration_h)
        share = np.divide(inside, stop - self.time_h, out=np.ones_like(inside), where=cut)
        return DoseTable(self.person, begin, self.targets, self.target, self.amount * share, inside).select(
            keep
        )


def _refused(message: str, remedy: str) -> InputError:
    return InputError(message, code="doses.malformed", remedy=remedy, where="dose table")
