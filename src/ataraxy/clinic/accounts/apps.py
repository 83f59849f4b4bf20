"""The application of accounts."""

from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """People who sign in."""

    name = "ataraxy.clinic.accounts"
    label = "people"
    verbose_name = "People"

    def ready(self) -> None:
        from ataraxy.clinic.accounts import events  # noqa: F401  (connects signals)
