"""Entries as a file of JSON lines: sealed, for the verifier, or opened for a reason that is recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from ataraxy.errors import InputError
from ataraxy.record.canonical import entry_line, entry_text
from ataraxy.record.entry import Draft, Entry
from ataraxy.record.keys import KeyRing
from ataraxy.record.private_file import writing_private
from ataraxy.record.store import Record

STREAM: Final = "exports"
KIND: Final = "record.exported"
LONGEST_REASON: Final = 200


def export_lines(record: Record, *, stream: str | None = None, until: int | None = None) -> Iterator[bytes]:
    """Yield entries as lines of the exported form, sealed as they are, up to the head of this moment."""
    last = record.head().seq if until is None else until
    for entry in record.entries(stream=stream, until=last):
        yield entry_line(entry)


def export_sealed(record: Record, path: Path, *, stream: str | None = None) -> int:
    """Write entries to a new file of mode 600. Returns how many.

    Raises:
        InputError: a file is there (``file.exists``) or there is no such stream (``record.no-stream``).
        AtaraxyError: the disk refused (``file.not-written``).
    """
    _refuse_unknown(record, stream)
    written = 0
    with writing_private(path) as file:
        for line in export_lines(record, stream=stream):
            file.write(line)
            written += 1
    return written


def export_opened(
    record: Record,
    keys: KeyRing,
    path: Path,
    *,
    author: str,
    reason: str,
    at: datetime,
    stream: str | None = None,
) -> int:
    """Write entries with every sealed text opened to a new file of mode 600. Returns how many.

    That it was done, by whom and why is recorded before the first text is opened. The lines say ``"opened":true``;
    their hashes are those of the sealed entries, and the verifier refuses the file.

    Raises:
        InputError: no reason (``record.export-reason``), or as `KeyRing.open` and `export_sealed` do.
        AtaraxyError: the disk refused (``file.not-written``).
    """
    _refuse_unknown(record, stream)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InputError(
            f"the reason has {len(reason)} characters",
            code="record.export-reason",
            remedy=f"Say in 1 to {LONGEST_REASON} characters, without anything identifying, why it is opened",
        )
    until = record.head().seq
    written = 0
    with writing_private(path) as file:
        draft = Draft(
            stream=STREAM,
            kind=KIND,
            payload={"of": stream or "all", "until": until, "reason": reason},
            occurred_at=at,
        )
        record.append([draft], author=author, at=at, expected={STREAM: record.version(STREAM)})
        with record.reading() as connection:
            for entry in record.entries(stream=stream, until=until):
                payload = keys.open_payload(connection, stream=entry.stream, payload=entry.payload)
                file.write(_opened_line(replace(entry, payload=payload)))
                written += 1
    return written


def _refuse_unknown(record: Record, stream: str | None) -> None:
    if stream is not None and not record.version(stream):
        raise InputError(
            f"no entry is in the stream {stream!r}",
            code="record.no-stream",
            remedy="Name a stream as it stands in the entries, such as person/<id>; export all to see them",
            where="--stream",
        )


def _opened_line(entry: Entry) -> bytes:
    document = json.loads(entry_text(entry))
    return (
        json.dumps({"opened": True, "entry": document, "hash": entry.hash}, ensure_ascii=False) + "\n"
    ).encode()
