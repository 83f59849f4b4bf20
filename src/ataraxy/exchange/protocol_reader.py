"""Reads a protocol from YAML text; every error names file, line, field and remedy.

The format is described for clinicians in ``docs/protocols.md``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal, TypeVar, cast

from pydantic import ValidationError

from ataraxy.errors import InputError
from ataraxy.exchange.units import parse_quantity, shorten
from ataraxy.exchange.yaml_text import Entries, Items, Node, Text, parse_yaml
from ataraxy.therapy.administration import Administration
from ataraxy.therapy.amount import Dose, Rate
from ataraxy.therapy.calendar import Calendar, Phase, parse_calendar
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.infusion import RateChange, ShareOfPlan
from ataraxy.therapy.protocol import Protocol, Source
from ataraxy.therapy.route import Route

FORMAT = "ataraxy.protocol/1"

_ADMINISTRATION_FIELDS = (
    "at",
    "route",
    "dose",
    "cap",
    "rate",
    "devices",
    "device_interval",
    "duration",
    "rate_changes",
)
_PROTOCOL_FIELDS = (
    "format",
    "name",
    "title",
    "drug",
    "basis",
    "basis_status",
    "administrations",
    "calendar",
    "observation",
    "source",
    "note",
)
# Names of fields in the values, where they differ from those in the file.
_FIELD_IN_FILE = {
    "doses": "dose",
    "cap_mg": "cap",
    "device_interval_h": "device_interval",
    "start_h": "at",
    "duration_h": "duration",
    "at_h": "at",
    "for_h": "for",
    "to": "rate",
    "weeks": "over",
    "every_days": "every",
    "observation_h": "observation",
}
_ROUTE_NAMES = {
    **{route.value: route for route in Route},
    **{re.sub(r"[\s_-]+", "_", route.label.lower()): route for route in Route},
}
_BASIS_NAMES = {**{basis.value: basis for basis in Basis}, "salt": Basis.HYDROCHLORIDE}
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")

Choice = TypeVar("Choice", bound=StrEnum)
Made = TypeVar("Made")


def parse_protocol(text: str, where: str = "protocol") -> Protocol:
    """Return the protocol that a YAML text describes; `where` names the file in messages.

    Raises:
        InputError: as `load_protocol`.
    """
    return _Reader(where).protocol(parse_yaml(text, where))


class _Reader:
    """Turns the tree of one file into a protocol and knows where each error belongs."""

    def __init__(self, where: str) -> None:
        self.where = where

    def refused(self, line: int, path: str, message: str, code: str, remedy: str) -> InputError:
        where = f"{self.where}:{line}: {path}" if path else f"{self.where}:{line}"
        return InputError(message, code=code, remedy=remedy, where=where)

    def checked(
        self,
        make: Callable[[], Made],
        node: Node,
        path: str,
        *,
        line: int | None = None,
        inline: bool = False,
    ) -> Made:
        """Return the value that `make` makes; an error that it raises is given its file, line and field."""
        try:
            return make()
        except InputError as error:
            if error.where.startswith(f"{self.where}:"):
                raise
            field = error.where
            if inline:
                field = field.removeprefix("administrations.0").removeprefix(".")
            found, at_line = _descend(node, path, line or node.line, field)
            raise self.refused(at_line, found, error.message, error.code, error.remedy) from None
        except ValidationError as error:
            first = error.errors()[0]
            found, at_line = _descend(node, path, line or node.line, ".".join(map(str, first["loc"])))
            raise self.refused(
                at_line, found, shorten(first["msg"]), "protocol.value", "Correct the value"
            ) from None

    # Parts of the file, from the whole to the single word.

    def protocol(self, node: Node) -> Protocol:
        root = self.entries(node, "", "a protocol")
        self.known(root, "", (*_PROTOCOL_FIELDS, *_ADMINISTRATION_FIELDS))
        if "format" in root.entries and self.text(root, "", "format") != FORMAT:
            raise self.refused(
                root.key_lines["format"],
                "format",
                f'the format is "{shorten(self.text(root, "", "format"))}"',
                "protocol.format",
                f"Write {FORMAT}, which this version reads",
            )
        inline = "administrations" not in root.entries
        fields: dict[str, Any] = {
            "name": self.text(root, "", "name"),
            "drug": self.choice(root, "drug", {drug.value: drug for drug in Drug}),
            "basis": self.choice(root, "basis", _BASIS_NAMES),
            "source": self.source(root),
            "calendar": self.calendar(root),
            "administrations": (self.administration(root, ""),) if inline else self.administrations(root),
        }
        for name in ("title", "note", "basis_status"):
            if name in root.entries:
                fields[name] = self.text(root, "", name)
        if "basis_status" in fields and fields["basis_status"] not in ("stated", "assumed"):
            raise self.unknown_choice(root, "basis_status", fields["basis_status"], ("stated", "assumed"))
        if "observation" in root.entries:
            fields["observation_h"] = self.quantity(root, "", "observation", "h")
        return self.checked(lambda: Protocol(**fields), root, "", inline=inline)

    def administrations(self, root: Entries) -> tuple[Administration, ...]:
        for name in _ADMINISTRATION_FIELDS:
            if name in root.entries:
                raise self.refused(
                    root.key_lines[name],
                    name,
                    f'"{name}" stands beside "administrations"',
                    "protocol.dose-twice",
                    "Move it into the administration that it belongs to",
                )
        items = self.items(root, "", "administrations")
        return tuple(
            self.administration(
                self.entries(item, f"administrations[{i}]", "an administration"), f"administrations[{i}]"
            )
            for i, item in enumerate(items.items)
        )

    def administration(self, node: Entries, path: str) -> Administration:
        if path:
            self.known(node, path, _ADMINISTRATION_FIELDS)
        given = node.entries
        fields: dict[str, Any] = {"route": self.route(node, path)}
        if "cap" in given and "dose" not in given:
            raise self.refused(
                node.key_lines["cap"],
                _join(path, "cap"),
                "a cap is given without a dose",
                "protocol.cap-without-dose",
                "Add the dose in mg/kg, or remove the cap",
            )
        cap = self.quantity(node, path, "cap", "mg") if "cap" in given else None
        if "dose" in given:
            fields["doses"] = tuple(
                self.dose(item, item_path, line, node, cap)
                for item, item_path, line in self.one_or_more(node, path, "dose")
            )
        if "rate" in given:
            text = self.text(node, path, "rate")
            fields["rate"] = self.checked(
                lambda: _starting_rate(text), given["rate"], _join(path, "rate"), line=node.key_lines["rate"]
            )
        if "devices" in given:
            fields["devices"] = tuple(
                self.whole(item, item_path, line)
                for item, item_path, line in self.one_or_more(node, path, "devices")
            )
        for name, field in (
            ("at", "start_h"),
            ("duration", "duration_h"),
            ("device_interval", "device_interval_h"),
        ):
            if name in given:
                fields[field] = self.quantity(node, path, name, "h")
        if "duration" in given and fields["duration_h"] <= 0:
            raise self.refused(
                node.key_lines["duration"],
                _join(path, "duration"),
                f'the duration is "{self.text(node, path, "duration")}"',
                "protocol.duration-not-positive",
                "Give how long it runs, such as 40 min",
            )
        if "rate_changes" in given:
            items = self.items(node, path, "rate_changes").items
            fields["rate_changes"] = tuple(
                self.rate_change(item, _join(path, f"rate_changes[{i}]")) for i, item in enumerate(items)
            )
        return self.checked(lambda: Administration(**fields), node, path)

    def dose(self, node: Node, path: str, line: int, parent: Entries, cap: float | None) -> Dose:
        text = self.word(node, path, line)
        dose = self.checked(lambda: _dose(text), node, path, line=line)
        if cap is None:
            return dose
        cap_path = _join(path.rpartition("dose")[0].rstrip("."), "cap")
        return self.checked(
            lambda: dose.replace(cap_mg=cap), parent.entries["cap"], cap_path, line=parent.key_lines["cap"]
        )

    def rate_change(self, node: Node, path: str) -> RateChange:
        entries = self.entries(node, path, "a change of rate")
        self.known(entries, path, ("at", "rate", "for"))
        fields: dict[str, Any] = {"at_h": self.quantity(entries, path, "at", "h")}
        text = self.text(entries, path, "rate")
        fields["to"] = self.checked(
            lambda: _rate(text),
            entries.entries["rate"],
            _join(path, "rate"),
            line=entries.key_lines["rate"],
        )
        if "for" in entries.entries:
            fields["for_h"] = self.quantity(entries, path, "for", "h")
        return self.checked(lambda: RateChange(**fields), entries, path)

    def calendar(self, root: Entries) -> Calendar:
        node = self.required(root, "", "calendar")
        line = root.key_lines["calendar"]
        if isinstance(node, Text):
            return self.checked(lambda: parse_calendar(node.text), node, "calendar", line=line)
        entries = self.entries(node, "calendar", "a calendar")
        self.known(entries, "calendar", ("days", "phases"))
        days: tuple[float, ...] = ()
        phases: tuple[Phase, ...] = ()
        if "days" in entries.entries:
            days = tuple(
                self.number(item, f"calendar.days[{i}]")
                for i, item in enumerate(self.items(entries, "calendar", "days").items)
            )
        if "phases" in entries.entries:
            phases = tuple(
                self.phase(item, f"calendar.phases[{i}]")
                for i, item in enumerate(self.items(entries, "calendar", "phases").items)
            )
        return self.checked(lambda: Calendar(days=days, phases=phases), entries, "calendar", line=line)

    def phase(self, node: Node, path: str) -> Phase:
        entries = self.entries(node, path, "a phase")
        self.known(entries, path, ("sessions", "over", "every"))
        sessions = self.whole(
            self.required(entries, path, "sessions"), _join(path, "sessions"), entries.key_lines["sessions"]
        )
        fields: dict[str, Any] = {"sessions": sessions}
        if "over" in entries.entries:
            weeks = self.quantity(entries, path, "over", "week")
            if weeks != int(weeks):
                raise self.refused(
                    entries.key_lines["over"],
                    _join(path, "over"),
                    f'"{self.text(entries, path, "over")}" is not a whole number of weeks',
                    "protocol.calendar-phase",
                    "Give whole weeks, or use every, or list the days",
                )
            fields["weeks"] = int(weeks)
        if "every" in entries.entries:
            fields["every_days"] = self.quantity(entries, path, "every", "day")
        return self.checked(lambda: Phase(**fields), entries, path)

    def source(self, root: Entries) -> Source:
        node = self.required(root, "", "source")
        line = root.key_lines["source"]
        if isinstance(node, Text):
            return self.checked(lambda: Source(citation=node.text), node, "source", line=line)
        entries = self.entries(node, "source", "a source")
        self.known(entries, "source", ("citation", "url", "url_status"))
        fields: dict[str, Any] = {"citation": self.text(entries, "source", "citation")}
        if "url" in entries.entries:
            fields["url"] = self.text(entries, "source", "url")
            fields["url_status"] = "exact"
        if "url_status" in entries.entries:
            status = self.text(entries, "source", "url_status")
            if status not in ("exact", "id", "stem", "none"):
                raise self.unknown_choice(
                    entries, "url_status", status, ("exact", "id", "stem", "none"), "source.url_status"
                )
            fields["url_status"] = status
        return self.checked(lambda: Source(**fields), entries, "source", line=line)

    def route(self, node: Entries, path: str) -> Route:
        written = re.sub(r"[\s_-]+", "_", self.text(node, path, "route").strip().lower())
        if written in _ROUTE_NAMES:
            return _ROUTE_NAMES[written]
        if written in ("lozenge", "troche"):
            raise self.refused(
                node.key_lines["route"],
                _join(path, "route"),
                f'the route is "{written}"',
                "protocol.route-unknown",
                "Write where it is kept: sublingual or buccal",
            )
        raise self.unknown_choice(
            node,
            "route",
            self.text(node, path, "route"),
            [route.value for route in Route],
            _join(path, "route"),
        )

    def choice(self, root: Entries, key: str, names: Mapping[str, Choice]) -> Choice:
        written = self.text(root, "", key)
        normal = re.sub(r"[\s_-]+", "_", written.strip().lower())
        if normal not in names:
            raise self.unknown_choice(root, key, written, sorted({value.value for value in names.values()}))
        return names[normal]

    def unknown_choice(
        self, node: Entries, key: str, written: str, known: Sequence[str], path: str = ""
    ) -> InputError:
        nearest = difflib.get_close_matches(written.strip().lower().replace(" ", "_"), known, 1)
        if key == "drug" and written.strip().lower() == "ketamine":
            nearest = []  # The racemate or an enantiomer: only the writer knows.
        remedy = f'Did you mean "{nearest[0]}"? ' if nearest else ""
        code = {"basis_status": "basis-status", "url_status": "source-url"}.get(key, f"{key}-unknown")
        return self.refused(
            node.key_lines[key],
            path or key,
            f'"{shorten(written)}" is not a known {key.replace("_", " ")}',
            f"protocol.{code}",
            f"{remedy}Known are {', '.join(known)}",
        )

    # Shapes: what kind of node stands in a place.

    def known(self, node: Entries, path: str, names: Iterable[str]) -> None:
        names = tuple(names)
        for key, line in node.key_lines.items():
            if key not in names:
                nearest = difflib.get_close_matches(key.lower(), names, 1)
                raise self.refused(
                    line,
                    _join(path, shorten(key)),
                    f'"{shorten(key)}" is not a field',
                    "protocol.field-unknown",
                    f'Did you mean "{nearest[0]}"?' if nearest else f"Fields here are {', '.join(names)}",
                )

    def required(self, node: Entries, path: str, key: str) -> Node:
        value = node.entries.get(key)
        if value is None or (isinstance(value, Text) and (value.is_null or not value.text.strip())):
            raise self.refused(
                node.key_lines.get(key, node.line),
                _join(path, key),
                f'"{key}" is missing' if value is None else f'"{key}" is empty',
                "protocol.source-missing" if key == "source" else "protocol.field-missing",
                _HOW_TO_GIVE.get(key, "Add it"),
            )
        return value

    def text(self, node: Entries, path: str, key: str) -> str:
        return self.word(self.required(node, path, key), _join(path, key), node.key_lines[key])

    def word(self, node: Node, path: str, line: int) -> str:
        if not isinstance(node, Text):
            raise self.refused(line, path, "one value is expected here", "protocol.shape", "Write one value")
        return node.text

    def quantity(self, node: Entries, path: str, key: str, to: str) -> float:
        text, line = self.text(node, path, key), node.key_lines[key]
        return self.checked(
            lambda: parse_quantity(text, to, _ASKED.get(to, to))[0],
            node.entries[key],
            _join(path, key),
            line=line,
        )

    def number(self, node: Node, path: str) -> float:
        text = self.word(node, path, node.line).strip()
        if not _NUMBER.fullmatch(text) or abs(number := float(text)) == float("inf"):
            raise self.refused(
                node.line,
                path,
                f'"{shorten(text)}" is not a number',
                "protocol.number",
                "Write a plain number",
            )
        return number

    def whole(self, node: Node, path: str, line: int) -> int:
        text = self.word(node, path, line).strip()
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
            raise self.refused(
                line,
                path,
                f'"{shorten(text)}" is not a whole number',
                "protocol.number",
                "Write a whole number in digits",
            )
        return int(text)

    def items(self, node: Entries, path: str, key: str) -> Items:
        value = self.required(node, path, key)
        if not isinstance(value, Items) or not value.items:
            raise self.refused(
                node.key_lines[key], _join(path, key), "a list is expected here", "protocol.shape", _LIST
            )
        return value

    def one_or_more(self, node: Entries, path: str, key: str) -> list[tuple[Node, str, int]]:
        value = self.required(node, path, key)
        if isinstance(value, Items):
            items = self.items(node, path, key).items
            return [(item, f"{_join(path, key)}[{i}]", item.line) for i, item in enumerate(items)]
        return [(value, _join(path, key), node.key_lines[key])]

    def entries(self, node: Node, path: str, what: str) -> Entries:
        if not isinstance(node, Entries):
            raise self.refused(
                node.line,
                path,
                f"{what} is expected here, as lines of the form field: value",
                "protocol.shape",
                "Write one field on each line",
            )
        return node


_LIST = "Write a list, such as [a, b], or lines that start with a hyphen"
_ASKED = {"h": "min or h", "day": "days or weeks", "week": "weeks"}
_HOW_TO_GIVE = {
    "basis": "Say whether the mg count the base or the hydrochloride",
    "calendar": 'Add it, such as "once" or "6 sessions over 2 weeks"',
    "drug": "Name one of racemic_ketamine, esketamine, arketamine",
    "name": "Add a short name, such as ketamine-iv-05-six",
    "route": "Add it, such as iv_infusion",
    "source": 'Say where the protocol comes from; for your own write "own protocol"',
    "citation": "Name author, year and study",
}


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _descend(node: Node, path: str, line: int, field: str) -> tuple[str, int]:
    """Return path and line of the part of `node` that the dotted `field` of a value came from, as deep as it goes."""
    for part in field.split(".") if field else ():
        name = _FIELD_IN_FILE.get(part, part)
        if isinstance(node, Entries) and name in node.entries:
            line, path, node = node.key_lines[name], _join(path, name), node.entries[name]
        elif isinstance(node, Items) and part.isdigit() and int(part) < len(node.items):
            node = node.items[int(part)]
            line, path = node.line, f"{path}[{part}]"
        elif isinstance(node, Entries) and name in (*_PROTOCOL_FIELDS, *_ADMINISTRATION_FIELDS):
            return _join(path, name), line
        else:
            break
    return path, line


def _amount_unit(text: str) -> Literal["mg", "mg/kg"]:
    return "mg/kg" if re.search(r"/\s*kg\b", text) else "mg"


def _dose(text: str) -> Dose:
    amount, unit = parse_quantity(text, _amount_unit(text), "mg or mg/kg")
    return Dose(amount=amount, per="mg/kg" if "/" in unit else "mg")


def _starting_rate(text: str) -> Rate:
    rate = _rate(text)
    if not isinstance(rate, Rate):
        raise InputError(
            f'"{shorten(text)}" is not a rate to start with',
            code="protocol.rate",
            remedy="Give a rate in mg/h or mg/kg/h",
        )
    return rate


def _rate(text: str) -> Rate | ShareOfPlan | Literal["pause", "resume"]:
    word = text.strip().lower()
    if word in ("pause", "resume"):
        return cast(Literal["pause", "resume"], word)
    if word.endswith(("%", "percent")):
        return ShareOfPlan(percent=parse_quantity(word, "percent")[0])
    per: Literal["mg/h", "mg/kg/h"] = "mg/kg/h" if re.search(r"/\s*kg\b", text) else "mg/h"
    return Rate(amount=parse_quantity(text, per, "mg/h, mg/kg/h or %, or pause, or resume")[0], per=per)
