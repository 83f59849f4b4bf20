"""Every rule of the shipped file decides by itself, names its fact and source, and knows what would change it."""

from __future__ import annotations

import pytest
from tests.therapy.gate.baseline import AT, allowed, rules
from tests.therapy.gate.changes import changed

from ataraxy.therapy.consent import Basis
from ataraxy.therapy.disorder import Disorder
from ataraxy.therapy.fact_kind import FACTS
from ataraxy.therapy.gate import Decision, Status, judge
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.rule import Effect, Rule, RuleSet, Sense

ENABLED = [rule for rule in rules().rules if rule.enabled]
# What breaks these rules breaks others as well: the other number of failures, and treatments that are none of this.
CONSEQUENCES = {
    "never-first-line": ("not-first-line",),
    "qualifying-disorder": ("not-first-line", "never-first-line", "psychotherapy-first"),
}


def without(*ids: str) -> RuleSet:
    """The rules less some of them; unchecked, because the foundation must stay in files."""
    return rules().model_copy(update={"rules": tuple(r for r in rules().rules if r.id not in ids)})


def start(rule: Rule) -> PatientChart:
    """A chart that is allowed and to which the rule applies."""
    chart = allowed()
    for condition in rule.when:
        chart = changed(chart, condition, holds=True)
    return chart


def broken(rule: Rule) -> PatientChart:
    chart = start(rule)
    if rule.id == "basis-of-use":
        return chart.replace(basis_of_use=None)
    for condition in rule.any_of:
        chart = changed(chart, condition, holds=rule.sense is Sense.TRIGGER)
    return chart


@pytest.mark.parametrize("disorder", [Disorder.GAD, Disorder.SAD, Disorder.PTSD])
@pytest.mark.parametrize("basis", list(Basis))
def test_a_complete_chart_with_nothing_against_it_is_allowed(disorder: Disorder, basis: Basis) -> None:
    judgement = judge(allowed(disorder, basis), rules(), AT)
    assert judgement.findings == ()
    assert judgement.decision is Decision.ALLOW


@pytest.mark.parametrize("rule", ENABLED, ids=lambda rule: rule.id)
def test_every_rule_alone_decides(rule: Rule) -> None:
    if rule.id == "basis-of-use":
        # both bases are known: only a chart without one breaks the rule, and then nothing else can be answered
        assert judge(broken(rule), rules(), AT).finding("basis-of-use").status is Status.UNKNOWN  # type: ignore[union-attr]
        return
    chart = broken(rule)
    others = CONSEQUENCES.get(rule.id, ())
    judgement = judge(chart, without(*others), AT)
    finding = judgement.finding(rule.id)
    assert finding is not None
    assert finding.status is Status.NOT_MET
    assert finding.effect is rule.effect
    if rule.effect is Effect.CAUTION:
        assert judgement.decision is Decision.ALLOW
    else:
        assert judgement.decision.value == rule.effect.value
        assert judge(chart, without(rule.id, *others), AT).decision.value != rule.effect.value


@pytest.mark.parametrize("rule", ENABLED, ids=lambda rule: rule.id)
def test_every_finding_names_fact_threshold_source_and_remedy(rule: Rule) -> None:
    finding = judge(broken(rule), rules(), AT).finding(rule.id)
    assert finding is not None
    assert finding.effect is not None
    assert finding.fact in rule.facts or set(finding.fact.split(", ")) <= set(rule.facts)
    assert finding.threshold == rule.threshold
    assert finding.version == rule.version
    assert finding.source == rule.source
    assert finding.grade is rule.grade
    assert finding.remedy
    assert finding.reason


@pytest.mark.parametrize("rule", ENABLED, ids=lambda rule: rule.id)
def test_at_the_threshold_every_rule_is_met_on_its_good_side(rule: Rule) -> None:
    chart = start(rule)
    for condition in rule.any_of:
        if condition.fact not in ("basis.kind", "suicide.risk"):
            chart = changed(chart, condition, holds=rule.sense is Sense.REQUIRE)
    finding = judge(chart, rules(), AT).finding(rule.id)
    assert finding is not None
    assert finding.status is Status.MET


def test_rules_read_every_fact_of_the_vocabulary_but_those_of_disabled_rules() -> None:
    read = {name for rule in rules().rules for name in rule.facts}
    # weight and height are read through the body mass index
    assert set(FACTS) - read <= {"vitals.weight", "vitals.height"}
