"""Verifying the record from a page: one at a time, in a process of its own, for a bounded time.

The verifier reads every entry, which takes seconds to minutes. It runs beside the server so that nobody waits for it,
and whoever asks meanwhile is told how long it has been running.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from ataraxy.clinic.home import ClinicHome
from ataraxy.record.private_file import write_private

LONGEST_S: Final = 900
_CHILD: Final = """
import json, sys
from pathlib import Path
from ataraxy.errors import AtaraxyError
from ataraxy.record.checking import check_record, check_sealed, verification_record
from ataraxy.record.master_key import read_master_key
asked = json.load(sys.stdin)
anchors = Path(asked["anchors"]) if asked["anchors"] else None
try:
    found = verification_record(check_record(asked["place"], anchors))
    seals = check_sealed(asked["place"], read_master_key(Path(asked["key"]))) if found["valid"] else None
    if seals is not None:
        found["sealed"], found["unsealed"] = seals.sealed, len(seals.unsealed)
        if seals.problem:
            found["valid"], found["problem"] = False, {"seq": 0, "why": seals.problem}
except AtaraxyError as error:
    found = {"failed": error.message}
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Outcome:
    """What the last verification found.

    Attributes:
        by: opaque id of who asked.
        started_at, ended_at: ISO texts.
        valid: None where it did not come to an end.
        entries, head, anchors: valid entries from the first on, hash of the last of them, anchors that were compared.
        sealed: entries under the seal of the master key.
        problem: the first thing that is wrong, or why there is no answer.
        at: number of the first entry that is wrong; 0 for the record as a whole.
        notes: what is odd without changing an entry.
    """

    by: str
    started_at: str
    ended_at: str
    valid: bool | None
    entries: int = 0
    head: str = ""
    anchors: int = 0
    sealed: int = 0
    problem: str = ""
    at: int = 0
    notes: tuple[str, ...] = ()


def last_outcome(home: ClinicHome) -> Outcome | None:
    """Return what was found last; None where nobody has asked yet."""
    try:
        kept = json.loads(_file(home).read_text("utf-8"))
        return Outcome(**{**kept, "notes": tuple(kept["notes"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def running_since(home: ClinicHome) -> datetime | None:
    """Return since when a verification runs; None where none does."""
    lock = _lock(home)
    if lock is not None:
        lock.close()
        return None
    try:
        return datetime.fromtimestamp(_lock_file(home).stat().st_mtime, UTC)
    except OSError:
        return None


def start(home: ClinicHome, *, by: str, anchors: bytes = b"") -> bool:
    """Start a verification where none runs. Returns whether it was started."""
    lock = _lock(home)
    if lock is None:
        return False
    os.utime(lock.fileno())
    thread = threading.Thread(target=_run, args=(home, lock, by, anchors), name="verification", daemon=True)
    thread.start()
    return True


def _run(home: ClinicHome, lock: IO[bytes], by: str, anchors: bytes) -> None:
    started = datetime.now(UTC)
    with lock, tempfile.TemporaryDirectory(prefix="ataraxy-audit-") as folder:
        found = _verified(home, anchors, Path(folder))
        outcome = _outcome(found, by, started)
        write_private(_file(home), json.dumps(asdict(outcome)).encode())


def _verified(home: ClinicHome, anchors: bytes, folder: Path) -> dict[str, Any]:
    file = folder / "anchors"
    if anchors:
        file.write_bytes(anchors)
    asked = {
        "place": home.record_url,
        "anchors": str(file) if anchors else "",
        "key": str(home.master_key_file),
    }
    try:
        # by its standard input: an address of a database may hold a password
        done = subprocess.run(
            [sys.executable, "-I", "-c", _CHILD],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
        found: dict[str, Any] = json.loads(done.stdout or b"null") or {"failed": "the verifier ended early"}
        return found
    except subprocess.TimeoutExpired:
        return {"failed": f"it took longer than {LONGEST_S // 60} minutes: use `ataraxy record verify`"}
    except (OSError, ValueError):
        return {"failed": "the verifier could not be run"}


def _outcome(found: dict[str, Any], by: str, started: datetime) -> Outcome:
    began, over = started.isoformat(), datetime.now(UTC).isoformat()
    if "failed" in found:
        return Outcome(by, began, over, None, problem=str(found["failed"])[:300])
    problem = found["problem"] or {"seq": 0, "why": ""}
    return Outcome(
        by,
        began,
        over,
        bool(found["valid"]),
        entries=int(found["entries"]),
        head=str(found["head"]),
        anchors=int(found["anchors"]),
        sealed=int(found.get("sealed", 0)),
        problem=str(problem["why"])[:500],
        at=int(problem["seq"]),
        notes=tuple(str(note)[:300] for note in found["notes"][:20]),
    )


def _file(home: ClinicHome) -> Path:
    return home.path / "verification.json"


def _lock_file(home: ClinicHome) -> Path:
    return home.path / "verification.lock"


def _lock(home: ClinicHome) -> IO[bytes] | None:
    """The lock of the one that runs; its process's end gives it back, whatever happens to it."""
    descriptor = os.open(_lock_file(home), os.O_RDWR | os.O_CREAT, 0o600)
    lock = os.fdopen(descriptor, "r+b")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock
