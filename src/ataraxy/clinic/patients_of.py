"""Whose patients a person's lists show, and what somebody may be called on a page."""

from __future__ import annotations

from collections.abc import Iterable

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


def called(practice: Practice, patients: Iterable[str], *, by_name: bool = True) -> dict[str, str]:
    """Return what patients are called on a page, by id: the name, opened from the record, where there is one.

    Without `by_name`, or without a name, it is the first letters of the id.
    """
    wanted = set(patients)
    names: dict[str, str] = {}
    if by_name:
        for id_, file in practice.load_many(PERSON, wanted).items():
            names[id_] = "" if file.state is None else str(file.state.chart.person.name)
    return {id_: names.get(id_) or id_[:8] for id_ in wanted}
