"""What is written to the record: a draft before it is stored, an entry after. Neither ever changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ataraxy.errors import InputError

# The hash that the first entry names as the one before it.
NO_HASH: Final = "0" * 64
# In place of an expected version: whatever it is.
ANY_VERSION: Final = -1

_STREAM = re.compile(r"[a-z][a-z0-9-]*(/[A-Za-z0-9][A-Za-z0-9._:@-]*)*", re.ASCII)
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", re.ASCII)
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be recorded.

    Attributes:
        stream: whose history it belongs to, such as ``session/9f2c``; opaque, never a name.
        kind: what happened, such as ``session.checked_in``.
        payload: JSON; see `ataraxy.record.canonical` for what that admits.
        occurred_at: when it happened, with offset from UTC.
        corrects: number of the entry of the same stream that this one puts right.
        patient: whose key seals the sensitive texts.
        sensitive: where they stand in the payload, as JSON Pointers such as ``/notes/0/text``.
    """

    stream: str
    kind: str
    payload: Mapping[str, Any]
    occurred_at: datetime
    corrects: int | None = None
    patient: str | None = None
    sensitive: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the record, as it is stored.

    Attributes:
        seq: its number in the record: 1, 2, 3, ... without a hole.
        stream: whose history it belongs to.
        version: its number in the stream: 1, 2, 3, ... without a hole.
        kind: what happened.
        payload: JSON; sensitive texts are sealed.
        author: who recorded it.
        recorded_at: when, UTC; never earlier than that of the entry before.
        occurred_at: when it happened, by the word of the author, UTC.
        late: whether it was recorded long after it happened.
        corrects: number of the entry that it puts right.
        key: what the request called itself, so that it may be sent again.
        clock_behind_us: by how many microseconds the clock of the writer was behind the entry before; 0 as a rule.
        previous_hash: hash of the entry before; zeros for the first.
        hash: SHA-256 over all of the above.
    """

    seq: int
    stream: str
    version: int
    kind: str
    payload: Mapping[str, Any]
    author: str
    recorded_at: datetime
    occurred_at: datetime
    late: bool
    corrects: int | None
    key: str | None
    clock_behind_us: int
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry: its number and hash; 0 and zeros where there is none."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append stored.

    Attributes:
        entries: one for each draft, in their order.
        replayed: whether they were there already, from an earlier request with the same key and content.
    """

    entries: tuple[Entry, ...]
    replayed: bool


def check_draft(draft: Draft) -> None:
    """Refuse a draft whose names are not of the form that the record keeps.

    Raises:
        InputError: stream (``record.stream``), kind (``record.kind``), a time without offset (``time.naive``), or a
            number to correct that cannot be one (``record.corrects``), sensitive places without a patient
            (``record.no-patient``).
    """
    check_stream(draft.stream)
    if not _KIND.fullmatch(draft.kind) or len(draft.kind) > _LONGEST:
        raise InputError(
            f"a kind is written like session.checked_in, not {draft.kind[:60]!r}",
            code="record.kind",
            where=draft.stream,
        )
    in_utc(draft.occurred_at, "occurred_at")
    if draft.corrects is not None and (type(draft.corrects) is not int or draft.corrects < 1):
        raise InputError(
            f"{draft.corrects!r} is not the number of an entry", code="record.corrects", where=draft.stream
        )
    if draft.sensitive and not draft.patient:
        raise InputError(
            "the draft has texts to seal and names no patient whose key would seal them",
            code="record.no-patient",
            remedy="Name the patient",
            where=draft.stream,
        )


def check_stream(stream: str) -> str:
    """Return the name of a stream as it is. Raises InputError where it is not one (``record.stream``)."""
    if not _STREAM.fullmatch(stream) or len(stream) > _LONGEST:
        raise InputError(
            f"a stream is named like session/9f2c, not {stream[:60]!r}",
            code="record.stream",
            remedy="Use a word, / and an opaque id of letters, digits and . _ : @ -, at most 200 characters",
        )
    return stream


def check_label(value: str, what: str) -> str:
    """Return an author or key as it is. Raises InputError where it is empty, long or unprintable (``record.label``)."""
    if not value.strip() or len(value) > _LONGEST or not value.isprintable():
        raise InputError(
            f"the {what} has {len(value)} characters or some that cannot be printed",
            code="record.label",
            remedy=f"Give 1 to {_LONGEST} printable characters",
        )
    return value


def in_utc(at: datetime, what: str) -> datetime:
    """Return a moment in UTC. Raises InputError for a time without offset (``time.naive``)."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise InputError(
            f"{what} has no offset from UTC", code="time.naive", remedy="Give it with its offset"
        )
    return at.astimezone(UTC)


def time_text(at: datetime) -> str:
    """Return a moment in the one form that the record keeps: ``2026-01-31T08:05:00.000000Z``."""
    # isoformat pads years to four digits; strftime does not everywhere
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"


def time_of(text: str) -> datetime:
    """Return the moment that `time_text` wrote."""
    return datetime.fromisoformat(text)
