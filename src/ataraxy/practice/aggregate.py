"""Kinds of histories: how the entries of a stream are read as events, and events as a state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from ataraxy.therapy import alert, course_events, drug_register_events, site
from ataraxy.therapy.alert import Alert, evolve_alerts
from ataraxy.therapy.course import Course, evolve_course
from ataraxy.therapy.drug_register import Register, evolve_register
from ataraxy.therapy.session import events as session_events
from ataraxy.therapy.session.evolve import evolve as evolve_session
from ataraxy.therapy.session.state import Session
from ataraxy.therapy.site import Site

State = TypeVar("State")


@dataclass(frozen=True, eq=False)
class Aggregate(Generic[State]):
    """A kind of history.

    Attributes:
        prefix: of its streams.
        kinds: of its events; other entries of a stream (signatures, erasures) change no state.
        parse: kind and payload -> event.
        evolve: state and event -> state; never refuses.
    """

    prefix: str
    kinds: frozenset[str]
    parse: Callable[[str, dict[str, Any]], BaseModel]
    evolve: Callable[[State | None, Any], State]

    def stream(self, id_: str) -> str:
        """Return the stream of one history of this kind."""
        return f"{self.prefix}/{id_}"

    def folded(self, state: State | None, kind: str, payload: Mapping[str, Any]) -> State | None:
        """Return the state after one more entry."""
        if kind not in self.kinds:
            return state
        return self.evolve(state, self.parse(kind, dict(payload)))


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
)
SITE: Aggregate[Site] = Aggregate("site", frozenset(site.KINDS), site.parse_event, site.evolve)
