"""What every value of this package shares: it cannot be changed, and it refuses what it does not know."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, Strict

from ataraxy.errors import InputError

# Strict numbers: True is not 1 and "5" is not 5.
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Count = Annotated[int, Strict()]


class Value(BaseModel):
    """Base of the immutable values of a protocol; unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed; the copy is checked like a new value."""
        return type(self).model_validate({**dict(self), **changes})


def refuse(message: str, *, code: str, remedy: str, field: str = "") -> InputError:
    """Return the error for a value that breaks a rule; `field` is the dotted path to what is at fault."""
    return InputError(message, code=code, remedy=remedy, where=field)
