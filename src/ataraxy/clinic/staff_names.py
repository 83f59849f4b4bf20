"""Names of colleagues for the opaque ids under which the record knows them."""

from __future__ import annotations

from collections.abc import Iterable

from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice.aggregate import STAFF


def names_of(staff_ids: Iterable[str]) -> dict[str, str]:
    """Return the name of each id: of the account, else as the record knows them, else the first letters of the id."""
    from ataraxy.clinic.accounts.models import Person

    wanted = frozenset(staff_ids)
    names = dict(Person.objects.filter(staff_id__in=wanted).values_list("staff_id", "display_name"))
    without_account = wanted - names.keys()
    if without_account:
        recorded = the_practice().load_many(STAFF, without_account)
        names |= {id_: one.state.name for id_, one in recorded.items() if one.state is not None}
    return {id_: names.get(id_) or id_[:8] for id_ in wanted}
