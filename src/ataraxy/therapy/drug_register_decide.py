"""The commands of a drug register. Every one needs a second person; none changes an earlier entry."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ataraxy.therapy.actor import Action, Actor, require, require_two
from ataraxy.therapy.drug_register import Container, Draw, Register
from ataraxy.therapy.drug_register_events import (
    DiscrepancyExplained,
    DrawCounted,
    DrugCounted,
    DrugDrawn,
    DrugGiven,
    DrugReceived,
    DrugReturned,
    DrugWasted,
    Event,
)
from ataraxy.therapy.exact import plain
from ataraxy.therapy.moment import on_the_wall
from ataraxy.therapy.preparation import Vial
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive


def receive(
    register: Register | None, location: str, vial: Vial, *, actor: Actor, witness: Actor, at: datetime
) -> tuple[Event, ...]:
    """Return the entry of a container that came in; both people have read its label.

    Raises:
        Refusal: ``register.twice``, ``register.expired``, ``register.lot-strength`` where the lot is known with
            another strength, ``register.label``: nobody makes such a container, ``register.location``, ``role.*``.
    """
    at = _by_two(actor, witness, at)
    if vial.label_slip:
        raise _refused(
            "register.label", vial.label_slip, "Read the label again; strength and content look like a slip"
        )
    if register is not None:
        _here(register, location)
        if register.container(vial.id) is not None:
            raise _refused(
                "register.twice", f"the container {vial.id} is in the register", "Give each container its id"
            )
        known = register.label_of_lot(vial.lot)
        if known is not None and (known.drug, known.basis, known.strength) != (
            vial.drug,
            vial.basis,
            vial.strength,
        ):
            raise _refused(
                "register.lot-strength",
                f"lot {vial.lot} stands in the register with {plain(known.strength)} mg/{known.unit} "
                f"{known.drug.label} ({known.basis.value}), and {plain(vial.strength)} mg/{vial.unit} "
                f"{vial.drug.label} ({vial.basis.value}) is received",
                "Read both labels again; one of them is wrong",
            )
    if vial.expires_on < at.date():
        raise _refused(
            "register.expired", f"the container expired on {vial.expires_on}", "Send it back to the supplier"
        )
    return (DrugReceived(location=location, at=at, by=actor.id, witness=witness.id, vial=vial),)


def draw(
    register: Register | None,
    draw_id: str,
    container: str,
    session: str,
    amount: Decimal,
    *,
    actor: Actor,
    witness: Actor,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the entry of drug taken for a session.

    Raises:
        Refusal: ``register.unknown``, ``register.twice``, ``register.expired``, ``register.more-than-there``,
            ``role.*``.
    """
    at = _by_two(actor, witness, at)
    register, found = _container(register, container)
    if register.draw(draw_id) is not None:
        raise _refused("register.twice", f"the draw {draw_id} stands there", "Give each draw its own id")
    if found.vial.expires_on < at.date():
        raise _refused(
            "register.expired",
            f"the container of lot {found.vial.lot} expired on {found.vial.expires_on}",
            "Take one in date, and waste this one",
        )
    _at_most(amount, found.remaining, f"the container {container}")
    return (
        DrugDrawn(
            location=register.location,
            at=at,
            by=actor.id,
            witness=witness.id,
            draw=draw_id,
            container=container,
            session=session,
            amount=amount,
        ),
    )


def record_given(
    register: Register | None, draw_id: str, amount: Decimal, *, actor: Actor, witness: Actor, at: datetime
) -> tuple[Event, ...]:
    """Return the entry of drug that was given out of a draw.

    Raises:
        Refusal: ``register.unknown``, ``register.more-than-there``, ``register.order``, ``role.*``.
    """
    at = _by_two(actor, witness, at)
    register, found = _draw(register, draw_id, at)
    _at_most(amount, found.remaining, f"the draw {draw_id}")
    return (
        DrugGiven(
            location=register.location, at=at, by=actor.id, witness=witness.id, draw=draw_id, amount=amount
        ),
    )


def waste(
    register: Register | None,
    amount: Decimal,
    reason: Sensitive,
    *,
    draw_id: str | None = None,
    container: str | None = None,
    actor: Actor,
    witness: Actor,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the entry of drug that was destroyed, out of a draw or straight out of a container.

    Raises:
        Refusal: ``register.place``, ``register.unknown``, ``register.more-than-there``, ``register.reason``,
            ``role.*``.
    """
    at = _by_two(actor, witness, at)
    register = _place(register, draw_id, container, amount, at)
    if not reason.strip():
        raise _refused("register.reason", "the waste has no reason", "Say why it is wasted")
    return (
        DrugWasted(
            location=register.location,
            at=at,
            by=actor.id,
            witness=witness.id,
            draw=draw_id,
            container=container,
            amount=amount,
            reason=reason,
        ),
    )


def return_drug(
    register: Register | None,
    amount: Decimal,
    reason: Sensitive = "",
    *,
    draw_id: str | None = None,
    container: str | None = None,
    actor: Actor,
    witness: Actor,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the entry of unused pieces that go back into their container, or of a container that goes to the supplier.

    Raises:
        Refusal: ``register.put-back`` for liquid, which is never put back, and the codes of `waste`.
    """
    at = _by_two(actor, witness, at)
    register = _place(register, draw_id, container, amount, at)
    if draw_id is not None:
        found = register.draw(draw_id)
        place = None if found is None else register.container(found.container)
        if place is None or place.vial.unit != "piece":
            raise _refused(
                "register.put-back", "drawn liquid is never put back into a vial", "Waste it, with a witness"
            )
    return (
        DrugReturned(
            location=register.location,
            at=at,
            by=actor.id,
            witness=witness.id,
            draw=draw_id,
            container=container,
            amount=amount,
            reason=reason,
        ),
    )


def count(
    register: Register | None,
    count_id: str,
    counted: Decimal,
    *,
    draw_id: str | None = None,
    container: str | None = None,
    actor: Actor,
    witness: Actor,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the entry of a count of a container or of what is left of a draw; a difference becomes a discrepancy.

    Raises:
        Refusal: ``register.place``, ``register.unknown``, ``register.twice``, ``register.amount``, ``role.*``.
    """
    at = _by_two(actor, witness, at)
    if (draw_id is None) == (container is None):
        raise _two_places()
    if counted < 0:
        raise _refused("register.amount", f"{plain(counted)} was counted", "Give what is there, 0 or more")
    if register is not None and count_id in register.counts:
        raise _refused("register.twice", f"the count {count_id} stands there", "Give each count its own id")
    if draw_id is not None:
        register, found = _draw(register, draw_id, at)
        return (
            DrawCounted(
                location=register.location,
                at=at,
                by=actor.id,
                witness=witness.id,
                count=count_id,
                draw=draw_id,
                expected=found.remaining,
                counted=counted,
            ),
        )
    register, place = _container(register, container or "")
    return (
        DrugCounted(
            location=register.location,
            at=at,
            by=actor.id,
            witness=witness.id,
            count=count_id,
            container=container or "",
            expected=place.remaining,
            counted=counted,
        ),
    )


def explain(
    register: Register | None,
    count_id: str,
    explanation: Sensitive,
    *,
    actor: Actor,
    witness: Actor,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the entry of an explanation of a discrepancy, which stays and keeps its amount.

    Raises:
        Refusal: ``register.no-discrepancy``, ``register.reason``, ``role.*``.
    """
    require(actor, Action.EXPLAIN_DISCREPANCY)
    at = _seen_by(actor, witness, at)
    if register is None or all(d.id != count_id for d in register.discrepancies):
        raise _refused(
            "register.no-discrepancy", f"no discrepancy was found in the count {count_id}", "Name its count"
        )
    if not explanation.strip():
        raise _refused("register.reason", "the explanation is empty", "Say what happened")
    return (
        DiscrepancyExplained(
            location=register.location,
            at=at,
            by=actor.id,
            witness=witness.id,
            count=count_id,
            explanation=explanation,
        ),
    )


def require_reconciled(register: Register | None, session: str) -> None:
    """Refuse to call a session's drug accounted for while some of it is not.

    Raises:
        Refusal: ``register.not-reconciled``, with the open draws as findings.
    """
    left = () if register is None else register.open_draws(session)
    if left:
        first = left[0]
        raise Refusal(
            f"{plain(first.remaining)} of the draw {first.id} are neither given, wasted nor returned",
            code="register.not-reconciled",
            remedy="Chart what was given and waste the rest with a witness, or count it",
            where=session,
            findings=left,
        )


def _by_two(actor: Actor, witness: Actor, at: datetime) -> datetime:
    require(actor, Action.HANDLE_DRUG)
    return _seen_by(actor, witness, at)


def _seen_by(actor: Actor, witness: Actor, at: datetime) -> datetime:
    require(witness, Action.WITNESS)
    require_two(actor.id, witness.id, "an entry of the drug register")
    return on_the_wall(at)


def _here(register: Register, location: str) -> None:
    if register.location != location:
        raise _refused(
            "register.location",
            f"this is the register of {register.location}, not of {location}",
            "Use the register of the place",
        )


def _container(register: Register | None, container: str) -> tuple[Register, Container]:
    found = None if register is None else register.container(container)
    if register is None or found is None:
        raise _refused("register.unknown", f"the register holds no container {container}", "Receive it first")
    return register, found


def _draw(register: Register | None, draw_id: str, at: datetime) -> tuple[Register, Draw]:
    found = None if register is None else register.draw(draw_id)
    if register is None or found is None:
        raise _refused("register.unknown", f"the register holds no draw {draw_id}", "Draw it first")
    if at < found.at:
        raise _refused("register.order", f"the draw {draw_id} was made later than this", "Correct the time")
    return register, found


def _place(
    register: Register | None, draw_id: str | None, container: str | None, amount: Decimal, at: datetime
) -> Register:
    if (draw_id is None) == (container is None):
        raise _two_places()
    if draw_id is not None:
        register, found = _draw(register, draw_id, at)
        _at_most(amount, found.remaining, f"the draw {draw_id}", positive=True)
        return register
    register, place = _container(register, container or "")
    _at_most(amount, place.remaining, f"the container {container}", positive=True)
    return register


def _at_most(amount: Decimal, there: Decimal, what: str, *, positive: bool = False) -> None:
    if amount < 0 or (positive and amount == 0):
        raise _refused("register.amount", f"the amount is {plain(amount)}", "Give an amount above zero")
    if amount > there:
        raise _refused(
            "register.more-than-there",
            f"{plain(amount)} are taken and {what} holds {plain(there)}",
            "Check the amount; where more is really there, count it first: the surplus is a discrepancy",
        )


def _two_places() -> Refusal:
    return _refused(
        "register.place", "either a draw or a container is meant, not both or none", "Name one of them"
    )


def _refused(code: str, message: str, remedy: str) -> Refusal:
    return Refusal(message, code=code, remedy=remedy)
