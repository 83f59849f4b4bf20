"""Whose patients a person opens: their own, everybody's (by role or by the clinic's setting), or one by break-glass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ataraxy.clinic.access.log import record
from ataraxy.clinic.access.models import BreakGlass, CareRelation
from ataraxy.clinic.access.permissions import Permission

if TYPE_CHECKING:
    from ataraxy.clinic.accounts.models import Person


@dataclass(frozen=True)
class Sight:
    """Whether a person may open a patient, and through which break-glass where it was through one."""

    may: bool
    break_glass: str = ""


def sight(person: Person, patient: str) -> Sight:
    """Whether `person` may open `patient` now. Permission for the view is another question."""
    if person.sees_all_patients or settings.HOME.settings.care_scope == "clinic":
        return Sight(True)
    if CareRelation.objects.filter(person=person, patient=patient, until=None).exists():
        return Sight(True)
    if Permission.BREAKGLASS_USE in person.permissions:
        glass = BreakGlass.objects.filter(
            person=person, patient=patient, expires_at__gt=timezone.now()
        ).first()
        if glass is not None:
            return Sight(True, glass.pk)
    return Sight(False)


def own_patients(person: Person, patients: Iterable[str]) -> frozenset[str]:
    """Those of `patients` that `person` may list."""
    asked = frozenset(patients)
    if person.sees_all_patients or settings.HOME.settings.care_scope == "clinic":
        return asked
    held = CareRelation.objects.filter(person=person, until=None).values_list("patient", flat=True)
    return asked & frozenset(held)


def assign(person: Person, patient: str, *, by: str) -> None:
    """`person` cares for `patient` from now on. Does nothing where they already do."""
    with transaction.atomic():
        _, new = CareRelation.objects.get_or_create(
            person=person, patient=patient, until=None, defaults={"set_by": by}
        )
        if new:
            record("care_assigned", person=by, subject=person.pk, patient=patient)


def release(person: Person, patient: str, *, by: str) -> None:
    """`person` no longer cares for `patient`."""
    with transaction.atomic():
        ended = CareRelation.objects.filter(person=person, patient=patient, until=None).update(
            until=timezone.now()
        )
        if ended:
            record("care_released", person=by, subject=person.pk, patient=patient)


def team_of(patient: str) -> list[Person]:
    """Who cares for `patient` now."""
    return [
        r.person for r in CareRelation.objects.filter(patient=patient, until=None).select_related("person")
    ]
