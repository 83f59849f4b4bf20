"""Whose patients a person's lists show, and what somebody may be called on a page."""

from __future__ import annotations

from django.conf import settings

from ataraxy.clinic.access.models import CareRelation
from ataraxy.clinic.accounts.models import Person
from ataraxy.practice.aggregate import PERSON
from ataraxy.practice.practice import Practice


def patients_of(person: Person) -> frozenset[str] | None:
    """Return the opaque ids of those whom a person may list; None where that is everybody."""
    if person.sees_all_patients or settings.HOME.settings.care_scope == "clinic":
        return None
    held = CareRelation.objects.filter(person=person, until=None).values_list("patient", flat=True)
    return frozenset(held)


def name_of(practice: Practice, patient: str) -> str:
    """Return a patient's name, opened from the record; the first letters of the id where there is none."""
    file = practice.load(PERSON, patient).state
    name = "" if file is None else str(file.chart.person.name)
    return name or patient[:8]
