"""The navigation: pages announce themselves, a role sees those that it may open, home is the first of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from ataraxy.clinic.access.permissions import Permission


@dataclass(frozen=True)
class Entry:
    """One line of the navigation. `order` sorts; `home` is false for pages that nobody starts the day with."""

    label: str
    url_name: str
    permission: Permission
    order: int
    home: bool = True


def entries_for(permissions: Iterable[Permission]) -> list[Entry]:
    """What somebody with these permissions is shown, in order."""
    from ataraxy.clinic.urls import NAVIGATION

    held = frozenset(permissions)
    return [entry for entry in NAVIGATION if entry.permission in held]


def home_of(permissions: Iterable[Permission]) -> str:
    """The address of the first page that these permissions open; one's own account where they open none."""
    for entry in entries_for(permissions):
        if entry.home:
            try:
                return reverse(entry.url_name)
            except NoReverseMatch:
                continue
    return reverse("my_account")
