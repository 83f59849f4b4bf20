"""What everybody in the virtual clinic shares: the commands, the team, the cupboard, and who answers alerts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np

from ataraxy.engine.random import generator
from ataraxy.practice import alerts, drugs
from ataraxy.practice.aggregate import ALERTS, SESSION
from ataraxy.practice.practice import Done, Practice
from ataraxy.practice.sessions import act
from ataraxy.practice.virtual.clock import Process, Schedule
from ataraxy.practice.virtual.opaque import opaque_id
from ataraxy.practice.virtual.rates import rate
from ataraxy.practice.virtual.team import Team
from ataraxy.therapy import drug_register_decide
from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.preparation import Vial
from ataraxy.therapy.session.state import Session
from ataraxy.therapy.site_policy import SitePolicy

PLACE: Final = "room-1"
DELIVERY: Final = 20
STRENGTH: Final = Decimal(50)
CONTENT: Final = Decimal(2)


@dataclass(eq=False)
class Floor:
    """The clinic while it is simulated.

    Attributes:
        practice: the way to the record, with the simulated clock.
        schedule: of everything that goes on.
        team: who works here.
        policy: of the site.
        seed: of everything.
        protocol: name of what is given.
        starts_h: of its sessions, from the first.
    """

    practice: Practice
    schedule: Schedule
    team: Team
    policy: SitePolicy
    seed: int
    protocol: str
    starts_h: tuple[float, ...]
    _vials: list[Vial] = field(default_factory=list)
    _received: int = 0
    _answered: int = 0

    @property
    def now(self) -> datetime:
        """The present moment of the clinic."""
        return self.schedule.clock.now

    def random(self, purpose: str, number: int) -> np.random.Generator:
        """Return the random numbers of one person for one purpose."""
        return generator(self.seed, purpose, 0, number)

    def session(self, session: str) -> Session:
        """Return a session as it stands."""
        found = self.practice.load(SESSION, session).state
        assert found is not None
        return found

    def do(self, session: str, command: Callable[..., Any], *args: Any, by: Actor, **more: Any) -> Done:
        """Carry out a command of a session now; alerts that follow from it are answered."""
        return self.noted(act(self.practice, session, command, *args, by=by, **more))

    def noted(self, done: Done) -> Done:
        """See to it that somebody answers the alerts that a command has raised."""
        for entry in done.entries:
            if entry.kind == "alert.raised":
                self._answered += 1
                person = entry.stream.partition("/")[2]
                process = self._answer(person, entry.payload["alert"], self._answered)
                self.schedule.add(self.now, process)
        return done

    def _answer(self, person: str, alert: str, number: int) -> Process:
        random = self.random("alert", number)
        prescriber = self.team.one(Role.PRESCRIBER, number)
        found = next(a for a in self.practice.load(ALERTS, person).state or () if a.id == alert)
        first = self.policy.ladder(found.wanted.urgency).steps[0].after.value
        climbs = random.uniform() < rate("alert acknowledged after it climbed")
        minutes = float(first) * (1.3 if climbs else float(random.uniform(0.1, 0.8)))
        if climbs:
            yield self.now + timedelta(minutes=float(first) * 1.05)
            alerts.escalate(self.practice, person)
            minutes -= float(first) * 1.05
        yield self.now + timedelta(minutes=minutes)
        said = (
            "Spoke with the person; a safety plan is in place."
            if found.wanted.kind == "suicide_risk"
            else "Seen."
        )
        alerts.acknowledge(self.practice, person, alert, said, by=prescriber)

    def vial(self, by: Actor, witness: Actor) -> Vial:
        """Take the next unopened vial; a delivery is received where there is none."""
        if not self._vials:
            for _ in range(DELIVERY):
                self._received += 1
                vial = Vial(
                    id=opaque_id(self.seed, "vial", self._received),
                    drug=Drug.RACEMIC_KETAMINE,
                    basis=Basis.BASE,
                    strength=STRENGTH,
                    content=CONTENT,
                    lot=f"SIM-{(self._received - 1) // DELIVERY + 1:03d}",
                    expires_on=(self.now + timedelta(days=400)).date(),
                )
                drugs.act(
                    self.practice, PLACE, drug_register_decide.receive, PLACE, vial, by=by, witness=witness
                )
                self._vials.append(vial)
        return self._vials.pop(0)
