"""A treatment protocol: which drug, how much, by which route, in which sessions, after which source."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import model_validator

from ataraxy.therapy.administration import MG_PER_DEVICE, Administration
from ataraxy.therapy.amount import Dose
from ataraxy.therapy.calendar import Calendar
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.infusion import SAME_TIME_H
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route
from ataraxy.therapy.value import Number, Value, refuse

HOURS_PER_DAY = 24.0
LONGEST_OBSERVATION_H = 168.0


class Source(Value):
    """Where a protocol comes from.

    Attributes:
        citation: author, year and study, or who decided it.
        url: address where it can be read; empty where there is none.
        url_status: ``exact`` as found, ``id`` made from an identifier such as a DOI, ``stem`` only its beginning
            is known, ``none``.
    """

    citation: str
    url: str = ""
    url_status: Literal["exact", "id", "stem", "none"] = "none"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.citation.strip():
            raise refuse(
                "the source has no citation",
                code="protocol.source-missing",
                remedy='Say where the protocol comes from; for your own write "own protocol"',
                field="citation",
            )
        if bool(self.url) != (self.url_status != "none"):
            raise refuse(
                f"the url is {'missing' if not self.url else 'given'} and its status is {self.url_status}",
                code="protocol.source-url",
                remedy="Give both a url and its status (exact, id or stem), or neither",
                field="url_status" if self.url else "url",
            )
        return self


@dataclass(frozen=True, slots=True)
class Session:
    """One visit: its start in hours from the start of the protocol, and its index from 0."""

    time_h: float
    index: int


class Protocol(Value):
    """A treatment protocol.

    Attributes:
        name: short name, such as ``ketamine-iv-05-six``.
        title: one line for people.
        drug: what is given.
        basis: whether the mg count the free base or the hydrochloride.
        basis_status: whether the source states the basis, or it is assumed.
        administrations: what is given in each session, in order of their start.
        calendar: on which days.
        observation_h: hours that a person stays after the end of the last dose of a session.
        source: where the protocol comes from.
        note: remarks, such as what the source leaves open.
    """

    name: str
    drug: Drug
    basis: Basis
    administrations: tuple[Administration, ...]
    calendar: Calendar
    source: Source
    title: str = ""
    basis_status: Literal["stated", "assumed"] = "stated"
    observation_h: Number | None = None
    note: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", self.name) or len(self.name) > 80:
            raise refuse(
                f'"{self.name[:90]}" is not a name',
                code="protocol.name",
                remedy="Use small letters, digits and hyphens, at most 80, such as ketamine-iv-05-six",
                field="name",
            )
        if not self.administrations:
            raise refuse(
                "nothing is given",
                code="protocol.dose-missing",
                remedy="Add an administration",
                field="administrations",
            )
        if self.observation_h is not None and not 0 <= self.observation_h <= LONGEST_OBSERVATION_H:
            raise refuse(
                f"the observation lasts {self.observation_h:g} h",
                code="protocol.observation",
                remedy=f"Give a time from 0 to {LONGEST_OBSERVATION_H:g} h after the last dose of a session",
                field="observation_h",
            )
        for i, administration in enumerate(self.administrations):
            self._check_administration(administration, f"administrations.{i}")
        self._check_apart()
        return self

    def _check_administration(self, administration: Administration, field: str) -> None:
        sessions = len(self.calendar.session_days)
        for name in ("doses", "devices"):
            given = len(getattr(administration, name))
            if given > 1 and given != sessions:
                raise refuse(
                    f"{given} {name} are listed for {sessions} session{'s' if sessions != 1 else ''}",
                    code="protocol.dose-count",
                    remedy="Give one for all sessions, or one for each session",
                    field=f"{field}.{name}",
                )
        if administration.devices and (self.drug, self.basis) != (Drug.ESKETAMINE, Basis.BASE):
            raise refuse(
                f"nasal devices hold {MG_PER_DEVICE:g} mg of esketamine base, "
                f"and the protocol says {self.drug.label} {self.basis.value}",
                code="protocol.devices",
                remedy="Set drug to esketamine and basis to base, or choose another route",
                field=f"{field}.devices",
            )

    def _check_apart(self) -> None:
        days = self.calendar.session_days
        for index in range(len(days) - 1):
            end = days[index] * HOURS_PER_DAY + self.session_length_h(index)
            if end > days[index + 1] * HOURS_PER_DAY + SAME_TIME_H:
                raise refuse(
                    f"the session on day {days[index]:g} runs into the one on day {days[index + 1]:g}",
                    code="protocol.sessions-overlap",
                    remedy="Leave more time between the sessions, or shorten them",
                    field="calendar",
                )

    def session_length_h(self, index: int) -> float:
        """Return hours from the start of a session to the end of its last dose."""
        return max(administration.end_h(index) for administration in self.administrations)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Return the sessions in order."""
        return tuple(Session(day * HOURS_PER_DAY, i) for i, day in enumerate(self.calendar.session_days))

    @property
    def route(self) -> Route:
        """Return the route of the first administration; `routes` has all."""
        return self.administrations[0].route

    @property
    def routes(self) -> tuple[Route, ...]:
        """Return every route that is used, each once, in order of first use."""
        return tuple(dict.fromkeys(administration.route for administration in self.administrations))

    @property
    def dose(self) -> str:
        """Return what is given in a session in words, such as ``0.5 mg/kg IV infusion over 40 min``."""
        return "; ".join(administration.text for administration in self.administrations)

    @property
    def duration_h(self) -> float:
        """Return the hours from the start of the protocol to the end of the last session's observation."""
        last = self.sessions[-1]
        return last.time_h + self.session_length_h(last.index) + (self.observation_h or 0.0)

    def planned_doses(self) -> tuple[PlannedDose, ...]:
        """Return every dose of the protocol in order of time.

        An infusion appears as one piece for each stretch of constant rate, nasal devices as one piece each.
        """
        planned = [
            piece
            for session in self.sessions
            for index, administration in enumerate(self.administrations)
            for piece in self._pieces(session, administration, index)
        ]
        return tuple(sorted(planned, key=lambda piece: piece.time_h))

    def _pieces(self, session: Session, administration: Administration, index: int) -> list[PlannedDose]:
        start = session.time_h + administration.start_h

        def piece(
            time_h: float, dose: Dose, duration_h: float = 0.0, device: int | None = None
        ) -> PlannedDose:
            return PlannedDose(
                session=session.index,
                administration=index,
                time_h=time_h,
                duration_h=duration_h,
                route=administration.route,
                amount=dose.amount,
                amount_per=dose.per,
                cap_mg=dose.cap_mg,
                devices=None if device is None else administration.device_count(session.index),
                device_index=device,
                basis=self.basis,
                drug=self.drug,
            )

        if administration.devices:
            one, interval = Dose(amount=MG_PER_DEVICE, per="mg"), administration.device_interval_h or 0.0
            return [
                piece(start + i * interval, one, device=i)
                for i in range(administration.device_count(session.index))
            ]
        if administration.route.is_infusion:
            return [
                piece(
                    start + stretch.start_h,
                    # Parts of a checked dose may be smaller than any dose, so they are not checked again.
                    Dose.model_construct(amount=stretch.amount, per=stretch.per, cap_mg=stretch.cap_mg),
                    stretch.end_h - stretch.start_h,
                )
                for stretch in administration.course(session.index)
            ]
        return [piece(start, administration.dose(session.index))]

    @property
    def protocol_hash(self) -> str:
        """Return the SHA-256 of the protocol as canonical JSON (keys sorted, no spaces), in hexadecimal."""
        canonical = json.dumps(
            self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()
