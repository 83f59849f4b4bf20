"""YAML read as a plain tree of text in which every node knows its line.

Only the part of YAML that a person needs is read: mappings, lists and text. Scalars stay text, so that ``no`` or
``1:30`` never turn into something else behind the writer's back. Anchors, aliases, tags and second documents are
refused, depth and size are limited.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from ataraxy.errors import InputError
from ataraxy.exchange.units import shorten

MOST_BYTES = 256 * 1024
MOST_LEVELS = 12
NEWLINE = b"\n"


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar. `is_null` is true where nothing, or a plain ``null`` or ``~``, is written."""

    line: int
    text: str
    is_null: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    line: int
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping, in the order of the file, with the line of each key."""

    line: int
    entries: dict[str, Node] = field(default_factory=dict)
    key_lines: dict[str, int] = field(default_factory=dict)


Node = Text | Items | Entries


def read_text_file(path: Path) -> str:
    """Return the content of a small UTF-8 text file.

    Raises:
        InputError: ``file.missing``, ``file.not-a-file``, ``file.unreadable``, ``file.too-large``, ``file.not-text``.
    """
    where = str(path)
    try:
        mode = path.stat()
        if not stat.S_ISREG(mode.st_mode):
            what = "a directory" if stat.S_ISDIR(mode.st_mode) else "not a regular file"
            raise InputError(
                f"this is {what}", code="file.not-a-file", remedy="Name a YAML file", where=where
            )
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError(
            "there is no such file", code="file.missing", remedy="Check the path", where=where
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path is not valid"
        raise InputError(
            f"the file cannot be read: {reason}",
            code="file.unreadable",
            remedy="Check the path and its permissions",
            where=where,
        ) from None
    if len(data) > MOST_BYTES:
        raise InputError(
            f"the file has more than {MOST_BYTES // 1024} kB",
            code="file.too-large",
            remedy="Name the file that was meant; such files are a few kB long",
            where=where,
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "the file is not text in UTF-8",
            code="file.not-text",
            remedy="Save it as UTF-8 text",
            where=f"{where}:{data[: error.start].count(NEWLINE) + 1}",
        ) from None
    if "\0" in text:
        raise InputError(
            "the file is binary", code="file.not-text", remedy="Name a text file in YAML", where=where
        )
    return text


def parse_yaml(text: str, where: str) -> Node:
    """Return the tree of one YAML document; `where` names the file in messages.

    Raises:
        InputError: ``yaml.syntax``, ``yaml.empty``, ``yaml.duplicate-key``, ``yaml.alias``, ``yaml.tag``,
            ``yaml.key``, ``yaml.too-deep``, ``yaml.documents``; each names the line.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _tree(yaml.parse(text, Loader=loader), where)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        context = f" {error.context}" if error.context else ""
        raise InputError(
            f"this is not valid YAML: {shorten(f'{error.problem}{context}', 120)}",
            code="yaml.syntax",
            remedy="Check indentation, colons and quotes near this line",
            where=where if mark is None else f"{where}:{mark.line + 1}",
        ) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position] if isinstance(error.position, int) else ""
        raise InputError(
            "the file holds a character that YAML does not allow",
            code="yaml.syntax",
            remedy="Remove the control character",
            where=f"{where}:{before.count(chr(10)) + 1}",
        ) from None


def _tree(events: Iterator[Any], where: str) -> Node:
    """Build the tree without recursion, so that deep nesting is refused before it costs anything."""
    root: Node | None = None
    open_nodes: list[Items | Entries] = []
    pending: list[str | None] = []  # for each open mapping the key that waits for its value
    documents = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refused("the file holds a second document", "yaml.documents", "Keep one", where, line)
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _refused(
                "anchors and aliases are not read", "yaml.alias", "Write the value out", where, line
            )
        if getattr(event, "tag", None) is not None:
            raise _refused("tags are not read", "yaml.tag", "Write plain values", where, line)
        node: Node
        if isinstance(event, ScalarEvent):
            is_null = event.style in (None, "") and event.value in ("", "~", "null", "Null", "NULL")
            node = Text(line, event.value, is_null)
        elif isinstance(event, SequenceStartEvent):
            node = Items(line)
        elif isinstance(event, MappingStartEvent):
            node = Entries(line)
        elif isinstance(event, SequenceEndEvent | MappingEndEvent):
            open_nodes.pop()
            pending.pop()
            continue
        else:
            continue
        if not open_nodes:
            root = node
        elif isinstance(parent := open_nodes[-1], Items):
            parent.items.append(node)
        elif pending[-1] is None:
            if not isinstance(node, Text) or node.is_null:
                raise _refused("a key is not text", "yaml.key", "Write a word before the colon", where, line)
            if node.text in parent.entries or node.text in parent.key_lines:
                raise _refused(
                    f'"{shorten(node.text)}" is given twice, first on line {parent.key_lines[node.text]}',
                    "yaml.duplicate-key",
                    "Keep one of them",
                    where,
                    line,
                )
            parent.key_lines[node.text] = line
            pending[-1] = node.text
            continue
        else:
            parent.entries[pending[-1]] = node
            pending[-1] = None
        if not isinstance(node, Text):
            open_nodes.append(node)
            pending.append(None)
            if len(open_nodes) > MOST_LEVELS:
                raise _refused(
                    "the lists are nested too deeply", "yaml.too-deep", "Use fewer levels", where, line
                )
    if root is None or (isinstance(root, Text) and root.is_null):
        raise InputError(
            "the file is empty",
            code="yaml.empty",
            remedy="Write what is needed into it, or name another",
            where=where,
        )
    return root


def _refused(message: str, code: str, remedy: str, where: str, line: int) -> InputError:
    return InputError(message, code=code, remedy=remedy, where=f"{where}:{line}")
