"""What the interface takes and gives: closed forms with their ranges and units."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from ataraxy.therapy.fact import FactSource
from ataraxy.therapy.moment import Moment
from ataraxy.therapy.person import Sex
from ataraxy.therapy.session.adverse_event import Outcome, Seriousness

OpaqueId = Annotated[str, Field(description="opaque id", max_length=64)]
Key = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9-]{8,64}$",
        description="Names this request. Sent again with the same key and content, nothing new is recorded.",
    ),
]
Note = Annotated[str, Field(max_length=2000, description="free text; sealed in the record")]


class _Body(Schema):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Problem(Schema):
    """What was wrong and what to do."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    remedy: str


class Recorded(Schema):
    """What has been recorded: the number of the last entry, and whether it was there already."""

    seq: int
    replayed: bool
    id: str = ""


# --- sessions -------------------------------------------------------------------------------------------------


class SessionLine(Schema):
    """A session of the day, or one in which somebody is still here."""

    id: OpaqueId
    person: OpaqueId
    course: OpaqueId
    number: int
    state: str
    scheduled_at: datetime | None


class DueReading(Schema):
    """A reading that is asked for."""

    at: datetime
    status: str
    measures: list[str]


class SessionNow(Schema):
    """A session as it stands. `seen` changes with every step; `version` with every entry."""

    id: OpaqueId
    person: OpaqueId
    course: OpaqueId
    number: int
    state: str
    scheduled_at: datetime | None
    version: int
    seen: str
    readings: int
    due: list[DueReading]
    holds: list[str]


class NewReading(_Body):
    """What was measured at one moment. Blood pressure: both or neither."""

    taken_at: Moment
    systolic: int | None = Field(None, ge=40, le=300, description="mmHg")
    diastolic: int | None = Field(None, ge=20, le=200, description="mmHg")
    heart_rate: int | None = Field(None, ge=0, le=300, description="beats a minute")
    spo2: int | None = Field(None, ge=0, le=100, description="%")
    respiratory_rate: int | None = Field(None, ge=0, le=100, description="breaths a minute")
    moaas: int | None = Field(None, ge=0, le=5, description="MOAA/S, points")
    cadss6: int | None = Field(None, ge=0, le=24, description="CADSS-6, points")
    cadss_total: int | None = Field(None, ge=0, le=92, description="CADSS, points")
    nausea: int | None = Field(None, ge=0, le=3, description="0 none to 3 severe or vomiting")
    note: Note = ""


class NewAdverseEvent(_Body):
    """An adverse event; one with the same `id` updates it, and both stay in the record."""

    id: str = Field(
        "", pattern=r"^[A-Za-z0-9-]{0,64}$", description="of an event to update; empty for a new one"
    )
    at: Moment
    term: str = Field(
        pattern=r"^[a-z][a-z0-9 -]{1,59}$",
        description="a term of the clinic's list; any other is kept as `other`, and sealed with the note",
    )
    grade: int = Field(ge=1, le=5)
    serious: list[Seriousness] = Field(default=[], max_length=6)
    action: Literal["none", "slowed", "paused", "stopped", "after_the_dose"] = "none"
    outcome: Outcome = "ongoing"
    note: Note = ""


# --- people ---------------------------------------------------------------------------------------------------


class PersonLine(Schema):
    """A person as lists know them: opaque id, codes and times, no name."""

    id: OpaqueId
    referred_at: datetime | None
    disorder: str
    decision: str
    decided_at: datetime | None


class NewPerson(_Body):
    """A referral."""

    referred_at: Moment
    referred_by: Literal["self", "primary_care", "psychiatry", "psychology", "hospital", "trial", "other"] = (
        "other"
    )
    reason: Note = ""
    name: Annotated[str, Field(max_length=200, description="sealed in the record")] = ""
    born: date | None = None
    sex: Sex = Sex.UNKNOWN


class NewFact(_Body):
    """One observation, under a name of the vocabulary of facts."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[A-Za-z0-9_/-]+)+$", max_length=80)
    value: bool | float | Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:+/-]*$", max_length=60)]
    unit: str = Field("", max_length=20)
    observed_at: Moment
    source: FactSource = FactSource.DEVICE


class NewScore(_Body):
    """A rating scale: the answers to all items in order (null where one was left out), or the total."""

    instrument: str = Field(pattern=r"^[A-Za-z0-9/-]{1,40}$", description="such as GAD-7")
    at: Moment
    answers: list[Annotated[int, Field(ge=0, le=100)] | None] | None = Field(None, max_length=100)
    total: float | None = Field(None, ge=0, le=10_000)
    session: str = Field("", pattern=r"^[A-Za-z0-9]{0,64}$", description="opaque id of a session, or empty")


class ScoreLine(Schema):
    """A score as it was recorded."""

    instrument: str
    total: float
    at: datetime
    flags: list[str]


class GateFinding(Schema):
    """What one rule said: the reason, what would change it, and who says the threshold."""

    rule: str
    version: int
    title: str
    status: str
    effect: str
    reason: str
    remedy: str
    source: str
    grade: str


class GateAnswer(Schema):
    """What the rules in force say now. Asking records nothing."""

    decision: Literal["allow", "delay", "block"]
    rules: str
    at: datetime
    findings: list[GateFinding]


# --- alerts and the record ------------------------------------------------------------------------------------


class AlertLine(Schema):
    """An alert that nobody has acknowledged."""

    id: OpaqueId
    person: OpaqueId
    kind: str
    urgency: str
    raised_at: datetime
    escalated_to: str


class Acknowledgement(_Body):
    """That somebody acts on an alert."""

    at: Moment
    comment: Note = ""


class RecordHead(Schema):
    """The last entry of the record: its number and hash. Kept elsewhere, it is an anchor."""

    seq: int
    hash: str


Answers = dict[Any, Any]
