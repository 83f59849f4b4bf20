"""A session that goes well, step by step, for tests to bend."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from ataraxy.exchange.policy_file import load_policy
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.dose_order import DoseOrder, order_of
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.preparation import OwnResult, RawInputs, Recalculation, Vial, calculate
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.check_in import CheckIn
from ataraxy.therapy.session.events import Event
from ataraxy.therapy.session.evolve import evolve
from ataraxy.therapy.session.gate_result import GateResult
from ataraxy.therapy.session.reading import Reading
from ataraxy.therapy.session.session_plan import SessionPlan
from ataraxy.therapy.session.state import DischargeCheck, Session
from ataraxy.therapy.site_policy import SitePolicy
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

NURSE = Actor(id="nurse", roles=frozenset({Role.MONITOR}))
COLLEAGUE = Actor(id="colleague", roles=frozenset({Role.MONITOR}))
DOCTOR = Actor(id="doctor", roles=frozenset({Role.PRESCRIBER}))
THERAPIST = Actor(id="therapist", roles=frozenset({Role.THERAPIST}))
AUDITOR = Actor(id="auditor", roles=frozenset({Role.AUDITOR}))


def at(minute: float) -> datetime:
    """Return a moment so many minutes after nine."""
    return NINE + timedelta(minutes=minute)


@cache
def policy() -> SitePolicy:
    return load_policy("simulation")


@cache
def iv_order() -> DoseOrder:
    protocol = load_protocol("ketamine-iv-05-six")
    return order_of([dose for dose in protocol.planned_doses() if dose.session == 0])


VIAL = Vial(
    id="vial-1",
    drug=Drug.RACEMIC_KETAMINE,
    basis=Basis.BASE,
    strength=Decimal(50),
    content=Decimal(10),
    lot="K-17",
    expires_on=date(2027, 1, 31),
)


def risk(minute: float = -20, level: RiskLevel = RiskLevel.LOW, id_: str = "risk-1") -> SuicideRiskAssessment:
    return SuicideRiskAssessment(
        id=id_, at=at(minute), by="therapist", occasion="before_session", judgement=level, phq9_item9=0
    )


def good_check_in(**changes: Any) -> CheckIn:
    fields: dict[str, Any] = {
        "identity_confirmed": True,
        "last_food_at": at(-400),
        "last_liquid_at": at(-120),
        "no_alcohol_or_cannabis": True,
        "no_nasal_medicine": True,
        "escort_arranged": True,
        "weight_kg": Decimal(70),
        "weighed_at": at(-10),
        "pregnancy": "not_applicable",
        "consent_current": True,
        "gate": GateResult(decision="allow", judged_at=at(-15)),
        "suicide_risk": risk(),
    }
    return CheckIn(**{**fields, **changes})


def session_plan(order: DoseOrder | None = None, **changes: Any) -> SessionPlan:
    fields: dict[str, Any] = {
        "patient": "person-1",
        "protocol": "ketamine-iv-05-six",
        "protocol_version": "1",
        "index": 0,
        "scheduled_at": at(0),
        "order": order or iv_order(),
        "simulated": True,
    }
    return SessionPlan(**{**fields, **changes})


def raw(**changes: Any) -> RawInputs:
    fields: dict[str, Any] = {
        "order": iv_order(),
        "weight_kg": Decimal(70),
        "weighed_at": at(-10),
        "vial": VIAL,
        "final_volume_ml": Decimal(50),
    }
    return RawInputs(**{**fields, **changes})


GOOD_VALUES = {
    "systolic": 120,
    "diastolic": 75,
    "heart_rate": 70,
    "spo2": 98,
    "respiratory_rate": 14,
    "moaas": 5,
    "cadss6": 0,
    "nausea": 0,
}


def reading(id_: str, minute: float, **changes: Any) -> Reading:
    return Reading(id=id_, taken_at=at(minute), by="nurse", **{**GOOD_VALUES, **changes})


GOOD_DOOR = DischargeCheck(
    walks_unaided=True,
    escort_present=True,
    told_no_driving=True,
    told_whom_to_call=True,
    access_removed=True,
    missed_readings_reason="",
)


class Visit:
    """A session that is driven by commands and keeps its events."""

    def __init__(self, site_policy: SitePolicy | None = None) -> None:
        self.policy = site_policy or policy()
        self.session: Session | None = None
        self.events: list[Event] = []
        self.count = 0

    def do(self, command: str, *args: Any, minute: float, actor: Actor = NURSE, **options: Any) -> Visit:
        found = getattr(decide, command)(
            self.session, *args, actor=actor, policy=self.policy, at=at(minute), **options
        )
        for event in found:
            self.events.append(event)
            self.session = evolve(self.session, event)
        return self

    @property
    def now(self) -> Session:
        assert self.session is not None
        return self.session

    def read(self, minute: float, charted: float | None = None, **changes: Any) -> Visit:
        self.count += 1
        taken = reading(f"r{self.count}", minute, **changes)
        return self.do("record_reading", taken, minute=minute if charted is None else charted)

    def arrived(self, plan: SessionPlan | None = None, seen: CheckIn | None = None) -> Visit:
        self.do("plan", "session-1", plan or session_plan(), minute=-60)
        return self.do("check_in", seen or good_check_in(), minute=-8).read(-5)

    def prepared(self) -> Visit:
        first = calculate(raw(), actor=NURSE, policy=self.policy, at=at(-4))
        own = OwnResult(dose_mg=Decimal(35), drawn=Decimal("0.7"), rate_ml_per_h=Decimal(75))
        second = Recalculation(by="colleague", at=at(-2), inputs=raw(), result=own)
        return self.do("prepare", "prep-1", first, second, vial=VIAL, minute=-2, actor=COLLEAGUE)

    def dosing(self) -> Visit:
        return self.arrived().prepared().do("start_dosing", minute=0, rate_ml_per_h=Decimal(75))

    def dosed(self) -> Visit:
        self.dosing()
        for minute in (10, 20, 30):
            self.read(minute)
        return self.do("stop", minute=40).do("begin_observation", minute=40).read(40)

    def recovering(self) -> Visit:
        self.dosed()
        for minute in (55, 70, 85, 100):
            self.read(minute)
        return self.do("begin_recovery", minute=101)

    def ready(self) -> Visit:
        return self.recovering().read(131).read(160)
