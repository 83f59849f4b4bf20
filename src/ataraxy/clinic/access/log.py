"""Writing the access log."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from ataraxy.clinic.access.models import AccessEntry


def record(
    kind: str,
    *,
    request: HttpRequest | None = None,
    person: str = "",
    subject: str = "",
    patient: str = "",
    **fields: Any,
) -> AccessEntry:
    """Appends one line. `kind` and `detail` are fixed words of the program, never text that somebody typed."""
    return AccessEntry.objects.create(
        kind=kind,
        person=person,
        subject=subject,
        patient=patient,
        address=address_of(request) if request is not None else "",
        **fields,
    )


def address_of(request: HttpRequest) -> str:
    """The address that a request came from, as far as the trusted proxy says."""
    from allauth.account.adapter import get_adapter
    from django.core.exceptions import PermissionDenied

    try:
        return str(get_adapter().get_client_ip(request))[:45]
    except PermissionDenied:
        return ""
