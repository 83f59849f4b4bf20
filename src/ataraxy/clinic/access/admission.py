"""Who asks, with which permissions, about which patient: what the middleware found out, for the view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest

from ataraxy.clinic.access.care import sight
from ataraxy.clinic.access.permissions import Permission

if TYPE_CHECKING:
    from ataraxy.clinic.access.models import Presence
    from ataraxy.clinic.access.stated import Stated
    from ataraxy.clinic.accounts.models import Person


@dataclass
class Admission:
    """Who asks, with which permissions, about which patient; `request.access` in a view.

    Attributes:
        person: who is signed in; None for anybody.
        permissions: what they may do here: of a token, its scopes and no more.
        patient: opaque id of the patient that the view shows.
        break_glass: id of the break-glass through which the patient is seen, empty where it is by care.
        admitted: whether the view ran.
        token: id of the access token that it came with, empty for a browser's session.
    """

    person: Person | None = None
    permissions: frozenset[Permission] = frozenset()
    patient: str = ""
    break_glass: str = ""
    admitted: bool = False
    outcome: str = ""
    stated: Stated | None = None
    view: str = ""
    presence: Presence | None = None
    token: str = ""

    @property
    def by_token(self) -> bool:
        """Whether a device asks, and nobody at a browser."""
        return bool(self.token)

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def sees(self, patient: str) -> bool:
        """Whether this person may open `patient`: for lists, and for what a page links to."""
        return self.person is not None and sight(self.person, patient).may

    @property
    def who(self) -> Person:
        """The person, in a view that nobody reaches without signing in."""
        assert self.person is not None
        return self.person


class ClinicRequest(HttpRequest):
    """A request that the access middleware has seen: the type of every view's first argument."""

    access: Admission
