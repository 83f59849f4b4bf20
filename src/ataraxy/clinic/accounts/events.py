"""What signing in and second factors leave behind: a presence for the browser, lines in the access log."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa import signals as factors
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from ataraxy.clinic.access import presence
from ataraxy.clinic.access.log import record
from ataraxy.clinic.accounts.models import Person


@receiver(user_logged_in)
def _signed_in(sender: Any, request: HttpRequest, user: Person, **_: Any) -> None:
    presence.begin(request, user)
    record("signed_in", request=request, person=user.pk)


@receiver(user_logged_out)
def _signed_out(sender: Any, request: HttpRequest, user: Person | None, **_: Any) -> None:
    if user is not None:
        record("signed_out", request=request, person=user.pk)


@receiver(user_login_failed)
def _failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    # Not the name that was typed: people type passwords into the field for names.
    name = str(credentials.get("username") or credentials.get("sign_in_name") or "").strip().lower()
    known = Person.objects.filter(sign_in_name=name).first()
    record(
        "sign_in_failed",
        request=request,
        person=known.pk if known else "",
        detail="password" if known else "unknown name",
    )


@receiver(password_changed)
def _password_changed(sender: Any, request: HttpRequest, user: Person, **_: Any) -> None:
    Person.objects.filter(pk=user.pk).update(must_change_password=False)
    user.must_change_password = False
    record("password_changed", request=request, person=user.pk)


@receiver(factors.authenticator_added)
def _factor_added(sender: Any, request: HttpRequest, user: Person, authenticator: Any, **_: Any) -> None:
    record("factor_added", request=request, person=user.pk, detail=str(authenticator.type))


@receiver(factors.authenticator_removed)
def _factor_removed(sender: Any, request: HttpRequest, user: Person, authenticator: Any, **_: Any) -> None:
    record("factor_removed", request=request, person=user.pk, detail=str(authenticator.type))


@receiver(factors.authentication_failed)
def _factor_failed(sender: Any, request: HttpRequest, user: Person, authenticator: Any, **_: Any) -> None:
    record("factor_failed", request=request, person=user.pk, detail=str(authenticator.type))
