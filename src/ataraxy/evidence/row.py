"""What every row of an entry has in common: where it stands, what was assumed, why it cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ataraxy.evidence.cells import read_text
from ataraxy.evidence.yaml_list import LINE


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row comes from.

    Attributes:
        trial: id of the entry.
        section: ``outcomes``, ``responders``, ``safety``, ``durability`` or ``dropouts``.
        index: 0-based position in that section.
        line: line of the file on which the row begins, 0 where it is not known.
        url: address of the row, else that of the entry.
        note: as printed.
        fields: the row as printed, without its line.
    """

    trial: str
    section: str
    index: int
    line: int
    url: str
    note: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that was read.

    Attributes:
        origin: where it comes from.
        flags: what was assumed to make it usable, a phrase each.
        reasons: why it cannot be used, a phrase each; empty for a usable row.
    """

    origin: Origin
    flags: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Return whether nothing stands in the way of comparing the row with a prediction."""
        return not self.reasons

    @property
    def status(self) -> Literal["usable", "unusable"]:
        """Return ``usable`` or ``unusable``."""
        return "usable" if self.usable else "unusable"

    @property
    def reason(self) -> str:
        """Return all reasons in one line, empty for a usable row."""
        return "; ".join(self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRow(Row):
    """A row that is kept as it was printed, such as one of dropouts: nothing here simulates it."""


def origin_of(content: Mapping[str, Any], trial: str, section: str, index: int, url: str) -> Origin:
    """Return the origin of a row."""
    return Origin(
        trial=trial,
        section=section,
        index=index,
        line=int(content.get(LINE, 0)),
        url=read_text(content.get("url")) or url,
        note=read_text(content.get("note")),
        fields=_as_printed(content),
    )


def _as_printed(content: Any) -> Any:
    """Return content without the lines that the reader of the file noted in it."""
    if isinstance(content, Mapping):
        return {key: _as_printed(value) for key, value in content.items() if key != LINE}
    return [_as_printed(item) for item in content] if isinstance(content, list) else content
