"""What is planned for one session."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ataraxy.therapy.dose_order import DoseOrder
from ataraxy.therapy.exact import Exact
from ataraxy.therapy.moment import Moment
from ataraxy.therapy.value import Count, Value


class SessionPlan(Value):
    """The plan of a session.

    Attributes:
        patient: opaque id of the person.
        course: opaque id of the course.
        protocol, protocol_version: what is followed.
        index: which session of the protocol, from 0.
        scheduled_at: when the person is expected.
        order: what is to be given.
        last_weight_kg: of the session before; None for the first.
        simulated: whether the person is one of the virtual clinic.
    """

    patient: str
    course: str = ""
    protocol: str
    protocol_version: str
    index: Annotated[Count, Field(ge=0)]
    scheduled_at: Moment
    order: DoseOrder
    last_weight_kg: Annotated[Exact, Field(gt=0)] | None = None
    simulated: bool = False
