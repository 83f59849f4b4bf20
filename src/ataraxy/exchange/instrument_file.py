"""Rating scales in files: loading the shipped ones, or a site's own."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ataraxy.errors import InputError
from ataraxy.exchange.units import shorten
from ataraxy.exchange.yaml_place import Fields, Place, read_place
from ataraxy.exchange.yaml_text import Text, read_text_file
from ataraxy.therapy.evidence_grade import EvidenceGrade
from ataraxy.therapy.instruments.instrument import (
    Band,
    CutOff,
    Instrument,
    Item,
    ItemFlag,
    MissingItems,
    Reproduction,
    Sourced,
)

FORMAT = "ataraxy.instrument/1"

_NUMBERS = ("important", "reliable", "response", "remission", "worsening")
_WORDS = ("title", "measures", "rated_by", "window", "licence", "notice", "source", "note", "bands_source")


@cache
def instruments() -> Mapping[str, Instrument]:
    """Return the shipped scales by their id."""
    folder = files("ataraxy") / "instruments"
    loaded = [
        parse_instrument(file.read_text("utf-8"), file.name)
        for file in sorted(folder.iterdir(), key=lambda f: f.name)
        if file.name.endswith(".yaml")
    ]
    return MappingProxyType({instrument.id: instrument for instrument in loaded})


def get_instrument(id_: str) -> Instrument:
    """Return a shipped scale.

    Raises:
        InputError: there is none of this id (``instrument.unknown``).
    """
    known = instruments()
    if id_ not in known:
        nearest = difflib.get_close_matches(id_, list(known), 1)
        raise InputError(
            f'"{shorten(id_)}" is no scale that is known here',
            code="instrument.unknown",
            remedy=f'Did you mean "{nearest[0]}"?' if nearest else f"Known are {', '.join(known)}",
            where="scale",
        )
    return known[id_]


def load_instrument(path: str | Path) -> Instrument:
    """Return the scale in a YAML file.

    Raises:
        InputError: the file cannot be read or holds no scale; the message names file, line, field and remedy.
    """
    return parse_instrument(read_text_file(Path(path)), str(path))


def parse_instrument(text: str, where: str = "instrument") -> Instrument:
    """Return the scale that a YAML text describes; `where` names the file in messages.

    Raises:
        InputError: the codes ``yaml.*`` and ``instrument.*``.
    """
    root = read_place(
        text,
        where,
        "instrument",
        FORMAT,
        "id",
        "version",
        "items",
        "item_range",
        "answers",
        "range",
        "missing",
        "bands",
        "cut_offs",
        "flags",
        "higher_is",
        "reproduction",
        *_WORDS,
        *_NUMBERS,
    )
    low, high = _range(root.need("range"))
    values: dict[str, Any] = {
        "id": root.need("id").text(),
        "version": root.need("version").whole(),
        "low": low,
        "high": high,
        "reproduction": root.need("reproduction").choice(Reproduction),
        "answers": tuple(item.text() for item in root.items("answers")),
        "bands": tuple(_band(item) for item in root.items("bands")),
        "cut_offs": tuple(_cut_off(item) for item in root.items("cut_offs")),
        "flags": tuple(_flag(item) for item in root.items("flags")),
    }
    for key in (*_WORDS, "higher_is"):
        if (place := root.get(key)) is not None:
            values[key] = place.text()
    for key in _NUMBERS:
        if (place := root.get(key)) is not None:
            values[key] = _sourced(place)
    if (items := root.get("items")) is not None:
        values["items"] = _items(items)
        item_low, item_high = _range(root.need("item_range"))
        values["item_low"], values["item_high"] = int(item_low), int(item_high)
    if (missing := root.get("missing")) is not None:
        f = missing.fields("most", "fill", "source")
        values["missing"] = missing.make(
            MissingItems,
            {
                "most": f.need("most").whole(),
                "fill": f.need("fill").one_of(("mean", "refuse")),
                "source": f.need("source").text(),
            },
        )
    return root.place.make(Instrument, values, {"high": "range", "low": "range"})


def _range(place: Place) -> tuple[float, float]:
    ends = [item.number() for item in place.items()]
    if len(ends) != 2:
        raise place.refused("a range has two ends", "range", "Write [lowest, highest]")
    return ends[0], ends[1]


def _items(place: Place) -> tuple[Item, ...]:
    if isinstance(place.node, Text):  # a scale whose items are numbers only
        return tuple(Item(number=number) for number in range(1, place.whole() + 1))
    items = []
    for number, item in enumerate(place.items(), 1):
        if isinstance(item.node, Text):
            items.append(Item(number=number, text=item.text()))
            continue
        f = item.fields("text", "reverse")
        reverse = f.get("reverse")
        text = f.get("text")
        items.append(
            Item(
                number=number,
                text="" if text is None else text.text(),
                reverse=reverse is not None and reverse.truth(),
            )
        )
    return tuple(items)


def _band(place: Place) -> Band:
    f = place.fields("from", "to", "name")
    return place.make(
        Band,
        {"low": f.need("from").number(), "high": f.need("to").number(), "name": f.need("name").text()},
        {"low": "from", "high": "to"},
    )


def _cut_off(place: Place) -> CutOff:
    f = place.fields("at_least", "means", "source", "grade")
    return place.make(
        CutOff,
        {
            "at_least": f.need("at_least").number(),
            "means": f.need("means").text(),
            "source": f.need("source").text(),
            "grade": f.need("grade").choice(EvidenceGrade),
        },
    )


def _flag(place: Place) -> ItemFlag:
    f = place.fields("id", "item", "at_least", "means")
    return place.make(
        ItemFlag,
        {
            "id": f.need("id").text(),
            "item": f.need("item").whole(),
            "at_least": f.need("at_least").whole(),
            "means": f.need("means").text(),
        },
    )


def _sourced(place: Place) -> Sourced:
    f = place.fields("value", "source", "grade", "note")
    return place.make(
        Sourced,
        {
            "value": f.need("value").number(),
            "source": f.need("source").text(),
            "grade": f.need("grade").choice(EvidenceGrade),
            "note": _text(f, "note"),
        },
    )


def _text(fields: Fields, key: str) -> str:
    place = fields.get(key)
    return "" if place is None else place.text()
