"""The same laws where the record is in PostgreSQL: backup in the export format, restore into either database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.record.small_record import (
    ANN,
    BEN,
    NOW,
    SECRETS,
    Names,
    files_with,
    small_record,
    texts_of,
    wrapped_key,
    write,
)

from ataraxy.errors import InputError
from ataraxy.record.backup import ENTRIES_FILE, MANIFEST, SEALS_FILE, backup
from ataraxy.record.checking import check_record
from ataraxy.record.erasure import erase, retry_erasures
from ataraxy.record.export import export_lines
from ataraxy.record.key_register import NAME
from ataraxy.record.keys import CHAIN, DATA_KEY, ERASED, KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.restore import drill, restore
from ataraxy.record.rotation import rotate_master_key
from ataraxy.record.store import Record

LATER = NOW + timedelta(hours=1)


def test_a_record_moves_from_postgres_to_a_file_and_back_byte_for_byte(
    postgres_url: str, tmp_path: Path
) -> None:
    master = MasterKey.fresh()
    with small_record(postgres_url, master) as live:
        made = backup(live, tmp_path / "disk", at=NOW)
        lines = list(export_lines(live))
        assert sorted(path.name for path in made.folder.iterdir()) == [ENTRIES_FILE, MANIFEST, SEALS_FILE]
        assert drill(made.folder, live, master=master, projections=(Names(),)).passed
        with pytest.raises(InputError) as refused:
            restore(made.folder, postgres_url)
        assert refused.value.code == "record.exists"
    restore(made.folder, str(tmp_path / "again.sqlite3"), master=master)
    with Record.open(tmp_path / "again.sqlite3", keys=KeyRing(master)) as again:
        assert list(export_lines(again)) == lines
        assert texts_of(again, ANN) == list(SECRETS[ANN])


def test_a_backup_of_a_file_is_restored_to_postgres(postgres_url: str, tmp_path: Path) -> None:
    master = MasterKey.fresh()
    with small_record(tmp_path / "clinic.sqlite3", master) as live:
        made = backup(live, tmp_path / "disk", at=NOW)
        restored = restore(made.folder, postgres_url, master=master)
        assert (restored.entries, restored.without_key) == (4, ())
        with Record.open(postgres_url, projections=(Names(),), keys=KeyRing(master)) as again:
            assert list(export_lines(again)) == list(export_lines(live))
            assert texts_of(again, BEN) == list(SECRETS[BEN])
            write(again, ANN, "note.written", {"notes": [{"text": "more"}]}, ("/notes/0/text",), 60)
    assert check_record(postgres_url).entries == 5


def test_a_restore_to_postgres_is_whole_or_nothing(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_record(tmp_path / "clinic.sqlite3", MasterKey.fresh()) as live:
        made = backup(live, tmp_path / "disk", at=NOW)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ataraxy.record.restore._patients_with_sealed_texts", cut)
        with pytest.raises(KeyboardInterrupt):
            restore(made.folder, postgres_url)
    assert restore(made.folder, postgres_url).entries == 4


def test_erasure_and_rotation_work_on_postgres(postgres_url: str, tmp_path: Path) -> None:
    master, new = MasterKey.fresh(), MasterKey.fresh()
    with small_record(postgres_url, master) as live:
        made = backup(live, tmp_path / "disk", at=NOW)
        key = wrapped_key(live, ANN)
        assert erase(live, ANN, author="s", reason="r", legal_basis="b", at=LATER) == ()
        assert all(text is ERASED for text in texts_of(live, ANN))
        assert files_with(key, tmp_path) == []
        with live.reading() as connection:
            assert set(connection.execute(sa.select(DATA_KEY.c.patient)).scalars()) == {BEN, CHAIN}
        assert (rotate_master_key(live, master, new).keys, check_record(postgres_url).valid) == (2, True)
    restored = restore(made.folder, str(tmp_path / "again.sqlite3"), master=new)
    assert restored.erased_since == (ANN,)
    with Record.open(tmp_path / "again.sqlite3", keys=KeyRing(new)) as again:
        assert retry_erasures(again, at=LATER) == ()
        assert texts_of(again, BEN) == list(SECRETS[BEN])


def test_the_chain_itself_tells_who_was_erased_where_the_register_was_lost(
    postgres_url: str, tmp_path: Path
) -> None:
    with small_record(postgres_url, MasterKey.fresh()) as live:
        erase(live, ANN, author="s", reason="r", legal_basis="b", at=LATER)
        made = backup(live, tmp_path / "disk", at=LATER)
    (tmp_path / "disk" / NAME).unlink()
    restored = restore(made.folder, str(tmp_path / "again.sqlite3"))
    assert (restored.erased_since, restored.without_key) == ((), (BEN,))
