"""Accounts and the record's own file of staff: who works here, in which roles, with which credentials in date.

Accounts say who signs in; the record says who was what at the time of an entry, and the gate reads credentials there.
The two are two databases: the account is changed first, and what the record lacks can be brought into step again.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from ataraxy.clinic.the_practice import actor_of
from ataraxy.practice import staff
from ataraxy.practice.aggregate import STAFF
from ataraxy.practice.practice import Practice
from ataraxy.therapy.actor import Role
from ataraxy.therapy.credential import Credential, CredentialKind
from ataraxy.therapy.staff import StaffMember

if TYPE_CHECKING:
    from ataraxy.clinic.accounts.models import Person

KINDS: Final[dict[CredentialKind, str]] = {
    CredentialKind.PRESCRIBER_LICENCE: "Licence to prescribe",
    CredentialKind.CLINICAL_LICENCE: "Clinical licence",
    CredentialKind.KETAMINE_TRAINING: "Training in ketamine therapy",
    CredentialKind.LIFE_SUPPORT: "Advanced life support",
    CredentialKind.CONTROLLED_DRUGS: "Registration for controlled drugs",
    CredentialKind.TRIAL_GCP: "Good clinical practice, for trials",
}
_DUE_DAYS: Final = 60


def file_of(practice: Practice, person: Person) -> StaffMember | None:
    """Return what the record knows of a person; None where they have not joined it."""
    return practice.load(STAFF, person.staff_id).state


def in_step(practice: Practice, person: Person) -> bool:
    """Return whether the record says of a person what their account says."""
    held = file_of(practice, person)
    if not person.is_active:
        return held is None or not held.active
    return held is not None and held.active and frozenset(held.roles) == _roles(person)


def bring_into_step(practice: Practice, person: Person, *, by: Person) -> None:
    """Record what the account says of a person: that they joined, their roles, or that they left.

    Raises:
        Refusal: as `ataraxy.therapy.staff.change` does; nobody records their own roles but the first of a clinic.
    """
    held, actor, roles = file_of(practice, person), actor_of(by), tuple(sorted(_roles(person)))
    if person.is_active and (held is None or not held.active):
        staff.join(practice, person.staff_id, person.display_name, roles, by=actor)
    elif person.is_active and held is not None and frozenset(held.roles) != frozenset(roles):
        staff.change_roles(practice, person.staff_id, roles, by=actor)
    elif not person.is_active and held is not None and held.active:
        staff.leave(practice, person.staff_id, by=actor)


def state_of(credential: Credential, today: date) -> str:
    """Return ``expired``, ``due`` (within 60 days), ``unknown`` (no last day) or ``ok``."""
    if credential.valid_until is None:
        return "unknown"
    days = (credential.valid_until - today).days
    return "expired" if days < 0 else "due" if days <= _DUE_DAYS else "ok"


def worst_of(credentials: tuple[Credential, ...], today: date) -> str:
    """Return the state that asks for most attention; empty where there is no credential."""
    states = {state_of(credential, today) for credential in credentials}
    return next((state for state in ("expired", "due", "unknown", "ok") if state in states), "")


def _roles(person: Person) -> frozenset[Role]:
    return actor_of(person).roles
