"""Checking a record as the commands do: the chain by the verifier, which knows nothing of us, and anchors besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Checked:
    """What a verification found.

    Attributes:
        entries: how many entries there are, as far as they could be read.
        head: hash of the last one.
        problem: the first thing that is wrong, or None.
    """

    entries: int
    head: str
    problem: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return asdict(self)


def check_record(place: str, anchors: Sequence[Path]) -> Checked:
    """Return what is wrong with a record."""
    from ataraxy.record.canonical import entry_hash
    from ataraxy.record.store import Record

    with Record.open(place, read_only=True) as record:
        previous = "0" * 64
        n = 0
        for n, entry in enumerate(record.entries(), 1):
            if entry.seq != n or entry.previous_hash != previous or entry_hash(entry) != entry.hash:
                return Checked(n, previous, f"entry {n}")
            previous = entry.hash
        return Checked(n, previous, None)
