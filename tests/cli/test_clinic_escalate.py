"""`ataraxy clinic escalate`: the machine's clock does what no open page does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SET_UP = """
import sys, uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ataraxy.clinic.home import ClinicSettings
from ataraxy.clinic.serve import create_clinic
create_clinic(Path(sys.argv[1]), ClinicSettings(name="Test"))
if len(sys.argv) > 2:
    from ataraxy.clinic.the_practice import the_practice
    from ataraxy.exchange.policy_file import load_policy
    from ataraxy.practice.alerts import raise_alert
    from ataraxy.practice.site import adopt_policy
    from ataraxy.therapy.actor import Actor, Role
    from ataraxy.therapy.alert import AlertWanted
    director = Actor(id="director", roles=frozenset({Role.MEDICAL_DIRECTOR}))
    adopt_policy(the_practice(), load_policy("simulation"), by=director)
    wanted = AlertWanted(key="k", kind="other", urgency="immediate", reason="somebody must look")
    past = datetime.now(UTC) - timedelta(minutes=20)
    raise_alert(the_practice(), uuid.uuid4().hex, wanted, by=director, at=past)
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ATARAXY_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=clean, timeout=120
    )


def escalate(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run("-c", "from ataraxy.cli import main; main()", "clinic", "escalate", str(home), *options)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = run("-c", SET_UP, str(tmp_path / "clinic"), "with an alert")
    assert made.returncode == 0, made.stderr
    return tmp_path / "clinic"


def test_it_escalates_once_says_so_and_is_quiet_after(home: Path) -> None:
    first = escalate(home, "--quiet")
    assert (first.returncode, first.stdout.strip()) == (
        0,
        "raised 0, escalated 1; open: 1 now, 0 today, 0 routine",
    )
    assert escalate(home, "--quiet").stdout == ""
    assert "escalated 0; open: 1 now" in escalate(home).stdout


def test_a_clinic_without_a_policy_says_what_is_missing(tmp_path: Path) -> None:
    run("-c", SET_UP, str(tmp_path / "clinic"))
    said = escalate(tmp_path / "clinic")
    assert said.returncode == 2
    assert "site.none-in-force" in said.stderr
