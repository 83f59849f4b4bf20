"""Which open alerts somebody is shown: those of their patients, and those that would otherwise reach nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ataraxy.clinic.access.care import own_patients
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.accounts.models import Person
from ataraxy.practice import lists
from ataraxy.practice.lists import AlertRow
from ataraxy.practice.practice import Practice

_URGENCIES = ("immediate", "today", "routine")


@dataclass(frozen=True)
class ShownAlert:
    """An open alert as somebody may see it.

    Attributes:
        row: what the lists know of it.
        in_care: whether they care for the person; otherwise they are shown that there is an alert, and no more.
    """

    row: AlertRow
    in_care: bool


@dataclass(frozen=True)
class Waiting:
    """How many alerts wait for somebody; true where there are any."""

    count: int = 0
    immediate: int = 0

    def __bool__(self) -> bool:
        return self.count > 0


def shown_alerts(practice: Practice, person: Person) -> tuple[ShownAlert, ...]:
    """Return the open alerts that a person is shown, the most urgent first, then the oldest.

    An alert goes to a role, and climbs to others. Where nobody of the team that cares for the person has the role that
    it has reached, everybody in the clinic who has it is shown that there is one: an alert must not fall between two
    teams. Where nobody at all has it, everybody who may acknowledge is shown it.
    """
    rows = lists.alerts(practice, open_only=True)
    if not rows:
        return ()
    own = own_patients(person, {row.person for row in rows})
    elsewhere = [row for row in rows if row.person not in own]
    found = [ShownAlert(row, True) for row in rows if row.person in own]
    found += [ShownAlert(row, False) for row in _unreached(elsewhere, person)]
    return tuple(sorted(found, key=lambda a: (_URGENCIES.index(a.row.urgency), a.row.raised_at)))


def waiting_for(practice: Practice, person: Person) -> Waiting:
    """Return how many open alerts a person is shown."""
    found = shown_alerts(practice, person)
    return Waiting(len(found), sum(1 for alert in found if alert.row.urgency == "immediate"))


def goes_to(row: AlertRow) -> frozenset[str]:
    """Return the roles that an alert has reached so far."""
    return frozenset(role for role in (row.assigned, row.escalated_to) if role)


def named_clinicians(row: AlertRow, team: Iterable[Person]) -> list[Person]:
    """Return who of the team holds a role that the alert goes to."""
    wanted = goes_to(row)
    return [one for one in team if wanted & {role.value for role in one.roles}]


def _unreached(rows: list[AlertRow], person: Person) -> list[AlertRow]:
    if not rows or Permission.ALERT_VIEW not in person.permissions:
        return []
    mine = {role.value for role in person.roles}
    may_acknowledge = Permission.ALERT_ACKNOWLEDGE in person.permissions
    teams = _roles_of_teams({row.person for row in rows})
    held = _roles_held()
    found = []
    for row in rows:
        # Whom it reached last: those before them have not answered.
        role = row.escalated_to or row.assigned
        if role in teams.get(row.person, frozenset()):
            continue
        if role in mine or (may_acknowledge and role not in held):
            found.append(row)
    return found


def _roles_of_teams(patients: set[str]) -> dict[str, frozenset[str]]:
    from ataraxy.clinic.access.models import CareRelation

    found: dict[str, set[str]] = {}
    pairs = CareRelation.objects.filter(patient__in=patients, until=None, person__is_active=True).values_list(
        "patient", "person__grants__role"
    )
    for patient, role in pairs:
        found.setdefault(patient, set()).add(role)
    return {patient: frozenset(roles) for patient, roles in found.items()}


def _roles_held() -> frozenset[str]:
    from ataraxy.clinic.accounts.models import RoleGrant

    return frozenset(RoleGrant.objects.filter(person__is_active=True).values_list("role", flat=True))
