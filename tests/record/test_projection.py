"""Projections say the same, whether written along the way or built from nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.record.tallies import TALLY, LastWord, Tally, rows

from ataraxy.errors import InputError
from ataraxy.record import store
from ataraxy.record.entry import ANY_VERSION, Draft, Entry
from ataraxy.record.store import Record

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
BOTH = (Tally(), LastWord())


def write(record: Record, *streams: str, author: str = "staff-1", late: bool = False) -> None:
    at = NOW - timedelta(hours=1) if late else NOW
    record.append(
        [Draft(stream, "test.one", {"number": number}, at) for number, stream in enumerate(streams)],
        author=author,
        at=NOW,
        expected=dict.fromkeys(streams, ANY_VERSION),
    )


def read(record: Record) -> dict[str, list[tuple[Any, ...]]]:
    with record.reading() as connection:
        return rows(connection)


def test_a_projection_is_written_with_the_entry(url: str) -> None:
    with Record.create(url, projections=BOTH) as record:
        write(record, "site", "person/1", "site")
        write(record, "site", author="staff-2", late=True)
        assert read(record) == {
            "test_tally": [("person/1", 1, 0), ("site", 3, 1)],
            "test_last_word": [("staff-1", 3, '{"number":2}'), ("staff-2", 4, '{"number":0}')],
        }


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    requests=st.lists(
        st.tuples(
            st.lists(st.sampled_from(["site", "person/1", "person/2"]), min_size=1, max_size=3),
            st.sampled_from(["staff-1", "staff-2"]),
            st.booleans(),
        ),
        max_size=8,
    ),
    page=st.integers(1, 5),
)
def test_projections_built_from_nothing_equal_those_written_along_the_way(
    requests: list[tuple[list[str], str, bool]], page: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("log") / "record.sqlite3"
    with Record.create(path, projections=BOTH) as record, pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "PAGE", page)
        for streams, author, late in requests:
            write(record, *streams, author=author, late=late)
        along_the_way = read(record)
        with record.writing() as connection:
            connection.execute(sa.update(TALLY).values(entries=99))  # whatever stood there
        assert record.rebuild() == record.head()
        assert read(record) == along_the_way


def test_a_rebuild_repairs_a_projection(url: str) -> None:
    with Record.create(url, projections=BOTH) as record:
        write(record, "site", "site")
        kept = read(record)
        with record.writing() as connection:
            connection.execute(sa.delete(TALLY))
        assert read(record) != kept
        record.rebuild()
        assert read(record) == kept


class Refusing(Tally):
    def apply(self, connection: sa.Connection, entry: Entry) -> None:
        super().apply(connection, entry)
        if entry.payload["number"] == 1:
            raise InputError("no second one", code="test.refused")


def test_an_entry_that_a_projection_refuses_is_not_stored(url: str) -> None:
    with Record.create(url, projections=(Refusing(),)) as record:
        write(record, "site")
        with pytest.raises(InputError) as error:
            write(record, "site", "site")
        assert error.value.code == "test.refused"
        assert record.head().seq == 1
        with record.reading() as connection:
            assert connection.execute(sa.select(TALLY)).all() == [("site", 1, 0)]


def test_a_new_projection_is_built_when_the_record_is_opened(url: str) -> None:
    with Record.create(url) as record:
        write(record, "site", "person/1")
    with Record.open(url, projections=BOTH) as record:
        assert read(record)["test_tally"] == [("person/1", 1, 0), ("site", 1, 0)]


def test_what_a_writer_without_projections_wrote_is_taken_in_before_the_next_entry(url: str) -> None:
    with Record.create(url, projections=BOTH) as record, Record.open(url) as other:
        write(record, "site")
        write(other, "person/1", "person/1")
        write(record, "site")
        assert read(record)["test_tally"] == [("person/1", 2, 0), ("site", 2, 0)]
        write(other, "person/1")
    with Record.open(url, projections=BOTH) as record:
        assert read(record)["test_tally"] == [("person/1", 3, 0), ("site", 2, 0)]


class NextTally(Tally):
    version = 2


def test_a_projection_of_another_version_is_built_anew_and_its_older_writer_is_refused(url: str) -> None:
    with Record.create(url, projections=(Tally(),)) as older:
        write(older, "site")
        with older.writing() as connection:
            connection.execute(sa.update(TALLY).values(entries=99))
        with Record.open(url, projections=(NextTally(),)) as newer, newer.reading() as connection:
            assert connection.execute(sa.select(TALLY)).all() == [("site", 1, 0)]
        with pytest.raises(InputError) as error:
            write(older, "site")
        assert error.value.code == "record.projection-changed"
        assert older.head().seq == 1


def test_a_projection_that_is_behind_is_refused_to_a_reader(url: str) -> None:
    with Record.create(url) as record:
        write(record, "site")
    with pytest.raises(InputError) as error:
        Record.open(url, projections=BOTH, read_only=True)
    assert error.value.code == "record.projection-behind"
    Record.open(url, projections=BOTH).close()
    with Record.open(url, projections=BOTH, read_only=True) as record:
        assert read(record)["test_tally"] == [("site", 1, 0)]


def test_two_projections_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="same name"):
        Record.create(tmp_path / "a", projections=(Tally(), NextTally()))
