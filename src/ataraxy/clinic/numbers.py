"""Numbers as people type them into doses: one way to write them, so that none is read in two ways."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from django import forms

# 1,000 is one thousand to some and one to others: a comma is refused and not guessed at.
_FORM: Final = re.compile(r"\d{1,7}(\.\d{1,6})?", re.ASCII)


class NumberField(forms.CharField):
    """A number of zero or more, digits with a point. Its value is an exact Decimal; None where it is left empty."""

    def __init__(self, *, unit: str = "", above_zero: bool = True, **options: Any) -> None:
        self.unit, self.above_zero = unit, above_zero
        options.setdefault("max_length", 16)
        options.setdefault(
            "widget",
            forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "number"}),
        )
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text in (None, ""):
            return None
        if "," in text:
            raise forms.ValidationError("Write it with a point and no comma, such as 0.7.", code="comma")
        if not _FORM.fullmatch(text):
            raise forms.ValidationError("Write a number such as 70 or 0.7, without its unit.", code="number")
        number = Decimal(text)
        if self.above_zero and number == 0:
            raise forms.ValidationError("This must be more than zero.", code="zero")
        return number
