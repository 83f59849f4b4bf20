"""The record: entries are added at its end, all of a request or none, with the projections, on the disk on return."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import sqlalchemy as sa

from ataraxy.errors import AtaraxyError, InputError
from ataraxy.record.canonical import canonical_text, hash_of, hashed_text, payload_text
from ataraxy.record.chain_seal import seal
from ataraxy.record.database import Database, DatabaseError, clear_errors, open_database
from ataraxy.record.entry import (
    ANY_VERSION,
    NO_HASH,
    Appended,
    Draft,
    Entry,
    Head,
    check_draft,
    check_label,
    check_stream,
    in_utc,
    time_of,
    time_text,
)
from ataraxy.record.guards import refuse_altered
from ataraxy.record.keys import CHAIN_SEAL, ERASED, KEY_METADATA, KeyRing, sealed_patient, sealed_texts
from ataraxy.record.projection import Projection, create_tables, definition_of, replace_tables
from ataraxy.record.schema import (
    ENTRY,
    FORMAT_NAME,
    PROJECTION_STATE,
    RECORD_FORMAT,
    SCHEMA_VERSION,
    create_schema,
    entry_of,
)

LATE_AFTER: Final = timedelta(minutes=15)
WAIT_S: Final = 30.0
PAGE: Final = 1000


class VersionConflict(InputError):
    """Somebody else wrote to a stream in between: what the writer decided on is no longer so.

    Attributes:
        stream: which stream.
        expected: the version that the writer had seen.
        found: the version that it has.
    """

    def __init__(self, stream: str, expected: int, found: int) -> None:
        self.stream, self.expected, self.found = stream, expected, found
        super().__init__(
            f"the stream is at version {found}, and {expected} was expected",
            code="record.version",
            remedy="Read it again and decide anew; nothing was stored",
            where=stream,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return VersionConflict, (self.stream, self.expected, self.found)


class KeyReused(InputError):
    """A request came with the key of an earlier one and other content."""


class Record:
    """An open record. Threads may share it; processes open it each for itself, after a fork.

    Use `Record.create` once for a new record, `Record.open` afterwards, and close it, or use it in a `with` block.
    """

    def __init__(
        self,
        database: Database,
        projections: Sequence[Projection],
        keys: KeyRing | None,
        late_after: timedelta,
    ) -> None:
        self._database = database
        self._projections = tuple(projections)
        self._keys = keys
        self._late_after = late_after
        self._definitions = {p.name: definition_of(p, database.engine.dialect) for p in self._projections}
        if len(self._definitions) != len(self._projections):
            raise ValueError("two projections have the same name")

    @classmethod
    def create(
        cls,
        url: str | os.PathLike[str],
        *,
        projections: Sequence[Projection] = (),
        keys: KeyRing | None = None,
        late_after: timedelta = LATE_AFTER,
        wait_s: float = WAIT_S,
    ) -> Record:
        """Make an empty record and return it open.

        Args:
            url: path of a file that is not there yet, or ``postgresql://...`` of a database without a record.
            projections: what is folded from the entries as they come.
            keys: seals sensitive texts; without it they are refused.
            late_after: an entry recorded longer than this after it occurred is marked late.
            wait_s: how long to wait for another writer.

        Raises:
            InputError: there is a record or another file already (``record.exists``).
            DatabaseError: the database refused.
        """
        database = open_database(os.fspath(url), read_only=False, wait_s=wait_s, make=True)
        try:
            with _writing_new(database) as connection:
                if (
                    sa.inspect(connection).get_table_names()
                    if database.is_sqlite
                    else _has_record(connection)
                ):
                    raise InputError(
                        "there is a database already",
                        code="record.exists",
                        remedy="Name another place, or open the record that is there",
                        where=database.where,
                    )
                create_schema(connection, KEY_METADATA)
            database.use_log()
            record = cls(database, projections, keys, late_after)
            record._bring_up()
        except BaseException:
            database.engine.dispose()
            raise
        return record

    @classmethod
    def open(
        cls,
        url: str | os.PathLike[str],
        *,
        projections: Sequence[Projection] = (),
        keys: KeyRing | None = None,
        read_only: bool = False,
        late_after: timedelta = LATE_AFTER,
        wait_s: float = WAIT_S,
    ) -> Record:
        """Open a record that is there. Projections that are behind or new are brought up to the last entry first.

        Args:
            url: as for `create`.
            projections: as for `create`.
            keys: as for `create`.
            read_only: opens it without the right to write; works on a file that may only be read.
            late_after: as for `create`.
            wait_s: as for `create`.

        Raises:
            InputError: no such file (``record.no-such-file``), not a record (``record.not-a-record``), written by a
                newer version (``record.newer-version``), or a projection is behind and may not be
                written (``record.projection-behind``).
            DatabaseError: the database refused, or it was altered: guards (``record.guards``, for writing only), or
                entries that projections have seen are missing (``record.entries-missing``).
        """
        database = open_database(os.fspath(url), read_only=read_only, wait_s=wait_s)
        try:
            with database.reading() as connection:
                _check_format(connection, database.where)
                if not read_only:
                    refuse_altered(connection, database.where)
            if not read_only:
                database.use_log()
                _add_seals(database)
            record = cls(database, projections, keys, late_after)
            if read_only:
                record._refuse_behind()
            else:
                record._bring_up()
        except BaseException:
            database.engine.dispose()
            raise
        return record

    @property
    def engine(self) -> sa.Engine:
        """The engine of the database; transactions begun on it may write and hold out other writers."""
        return self._database.engine

    @property
    def where(self) -> str:
        """Return the name of the database for people, without password."""
        return self._database.where

    @property
    def keys(self) -> KeyRing | None:
        """Return what seals and opens sensitive texts."""
        return self._keys

    def reading(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """Return a connection for reading projections; it holds out nobody."""
        return self._database.reading()

    def writing(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """Return a transaction for tables beside the entries, such as keys; one writer at a time."""
        return self._database.writing()

    def close(self) -> None:
        """Close all connections."""
        self._database.engine.dispose()

    def __enter__(self) -> Record:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        author: str,
        at: datetime,
        expected: Mapping[str, int],
        key: str | None = None,
    ) -> Appended:
        """Store drafts as entries, all or none, in this order. They are on the disk when this returns.

        Args:
            drafts: at least one; of any streams.
            author: who records them.
            at: now. Where it is earlier than the last entry, that one's time is taken and the difference noted.
            expected: the version of each stream of the drafts that the writer has seen, 0 for a new one, or
                `ANY_VERSION`; other streams may be named too, and are checked.
            key: names the request. Sent again with the same content, it stores nothing and returns what is there.

        Raises:
            VersionConflict: a stream has moved on (``record.version``).
            KeyReused: the key was used for something else (``record.key-reused``).
            InputError: a draft is not as it should be; its code says how.
            DatabaseError: the database refused; nothing was stored, unless the message says that it is not known.
        """
        at = in_utc(at, "at")
        check_label(author, "author")
        if key is not None:
            check_label(key, "key")
        payloads = self._checked(drafts, expected)
        with self._database.writing() as connection:
            if key is not None and (earlier := _with_key(connection, key)):
                return self._replayed(connection, earlier, drafts, author, key)
            last = _last(connection)
            versions = self._versions(connection, expected)
            self._catch_up(connection, last.seq)
            together = list(zip(drafts, payloads, strict=True))
            stored = self._stored(connection, together, author, at, key, last, versions)
            connection.execute(sa.insert(ENTRY), [row for _, row in stored])
            entries = tuple(entry for entry, _ in stored)
            _require_stored(connection, last.seq, entries, self.where)
            if self._keys is not None:
                seal(connection, self._keys, entries[0].seq, entries[-1].seq, entries[-1].hash)
            self._project(connection, entries)
            return Appended(entries, replayed=False)

    def entries(
        self,
        stream: str | None = None,
        *,
        after: int = 0,
        until: int | None = None,
        kinds: Iterable[str] | None = None,
    ) -> Iterator[Entry]:
        """Yield entries in their order, a page at a time; none that is added meanwhile is skipped.

        Args:
            stream: of this stream only.
            after: those with a greater number.
            until: those with no greater number.
            kinds: of these kinds only.
        """
        wanted = None if kinds is None else tuple(kinds)
        while True:
            with self._database.reading() as connection:
                page = _page(connection, stream, after, until, wanted)
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].seq

    def entries_of(self, streams: Sequence[str], *, after: int = 0) -> list[Entry]:
        """Return the entries of several streams with a number greater than `after`, in their order, at one question."""
        # without ORDER BY: asked to put them in order, a database may read every entry of the record
        query = sa.select(ENTRY).where(ENTRY.c.stream.in_(streams)).where(ENTRY.c.seq > after)
        with self._database.reading() as connection:
            return sorted((_read(row) for row in connection.execute(query)), key=lambda entry: entry.seq)

    def head(self) -> Head:
        """Return the last entry's number and hash."""
        with self._database.reading() as connection:
            last = _last(connection)
        return Head(last.seq, last.hash)

    def version(self, stream: str) -> int:
        """Return the version of a stream; 0 where it has no entry."""
        with self._database.reading() as connection:
            return _version(connection, stream)

    def opened(self, entry: Entry) -> dict[str, Any]:
        """Return the payload of an entry with sealed texts opened, `ERASED` where the key was destroyed.

        Raises:
            InputError: the record was opened without keys (``record.no-keys``), or as `KeyRing.open` does.
        """
        if self._keys is None:
            raise _no_keys(entry.stream)
        with self._database.reading() as connection:
            return self._keys.open_payload(connection, stream=entry.stream, payload=entry.payload)

    def rebuild(self) -> Head:
        """Throw the projections away and build them from the entries, in one transaction. Returns how far."""
        with self._database.writing() as connection:
            last = _last(connection)
            for projection in self._projections:
                self._rebuild_one(connection, projection)
            self._fold(connection, self._projections, 0, last.seq)
        return Head(last.seq, last.hash)

    def _checked(self, drafts: Sequence[Draft], expected: Mapping[str, int]) -> list[str]:
        """Return the payloads as canonical JSON, not sealed yet, after everything was looked at."""
        payloads = []
        if not drafts:
            raise InputError("there is nothing to record", code="record.no-drafts")
        for draft in drafts:
            check_draft(draft)
            if draft.stream not in expected:
                raise InputError(
                    "the expected version of the stream is missing",
                    code="record.no-expectation",
                    remedy="Say which version the writer has seen, 0 for a new stream",
                    where=draft.stream,
                )
            if draft.sensitive and self._keys is None:
                raise _no_keys(draft.stream)
            payloads.append(payload_text(draft.payload, draft.stream))
        for stream, version in expected.items():
            check_stream(stream)
            if type(version) is not int or version < ANY_VERSION:
                raise InputError(f"{version!r} is not a version", code="record.no-expectation", where=stream)
        return payloads

    def _versions(self, connection: sa.Connection, expected: Mapping[str, int]) -> dict[str, int]:
        versions = {stream: _version(connection, stream) for stream in expected}
        for stream, version in expected.items():
            if version not in (versions[stream], ANY_VERSION):
                raise VersionConflict(stream, version, versions[stream])
        return versions

    def _stored(
        self,
        connection: sa.Connection,
        drafts: Sequence[tuple[Draft, str]],
        author: str,
        at: datetime,
        key: str | None,
        last: _Last,
        versions: dict[str, int],
    ) -> list[tuple[Entry, dict[str, Any]]]:
        recorded_at = at if last.recorded_at is None else max(at, last.recorded_at)
        behind = (recorded_at - at) // timedelta(microseconds=1)
        seq, previous = last.seq, last.hash
        stored = []
        for draft, payload in drafts:
            if draft.corrects is not None:
                _check_corrected(connection, draft, last.seq)
            seq += 1
            versions[draft.stream] += 1
            if draft.sensitive:
                payload = payload_text(self._sealed(connection, draft), draft.stream)
            occurred_at = in_utc(draft.occurred_at, "occurred_at")
            late = recorded_at - occurred_at > self._late_after
            row: dict[str, Any] = {
                "seq": seq,
                "stream": draft.stream,
                "version": versions[draft.stream],
                "kind": draft.kind,
                "payload": payload,
                "author": author,
                "recorded_at": time_text(recorded_at),
                "occurred_at": time_text(occurred_at),
                "late": late,
                "corrects": draft.corrects,
                "key": key,
                "clock_behind_us": behind,
                "previous_hash": previous,
            }
            previous = hash_of(hashed_text(**row))
            row["hash"] = previous
            entry = Entry(
                **{
                    **row,
                    "payload": json.loads(payload),
                    "recorded_at": recorded_at,
                    "occurred_at": occurred_at,
                }
            )
            stored.append((entry, {**row, "late": int(late)}))
        return stored

    def _sealed(self, connection: sa.Connection, draft: Draft) -> Mapping[str, Any]:
        if self._keys is None or draft.patient is None:
            raise _no_keys(draft.stream)
        return self._keys.seal_payload(
            connection,
            patient=draft.patient,
            stream=draft.stream,
            payload=draft.payload,
            paths=draft.sensitive,
        )

    def _replayed(
        self,
        connection: sa.Connection,
        earlier: Sequence[Entry],
        drafts: Sequence[Draft],
        author: str,
        key: str,
    ) -> Appended:
        same = len(earlier) == len(drafts) and all(
            (entry.stream, entry.kind, entry.corrects, entry.author, entry.occurred_at)
            == (draft.stream, draft.kind, draft.corrects, author, in_utc(draft.occurred_at, "occurred_at"))
            and _sealed_for(entry.payload) <= _sealed_for(draft.payload) | _sealing_for(draft)
            and _matches(
                self._readable(connection, entry.stream, entry.payload),
                self._readable(connection, draft.stream, json.loads(canonical_text(draft.payload))),
            )
            for entry, draft in zip(earlier, drafts, strict=True)
        )
        if not same:
            raise KeyReused(
                f"the key of this request was used for entry {earlier[0].seq}, which says something else",
                code="record.key-reused",
                remedy="Give every request a key of its own; nothing was stored",
                where=key,
            )
        return Appended(tuple(earlier), replayed=True)

    def _readable(
        self, connection: sa.Connection, stream: str, payload: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if self._keys is None:
            return payload
        return self._keys.open_payload(connection, stream=stream, payload=payload)

    # --- projections ---

    def _project(self, connection: sa.Connection, entries: Sequence[Entry]) -> None:
        for entry in entries:
            for projection in self._projections:
                projection.apply(connection, entry)
        if self._projections:
            self._note(connection, self._projections, entries[-1].seq)

    def _note(self, connection: sa.Connection, projections: Sequence[Projection], seq: int) -> None:
        names = [projection.name for projection in projections]
        connection.execute(
            sa.update(PROJECTION_STATE).where(PROJECTION_STATE.c.name.in_(names)).values(seq=seq)
        )

    def _states(self, connection: sa.Connection) -> dict[str, tuple[str, int]]:
        if not self._projections:
            return {}
        rows = connection.execute(sa.select(PROJECTION_STATE)).all()
        return {row.name: (row.definition, row.seq) for row in rows}

    def _catch_up(self, connection: sa.Connection, seq: int) -> None:
        """Take in what was written by a process that does not know the projections."""
        states = self._states(connection)
        for projection in self._projections:
            definition, reached = states.get(projection.name, ("", 0))
            if definition != self._definitions[projection.name]:
                raise InputError(
                    f"the tables of {projection.name} were built anew by another version of the program",
                    code="record.projection-changed",
                    remedy="Open the record again, with one version of the program",
                    where=self.where,
                )
            self._refuse_ahead(projection.name, reached, seq)
            if reached < seq:
                self._fold(connection, [projection], reached, seq)

    def _refuse_ahead(self, name: str, reached: int, seq: int) -> None:
        if reached > seq:
            raise DatabaseError(
                f"the tables of {name} were made from {reached} entries, and the record ends with entry {seq}: "
                "entries are missing",
                code="record.entries-missing",
                remedy="Keep the file, run `ataraxy record verify` with your anchors, and look for a backup",
                where=self.where,
            )

    def _bring_up(self) -> None:
        if not self._projections:
            return
        with self._database.reading() as connection:
            if not self._behind(connection):
                return
        with self._database.writing() as connection:
            last, states = _last(connection), self._states(connection)
            for projection in self._projections:
                definition, reached = states.get(projection.name, ("", 0))
                self._refuse_ahead(projection.name, reached, last.seq)
                if definition != self._definitions[projection.name]:
                    self._rebuild_one(connection, projection)
                    reached = 0
                self._fold(connection, [projection], reached, last.seq)

    def _behind(self, connection: sa.Connection) -> list[str]:
        seq, states = _last(connection).seq, self._states(connection)
        return [
            name
            for name, definition in self._definitions.items()
            if states.get(name, ("", 0)) != (definition, seq)
        ]

    def _refuse_behind(self) -> None:
        with self._database.reading() as connection:
            seq, states = _last(connection).seq, self._states(connection)
            behind = self._behind(connection)
        for name in self._definitions:
            self._refuse_ahead(name, states.get(name, ("", 0))[1], seq)
        if behind:
            raise InputError(
                f"{', '.join(behind)} is not at the last entry",
                code="record.projection-behind",
                remedy="Open the record for writing once, or run `ataraxy record rebuild`",
                where=self.where,
            )

    def _rebuild_one(self, connection: sa.Connection, projection: Projection) -> None:
        """Empty one projection, or make its tables as they are to be."""
        name, definition = projection.name, self._definitions[projection.name]
        known = self._states(connection).get(name)
        if known is not None and known[0] == definition:
            create_tables(projection, connection)
            projection.clear(connection)
            self._note(connection, [projection], 0)
            return
        replace_tables(projection, connection)
        connection.execute(sa.delete(PROJECTION_STATE).where(PROJECTION_STATE.c.name == name))
        connection.execute(sa.insert(PROJECTION_STATE).values(name=name, definition=definition, seq=0))

    def _fold(
        self, connection: sa.Connection, projections: Sequence[Projection], after: int, until: int
    ) -> None:
        while after < until:
            page = _page(connection, None, after, until, None)
            if not page:
                raise AtaraxyError(
                    f"entry {after + 1} is missing",
                    code="record.damaged",
                    remedy="Run `ataraxy record verify`, and restore a backup",
                    where=self.where,
                )
            for entry in page:
                for projection in projections:
                    projection.apply(connection, entry)
            after = page[-1].seq
        self._note(connection, projections, until)


class _Last:
    """The last entry as the next one needs it."""

    def __init__(self, seq: int, hash_: str, recorded_at: datetime | None) -> None:
        self.seq, self.hash, self.recorded_at = seq, hash_, recorded_at


@contextlib.contextmanager
def _writing_new(database: Database) -> Iterator[sa.Connection]:
    """A transaction in a database that has no table to lock yet."""
    with clear_errors(database.where), database.engine.begin() as connection:
        yield connection


def _has_record(connection: sa.Connection) -> bool:
    return sa.inspect(connection).has_table(RECORD_FORMAT.name) or sa.inspect(connection).has_table(
        ENTRY.name
    )


def _check_format(connection: sa.Connection, where: str) -> None:
    version = None
    if sa.inspect(connection).has_table(RECORD_FORMAT.name):
        version = connection.execute(
            sa.select(RECORD_FORMAT.c.version).where(RECORD_FORMAT.c.name == FORMAT_NAME)
        ).scalar_one_or_none()
    if version is None:
        raise InputError(
            "the database holds no record",
            code="record.not-a-record",
            remedy="Name the database of a record, or make one with `ataraxy record init`",
            where=where,
        )
    if version > SCHEMA_VERSION:
        raise InputError(
            f"the record has format {version}, and this program knows {SCHEMA_VERSION}",
            code="record.newer-version",
            remedy="Use the newer version of Ataraxy that wrote it",
            where=where,
        )


def _add_seals(database: Database) -> None:
    """Make the table of seals in a record that is from before there was one."""
    with database.reading() as connection:
        there = sa.inspect(connection).has_table(CHAIN_SEAL.name)
    if not there:
        with database.writing() as connection:
            CHAIN_SEAL.create(connection, checkfirst=True)


def _last(connection: sa.Connection) -> _Last:
    row = connection.execute(
        sa.select(ENTRY.c.seq, ENTRY.c.hash, ENTRY.c.recorded_at).order_by(ENTRY.c.seq.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return _Last(0, NO_HASH, None)
    try:
        return _Last(row.seq, row.hash, time_of(row.recorded_at))
    except (ValueError, TypeError) as error:
        raise _unreadable(row.seq) from error


def _require_stored(connection: sa.Connection, after: int, entries: Sequence[Entry], where: str) -> None:
    """Look whether the entries are there: a trigger or rule that somebody added could have swallowed them."""
    rows = connection.execute(
        sa.select(ENTRY.c.seq, ENTRY.c.hash).where(ENTRY.c.seq > after).order_by(ENTRY.c.seq)
    )
    if [tuple(row) for row in rows] != [(entry.seq, entry.hash) for entry in entries]:
        raise DatabaseError(
            "the database took the entries and does not have them: somebody altered it",
            code="record.not-stored",
            remedy="Nothing was stored; run `ataraxy record verify`, which names what was altered",
            where=where,
        )


def _version(connection: sa.Connection, stream: str) -> int:
    # the last one by the index: the greatest of a group would read the whole group
    found = connection.execute(
        sa.select(ENTRY.c.version).where(ENTRY.c.stream == stream).order_by(ENTRY.c.version.desc()).limit(1)
    ).scalar_one_or_none()
    return 0 if found is None else int(found)


def _with_key(connection: sa.Connection, key: str) -> list[Entry]:
    rows = connection.execute(sa.select(ENTRY).where(ENTRY.c.key == key).order_by(ENTRY.c.seq)).all()
    return [_read(row) for row in rows]


def _check_corrected(connection: sa.Connection, draft: Draft, last: int) -> None:
    stream = connection.execute(
        sa.select(ENTRY.c.stream).where(ENTRY.c.seq == draft.corrects)
    ).scalar_one_or_none()
    if stream != draft.stream:
        why = "there is none" if stream is None else f"that is of {stream}"
        raise InputError(
            f"entry {draft.corrects} is to be corrected, and {why}",
            code="record.corrects",
            remedy=f"Name an entry of the same stream, at most {last}",
            where=draft.stream,
        )


def _page(
    connection: sa.Connection,
    stream: str | None,
    after: int,
    until: int | None,
    kinds: tuple[str, ...] | None,
) -> list[Entry]:
    query = sa.select(ENTRY).where(ENTRY.c.seq > after).limit(PAGE)
    # within a stream, versions are in the order of the numbers, and their index is the one to read by
    query = query.order_by(ENTRY.c.seq if stream is None else ENTRY.c.version)
    if stream is not None:
        query = query.where(ENTRY.c.stream == stream)
    if until is not None:
        query = query.where(ENTRY.c.seq <= until)
    if kinds is not None:
        query = query.where(ENTRY.c.kind.in_(kinds))
    return [_read(row) for row in connection.execute(query)]


def _read(row: sa.Row[Any]) -> Entry:
    """Return the entry of a row; where somebody or a failing disk changed it, it may be none."""
    try:
        return entry_of(row, json.loads(row.payload))
    except (ValueError, TypeError, RecursionError) as error:
        raise _unreadable(row.seq) from error


def _unreadable(seq: object) -> DatabaseError:
    return DatabaseError(
        f"entry {seq} cannot be read",
        code="record.damaged",
        remedy="Keep the file, run `ataraxy record verify`, restore a backup to another disk",
    )


def _matches(stored: Any, sent: Any) -> bool:
    """Whether two JSON values are the same; what was erased matches any text."""
    if stored is ERASED:
        return isinstance(sent, str)
    if type(stored) is not type(sent):
        return False
    if isinstance(stored, dict):
        return stored.keys() == sent.keys() and all(
            _matches(item, sent[name]) for name, item in stored.items()
        )
    if isinstance(stored, list):
        return len(stored) == len(sent) and all(_matches(a, b) for a, b in zip(stored, sent, strict=True))
    return bool(stored == sent)


def _sealed_for(payload: Mapping[str, Any]) -> set[str]:
    """Whose keys seal texts in a payload."""
    return {sealed_patient(text) for text in sealed_texts(payload)}


def _sealing_for(draft: Draft) -> set[str]:
    return {draft.patient} if draft.sensitive and draft.patient else set()


def _no_keys(where: str) -> InputError:
    return InputError(
        "there are texts to seal or to open, and the record was opened without keys",
        code="record.no-keys",
        remedy="Name the master key with --key or ATARAXY_MASTER_KEY",
        where=where,
    )


def path_of(record: Record) -> Path | None:
    """Return the file of a record on SQLite, or None on PostgreSQL."""
    database = record.engine.url.database
    return Path(database) if record.engine.dialect.name == "sqlite" and database else None
