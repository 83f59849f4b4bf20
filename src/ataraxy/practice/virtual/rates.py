"""How often things happen in the virtual clinic. None of these numbers may be read as a finding.

Only the shares of adverse events and the courses of scores come from published models; who is referred, and what staff
miss or get wrong, is assumed so that every path of the software is walked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Rate:
    """A share, with where it is from.

    Attributes:
        value: from 0 to 1.
        status: assumed, or measured by somebody.
        source: who measured it, or why it was assumed.
    """

    value: float
    status: Literal["assumed", "measured"]
    source: str


def _assumed(value: float, why: str) -> Rate:
    return Rate(value, "assumed", why)


RATES: Final[Mapping[str, Rate]] = MappingProxyType(
    {
        # who is referred
        "GAD": _assumed(0.45, "largest group of the trials that are simulated"),
        "SAD": _assumed(0.25, "between the two others"),
        "PTSD": _assumed(0.30, "veterans and civilians together"),
        "below the severity that the rules ask for": _assumed(0.15, "referrers do not measure"),
        "fewer than two adequate failures": _assumed(0.18, "the commonest reason to send somebody back"),
        "no adequate psychotherapy": _assumed(0.15, "waiting lists"),
        "one contraindication that blocks": _assumed(0.08, "referrers do not know the rules"),
        "one that delays": _assumed(0.10, "as above"),
        "a medication that interacts": _assumed(0.20, "sedatives and stimulants are common in this group"),
        "consent declined": _assumed(0.05, "some change their mind when they hear what is known"),
        "a fact missing at the first screening": _assumed(0.35, "charts are filled in steps"),
        "a missing fact that never comes": _assumed(0.10, "some never answer again"),
        # what staff do
        "override of a delay that may be overridden": _assumed(0.35, "a prescriber's judgement"),
        "reading charted late": _assumed(0.03, "hands are full"),
        "reading not taken": _assumed(0.01, "as above"),
        "measure left out of a reading": _assumed(0.02, "as above"),
        "reading mistyped and corrected": _assumed(0.012, "slips of the finger"),
        "slip in the second calculation": _assumed(0.01, "a factor of ten, which is refused"),
        "discrepancy when drug is accounted for": _assumed(0.01, "a tenth of a millilitre"),
        "alert acknowledged after it climbed": _assumed(0.05, "nobody at the desk"),
        # what people do
        "did not attend": _assumed(0.02, "for each session"),
        "arrived having eaten": _assumed(0.02, "for each session"),
        "withdrew after a session": _assumed(0.02, "for each session"),
        "not reached for a follow-up": _assumed(0.07, "telephones"),
        "self-report not returned": _assumed(0.10, "forms"),
        "item left out of a self-report": _assumed(0.05, "forms"),
        "thoughts of death on a PHQ-9": _assumed(0.06, "for each form, at baseline severity"),
        "headache": _assumed(0.06, "for each session; trials report it often, with and without drug"),
    }
)


def rate(name: str) -> float:
    """Return a share by its name."""
    return RATES[name].value
