"""What has changed between two versions of a document, as a person reads it: place, before, after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

# By what the items of a list are known; an item without one of these is known by its place.
_NAMES: Final = ("id", "name", "urgency", "drug_class")


@dataclass(frozen=True)
class Change:
    """One value that differs; None stands for what is not there.

    Attributes:
        place: dotted path, items of lists by their id.
        before, after: in words.
    """

    place: str
    before: str | None
    after: str | None

    @property
    def kind(self) -> str:
        """``added``, ``removed`` or ``changed``."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return what differs, in the order of the later version; what was removed stands at the end."""
    old = dict(_values(before)) if before is not None else {}
    new = dict(_values(after))
    found = [Change(place, old.get(place), value) for place, value in new.items() if old.get(place) != value]
    return (*found, *(Change(place, value, None) for place, value in old.items() if place not in new))


def _values(node: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, child in node.items():
            yield from _values(child, f"{place}.{key}" if place else str(key))
    elif isinstance(node, list | tuple) and any(isinstance(item, Mapping) for item in node):
        for number, item in enumerate(node):
            yield from _values(item, f"{place}[{_name(item, number)}]")
    elif isinstance(node, list | tuple):
        if node:
            yield place, ", ".join(_word(item) for item in node)
    elif node is not None and node != "":
        yield place, _word(node)


def _name(item: Any, number: int) -> str:
    if isinstance(item, Mapping):
        for key in _NAMES:
            if isinstance(item.get(key), str):
                return str(item[key])
    return str(number + 1)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
