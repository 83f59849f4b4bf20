"""Error pages: what happened and what to do, without anything of the inside."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ataraxy.clinic.access.problem import asks_interface, problem
from ataraxy.errors import AtaraxyError, InputError

_TEXT = {
    400: ("This request cannot be read", "Go back, reload the page and try again."),
    401: ("Sign in first", "You are not signed in, or your session has ended."),
    403: ("Not open to you", "Your role does not permit this. An administrator can tell you who may."),
    404: ("Not here", "There is nothing at this address, or it is not open to you."),
    405: ("Not answered this way", "Go back and use the page's own buttons."),
    423: ("Locked", "This screen was left alone. Unlock it, then go back: what you typed is still there."),
    429: ("Too many requests", "Wait a minute and try again."),
    500: (
        "Something went wrong",
        "Try again; if it happens again, tell whoever runs the clinic's server.",
    ),
}
_BY_CODE = {
    "access.patient": (
        "Not one of your patients",
        "You do not care for this patient. If you must open the chart now, say why: an auditor is told.",
    ),
    "access.password": ("Choose a password first", "You signed in with a password that somebody gave you."),
    "access.second_factor": (
        "A second factor first",
        "Your role opens patients' data and needs a second factor.",
    ),
    "access.csrf": (
        "This page was open for too long",
        "The form no longer belongs to your session. Go back, reload the page and send it again.",
    ),
}


def refused(request: HttpRequest, status: int, code: str = "", go: str = "") -> HttpResponse:
    """The page for an error. Needs no database, so that it can be shown when there is none."""
    if asks_interface(request):
        return problem(status, code or f"http.{status}")
    title, advice = _BY_CODE.get(code) or _TEXT.get(status) or (HTTPStatus(status).phrase, "")
    access = getattr(request, "access", None)
    context: dict[str, Any] = {"title": title, "advice": advice, "status": status, "code": code, "go": go}
    if code == "access.patient" and access is not None and access.person is not None:
        from ataraxy.clinic.access.permissions import Permission

        context["break_glass_for"] = access.patient if access.may(Permission.BREAKGLASS_USE) else ""
        context["next"] = request.path if request.method == "GET" else ""
    return render(request, "errors/error.html", context, status=status)


def not_now(request: HttpRequest, error: AtaraxyError) -> HttpResponse:
    """The page for a refusal that a view left to nobody: 409, or 503 where the record itself failed."""
    status = 409 if isinstance(error, InputError) else 503
    if asks_interface(request):
        return problem(status, error.code, error.message, error.remedy)
    # what our errors say names no patient: opaque ids, codes and what to do
    context = {
        "title": "Not possible now",
        "advice": error.sentence,
        "status": status,
        "code": error.code,
        "go": "",
    }
    return render(request, "errors/error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for this error, as Django asks for it."""
    return refused(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for this error, as Django asks for it."""
    return refused(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for this error, as Django asks for it."""
    return refused(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for this error, as Django asks for it."""
    return refused(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for this error, as Django asks for it."""
    return refused(request, 403, "access.csrf")
