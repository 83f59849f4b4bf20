"""What a view states about who may open it. A view that states nothing is denied.

    @page(Permission.PATIENT_VIEW, patient="patient_id")
    def course(request, patient_id): ...

`patient` must be said: the name of the argument that holds the patient's opaque id, a function of request and arguments
that returns it (None where there is no such thing, answered 404), or NO_PATIENT for a view that shows no single
patient. A list of patients is NO_PATIENT and filters with ``request.access.sees``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

from django.http import HttpRequest, HttpResponseNotAllowed

from ataraxy.clinic.access.permissions import Permission

# A view returns an answer; an operation of django-ninja what its answer is made of.
View = TypeVar("View", bound=Callable[..., Any])
PatientOf = Callable[..., str | None]


class _NoPatient(Enum):
    NO_PATIENT = "no single patient"


NO_PATIENT: Final = _NoPatient.NO_PATIENT
PatientScope = str | PatientOf | _NoPatient

SAFE: Final = frozenset({"GET", "HEAD"})


class Audience(Enum):
    """Who a view is for, before any permission."""

    PUBLIC = "anybody"
    OWN_ACCOUNT = "whoever is signed in, about themselves"
    PERMISSION = "who has the permission"


@dataclass(frozen=True)
class Stated:
    """What one view states.

    Attributes:
        audience: who it is for.
        read: permission for GET and HEAD; None where these are not answered.
        write: permission for POST; None where it is not answered.
        patient: whose patient it shows.
        passive: a poll by the page itself: it does not keep a session awake and is logged once in ten minutes.
        unenrolled: open before the first password was changed and a second factor enrolled.
        while_locked: open while the session is locked.
        token: may be called with an access token in place of a browser's session.
        reason: why a view is public.
    """

    audience: Audience
    read: Permission | None = None
    write: Permission | None = None
    reads: bool = True
    writes: bool = False
    patient: PatientScope = NO_PATIENT
    passive: bool = False
    unenrolled: bool = False
    while_locked: bool = False
    token: bool = False
    reason: str = ""

    def answers(self, method: str) -> bool:
        """Whether the view answers this method at all."""
        return self.reads if method in SAFE else self.writes if method == "POST" else False

    def permission(self, method: str) -> Permission | None:
        """The permission that this method needs."""
        return self.read if method in SAFE else self.write

    def patient_of(self, request: HttpRequest, arguments: dict[str, Any]) -> str | None:
        """The opaque id of the patient whom the view shows, None where it shows none."""
        if self.patient is NO_PATIENT:
            return None
        if isinstance(self.patient, str):
            return str(arguments[self.patient])
        assert callable(self.patient)
        return self.patient(request, **arguments)

    @property
    def has_patient(self) -> bool:
        return self.patient is not NO_PATIENT


def page(
    permission: Permission,
    *,
    patient: PatientScope,
    post: Permission | None = None,
    passive: bool = False,
    token: bool = False,
) -> Callable[[View], View]:
    """A view that is read with `permission`; with `post`, it also answers POST, with that permission."""
    return _state(
        Stated(
            Audience.PERMISSION,
            read=permission,
            write=post,
            writes=post is not None,
            patient=patient,
            passive=passive,
            token=token,
        )
    )


def action(permission: Permission, *, patient: PatientScope, token: bool = False) -> Callable[[View], View]:
    """A view that changes something: answers POST only."""
    return _state(
        Stated(Audience.PERMISSION, write=permission, reads=False, writes=True, patient=patient, token=token)
    )


def own_account(
    *,
    post: bool = False,
    read: bool = True,
    unenrolled: bool = False,
    while_locked: bool = False,
    token: bool = False,
) -> Callable[[View], View]:
    """A view about the person who opens it, or one that holds nothing about anybody."""
    return _state(
        Stated(
            Audience.OWN_ACCOUNT,
            reads=read,
            writes=post,
            unenrolled=unenrolled,
            while_locked=while_locked,
            token=token,
        )
    )


def public(reason: str, *, post: bool = False) -> Callable[[View], View]:
    """A view for anybody; `reason` says why, and stands in the table of the docs."""
    if not reason:
        raise ValueError("a public view states its reason")
    return _state(Stated(Audience.PUBLIC, writes=post, while_locked=True, unenrolled=True, reason=reason))


def _state(stated: Stated) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @functools.wraps(view)
        def stating(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not stated.answers(request.method or ""):
                allowed = (["GET", "HEAD"] if stated.reads else []) + (["POST"] if stated.writes else [])
                return HttpResponseNotAllowed(allowed)
            return view(request, *args, **kwargs)

        stating.stated_access = stated  # type: ignore[attr-defined]
        return stating  # type: ignore[return-value]

    return decorate


def stated_by(view: Callable[..., Any], method: str = "") -> Stated | None:
    """What `view` states; of a view of django-ninja, what its operation for `method` states. None where nothing is."""
    own = getattr(view, "stated_access", None)
    if isinstance(own, Stated):
        return own
    for operation in _operations(view):
        if not method or method in operation.methods or (method == "HEAD" and "GET" in operation.methods):
            stated = getattr(operation.view_func, "stated_access", None)
            if isinstance(stated, Stated):
                return stated
    return None


def every_statement(view: Callable[..., Any]) -> list[Stated | None]:
    """What each operation of `view` states: one for a plain view, one for each operation of django-ninja."""
    own = getattr(view, "stated_access", None)
    if isinstance(own, Stated):
        return [own]
    operations = _operations(view)
    return [getattr(o.view_func, "stated_access", None) for o in operations] or [None]


def _operations(view: Callable[..., Any]) -> list[Any]:
    # django-ninja's view is a closure over the path and its operations, and names them nowhere else
    try:
        path_view = inspect.getclosurevars(view).nonlocals.get("self")
    except TypeError:
        return []
    return list(getattr(path_view, "operations", ()))
