"""A place in a YAML file: its value read as text, number, time or word, and errors that name file, line and field."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ataraxy.errors import InputError
from ataraxy.exchange.units import parse_quantity, shorten
from ataraxy.exchange.yaml_text import Entries, Items, Node, Text, parse_yaml

Made = TypeVar("Made", bound=BaseModel)
Word = TypeVar("Word", bound=StrEnum)

_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(\S.*?)?\s*")
_TRUTHS: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}
# How units are written besides their own name. They are compared, never converted.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "mmHg": ("mm Hg",),
    "years": ("year", "y"),
    "months": ("month",),
    "points": ("point",),
    "kg/m2": ("kg/m²", "kg/m^2"),
}


@dataclass(frozen=True)
class Place:
    """One node of a file with the way to it.

    Attributes:
        node: what stands there.
        path: dotted way to it, such as ``facts.vitals.systolic``.
        line: of its key.
        where: name of the file.
        area: first part of error codes, such as ``chart``.
    """

    node: Node
    path: str
    line: int
    where: str
    area: str

    def refused(self, message: str, code: str, remedy: str) -> InputError:
        """Return an error about this place; a code without a point is one of the area."""
        full = code if "." in code else f"{self.area}.{code}"
        where = f"{self.where}:{self.line}: {self.path}" if self.path else f"{self.where}:{self.line}"
        return InputError(message, code=full, remedy=remedy, where=where)

    @property
    def is_null(self) -> bool:
        """Return whether nothing is written."""
        return isinstance(self.node, Text) and (self.node.is_null or not self.node.text.strip())

    # shapes

    def fields(self, *known: str) -> Fields:
        """Return the entries of a mapping; a key that is not known is refused."""
        if not isinstance(self.node, Entries):
            raise self.refused(
                "lines of the form field: value are expected", "shape", "Write one field on each line"
            )
        for key, line in self.node.key_lines.items():
            if known and key not in known:
                nearest = difflib.get_close_matches(key.lower(), known, 1)
                raise Place(
                    self.node.entries[key], _join(self.path, shorten(key)), line, self.where, self.area
                ).refused(
                    f'"{shorten(key)}" is not a field',
                    "field-unknown",
                    f'Did you mean "{nearest[0]}"?' if nearest else f"Fields here are {', '.join(known)}",
                )
        return Fields(self, self.node)

    def items(self) -> list[Place]:
        """Return the items of a list; an empty list is one."""
        if not isinstance(self.node, Items):
            raise self.refused(
                "a list is expected", "shape", "Write [a, b], or lines that start with a hyphen"
            )
        return [
            Place(item, f"{self.path}[{i}]", item.line, self.where, self.area)
            for i, item in enumerate(self.node.items)
        ]

    def one_or_more(self) -> list[Place]:
        """Return the items of a list, or this place alone."""
        return self.items() if isinstance(self.node, Items) else [self]

    # values

    def text(self) -> str:
        """Return what is written, without spaces around it."""
        if not isinstance(self.node, Text):
            raise self.refused("one value is expected", "shape", "Write one value")
        if self.is_null:
            raise self.refused(
                "nothing is written here", "field-missing", "Write a value, or leave the field out"
            )
        return self.node.text.strip()

    def truth(self) -> bool:
        """Return true or false; yes and no are read too."""
        text = self.text()
        if text.lower() not in _TRUTHS:
            raise self.refused(f'"{shorten(text)}" is neither true nor false', "truth", "Write true or false")
        return _TRUTHS[text.lower()]

    def whole(self) -> int:
        """Return a whole number."""
        text = self.text()
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
            raise self.refused(
                f'"{shorten(text)}" is not a whole number', "number", "Write a whole number in digits"
            )
        return int(text)

    def number(self) -> float:
        """Return a number without a unit."""
        found = _NUMBER.fullmatch(self.text())
        if found is None or found[2]:
            raise self.refused(f'"{shorten(self.text())}" is not a number', "number", "Write a plain number")
        return float(found[1])

    def in_unit(self, unit: str) -> float:
        """Return a number whose unit must be this one; nothing is converted."""
        found = _NUMBER.fullmatch(self.text())
        if found is None:
            raise self.refused(
                f'"{shorten(self.text())}" is not a number with a unit',
                "unit.not-a-quantity",
                f"Write it in {unit}",
            )
        if not found[2]:
            raise self.refused(f'"{shorten(self.text())}" has no unit', "unit.missing", f"Write it in {unit}")
        if found[2] != unit and found[2] not in _SPELLINGS.get(unit, ()):
            raise self.refused(
                f'"{shorten(self.text())}" is in another unit',
                "unit.wrong",
                f"Write it in {unit}; nothing is converted",
            )
        return float(found[1])

    def quantity(self, to: str, asked: str = "") -> float:
        """Return a quantity in another unit of the same dimension."""
        try:
            return parse_quantity(self.text(), to, asked)[0]
        except InputError as error:
            raise self.refused(error.message, error.code, error.remedy) from None

    def amount(self) -> tuple[float, str]:
        """Return a number and its unit, whichever it is."""
        found = _NUMBER.fullmatch(self.text())
        if found is None or not found[2]:
            raise self.refused(
                f'"{shorten(self.text())}" is not a number with a unit', "unit.missing", "Write it as 50 mg"
            )
        return float(found[1]), found[2].removesuffix("/day").removesuffix("/d").removesuffix(
            " daily"
        ).strip()

    def day(self) -> date:
        """Return a date without a time."""
        try:
            return date.fromisoformat(self.text())
        except ValueError:
            raise self.refused(
                f'"{shorten(self.text())}" is not a date', "date", "Write it as 2026-03-01"
            ) from None

    def moment(self) -> datetime:
        """Return a time with its offset; a time without one names no moment and is refused."""
        text = self.text()
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise self.refused(
                f'"{shorten(text)}" is not a time', "time", "Write it as 2026-03-01T09:30+01:00"
            ) from None
        if at.tzinfo is None or at.utcoffset() is None:
            raise self.refused(
                f"{text} has no offset from UTC",
                "time.naive",
                "Write time and offset, such as 2026-03-01T09:30+01:00",
            )
        return at

    def choice(self, names: type[Word], **others: Word) -> Word:
        """Return one of the words of an enumeration."""
        text = self.text()
        for word in names:
            if word.value == text:
                return word
        if text in others:
            return others[text]
        raise self.unknown_word(text, [word.value for word in names])

    def one_of(self, words: Iterable[str]) -> str:
        """Return one of some words."""
        text, words = self.text(), tuple(words)
        if text not in words:
            raise self.unknown_word(text, words)
        return text

    def unknown_word(self, text: str, words: Iterable[str]) -> InputError:
        """Return the error for a word that is none of these."""
        words = tuple(words)
        nearest = difflib.get_close_matches(text, words, 1)
        hint = f'Did you mean "{nearest[0]}"? ' if nearest else ""
        return self.refused(
            f'"{shorten(text)}" is not known here', "word", f"{hint}Known are {', '.join(words)}"
        )

    def make(
        self, model: type[Made], values: Mapping[str, Any], names: Mapping[str, str] | None = None
    ) -> Made:
        """Return the value that a model makes; what it refuses is given its line.

        `names` says under which key of the file a field stands, where the two differ.
        """
        try:
            return model(**values)
        except InputError as error:
            if error.where.startswith(f"{self.where}:"):
                raise
            place = self._below(error.where, names or {})
            raise place.refused(error.message, error.code, error.remedy) from None
        except ValidationError as error:
            first = error.errors()[0]
            place = self._below(".".join(map(str, first["loc"])), names or {})
            raise place.refused(shorten(first["msg"], 120), "value", "Correct the value") from None

    def _below(self, field: str, names: Mapping[str, str]) -> Place:
        place = self
        for part in field.split(".") if field else ():
            name = names.get(part, part)
            node = place.node
            if isinstance(node, Entries) and name in node.entries:
                place = Place(
                    node.entries[name], _join(place.path, name), node.key_lines[name], place.where, place.area
                )
            elif isinstance(node, Items) and part.isdigit() and int(part) < len(node.items):
                item = node.items[int(part)]
                place = Place(item, f"{place.path}[{part}]", item.line, place.where, place.area)
            else:
                break
        return place


@dataclass(frozen=True)
class Fields:
    """The entries of one mapping."""

    place: Place
    node: Entries

    def __contains__(self, key: str) -> bool:
        return key in self.node.entries

    def need(self, key: str, how: str = "Add it") -> Place:
        """Return the place of a key that must be there."""
        found = self.get(key)
        if found is None:
            raise self.place.refused(f'"{key}" is missing', "field-missing", how)
        return found

    def get(self, key: str) -> Place | None:
        """Return the place of a key, None where it is not there or nothing is written."""
        node = self.node.entries.get(key)
        if node is None:
            return None
        place = Place(
            node, _join(self.place.path, key), self.node.key_lines[key], self.place.where, self.place.area
        )
        return None if place.is_null else place

    def items(self, key: str) -> list[Place]:
        """Return the items of a list under a key, none where it is not there."""
        found = self.get(key)
        return [] if found is None else found.items()

    def all(self) -> list[tuple[str, Place]]:
        """Return all keys with their places, in the order of the file."""
        return [(key, place) for key in self.node.entries if (place := self.get(key)) is not None]


def read_place(text: str, where: str, area: str, format_name: str, *known: str) -> Fields:
    """Return the fields of a file whose first word is its format.

    Raises:
        InputError: the codes ``yaml.*``, and ``format``, ``field-unknown`` and ``shape`` of the area.
    """
    node = parse_yaml(text, where)
    root = Place(node, "", node.line, where, area).fields("format", *known)
    written = root.need("format", f"Write {format_name} in the first line")
    if written.text() != format_name:
        raise written.refused(
            f'the format is "{shorten(written.text())}"',
            "format",
            f"Write {format_name}, which this version reads",
        )
    return root


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
