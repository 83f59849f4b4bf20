"""What the gate said when it was run again for this session, as the session needs it."""

from __future__ import annotations

from typing import Literal

from ataraxy.therapy.moment import Moment
from ataraxy.therapy.value import Count, Value


class GateResult(Value):
    """The answer of the gate for this person.

    Attributes:
        decision: of the rules.
        overridden_by: the prescriber who overrode a delay or block with a reason; None where nobody did.
        judged_at: when it was run.
        rules_version: which rules.
        facts_hash: over which facts.
    """

    decision: Literal["allow", "delay", "block"]
    overridden_by: str | None = None
    judged_at: Moment
    rules_version: str | Count = ""
    facts_hash: str = ""

    @property
    def permits(self) -> bool:
        """Return whether a session may go on."""
        return self.decision == "allow" or bool(self.overridden_by)
