"""Going on in spite of a rule: a named prescriber, in date, with a reason, for findings that may be overridden."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.credential import CredentialKind, Professional
from ataraxy.therapy.gate import Decision, Judgement, Status, decision_of
from ataraxy.therapy.moment import Moment, aware, on_the_wall
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.rule import Effect, Override
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.value import Value

LONGEST = timedelta(days=90)
SHORTEST_REASON = 15


class OverriddenFinding(Value):
    """A finding that a prescriber went on in spite of; another value of its facts is another finding."""

    rule: str
    key: str


class GateOverride(Value):
    """An override.

    Attributes:
        findings: what it is for.
        by: the prescriber, an opaque id.
        reason: in the prescriber's words.
        at: when.
        until: until when it counts.
        judgement: hash of the facts that the prescriber saw.
    """

    findings: Annotated[tuple[OverriddenFinding, ...], Field(min_length=1)]
    by: Annotated[str, Field(min_length=1)]
    reason: Sensitive
    at: Moment
    until: Moment
    judgement: str

    def counts(self, at: datetime) -> bool:
        """Return whether it counts at a moment."""
        return self.at <= at <= self.until


def override(
    judgement: Judgement,
    rules: Iterable[str],
    *,
    actor: Actor,
    prescriber: Professional | None,
    reason: str,
    at: datetime,
    until: datetime | None = None,
) -> GateOverride:
    """Return an override of some findings of a judgement.

    Args:
        judgement: what the prescriber saw.
        rules: ids of the rules to go on in spite of.
        actor: who asks, as authenticated.
        prescriber: the same person with their credentials.
        reason: why, in the prescriber's words.
        at: now.
        until: until when it counts; by default, and at most, 90 days.

    Raises:
        Refusal: ``override.not-a-prescriber``, ``override.credentials``, ``override.reason``, ``override.until``,
            ``override.no-finding``, ``override.unknown``, ``override.never``.
    """
    at = on_the_wall(at)
    until = at + LONGEST if until is None else aware(until, "until")
    if Role.PRESCRIBER not in actor.roles or not actor.id.strip():
        raise Refusal(
            "only a named prescriber may override the gate",
            code="override.not-a-prescriber",
            remedy="Ask a prescriber",
            where=actor.id,
        )
    if prescriber is None or prescriber.id != actor.id or not _qualified(prescriber, at):
        raise Refusal(
            "the prescriber's licence and ketamine training are not known to be in date",
            code="override.credentials",
            remedy="Record both credentials with their last day",
            where=actor.id,
        )
    if len(reason.split()) < 3 or len(reason.strip()) < SHORTEST_REASON:
        raise Refusal(
            "the override has no reason that somebody could follow later",
            code="override.reason",
            remedy=f"Write at least three words and {SHORTEST_REASON} letters",
            where="reason",
        )
    if not at < until <= at + LONGEST:
        raise Refusal(
            f"the override would count until {until:%Y-%m-%d %H:%M} UTC",
            code="override.until",
            remedy=f"Choose a time after now and at most {LONGEST.days} days away",
            where="until",
        )
    wanted = tuple(dict.fromkeys(rules))
    if not wanted:
        raise Refusal("no rule is named", code="override.no-finding", remedy="Name the rules to override")
    return GateOverride(
        findings=tuple(_overridable(judgement, rule) for rule in wanted),
        by=actor.id,
        reason=reason.strip(),
        at=at,
        until=until,
        judgement=judgement.facts_hash,
    )


def standing_decision(judgement: Judgement, overrides: Iterable[GateOverride], at: datetime) -> Decision:
    """Return what remains of a judgement when overrides that count are applied.

    An override counts only for a finding with the same rule, version and facts as the one that the prescriber saw.
    """
    at = aware(at)
    keys = {(f.rule, f.key) for o in overrides if o.counts(at) for f in o.findings}
    return decision_of(
        f
        for f in judgement.findings
        if not (f.status is Status.NOT_MET and f.override is Override.PRESCRIBER and (f.rule, f.key) in keys)
    )


def _overridable(judgement: Judgement, rule: str) -> OverriddenFinding:
    finding = next((f for f in judgement.findings if f.rule == rule), None)
    if finding is None or finding.effect is Effect.CAUTION:
        raise Refusal(
            f"{rule} stands in the way of nothing",
            code="override.no-finding",
            remedy="Name a rule that blocks or delays",
            where=rule,
        )
    if finding.status is Status.UNKNOWN:
        raise Refusal(
            f"{rule} cannot be answered: {finding.reason}",
            code="override.unknown",
            remedy=f"{finding.remedy}; what is unknown cannot be overridden",
            where=rule,
            findings=(finding,),
        )
    if finding.override is Override.NEVER:
        raise Refusal(
            f"{rule} can never be overridden",
            code="override.never",
            remedy=finding.remedy,
            where=rule,
            findings=(finding,),
        )
    return OverriddenFinding(rule=rule, key=finding.key)


def _qualified(prescriber: Professional, at: datetime) -> bool:
    needed = {CredentialKind.PRESCRIBER_LICENCE.value, CredentialKind.KETAMINE_TRAINING.value}
    return prescriber.role == "prescriber" and needed <= prescriber.in_date(at).members
