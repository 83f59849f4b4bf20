"""What an append promises, on both databases."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from ataraxy.errors import AtaraxyError, InputError
from ataraxy.record import store
from ataraxy.record.canonical import entry_hash, entry_line, entry_of_line
from ataraxy.record.entry import ANY_VERSION, NO_HASH, Appended, Draft, Entry, Head
from ataraxy.record.keys import ERASED, KEY_METADATA, KeyRing, is_sealed
from ataraxy.record.master_key import MasterKey
from ataraxy.record.store import KeyReused, Record, VersionConflict

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ANN = "a" * 32


@pytest.fixture
def record(url: str) -> Iterator[Record]:
    with Record.create(url) as made:
        yield made


def draft(stream: str = "site", /, **changes: Any) -> Draft:
    return replace(Draft(stream, "test.one", {"a": 1}, NOW), **changes)


def write(record: Record, *drafts: Draft, **changes: Any) -> Appended:
    options: dict[str, Any] = {
        "author": "staff-1",
        "at": NOW,
        "expected": {one.stream: ANY_VERSION for one in drafts},
    }
    return record.append(drafts, **{**options, **changes})


def code_of(error: pytest.ExceptionInfo[AtaraxyError]) -> str:
    assert "\n" not in str(error.value)
    return error.value.code


def test_entries_are_numbered_without_holes_and_each_names_the_hash_before_it(record: Record) -> None:
    for number in range(4):
        write(record, draft("site"), draft(f"person/{number % 2}"))
    entries = list(record.entries())
    assert [entry.seq for entry in entries] == list(range(1, 9))
    assert [entry.version for entry in record.entries("person/1")] == [1, 2]
    assert [entry.previous_hash for entry in entries] == [NO_HASH, *(entry.hash for entry in entries[:-1])]
    assert all(entry.hash == entry_hash(entry) for entry in entries)
    assert record.head() == Head(8, entries[-1].hash)
    assert record.version("site") == 4
    assert record.version("person/9") == 0


def test_what_an_append_returns_is_what_the_record_holds(record: Record) -> None:
    payload = {"text": 'ä "\\\u2028\x00', "whole": 2.0, "small": 1e-7, "list": (1, None, True), "at": NOW}
    stored = write(record, draft(payload=payload, occurred_at=NOW - timedelta(hours=3)), key="k").entries
    assert stored == tuple(record.entries())
    assert stored[0].payload == {
        "text": 'ä "\\\u2028\x00',
        "whole": 2,
        "small": 1e-7,
        "list": [1, None, True],
        "at": "2026-03-01T09:00:00.000000Z",
    }
    assert entry_of_line(entry_line(stored[0])) == stored[0]


def test_an_empty_record_has_no_head(record: Record) -> None:
    assert record.head() == Head(0, NO_HASH)
    assert list(record.entries()) == []


def test_a_record_is_there_when_it_is_opened_again(url: str) -> None:
    with Record.create(url) as record:
        stored = write(record, draft()).entries
    with Record.open(url) as record:
        assert tuple(record.entries()) == stored


def test_of_several_drafts_all_are_stored_or_none(record: Record) -> None:
    write(record, draft())
    for bad in (draft(corrects=99), draft(payload={"a": float("nan")}), draft("person/1", corrects=1)):
        with pytest.raises(InputError):
            write(record, draft(), bad)
    assert record.head().seq == 1


def test_streams_of_one_append_stand_together(record: Record) -> None:
    stored = write(record, draft("session/1"), draft("drug-register/safe"), draft("session/1")).entries
    assert [(entry.stream, entry.version) for entry in stored] == [
        ("session/1", 1),
        ("drug-register/safe", 1),
        ("session/1", 2),
    ]


def test_a_writer_who_has_seen_an_older_version_is_refused(record: Record) -> None:
    write(record, draft(), expected={"site": 0})
    with pytest.raises(VersionConflict) as error:
        write(record, draft(), expected={"site": 0})
    assert code_of(error) == "record.version"
    assert (error.value.stream, error.value.expected, error.value.found) == ("site", 0, 1)
    write(record, draft(), expected={"site": 1})
    assert record.version("site") == 2


def test_the_version_of_a_stream_that_was_only_read_is_checked_too(record: Record) -> None:
    write(record, draft("person/1"))
    with pytest.raises(VersionConflict):
        write(record, draft(), expected={"site": 0, "person/1": 0})
    write(record, draft(), expected={"site": 0, "person/1": 1})


def test_a_stream_without_an_expected_version_is_refused(record: Record) -> None:
    with pytest.raises(InputError) as error:
        write(record, draft(), expected={"person/1": 0})
    assert code_of(error) == "record.no-expectation"


def test_a_request_that_is_sent_again_stores_nothing_and_gets_the_same_answer(record: Record) -> None:
    first = write(record, draft(), draft("person/1"), expected={"site": 0, "person/1": 0}, key="k")
    write(record, draft())
    # what the writer had expected is long past, and later is now
    again = write(
        record,
        draft(),
        draft("person/1"),
        expected={"site": 0, "person/1": 0},
        key="k",
        at=NOW + timedelta(days=1),
    )
    assert again.replayed
    assert not first.replayed
    assert again.entries == first.entries
    assert record.head().seq == 3


@pytest.mark.parametrize(
    "change",
    [
        {"payload": {"a": 2}},
        {"payload": {"a": True}},
        {"payload": {"a": [1]}},
        {"payload": {"a": 1, "b": None}},
        {"kind": "test.two"},
        {"stream": "person/1"},
        {"occurred_at": NOW + timedelta(microseconds=1)},
        {"corrects": 1},
    ],
)
def test_a_key_that_comes_with_another_content_is_refused(record: Record, change: dict[str, Any]) -> None:
    write(record, draft())
    write(record, draft(), key="k")
    with pytest.raises(KeyReused) as error:
        write(record, replace(draft(), **change), key="k")
    assert code_of(error) == "record.key-reused"
    assert record.head().seq == 2


def test_a_key_that_comes_from_another_author_or_with_more_is_refused(record: Record) -> None:
    write(record, draft(), key="k")
    for drafts, author in (((draft(),), "staff-2"), ((draft(), draft()), "staff-1")):
        with pytest.raises(KeyReused):
            write(record, *drafts, key="k", author=author)


def test_one_number_written_in_two_ways_is_one_content(record: Record) -> None:
    write(record, draft(payload={"a": 2}), key="k")
    assert write(record, draft(payload={"a": 2.0}), key="k").replayed


def test_what_was_recorded_long_after_it_occurred_is_late(record: Record) -> None:
    minutes = timedelta(minutes=15)
    stored = write(
        record,
        draft(occurred_at=NOW - minutes),
        draft(occurred_at=NOW - minutes - timedelta(microseconds=1)),
        draft(occurred_at=(NOW - minutes).astimezone(timezone(timedelta(hours=-9)))),
    ).entries
    assert [entry.late for entry in stored] == [False, True, False]


def test_how_long_after_is_late_is_the_opener_s_to_say(url: str) -> None:
    with Record.create(url, late_after=timedelta(hours=2)) as record:
        stored = write(record, draft(occurred_at=NOW - timedelta(hours=1))).entries
    assert [entry.late for entry in stored] == [False]


def test_a_clock_that_was_set_back_is_noted_and_times_never_run_backwards(record: Record) -> None:
    write(record, draft())
    back = write(record, draft(), at=NOW - timedelta(seconds=5)).entries[0]
    after = write(record, draft(), at=NOW + timedelta(seconds=1)).entries[0]
    assert back.recorded_at == NOW
    assert back.clock_behind_us == 5_000_000
    assert (after.recorded_at, after.clock_behind_us) == (NOW + timedelta(seconds=1), 0)


def test_a_correction_names_an_earlier_entry_of_its_stream(record: Record) -> None:
    first = write(record, draft("person/1")).entries[0]
    assert write(record, draft("person/1", corrects=first.seq)).entries[0].corrects == first.seq
    for wrong in (draft("person/2", corrects=first.seq), draft("person/1", corrects=99)):
        with pytest.raises(InputError) as error:
            write(record, wrong)
        assert code_of(error) == "record.corrects"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"stream": "Ann Smith"}, "record.stream"),
        ({"stream": ""}, "record.stream"),
        ({"stream": "person/" + "x" * 300}, "record.stream"),
        ({"kind": "Test One"}, "record.kind"),
        ({"occurred_at": datetime(2026, 1, 1)}, "time.naive"),  # noqa: DTZ001
        ({"payload": {"a": 2**53}}, "record.not-json"),
        ({"payload": {"a": {1, 2}}}, "record.not-json"),
        ({"payload": {"a": "\ud800"}}, "record.not-json"),
        ({"payload": {1: "a"}}, "record.not-json"),
        ({"payload": {"a": "x" * (2**20 + 1)}}, "record.payload-size"),
        ({"corrects": 0}, "record.corrects"),
        ({"corrects": True}, "record.corrects"),
        ({"sensitive": ("/a",)}, "record.no-patient"),
        ({"sensitive": ("/a",), "patient": ANN, "payload": {"a": "secret"}}, "record.no-keys"),
    ],
)
def test_a_draft_that_is_not_as_it_should_be_is_refused(
    record: Record, change: dict[str, Any], code: str
) -> None:
    with pytest.raises(InputError) as error:
        write(record, replace(draft(), **change))
    assert code_of(error) == code
    assert record.head().seq == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"author": " "}, "record.label"),
        ({"key": "a\nb"}, "record.label"),
        ({"key": ""}, "record.label"),
        ({"at": datetime(2026, 1, 1)}, "time.naive"),  # noqa: DTZ001
        ({"expected": {"site": -2}}, "record.no-expectation"),
        ({"expected": {"site": True}}, "record.no-expectation"),
    ],
)
def test_a_request_that_is_not_as_it_should_be_is_refused(
    record: Record, change: dict[str, Any], code: str
) -> None:
    with pytest.raises(InputError) as error:
        write(record, draft(), **change)
    assert code_of(error) == code


def test_an_append_of_nothing_is_refused(record: Record) -> None:
    with pytest.raises(InputError) as error:
        write(record)
    assert code_of(error) == "record.no-drafts"


def test_entries_are_chosen_by_stream_number_and_kind(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        write(record, draft(("site", "person/1")[number % 2], kind=("test.one", "test.two")[number // 6]))
    for page in (1, 2, 5, 1000):
        monkeypatch.setattr(store, "PAGE", page)

        def numbers(*positional: str, **options: Any) -> list[int]:
            return [entry.seq for entry in record.entries(*positional, **options)]

        assert numbers() == list(range(1, 13))
        assert numbers("site") == [1, 3, 5, 7, 9, 11]
        assert numbers(after=3, until=8) == [4, 5, 6, 7, 8]
        assert numbers("person/1", after=2, until=9) == [4, 6, 8]
        assert numbers(kinds=("test.two",)) == [7, 8, 9, 10, 11, 12]
        assert numbers("site", kinds=["test.one"], after=1) == [3, 5]
        assert numbers(kinds=()) == []
        assert numbers("person/9") == []


def test_an_entry_that_is_added_while_entries_are_read_is_not_skipped(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PAGE", 2)
    write(record, *[draft()] * 4)
    seen: list[Entry] = []
    for entry in record.entries():
        if entry.seq == 3:
            write(record, draft())
        seen.append(entry)
    assert [entry.seq for entry in seen] == [1, 2, 3, 4, 5]


def test_threads_may_share_a_record(record: Record) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                write(record, draft(f"person/{number}"), expected={f"person/{number}": turn})
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [entry.seq for entry in record.entries()] == list(range(1, 21))


# --- texts that are sealed ---


@pytest.fixture
def keyed(url: str) -> Iterator[Record]:
    with Record.create(url, keys=KeyRing(MasterKey.fresh())) as made:
        yield made


def secret(text: str | None = "Ann Secretname", number: int = 1) -> Draft:
    return Draft(
        f"person/{ANN}",
        "person.identified",
        {"name": text, "number": number},
        NOW,
        patient=ANN,
        sensitive=("/name",),
    )


def test_a_sensitive_text_is_sealed_before_it_is_hashed(keyed: Record) -> None:
    entry = write(keyed, secret()).entries[0]
    assert is_sealed(entry.payload["name"])
    assert entry.hash == entry_hash(entry)
    assert keyed.opened(entry) == {"name": "Ann Secretname", "number": 1}
    with keyed.reading() as connection:
        stored = connection.execute(sa.text("SELECT payload FROM entry")).scalar_one()
    assert "Secretname" not in stored


def test_a_refused_append_leaves_no_key_behind(keyed: Record) -> None:
    with pytest.raises(InputError):
        write(keyed, secret(), draft(corrects=99))
    with keyed.reading() as connection:
        for table in KEY_METADATA.sorted_tables:
            assert connection.execute(sa.select(table)).all() == []


def test_a_request_with_a_secret_that_is_sent_again_is_known_again(keyed: Record) -> None:
    first = write(keyed, secret(), key="k")
    assert write(keyed, secret(), key="k") == Appended(first.entries, replayed=True)
    for other in (secret("Ann Othername"), secret(None), secret(number=2)):
        with pytest.raises(KeyReused):
            write(keyed, other, key="k")


def test_a_draft_that_was_sealed_before_is_known_again(keyed: Record) -> None:
    def sealed() -> Draft:
        with keyed.writing() as connection:
            assert keyed.keys is not None
            payload = keyed.keys.seal_payload(
                connection, patient=ANN, stream=secret().stream, payload=secret().payload, paths=("/name",)
            )
        return replace(secret(), payload=payload, sensitive=())

    assert not write(keyed, sealed(), key="k").replayed
    assert write(keyed, sealed(), key="k").replayed
    assert write(keyed, secret(), key="k").replayed


def test_a_request_of_an_erased_patient_that_is_sent_again_is_known_again(keyed: Record) -> None:
    first = write(keyed, secret(), key="k")
    with keyed.writing() as connection:
        connection.execute(
            sa.text("INSERT INTO erased_patient VALUES (:who, '2026-03-02', 'staff-1', 'r', 'b')"),
            {"who": ANN},
        )
    assert keyed.opened(first.entries[0])["name"] is ERASED
    assert write(keyed, secret(), key="k").replayed
    with pytest.raises(KeyReused):
        write(keyed, secret(number=2), key="k")
    with pytest.raises(InputError):
        write(keyed, secret(), key="another")


def test_sealed_texts_do_not_open_without_keys(keyed: Record, url: str) -> None:
    entry = write(keyed, secret()).entries[0]
    with Record.open(url) as without, pytest.raises(InputError) as error:
        without.opened(entry)
    assert code_of(error) == "record.no-keys"
