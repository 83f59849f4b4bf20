"""A dose on its way to being prepared: one person's calculation waits, unseen, for a second person's own.

The first calculation goes to the record before the second person begins, so that nothing that a browser keeps or sends
can stand in for it. It lies in a history beside the session; the session itself learns of a dose only when two people
agree, and then the register learns in the same moment that the drug was drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from ataraxy.practice.aggregate import REGISTER, SESSION, Aggregate
from ataraxy.practice.practice import Done, Practice, Step
from ataraxy.practice.site import clinic_time, policy_in_force
from ataraxy.therapy import drug_register_decide
from ataraxy.therapy.actor import Action, Actor, require, require_two
from ataraxy.therapy.drug_register import Register
from ataraxy.therapy.exact import plain
from ataraxy.therapy.moment import Moment
from ataraxy.therapy.preparation import (
    Calculation,
    OwnResult,
    RawInputs,
    Recalculation,
    Vial,
    calculate,
    preparation_problems,
)
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.decide_before import known_for
from ataraxy.therapy.session.state import Session, SessionState
from ataraxy.therapy.site_policy import SitePolicy
from ataraxy.therapy.value import Value


class PreparingEvent(Value):
    """What every event of a dose on its way carries.

    Attributes:
        session, preparation: opaque ids.
        at, by: when and who.
    """

    session: str
    preparation: str
    at: Moment
    by: str


class DoseCalculated(PreparingEvent):
    """The first person read everything and the dose was calculated from it."""

    kind: Literal["preparing.calculated"] = "preparing.calculated"
    location: str
    calculation: Calculation


class HandedOver(PreparingEvent):
    """The first person has seen enough of it: from now on nobody sees it until a second person agrees."""

    kind: Literal["preparing.handed_over"] = "preparing.handed_over"


class CalculationWithdrawn(PreparingEvent):
    """The calculation is not used."""

    kind: Literal["preparing.withdrawn"] = "preparing.withdrawn"
    reason: Sensitive = ""


class DoseAgreed(PreparingEvent):
    """A second person came to the same by themselves, and the drug was drawn."""

    kind: Literal["preparing.agreed"] = "preparing.agreed"
    recalculation: Recalculation
    draw: str


class DoseDiffered(PreparingEvent):
    """A second person came to something else; both begin anew."""

    kind: Literal["preparing.differed"] = "preparing.differed"
    recalculation: Recalculation
    codes: tuple[str, ...]


Event = Annotated[
    DoseCalculated | HandedOver | CalculationWithdrawn | DoseAgreed | DoseDiffered,
    Field(discriminator="kind"),
]
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
KINDS = tuple(str(event.model_fields["kind"].default) for event in PreparingEvent.__subclasses__())


class Waiting(Value):
    """A calculation that no second person has held theirs against yet."""

    preparation: str
    location: str
    calculation: Calculation
    handed_over: bool = False


class Prepared(Value):
    """A dose on which two people agreed, with what each of them read and found."""

    preparation: str
    location: str
    draw: str
    first: Calculation
    second: Recalculation


class Preparing(Value):
    """All that was calculated for one session.

    Attributes:
        waiting: None while nothing waits.
        prepared: every dose on which two people agreed, the latest last.
        used: ids of preparations that were begun; none is begun twice.
    """

    waiting: Waiting | None = None
    prepared: tuple[Prepared, ...] = ()
    used: tuple[str, ...] = ()


def evolve_preparing(state: Preparing | None, event: Event) -> Preparing:
    """Return the state after an event; what names no waiting calculation changes nothing."""
    state = state or Preparing()
    match event:
        case DoseCalculated():
            waiting = Waiting(
                preparation=event.preparation, location=event.location, calculation=event.calculation
            )
            return state.model_copy(update={"waiting": waiting, "used": (*state.used, event.preparation)})
        case _ if state.waiting is None or state.waiting.preparation != event.preparation:
            return state
        case HandedOver():
            handed = state.waiting.model_copy(update={"handed_over": True})
            return state.model_copy(update={"waiting": handed})
        case DoseAgreed():
            made = Prepared(
                preparation=event.preparation,
                location=state.waiting.location,
                draw=event.draw,
                first=state.waiting.calculation,
                second=event.recalculation,
            )
            return state.model_copy(update={"waiting": None, "prepared": (*state.prepared, made)})
        case _:
            return state.model_copy(update={"waiting": None})


def _parse(kind: str, payload: dict[str, Any]) -> Event:
    return _EVENT.validate_python({**payload, "kind": kind})


# One history for each session, under the session's id.
PREPARING: Aggregate[Preparing] = Aggregate("preparing", frozenset(KINDS), _parse, evolve_preparing)


def begin(
    practice: Practice,
    session_id: str,
    preparation_id: str,
    inputs: RawInputs,
    *,
    location: str,
    by: Actor,
    key: str | None = None,
    at: datetime | None = None,
) -> Done:
    """Record the first person's calculation, held against the record and the register as far as one person can.

    What is refused because something does not fit is a near miss, recorded in the session.

    Raises:
        Refusal: codes of `ataraxy.therapy.preparation`; ``preparing.waiting``: another calculation waits;
            ``preparing.not-enough``: the container holds less than is needed; ``session.state``.
    """

    def steps() -> Sequence[Step]:
        session = _checked_in(practice, session_id)
        loaded = practice.load(PREPARING, session_id)
        state = loaded.state or Preparing()
        if state.waiting is not None:
            raise Refusal(
                "a calculation waits for a second person",
                code="preparing.waiting",
                remedy="Let a second person recalculate it, or withdraw it first",
                where=session_id,
            )
        if preparation_id in state.used:
            raise Refusal("this preparation was begun before", code="preparing.twice", remedy="Begin another")
        policy = policy_in_force(practice)
        when = clinic_time(practice, at or practice.now())
        register = practice.load(REGISTER, location).state
        first = calculate(inputs, actor=by, policy=policy, at=when)
        _refuse_against_record(first, session, register, policy, when)
        _refuse_too_little(first, register)
        event = DoseCalculated(
            session=session_id,
            preparation=preparation_id,
            at=when,
            by=by.id,
            location=location,
            calculation=first,
        )
        return [Step(PREPARING.stream(session_id), loaded.version, [event], _patient(session))]

    asked = {"id": session_id, "preparation": preparation_id, "inputs": inputs, "location": location}
    try:
        return practice.perform(steps, by=by, command="preparing.begin", asked=asked, key=key)
    except Refusal as refusal:
        if refusal.code.startswith("preparation."):
            _record_near_miss(practice, session_id, refusal, (by.id,), by, key)
        raise


def hand_over(practice: Practice, session_id: str, *, by: Actor) -> Done:
    """Record that the first person hands over; nothing where that is done. Raises Refusal ``preparing.nothing``."""

    def steps() -> Sequence[Step]:
        require(by, Action.PREPARE)
        session = _checked_in(practice, session_id)
        loaded = practice.load(PREPARING, session_id)
        waiting = _waiting(loaded.state, session_id)
        event = HandedOver(session=session_id, preparation=waiting.preparation, at=practice.now(), by=by.id)
        events = [] if waiting.handed_over else [event]
        return [Step(PREPARING.stream(session_id), loaded.version, events, _patient(session))]

    return practice.perform(steps, by=by, command="preparing.hand_over", asked={"id": session_id})


def withdraw(practice: Practice, session_id: str, reason: str, *, by: Actor) -> Done:
    """Record that the waiting calculation is not used. Raises Refusal ``preparing.nothing``."""

    def steps() -> Sequence[Step]:
        require(by, Action.PREPARE)
        loaded = practice.load(PREPARING, session_id)
        waiting = _waiting(loaded.state, session_id)
        event = CalculationWithdrawn(
            session=session_id, preparation=waiting.preparation, at=practice.now(), by=by.id, reason=reason
        )
        session = practice.load(SESSION, session_id).state
        return [Step(PREPARING.stream(session_id), loaded.version, [event], _patient(session))]

    asked = {"id": session_id, "reason": reason}
    return practice.perform(steps, by=by, command="preparing.withdraw", asked=asked)


def agree(
    practice: Practice,
    session_id: str,
    preparation_id: str,
    inputs: RawInputs,
    result: OwnResult,
    *,
    draw_id: str,
    by: Actor,
    first: Actor,
    key: str | None = None,
    at: datetime | None = None,
) -> Done:
    """Record what a second person read and worked out. Where both agree the dose is prepared and drawn, at once.

    Where they do not, the refusal is recorded as a near miss and the waiting calculation is used up: whoever reads
    that two results differ is no longer independent of the other, and both begin anew.

    Args:
        practice: where it is recorded.
        session_id, preparation_id: of the calculation that waits.
        inputs, result: the second person's own.
        draw_id: names the draw in the register.
        by: the second person, who has just shown who they are.
        first: the first person with the roles that they have now: they draw, the second is the witness.
        key, at: as for `Practice.perform`.

    Raises:
        Refusal: codes of `ataraxy.therapy.preparation.verify` and of the register; ``preparing.nothing``: no such
            calculation waits; ``role.same-person``.
    """

    def steps() -> Sequence[Step]:
        policy = policy_in_force(practice)
        when = clinic_time(practice, at or practice.now())
        loaded = practice.load(PREPARING, session_id)
        waiting = _waiting(loaded.state, session_id, preparation_id)
        session_loaded = practice.load(SESSION, session_id)
        register_loaded = practice.load(REGISTER, waiting.location)
        require_two(waiting.calculation.by, by.id, "a preparation")
        second = Recalculation(by=by.id, at=when, inputs=inputs, result=result)
        prepared = decide.prepare(
            session_loaded.state,
            preparation_id,
            waiting.calculation,
            second,
            vial=_vial(register_loaded.state, waiting.calculation),
            actor=by,
            policy=policy,
            at=when,
        )
        drawn = drug_register_decide.draw(
            register_loaded.state,
            draw_id,
            waiting.calculation.inputs.vial.id,
            session_id,
            waiting.calculation.quantities.drawn,
            actor=first,
            witness=by,
            at=when,
        )
        agreed = DoseAgreed(
            session=session_id,
            preparation=preparation_id,
            at=when,
            by=by.id,
            recalculation=second,
            draw=draw_id,
        )
        patient = _patient(session_loaded.state)
        return [
            Step(PREPARING.stream(session_id), loaded.version, [agreed], patient),
            Step(SESSION.stream(session_id), session_loaded.version, prepared, patient),
            Step(REGISTER.stream(waiting.location), register_loaded.version, drawn),
        ]

    asked = {"id": session_id, "preparation": preparation_id, "inputs": inputs, "result": result}
    try:
        return practice.perform(steps, by=by, command="preparing.agree", asked=asked, key=key)
    except Refusal as refusal:
        if refusal.code.startswith("preparation."):
            _record_difference(practice, session_id, preparation_id, refusal, inputs, result, by)
        raise


def _record_difference(
    practice: Practice,
    session_id: str,
    preparation_id: str,
    refusal: Refusal,
    inputs: RawInputs,
    result: OwnResult,
    by: Actor,
) -> None:
    """The near miss and the end of the calculation that it was about, together.

    Where somebody else used the calculation up in between, what this person found is a near miss all the same.
    """

    def steps() -> Sequence[Step]:
        policy, when = policy_in_force(practice), clinic_time(practice, practice.now())
        loaded = practice.load(PREPARING, session_id)
        waiting = None if loaded.state is None else loaded.state.waiting
        session_loaded = practice.load(SESSION, session_id)
        patient = _patient(session_loaded.state)
        here = waiting is not None and waiting.preparation == preparation_id
        people = (waiting.calculation.by, by.id) if here and waiting is not None else (by.id,)
        missed = decide.refused_preparation(
            session_loaded.state, refusal, people, actor=by, policy=policy, at=when
        )
        differed = DoseDiffered(
            session=session_id,
            preparation=preparation_id,
            at=when,
            by=by.id,
            recalculation=Recalculation(by=by.id, at=when, inputs=inputs, result=result),
            codes=tuple(sorted({found.code for found in refusal.findings})),
        )
        return [
            Step(PREPARING.stream(session_id), loaded.version, [differed] if here else [], patient),
            Step(SESSION.stream(session_id), session_loaded.version, missed, patient),
        ]

    asked = {"id": session_id, "preparation": preparation_id}
    practice.perform(steps, by=by, command="preparing.differ", asked=asked)


def _record_near_miss(
    practice: Practice, session_id: str, refusal: Refusal, people: tuple[str, ...], by: Actor, key: str | None
) -> None:
    def steps() -> Sequence[Step]:
        loaded = practice.load(SESSION, session_id)
        missed = decide.refused_preparation(
            loaded.state, refusal, people, actor=by, policy=policy_in_force(practice), at=practice.now()
        )
        return [Step(SESSION.stream(session_id), loaded.version, missed, _patient(loaded.state))]

    asked = {"id": session_id, "code": refusal.code, "message": refusal.message}
    whole_key = None if key is None else f"{key}:near-miss"
    practice.perform(steps, by=by, command="preparing.near_miss", asked=asked, key=whole_key)


def _refuse_against_record(
    first: Calculation, session: Session, register: Register | None, policy: SitePolicy, at: datetime
) -> None:
    """Hold the first calculation against the record as if somebody had agreed with all of it."""
    found = first.quantities
    echo = Recalculation(
        by="",
        at=at,
        inputs=first.inputs,
        result=OwnResult(
            dose_mg=found.dose_mg,
            drawn=found.drawn,
            rate_ml_per_h=found.rates_ml_per_h[0] if found.rates_ml_per_h else None,
        ),
    )
    known = known_for(session, _vial(register, first))
    problems = preparation_problems(first, echo, known=known, policy=policy, at=at)
    if problems:
        first_problem = problems[0]
        raise Refusal(
            first_problem.message, code=first_problem.code, remedy=first_problem.remedy, findings=problems
        )


def _refuse_too_little(first: Calculation, register: Register | None) -> None:
    vial = first.inputs.vial
    container = None if register is None else register.container(vial.id)
    if container is not None and container.remaining < first.quantities.drawn:
        raise Refusal(
            f"{plain(first.quantities.drawn)} {vial.unit} are needed and the register holds "
            f"{plain(container.remaining)} {vial.unit} in this container",
            code="preparing.not-enough",
            remedy="Take another container, or count this one where more is there",
            where=vial.id,
        )


def _vial(register: Register | None, first: Calculation) -> Vial | None:
    container = None if register is None else register.container(first.inputs.vial.id)
    return None if container is None else container.vial


def _checked_in(practice: Practice, session_id: str) -> Session:
    session = practice.load(SESSION, session_id).state
    if session is None or session.plan is None:
        raise Refusal("there is no such session", code="session.unknown", remedy="Plan the session first")
    if session.state is not SessionState.CHECKED_IN:
        raise Refusal(
            f"a dose is prepared between check-in and start, and the session is "
            f"{session.state.value.replace('_', ' ')}",
            code="session.state",
            remedy="Check the person in first"
            if session.state is SessionState.PLANNED
            else "Look at the run sheet",
            where=session_id,
        )
    return session


def _waiting(state: Preparing | None, session_id: str, preparation_id: str | None = None) -> Waiting:
    waiting = None if state is None else state.waiting
    if waiting is None or preparation_id not in (None, waiting.preparation):
        raise Refusal(
            "this calculation does not wait any more",
            code="preparing.nothing",
            remedy="Look at the preparation as it is now, and begin again where needed",
            where=session_id,
        )
    return waiting


def _patient(session: Session | None) -> str:
    if session is None or session.plan is None:
        raise Refusal("there is no such session", code="session.unknown", remedy="Plan the session first")
    return session.plan.patient
