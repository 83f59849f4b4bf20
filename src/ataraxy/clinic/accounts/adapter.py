"""What allauth asks this clinic: no sign-up, no e-mail, secrets sealed, nobody removes the factor that a role needs."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from ataraxy.clinic.access.roles import needs_second_factor
from ataraxy.clinic.accounts.factors import FIRST_FACTORS
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.accounts.sealing import opened, sealed


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by an administrator; the clinic sends no e-mail."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "Sign-in name and password do not match.",
        "too_many_login_attempts": "Too many failed attempts. Wait ten minutes, or ask an administrator.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str | None = None) -> bool:
        """A sign-in, with every factor that it asked for, counts as proof for as long as a proof counts."""
        access = getattr(context.request, "access", None)
        if access is not None and access.presence is not None:
            age = timezone.now() - access.presence.signed_in_at
            if age.total_seconds() < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
                return False
        return bool(super().is_reauthentication_required(app=app))

    def pre_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse | None:
        """Refuses a one-time password after its time, before anybody is signed in."""
        until = user.one_time_until
        if user.must_change_password and until is not None and timezone.now() > until:
            messages.error(
                request, "This one-time password is too old. An administrator gives you a new one."
            )
            return redirect("account_login")
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go on from a changed password; whoever has no second factor yet is led there."""
        return reverse("my_account")

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """The clinic sends nothing: what concerns an account is on the account's page and in the access log."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """See `send_mail`."""

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        template = kwargs.get("message_template") or (args[0] if args else "") or ""
        if template in ("account/messages/logged_in.txt", "account/messages/logged_out.txt"):
            return
        super().add_message(request, level, *args, **kwargs)


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: the clinic's name on the phone, secrets sealed with a key that is not in the database."""

    def _get_site_name(self) -> str:
        return str(settings.HOME.settings.name)

    def encrypt(self, text: str) -> str:
        return sealed(text, "second factor")

    def decrypt(self, encrypted_text: str) -> str:
        return opened(encrypted_text, "second factor")

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last factor of somebody whose role needs one stays."""
        if authenticator.type not in FIRST_FACTORS:
            return True
        if settings.HOME.settings.second_factor == "off" or not needs_second_factor(authenticator.user.roles):
            return True
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FIRST_FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        held = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "Passkey" if held == 0 else f"Passkey {held + 1}"
