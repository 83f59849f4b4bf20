"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeVar

import typer

from ataraxy.errors import InputError

SOLVERS: Final[tuple[Literal["auto", "full", "reference"], ...]] = ("auto", "full", "reference")
TABLES: Final[tuple[Literal["parquet", "csv"], ...]] = ("parquet", "csv")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
SeedOption = Annotated[int, typer.Option(help="Seed of all random numbers.")]
WorkersOption = Annotated[
    int | None,
    typer.Option(help="Threads; the number of processor cores where not given. Never changes a result."),
]
Word = TypeVar("Word", bound=str)


def one_of(option: str, value: str, allowed: Sequence[Word]) -> Word:
    """`value`, if it is allowed. Raises InputError otherwise."""
    for word in allowed:
        if word == value:
            return word
    raise InputError(
        f"{value!r} is not known", code="cli.option", remedy=f"Use {' or '.join(allowed)}", where=option
    )


def worker_count(workers: int | None) -> int:
    """The number asked for, or one for each core that this process may use."""
    if workers is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not 1 <= workers <= 1024:
        raise InputError(
            f"{workers} workers", code="cli.option", remedy="Use a number from 1 to 1024", where="--workers"
        )
    return workers
