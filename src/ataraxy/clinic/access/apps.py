"""The application of access."""

from __future__ import annotations

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Who may open what, and who did."""

    name = "ataraxy.clinic.access"
    label = "access"
    verbose_name = "Access"

    def ready(self) -> None:
        from ataraxy.clinic.access import checks  # noqa: F401  (registers the system check)
