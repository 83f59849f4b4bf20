"""Looking at a record takes nothing from a process that works with it."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ataraxy.record.checking import check_record, check_sealed
from ataraxy.record.entry import Draft
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.store import Record
from ataraxy.record.verify import verify_file

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
# Only a process that is alone with the file may do this.
TAKE_THE_LOG = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0)
print(connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0])
"""


@pytest.mark.parametrize("look", ["verify_file", "check_record", "check_sealed"])
def test_a_verified_record_keeps_the_locks_of_the_process_that_has_it_open(look: str, tmp_path: Path) -> None:
    path, master = tmp_path / "record.sqlite3", MasterKey.fresh()
    with Record.create(str(path), keys=KeyRing(master)) as record:
        draft = Draft("site", "test.one", {}, NOW)
        record.append([draft], author="a", at=NOW, expected={"site": 0})
        if look == "verify_file":
            assert verify_file(path).valid
        elif look == "check_record":
            assert check_record(str(path)).valid
        else:
            check_sealed(str(path), master)
        taken = subprocess.run(
            [sys.executable, "-c", TAKE_THE_LOG, str(path)], capture_output=True, text=True, check=False
        )
        assert "database is locked" in taken.stderr
        assert record.head().seq == 1
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM entry").fetchone() == (1,)
