"""What can happen in a session. Events are facts: they are checked for their form, never for whether they should be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from ataraxy.therapy.exact import Exact
from ataraxy.therapy.moment import Moment
from ataraxy.therapy.preparation import NearMiss, Preparation
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session.adverse_event import AdverseEvent
from ataraxy.therapy.session.check_in import CheckIn
from ataraxy.therapy.session.reading import Reading
from ataraxy.therapy.session.session_plan import SessionPlan
from ataraxy.therapy.session.state import DischargeCheck, Disposition, FollowUp, Override
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment
from ataraxy.therapy.value import Count, Value

Positive = Annotated[Exact, Field(gt=0)]
NotNegative = Annotated[Exact, Field(ge=0)]


class SessionEvent(Value):
    """What every event of a session carries.

    Attributes:
        session: opaque id.
        at: when it happened.
        by: who did it.
        policy: name and version of the policy that it was held against; empty where none was read.
    """

    session: str
    at: Moment
    by: str
    policy: str = ""


class SessionPlanned(SessionEvent):
    """A session was planned."""

    kind: Literal["session.planned"] = "session.planned"
    plan: SessionPlan


class CheckedIn(SessionEvent):
    """The person came and was asked; a later one replaces it for the rules."""

    kind: Literal["session.checked_in"] = "session.checked_in"
    check_in: CheckIn


class HoldOverridden(SessionEvent):
    """A prescriber went on in spite of a hold."""

    kind: Literal["session.hold_overridden"] = "session.hold_overridden"
    override: Override


class DosePrepared(SessionEvent):
    """Two people prepared the dose and agreed."""

    kind: Literal["session.prepared"] = "session.prepared"
    preparation: Preparation


class PreparationRefused(SessionEvent):
    """A preparation was refused: a near miss."""

    kind: Literal["session.preparation_refused"] = "session.preparation_refused"
    near_miss: NearMiss


class DosingStarted(SessionEvent):
    """The pump was started; for other routes, giving began."""

    kind: Literal["session.dosing_started"] = "session.dosing_started"
    rate_ml_per_h: Positive | None = None
    amount: Positive | None = None


class DoseGiven(SessionEvent):
    """One more single dose, such as the next nasal device."""

    kind: Literal["session.dose_given"] = "session.dose_given"
    amount: Positive


class RateChanged(SessionEvent):
    """The pump runs at another rate."""

    kind: Literal["session.rate_changed"] = "session.rate_changed"
    rate_ml_per_h: Positive
    reason: Sensitive = ""


class DosingPaused(SessionEvent):
    """The pump was paused."""

    kind: Literal["session.paused"] = "session.paused"
    reason: Sensitive = ""


class DosingResumed(SessionEvent):
    """The pump runs again."""

    kind: Literal["session.resumed"] = "session.resumed"
    rate_ml_per_h: Positive


class DosingStopped(SessionEvent):
    """The dose ended."""

    kind: Literal["session.stopped"] = "session.stopped"
    early: bool = False
    reason: Sensitive = ""


class DeliveryCorrected(SessionEvent):
    """Time, rate or amount of an act at the pump was charted wrongly; the earlier entry remains in the record."""

    kind: Literal["session.delivery_corrected"] = "session.delivery_corrected"
    point: Count
    to_at: Moment | None = None
    to_rate_ml_per_h: NotNegative | None = None
    to_amount: NotNegative | None = None
    reason: Sensitive


class ReadingCharted(SessionEvent):
    """A reading was charted; `late` where it was taken well before."""

    kind: Literal["session.reading"] = "session.reading"
    reading: Reading
    late: bool = False


class ReadingCorrected(SessionEvent):
    """A reading replaces an earlier one for the rules; None: it is withdrawn, as one of another person."""

    kind: Literal["session.reading_corrected"] = "session.reading_corrected"
    corrects: str
    reading: Reading | None
    reason: Sensitive


class AdverseEventCharted(SessionEvent):
    """An adverse event was charted, or an earlier one updated."""

    kind: Literal["session.adverse_event"] = "session.adverse_event"
    adverse_event: AdverseEvent


class SuicideRiskRecorded(SessionEvent):
    """A clinician assessed suicide risk again during the visit."""

    kind: Literal["session.suicide_risk"] = "session.suicide_risk"
    assessment: SuicideRiskAssessment


class ObservationBegun(SessionEvent):
    """Close observation began."""

    kind: Literal["session.observation_begun"] = "session.observation_begun"


class RecoveryBegun(SessionEvent):
    """Close observation ended; the person rests."""

    kind: Literal["session.recovery_begun"] = "session.recovery_begun"


class Discharged(SessionEvent):
    """The person left with the escort."""

    kind: Literal["session.discharged"] = "session.discharged"
    check: DischargeCheck


class Aborted(SessionEvent):
    """The session ended otherwise."""

    kind: Literal["session.aborted"] = "session.aborted"
    disposition: Disposition
    prescriber: str | None = None
    reason: Sensitive


class FollowUpCharted(SessionEvent):
    """A follow-up took place, or was tried."""

    kind: Literal["session.follow_up"] = "session.follow_up"
    follow_up: FollowUp


Event = Annotated[
    SessionPlanned
    | CheckedIn
    | HoldOverridden
    | DosePrepared
    | PreparationRefused
    | DosingStarted
    | DoseGiven
    | RateChanged
    | DosingPaused
    | DosingResumed
    | DosingStopped
    | DeliveryCorrected
    | ReadingCharted
    | ReadingCorrected
    | AdverseEventCharted
    | SuicideRiskRecorded
    | ObservationBegun
    | RecoveryBegun
    | Discharged
    | Aborted
    | FollowUpCharted,
    Field(discriminator="kind"),
]

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
KINDS: tuple[str, ...] = tuple(event.model_fields["kind"].default for event in SessionEvent.__subclasses__())


def parse_event(kind: str, payload: dict[str, Any]) -> Event:
    """Return the event that a payload of the record holds.

    Raises:
        Refusal: the kind is none of a session (``event.unknown-kind``).
        ValidationError: the payload has another form.
    """
    if kind not in KINDS:
        raise Refusal(
            f'"{kind}" is no event of a session',
            code="event.unknown-kind",
            remedy=f"Known are {', '.join(KINDS)}",
        )
    return _EVENT.validate_python({**payload, "kind": kind})
