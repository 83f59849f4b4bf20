"""The system check that every address states who may open it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.urls import URLPattern, URLResolver, get_resolver

from ataraxy.clinic.access.external import EXTERNAL
from ataraxy.clinic.access.middleware import _external
from ataraxy.clinic.access.stated import Stated, every_statement


@dataclass(frozen=True)
class Address:
    """One pattern of the address table: its name with namespaces, the pattern, the view and what it states."""

    name: str
    pattern: str
    view: Callable[..., Any]
    converters: dict[str, Any]
    stated: tuple[Stated | None, ...]


def addresses(
    patterns: Sequence[URLPattern | URLResolver] | None = None, prefix: str = "", space: str = ""
) -> Iterator[Address]:
    """Every pattern below `patterns`, or of the whole site."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from addresses(entry.url_patterns, path, inner)
        else:
            name = f"{space}{entry.name or ''}"
            outside = _external(entry.callback, name)
            statements = (outside,) if outside else tuple(every_statement(entry.callback))
            yield Address(name, path, entry.callback, dict(entry.pattern.converters), statements)


@register("access")
def every_view_states_its_access(
    app_configs: Sequence[AppConfig] | None = None, **_: Any
) -> Iterable[CheckMessage]:
    """An error for each address that states nothing, and for each statement about an address that is not there."""
    return list(unstated(addresses()))


def unstated(found: Iterable[Address]) -> Iterator[CheckMessage]:
    """The errors of `every_view_states_its_access`, for given addresses."""
    for address in found:
        if any(stated is None for stated in address.stated):
            yield Error(
                f"/{address.pattern} states no permission",
                hint="Decorate the view with @page, @action, @own_account or @public (ataraxy.clinic.access.stated).",
                id="access.E001",
            )
        elif not address.name or address.name.endswith(":"):
            yield Error(
                f"/{address.pattern} has no name", hint="Name it: the access log does.", id="access.E002"
            )
        for stated in address.stated:
            if (
                stated is not None
                and isinstance(stated.patient, str)
                and stated.patient not in address.converters
            ):
                yield Error(
                    f"/{address.pattern} takes no argument {stated.patient!r}",
                    hint="`patient` names the argument that holds the patient's opaque id.",
                    id="access.E003",
                )


EXTERNAL_NAMES = frozenset(EXTERNAL)
