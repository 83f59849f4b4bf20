"""The published range of what is charted in a session of a protocol: virtual adults, never the person on the sheet.

It is computed once for each version of a protocol, in a process of its own, and kept in the clinic's directory. Nothing
of a patient goes into it: pressure and heart rate start from `REFERENCE`, a convention, and not from a charted reading.
No rule reads it.

Equations and their sources: `ataraxy.pharmacology.effects.safety`, `ataraxy.trials.readings`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from ataraxy.errors import AtaraxyError
from ataraxy.therapy.protocol import Protocol

# What rises are added to: a convention of this page, written beside the plot. mmHg, mmHg, beats per minute.
REFERENCE: Final[Mapping[str, float]] = {"systolic": 120.0, "diastolic": 80.0, "heart_rate": 70.0}
SOLVED: Final = 200
READ: Final = 2000
SEED: Final = 1
SHOWN_H: Final = 4.0
LONGEST_S: Final = 900.0
QUANTILES: Final = (0.05, 0.5, 0.95)
SCHEMA: Final = "ataraxy.published-range/1"
FOLDER: Final = "published-ranges"

Bands = Mapping[str, tuple[tuple[float, float, float, float], ...]]
State = Literal["ready", "being computed", "not possible"]


@dataclass(frozen=True, slots=True)
class PublishedRange:
    """What is known of it now.

    Attributes:
        state: whether it can be shown.
        bands: measure -> minutes from the start of the dose with 5th, 50th and 95th percentile; empty unless ready.
        why: why it is not possible, in words.
    """

    state: State
    bands: Bands
    why: str = ""


def compute(protocol: Protocol, *, solved: int = SOLVED, read: int = READ) -> dict[str, Any]:
    """Return the range for every session of a protocol, as JSON of the schema `SCHEMA`.

    Args:
        protocol: what is given.
        solved: people in whom kinetics and effects are solved.
        read: people whose readings are drawn on them.

    Raises:
        ModelError: the model behind effects has no absorption for a route of the protocol.
    """
    import numpy as np

    from ataraxy.engine.random import normals
    from ataraxy.trials.clinic import VirtualClinic
    from ataraxy.trials.readings import Vital, Watched

    vitals: tuple[tuple[str, Vital], ...] = (("systolic", "SBP"), ("diastolic", "DBP"), ("heart_rate", "HR"))
    clinic = VirtualClinic.open(draws=1, people=solved, seed=SEED, same_people=True)
    clinic.effects.kinetics.require_routes(protocol.routes)
    planned = protocol.planned_doses()
    watched = Watched(clinic, clinic.treat(planned, [0.0]), planned, read)
    sessions = []
    for session in range(watched.sessions):
        times = watched.times(session)
        shown = times <= SHOWN_H
        own = watched.columns(session)
        of: dict[str, Any] = {"cadss_total": watched.cadss(session)[0]}
        for name, vital in vitals:
            noise = normals(SEED, f"published-range-{vital}", session, np.arange(read), len(times))
            error = own[f"noise_{vital}"][0][:, None] * noise
            of[name] = REFERENCE[name] + watched.rise(vital, session)[0] + error
        sessions.append(
            {
                name: [
                    [round(float(t) * 60, 1), *(round(float(q), 2) for q in quantiles)]
                    for t, quantiles in zip(
                        times[shown], np.quantile(values[:, shown], QUANTILES, axis=0).T, strict=True
                    )
                ]
                for name, values in of.items()
            }
        )
    return {
        "schema": SCHEMA,
        "protocol": protocol.name,
        "protocol_sha256": protocol.protocol_hash,
        "model": clinic.effects.name,
        "model_sha256": clinic.effects.sha256(),
        "people": {"solved": solved, "read": read},
        "seed": SEED,
        "reference": dict(REFERENCE),
        "sessions": sessions,
    }


def published_range(home: Path, protocol: str, version: str, session: int) -> PublishedRange:
    """Return the range of a session, and begin to compute it where it is not there yet. Never waits.

    Args:
        home: the clinic's directory.
        protocol, version: which the session was planned with.
        session: from 0.
    """
    file = _file(home, protocol, version)
    content = _read(file, file.stat().st_mtime_ns) if file.is_file() else None
    if content is None:
        _begin(home, protocol, version)
        return PublishedRange("being computed", {})
    if "not_possible" in content:
        return PublishedRange("not possible", {}, str(content["not_possible"]))
    sessions = content["sessions"]
    if not 0 <= session < len(sessions):
        return PublishedRange("not possible", {}, f"the protocol has {len(sessions)} sessions")
    return PublishedRange(
        "ready", {name: tuple(tuple(row) for row in rows) for name, rows in sessions[session].items()}
    )


def write(home: Path, protocol: str, version: str) -> Path:
    """Compute the range of a protocol that the clinic has adopted, and keep it. Returns the file."""
    from ataraxy.clinic.home import ClinicHome
    from ataraxy.practice.practice import Practice
    from ataraxy.practice.site import protocol_in_force
    from ataraxy.record.keys import KeyRing
    from ataraxy.record.master_key import read_master_key
    from ataraxy.record.store import Record

    clinic = ClinicHome.open(home)
    keys = KeyRing(read_master_key(clinic.master_key_file))
    try:
        practice = Practice(Record.open(clinic.record_url, keys=keys))
        content = compute(protocol_in_force(practice, protocol, int(version))[1])
    except AtaraxyError as error:
        content = {"schema": SCHEMA, "not_possible": error.message}
    file = _file(clinic.path, protocol, version)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=file.parent, suffix=".part", delete=False
    ) as part:
        json.dump(content, part)
    os.replace(part.name, file)
    return file


def _file(home: Path, protocol: str, version: str) -> Path:
    name = "".join(c if c.isalnum() or c == "-" else "_" for c in protocol)
    return home / FOLDER / f"{name}-{int(version)}.json"


@lru_cache(maxsize=64)
def _read(file: Path, changed: int) -> Mapping[str, Any] | None:
    del changed
    try:
        content: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("schema") == SCHEMA else None


def _begin(home: Path, protocol: str, version: str) -> None:
    """Start a process that computes it, unless one was started: pages must not wait for a solver."""
    file = _file(home, protocol, version)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    begun = file.with_suffix(".begun")
    with suppress(FileNotFoundError):
        # Whoever began it was ended in between.
        if time.time() - begun.stat().st_mtime > LONGEST_S:
            begun.unlink()
    with suppress(FileExistsError):
        os.close(os.open(begun, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        process = subprocess.Popen(
            [sys.executable, "-m", "ataraxy.clinic.run_sheet.published_range", str(home), protocol, version],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        # Its end is heard of, or it stays as a dead entry in the table of processes.
        threading.Thread(target=process.wait, daemon=True).start()


def main() -> None:
    """Compute the range of one protocol: HOME, its name, its version."""
    home, protocol, version = sys.argv[1:4]
    with suppress(OSError, AttributeError):
        os.nice(10)
    begun = _file(Path(home), protocol, version).with_suffix(".begun")
    try:
        write(Path(home), protocol, version)
    finally:
        # Where it failed, the next request begins anew.
        begun.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
