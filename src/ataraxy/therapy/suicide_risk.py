"""Suicide risk as a clinician records it: any licensed scale by its total, a judgement, and PHQ-9 item 9 beside it.

The software calculates no risk. It knows when an assessment is missing, old, or says something that somebody must hear.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ataraxy.therapy.exact import Exact, plain
from ataraxy.therapy.finding import Finding, Status
from ataraxy.therapy.moment import Moment, hours_between
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.session.rule import Effect
from ataraxy.therapy.site_policy import SitePolicy
from ataraxy.therapy.value import Count, Value

Occasion = Literal["before_session", "after_24h", "other"]


class SuicideRiskAssessment(Value):
    """One assessment by a clinician.

    Attributes:
        id: opaque id.
        at: when the person was seen or heard.
        by: the clinician.
        occasion: before a session, at 24 h after one, or another.
        scale: name of the scale, any that the site is licensed to use; empty where judged without one.
        total: its total, None without a scale.
        judgement: the clinician's own.
        phq9_item9: answer to the ninth item of the PHQ-9, 0 to 3; None where it was not asked.
        note: free text, such as the safety plan.
    """

    id: str
    at: Moment
    by: str
    occasion: Occasion
    scale: str = ""
    total: Exact | None = None
    judgement: RiskLevel
    phq9_item9: Annotated[Count, Field(ge=0, le=3)] | None = None
    note: Sensitive = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.scale.strip()) != (self.total is not None):
            raise Refusal(
                "a scale without its total" if self.scale else "a total without the name of its scale",
                code="suicide-risk.scale",
                remedy="Give both the scale and its total, or neither",
                where="scale",
            )
        return self


def suicide_risk_findings(
    assessment: SuicideRiskAssessment | None, policy: SitePolicy, at: datetime
) -> tuple[Finding, ...]:
    """Return why no dose may be given now; empty where a recent assessment permits it."""
    limit = policy.before.suicide_risk_age
    if assessment is None or assessment.at > at:
        return (
            _finding(
                policy,
                "suicide-risk-missing",
                Status.UNKNOWN,
                "no assessment of suicide risk is recorded",
                remedy="A clinician assesses and records the risk",
            ),
        )
    if hours_between(assessment.at, at) > limit.value:
        age = plain(round(hours_between(assessment.at, at), 1))
        return (
            _finding(
                policy,
                "suicide-risk-stale",
                Status.UNKNOWN,
                f"the assessment of suicide risk is {age} h old",
                threshold=str(limit),
                evidence=(assessment.id,),
                remedy="A clinician assesses the risk again",
            ),
        )
    if assessment.judgement.reaches(policy.suicide_risk.hold_from):
        return (
            _finding(
                policy,
                "suicide-risk-level",
                Status.TRIGGERED,
                f"suicide risk is judged {assessment.judgement.value}",
                value=assessment.judgement.value,
                threshold=f"{policy.suicide_risk.hold_from.value} or above",
                evidence=(assessment.id,),
                remedy="A prescriber sees the person; a later assessment below this level lifts it",
            ),
        )
    return ()


def needs_alert(assessment: SuicideRiskAssessment, policy: SitePolicy) -> str:
    """Return why an alert is raised for this assessment, in words that identify nobody; empty where none is."""
    limits = policy.suicide_risk
    if assessment.judgement.reaches(limits.alert_from):
        return f"suicide risk judged {assessment.judgement.value}"
    if assessment.phq9_item9 is not None and assessment.phq9_item9 >= limits.item9_alert_from:
        return f"PHQ-9 item 9 answered {assessment.phq9_item9}"
    return ""


def _finding(
    policy: SitePolicy,
    rule: str,
    status: Status,
    reason: str,
    *,
    value: str = "",
    threshold: str = "",
    evidence: tuple[str, ...] = (),
    remedy: str,
) -> Finding:
    return Finding(
        rule=rule,
        effect=Effect.HOLD,
        status=status,
        reason=reason,
        value=value,
        threshold=threshold,
        evidence=evidence,
        source=policy.suicide_risk.source,
        grade=policy.suicide_risk.grade,
        policy=policy.label,
        remedy=remedy,
    )
