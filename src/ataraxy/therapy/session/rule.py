"""A rule of the session: a measure, a comparison, a threshold, an effect. The vocabulary is closed; no expressions."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from ataraxy.therapy.session.measure import Measure
from ataraxy.therapy.setting import Setting
from ataraxy.therapy.value import Value, refuse


class Phase(StrEnum):
    """The part of a session that a rule or a monitoring time belongs to."""

    BEFORE = "before"
    DOSING = "dosing"
    OBSERVATION = "observation"
    RECOVERY = "recovery"


class Effect(StrEnum):
    """What follows when a rule is triggered.

    `HOLD` before the dose: it is not begun; during it: it is paused and not raised. `STOP` advises to end it.
    `EXTEND`: observation goes on. `DO_NOT_DISCHARGE`: the person stays. `CALL_PRESCRIBER`: a prescriber is told now.
    """

    HOLD = "hold"
    STOP = "stop"
    EXTEND = "extend"
    DO_NOT_DISCHARGE = "do_not_discharge"
    CALL_PRESCRIBER = "call_prescriber"


class Trigger(StrEnum):
    """How a value is compared with the threshold."""

    ABOVE = "above"
    AT_LEAST = "at_least"
    BELOW = "below"
    AT_MOST = "at_most"

    def holds(self, value: Decimal | int, threshold: Decimal) -> bool:
        """Return whether the rule is triggered."""
        match self:
            case Trigger.ABOVE:
                return value > threshold
            case Trigger.AT_LEAST:
                return value >= threshold
            case Trigger.BELOW:
                return value < threshold
            case Trigger.AT_MOST:
                return value <= threshold

    @property
    def label(self) -> str:
        """Return the comparison in words."""
        return self.value.replace("_", " ")


class SessionRule(Value):
    """One rule over readings.

    Attributes:
        id: short stable name.
        measure: what is compared; a rise counts from the last reading before the first dose.
        trigger: how.
        threshold: with what, in the unit of the measure.
        effect: what follows.
        phases: when the rule is read.
        overridable: whether a prescriber may go on in spite of a hold, with a reason.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    measure: Measure
    trigger: Trigger
    threshold: Setting
    effect: Effect
    phases: tuple[Phase, ...]
    overridable: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.threshold.unit != self.measure.unit:
            raise refuse(
                f"{self.measure.label} is charted in {self.measure.unit} and the threshold is {self.threshold}",
                code="policy.unit",
                remedy=f"Give the threshold in {self.measure.unit}",
                field="threshold.value",
            )
        if not self.phases:
            raise refuse(
                "the rule is never read",
                code="policy.phases",
                remedy="Name at least one of before, dosing, observation, recovery",
                field="phases",
            )
        if self.measure.is_rise and Phase.BEFORE in self.phases:
            raise refuse(
                "before the dose there is nothing to rise from",
                code="policy.phases",
                remedy="Remove the phase before, or compare the pressure itself",
                field="phases",
            )
        if self.overridable and self.effect is not Effect.HOLD:
            raise refuse(
                f"a rule with the effect {self.effect.value} cannot be overridden",
                code="policy.overridable",
                remedy="Remove overridable; only a hold can be overridden, by a prescriber with a reason",
                field="overridable",
            )
        needed = {Effect.DO_NOT_DISCHARGE: Phase.RECOVERY, Effect.EXTEND: Phase.OBSERVATION}.get(self.effect)
        if needed is not None and needed not in self.phases:
            raise refuse(
                f"a rule with the effect {self.effect.value} is not read in the phase {needed.value}",
                code="policy.phases",
                remedy=f"Add the phase {needed.value}, in which its answer counts",
                field="phases",
            )
        if self.effect is Effect.STOP and set(self.phases) != {Phase.DOSING}:
            raise refuse(
                "only a dose that is running can be stopped",
                code="policy.phases",
                remedy="Give the phase dosing alone",
                field="phases",
            )
        return self

    @property
    def text(self) -> str:
        """Return the rule in words, such as ``SpO2 below 94%``."""
        return f"{self.measure.label} {self.trigger.label} {self.threshold}"
