"""At which blood pressure a dose is stopped: no publication says so, therefore a medical director decides and signs."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Self

from pydantic import model_validator

from ataraxy.therapy.session.measure import MEASURED, Measure
from ataraxy.therapy.session.rule import Effect, Phase, SessionRule, Trigger
from ataraxy.therapy.setting import Grade, Setting
from ataraxy.therapy.value import Value, refuse


class LimitsSigned(Value):
    """The signature of a medical director under stop limits.

    Attributes:
        name: of the medical director.
        on: date of the signature.
        limits_hash: what was signed, see `StopLimits.limits_hash`; a change of a limit voids the signature.
    """

    name: str
    on: date
    limits_hash: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.name.strip():
            raise refuse(
                "the signature has no name",
                code="policy.signature",
                remedy="Give the name of the medical director who decided the limits",
                field="name",
            )
        return self


class StopLimits(Value):
    """Above these pressures the rules advise to stop the dose.

    Attributes:
        systolic, diastolic: the limits in mmHg; a reading above one of them triggers.
        signed: by whom and when.
    """

    systolic: Setting
    diastolic: Setting
    signed: LimitsSigned

    @model_validator(mode="after")
    def _check(self) -> Self:
        for measure in (Measure.SYSTOLIC, Measure.DIASTOLIC):
            limit: Setting = getattr(self, measure.value)
            if limit.unit != "mmHg" or not MEASURED[measure].lowest < limit.value < MEASURED[measure].highest:
                raise refuse(
                    f"the limit is {limit}",
                    code="policy.stop-limit",
                    remedy="Give a blood pressure in mmHg",
                    field=measure.value,
                )
            if limit.grade not in (Grade.SITE, Grade.INVENTED):
                raise refuse(
                    f"the stop limit is graded {limit.grade.value}",
                    code="policy.stop-limit-grade",
                    remedy="Grade it site: no published in-session stop limit is known, it is the clinic's decision",
                    field=measure.value,
                )
        if self.diastolic.value >= self.systolic.value:
            raise refuse(
                f"the limits are {self.systolic} systolic and {self.diastolic} diastolic",
                code="policy.stop-limit",
                remedy="Give a diastolic limit below the systolic one",
                field="diastolic",
            )
        if self.signed.limits_hash != self.limits_hash:
            raise refuse(
                f"the signature of {self.signed.name} is not under these limits, whose hash is {self.limits_hash}",
                code="policy.signature",
                remedy="Let the medical director read the limits and sign this hash",
                field="signed.limits_hash",
            )
        return self

    @property
    def limits_hash(self) -> str:
        """Return what is signed: 16 hexadecimal digits of the SHA-256 of both limits and their sources."""
        return hash_of_limits(self.systolic, self.diastolic)

    def rules(self) -> tuple[SessionRule, ...]:
        """Return the limits as rules that advise to stop a running dose."""
        return tuple(
            SessionRule(
                id=f"stop-{measure.value}",
                measure=measure,
                trigger=Trigger.ABOVE,
                threshold=getattr(self, measure.value),
                effect=Effect.STOP,
                phases=(Phase.DOSING,),
            )
            for measure in (Measure.SYSTOLIC, Measure.DIASTOLIC)
        )


def hash_of_limits(systolic: Setting, diastolic: Setting) -> str:
    """Return what a medical director signs, before there is a signature."""
    content = {"systolic": systolic.model_dump(mode="json"), "diastolic": diastolic.model_dump(mode="json")}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
