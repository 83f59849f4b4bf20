"""The navigation: pages announce themselves, a role sees those that it may open, home is the first of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

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


@dataclass(frozen=True)
class Link:
    """An entry as a page shows it; `current` where the page shown is this one or lies below it."""

    label: str
    address: str
    current: bool


def links_for(permissions: Iterable[Permission], path: str) -> list[Link]:
    """The navigation of somebody with these permissions, on the page at `path`."""
    links = [Link(e.label, reverse(e.url_name), False) for e in entries_for(permissions)]
    below = [link.address for link in links if path.startswith(link.address)]
    nearest = max(below, key=len, default="")
    return [Link(link.label, link.address, link.address == nearest) for link in links]


def home_of(permissions: Iterable[Permission]) -> str:
    """The address of the first page that these permissions open; one's own account where they open none."""
    for entry in entries_for(permissions):
        if entry.home:
            return reverse(entry.url_name)
    return reverse("my_account")
