"""The session as it stands: a fold of its events."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from ataraxy.therapy.moment import Moment
from ataraxy.therapy.preparation import NearMiss, Preparation
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session.adverse_event import AdverseEvent
from ataraxy.therapy.session.check_in import CheckIn
from ataraxy.therapy.session.delivery import DeliveryPoint, delivered
from ataraxy.therapy.session.reading import ChartedReading, Reading
from ataraxy.therapy.session.rule import Phase
from ataraxy.therapy.session.session_plan import SessionPlan
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment
from ataraxy.therapy.value import Count, Value

Disposition = Literal[
    "home_with_escort",
    "not_dosed",
    "transferred",
    "left_against_advice",
    "died",
    "cancelled",
    "did_not_attend",
]


class SessionState(StrEnum):
    """Where a session stands. `DISCHARGED` and `ABORTED` are ends."""

    PLANNED = "planned"
    CHECKED_IN = "checked_in"
    DOSING = "dosing"
    OBSERVATION = "observation"
    RECOVERY = "recovery"
    DISCHARGED = "discharged"
    ABORTED = "aborted"

    @property
    def ended(self) -> bool:
        """Return whether nothing but follow-up and corrections is left."""
        return self in (SessionState.DISCHARGED, SessionState.ABORTED)


PHASE_OF = {
    SessionState.PLANNED: Phase.BEFORE,
    SessionState.CHECKED_IN: Phase.BEFORE,
    SessionState.DOSING: Phase.DOSING,
    SessionState.OBSERVATION: Phase.OBSERVATION,
    SessionState.RECOVERY: Phase.RECOVERY,
    SessionState.DISCHARGED: Phase.RECOVERY,
    SessionState.ABORTED: Phase.RECOVERY,
}


class Override(Value):
    """A prescriber went on in spite of a hold.

    Attributes:
        rule: of the finding.
        evidence: what the finding rested on; with other readings it is another finding and not overridden.
        by: the prescriber.
        at: when.
        reason: why.
    """

    rule: str
    evidence: tuple[str, ...]
    by: str
    at: Moment
    reason: Sensitive


class DischargeCheck(Value):
    """What is asked at the door; None was not asked.

    Attributes:
        walks_unaided: seen walking.
        escort_present: the escort is there.
        told_no_driving: no driving or hazardous activity until the next day after sleep.
        told_whom_to_call: has the site's numbers, for emergencies too.
        access_removed: cannula out; True where there was none.
        missed_readings_reason: why readings were missed, where any were.
    """

    walks_unaided: bool | None = None
    escort_present: bool | None = None
    told_no_driving: bool | None = None
    told_whom_to_call: bool | None = None
    access_removed: bool | None = None
    missed_readings_reason: Sensitive = ""


class FollowUp(Value):
    """A follow-up as it took place.

    Attributes:
        plan: id of the follow-up in the policy.
        at, by: when and who.
        reached: whether the person was reached.
        suicide_risk: the assessment, where one was made.
        note: free text.
    """

    plan: str
    at: Moment
    by: str
    reached: bool
    suicide_risk: SuicideRiskAssessment | None = None
    note: Sensitive = ""


class Session(Value):
    """A session.

    Attributes:
        id: opaque id.
        state: where it stands.
        plan: None only where the first event of the history is not a plan.
        check_in, check_ins: the latest check-in and how many there were.
        checked_in_at, dosing_started_at, dosing_ended_at, observation_began_at, recovery_began_at, ended_at: times.
        delivery: what was done at the pump, with corrections.
        readings: all that were charted, replaced ones too.
        stopped_early: the reason where the dose ended before its plan.
        irregular: events that came where the rules would have refused them; history is kept all the same.
    """

    id: str
    state: SessionState = SessionState.PLANNED
    plan: SessionPlan | None = None
    check_in: CheckIn | None = None
    check_ins: Count = 0
    overrides: tuple[Override, ...] = ()
    preparation: Preparation | None = None
    near_misses: tuple[NearMiss, ...] = ()
    delivery: tuple[DeliveryPoint, ...] = ()
    readings: tuple[ChartedReading, ...] = ()
    adverse_events: tuple[AdverseEvent, ...] = ()
    suicide_risk: tuple[SuicideRiskAssessment, ...] = ()
    checked_in_at: Moment | None = None
    dosing_started_at: Moment | None = None
    dosing_ended_at: Moment | None = None
    observation_began_at: Moment | None = None
    recovery_began_at: Moment | None = None
    ended_at: Moment | None = None
    last_at: Moment | None = None
    stopped_early: bool = False
    discharge_check: DischargeCheck | None = None
    disposition: Disposition | None = None
    follow_ups: tuple[FollowUp, ...] = ()
    irregular: tuple[str, ...] = ()

    @property
    def phase(self) -> Phase:
        """Return which rules are read now."""
        return PHASE_OF[self.state]

    @property
    def effective_readings(self) -> tuple[Reading, ...]:
        """Return the readings that count, in order of when they were taken; late entries stand in their place."""
        counting = [charted.reading for charted in self.readings if charted.replaced_by is None]
        return tuple(sorted(counting, key=lambda reading: reading.taken_at))

    @property
    def latest_suicide_risk(self) -> SuicideRiskAssessment | None:
        """Return the latest assessment of this session, that of the check-in with it."""
        found = list(self.suicide_risk)
        if self.check_in is not None and self.check_in.suicide_risk is not None:
            found.append(self.check_in.suicide_risk)
        return max(found, key=lambda assessment: assessment.at, default=None)

    def delivered(self, until: Moment) -> Decimal:
        """Return the mL or pieces given until a moment."""
        return delivered(self.delivery, until)

    def given_mg_base(self, until: Moment | None = None) -> Decimal:
        """Return the mg of free base given until a moment, or until the end: the integral of the charted rate.

        While the pump runs and no moment is given, it counts until the last event.
        """
        end = until or self.dosing_ended_at or self.last_at
        if self.preparation is None or end is None:
            return Decimal(0)
        return delivered(self.delivery, end) * self.preparation.quantities.concentration
