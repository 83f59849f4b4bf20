"""Kinds of histories: how the entries of a stream are read as events, and events as a state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from ataraxy.record.keys import ERASED
from ataraxy.record.pointer import replaced
from ataraxy.therapy import alert, chart_events, course_events, drug_register_events, site, staff
from ataraxy.therapy.alert import Alert, evolve_alerts
from ataraxy.therapy.chart_events import GateJudged, GateOverridden, PersonReferred
from ataraxy.therapy.course import Course, evolve_course
from ataraxy.therapy.drug_register import Register, evolve_register, fold_register
from ataraxy.therapy.override import GateOverride
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.session import events as session_events
from ataraxy.therapy.session.evolve import evolve as evolve_session
from ataraxy.therapy.session.state import Session
from ataraxy.therapy.site import Site
from ataraxy.therapy.staff import StaffMember
from ataraxy.therapy.taken_back import Entered, Retraction, entered

State = TypeVar("State")


@dataclass(frozen=True, eq=False)
class Aggregate(Generic[State]):
    """A kind of history.

    Attributes:
        prefix: of its streams.
        kinds: of its events; other entries of a stream (signatures, erasures) change no state.
        parse: kind and payload -> event.
        evolve: state and event -> state; never refuses.
        fold: state and many events -> state, where that is cheaper than one after another.
    """

    prefix: str
    kinds: frozenset[str]
    parse: Callable[[str, dict[str, Any]], BaseModel]
    evolve: Callable[[State | None, Any], State]
    fold: Callable[[State | None, Iterable[Any]], State | None] | None = None

    def stream(self, id_: str) -> str:
        """Return the stream of one history of this kind."""
        return f"{self.prefix}/{id_}"

    def after(self, state: State | None, entries: Iterable[tuple[str, Mapping[str, Any]]]) -> State | None:
        """Return the state after more entries, each a kind and an opened payload."""
        events = (self.read(kind, payload) for kind, payload in entries if kind in self.kinds)
        if self.fold is not None:
            return self.fold(state, events)
        for event in events:
            state = self.evolve(state, event)
        return state

    def read(self, kind: str, payload: Mapping[str, Any]) -> BaseModel:
        """Return the event that an opened payload holds; a date that was erased is not known any more."""
        return self._parsed(kind, dict(payload))

    def _parsed(self, kind: str, payload: dict[str, Any]) -> BaseModel:
        try:
            return self.parse(kind, payload)
        except ValidationError as error:
            # A date of birth that was erased is no date: it is not known any more.
            erased = [place for problem in error.errors() if (place := _erased_at(payload, problem["loc"]))]
            if not erased:
                raise
            for place in erased:
                payload = replaced(payload, place, lambda _: None)
            return self.parse(kind, payload)


def _erased_at(payload: Mapping[str, Any], location: tuple[int | str, ...]) -> tuple[str, ...] | None:
    """Return the place of an erased text that a location of pydantic names; None where it names something else."""
    steps: list[str] = []
    value: Any = payload
    for step in location:
        # names of the members of a union stand in a location too, and are no places
        if isinstance(value, Mapping):
            if step not in value:
                continue
            value = value[step]
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
        else:
            continue
        steps.append(str(step))
    return tuple(steps) if value is ERASED else None


@dataclass(frozen=True)
class PersonFile:
    """What is known of a person: the chart, and what was said about it.

    Attributes:
        chart: as the gate reads it.
        referral: None where none was recorded.
        judgements: every answer of the gate, in order.
        overrides: every override, in order.
        taken_back: every entry of the chart that was made in error and counts no more, in order.
    """

    chart: PatientChart
    referral: PersonReferred | None = None
    judgements: tuple[GateJudged, ...] = ()
    overrides: tuple[GateOverride, ...] = ()
    taken_back: tuple[TakenBack, ...] = ()


@dataclass(frozen=True)
class TakenBack:
    """An entry that was made in error: when it was taken back, by whom, what it was, and why."""

    at: datetime
    by: str
    was: Entered
    reason: str


def _evolve_person(file: PersonFile | None, event: chart_events.Event) -> PersonFile:
    held = None if file is None else file.chart
    chart = chart_events.evolve(held, event)
    file = PersonFile(chart) if file is None else replace(file, chart=chart)
    match event:
        case PersonReferred():
            return replace(file, referral=event)
        case GateJudged():
            return replace(file, judgements=(*file.judgements, event))
        case GateOverridden():
            return replace(file, overrides=(*file.overrides, event.override))
        case retraction if isinstance(retraction, Retraction):
            was = None if held is None else entered(held, retraction)
            if was is None:
                return file
            taken_back = TakenBack(retraction.at, retraction.by, was, retraction.reason)
            return replace(file, taken_back=(*file.taken_back, taken_back))
        case _:
            return file


def _evolve_alerts(alerts: tuple[Alert, ...] | None, event: alert.Event) -> tuple[Alert, ...]:
    return evolve_alerts(alerts or (), event)


SESSION: Aggregate[Session] = Aggregate(
    "session", frozenset(session_events.KINDS), session_events.parse_event, evolve_session
)
COURSE: Aggregate[Course] = Aggregate(
    "course", frozenset(course_events.KINDS), course_events.parse_course_event, evolve_course
)
# All alerts of one person.
ALERTS: Aggregate[tuple[Alert, ...]] = Aggregate(
    "alerts", frozenset(alert.KINDS), alert.parse_alert_event, _evolve_alerts
)
REGISTER: Aggregate[Register] = Aggregate(
    "drug-register",
    frozenset(drug_register_events.KINDS),
    drug_register_events.parse_register_event,
    evolve_register,
    fold_register,
)
PERSON: Aggregate[PersonFile] = Aggregate(
    "person", frozenset(chart_events.KINDS), chart_events.parse_event, _evolve_person
)
STAFF: Aggregate[StaffMember] = Aggregate("staff", frozenset(staff.KINDS), staff.parse_event, staff.evolve)
SITE: Aggregate[Site] = Aggregate("site", frozenset(site.KINDS), site.parse_event, site.evolve)
