"""Anchors: head hashes kept outside the database. What was cut off after one was made is then missed.

A chain that is valid says that nothing inside it was changed; it cannot say that its last entries are still there.
An anchor is the number and the hash of the last entry at a moment, small enough to print, to sign, to send to
another organisation, or to write into a list that only grows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ataraxy.errors import AtaraxyError, InputError
from ataraxy.record.keys import utc_text
from ataraxy.record.private_file import refuse_directory, write_private
from ataraxy.record.store import Record

FORMAT: Final = "ataraxy.anchor/1"


@dataclass(frozen=True, order=True)
class Anchor:
    """The last entry at a moment: its number and its hash.

    Attributes:
        seq: number of the entry.
        hash: its hash, 64 hexadecimal digits.
        at: when the anchor was made, UTC.
    """

    seq: int
    hash: str
    at: str

    @classmethod
    def of(cls, seq: int, hash_: str, at: datetime) -> Anchor:
        """Return the anchor of a head.

        Raises:
            InputError: there is no entry yet to anchor (``record.empty``).
        """
        if seq < 1:
            raise InputError(
                "the record has no entry yet",
                code="record.empty",
                remedy="Make an anchor after the first entry",
            )
        return cls(seq, hash_, utc_text(at))

    def line(self) -> str:
        """Return the anchor as one line of JSON."""
        return json.dumps({"format": FORMAT, "seq": self.seq, "hash": self.hash, "at": self.at})


def write_anchor(path: Path, anchor: Anchor) -> None:
    """Write one anchor as a file of its own, in place of an older one of the same record.

    Raises:
        InputError: there is a file that is not one anchor (``anchor.format``, ``anchor.list``, ``file.unreadable``), or
            one that is later than this one (``anchor.later``); nothing was changed.
        AtaraxyError: the disk refused (``file.not-written``).
    """
    refuse_directory(path)
    if path.exists():
        there = read_anchors(path)
        if len(there) > 1:
            raise InputError(
                f"this is a list of {len(there)} anchors, which one anchor would replace",
                code="anchor.list",
                remedy="Add to it with --append, or name another file",
                where=str(path),
            )
        _refuse_later(there[0], anchor, path)
    write_private(path, f"{anchor.line()}\n".encode())


def append_anchor(path: Path, anchor: Anchor) -> None:
    """Add an anchor to the end of a list, on the disk when the call returns. Nothing in the list is changed.

    Raises:
        InputError: the file is not a list of anchors, or its last one is later than this one, which means that the
            record lost entries since (``anchor.later``).
    """
    if path.exists():
        _refuse_later(max(read_anchors(path)), anchor, path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(descriptor, "ab") as file:
            file.write(f"{anchor.line()}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise AtaraxyError(
            f"the anchor could not be written: {error.strerror or error}",
            code="file.not-written",
            remedy="Make room or name another place",
            where=str(path),
        ) from None


def _refuse_later(there: Anchor, anchor: Anchor, path: Path) -> None:
    if there.seq > anchor.seq or (there.seq == anchor.seq and there.hash != anchor.hash):
        raise InputError(
            f"the file already has entry {there.seq} with hash {there.hash[:12]}, and the record ends with entry "
            f"{anchor.seq}, hash {anchor.hash[:12]}: entries are missing or changed, or it is of another record",
            code="anchor.later",
            remedy="Run `ataraxy record verify` with this file as --anchor, and look for a backup",
            where=str(path),
        )


def read_anchors(path: Path) -> tuple[Anchor, ...]:
    """Return the anchors of a file: one, or a list with one a line.

    Raises:
        InputError: the file cannot be read (``file.unreadable``) or holds something else (``anchor.format``).
    """
    try:
        content = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise InputError(
            f"the anchors cannot be read: {why}", code="file.unreadable", where=str(path)
        ) from None
    lines = [line for line in content.splitlines() if line.strip()]
    anchors = tuple(_anchor(line, f"{path}:{number}") for number, line in enumerate(lines, 1))
    if not anchors:
        raise InputError("there is no anchor in it", code="anchor.format", where=str(path))
    return anchors


def check_anchors(anchors: Iterable[Anchor], hash_at: Callable[[int], str | None]) -> str | None:
    """Return what is wrong with a record by its anchors, or None.

    Args:
        anchors: what was noted outside, in any order.
        hash_at: hash of the entry of a number; None where the record has no such entry.
    """
    for anchor in sorted(anchors):
        found = hash_at(anchor.seq)
        if found is None:
            return f"entry {anchor.seq} was there at {anchor.at} and is missing: the end was cut off"
        if found != anchor.hash:
            return f"entry {anchor.seq} had hash {anchor.hash} at {anchor.at} and has {found} now"
    return None


def refuse_contradicted(record: Record, path: Path) -> None:
    """Refuse a record that contradicts a list of anchors.

    Raises:
        AtaraxyError: an entry that was noted is missing or another one (``anchor.contradicts``).
        InputError: as `read_anchors` does.
    """

    def hash_at(seq: int) -> str | None:
        return next((entry.hash for entry in record.entries(after=seq - 1, until=seq)), None)

    problem = check_anchors(read_anchors(path), hash_at)
    if problem is not None:
        raise AtaraxyError(
            problem,
            code="anchor.contradicts",
            remedy="Run `ataraxy record verify` with this list, and look for a backup",
            where=str(path),
        )


def _anchor(line: str, where: str) -> Anchor:
    try:
        document: Any = json.loads(line)
        if document["format"] != FORMAT:
            raise ValueError("format")
        anchor = Anchor(document["seq"], document["hash"], document["at"])
        if type(anchor.seq) is not int or anchor.seq < 1 or not isinstance(anchor.at, str):
            raise ValueError("seq")
        if len(anchor.hash) != 64 or set(anchor.hash) - set("0123456789abcdef"):
            raise ValueError("hash")
    except (ValueError, KeyError, TypeError):
        raise InputError(
            "it is not an anchor of this program",
            code="anchor.format",
            remedy="Name a file that `ataraxy record anchor` made",
            where=where,
        ) from None
    return anchor
