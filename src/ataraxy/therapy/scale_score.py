"""A recorded score of a rating scale: what the chart keeps of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ataraxy.therapy.moment import Moment
from ataraxy.therapy.value import Count, Number, Value


class ScaleScore(Value):
    """A score.

    Attributes:
        scale: id of the instrument, such as ``GAD-7``.
        version: of the instrument's definition.
        total: points.
        at: when the person answered or was rated.
        rater: who rated, an opaque id; empty for self-report.
        answers: to the items in their order, None where an item was left out; empty where only the total is known.
        band: name of the band that the total falls into.
        prorated: whether missing items were filled in by the rule of the scale.
        flags: ids of what the answers say beyond the total, such as ``suicidality``.
    """

    scale: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9/-]*$", max_length=20)]
    version: Annotated[Count, Field(ge=1)] = 1
    total: Number
    at: Moment
    rater: str = ""
    answers: tuple[Count | None, ...] = ()
    band: str = ""
    prorated: bool = False
    flags: tuple[str, ...] = ()
