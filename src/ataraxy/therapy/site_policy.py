"""A clinic's own policy: the numbers behind every rule of sessions, preparation, follow-up and alerts.

Each number is a `Setting` with source and grade, or marked as the site's own decision. Stop limits of blood pressure
are None until a medical director has set and signed them, and no drug is given until then.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ataraxy.therapy.actor import Role
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.route import Route
from ataraxy.therapy.session.measure import Measure
from ataraxy.therapy.session.monitoring_plan import MonitoringPlan
from ataraxy.therapy.session.rule import Effect, Phase, SessionRule
from ataraxy.therapy.setting import (
    AdverseGrade,
    Days,
    Grade,
    Hours,
    Kg,
    Mg,
    MgPerKg,
    MgPerMl,
    Minutes,
    Ml,
    MlPerHour,
    Percent,
    Sessions,
    Setting,
)
from ataraxy.therapy.stop_limits import StopLimits
from ataraxy.therapy.value import Count, Value, refuse

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class PolicyStatus(StrEnum):
    """What a policy is for: `EXAMPLE` to copy, `SITE` of a clinic, `SIMULATION` of the virtual clinic."""

    EXAMPLE = "example"
    SITE = "site"
    SIMULATION = "simulation"


class BeforeDosing(Value):
    """What must hold before a dose.

    Attributes:
        food, liquid: shortest time since the last of it.
        alcohol_or_cannabis: shortest time since the last of it.
        nasal_medicine: shortest time since a nasal corticosteroid or decongestant; read for the nasal route.
        weight_age: oldest weight that a dose may be calculated from: today's.
        reading_age: oldest reading that counts as the reading before the dose.
        gate_age: oldest run of the gate.
        suicide_risk_age: oldest assessment of suicide risk.
        pregnancy_age: oldest pregnancy test, where one applies.
        preparation_age: oldest preparation that may be given.
        overridable: checks that a prescriber may override with a reason; never one that is unknown.
    """

    food: Hours
    liquid: Minutes
    alcohol_or_cannabis: Hours
    nasal_medicine: Minutes
    weight_age: Hours
    reading_age: Minutes
    gate_age: Hours
    suicide_risk_age: Hours
    pregnancy_age: Hours
    preparation_age: Hours
    overridable: tuple[Literal["food", "liquid", "alcohol-or-cannabis", "nasal-medicine", "escort"], ...] = ()


class DischargePolicy(Value):
    """What must hold before a person leaves, beside the rules with the effect do_not_discharge.

    Attributes:
        reading_age: oldest reading that counts.
        adverse_event_grade: an unresolved adverse event of this grade or above keeps the person.
    """

    reading_age: Minutes
    adverse_event_grade: AdverseGrade


class DoseCap(Value):
    """The most that a site gives by some routes; the mg count the free base.

    Attributes:
        routes: by which routes.
        dose, dose_per_kg: most in one session.
        concentration: most in the syringe or bag.
        pump_rate: fastest pump; None where no pump is used.
    """

    routes: tuple[Route, ...]
    dose: Mg
    dose_per_kg: MgPerKg | None = None
    concentration: MgPerMl
    pump_rate: MlPerHour | None = None


class PreparationPolicy(Value):
    """Limits and tolerances of preparing a dose.

    Attributes:
        caps: the most by each route; a route without a cap is not prepared.
        tolerance: by how much the second person's results may differ from the first's.
        rounding: by how much rounding may change the dose.
        weight_change: a larger change of weight since the last one is weighed again.
        volume_step: graduation of the syringe.
        rate_step: resolution of the pump.
        lowest_weight, highest_weight: of the people whom the site treats; outside of them a slip is likely.
    """

    caps: tuple[DoseCap, ...]
    tolerance: Percent
    rounding: Percent
    weight_change: Percent
    volume_step: Ml
    rate_step: MlPerHour
    lowest_weight: Kg
    highest_weight: Kg

    @model_validator(mode="after")
    def _check(self) -> Self:
        for field in ("volume_step", "rate_step", "lowest_weight"):
            if getattr(self, field).value <= 0:
                raise refuse(
                    f"{field.replace('_', ' ')} is {getattr(self, field)}",
                    code="policy.value",
                    remedy="Give more than zero",
                    field=field,
                )
        return self

    def cap(self, route: Route) -> DoseCap | None:
        """Return the cap of a route, None where the site has set none."""
        return next((cap for cap in self.caps if route in cap.routes), None)


class FollowUpPlan(Value):
    """A contact after a session.

    Attributes:
        id: short name, such as ``24h``.
        after: how long after the end of the dose; None: before the next session.
        window: how long after that it is missed.
        suicide_risk: whether an assessment of suicide risk is part of it.
        contents: what is asked, for people.
    """

    id: Name
    after: Hours | None = None
    window: Hours
    suicide_risk: bool = False
    contents: str


class SuicideRiskPolicy(Value):
    """What a clinician's judgement and PHQ-9 item 9 lead to.

    Attributes:
        hold_from: from this level on no dose is given and nobody leaves; a later assessment below it lifts this.
        alert_from: from this level on an alert is raised.
        item9_alert_from: from this answer on an alert is raised, whatever the judgement.
        source, grade: who decided the levels.
    """

    hold_from: RiskLevel
    alert_from: RiskLevel
    item9_alert_from: Annotated[Count, Field(ge=1, le=3)]
    source: str
    grade: Grade


class EscalationStep(Value):
    """When an alert that nobody acknowledged goes to whom."""

    after: Minutes
    to: Role


class Escalation(Value):
    """The ladder of one urgency: first assigned to, then step by step to others."""

    urgency: Literal["immediate", "today", "routine"]
    first: Role
    steps: tuple[EscalationStep, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        times = [step.after.value for step in self.steps]
        if not times or times != sorted(set(times)):
            raise refuse(
                f"the steps come after {', '.join(map(str, times)) or 'no'} minutes",
                code="policy.escalation",
                remedy="Give at least one step, each later than the one before",
                field="steps",
            )
        return self


class LongTermCheck(Value):
    """A check that repeated treatment asks for; due when the first of its two counts is reached.

    Attributes:
        id: such as ``bladder``.
        title: what is checked.
        every_sessions, every: after so many sessions or so long since the last check.
        source, grade: for the check itself; the intervals have their own.
    """

    id: Name
    title: str
    every_sessions: Sessions | None = None
    every: Days | None = None
    source: str
    grade: Grade

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.every_sessions is None and self.every is None:
            raise refuse(
                "the check is never due",
                code="policy.check-interval",
                remedy="Give every_sessions, every, or both",
                field="every",
            )
        return self


class SitePolicy(Value):
    """A clinic's policy.

    Attributes:
        name, version, title: which policy it is.
        status: what it is for.
        decided_by, decided_on: who stands for it since when.
        dissociation_scale: the form that the site charts.
        stop_limits: None until a medical director has signed them.
        rules: over readings.
        monitoring: one plan for each group of routes; a route without one is not given.
    """

    name: Name
    version: Annotated[Count, Field(ge=1)]
    title: str
    status: PolicyStatus
    decided_by: str
    decided_on: date
    stop_limits: StopLimits | None = None
    dissociation_scale: Literal[Measure.CADSS6, Measure.CADSS_TOTAL]
    rules: tuple[SessionRule, ...]
    monitoring: tuple[MonitoringPlan, ...]
    before: BeforeDosing
    discharge: DischargePolicy
    preparation: PreparationPolicy
    follow_ups: tuple[FollowUpPlan, ...]
    suicide_risk: SuicideRiskPolicy
    escalation: tuple[Escalation, ...]
    long_term: tuple[LongTermCheck, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.decided_by.strip():
            raise refuse(
                "nobody stands for the policy",
                code="policy.source-missing",
                remedy="Name who decided it",
                field="decided_by",
            )
        if self.status is PolicyStatus.EXAMPLE and self.stop_limits is not None:
            raise refuse(
                "an example holds stop limits",
                code="policy.example-with-limits",
                remedy='A policy whose limits a medical director has signed is a site\'s: write "status: site"',
                field="status",
            )
        self._check_unique()
        self._check_invented()
        self._check_monitored()
        self._check_rules()
        return self

    def _check_unique(self) -> None:
        for field, ids in (
            ("rules", [rule.id for rule in self.rules]),
            ("follow_ups", [plan.id for plan in self.follow_ups]),
            ("long_term", [check.id for check in self.long_term]),
            ("escalation", [str(ladder.urgency) for ladder in self.escalation]),
            ("monitoring", [route.value for plan in self.monitoring for route in plan.routes]),
            ("preparation.caps", [route.value for cap in self.preparation.caps for route in cap.routes]),
        ):
            twice = next((i for i, id_ in enumerate(ids) if id_ in ids[:i]), None)
            if twice is not None:
                one_each = field not in ("monitoring", "preparation.caps")  # these list several routes
                raise refuse(
                    f"{ids[twice]} stands there twice",
                    code="policy.twice",
                    remedy="Keep one of them",
                    field=f"{field}.{twice}" if one_each else field,
                )
        missing = {"immediate", "today", "routine"} - {ladder.urgency for ladder in self.escalation}
        if missing:
            raise refuse(
                f"alerts that are {' or '.join(sorted(missing))} escalate to nobody",
                code="policy.escalation",
                remedy="Give a ladder for each urgency: immediate, today, routine",
                field="escalation",
            )

    def _check_invented(self) -> None:
        invented = [where for where, setting in self.settings() if setting.grade is Grade.INVENTED]
        if invented and self.status is not PolicyStatus.SIMULATION:
            raise refuse(
                "an invented number stands in a policy that is not for simulation",
                code="policy.invented",
                remedy="Give the number a source, or decide it as the site's own",
                field=invented[0],
            )

    def _check_monitored(self) -> None:
        """Refuse a rule over what is never measured: it would stay unknown, and hold everybody forever."""
        for i, rule in enumerate(self.rules):
            for plan in self.monitoring:
                for phase in rule.phases:
                    if rule.measure.charted not in plan.measures(phase):
                        raise refuse(
                            f"{rule.id} reads {rule.measure.charted.value}, which is not measured {_when(phase)} "
                            f"with {plan.routes[0].label}",
                            code="policy.rule-unmonitored",
                            remedy="Add the measure to the monitoring plan, or the phase out of the rule",
                            field=f"rules.{i}.measure",
                        )
        for i, plan in enumerate(self.monitoring):
            for measure in (Measure.SYSTOLIC, Measure.DIASTOLIC):
                if measure not in plan.measures(Phase.BEFORE):
                    raise refuse(
                        f"{measure.value} is not measured before the dose",
                        code="policy.rule-unmonitored",
                        remedy="Add it to before; a rise counts from it",
                        field=f"monitoring.{i}.before",
                    )
                if any(route.is_infusion for route in plan.routes) and measure not in plan.measures(
                    Phase.DOSING
                ):
                    raise refuse(
                        f"{measure.value} is not measured during the infusion",
                        code="policy.rule-unmonitored",
                        remedy="Add a schedule for it in the phase dosing; stop limits read it",
                        field=f"monitoring.{i}.schedules",
                    )

    def _check_rules(self) -> None:
        """Refuse a policy that lets a person leave without having asked what must be asked."""
        asked = {rule.measure.charted for rule in self.rules if rule.effect is Effect.DO_NOT_DISCHARGE}
        needed = {
            Measure.SYSTOLIC,
            Measure.DIASTOLIC,
            Measure.SPO2,
            Measure.MOAAS,
            Measure.NAUSEA,
            self.dissociation_scale,
        }
        if missing := needed - asked:
            raise refuse(
                f"no rule keeps a person for {', '.join(sorted(m.value for m in missing))}",
                code="policy.discharge-rule-missing",
                remedy="Add rules with the effect do_not_discharge for blood pressure, SpO2, MOAA/S, nausea "
                "and dissociation",
                field="rules",
            )

    def plan(self, route: Route) -> MonitoringPlan | None:
        """Return the monitoring plan of a route, None where the site has none."""
        return next((plan for plan in self.monitoring if route in plan.routes), None)

    def ladder(self, urgency: str) -> Escalation:
        """Return how alerts of an urgency escalate."""
        return next(ladder for ladder in self.escalation if ladder.urgency == urgency)

    def all_rules(self) -> tuple[SessionRule, ...]:
        """Return the rules, those of the stop limits with them."""
        return (*self.rules, *(self.stop_limits.rules() if self.stop_limits else ()))

    def settings(self) -> tuple[tuple[str, Setting], ...]:
        """Return every number that carries a source, with the dotted path to it."""
        found: list[tuple[str, Setting]] = []
        pending: list[tuple[str, object]] = [("", self)]
        while pending:
            path, value = pending.pop()
            if isinstance(value, Setting):
                found.append((path, value))
            elif isinstance(value, Value):
                pending.extend(
                    (f"{path}.{name}" if path else name, getattr(value, name))
                    for name in reversed(type(value).model_fields)
                )
            elif isinstance(value, tuple):
                pending.extend((f"{path}.{i}", value[i]) for i in reversed(range(len(value))))
        return tuple(found)

    @property
    def label(self) -> str:
        """Return name and version, as findings cite them."""
        return f"{self.name}/{self.version}"

    @property
    def policy_hash(self) -> str:
        """Return the SHA-256 of the policy as canonical JSON, in hexadecimal."""
        canonical = json.dumps(
            self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()

    def require_dosing(self, *, simulated: bool) -> None:
        """Refuse to give drug under a policy that does not permit it.

        Raises:
            Refusal: ``policy.stop-limits-unset``, or ``policy.simulation`` where a policy of the virtual clinic meets
                a real person.
        """
        if self.stop_limits is None:
            raise Refusal(
                f"the policy {self.label} sets no blood pressure at which a dose is stopped",
                code="policy.stop-limits-unset",
                remedy="The medical director sets and signs stop_limits; no published limit is known that could "
                "stand in for the decision",
                where="stop_limits",
            )
        if self.status is PolicyStatus.SIMULATION and not simulated:
            raise Refusal(
                f"the policy {self.label} holds invented limits for the virtual clinic",
                code="policy.simulation",
                remedy="Use a policy that the clinic has decided",
                where="status",
            )


def _when(phase: Phase) -> str:
    return "before the dose" if phase is Phase.BEFORE else f"during {phase.value}"
