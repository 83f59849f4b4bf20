"""The fields of one row as they are read: what is wrong is collected, not raised, so that no row is lost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ataraxy.evidence.cells import read_text


class Number(NamedTuple):
    """One printed number, or the two ends of a printed range."""

    low: float
    high: float

    @property
    def is_range(self) -> bool:
        """Return whether two different ends were printed."""
        return self.low != self.high

    @property
    def middle(self) -> float:
        """Return the number, or the middle of the range."""
        return self.low if self.low == self.high else self.low + (self.high - self.low) / 2

    def times(self, factor: float) -> Number:
        """Return both ends multiplied by a factor, in ascending order."""
        ends = (self.low * factor, self.high * factor)
        return Number(min(ends), max(ends))


class Fields:
    """Reads fields of one mapping and keeps, in `problems`, each that could not be read."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.problems: list[str] = []

    def text(self, key: str) -> str:
        """Return a field as one line of text, empty where it is absent."""
        return read_text(self.content.get(key))

    def numbers(self, key: str, *, low: float = -math.inf, high: float = math.inf) -> tuple[float, ...]:
        """Return the numbers of a field that holds one or a list of them; empty where absent or not readable."""
        content = self.content.get(key)
        if content is None or (isinstance(content, str) and not content.strip()):
            return ()
        found = []
        for item in content if isinstance(content, list) else [content]:
            number = _number(item)
            if number is None:
                self.problems.append(f"{key} {read_text(item)[:60]!r} is not a number")
                return ()
            if not low <= number <= high:
                limits = f"{low:g} to {high:g}" if math.isfinite(high) else f"{low:g} or more"
                self.problems.append(f"{key} {number:g} is out of range: {limits}")
                return ()
            found.append(number)
        return tuple(found)

    def number(self, key: str, *, low: float = -math.inf, high: float = math.inf) -> float | None:
        """Return one number; None where the field is absent or not readable."""
        found = self.numbers(key, low=low, high=high)
        if len(found) > 1:
            self.problems.append(f"{key} holds {len(found)} numbers where one is meant")
            return None
        return found[0] if found else None

    def count(self, key: str) -> int | None:
        """Return a whole number from zero; None where the field is absent or not readable."""
        found = self.number(key, low=0.0, high=1e12)
        if found is not None and found != int(found):
            self.problems.append(f"{key} {found:g} is not a whole number")
            return None
        return None if found is None else int(found)

    def interval(self, key: str) -> Number | None:
        """Return a pair of numbers, lower end first; None where absent or no such pair."""
        found = self.numbers(key)
        if not found:
            return None
        if len(found) != 2 or found[0] > found[1]:
            self.problems.append(f"{key} is not a pair of numbers with the lower one first")
            return None
        return Number(found[0], found[1])

    def range(self, key: str, *, low: float = -math.inf, high: float = math.inf) -> Number | None:
        """Return one number or, from a two-element list in either order, the range; None where absent."""
        found = self.numbers(key, low=low, high=high)
        if len(found) > 2:
            self.problems.append(
                f"{key} holds {len(found)} numbers where one or the two ends of a range are meant"
            )
            return None
        return Number(min(found), max(found)) if found else None


def _number(content: Any) -> float | None:
    if isinstance(content, bool) or not isinstance(content, int | float | str):
        return None
    try:
        number = float(content)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
