"""One simulated person, from referral to the end of their course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from ataraxy.exchange.instrument_file import get_instrument
from ataraxy.practice import courses, people
from ataraxy.practice.aggregate import COURSE
from ataraxy.practice.people import consent_current
from ataraxy.practice.scores import patient_as_actor, record_score
from ataraxy.practice.sessions import plan_session
from ataraxy.practice.signing import sign_entry
from ataraxy.practice.site import protocol_in_force
from ataraxy.practice.virtual.clock import Process
from ataraxy.practice.virtual.floor import Floor
from ataraxy.practice.virtual.opaque import opaque_id
from ataraxy.practice.virtual.rates import rate
from ataraxy.practice.virtual.referral import Referral
from ataraxy.practice.virtual.truth import SCALES, Truth
from ataraxy.practice.virtual.visit import ARRIVES_BEFORE, Visit
from ataraxy.record.signature import Meaning
from ataraxy.therapy import chart_events as e
from ataraxy.therapy import course_decide
from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.basis_of_use import BasisOfUse, ProtocolChoice
from ataraxy.therapy.consent import Basis, Consent, ConsentElement
from ataraxy.therapy.credential import Professional
from ataraxy.therapy.disorder import CODES, Diagnosis, Disorder, Severity
from ataraxy.therapy.fact import Fact
from ataraxy.therapy.fact_kind import FACTS
from ataraxy.therapy.gate import Judgement
from ataraxy.therapy.gate import Status as GateStatus
from ataraxy.therapy.medication import Medication
from ataraxy.therapy.person import Contact, Sex
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.rule import Override
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.gate_result import GateResult
from ataraxy.therapy.session.state import FollowUp
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment

ELEMENTS: Final = tuple(
    element for element in ConsentElement if element is not ConsentElement.MASKED_ALLOCATION
)
ROUNDS: Final = 4


@dataclass(eq=False)
class SimulatedCourse:
    """A person while they are simulated.

    Attributes:
        floor: the clinic.
        number: of the person.
        referral, truth: what they bring, and what is hidden.
        first_dose_at: when the first session is to begin; None for the next free day.
    """

    floor: Floor
    number: int
    referral: Referral
    truth: Truth
    first_dose_at: datetime | None = None

    def __post_init__(self) -> None:
        seed = self.floor.seed
        self.person = opaque_id(seed, "person", self.number)
        self.course = opaque_id(seed, "course", self.number)
        self.random = self.floor.random("course", self.number)
        team = self.floor.team
        self.coordinator = team.one(Role.COORDINATOR)
        self.prescriber = team.one(Role.PRESCRIBER, self.number)
        # the last monitor's credentials run out: nobody is assigned to them
        self.monitor = team.one(Role.MONITOR, self.number % 3)
        self.therapist = team.one(Role.THERAPIST, self.number)
        self.ended = False

    def happens(self, name: str) -> bool:
        """Throw the dice for something that has a rate."""
        return bool(self.random.uniform() < rate(name))

    def run(self) -> Process:
        """Refer, screen, treat, follow up, end."""
        self._refer()
        yield self._workday(self.floor.now + timedelta(days=float(self.random.uniform(1, 3))), 10)
        self._chart()
        allowed = yield from self._screen()
        if not allowed:
            return
        yield from self._treat()

    # --- before treatment -------------------------------------------------------------------------------------

    def _refer(self) -> None:
        by, now = self.coordinator, self.floor.now
        born = (now - timedelta(days=365.25 * self.truth.age_y)).date()
        record: list[e.Event] = [
            e.PersonReferred(
                person=self.person,
                at=now,
                by=by.id,
                referred_by=self.referral.referred_by,
            ),
            e.PersonIdentified(
                person=self.person,
                at=now,
                by=by.id,
                name=f"Simulated Person {self.number + 1:03d}",
                born=born,
                sex=Sex.FEMALE if self.truth.sex == "female" else Sex.MALE,
                contacts=(Contact(kind="telephone", value=f"000 000 {self.number:04d}"),),
            ),
        ]
        people.record(self.floor.practice, record, by=by)
        self._act(
            course_decide.open_course,
            self.course,
            self.person,
            self.referral.disorder,
            simulated=True,
            by=by,
        )
        self._act(course_decide.begin_screening, by=by)

    def _chart(self) -> None:
        referral, now, by = self.referral, self.floor.now, self.prescriber
        common: dict[str, Any] = {"person": self.person, "at": now, "by": by.id}
        facts = {name: value for name, value in referral.facts.items() if name != referral.missing}
        found: list[e.Event] = [
            e.DiagnosisRecorded(
                **common,
                diagnosis=Diagnosis(
                    id="d1",
                    disorder=Disorder(referral.disorder),
                    code=CODES[Disorder(referral.disorder)].icd10_cm,
                    primary=True,
                    severity=Severity.SEVERE,
                    confirmed_by=by.id,
                    confirmed_at=now,
                ),
            ),
            *(e.FactRecorded(**common, fact=_fact(name, value, now)) for name, value in facts.items()),
            e.FactRecorded(**common, fact=_fact("examination.on", now.date().isoformat(), now)),
            *(e.TreatmentRecorded(**common, treatment=one) for one in referral.treatments),
            e.TreatmentsReviewed(**common),
            *(
                e.MedicationRecorded(
                    **common,
                    medication=Medication(id=f"m{k}", drug=name, since=now - timedelta(days=90)),
                )
                for k, name in enumerate(referral.medications)
            ),
            e.MedicationsReviewed(**common),
        ]
        people.record(self.floor.practice, found, by=by)
        self._facts_of_the_day(everything=True)
        clinicians, own = SCALES[referral.disorder]
        self._score(clinicians, self.truth.baseline[clinicians], by)
        self._self_report(own, self.truth.baseline[own], certain=True)
        self._phq9(certain=True)
        document, protocol = protocol_in_force(self.floor.practice, self.floor.protocol)
        choice = ProtocolChoice(name=protocol.name, version=str(document.version))
        people.choose_protocol(
            self.floor.practice,
            e.ProtocolChosen(**common, protocol=choice, basis_of_use=BasisOfUse(kind=Basis.OFF_LABEL)),
            by=by,
        )
        for role, actor in (("prescriber", by), ("monitor", self.monitor)):
            who = Professional(id=actor.id, role=role)
            people.assign_professional(
                self.floor.practice, e.ProfessionalAssigned(**common, professional=who), by=by
            )
        if not referral.declines:
            consent = Consent(
                id=opaque_id(self.floor.seed, "consent", self.number),
                protocol=choice.name,
                protocol_version=choice.version,
                basis=Basis.OFF_LABEL,
                elements=ELEMENTS,
                given_at=now,
                obtained_by=by.id,
            )
            given = people.record(self.floor.practice, e.ConsentGiven(**common, consent=consent), by=by)
            sign_entry(
                self.floor.practice,
                given.seq,
                meaning=Meaning.CONSENTED,
                statement="I explained these points, the person had time to ask, and consented to this version.",
                by=by,
                authenticated_by="simulated",
            )

    def _facts_of_the_day(self, *, everything: bool = False) -> None:
        """What is measured or asked anew whenever the gate is run."""
        now, by = self.floor.now, self.monitor
        facts: dict[str, Any] = {
            "suicide.risk": "low",
            "vitals.systolic": float(round(self.truth.resting["SBP"])),
            "vitals.diastolic": float(round(self.truth.resting["DBP"])),
        }
        possible = self.truth.sex == "female" and self.truth.age_y < 52
        if possible:
            facts["pregnancy.test"] = "negative"
        if everything:
            facts["pregnancy.possible"] = possible
            facts["pregnancy.breastfeeding"] = False
            if possible:
                facts["pregnancy.contraception"] = True
            facts["vitals.weight"] = float(round(self.truth.weight_kg, 1))
            facts["vitals.height"] = float(round(self.truth.height_cm))
            facts |= {name: v for name, v in self.referral.facts.items() if name in facts}
        common: dict[str, Any] = {"person": self.person, "at": now, "by": by.id}
        people.record(
            self.floor.practice,
            [e.FactRecorded(**common, fact=_fact(name, value, now)) for name, value in facts.items()],
            by=by,
        )

    def _screen(self) -> Any:
        """Ask the gate until it allows or nothing more can be done."""
        practice = self.floor.practice
        for _ in range(ROUNDS):
            judgement, stands = people.judge_person(practice, self.person, by=self.prescriber)
            if stands.permits:
                yield from self._begin(stands)
                return True
            if self.referral.declines:
                yield self._workday(self.floor.now + timedelta(days=2), 11)
                self._act(course_decide.withdraw, "Declined after the talk about risks.", by=self.coordinator)
                return False
            if not self._put_right(judgement):
                break
            yield self._workday(self.floor.now + timedelta(days=4), 10)
            self._facts_of_the_day()
        self._act(
            course_decide.stop_course, "not_eligible", "The gate does not allow it.", by=self.prescriber
        )
        return False

    def _put_right(self, judgement: Judgement) -> bool:
        """Do what a clinic would do about the findings; return whether there was anything to do."""
        done = False
        now, by = self.floor.now, self.prescriber
        missing = self.referral.missing
        standing = [f for f in judgement.findings if f.status is not GateStatus.MET]
        if missing and self.referral.comes and any(f.fact == missing for f in standing):
            event = e.FactRecorded(
                person=self.person,
                at=now,
                by=by.id,
                fact=_fact(missing, self.referral.facts[missing], now),
            )
            people.record(self.floor.practice, event, by=by)
            done = True
        if any(f.fact in ("vitals.systolic", "suicide.risk") for f in standing):
            done = True  # measured and asked again on the next day
        overridable = [
            f.rule
            for f in standing
            if f.status is GateStatus.NOT_MET and f.override is Override.PRESCRIBER and f.effect is not None
        ]
        if overridable and self.happens("override of a delay that may be overridden"):
            try:
                people.override_gate(
                    self.floor.practice,
                    self.person,
                    overridable,
                    "Weighed with the person and the team; benefit outweighs this.",
                    by=by,
                )
                done = True
            except Refusal:
                pass
        return done

    def _begin(self, stands: GateResult) -> Any:
        practice = self.floor.practice
        courses.assign_protocol(practice, self.course, self.floor.protocol, by=self.prescriber)
        current = consent_current(practice, self.person, self.floor.now)
        self._act(course_decide.activate, stands, current, by=self.prescriber, policy=self.floor.policy)
        for check in self.floor.policy.long_term:
            yield self.floor.now + timedelta(minutes=5)
            self._act(
                course_decide.record_check,
                check.id,
                "normal",
                by=self.prescriber,
                policy=self.floor.policy,
            )

    # --- treatment --------------------------------------------------------------------------------------------

    def _treat(self) -> Any:
        floor = self.floor
        first = self.first_dose_at or self._slot(self._workday(floor.now + timedelta(days=3), 8))
        shift = timedelta()
        index, tries = 0, 0
        while index < self.truth.given.sessions:
            starts_at = first + timedelta(hours=self.floor.starts_h[index]) + shift
            starts_at = max(starts_at, floor.now + timedelta(hours=2))
            session = opaque_id(floor.seed, f"session {self.person}", index * 10 + tries)
            plan_session(floor.practice, session, self.course, index, starts_at, by=self.coordinator)
            yield starts_at - ARRIVES_BEFORE
            if self.happens("did not attend") and self.first_dose_at is None:
                yield starts_at + timedelta(minutes=30)
                floor.do(session, decide.abort, "did_not_attend", "Did not come.", by=self.coordinator)
                shift += timedelta(days=1)
                tries += 1
                if tries > 3:
                    break
                continue
            self._before_session(index)
            watch = self.truth.watches[index]
            visit = Visit(
                floor,
                self.person,
                session,
                self.number,
                index,
                self.truth,
                watch,
                partial(self._begin_follow_up, session, index),
            )
            yield from visit.run(starts_at)
            if visit.out_of_limits:
                yield floor.now + timedelta(hours=1)
                self._act(
                    course_decide.stop_course,
                    "not_eligible",
                    "The dose for this weight is one that the site does not prepare.",
                    by=self.prescriber,
                )
                return
            if not visit.begun:
                shift += timedelta(days=1)
                tries += 1
                if tries > 3:
                    yield floor.now + timedelta(hours=1)
                    self._act(
                        course_decide.stop_course,
                        "not_eligible",
                        "On four days the gate did not allow a dose.",
                        by=self.prescriber,
                    )
                    return
                continue
            tries = 0
            index += 1
            if visit.stopped or visit.transferred:
                yield floor.now + timedelta(hours=2)
                self._act(
                    course_decide.stop_course,
                    "adverse_event",
                    "Blood pressure reached the limit of the site."
                    if visit.stopped
                    else "Not fit to go home by the evening.",
                    by=self.prescriber,
                )
                return
        if index < len(floor.starts_h):
            yield self._workday(floor.now + timedelta(days=2), 12)
            if not self.ended:
                self._act(course_decide.withdraw, "Did not wish to go on.", by=self.coordinator)
            return
        yield floor.now + timedelta(days=7, hours=2)
        clinicians, _ = SCALES[self.referral.disorder]
        self._truth_score(clinicians, index - 1, 168.0, self.prescriber)
        yield floor.now + timedelta(days=21)
        self._truth_score(clinicians, index - 1, 672.0, self.prescriber)
        self._act(course_decide.complete, "", by=self.prescriber)

    def _before_session(self, index: int) -> None:
        self._facts_of_the_day()
        now = self.floor.now
        event = e.MedicationsReviewed(person=self.person, at=now, by=self.monitor.id)
        people.record(self.floor.practice, event, by=self.monitor)
        if index > 0:
            _, own = SCALES[self.referral.disorder]
            self._truth_score(own, index, -1.0, None)
        if index in (0, 3):
            self._phq9()

    def _begin_follow_up(self, session: str, index: int) -> None:
        self.floor.schedule.add(self.floor.now, self._follow_up(session, index))

    def _follow_up(self, session: str, index: int) -> Process:
        floor = self.floor
        ended = floor.session(session).dosing_ended_at
        assert ended is not None
        _, own = SCALES[self.referral.disorder]
        for plan in floor.policy.follow_ups:
            if plan.after is None:
                continue
            hours = float(plan.after.value)
            yield ended + timedelta(
                hours=hours + float(plan.window.value) * float(self.random.uniform(0.05, 0.4))
            )
            reached = not self.happens("not reached for a follow-up") or hours < 2
            by = self.therapist if plan.suicide_risk else self.coordinator
            risk = None
            if plan.suicide_risk and reached:
                risk = SuicideRiskAssessment(
                    id=opaque_id(floor.seed, f"risk {session} {plan.id}", 0),
                    at=floor.now,
                    by=by.id,
                    occasion="after_24h",
                    judgement=RiskLevel.LOW,
                )
            made = FollowUp(plan=plan.id, at=floor.now, by=by.id, reached=reached, suicide_risk=risk)
            floor.do(session, decide.follow_up, made, by=by)
            if reached:
                self._truth_score(own, index, hours, None)

    # --- scores -----------------------------------------------------------------------------------------------

    def _truth_score(self, scale: str, index: int, hours: float, by: Actor | None) -> None:
        points = self.truth.scores.get((scale, index, hours))
        if points is None:
            return
        if by is None:
            self._self_report(scale, points)
        else:
            self._score(scale, points, by)

    def _score(self, scale: str, points: float, by: Actor) -> None:
        instrument = get_instrument(scale)
        total = float(min(max(round(points), instrument.low), instrument.high))
        self.floor.noted(record_score(self.floor.practice, self.person, instrument, total=total, by=by))

    def _self_report(self, scale: str, points: float, *, certain: bool = False) -> None:
        if not certain and self.happens("self-report not returned"):
            return
        instrument = get_instrument(scale)
        if not instrument.items:
            self._score(scale, points, patient_as_actor(self.person))
            return
        answers = self._answers(
            len(instrument.items), instrument.item_low, instrument.item_high, round(points)
        )
        fills = instrument.missing is not None and instrument.missing.fill == "mean"
        if not certain and fills and self.happens("item left out of a self-report"):
            answers[int(self.random.integers(len(answers)))] = None
        done = record_score(
            self.floor.practice, self.person, instrument, answers=answers, by=patient_as_actor(self.person)
        )
        self.floor.noted(done)

    def _phq9(self, *, certain: bool = False) -> None:
        """No model of depression runs here: totals around ten, assumed, and seldom item 9."""
        instrument = get_instrument("PHQ-9")
        answers = self._answers(9, 0, 3, round(10 + float(self.random.normal(0, 3))))
        answers[8] = 1 if self.happens("thoughts of death on a PHQ-9") and not certain else 0
        done = record_score(
            self.floor.practice, self.person, instrument, answers=answers, by=patient_as_actor(self.person)
        )
        self.floor.noted(done)

    def _answers(self, items: int, low: int, high: int, total: int) -> list[int | None]:
        """Return answers that add up to a total, spread by chance."""
        answers = [low] * items
        left = min(max(total - low * items, 0), (high - low) * items)
        while left > 0:
            k = int(self.random.integers(items))
            if answers[k] < high:
                answers[k] += 1
                left -= 1
        return list(answers)

    # --- time -------------------------------------------------------------------------------------------------

    def _act(self, command: Any, *args: Any, by: Actor, **more: Any) -> None:
        if command in (course_decide.withdraw, course_decide.stop_course, course_decide.complete):
            state = self.floor.practice.load(COURSE, self.course).state
            if state is None or state.state.ended:
                return
            self.ended = True
        courses.act(self.floor.practice, self.course, command, *args, by=by, **more)

    def _workday(self, at: datetime, hour: int) -> datetime:
        """Return the first working day at or after a moment, at an hour and some minutes."""
        day = at.replace(hour=hour, minute=int(self.random.integers(0, 50)), second=0, microsecond=0)
        if day < at:
            day += timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
        return day

    def _slot(self, day: datetime) -> datetime:
        """Return when a first session can begin: on a Monday to Wednesday, as six sessions in two weeks need."""
        while day.weekday() > 2:
            day += timedelta(days=1)
        return day.replace(
            hour=8 + int(self.random.integers(0, 5)), minute=int(self.random.choice([0, 20, 40]))
        )


def _fact(name: str, value: Any, at: datetime) -> Fact:
    return Fact(name=name, value=value, unit=FACTS[name].unit, observed_at=at)


def referral_days(random: Any, count: int, start: datetime, end: datetime) -> Sequence[datetime]:
    """Return when people are referred: on working days, evenly spread by chance, in order."""
    span = (end - start).total_seconds()
    found = sorted(start + timedelta(seconds=float(s)) for s in random.uniform(0, span, count))
    days = []
    for at in found:
        day = at.replace(hour=9 + at.second % 7, microsecond=0)
        while day.weekday() >= 5:
            day += timedelta(days=1)
        days.append(max(day, start))
    return sorted(days)
