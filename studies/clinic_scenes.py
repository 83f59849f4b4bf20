"""What the pictures of docs/clinic.md need beyond a demo clinic: people at every step, a link, a second factor.

Everything is made by the commands that pages use, in a copy of the clinic; nobody real is anywhere in it.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

CUPBOARD = "cupboard-2"


@dataclass(frozen=True)
class Scene:
    """Opaque ids by the words that stand for them in the addresses of pictures, and what signing in takes.

    Attributes:
        ids: PERSON is treated and has follow-ups, SCREENED waits before a rule; SESSION goes on, ARRIVING, PREPARING
            and LEAVING are sessions at these steps; LINK opens a questionnaire; STAFF is somebody who works here.
        lot, expires: of the container that PREPARING uses.
        vial: its value in the form.
        secret: the shared key of everybody's authenticator app.
    """

    ids: dict[str, str]
    lot: str
    expires: str
    vial: str
    secret: str


def make_scene(session: str, password: str) -> Scene:
    """Add what the pictures need to the clinic that this process serves."""
    from django.test import RequestFactory

    from ataraxy.clinic.accounts.models import Person
    from ataraxy.clinic.pages.questionnaire import links
    from ataraxy.clinic.the_practice import the_practice
    from ataraxy.practice import lists

    practice = the_practice()
    treated = Counter(s.person for s in lists.sessions(practice) if s.state.value == "discharged")
    most = treated.most_common(1)[0][0]
    waiting = [p.person for p in lists.people(practice) if p.decision == "block" and p.person not in treated]
    request = RequestFactory().get("/")
    therapist = Person.objects.get(sign_in_name="therapist")
    _, token = links.send(practice, most, "PHQ-9", 24, by=therapist, request=request)
    arriving = _visit("Simulated Person 041", minutes_ago=0, checked_in=False)
    preparing = _visit("Simulated Person 042", minutes_ago=25)
    leaving = _visit("Simulated Person 043", minutes_ago=190)
    _give(leaving)
    secret = _second_factors(password)
    _glass(waiting[0] if waiting else most)
    policy = _documents()
    return Scene(
        {
            "PERSON": most,
            "SCREENED": waiting[0] if waiting else most,
            "SESSION": session,
            "ARRIVING": arriving.id,
            "PREPARING": preparing.id,
            "LEAVING": leaving.id,
            "LINK": token,
            "STAFF": str(therapist.pk),
            "POLICY": policy,
            "THRESHOLD": _threshold(),
            "TRIAL": _trial(),
        },
        lot=preparing.lot,
        expires="2030-01-31",
        vial=f"{CUPBOARD}|{preparing.vial}",
        secret=secret,
    )


@dataclass(frozen=True)
class _Visit:
    """A session with the container that is there for it, and the clock by which it is charted."""

    id: str
    vial: str
    lot: str
    clock: _Clock
    do: Callable[..., Any]


class _Clock:
    """A clock that can be put forward: what lies some hours back is charted as it happened."""

    def __init__(self, minutes_ago: float) -> None:
        self.now = datetime.now(UTC) - timedelta(minutes=minutes_ago)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


def _staff(role: str) -> Any:
    from ataraxy.clinic.accounts.models import Person
    from ataraxy.clinic.the_practice import actor_of

    return actor_of(Person.objects.get(sign_in_name=role))


def _visit(name: str, *, minutes_ago: float, checked_in: bool = True) -> _Visit:
    """Refer a person, plan a session for now and check in."""
    from datetime import date

    from ataraxy.clinic.the_practice import the_practice
    from ataraxy.exchange.policy_file import load_policy
    from ataraxy.practice import courses, drugs, people, sessions
    from ataraxy.practice.practice import Practice
    from ataraxy.therapy import chart_events, course_decide, drug_register_decide
    from ataraxy.therapy.actor import Actor, Role
    from ataraxy.therapy.drug import Basis, Drug
    from ataraxy.therapy.preparation import Vial
    from ataraxy.therapy.risk_level import RiskLevel
    from ataraxy.therapy.session import decide
    from ataraxy.therapy.session.check_in import CheckIn
    from ataraxy.therapy.session.gate_result import GateResult
    from ataraxy.therapy.suicide_risk import SuicideRiskAssessment

    clock = _Clock(minutes_ago)
    practice = Practice(the_practice().record, clock=clock)
    doctor, nurse = _staff("prescriber"), _staff("monitor")
    second = Actor(id=_staff("therapist").id, roles=frozenset({Role.MONITOR}))
    patient, course, session = uuid.uuid4().hex, uuid.uuid4().hex, uuid.uuid4().hex
    referred = chart_events.PersonReferred(person=patient, at=clock(), by=doctor.id)
    identified = chart_events.PersonIdentified(person=patient, at=clock(), by=doctor.id, name=name)
    people.record(practice, [referred, identified], by=doctor)
    courses.act(
        practice, course, course_decide.open_course, course, patient, "GAD", simulated=True, by=doctor
    )
    courses.act(practice, course, course_decide.begin_screening, by=doctor)
    courses.assign_protocol(practice, course, "ketamine-iv-05-six", by=doctor)
    gate = GateResult(decision="allow", judged_at=clock())
    policy = load_policy("simulation")
    courses.act(practice, course, course_decide.activate, gate, True, by=doctor, policy=policy)
    # What arrives is planned for now; what goes on was planned when its dose was to begin.
    sessions.plan_session(practice, session, course, 0, clock() + timedelta(minutes=15), by=doctor)
    vial = Vial(
        id=f"K-{uuid.uuid4().int % 10_000:04}",
        drug=Drug.RACEMIC_KETAMINE,
        basis=Basis.BASE,
        strength=Decimal(50),
        content=Decimal(2),
        lot="SIM-013",
        expires_on=date(2030, 1, 31),
    )
    drugs.act(practice, CUPBOARD, drug_register_decide.receive, CUPBOARD, vial, by=nurse, witness=second)

    def do(command: Callable[..., Any], *args: Any, **more: Any) -> None:
        sessions.act(practice, session, command, *args, by=nurse, **more)

    made = _Visit(session, vial.id, vial.lot, clock, do)
    if checked_in:
        risk = SuicideRiskAssessment(
            id=uuid.uuid4().hex,
            at=clock(),
            by=doctor.id,
            occasion="before_session",
            judgement=RiskLevel.LOW,
            phq9_item9=0,
        )
        seen = CheckIn(
            identity_confirmed=True,
            last_food_at=clock() - timedelta(hours=9),
            last_liquid_at=clock() - timedelta(hours=3),
            no_alcohol_or_cannabis=True,
            no_nasal_medicine=True,
            escort_arranged=True,
            weight_kg=Decimal(70),
            weighed_at=clock(),
            pregnancy="not_applicable",
            consent_current=True,
            gate=gate,
            suicide_risk=risk,
        )
        do(decide.check_in, seen)
        clock.forward(4)
        _read(made, 124, 78, 71, 0)
    return made


def _read(visit: _Visit, systolic: int, diastolic: int, heart_rate: int, cadss: int) -> None:
    from ataraxy.therapy.session import decide
    from ataraxy.therapy.session.reading import Reading

    visit.do(
        decide.record_reading,
        Reading(
            id=uuid.uuid4().hex,
            taken_at=visit.clock(),
            by=_staff("monitor").id,
            systolic=systolic,
            diastolic=diastolic,
            heart_rate=heart_rate,
            spo2=98,
            respiratory_rate=14,
            moaas=5,
            cadss6=cadss,
            nausea=0,
        ),
    )


def _give(visit: _Visit) -> None:
    """Prepare by two people, give the dose, observe for two hours: what is left is to say what became of the drug."""
    from ataraxy.clinic.the_practice import the_practice
    from ataraxy.practice import preparing
    from ataraxy.practice.aggregate import REGISTER, SESSION
    from ataraxy.practice.practice import Practice
    from ataraxy.therapy.actor import Actor, Role
    from ataraxy.therapy.preparation import OwnResult, RawInputs
    from ataraxy.therapy.session import decide

    practice = Practice(the_practice().record, clock=visit.clock)
    register, state = practice.load(REGISTER, CUPBOARD).state, practice.load(SESSION, visit.id).state
    assert register is not None
    assert state is not None
    assert state.plan is not None
    container = register.container(visit.vial)
    assert container is not None
    inputs = RawInputs(
        order=state.plan.order,
        weight_kg=Decimal(70),
        weighed_at=visit.clock() - timedelta(minutes=4),
        vial=container.vial,
        final_volume_ml=Decimal(50),
    )
    own = OwnResult(dose_mg=Decimal(35), drawn=Decimal("0.7"), rate_ml_per_h=Decimal(75))
    number, nurse = uuid.uuid4().hex, _staff("monitor")
    second = Actor(id=_staff("therapist").id, roles=frozenset({Role.MONITOR}))
    preparing.begin(practice, visit.id, number, inputs, location=CUPBOARD, by=nurse)
    visit.clock.forward(3)
    preparing.agree(practice, visit.id, number, inputs, own, draw_id=uuid.uuid4().hex, by=second, first=nurse)
    visit.clock.forward(6)
    visit.do(decide.start_dosing, rate_ml_per_h=Decimal(75))
    for systolic, diastolic, heart_rate, cadss in ((136, 84, 78, 4), (146, 90, 82, 9), (149, 91, 84, 11)):
        visit.clock.forward(10)
        _read(visit, systolic, diastolic, heart_rate, cadss)
    visit.clock.forward(10)
    visit.do(decide.stop)
    visit.do(decide.begin_observation)
    for systolic, diastolic, heart_rate, cadss in ((142, 88, 80, 6), (133, 84, 76, 2), (128, 80, 73, 0)):
        visit.clock.forward(15)
        _read(visit, systolic, diastolic, heart_rate, cadss)
    visit.clock.forward(15)
    _read(visit, 126, 79, 72, 0)
    visit.clock.forward(1)
    visit.do(decide.begin_recovery)
    visit.clock.forward(29)
    _read(visit, 124, 78, 71, 0)
    visit.clock.forward(20)


def _documents() -> str:
    """Adopt a second version of the protocol and the rules of the gate; returns the name of the policy in force."""
    from ataraxy.clinic.the_practice import the_practice
    from ataraxy.exchange.protocol_file import load_protocol
    from ataraxy.exchange.rules_file import load_rules
    from ataraxy.practice import site

    practice, director = the_practice(), _staff("medical_director")
    first = load_protocol("ketamine-iv-05-six")
    changed = first.model_copy(update={"note": f"{first.note} The clinic gives it on weekdays only."})
    site.adopt_protocol(practice, changed, by=director)
    rules = load_rules()
    site.adopt(practice, "rules", rules.name, json.loads(rules.model_dump_json()), by=director)
    return site.policy_in_force(practice).name


def _threshold() -> str:
    """Return the first threshold of the policy that a page can change."""
    from ataraxy.clinic.the_practice import the_practice
    from ataraxy.practice.site import policy_in_force

    places = [place for place, _ in policy_in_force(the_practice()).settings()]
    return next(place for place in places if not place.startswith("stop_limits"))


def _trial() -> str:
    from ataraxy.evidence import trials

    return trials.load_trials().trials[0].id


def _glass(patient: str) -> None:
    """Let the monitor have opened somebody outside their care."""
    from ataraxy.clinic.access.models import BreakGlass
    from ataraxy.clinic.accounts.models import Person
    from ataraxy.clinic.accounts.sealing import sealed

    now = datetime.now(UTC)
    BreakGlass.objects.create(
        person=Person.objects.get(sign_in_name="monitor"),
        patient=patient,
        reason=BreakGlass.REASONS[0][0],
        note=sealed("Called by the ward: unwell two days after a session, the team away.", "break-glass"),
        opened_at=now - timedelta(minutes=50),
        expires_at=now + timedelta(minutes=10),
    )


def _second_factors(password: str) -> str:
    """Give everybody an authenticator app, but for a newcomer; returns the shared key."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    from ataraxy.clinic.access.roles import Role
    from ataraxy.clinic.accounts.models import Person

    for name, shown in (("nurse", "Demo nurse"), ("newcomer", "Demo newcomer")):
        Person.objects.create_person(
            name, shown, password=password, roles=[Role.MONITOR], must_change_password=False
        )
    secret: str = generate_totp_secret()
    for person in Person.objects.exclude(sign_in_name="newcomer"):
        TOTP.activate(person, secret)
        RecoveryCodes.activate(person)
    return secret
