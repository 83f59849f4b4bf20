"""allauth's forms in this clinic's words: labels in place of placeholders."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as CodeAgainForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms


def _label(form: forms.Form, **labels: str) -> None:
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        if name in labels:
            field.label = labels[name]


class SignInForm(LoginForm):  # type: ignore[misc]
    """Sign-in name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(self, login="Sign-in name", password="Password")
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        self.fields["password"].help_text = ""


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """The old password, and a new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(
            self, oldpassword="Present password", password1="New password", password2="New password, again"
        )
        self.fields["password1"].help_text = ""


class PasswordAgainForm(ReauthenticateForm):  # type: ignore[misc]
    """The password, before something about the account changes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(self, password="Password")


class _CodeLook:
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(self, code="Code")  # type: ignore[arg-type]
        self.fields["code"].widget.attrs |= {"class": "code-input", "inputmode": "numeric", "autofocus": True}


class CodeForm(_CodeLook, AuthenticateForm):  # type: ignore[misc]
    """The code of the app, or a recovery code, when signing in."""


class CodeAgain(_CodeLook, CodeAgainForm):  # type: ignore[misc]
    """The code of the app before something about the account changes."""


class FirstCodeForm(_CodeLook, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an app that is being set up."""
