"""A clinic with a vial in the cupboard and a person who is checked in now, for tests of pages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.therapy.session.visit import good_check_in, reading

from ataraxy.clinic.access.care import assign
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.exchange.policy_file import load_policy
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.practice import courses, drugs, people, sessions
from ataraxy.practice.aggregate import SESSION
from ataraxy.practice.site import adopt_policy, adopt_protocol, describe_site
from ataraxy.therapy import chart_events, course_decide, drug_register_decide
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.actor import Role as CareRole
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.preparation import Vial
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.gate_result import GateResult
from ataraxy.therapy.session.state import Session
from ataraxy.therapy.site import SiteDescription
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment

DIRECTOR = Actor(id="director", roles=frozenset({CareRole.MEDICAL_DIRECTOR}))
DOCTOR = Actor(id="doctor", roles=frozenset({CareRole.PRESCRIBER}))
NURSES = (
    Actor(id="nurse-a", roles=frozenset({CareRole.MONITOR})),
    Actor(id="nurse-b", roles=frozenset({CareRole.MONITOR})),
)
ROOM = "cupboard-1"
PIN = "580213"
EXPIRY = date(2030, 1, 31)


@dataclass
class Visit:
    """A session whose person is checked in now, and the container that is there for it."""

    id: str
    patient: str
    vial: str

    @property
    def state(self) -> Session:
        found = the_practice().load(SESSION, self.id).state
        assert found is not None
        return found

    def do(self, command: Any, *args: Any, by: Actor = NURSES[0], **more: Any) -> None:
        sessions.act(the_practice(), self.id, command, *args, by=by, **more)


def make_site() -> None:
    """A clinic that says who it is and by what it works; nothing where that is done."""
    practice = the_practice()
    describe_site(
        practice,
        SiteDescription(
            name="Test", crisis_numbers=("Emergency 112", "Lifeline 143"), retention_years=10, simulated=True
        ),
        by=DIRECTOR,
    )
    adopt_policy(practice, load_policy("simulation"), by=DIRECTOR)
    adopt_protocol(practice, load_protocol("ketamine-iv-05-six"), by=DIRECTOR)


def receive(strength: str = "50", content: str = "10") -> str:
    """Put a container into the cupboard; returns its id."""
    vial = Vial(
        id=f"K{uuid.uuid4().hex[:8]}",
        drug=Drug.RACEMIC_KETAMINE,
        basis=Basis.BASE,
        strength=Decimal(strength),
        content=Decimal(content),
        lot=f"L{uuid.uuid4().hex[:6].upper()}",
        expires_on=EXPIRY,
    )
    drugs.act(the_practice(), ROOM, drug_register_decide.receive, ROOM, vial, by=NURSES[0], witness=NURSES[1])
    return vial.id


def make_visit(people_of: dict[Role, Person], *, name: str = "Ada Sample") -> Visit:
    """A person of the clinic, referred, in an active course, checked in now at 70 kg, cared for by everybody."""
    practice, now = the_practice(), datetime.now(UTC)
    made = Visit(uuid.uuid4().hex, uuid.uuid4().hex, receive())
    course = uuid.uuid4().hex
    referred = chart_events.PersonReferred(person=made.patient, at=now, by=DOCTOR.id)
    identified = chart_events.PersonIdentified(person=made.patient, at=now, by=DOCTOR.id, name=name)
    people.record(practice, [referred, identified], by=DOCTOR)
    courses.act(
        practice, course, course_decide.open_course, course, made.patient, "GAD", simulated=True, by=DOCTOR
    )
    courses.act(practice, course, course_decide.begin_screening, by=DOCTOR)
    courses.assign_protocol(practice, course, "ketamine-iv-05-six", by=DOCTOR)
    gate = GateResult(decision="allow", judged_at=now)
    courses.act(
        practice, course, course_decide.activate, gate, True, by=DOCTOR, policy=load_policy("simulation")
    )
    sessions.plan_session(practice, made.id, course, 0, now, by=DOCTOR)
    risk = SuicideRiskAssessment(
        id=uuid.uuid4().hex, at=now, by=DOCTOR.id, occasion="before_session", judgement=RiskLevel.LOW
    )
    seen = good_check_in(
        last_food_at=now - timedelta(hours=9),
        last_liquid_at=now - timedelta(hours=3),
        weighed_at=now,
        gate=gate,
        suicide_risk=risk,
    )
    made.do(decide.check_in, seen)
    made.do(decide.record_reading, reading("r0", 0).replace(taken_at=now))
    for person in people_of.values():
        assign(person, made.patient, by="test")
    return made


def dose_now(visit: Visit, people_of: dict[Role, Person]) -> None:
    """Prepare, start and stop the dose at once, by commands and not by pages."""
    from ataraxy.practice import preparing
    from ataraxy.therapy.preparation import OwnResult, RawInputs

    practice = the_practice()
    from ataraxy.practice.aggregate import REGISTER

    register = practice.load(REGISTER, ROOM).state
    assert register is not None
    container = register.container(visit.vial)
    assert container is not None
    state = visit.state
    assert state.plan is not None
    assert state.check_in is not None
    assert state.check_in.weighed_at is not None
    inputs = RawInputs(
        order=state.plan.order,
        weight_kg=Decimal(70),
        weighed_at=state.check_in.weighed_at,
        vial=container.vial,
        final_volume_ml=Decimal(50),
    )
    number = uuid.uuid4().hex
    own = OwnResult(dose_mg=Decimal(35), drawn=Decimal("0.7"), rate_ml_per_h=Decimal(75))
    preparing.begin(practice, visit.id, number, inputs, location=ROOM, by=NURSES[0])
    preparing.agree(
        practice, visit.id, number, inputs, own, draw_id=f"d{number}", by=NURSES[1], first=NURSES[0]
    )
    visit.do(decide.start_dosing, rate_ml_per_h=Decimal(75))
    visit.do(decide.stop, "tolerated badly")


def with_pin(person: Person) -> Person:
    """Give a person the PIN of these tests."""
    person.set_pin(PIN)
    person.save(update_fields=["pin"])
    return person


__all__ = ["ROOM", "Visit", "actor_of", "dose_now", "make_site", "make_visit", "receive", "with_pin"]
