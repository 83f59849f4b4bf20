"""A process of the server has the long books before somebody asks for them."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import pytest
from tests.clinic.a_visit import ROOM, make_site, receive

from ataraxy.clinic.home import ClinicHome
from ataraxy.clinic.serve import gunicorn_options
from ataraxy.clinic.the_practice import the_practice
from ataraxy.clinic.warm import _one_at_a_time, begin_reading_ahead, read_ahead
from ataraxy.practice.aggregate import REGISTER
from ataraxy.practice.practice import Practice
from ataraxy.practice.register_ledger import ledger


def test_what_was_read_ahead_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    make_site()
    vial = receive()
    practice = Practice(the_practice().record)
    assert read_ahead(practice) >= 1

    def nothing(stream: str, *, after: int = 0, **_: Any) -> list[Any]:
        assert after > 0, f"{stream} is read from its beginning"
        return []

    monkeypatch.setattr(practice.record, "entries", nothing)
    register = practice.load(REGISTER, ROOM).state
    assert register is not None
    assert register.container(vial) is not None
    assert ledger(practice, ROOM)[-1].container == vial


def test_every_worker_of_the_server_reads_ahead(clinic: ClinicHome) -> None:
    options = gunicorn_options(clinic, host="127.0.0.1", port=1, workers=None)
    assert options["post_worker_init"] is begin_reading_ahead


def test_workers_read_ahead_one_after_another(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with _one_at_a_time(lock):
        held = os.open(lock, os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(held)
