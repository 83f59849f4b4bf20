"""The entries of a drug register. They are facts: checked for their form, never for whether they should be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from ataraxy.therapy.exact import Exact
from ataraxy.therapy.moment import Moment
from ataraxy.therapy.preparation import Vial
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.value import Value

Positive = Annotated[Exact, Field(gt=0)]
NotNegative = Annotated[Exact, Field(ge=0)]


class RegisterEvent(Value):
    """What every entry of a register carries: where, when, who, and the second person."""

    location: str
    at: Moment
    by: str
    witness: str


class DrugReceived(RegisterEvent):
    """A container came in; its label is read by two people."""

    kind: Literal["register.received"] = "register.received"
    vial: Vial


class DrugDrawn(RegisterEvent):
    """Drug was taken out of a container for a session."""

    kind: Literal["register.drawn"] = "register.drawn"
    draw: str
    container: str
    session: str
    amount: Positive


class DrugGiven(RegisterEvent):
    """Drug of a draw was given."""

    kind: Literal["register.given"] = "register.given"
    draw: str
    amount: NotNegative


class DrugWasted(RegisterEvent):
    """Drug was destroyed, from a draw or from a container."""

    kind: Literal["register.wasted"] = "register.wasted"
    draw: str | None = None
    container: str | None = None
    amount: Positive
    reason: Sensitive


class DrugReturned(RegisterEvent):
    """Drug left: unused pieces of a draw go back into the container, a container goes back to the supplier."""

    kind: Literal["register.returned"] = "register.returned"
    draw: str | None = None
    container: str | None = None
    amount: Positive
    reason: Sensitive = ""


class DrugCounted(RegisterEvent):
    """A container was counted; where the count differs, that is a discrepancy, and the balance is the count."""

    kind: Literal["register.counted"] = "register.counted"
    count: str
    container: str
    expected: Exact
    counted: NotNegative


class DrawCounted(RegisterEvent):
    """What is left of a draw was measured, with less or more than the balance."""

    kind: Literal["register.draw_counted"] = "register.draw_counted"
    count: str
    draw: str
    expected: Exact
    counted: NotNegative


class DiscrepancyExplained(RegisterEvent):
    """Somebody explained a discrepancy; it stays."""

    kind: Literal["register.explained"] = "register.explained"
    count: str
    explanation: Sensitive


Event = Annotated[
    DrugReceived
    | DrugDrawn
    | DrugGiven
    | DrugWasted
    | DrugReturned
    | DrugCounted
    | DrawCounted
    | DiscrepancyExplained,
    Field(discriminator="kind"),
]
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
KINDS: tuple[str, ...] = tuple(e.model_fields["kind"].default for e in RegisterEvent.__subclasses__())


def parse_register_event(kind: str, payload: dict[str, Any]) -> Event:
    """Return the event that a payload of the record holds.

    Raises:
        Refusal: the kind is none of a register (``event.unknown-kind``).
        ValidationError: the payload has another form.
    """
    if kind not in KINDS:
        raise Refusal(
            f'"{kind}" is no event of a drug register',
            code="event.unknown-kind",
            remedy=f"Known are {', '.join(KINDS)}",
        )
    return _EVENT.validate_python({**payload, "kind": kind})
