from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ataraxy.errors import InputError
from ataraxy.record.anchor import Anchor, append_anchor, check_anchors, read_anchors, write_anchor

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
A, B = "a" * 64, "b" * 64


def test_what_was_written_is_read(tmp_path: Path) -> None:
    anchor = Anchor.of(7, A, AT)
    write_anchor(tmp_path / "one.json", anchor)
    assert read_anchors(tmp_path / "one.json") == (anchor,)
    for seq in (7, 9):
        append_anchor(tmp_path / "list.jsonl", Anchor.of(seq, A, AT))
    assert [one.seq for one in read_anchors(tmp_path / "list.jsonl")] == [7, 9]


def test_a_list_only_grows_and_misses_what_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    append_anchor(path, Anchor.of(7, A, AT))
    before = path.read_bytes()
    for seq, hash_ in ((6, A), (7, B)):
        with pytest.raises(InputError) as refused:
            append_anchor(path, Anchor.of(seq, hash_, AT))
        assert refused.value.code == "anchor.later"
    assert path.read_bytes() == before
    append_anchor(path, Anchor.of(7, A, AT))
    append_anchor(path, Anchor.of(8, B, AT))
    assert path.read_bytes().startswith(before)


def test_one_anchor_replaces_an_older_one_of_its_record_and_nothing_else(tmp_path: Path) -> None:
    one, several, other = tmp_path / "one.json", tmp_path / "list.jsonl", tmp_path / "clinic.sqlite3"
    write_anchor(one, Anchor.of(7, A, AT))
    write_anchor(one, Anchor.of(9, B, AT))
    assert read_anchors(one) == (Anchor.of(9, B, AT),)
    for seq in (7, 9):
        append_anchor(several, Anchor.of(seq, A, AT))
    other.write_bytes(b"SQLite format 3\0" + bytes(100))
    for path, seq, code in (
        (one, 8, "anchor.later"),
        (several, 10, "anchor.list"),
        (other, 10, "anchor.format"),
        (tmp_path, 10, "file.not-written"),
        (Path(), 10, "file.not-written"),
    ):
        before = path.read_bytes() if path.is_file() else b""
        with pytest.raises(InputError) as refused:
            write_anchor(path, Anchor.of(seq, A, AT))
        assert refused.value.code == code
        assert not path.is_file() or path.read_bytes() == before


def test_a_record_that_lost_its_end_or_was_rewritten_does_not_fit_its_anchors() -> None:
    anchors = [Anchor.of(3, B, AT), Anchor.of(2, A, AT)]
    assert check_anchors(anchors, {1: B, 2: A, 3: B}.get) is None
    assert "cut off" in (check_anchors(anchors, {1: B, 2: A}.get) or "")
    assert "entry 2" in (check_anchors(anchors, {2: B, 3: B}.get) or "")


def test_an_empty_record_has_nothing_to_anchor() -> None:
    with pytest.raises(InputError) as refused:
        Anchor.of(0, "", AT)
    assert refused.value.code == "record.empty"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        "null",
        json.dumps({"format": "ataraxy.anchor/1", "seq": 0, "hash": A, "at": "x"}),
        json.dumps({"format": "ataraxy.anchor/1", "seq": True, "hash": A, "at": "x"}),
        json.dumps({"format": "ataraxy.anchor/1", "seq": 1, "hash": A[:-1], "at": "x"}),
        json.dumps({"format": "ataraxy.anchor/2", "seq": 1, "hash": A, "at": "x"}),
    ],
)
def test_what_is_not_an_anchor_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "anchor.json"
    path.write_text(content)
    with pytest.raises(InputError) as refused:
        read_anchors(path)
    assert refused.value.code == "anchor.format"


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        Anchor.of(1, A, datetime(2026, 3, 1))  # noqa: DTZ001
    assert refused.value.code == "time.naive"
