"""What must hold before drug is given: check-in, gate, consent, suicide risk, readings, preparation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from ataraxy.therapy.exact import plain
from ataraxy.therapy.finding import Finding, Status
from ataraxy.therapy.moment import hours_between, minutes_between
from ataraxy.therapy.route import Route
from ataraxy.therapy.session.check_in import CheckIn
from ataraxy.therapy.session.rule import Effect
from ataraxy.therapy.session.rules import latest_readings, session_findings, standing
from ataraxy.therapy.session.state import Session
from ataraxy.therapy.setting import Grade, Setting
from ataraxy.therapy.site_policy import SitePolicy
from ataraxy.therapy.suicide_risk import suicide_risk_findings


def start_findings(session: Session, policy: SitePolicy, at: datetime) -> tuple[Finding, ...]:
    """Return everything that forbids to begin the dose now; what a prescriber has overridden is left out."""
    found = [
        *check_in_findings(session, policy, at),
        *suicide_risk_findings(session.latest_suicide_risk, policy, at),
        *(f for f in session_findings(session, policy, at) if f.effect is Effect.HOLD),
        *_readings(session, policy, at),
        *_preparation(session, policy, at),
    ]
    return standing(found, session)


def check_in_findings(session: Session, policy: SitePolicy, at: datetime) -> tuple[Finding, ...]:
    """Return what the check-in leaves open or forbids."""
    if session.check_in is None or session.plan is None:
        return (
            _Checks(session, policy, at).unknown(
                "check-in", "the person has not been checked in", "Check the person in"
            ),
        )
    return tuple(_Checks(session, policy, at).all(session.check_in, session.plan.order.route))


class _Checks:
    """The checks of one check-in; each yields nothing where it holds."""

    def __init__(self, session: Session, policy: SitePolicy, at: datetime) -> None:
        self.policy = policy
        self.at = at
        self.evidence = (f"check-in-{session.check_ins}",)

    def all(self, seen: CheckIn, route: Route) -> Iterator[Finding]:
        limits = self.policy.before
        yield from self.true(
            "identity", seen.identity_confirmed, "the identity is not confirmed", "Ask for two identifiers"
        )
        yield from self.since("food", seen.last_food_at, limits.food, "food")
        yield from self.since("liquid", seen.last_liquid_at, limits.liquid, "drink")
        yield from self.true(
            "alcohol-or-cannabis",
            seen.no_alcohol_or_cannabis,
            f"alcohol or cannabis within {limits.alcohol_or_cannabis}",
            "Put the session off",
            limits.alcohol_or_cannabis,
        )
        if route is Route.NASAL_SPRAY:
            yield from self.true(
                "nasal-medicine",
                seen.no_nasal_medicine,
                f"a nasal medicine within {limits.nasal_medicine}",
                "Wait",
                limits.nasal_medicine,
            )
        yield from self.true("escort", seen.escort_arranged, "no escort is arranged", "Arrange an escort")
        yield from self.weight(seen)
        yield from self.pregnancy(seen)
        yield from self.true(
            "consent",
            seen.consent_current,
            "no consent is in force for this version of the protocol",
            "Ask for consent to this version",
        )
        yield from self.gate(seen)

    def true(
        self, rule: str, answer: bool | None, reason: str, remedy: str, setting: Setting | None = None
    ) -> Iterator[Finding]:
        if answer is None:
            yield self.unknown(rule, f"{_WORDS.get(rule, rule)} was not asked", "Ask and chart it", setting)
        elif not answer:
            yield self.triggered(rule, reason, remedy, setting)

    def since(self, rule: str, last: datetime | None, limit: Setting, what: str) -> Iterator[Finding]:
        if last is None:
            yield self.unknown(rule, f"the last {what} was not asked", "Ask and chart it", limit)
            return
        elapsed = (hours_between if limit.unit == "h" else minutes_between)(last, self.at)
        if elapsed < limit.value:
            shown = f"{plain(round(elapsed, 1))} {limit.unit}"
            yield self.triggered(rule, f"the last {what} was {shown} ago", "Wait", limit, shown)

    def weight(self, seen: CheckIn) -> Iterator[Finding]:
        limit = self.policy.before.weight_age
        if seen.weight_kg is None or seen.weighed_at is None:
            yield self.unknown("weight", "today's weight is not charted", "Weigh the person", limit)
        elif not 0 <= hours_between(seen.weighed_at, self.at) <= limit.value:
            age = plain(round(hours_between(seen.weighed_at, self.at), 1))
            yield self.unknown("weight", f"the weight is {age} h old", "Weigh the person", limit)

    def pregnancy(self, seen: CheckIn) -> Iterator[Finding]:
        limit = self.policy.before.pregnancy_age
        if seen.pregnancy is None:
            yield self.unknown(
                "pregnancy", "whether a pregnancy test applies was not charted", "Chart it", limit
            )
        elif seen.pregnancy == "positive":
            yield self.triggered(
                "pregnancy", "the pregnancy test is positive", "Give nothing; tell the prescriber"
            )
        elif seen.pregnancy == "negative" and (
            seen.pregnancy_tested_at is None
            or not 0 <= hours_between(seen.pregnancy_tested_at, self.at) <= limit.value
        ):
            yield self.unknown(
                "pregnancy", "the pregnancy test has no date or is too old", "Test again", limit
            )

    def gate(self, seen: CheckIn) -> Iterator[Finding]:
        limit = self.policy.before.gate_age
        if seen.gate is None:
            yield self.unknown("gate", "the gate has not been run again", "Run the gate", limit)
        elif not 0 <= hours_between(seen.gate.judged_at, self.at) <= limit.value:
            age = plain(round(hours_between(seen.gate.judged_at, self.at), 1))
            yield self.unknown("gate", f"the gate was run {age} h ago", "Run the gate", limit)
        elif not seen.gate.permits:
            yield self.triggered(
                "gate",
                f"the gate says {seen.gate.decision}",
                "Read its findings; a prescriber may override those that can be",
                value=seen.gate.decision,
            )

    def unknown(self, rule: str, reason: str, remedy: str, setting: Setting | None = None) -> Finding:
        return self.finding(rule, Status.UNKNOWN, reason, remedy, setting, "")

    def triggered(
        self, rule: str, reason: str, remedy: str, setting: Setting | None = None, value: str = ""
    ) -> Finding:
        return self.finding(rule, Status.TRIGGERED, reason, remedy, setting, value)

    def finding(
        self, rule: str, status: Status, reason: str, remedy: str, setting: Setting | None, value: str
    ) -> Finding:
        return Finding(
            rule=rule,
            effect=Effect.HOLD,
            status=status,
            reason=reason,
            value=value,
            threshold="" if setting is None else str(setting),
            evidence=self.evidence,
            source="" if setting is None else setting.source,
            grade=Grade.SITE if setting is None else setting.grade,
            policy=self.policy.label,
            remedy=remedy,
            overridable=rule in self.policy.before.overridable,
        )


_WORDS = {
    "identity": "identity",
    "alcohol-or-cannabis": "alcohol or cannabis",
    "nasal-medicine": "nasal medicine",
    "escort": "the escort",
    "consent": "consent",
}


def _readings(session: Session, policy: SitePolicy, at: datetime) -> Iterator[Finding]:
    """What the monitoring plan asks for before the dose, and the stop limits, which hold a dose that has not begun."""
    plan = None if session.plan is None else policy.plan(session.plan.order.route)
    if plan is None:
        return
    checks = _Checks(session, policy, at)
    limit = policy.before.reading_age
    for measure in plan.before:
        readings = latest_readings(session, measure, at)
        if not readings or minutes_between(readings[0].taken_at, at) > limit.value:
            word = "not charted" if not readings else f"older than {limit}"
            yield checks.unknown(
                f"reading-{measure.value}".replace("_", "-"),
                f"the {measure.label} before the dose is {word}",
                f"Chart {measure.label}",
                limit,
            )
    for rule in () if policy.stop_limits is None else policy.stop_limits.rules():
        for reading in latest_readings(session, rule.measure, at):
            value = reading.value(rule.measure)
            if value is not None and rule.trigger.holds(value, rule.threshold.value):
                yield checks.triggered(
                    rule.id,
                    f"{rule.measure.label} is {value} {rule.measure.unit}, above the limit at which a dose is stopped",
                    "Give nothing; call the prescriber",
                    rule.threshold,
                    f"{value} {rule.measure.unit}",
                )


def _preparation(session: Session, policy: SitePolicy, at: datetime) -> Iterator[Finding]:
    checks = _Checks(session, policy, at)
    prepared = session.preparation
    limit = policy.before.preparation_age
    if prepared is None:
        yield checks.unknown("preparation", "no dose is prepared", "Prepare the dose with a second person")
        return
    age = hours_between(prepared.verified_at, at)
    if not 0 <= age <= limit.value:
        yield checks.unknown(
            "preparation", f"the dose was prepared {plain(round(age, 1))} h ago", "Prepare it again", limit
        )
    if session.check_in is not None and session.check_in.weight_kg != prepared.inputs.weight_kg:
        yield checks.triggered(
            "preparation-weight",
            f"the dose was prepared for {plain(prepared.inputs.weight_kg)} kg and the weight is "
            f"{_kg(session.check_in.weight_kg)}",
            "Prepare it again for today's weight",
        )
    if session.plan is not None and session.plan.order != prepared.inputs.order:
        yield checks.triggered(
            "preparation-order", "the dose was prepared for another order", "Prepare it again for this order"
        )


def _kg(weight: Decimal | None) -> str:
    return "not charted" if weight is None else f"{plain(weight)} kg"
