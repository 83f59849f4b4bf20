from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ataraxy.errors import InputError
from ataraxy.record.keys import (
    BLOCK_BYTES,
    DATA_KEY,
    ERASED,
    ERASED_PATIENT,
    KEY_METADATA,
    KeyRing,
    context_of,
    is_sealed,
    sealed_patient,
    sealed_texts,
)
from ataraxy.record.master_key import MasterKey
from ataraxy.record.schema import ENTRY

SHARED = settings(suppress_health_check=list(HealthCheck), deadline=None)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        KEY_METADATA.create_all(connection)
        ENTRY.create(connection)  # the chain tells who was erased
        yield connection


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing(MasterKey.fresh())


def erase(connection: sa.Connection, patient: str) -> None:
    connection.execute(sa.delete(DATA_KEY).where(DATA_KEY.c.patient == patient))
    connection.execute(
        sa.insert(ERASED_PATIENT).values(
            patient=patient,
            erased_at="2026-01-01T00:00:00+00:00",
            erased_by="s1",
            reason="r",
            legal_basis="b",
        )
    )


@SHARED
@given(text=TEXTS, place=TEXTS)
def test_what_is_sealed_opens_to_the_same_text(
    connection: sa.Connection, ring: KeyRing, text: str, place: str
) -> None:
    sealed = ring.seal(connection, "p1", text, place)
    assert is_sealed(sealed)
    assert sealed_patient(sealed["sealed"]) == "p1"
    assert ring.open(connection, sealed, place) == text
    assert ring.open(connection, sealed["sealed"]) == text


@SHARED
@given(data=st.data())
def test_a_sealed_text_with_any_character_changed_does_not_open(
    connection: sa.Connection, ring: KeyRing, data: st.DataObject
) -> None:
    token = ring.seal(connection, "p1", "Ann Example", "person/p1#/name")["sealed"]
    ring.seal(connection, "p2", "other", "x")
    at = data.draw(st.integers(0, len(token) - 1))
    # the token is another each time, so what is drawn must not depend on it
    drawn, instead = data.draw(st.sampled_from("Aa0_-.12Z")), "b"
    letter = drawn if drawn != token[at] else instead
    with pytest.raises(InputError) as refused:
        ring.open(connection, token[:at] + letter + token[at + 1 :], "person/p1#/name")
    assert refused.value.code in {"record.sealed-broken", "record.key-missing"}


def test_a_sealed_text_cannot_be_moved_to_another_patient_stream_or_place(
    connection: sa.Connection, ring: KeyRing
) -> None:
    own = ring.seal(connection, "p1", "Ann Example", "person/p1#/name")["sealed"]
    other = ring.seal(connection, "p2", "Ben Example", "person/p2#/name")["sealed"]
    for context in ("person/p2#/name", "person/p1#/note", "person/p1#/name/", ""):
        with pytest.raises(InputError) as refused:
            ring.open(connection, own, context)
        assert refused.value.code == "record.sealed-broken"
    # the parts that say whose and where cannot be put on another's box either
    for forged in (
        ".".join([*own.split(".")[:3], other.split(".")[3]]),
        ".".join(["1", "p2", *own.split(".")[2:]]),
        ".".join([*own.split(".")[:2], other.split(".")[2], own.split(".")[3]]),
    ):
        with pytest.raises(InputError) as refused:
            ring.open(connection, forged)
        assert refused.value.code == "record.sealed-broken"


def test_equal_texts_do_not_look_alike_and_short_ones_have_one_length(
    connection: sa.Connection, ring: KeyRing
) -> None:
    sealed = {
        ring.seal(connection, "p1", text, "c")["sealed"]
        for text in ("yes", "no", "no", "", "n" * (BLOCK_BYTES - 1))
    }
    assert len(sealed) == 5
    assert len({len(token) for token in sealed}) == 1


def test_the_payload_is_sealed_at_its_paths_and_nowhere_else(
    connection: sa.Connection, ring: KeyRing
) -> None:
    payload: dict[str, Any] = {
        "name": "SECRET one",
        "open": "stays",
        "none": None,
        "contacts": [{"kind": "letter", "text": "SECRET two"}],
        "by/topic~": {"x": "SECRET three"},
    }
    before = json.dumps(payload)
    sealed = ring.seal_payload(
        connection,
        patient="p1",
        stream="person/p1",
        payload=payload,
        paths=("/name", "/none", "/contacts/0/text", "/by~1topic~0/x"),
    )
    assert json.dumps(payload) == before
    assert "SECRET" not in json.dumps(sealed)
    assert sealed["open"] == "stays"
    assert sealed["none"] is None
    assert sealed["contacts"][0]["kind"] == "letter"
    assert len(list(sealed_texts(sealed))) == 3
    assert ring.open_payload(connection, stream="person/p1", payload=sealed) == payload
    with pytest.raises(InputError) as refused:
        ring.open_payload(connection, stream="person/p2", payload=sealed)
    assert refused.value.code == "record.sealed-broken"


def test_two_sealed_texts_of_a_payload_cannot_change_places(connection: sa.Connection, ring: KeyRing) -> None:
    sealed = ring.seal_payload(
        connection, patient="p1", stream="s", payload={"a": "one", "b": "two"}, paths=("/a", "/b")
    )
    with pytest.raises(InputError):
        ring.open_payload(connection, stream="s", payload={"a": sealed["b"], "b": sealed["a"]})


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/absent", "record.no-such-path"),
        ("name", "record.no-such-path"),
        ("", "record.no-such-path"),
        ("/list/7", "record.no-such-path"),
        ("/list/-1", "record.no-such-path"),
        ("/name/0", "record.no-such-path"),
        ("/number", "record.not-text"),
        ("/list", "record.not-text"),
        ("/half", "record.not-text"),
    ],
)
def test_a_path_that_names_no_text_is_refused(
    connection: sa.Connection, ring: KeyRing, path: str, code: str
) -> None:
    payload = {"name": "SECRET", "number": 3, "list": ["SECRET"], "half": "SECRET \ud800"}
    with pytest.raises(InputError) as refused:
        ring.seal_payload(connection, patient="p1", stream="s", payload=payload, paths=(path,))
    assert refused.value.code == code
    assert "SECRET" not in "".join(traceback.format_exception(refused.value))


def test_a_text_is_not_sealed_twice(connection: sa.Connection, ring: KeyRing) -> None:
    with pytest.raises(InputError) as refused:
        ring.seal_payload(connection, patient="p1", stream="s", payload={"a": "x"}, paths=("/a", "/a"))
    assert refused.value.code == "record.not-text"


@pytest.mark.parametrize("patient", ["", "Ann Example", "a.b", "é", "p" * 65, "p\n", "-p", "_p"])
def test_the_id_of_a_patient_has_no_room_for_a_name(
    connection: sa.Connection, ring: KeyRing, patient: str
) -> None:
    with pytest.raises(InputError) as refused:
        ring.seal(connection, patient, "text", "c")
    assert refused.value.code == "record.patient-id"


def test_every_patient_has_a_key_of_their_own(connection: sa.Connection, ring: KeyRing) -> None:
    for patient in ("p1", "p2", "p1"):
        ring.seal(connection, patient, "x", "c")
    wrapped = connection.execute(sa.select(DATA_KEY.c.patient, DATA_KEY.c.wrapped)).all()
    assert sorted(row.patient for row in wrapped) == ["p1", "p2"]
    # a wrapped key put in the place of another patient's does not open
    connection.execute(
        sa.update(DATA_KEY).where(DATA_KEY.c.patient == "p1").values(wrapped=wrapped[1].wrapped)
    )
    with pytest.raises(InputError) as refused:
        ring.seal(connection, "p1" if wrapped[1].patient == "p2" else "p2", "x", "c")
    assert refused.value.code == "master-key.wrong"


def test_after_erasure_a_text_reads_erased_and_nothing_more_is_sealed(
    connection: sa.Connection, ring: KeyRing
) -> None:
    sealed = ring.seal(connection, "p1", "Ann Example", "c")
    erase(connection, "p1")
    assert ring.open(connection, sealed, "c") is ERASED
    assert ring.open(connection, sealed) == "[erased]"
    with pytest.raises(InputError) as refused:
        ring.seal(connection, "p1", "x", "c")
    assert refused.value.code == "record.patient-erased"


def test_a_tombstone_closes_a_text_even_while_its_key_is_still_there(
    connection: sa.Connection, ring: KeyRing
) -> None:
    sealed = ring.seal(connection, "p1", "Ann Example", "c")
    row = connection.execute(sa.select(DATA_KEY)).one()
    erase(connection, "p1")
    connection.execute(sa.insert(DATA_KEY).values(**row._mapping))
    assert ring.open(connection, sealed, "c") is ERASED


def test_a_key_that_is_missing_without_an_erasure_is_an_error_and_not_erased(
    connection: sa.Connection, ring: KeyRing
) -> None:
    sealed = ring.seal(connection, "p1", "Ann Example", "c")
    connection.execute(sa.delete(DATA_KEY))
    with pytest.raises(InputError) as refused:
        ring.open(connection, sealed, "c")
    assert refused.value.code == "record.key-missing"


def test_another_master_key_opens_nothing_and_adds_nothing(connection: sa.Connection, ring: KeyRing) -> None:
    sealed = ring.seal(connection, "p1", "Ann Example", "c")
    other = KeyRing(MasterKey.fresh())
    for attempt in (
        lambda: other.open(connection, sealed, "c"),
        lambda: other.seal(connection, "p1", "x", "c"),
        lambda: other.seal(connection, "p2", "x", "c"),
        lambda: other.check(connection),
    ):
        with pytest.raises(InputError) as refused:
            attempt()
        assert refused.value.code == "master-key.wrong"
    assert connection.execute(sa.select(sa.func.count()).select_from(DATA_KEY)).scalar_one() == 1


def test_rotation_keeps_every_text_and_shuts_out_the_old_master_key(
    connection: sa.Connection, ring: KeyRing
) -> None:
    sealed = {who: ring.seal(connection, who, f"text of {who}", "c") for who in ("p1", "p2", "p3")}
    successor = MasterKey.fresh()
    assert ring.rewrap(connection, successor) == 3
    renewed = KeyRing(successor)
    assert renewed.check(connection) == 3
    assert {who: renewed.open(connection, text, "c") for who, text in sealed.items()} == {
        who: f"text of {who}" for who in sealed
    }
    with pytest.raises(InputError) as refused:
        ring.open(connection, sealed["p1"], "c")
    assert refused.value.code == "master-key.wrong"


def test_a_key_is_made_with_the_callers_transaction_or_not_at_all(
    connection: sa.Connection, ring: KeyRing
) -> None:
    connection.commit()
    with connection.begin() as transaction:
        ring.seal(connection, "p1", "x", "c")
        transaction.rollback()
    assert connection.execute(sa.select(DATA_KEY)).all() == []


def test_the_context_tells_stream_and_path() -> None:
    assert context_of("person/p1", "/name") == "person/p1#/name"
