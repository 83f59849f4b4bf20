"""What can happen in a course of treatment. Events are facts, checked for their form only."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from ataraxy.therapy.exact import Exact
from ataraxy.therapy.moment import Moment
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session.state import Disposition
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment
from ataraxy.therapy.value import Count, Value

Positive = Annotated[Exact, Field(gt=0)]


class OrderedDose(Value):
    """A dose that a prescriber orders in the place of the protocol's, on the protocol's basis."""

    amount: Positive
    per: Literal["mg", "mg/kg"]
    cap_mg: Positive | None = None


class CourseEvent(Value):
    """What every event of a course carries."""

    course: str
    at: Moment
    by: str


class CourseOpened(CourseEvent):
    """A person was referred."""

    kind: Literal["course.opened"] = "course.opened"
    patient: str
    disorder: str = ""
    simulated: bool = False


class ScreeningBegun(CourseEvent):
    """Screening began."""

    kind: Literal["course.screening_begun"] = "course.screening_begun"


class ProtocolAssigned(CourseEvent):
    """A prescriber assigned a protocol, in one version."""

    kind: Literal["course.protocol_assigned"] = "course.protocol_assigned"
    protocol: str
    protocol_version: str
    protocol_hash: str = ""
    sessions: Annotated[Count, Field(ge=1)]


class CourseActivated(CourseEvent):
    """Treatment may begin."""

    kind: Literal["course.activated"] = "course.activated"


class DoseChanged(CourseEvent):
    """A prescriber changed the dose from the next session on; None returns to the protocol's."""

    kind: Literal["course.dose_changed"] = "course.dose_changed"
    to: OrderedDose | None
    reason: Sensitive


class SessionEnded(CourseEvent):
    """A session of the course ended; a later one with the same id replaces it, as after a correction of the pump."""

    kind: Literal["course.session_ended"] = "course.session_ended"
    session: str
    index: Annotated[Count, Field(ge=0)]
    disposition: Disposition
    first_dose_at: Moment | None = None
    given_mg_base: Annotated[Exact, Field(ge=0)]
    weight_kg: Positive | None = None


class CheckDone(CourseEvent):
    """A check that repeated treatment asks for was done."""

    kind: Literal["course.check_done"] = "course.check_done"
    check: str
    result: Literal["normal", "abnormal", "not_interpretable"]
    note: Sensitive = ""


class RiskAssessed(CourseEvent):
    """A clinician assessed suicide risk outside of a session."""

    kind: Literal["course.suicide_risk"] = "course.suicide_risk"
    assessment: SuicideRiskAssessment


class CourseCompleted(CourseEvent):
    """The course ended as intended."""

    kind: Literal["course.completed"] = "course.completed"
    note: Sensitive = ""


class CourseWithdrawn(CourseEvent):
    """The person withdrew."""

    kind: Literal["course.withdrawn"] = "course.withdrawn"
    reason: Sensitive


class CourseStopped(CourseEvent):
    """A prescriber stopped the course, or it was never begun."""

    kind: Literal["course.stopped"] = "course.stopped"
    why: Literal["not_eligible", "adverse_event", "no_benefit", "new_contraindication", "other"]
    reason: Sensitive


Event = Annotated[
    CourseOpened
    | ScreeningBegun
    | ProtocolAssigned
    | CourseActivated
    | DoseChanged
    | SessionEnded
    | CheckDone
    | RiskAssessed
    | CourseCompleted
    | CourseWithdrawn
    | CourseStopped,
    Field(discriminator="kind"),
]
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
KINDS: tuple[str, ...] = tuple(e.model_fields["kind"].default for e in CourseEvent.__subclasses__())


def parse_course_event(kind: str, payload: dict[str, Any]) -> Event:
    """Return the event that a payload of the record holds.

    Raises:
        Refusal: the kind is none of a course (``event.unknown-kind``).
        ValidationError: the payload has another form.
    """
    if kind not in KINDS:
        raise Refusal(
            f'"{kind}" is no event of a course',
            code="event.unknown-kind",
            remedy=f"Known are {', '.join(KINDS)}",
        )
    return _EVENT.validate_python({**payload, "kind": kind})
