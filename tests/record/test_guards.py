"""The database itself refuses to change an entry, whoever asks."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.record.tallies import Tally

from ataraxy.record.database import DatabaseError
from ataraxy.record.entry import ANY_VERSION, Draft, Entry
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.store import Record

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
COLUMNS = (
    "seq, stream, version, kind, payload, author, recorded_at, occurred_at, late, corrects, key,"
    " clock_behind_us, previous_hash, hash"
)


@pytest.fixture
def record(url: str) -> Iterator[Record]:
    with Record.create(url) as made:
        for stream in ("site", "person/1", "site"):
            made.append(
                [Draft(stream, "test.one", {}, NOW)], author="a", at=NOW, expected={stream: ANY_VERSION}
            )
        yield made


def refused(record: Record, statement: str) -> None:
    kept = list(record.entries())
    with pytest.raises(DatabaseError) as error, record.writing() as connection:
        connection.exec_driver_sql(statement)
    assert error.value.code == "record.append-only"
    assert list(record.entries()) == kept


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET author = 'b' WHERE seq = 2",
        "UPDATE entry SET seq = 4 WHERE seq = 3",
        "DELETE FROM entry WHERE seq = 3",
        "DELETE FROM entry",
        f"INSERT INTO entry ({COLUMNS}) SELECT * FROM entry WHERE seq = 2",
        f"INSERT INTO entry ({COLUMNS}) SELECT * FROM entry WHERE seq = 2"
        " ON CONFLICT (seq) DO UPDATE SET author = 'b'",
    ],
)
def test_a_change_of_an_entry_is_refused(record: Record, statement: str) -> None:
    refused(record, statement)


def insert(last: Entry, **changes: object) -> str:
    values: dict[str, object] = {
        "seq": last.seq + 1,
        "stream": f"'{last.stream}'",
        "version": last.version + 1,
        "kind": "'test.one'",
        "payload": "'{}'",
        "author": "'a'",
        "recorded_at": "'2026-03-01T09:00:00.000000Z'",
        "occurred_at": "'2026-03-01T09:00:00.000000Z'",
        "late": 0,
        "corrects": "NULL",
        "key": "NULL",
        "clock_behind_us": 0,
        "previous_hash": f"'{last.hash}'",
        "hash": "'h'",
        **changes,
    }
    return f"INSERT INTO entry ({COLUMNS}) VALUES ({', '.join(str(values[c]) for c in COLUMNS.split(', '))})"


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 3},
        {"seq": 5},
        {"seq": -1},
        {"version": 2},
        {"version": 4},
        {"previous_hash": "'x'"},
        {"recorded_at": "'2026-03-01T08:59:59.999999Z'"},
        {"corrects": 2},
        {"corrects": 9},
    ],
)
def test_an_entry_that_does_not_follow_the_last_one_is_refused(
    record: Record, changes: dict[str, object]
) -> None:
    last = list(record.entries())[-1]
    refused(record, insert(last, **changes))


def test_an_entry_that_follows_the_last_one_is_let_in(record: Record) -> None:
    last = list(record.entries())[-1]
    with record.writing() as connection:
        connection.exec_driver_sql(insert(last, corrects=1))
    assert record.head().seq == 4


def test_truncate_is_refused(postgres_url: str) -> None:
    with Record.create(postgres_url) as record:
        record.append([Draft("site", "test.one", {}, NOW)], author="a", at=NOW, expected={"site": 0})
        refused(record, "TRUNCATE entry")
        refused(record, "SET LOCAL session_replication_role = replica; DELETE FROM entry")


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_insert_or_replace_is_refused_whatever_the_connection_is_set_to(
    tmp_path_factory: pytest.TempPathFactory, recursive: str
) -> None:
    path = tmp_path_factory.mktemp("log") / "record.sqlite3"
    with Record.create(path) as record:
        for number in range(2):
            record.append(
                [Draft("site", "test.one", {}, NOW + timedelta(0))],
                author="a",
                at=NOW,
                expected={"site": number},
            )

        @sa.event.listens_for(record.engine, "begin")
        def set_up(connection: sa.Connection) -> None:
            connection.exec_driver_sql(f"PRAGMA recursive_triggers = {recursive}")

        refused(record, f"INSERT OR REPLACE INTO entry ({COLUMNS}) SELECT * FROM entry WHERE seq = 2")
        last = list(record.entries())[-1]
        # a row in the way by its stream and version alone
        refused(record, insert(last, version=2).replace("INSERT", "INSERT OR REPLACE"))


@pytest.fixture
def other_user(postgres_url: str) -> Iterator[str]:
    """The address of a record for a user who may add entries and does not own the tables."""
    user = f"u_{uuid.uuid4().hex}"
    with Record.create(postgres_url) as owner:
        with owner.writing() as connection:
            schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
            for statement in (
                f"CREATE ROLE {user}",
                f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {user}",
                f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {user}",
                f"REVOKE ALL ON entry, chain_seal, record_format FROM {user}",
                f"GRANT SELECT, INSERT ON entry, chain_seal TO {user}",
                f"GRANT SELECT ON record_format TO {user}",
            ):
                connection.exec_driver_sql(statement)
        try:
            yield f"{postgres_url}%20-crole%3D{user}"
        finally:
            with owner.writing() as connection:
                connection.exec_driver_sql(f"DROP OWNED BY {user}")
                connection.exec_driver_sql(f"DROP ROLE {user}")


def test_a_user_who_does_not_own_the_tables_adds_entries_and_cannot_drop_the_guards(other_user: str) -> None:
    keys = KeyRing(MasterKey.fresh())
    with Record.open(other_user, projections=(Tally(),), keys=keys) as record:
        record.append([Draft("site", "test.one", {}, NOW)], author="a", at=NOW, expected={"site": 0})
        record.rebuild()
        for statement in (
            "ALTER TABLE entry DISABLE TRIGGER entry_unchanged",
            "DROP TRIGGER entry_unchanged ON entry",
            "DROP TABLE entry CASCADE",
            "TRUNCATE entry",
            "DELETE FROM entry",
            "DELETE FROM chain_seal",
            "UPDATE chain_seal SET mac = ''",
            "UPDATE record_format SET version = 0",
        ):
            with pytest.raises(DatabaseError), record.writing() as connection:
                connection.exec_driver_sql(statement)
        assert record.head().seq == 1
