"""Forms of one's own account."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django import forms

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.accounts.models import PIN_LENGTH
from ataraxy.clinic.accounts.passwords import password_again


class PinForm(forms.Form):
    """A new PIN for quick re-entry, with the password that proves whose it is."""

    password = forms.CharField(
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    pin = forms.CharField(
        label="New PIN",
        help_text=f"{PIN_LENGTH} digits; not all the same, not in a row.",
        widget=forms.PasswordInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": PIN_LENGTH}
        ),
    )

    def __init__(self, request: ClinicRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        password_again(self.request, self.request.access.who, password)
        return password

    def clean_pin(self) -> str:
        pin: str = self.cleaned_data["pin"]
        if len(pin) != PIN_LENGTH or not (pin.isascii() and pin.isdigit()):
            raise forms.ValidationError(f"Enter {PIN_LENGTH} digits.")
        steps = {int(b) - int(a) for a, b in pairwise(pin)}
        if len(set(pin)) < 3 or steps in ({1}, {-1}):
            raise forms.ValidationError("Choose digits that are harder to guess.")
        return pin


class UnlockForm(forms.Form):
    """PIN or password of whoever is signed in."""

    secret = forms.CharField(
        label="PIN or password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        max_length=128,
    )
