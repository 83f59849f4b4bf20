"""Contenders brought to the same error, then timed in turn within one run."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.engines import Engine, Spent
from bench.model24 import largest_error
from bench.workload import Workload

from ataraxy.engine.doses import Floats

# Tolerances in three steps a decade, loosest first.
TOLERANCES = tuple(float(f"{m}e-{k}") for k in range(2, 12) for m in (10, 5, 2))
# Errors at which engines are compared; the first is the one that the targets are set for.
MAIN_ERROR = 1e-5
ERRORS = (MAIN_ERROR, 1e-3, 1e-8)


@dataclass(frozen=True, eq=False)
class Contender:
    """One row of the table: an engine at one tolerance on some cores.

    Attributes:
        engine: its key, such as ``full`` or ``odeint``.
        aims: the errors that the tolerance was chosen for; none for a row at a round tolerance.
    """

    engine: str
    run: Engine
    workload: Workload
    rtol: float
    cores: int
    aims: tuple[float, ...]

    def once(self, reference: Floats) -> tuple[Spent, float]:
        """Time spent and the largest error."""
        spent, values = self.run(self.workload, self.rtol, self.cores)
        return spent, largest_error(values, reference[: len(self.workload)])


@dataclass(frozen=True)
class Row:
    """What a contender spent, once for each round."""

    engine: str
    cores: int
    rtol: float
    aims: tuple[float, ...]
    people: int
    spent: tuple[Spent, ...]
    error: float

    @property
    def rates(self) -> list[float]:
        """People per second by the clock."""
        return [self.people / s.clock for s in self.spent]

    @property
    def processor_rates(self) -> list[float] | None:
        """People per second of the processor, where it is known."""
        known = [s.processor for s in self.spent if s.processor]
        return [self.people / seconds for seconds in known] if len(known) == len(self.spent) else None

    def to_json(self) -> dict[str, Any]:
        return {
            "engine": self.engine,
            "cores": self.cores,
            "rtol": self.rtol,
            "chosen_for_errors": list(self.aims),
            "people": self.people,
            "max_error": self.error,
            "people_per_s": spread(self.rates),
            "people_per_processor_s": _spread_of(self.processor_rates),
        }


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Median, range and the values."""
    return {"median": median(values), "lowest": min(values), "highest": max(values), "all": list(values)}


def _spread_of(values: Sequence[float] | None) -> dict[str, Any] | None:
    return None if values is None else spread(values)


def loosest_tolerance(
    run: Engine, workload: Workload, reference: Floats, error: float, guess: float, cores: int
) -> float | None:
    """The largest of `TOLERANCES` at which, and at the next smaller of which, the error is not above `error`.

    Looks from `guess` on. None where no tolerance will do.
    """

    known: dict[int, bool] = {}

    def fine(k: int) -> bool:
        if k not in known:
            _, values = run(workload, TOLERANCES[k], cores)
            known[k] = largest_error(values, reference[: len(workload)]) <= error
        return known[k]

    k = min(range(len(TOLERANCES)), key=lambda i: abs(math.log(TOLERANCES[i] / guess)))
    if fine(k):
        while k > 0 and fine(k - 1):
            k -= 1
    else:
        while not fine(k):
            k += 1
            if k == len(TOLERANCES):
                return None
    return TOLERANCES[k]


def measure_in_turn(
    contenders: Sequence[Contender], reference: Floats, rounds: int, tell: Callable[[str], None]
) -> list[Row]:
    """Every contender once a round, beginning with another one in each round."""
    spent: list[list[Spent]] = [[] for _ in contenders]
    errors = [0.0] * len(contenders)
    for number in range(rounds):
        shift = number * len(contenders) // max(rounds, 1)
        for k in [*range(shift, len(contenders)), *range(shift)]:
            gc.collect()
            time, error = contenders[k].once(reference)
            spent[k].append(time)
            errors[k] = max(errors[k], error)
        tell(f"round {number + 1} of {rounds}")
    return [
        Row(c.engine, c.cores, c.rtol, c.aims, len(c.workload), tuple(s), e)
        for c, s, e in zip(contenders, spent, errors, strict=True)
    ]


def ratio(rows: Sequence[Row], engine: str, other: str, aim: float, cores: int) -> dict[str, Any] | None:
    """How many times the rate of `other` that of `engine` is, round by round; None where one was not measured."""
    first, second = (
        next((r for r in rows if r.engine == name and r.cores == cores and aim in r.aims), None)
        for name in (engine, other)
    )
    if first is None or second is None:
        return None
    each = [a / b for a, b in zip(first.rates, second.rates, strict=True)]
    by_processor: list[float] | None = None
    if first.processor_rates and second.processor_rates:
        by_processor = [a / b for a, b in zip(first.processor_rates, second.processor_rates, strict=True)]
    return {
        "engine": engine,
        "other": other,
        "error_class": aim,
        "cores": cores,
        "max_errors": [first.error, second.error],
        "ratio": spread(each),
        "processor_ratio": _spread_of(by_processor),
    }
