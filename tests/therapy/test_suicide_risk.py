from __future__ import annotations

from decimal import Decimal

import pytest
from tests.therapy.session.visit import at, policy, risk

from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment, suicide_risk_findings


def test_a_scale_has_a_total_and_a_total_has_a_scale() -> None:
    risk().replace(scale="any licensed scale", total=Decimal(3))
    for fields in ({"scale": "C-SSRS"}, {"total": Decimal(3)}):
        with pytest.raises(Refusal) as refused:
            risk().replace(**fields)
        assert refused.value.code == "suicide-risk.scale"


@pytest.mark.parametrize("level", list(RiskLevel))
def test_the_judgement_holds_from_the_level_of_the_policy_on(level: RiskLevel) -> None:
    found = suicide_risk_findings(risk(level=level), policy(), at(0))
    assert bool(found) == (level in (RiskLevel.HIGH, RiskLevel.IMMINENT))


def test_the_levels_have_an_order() -> None:
    assert [level.rank for level in RiskLevel] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("minute", "rule"), [(1420, ""), (1420.1, "suicide-risk-stale")])
def test_an_assessment_grows_old(minute: float, rule: str) -> None:
    found = suicide_risk_findings(risk(-20), policy(), at(minute))
    assert [f.rule for f in found] == ([rule] if rule else [])


def test_an_assessment_of_the_future_is_none() -> None:
    assert suicide_risk_findings(risk(5), policy(), at(0))[0].rule == "suicide-risk-missing"


def test_no_total_changes_the_judgement() -> None:
    high_total = SuicideRiskAssessment(
        id="x", at=at(-1), by="t", occasion="other", scale="s", total=Decimal(99), judgement=RiskLevel.LOW
    )
    assert suicide_risk_findings(high_total, policy(), at(0)) == ()
