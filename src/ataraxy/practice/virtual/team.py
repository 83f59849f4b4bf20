"""Who works in the virtual clinic, with credentials that run out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from ataraxy.practice import staff
from ataraxy.practice.practice import Practice
from ataraxy.practice.virtual.opaque import opaque_id
from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.credential import Credential, CredentialKind

# How many of each there are: two people must agree on a dose, and somebody must be free.
NUMBERS: Final[Mapping[Role, int]] = {
    Role.ADMINISTRATOR: 1,
    Role.MEDICAL_DIRECTOR: 1,
    Role.PRESCRIBER: 2,
    Role.MONITOR: 4,
    Role.THERAPIST: 2,
    Role.COORDINATOR: 1,
}
NEEDED: Final[Mapping[Role, tuple[CredentialKind, ...]]] = {
    Role.PRESCRIBER: (CredentialKind.PRESCRIBER_LICENCE, CredentialKind.KETAMINE_TRAINING),
    Role.MONITOR: (
        CredentialKind.CLINICAL_LICENCE,
        CredentialKind.KETAMINE_TRAINING,
        CredentialKind.LIFE_SUPPORT,
    ),
}


@dataclass(frozen=True, slots=True)
class Team:
    """Actors of each role."""

    members: Mapping[Role, tuple[Actor, ...]]

    def one(self, role: Role, number: int = 0) -> Actor:
        """Return a member of a role; numbers go round."""
        found = self.members[role]
        return found[number % len(found)]


def hire(
    practice: Practice, given: Mapping[Role, str], *, seed: int, until: datetime, join: bool = True
) -> Team:
    """Let the team in, with credentials that last beyond `until`; one monitor's life support runs out in between.

    Args:
        practice: of the clinic.
        given: ids that some of them have already, such as those of accounts.
        seed: of the other ids.
        until: end of the simulation.
        join: whether those in `given` still have to be let in too.
    """
    members: dict[Role, tuple[Actor, ...]] = {}
    for role, number in NUMBERS.items():
        ids = [opaque_id(seed, f"staff {role.value}", k) for k in range(number)]
        if role in given:
            ids[0] = given[role]
        members[role] = tuple(Actor(id=id_, roles=frozenset({role})) for id_ in ids)
    administrator = members[Role.ADMINISTRATOR][0]
    for role, actors in members.items():
        for number, actor in enumerate(actors):
            if join or actor.id not in given.values():
                name = f"Simulated {role.label} {number + 1}"
                staff.join(practice, actor.id, name, (role,), by=administrator)
            for kind in NEEDED.get(role, ()):
                credential = Credential(
                    kind=kind, issuer="simulated board", valid_until=_until(role, number, kind, until)
                )
                staff.record_credential(practice, actor.id, credential, by=administrator)
    return Team(members)


def _until(role: Role, number: int, kind: CredentialKind, until: datetime) -> date:
    last_monitor = role is Role.MONITOR and number == NUMBERS[Role.MONITOR] - 1
    if last_monitor and kind is CredentialKind.LIFE_SUPPORT:
        return (until - timedelta(days=20)).date()
    return (until + timedelta(days=200 + 30 * number)).date()
