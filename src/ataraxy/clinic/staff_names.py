"""Names of colleagues for the opaque ids under which the record knows them."""

from __future__ import annotations

from collections.abc import Iterable


def names_of(staff_ids: Iterable[str]) -> dict[str, str]:
    """Return the name of each id; the first letters of an id that no account has, such as one of an import."""
    from ataraxy.clinic.accounts.models import Person

    wanted = frozenset(staff_ids)
    known = dict(Person.objects.filter(staff_id__in=wanted).values_list("staff_id", "display_name"))
    return {id_: known.get(id_, id_[:8]) for id_ in wanted}
