"""What is known about a person on arrival; whatever is None was not asked and is unknown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ataraxy.therapy.exact import Exact
from ataraxy.therapy.moment import Moment
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session.gate_result import GateResult
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment
from ataraxy.therapy.value import Value

LONGEST_CHAIR = 120


class CheckIn(Value):
    """The check-in list; vital signs are charted as readings.

    Attributes:
        identity_confirmed: asked for two identifiers.
        last_food_at, last_liquid_at: last meal and last drink.
        no_alcohol_or_cannabis: none for as long as the policy asks.
        no_nasal_medicine: none for as long as the policy asks; read for the nasal spray.
        escort_arranged: somebody will take the person home.
        weight_kg, weighed_at: today's weight.
        pregnancy: result, or that none applies; None where it is not known.
        pregnancy_tested_at: when.
        consent_current: whether the consent in force covers this protocol version.
        gate: the gate, run again.
        suicide_risk: a clinician's assessment before this session.
        chair: where the person sits, one of those that the clinic names; empty where it names none.
        note: free text.
    """

    identity_confirmed: bool | None = None
    last_food_at: Moment | None = None
    last_liquid_at: Moment | None = None
    no_alcohol_or_cannabis: bool | None = None
    no_nasal_medicine: bool | None = None
    escort_arranged: bool | None = None
    weight_kg: Annotated[Exact, Field(gt=0)] | None = None
    weighed_at: Moment | None = None
    pregnancy: Literal["not_applicable", "negative", "positive"] | None = None
    pregnancy_tested_at: Moment | None = None
    consent_current: bool | None = None
    gate: GateResult | None = None
    suicide_risk: SuicideRiskAssessment | None = None
    chair: Annotated[str, Field(max_length=LONGEST_CHAIR)] = ""
    note: Sensitive = ""
