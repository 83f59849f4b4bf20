"""A small clinic with a record of its own and a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.therapy.session.visit import COLLEAGUE, DOCTOR, NINE, NURSE, VIAL

from ataraxy.exchange.policy_file import load_policy
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.practice import courses, drugs
from ataraxy.practice.practice import Practice
from ataraxy.practice.projections import clinic_projections
from ataraxy.practice.site import adopt_policy, adopt_protocol, describe_site
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.store import Record
from ataraxy.therapy import course_decide, drug_register_decide
from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.session.gate_result import GateResult
from ataraxy.therapy.site import SiteDescription

DIRECTOR = Actor(id="director", roles=frozenset({Role.MEDICAL_DIRECTOR}))
PERSON = "1" * 32
COURSE = "2" * 32


@dataclass
class Clock:
    """The present moment, as tests set it."""

    now: datetime = field(default=NINE - timedelta(days=30))

    def __call__(self) -> datetime:
        return self.now.astimezone(UTC)

    def at(self, minute: float) -> datetime:
        """Move to so many minutes after nine of the day of the session."""
        self.now = NINE + timedelta(minutes=minute)
        return self.now


@dataclass
class Clinic:
    """A clinic with one active course and one vial in the cupboard."""

    practice: Practice
    clock: Clock
    url: str


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    clock = Clock()
    url = str(tmp_path / "record.sqlite3")
    with Record.create(url, projections=clinic_projections(), keys=KeyRing(MasterKey.fresh())) as record:
        practice = Practice(record, clock=clock)
        describe_site(
            practice,
            SiteDescription(name="Test", crisis_numbers=("112",), retention_years=10, simulated=True),
            by=DIRECTOR,
        )
        adopt_policy(practice, load_policy("simulation"), by=DIRECTOR)
        adopt_protocol(practice, load_protocol("ketamine-iv-05-six"), by=DIRECTOR)
        drugs.act(
            practice, "room-1", drug_register_decide.receive, "room-1", VIAL, by=NURSE, witness=COLLEAGUE
        )
        courses.act(
            practice, COURSE, course_decide.open_course, COURSE, PERSON, "GAD", simulated=True, by=DOCTOR
        )
        courses.act(practice, COURSE, course_decide.begin_screening, by=DOCTOR)
        courses.assign_protocol(practice, COURSE, "ketamine-iv-05-six", by=DOCTOR)
        gate = GateResult(decision="allow", judged_at=clock())
        policy = load_policy("simulation")
        courses.act(practice, COURSE, course_decide.activate, gate, True, by=DOCTOR, policy=policy)
        yield Clinic(practice, clock, url)
