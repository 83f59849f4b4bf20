"""The entries of the record as an auditor reads them: who recorded what kind of thing when; never what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ataraxy.practice.practice import Practice
from ataraxy.record.entry import time_of, time_text
from ataraxy.record.schema import ENTRY


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One entry without its payload.

    Attributes:
        seq: its number.
        about, id: kind of history and its opaque id, such as ``session`` and ``9f2c``.
        kind: what happened.
        author: opaque id of who recorded it.
        recorded_at, occurred_at: when it was recorded, and when it happened.
        late: whether it was recorded long after it happened.
        corrects: number of the entry that it puts right.
        hash: its hash.
    """

    seq: int
    about: str
    id: str
    kind: str
    author: str
    recorded_at: datetime
    occurred_at: datetime
    late: bool
    corrects: int | None
    hash: str


def journal(
    practice: Practice,
    *,
    limit: int,
    before: int | None = None,
    author: str = "",
    about: str = "",
    id_: str = "",
    kind: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[JournalLine, ...]:
    """Return entries, the newest first.

    Args:
        practice: whose.
        limit: how many at most.
        before: with a smaller number only, for the next page.
        author: recorded by this opaque id only.
        about, id_: of this kind of history; of these, the one whose id begins so (an id needs a kind).
        kind: of this kind only.
        since, until: recorded from the first and before the second.
    """
    columns = [c for c in ENTRY.c if c.name not in ("payload", "key", "previous_hash")]
    statement = sa.select(*columns).order_by(ENTRY.c.seq.desc()).limit(limit)
    if before is not None:
        statement = statement.where(ENTRY.c.seq < before)
    if author:
        statement = statement.where(ENTRY.c.author == author)
    if about:
        # a range, so that the index over streams serves it
        first = f"{about}/{id_}"
        statement = statement.where(ENTRY.c.stream >= first, ENTRY.c.stream < f"{first}~")
    if kind:
        statement = statement.where(ENTRY.c.kind == kind)
    if since is not None:
        statement = statement.where(ENTRY.c.recorded_at >= time_text(since))
    if until is not None:
        statement = statement.where(ENTRY.c.recorded_at < time_text(until))
    with practice.record.reading() as connection:
        rows = connection.execute(statement).all()
    return tuple(
        JournalLine(
            row.seq,
            row.stream.partition("/")[0],
            row.stream.partition("/")[2],
            row.kind,
            row.author,
            time_of(row.recorded_at),
            time_of(row.occurred_at),
            bool(row.late),
            row.corrects,
            row.hash,
        )
        for row in rows
    )
