"""Addresses. A page is a package in `pages` whose `urls` module has `urlpatterns` and, where wanted, `NAVIGATION`.

Pages are found, not listed: adding one touches no file but its own. None is open before its view states to whom.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import URLPattern, URLResolver, path

from ataraxy.clinic import pages
from ataraxy.clinic.api.urls import urlpatterns as interface
from ataraxy.clinic.navigation import Entry


def _page_modules() -> Iterator[ModuleType]:
    for found in sorted(pkgutil.iter_modules(pages.__path__), key=lambda module: module.name):
        if found.ispkg:
            name = f"{pages.__name__}.{found.name}.urls"
            if importlib.util.find_spec(name) is not None:
                yield importlib.import_module(name)


_modules = list(_page_modules())

NAVIGATION: list[Entry] = sorted(
    (entry for module in _modules for entry in getattr(module, "NAVIGATION", ())),
    key=lambda entry: entry.order,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-in/second-factor/", factors.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/closed/", account.account_inactive, name="account_inactive"),
    path("sign-out/", account.logout, name="account_logout"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", factors.reauthenticate, name="mfa_reauthenticate"),
    path("account/confirm/passkey/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/factors/", factors.index, name="mfa_index"),
    path("account/factors/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/factors/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/factors/codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/factors/codes/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/factors/passkeys/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("account/factors/passkeys/add/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path("account/factors/passkeys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path("account/factors/passkeys/<int:pk>/edit/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    *(pattern for module in _modules for pattern in module.urlpatterns),
    *interface,
]

handler400 = "ataraxy.clinic.access.errors.bad_request"
handler403 = "ataraxy.clinic.access.errors.permission_denied"
handler404 = "ataraxy.clinic.access.errors.not_found"
handler500 = "ataraxy.clinic.access.errors.server_error"
