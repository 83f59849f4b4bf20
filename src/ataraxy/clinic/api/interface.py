"""The interface as one object: what it raises becomes problem JSON, and its document says so for every operation."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from pydantic import ValidationError as ValueRefused

from ataraxy.clinic.access.problem import MEDIA_TYPE, ROOT, problem
from ataraxy.clinic.access.stated import own_account
from ataraxy.clinic.api.bodies import Problem
from ataraxy.errors import AtaraxyError, InputError

# What is there, but not as the caller thought.
_CONFLICTS: Final = frozenset(
    {
        "session.moved-on",
        "practice.busy",
        "record.key-reused",
        "record.version",
        "site.none-in-force",
        "alert.acknowledged",
        "reading.twice",
    }
)
_ABSENT: Final = frozenset({"person.unknown", "session.unknown", "alert.unknown"})
ERRORS: Final = frozenset({400, 401, 403, 404, 409, 422, 429, 503})

interface = NinjaAPI(
    title="Ataraxy clinic",
    version="1",
    description=(
        "For devices and programs of one clinic. Every call carries `Authorization: Bearer TOKEN`; an administrator "
        "makes tokens, and the person for whom a token acts agrees to it. Every call that records carries an "
        "`Idempotency-Key`: sent again with the same key and content it records nothing new. Times carry their offset "
        "from UTC. Errors are problem JSON (RFC 9457) with a stable `code`."
    ),
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
    openapi_extra={"security": [{"token": []}]},
)


def status_of(error: AtaraxyError) -> int:
    """Return the status of an answer for an error: 403, 404, 409, 422, or 503 where the record could not be written."""
    if error.code == "role.not-permitted":
        return 403
    if error.code in _ABSENT:
        return 404
    if error.code in _CONFLICTS:
        return 409
    return 422 if isinstance(error, InputError) else 503


def _sentence(text: str) -> str:
    return text.rstrip(".")[:500]


@interface.exception_handler(AtaraxyError)
def _refused(request: HttpRequest, error: AtaraxyError) -> HttpResponse:
    return problem(status_of(error), error.code, _sentence(error.message), _sentence(error.remedy))


@interface.exception_handler(ValidationError)
def _not_of_the_form(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {"loc": (), "msg": "it is not of the documented form"}
    place = ".".join(str(part) for part in first["loc"][:4])[:80]
    return problem(422, "api.form", _sentence(f"{place}: {first['msg']}"), "Send what the document describes")


@interface.exception_handler(ValueRefused)
def _value_refused(request: HttpRequest, error: ValueRefused) -> HttpResponse:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"][:4])[:80]
    return problem(422, "api.value", _sentence(f"{place}: {first['msg']}"), "Correct the value")


@interface.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, f"api.{error.status_code}", _sentence(str(error)))


@interface.exception_handler(Http404)
def _absent(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "http.404")


def errors() -> dict[Any, Any]:
    """Return the answers that every operation may give beside its own."""
    return {ERRORS: Problem}


@own_account(token=True)
def document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document of this interface, for whoever holds a token or is signed in."""
    return JsonResponse(openapi())


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """Return the OpenAPI document: errors as problem JSON, the token as the one way in."""
    import_module("ataraxy.clinic.api.urls")  # where the operations are put together
    made: dict[str, Any] = interface.get_openapi_schema(path_prefix=ROOT)
    made["components"].setdefault("securitySchemes", {})["token"] = {"type": "http", "scheme": "bearer"}
    for path in made["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    answer["content"] = {MEDIA_TYPE: answer["content"]["application/json"]}
                    answer["description"] = _MEANS[int(status)]
    return made


_MEANS: Final = {
    400: "The request cannot be read",
    401: "The token is missing, unknown, expired, revoked, or not agreed to by its person",
    403: "Neither the token nor the roles of its person permit this, or the patient is not one of theirs",
    404: "There is no such person, session or alert",
    409: "It stands differently by now: the code says how",
    422: "A rule forbids it, or a value is not as documented: the code says which",
    429: "Too many requests; wait for as long as Retry-After says",
    503: "The record cannot be written now; send it again with the same key",
}

Endpoint = Callable[..., Any]
