"""Denies every request that no statement admits, and writes down who was admitted and who was not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from ataraxy.clinic.access import presence as presences
from ataraxy.clinic.access.admission import Admission
from ataraxy.clinic.access.care import sight
from ataraxy.clinic.access.errors import not_now, refused
from ataraxy.clinic.access.external import EXTERNAL
from ataraxy.clinic.access.log import address_of, record
from ataraxy.clinic.access.problem import asks_interface, problem
from ataraxy.clinic.access.rates import OncePer, RateLimit
from ataraxy.clinic.access.stated import Audience, Stated, every_statement, stated_by
from ataraxy.clinic.access.tokens import bearer
from ataraxy.errors import AtaraxyError

if TYPE_CHECKING:
    from ataraxy.clinic.accounts.models import Person

# A monitor's tablet polls every two seconds and charts; ten a second for a minute is no person.
_BY_BROWSER = RateLimit(burst=240, per_second=8)
_BY_ADDRESS = RateLimit(burst=120, per_second=2)
_POLL_LOGGED = OncePer(600)

_EXTERNAL_PACKAGES: Final = ("allauth.",)


class AccessMiddleware:
    """Default deny. Runs after sessions, CSRF and authentication, before every view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.access = Admission()  # type: ignore[attr-defined]
        response = self.get_response(request)
        # Before the answer leaves: what cannot be written down is not shown.
        self._write(request, response)
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        access: Admission = request.access  # type: ignore[attr-defined]
        match = request.resolver_match
        access.view = (match.view_name if match else "") or getattr(view, "__name__", "")
        method = request.method or ""
        access.stated = stated = stated_by(view, method) or _external(view, access.view)
        if stated is None and not any(every_statement(view)):
            return self._deny(request, "unstated", 403)
        if stated is None:  # an operation of the JSON interface that there is not
            return self._deny(request, "method", 405)
        answer = self._identify(request, access, stated, view)
        if answer is not None:
            return answer
        if not stated.answers(method):
            return self._deny(request, "method", 405)
        if stated.audience is Audience.PERMISSION:
            permission = stated.permission(method)
            if permission is None or permission not in access.permissions:
                return self._deny(request, "permission", 403)
            if stated.has_patient:
                patient = stated.patient_of(request, kwargs)
                if patient is None:
                    access.outcome = "absent"
                    raise Http404
                access.patient = patient
                assert access.person is not None
                seen = sight(access.person, patient)
                if not seen.may:
                    return self._deny(request, "patient", 403)
                access.break_glass = seen.break_glass
        access.admitted, access.outcome = True, "admitted"
        if access.presence is not None and not stated.passive:
            presences.touch(access.presence)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """A refusal that a page did not expect: what was wrong and what to do, in place of a failure of the server."""
        if not isinstance(error, AtaraxyError):
            return None
        return not_now(request, error)

    def _identify(
        self, request: HttpRequest, access: Admission, stated: Stated, view: Callable[..., Any]
    ) -> HttpResponseBase | None:
        """Finds out who asks. An answer where they must do something else first."""
        if stated.token and "Authorization" in request.headers:
            token = bearer(request)
            if token is None:
                return self._deny(request, "token", 401)
            access.person, access.permissions, access.token = token.person, token.permissions, token.id
            return None if _BY_BROWSER.admits(token.id) else self._deny(request, "rate", 429)
        if not request.user.is_authenticated:
            if not _BY_ADDRESS.admits(address_of(request)):
                return self._deny(request, "rate", 429)
            return None if stated.audience is Audience.PUBLIC else self._sign_in(request)
        person: Person = request.user
        present = presences.current(request)
        if present is None:
            logout(request)
            return None if stated.audience is Audience.PUBLIC else self._sign_in(request)
        if not _BY_BROWSER.admits(present.pk):
            return self._deny(request, "rate", 429)
        access.person, access.permissions, access.presence = person, person.permissions, present
        if getattr(view, "csrf_exempt", False):
            # A browser's cookie is not proof of intent where the view does not check the form's token.
            return self._deny(request, "token", 401)
        if presences.is_locked(present) and not stated.while_locked:
            presences.lock(present)
            return self._elsewhere(request, "locked", "lock", 423)
        if not stated.unenrolled:
            if person.must_change_password:
                return self._elsewhere(request, "password", "account_change_password", 403)
            from ataraxy.clinic.accounts.factors import (
                lacks_second_factor,  # its models load after this module
            )

            if lacks_second_factor(person):
                return self._elsewhere(request, "second_factor", "enrol", 403)
        return None

    def _sign_in(self, request: HttpRequest) -> HttpResponseBase:
        return self._elsewhere(request, "anonymous", "account_login", 401)

    def _elsewhere(self, request: HttpRequest, outcome: str, name: str, status: int) -> HttpResponseBase:
        """Sends a browser to another page; answers a script with a status and the address."""
        request.access.outcome = outcome  # type: ignore[attr-defined]
        if asks_interface(request):
            return problem(401, f"access.{outcome}")
        target = reverse(name)
        if request.method in ("GET", "HEAD") and not _by_script(request):
            return HttpResponseRedirect(f"{target}?{urlencode({'next': request.get_full_path()})}")
        if _by_script(request):
            return JsonResponse({"code": f"access.{outcome}", "go": target}, status=status)
        return refused(request, status, f"access.{outcome}", go=target)

    def _deny(self, request: HttpRequest, outcome: str, status: int) -> HttpResponseBase:
        request.access.outcome = outcome  # type: ignore[attr-defined]
        if asks_interface(request):
            return problem(status, f"access.{outcome}")
        if _by_script(request):
            return JsonResponse({"code": f"access.{outcome}"}, status=status)
        return refused(request, status, f"access.{outcome}")

    def _write(self, request: HttpRequest, response: HttpResponseBase) -> None:
        access: Admission = request.access  # type: ignore[attr-defined]
        stated = access.stated
        if not access.view or request.method not in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            return
        if access.admitted and stated is not None:
            if stated.audience is not Audience.PERMISSION:
                return
            if stated.passive and not _POLL_LOGGED(
                f"{access.person and access.person.pk} {access.view} {access.patient}"
            ):
                return
        elif access.outcome in ("anonymous", "locked", "rate", "method"):
            return
        permission = stated.permission(request.method or "") if stated else None
        record(
            "seen"
            if access.admitted and request.method in ("GET", "HEAD")
            else "done"
            if access.admitted
            else "denied",
            request=request,
            person=access.person.pk if access.person else "",
            patient=access.patient or _asked_patient(request, stated),
            view=access.view[:80],
            method=request.method or "",
            permission=permission.value if permission else "",
            outcome=access.outcome,
            status=response.status_code,
            break_glass=access.break_glass,
            detail=f"token {access.token[:8]}" if access.token else "",
        )


def _external(view: Callable[..., Any], name: str) -> Stated | None:
    module = getattr(getattr(view, "view_class", view), "__module__", "")
    return EXTERNAL.get(name) if module.startswith(_EXTERNAL_PACKAGES) else None


def _by_script(request: HttpRequest) -> bool:
    accepts = request.headers.get("Accept", "")
    return (
        "HX-Request" in request.headers
        or ("application/json" in accepts and "text/html" not in accepts)
        or request.headers.get("X-Requested-With") == "XMLHttpRequest"
    )


def _asked_patient(request: HttpRequest, stated: Stated | None) -> str:
    if stated is None or not isinstance(stated.patient, str) or request.resolver_match is None:
        return ""
    return str(request.resolver_match.kwargs.get(stated.patient, ""))[:64]
