"""The gate: who may be treated. Every rule answers for itself, and what is unknown is never permission."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from ataraxy.therapy.chart_facts import known_facts
from ataraxy.therapy.evidence_grade import EvidenceGrade
from ataraxy.therapy.fact import Collection, Knowledge, Known, Missing, Unknown
from ataraxy.therapy.fact_kind import fact_kind
from ataraxy.therapy.moment import Moment, on_the_wall
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.rule import Condition, Effect, Override, Rule, RuleSet, Sense
from ataraxy.therapy.value import Count, Value


class Decision(StrEnum):
    """The answer of the gate."""

    ALLOW = "allow"
    DELAY = "delay"
    BLOCK = "block"


class Status(StrEnum):
    """How a rule answered.

    `MET`: it stands in the way of nothing. `NOT_MET`: its effect follows. `UNKNOWN`: a fact is not known, and at
    least a delay follows. `NOT_APPLICABLE`: what it is for does not apply to this person. `DISABLED`: the clinic
    does not read it.
    """

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    DISABLED = "disabled"


class Finding(Value):
    """What one rule said.

    Attributes:
        rule, version, title: which rule.
        status: how it answered.
        effect: what follows; None where nothing does.
        sense: whether the threshold is required or triggers.
        fact: names of the facts that it read.
        value: what they were, in words; clinical, names nobody.
        threshold: what is asked for, in words.
        reason: one sentence without a stop.
        source, url, grade: who says the threshold.
        extrapolated: the source speaks of esketamine and the rule is applied to another drug.
        remedy: what would change the answer, a sentence without a stop.
        override: who may go on in spite of it; never where the answer is unknown.
        key: what an override names: changes when rule or fact change.
    """

    rule: str
    version: Annotated[Count, Field(ge=1)]
    title: str
    status: Status
    effect: Effect | None
    sense: Sense
    fact: str
    value: str = ""
    threshold: str
    reason: str
    source: str
    url: str = ""
    grade: EvidenceGrade
    extrapolated: bool = False
    remedy: str
    override: Override = Override.NEVER
    key: str = ""


class Judgement(Value):
    """The answer of the gate for one person at one moment.

    Attributes:
        decision: allow, delay or block: the strongest effect of all findings.
        findings: rules that are not met or cannot be answered, blocks first, in the order of the rules.
        others: all other rules: met, not applicable, disabled.
        rules, rules_version, rules_hash: which rules.
        facts_hash: over every fact that the rules read.
        at: the moment of asking.
    """

    decision: Decision
    findings: tuple[Finding, ...]
    others: tuple[Finding, ...] = ()
    rules: str
    rules_version: Annotated[Count, Field(ge=1)]
    rules_hash: str
    facts_hash: str
    at: Moment

    def finding(self, rule: str) -> Finding | None:
        """Return what a rule said, None where there is no such rule."""
        return next((f for f in (*self.findings, *self.others) if f.rule == rule), None)


def judge(chart: PatientChart, rules: RuleSet, at: datetime) -> Judgement:
    """Return whether the rules let this person be treated at a moment, with every rule's answer.

    Raises:
        Refusal: `at` has no offset from UTC (``time.naive``).
    """
    at = on_the_wall(at)
    facts = known_facts(chart, rules, at)
    answers = [_answer(rule, facts, at) for rule in rules.rules]
    findings = sorted((f for f in answers if f.effect is not None), key=lambda f: -_STRENGTH[f.effect])
    return Judgement(
        decision=decision_of(findings),
        findings=tuple(findings),
        others=tuple(f for f in answers if f.effect is None),
        rules=rules.name,
        rules_version=rules.version,
        rules_hash=rules.rules_hash,
        facts_hash=_hash(_plain(facts)),
        at=at,
    )


def decision_of(findings: Iterable[Finding]) -> Decision:
    """Return the strongest effect of findings; cautions alone, and none, allow."""
    effects = {finding.effect for finding in findings}
    if Effect.BLOCK in effects:
        return Decision.BLOCK
    return Decision.DELAY if Effect.DELAY in effects else Decision.ALLOW


_STRENGTH: Mapping[Effect | None, int] = {Effect.BLOCK: 3, Effect.DELAY: 2, Effect.CAUTION: 1, None: 0}


def _answer(rule: Rule, facts: Mapping[str, Knowledge], at: datetime) -> Finding:
    if not rule.enabled:
        return _finding(rule, Status.DISABLED, rule.any_of, facts, at)
    applies = [condition.holds(facts, at) for condition in rule.when]
    if False in applies:
        failed = rule.when[applies.index(False)]
        return _finding(rule, Status.NOT_APPLICABLE, (failed,), facts, at)
    if None in applies:
        return _finding(
            rule,
            Status.UNKNOWN,
            [c for c, holds in zip(rule.when, applies, strict=True) if holds is None],
            facts,
            at,
        )
    answers = [condition.holds(facts, at) for condition in rule.any_of]
    holds = True if True in answers else False if False in answers else None
    if holds is None:
        return _finding(rule, Status.UNKNOWN, rule.any_of, facts, at)
    status = Status.MET if holds == (rule.sense is Sense.REQUIRE) else Status.NOT_MET
    return _finding(rule, status, rule.any_of, facts, at)


def _finding(
    rule: Rule, status: Status, read: Iterable[Condition], facts: Mapping[str, Knowledge], at: datetime
) -> Finding:
    read = tuple(read)
    effect = {Status.NOT_MET: rule.effect, Status.UNKNOWN: rule.unknown}.get(status)
    drug = facts.get("protocol.drug")
    other_drug = not (isinstance(drug, Known) and drug.value == "esketamine")
    shown = [] if status is Status.DISABLED else [_shown(c, facts, at) for c in read]
    value = "; ".join(shown)
    key = ""
    if status is Status.NOT_MET:
        key = _hash([rule.id, rule.version, [_plain_one(facts.get(name)) for name in rule.facts]])
    return Finding(
        rule=rule.id,
        version=rule.version,
        title=rule.title,
        status=status,
        effect=effect,
        sense=rule.sense,
        fact=", ".join(dict.fromkeys(c.fact for c in read)),
        value=value,
        threshold=rule.threshold,
        reason=_reason(rule, status, read, facts, at),
        source=rule.source,
        url=rule.url,
        grade=rule.grade,
        extrapolated=rule.extrapolated and other_drug,
        remedy=_remedy(rule, status, read, facts, at),
        override=rule.override if status is Status.NOT_MET else Override.NEVER,
        key=key,
    )


def _reason(
    rule: Rule, status: Status, read: tuple[Condition, ...], facts: Mapping[str, Knowledge], at: datetime
) -> str:
    match status:
        case Status.DISABLED:
            return (
                f"not read: the source is graded {rule.grade.label}" if not rule.grade.decides else "not read"
            )
        case Status.NOT_APPLICABLE:
            return f"only where {' and '.join(c.text for c in rule.when)}"
        case Status.UNKNOWN:
            return "; ".join(f"{_title(c)} is unknown: {_why_unknown(c, facts, at)}" for c in read)
        case _:
            verb = "required" if rule.sense is Sense.REQUIRE else "triggers"
            return f"{'; '.join(_shown(c, facts, at) for c in read)} ({verb}: {rule.threshold})"


def _remedy(
    rule: Rule, status: Status, read: tuple[Condition, ...], facts: Mapping[str, Knowledge], at: datetime
) -> str:
    if status is not Status.UNKNOWN:
        return rule.remedy
    asks = []
    for condition in read:
        kind = fact_kind(condition.fact)
        asks.append(kind.ask if kind is not None and kind.ask else rule.remedy)
    return "; or: ".join(dict.fromkeys(asks))


def _title(condition: Condition) -> str:
    kind = fact_kind(condition.fact)
    return condition.fact if kind is None else kind.title


def _why_unknown(condition: Condition, facts: Mapping[str, Knowledge], at: datetime) -> str:
    fact = condition.known(facts, at)
    if isinstance(fact, Unknown):
        return f"{fact.reason.value}{f' ({fact.detail})' if fact.detail else ''}"
    if isinstance(fact.value, Collection):
        return f"{Missing.INCOMPLETE.value}{f' ({fact.detail})' if fact.detail else ''}"
    return f"{Missing.NOT_UNDERSTOOD.value} ({_words(fact)})"


def _shown(condition: Condition, facts: Mapping[str, Knowledge], at: datetime) -> str:
    fact = condition.known(facts, at)
    if isinstance(fact, Unknown):
        return f"{_title(condition)}: {fact.reason.value}"
    return f"{_title(condition)}: {_words(fact)}"


def _words(fact: Known) -> str:
    value = fact.value
    if isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, Collection):
        parts = [word.replace("_", " ") for word in sorted(value.members)]
        parts += [f"{word.replace('_', ' ')}?" for word in sorted(value.uncertain - value.members)]
        parts += ["perhaps more"] if value.open else []
        text = ", ".join(parts) or "none"
    elif isinstance(value, str):
        text = value.replace("_", " ")
    else:
        text = f"{value:g}{f' {fact.unit}' if fact.unit else ''}"
    return f"{text} ({fact.detail})" if fact.detail else text


def _plain(facts: Mapping[str, Knowledge]) -> object:
    return {name: _plain_one(fact) for name, fact in facts.items()}


def _plain_one(fact: Knowledge | None) -> object:
    if fact is None or isinstance(fact, Unknown):
        return None if fact is None else {"unknown": fact.reason.value, "detail": fact.detail}
    value: object = fact.value
    if isinstance(fact.value, Collection):
        value = [sorted(fact.value.members), sorted(fact.value.uncertain), fact.value.open]
    observed = None if fact.observed_at is None else fact.observed_at.isoformat()
    return {"value": value, "unit": fact.unit, "observed_at": observed}


def _hash(content: object) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
