"""Errors of the JSON interface: one form for all of them, after RFC 9457."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse

ROOT: Final = "/api/"
MEDIA_TYPE: Final = "application/problem+json"

_DETAIL: Final = {
    400: "The request cannot be read",
    401: "The token is missing, unknown, expired, revoked or not agreed to",
    403: "The token does not permit this",
    404: "There is nothing at this address",
    405: "This address does not answer this method",
    429: "Too many requests; wait a minute",
    500: "The server failed; nothing is known to have been recorded",
    503: "The record cannot be written now; send the request again with the same key",
}


def asks_interface(request: HttpRequest) -> bool:
    """Return whether a request is one to the JSON interface, whose errors are JSON too."""
    return request.path.startswith(ROOT)


def problem(status: int, code: str, detail: str = "", remedy: str = "") -> HttpResponse:
    """Return an error as problem JSON; `code` is stable, `detail` and `remedy` are sentences without a stop."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail or _DETAIL.get(status, ""),
        "remedy": remedy,
    }
    response = HttpResponse(json.dumps(body), content_type=MEDIA_TYPE, status=status)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response["Retry-After"] = "60"
    return response
