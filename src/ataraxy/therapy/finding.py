"""What a rule of the session found: which value, which threshold, whose rule, and what would change it."""

from __future__ import annotations

from enum import StrEnum

from ataraxy.therapy.session.rule import Effect
from ataraxy.therapy.setting import Grade
from ataraxy.therapy.value import Value


class Status(StrEnum):
    """`TRIGGERED`: the rule applies. `UNKNOWN`: what it reads is missing or too old, which is never permission."""

    TRIGGERED = "triggered"
    UNKNOWN = "unknown"


class Finding(Value):
    """One finding.

    Attributes:
        rule: id of the rule or check.
        effect: what follows.
        status: triggered or unknown.
        reason: one sentence without a stop.
        value, threshold: as text with units; empty where there is none.
        evidence: ids of the readings or records that it rests on; another reading is another finding.
        source, grade: who says the threshold.
        policy: name and version of the policy.
        remedy: what would change it.
        overridable: whether a prescriber may go on in spite of it.
    """

    rule: str
    effect: Effect
    status: Status
    reason: str
    value: str = ""
    threshold: str = ""
    evidence: tuple[str, ...] = ()
    source: str = ""
    grade: Grade = Grade.SITE
    policy: str
    remedy: str
    overridable: bool = False

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """Return what an override names: the rule and what it rested on."""
        return self.rule, self.evidence
