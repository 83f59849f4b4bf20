"""An erasure that could not be completed is tried again whenever the clinic starts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ataraxy.clinic.home import ClinicHome, ClinicSettings
from ataraxy.clinic.serve import finish_erasures, prepare_record
from ataraxy.record.backup import backup
from ataraxy.record.entry import Draft
from ataraxy.record.erasure import erase
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import read_master_key
from ataraxy.record.store import Record

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def test_what_an_unplugged_disk_kept_of_a_key_goes_at_the_next_start(tmp_path: Path) -> None:
    home = ClinicHome.create(tmp_path / "home", ClinicSettings(name="Clinic", hosts=()))
    prepare_record(home)
    disk, away = tmp_path / "disk", tmp_path / "away"
    with Record.open(home.record_url, keys=KeyRing(read_master_key(home.master_key_file))) as record:
        draft = Draft("note/1", "note.written", {"text": "secret"}, NOW, patient="p1", sensitive=("/text",))
        record.append([draft], author="staff-1", at=NOW, expected={"note/1": 0})
        backup(record, disk, at=NOW)
        disk.rename(away)
        (left,) = erase(record, "p1", author="staff-1", reason="asked", legal_basis="law", at=NOW)
        assert left.location == str(disk)
    assert [part.location for part in finish_erasures(home)] == [str(disk)]
    away.rename(disk)
    assert finish_erasures(home) == ()
    assert finish_erasures(home) == ()
    assert '"p1"' not in (disk / "ataraxy-keys.json").read_text().partition('"erased"')[0]


def test_a_clinic_without_a_record_has_nothing_to_erase(tmp_path: Path) -> None:
    assert (
        finish_erasures(ClinicHome.create(tmp_path / "home", ClinicSettings(name="Clinic", hosts=()))) == ()
    )
