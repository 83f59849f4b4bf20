"""Small pieces of pages: badges of state, opaque ids shortened, times in the clinic's zone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ataraxy.therapy.exact import plain

register = template.Library()

# The shape beside the words says the same as the colour: nothing is told by colour alone.
STATES = frozenset({"ok", "due", "overdue", "stop", "hold", "active", "quiet"})


@register.simple_tag
def badge(state: str, text: str) -> SafeString:
    """A badge; `state` is one of STATES and sets colour and shape, `text` says it in words."""
    if state not in STATES:
        raise ValueError(f"no badge for {state!r}: use one of {', '.join(sorted(STATES))}")
    return format_html('<span class="badge badge-{}">{}</span>', state, text)


@register.filter
def short_id(value: Any) -> str:
    """The first eight characters of an opaque id."""
    return str(value)[:8]


@register.filter
def exact(value: Decimal | None) -> str:
    """An exact number as a person writes it: every digit that it has, no zeros at the end, no rounding."""
    return "–" if value is None else plain(value)


@register.filter
def named(staff_id: str, names: dict[str, str]) -> str:
    """The name of a colleague out of `ataraxy.clinic.staff_names.names_of`."""
    return names.get(staff_id, staff_id[:8])


@register.simple_tag
def moment(value: datetime | None, form: str = "minute") -> SafeString | str:
    """A time in the clinic's zone, machine-readable beside; `form` is ``minute``, ``second``, ``day`` or ``clock``."""
    if value is None:
        return "–"
    local = timezone.localtime(value)
    shown = local.strftime(
        {"minute": "%d %b %Y, %H:%M", "second": "%d %b %Y, %H:%M:%S", "day": "%d %b %Y", "clock": "%H:%M"}[
            form
        ]
    )
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), shown)


@register.filter
def words(code: Any) -> str:
    """A code such as ``no_response`` as words."""
    return str(code).replace("_", " ")
