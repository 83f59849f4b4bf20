"""One session of one simulated person, as staff would run and chart it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np

from ataraxy.practice import drugs, preparing
from ataraxy.practice.aggregate import REGISTER
from ataraxy.practice.draws import account_for
from ataraxy.practice.people import consent_current, judge_person
from ataraxy.practice.virtual.clock import Process
from ataraxy.practice.virtual.floor import PLACE, Floor
from ataraxy.practice.virtual.opaque import opaque_id
from ataraxy.practice.virtual.rates import rate
from ataraxy.practice.virtual.truth import Truth, Watch
from ataraxy.therapy import drug_register_decide
from ataraxy.therapy.actor import Role
from ataraxy.therapy.preparation import OwnResult, RawInputs, calculate
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.adverse_event import AdverseEvent
from ataraxy.therapy.session.check_in import CheckIn
from ataraxy.therapy.session.monitoring import missed
from ataraxy.therapy.session.reading import Reading
from ataraxy.therapy.session.rule import Effect
from ataraxy.therapy.session.rules import session_findings
from ataraxy.therapy.session.state import DischargeCheck, SessionState
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment

# CADSS-6 has six of the 23 items, which are those that ketamine moves most: 0.4 of the points, assumed.
CADSS6_SHARE: Final = 0.4
CADSS6_MOST: Final = 24
ARRIVES_BEFORE: Final = timedelta(minutes=40)
LONGEST_STAY: Final = timedelta(hours=7)
VOLUME_ML: Final = Decimal(50)
# Lost at times when a needle is changed, mL.
SPILT: Final = Decimal("0.1")
CENT: Final = Decimal("0.01")


@dataclass(eq=False)
class Visit:
    """A session while it is simulated.

    Attributes:
        floor: the clinic.
        person, session: opaque ids.
        number: of the person.
        index: of the session in the protocol, from 0.
        truth, watch: what really happens.
        after_dose: is called when the dose has ended.
        begun: whether the dose was begun, known afterwards.
        stopped: whether a rule stopped it, known afterwards.
        accounted: whether two people have said what became of the drug.
        out_of_limits: whether the dose for this weight is one that the site does not prepare.
        transferred: whether the person was not fit to go home at closing time.
    """

    floor: Floor
    person: str
    session: str
    number: int
    index: int
    truth: Truth
    watch: Watch
    after_dose: Callable[[], None]
    begun: bool = False
    stopped: bool = False
    accounted: bool = False
    out_of_limits: bool = False
    transferred: bool = False

    def __post_init__(self) -> None:
        self.random = self.floor.random(f"visit-{self.index}", self.number)
        team = self.floor.team
        self.monitor = team.one(Role.MONITOR, self.number + self.index)
        self.second = team.one(Role.MONITOR, self.number + self.index + 1)
        self.prescriber = team.one(Role.PRESCRIBER, self.number)
        self.therapist = team.one(Role.THERAPIST, self.number)
        self.readings = 0
        self.late: list[Reading] = []

    def happens(self, name: str) -> bool:
        """Throw the dice for something that has a rate."""
        return bool(self.random.uniform() < rate(name))

    def run(self, starts_at: datetime) -> Process:
        """Run the session; begun when the person arrives."""
        floor, end = self.floor, starts_at + LONGEST_STAY
        ate = self.happens("arrived having eaten")
        self._check_in(starts_at, ate)
        yield floor.now + timedelta(minutes=4)
        self._read(-30.0)
        if ate:
            yield floor.now + timedelta(minutes=2)
            floor.do(
                self.session,
                decide.override_hold,
                "food",
                "A light meal an hour ago; the dose is low and the person has been told",
                by=self.prescriber,
            )
        yield floor.now + timedelta(minutes=3)
        rate_ml_per_h = yield from self._prepare()
        if rate_ml_per_h is None:
            return
        yield max(starts_at - timedelta(minutes=8), floor.now + timedelta(minutes=1))
        self._read(-8.0)
        yield max(starts_at, floor.now + timedelta(minutes=2))
        try:
            floor.do(self.session, decide.start_dosing, rate_ml_per_h=rate_ml_per_h, by=self.monitor)
        except Refusal as refusal:
            self._not_dosed(refusal.message)
            return
        self.begun = True
        began = floor.now
        for minute in (10.0, 20.0, 30.0):
            yield began + timedelta(minutes=minute)
            self._read(minute)
            if self._says(Effect.STOP):
                floor.do(self.session, decide.stop, "a stop limit was reached", by=self.monitor)
                self.stopped = True
                break
        else:
            yield began + timedelta(minutes=40)
            floor.do(self.session, decide.stop, by=self.monitor)
        yield floor.now + timedelta(seconds=30)
        floor.do(self.session, decide.begin_observation, by=self.monitor)
        self.after_dose()
        ended = floor.now
        yield ended + timedelta(seconds=40)
        self._read(self._minute(began))
        self._adverse_events(began)
        for minute in (15, 30, 45, 60):
            yield ended + timedelta(minutes=minute)
            self._read(self._minute(began))
        yield floor.now + timedelta(minutes=2)
        recovering = yield from self._until(
            lambda: floor.do(self.session, decide.begin_recovery, by=self.monitor), began, end
        )
        if recovering:
            while floor.now < ended + timedelta(minutes=122):
                yield min(floor.now + timedelta(minutes=29), ended + timedelta(minutes=123))
                self._read(self._minute(began), everything=True)
            yield floor.now + timedelta(minutes=1)
            self._account()
            recovering = yield from self._until(self._discharge, began, end)
        if not recovering:
            self.transferred = True
            floor.do(
                self.session,
                decide.abort,
                "transferred",
                "Not fit to go home at closing time",
                prescriber=self.prescriber.id,
                by=self.monitor,
            )
            self._account()

    # --- before the dose --------------------------------------------------------------------------------------

    def _check_in(self, starts_at: datetime, ate: bool) -> None:
        floor, now = self.floor, self.floor.now
        risk = SuicideRiskAssessment(
            id=opaque_id(floor.seed, f"risk {self.session}", 0),
            at=now,
            by=self.therapist.id,
            occasion="before_session",
            judgement=RiskLevel.LOW,
            phq9_item9=0,
        )
        _, gate = judge_person(floor.practice, self.person, by=self.monitor)
        female = self.truth.sex == "female" and self.truth.age_y < 52
        weight = Decimal(str(round(self.truth.weight_kg + float(self.random.normal(0, 0.4)), 1)))
        seen = CheckIn(
            identity_confirmed=True,
            last_food_at=starts_at - timedelta(hours=1 if ate else 9),
            last_liquid_at=starts_at - timedelta(hours=2),
            no_alcohol_or_cannabis=True,
            no_nasal_medicine=True,
            escort_arranged=True,
            weight_kg=weight,
            weighed_at=now,
            pregnancy="negative" if female else "not_applicable",
            pregnancy_tested_at=now if female else None,
            consent_current=consent_current(floor.practice, self.person, now),
            gate=gate,
            suicide_risk=risk,
        )
        floor.do(self.session, decide.check_in, seen, by=self.monitor)
        self.weight, self.weighed_at = weight, now

    def _prepare(self) -> Any:
        """Two calculations, once more after a slip. Returns the pump rate; None where it was refused."""
        floor = self.floor
        plan = floor.session(self.session).plan
        assert plan is not None
        for attempt in range(2):
            vial = floor.vial(self.monitor, self.second)
            inputs = RawInputs(
                order=plan.order,
                weight_kg=self.weight,
                weighed_at=self.weighed_at,
                vial=vial,
                final_volume_ml=VOLUME_ML,
            )
            name = opaque_id(floor.seed, f"preparation {self.session}", attempt)
            slipped = attempt == 0 and self.happens("slip in the second calculation")
            try:
                preparing.begin(floor.practice, self.session, name, inputs, location=PLACE, by=self.monitor)
                preparing.hand_over(floor.practice, self.session, by=self.monitor)
                yield floor.now + timedelta(minutes=4)
                found = calculate(inputs, actor=self.monitor, policy=floor.policy, at=floor.now).quantities
                dose = found.dose_mg
                if slipped:
                    dose = dose * 10
                own = OwnResult(dose_mg=dose, drawn=found.drawn, rate_ml_per_h=found.rates_ml_per_h[0])
                self.draw = opaque_id(floor.seed, f"draw {self.session}", attempt)
                floor.noted(
                    preparing.agree(
                        floor.practice,
                        self.session,
                        name,
                        inputs,
                        own,
                        draw_id=self.draw,
                        by=self.second,
                        first=self.monitor,
                    )
                )
            except Refusal as refusal:
                drugs.act(
                    floor.practice,
                    PLACE,
                    drug_register_decide.waste,
                    vial.content,
                    "the preparation was refused",
                    container=vial.id,
                    by=self.monitor,
                    witness=self.second,
                )
                if not slipped:
                    self.out_of_limits = True
                    self._not_dosed(refusal.message)
                    return None
                yield floor.now + timedelta(minutes=2)
                continue
            self.vial = vial
            return found.rates_ml_per_h[0]
        return None

    def _not_dosed(self, why: str) -> None:
        self.floor.do(self.session, decide.abort, "not_dosed", f"Not dosed: {why}", by=self.monitor)
        if hasattr(self, "vial"):
            self._account()

    # --- readings ---------------------------------------------------------------------------------------------

    def _minute(self, began: datetime) -> float:
        return (self.floor.now - began).total_seconds() / 60.0

    def _read(self, minute: float, *, everything: bool = False) -> None:
        """Take a reading and chart it, or keep it for later, or get it wrong and put it right."""
        floor = self.floor
        for kept in self.late:
            floor.do(self.session, decide.record_reading, kept, by=self.monitor)
        self.late.clear()
        if minute > 0 and self.happens("reading not taken"):
            return
        values = self._values(minute, everything or minute <= 0 or minute > 35)
        if minute > 0 and self.happens("measure left out of a reading"):
            values.pop(str(self.random.choice(["respiratory_rate", "cadss6", "heart_rate"])), None)
        reading = self._reading(values)
        if minute > 0 and self.happens("reading charted late"):
            self.late.append(reading)
            return
        if minute > 0 and self.happens("reading mistyped and corrected"):
            wrong = self._reading({**values, "heart_rate": int(values.get("heart_rate", 70)) + 60})
            floor.do(self.session, decide.record_reading, wrong, by=self.monitor)
            floor.do(
                self.session, decide.correct_reading, wrong.id, reading, "typed wrongly", by=self.monitor
            )
            return
        floor.do(self.session, decide.record_reading, reading, by=self.monitor)

    def _reading(self, values: dict[str, int]) -> Reading:
        self.readings += 1
        id_ = opaque_id(self.floor.seed, f"reading {self.session}", self.readings)
        return Reading(id=id_, taken_at=self.floor.now, by=self.monitor.id, **values)

    def _values(self, minute: float, everything: bool) -> dict[str, int]:
        watch, rest = self.watch, self.truth.resting

        def shown(vital: Any) -> int:
            # how far one reading is off, without what would stop a dose that the model does not stop
            error = float(np.clip(self.random.normal(0.0, watch.noises[vital]), -7, 6))
            return round(rest[vital] + watch.rise(vital, minute) + error)

        systolic, diastolic = shown("SBP"), shown("DBP")
        moaas = watch.moaas(minute)
        values = {
            "systolic": max(systolic, diastolic + 15),
            "diastolic": diastolic,
            "heart_rate": shown("HR"),
            "spo2": int(np.clip(round(self.random.normal(97.5 if moaas > 2 else 93.0, 0.8)), 88, 100)),
            "respiratory_rate": round(float(self.random.normal(14.0 if moaas > 2 else 11.0, 1.2))),
            "moaas": moaas,
        }
        if everything:
            share = watch.dissociation(minute) * CADSS6_SHARE
            values["cadss6"] = min(CADSS6_MOST, round(share))
            values["nausea"] = 1 if watch.nausea and 20.0 < minute < 90.0 else 0
        return values

    def _says(self, effect: Effect) -> bool:
        session = self.floor.session(self.session)
        return any(f.effect is effect for f in session_findings(session, self.floor.policy, self.floor.now))

    # --- after the dose ---------------------------------------------------------------------------------------

    def _adverse_events(self, began: datetime) -> None:
        found: list[tuple[str, int]] = []
        if self.watch.nausea:
            found.append(("nausea", 1) if self.random.uniform() < 0.7 else ("vomiting", 2))
        if self.happens("headache"):
            found.append(("headache", 1))
        if self.watch.unconscious:
            found.append(("loss of consciousness", 3))
        if self.stopped:
            found.append(("raised blood pressure", 2))
        if self.watch.dissociation(35.0) > 40.0:
            found.append(("dissociation", 2))
        for number, (term, grade) in enumerate(found):
            event = AdverseEvent(
                id=opaque_id(self.floor.seed, f"event {self.session}", number),
                term=term,
                grade=grade,
                started_at=began_to_feel(began, self.floor.now),
                related="probable",
                action="stopped" if term == "raised blood pressure" else "none",
                outcome="resolved",
            )
            self.floor.do(self.session, decide.record_adverse_event, event, by=self.monitor)

    def _until(self, step: Any, began: datetime, end: datetime) -> Any:
        """Try a step; while a rule keeps the person, read again a quarter of an hour later."""
        while True:
            try:
                step()
                return True
            except Refusal:
                if self.floor.now >= end:
                    return False
            yield self.floor.now + timedelta(minutes=10)
            self._read(self._minute(began), everything=True)

    def _discharge(self) -> None:
        floor = self.floor
        gaps = missed(floor.session(self.session), floor.policy, floor.now)
        check = DischargeCheck(
            walks_unaided=True,
            escort_present=True,
            told_no_driving=True,
            told_whom_to_call=True,
            access_removed=True,
            missed_readings_reason="with another person at that moment" if gaps else "",
        )
        floor.do(self.session, decide.discharge, check, by=self.monitor)

    def _account(self) -> None:
        """Say once what became of the drug: given, wasted, and what was left in the vial."""
        if self.accounted:
            return
        self.accounted = True
        floor, session = self.floor, self.floor.session(self.session)
        assert session.preparation is not None
        found = session.preparation.quantities
        share = min(Decimal(1), session.given_mg_base() / found.dose_mg_base) if self.begun else Decimal(0)
        given = (found.drawn * share).quantize(CENT)
        given = min(given, found.drawn)
        by, witness = self.monitor, self.second
        account_for(
            floor.practice,
            PLACE,
            self.draw,
            given=given,
            wasted=found.drawn - given,
            returned=Decimal(0),
            reason="left in syringe and line",
            by=by,
            witness=witness,
        )
        register = floor.practice.load(REGISTER, PLACE).state
        container = None if register is None else register.container(self.vial.id)
        if container is not None and container.remaining > 0:
            left = container.remaining
            if left > SPILT and self.happens("discrepancy when drug is accounted for"):
                left -= SPILT
                self._count(left)
            drugs.act(
                floor.practice,
                PLACE,
                drug_register_decide.waste,
                left,
                "rest of an opened vial",
                container=self.vial.id,
                by=by,
                witness=witness,
            )

    def _count(self, left: Decimal) -> None:
        """Count less in the vial than there should be, and explain it; the difference stays in the register."""
        floor, count = self.floor, opaque_id(self.floor.seed, f"count {self.session}", 0)
        drugs.act(
            floor.practice,
            PLACE,
            drug_register_decide.count,
            count,
            left,
            container=self.vial.id,
            by=self.monitor,
            witness=self.second,
        )
        drugs.act(
            floor.practice,
            PLACE,
            drug_register_decide.explain,
            count,
            "A drop was lost when the needle was changed.",
            by=self.prescriber,
            witness=self.second,
        )

    @property
    def discharged(self) -> bool:
        """Whether the person went home."""
        return self.floor.session(self.session).state is SessionState.DISCHARGED


def began_to_feel(dose_began: datetime, now: datetime) -> datetime:
    """Return when an event of a dose began: twenty minutes into it, or at once where it was stopped before."""
    return min(dose_began + timedelta(minutes=20), now)
