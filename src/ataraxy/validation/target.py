"""One line of a validation table: what was observed, what the models give, and whether that passes the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ataraxy.trials.interval import Interval

Verdict = Literal["pass", "miss", "input", "reported"]


@dataclass(frozen=True, slots=True)
class TargetResult:
    """One target.

    Attributes:
        id: such as ``V7``.
        observation: what was observed.
        evidence: rows of the parameters' file, or ids of trials.
        use: calibrated, validation, input, ...
        rule: what passes.
        simulated: what was computed, in words.
        computed: the numbers, by what they are, with their 90% interval where one matters; None where there is none.
        verdict: ``input`` for a number that the models were given; ``reported`` for one that is shown, never tuned.
        note: what a reader must know.
    """

    id: str
    observation: str
    evidence: tuple[str, ...]
    use: str
    rule: str
    simulated: str
    computed: Mapping[str, Interval | float | None]
    verdict: Verdict
    note: str = ""

    @property
    def computed_text(self) -> str:
        """The numbers in one line."""
        return "; ".join(f"{name}: {_text(value)}" for name, value in self.computed.items())

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "id": self.id,
            "observation": self.observation,
            "evidence": list(self.evidence),
            "use": self.use,
            "rule": self.rule,
            "simulated": self.simulated,
            "computed": {
                name: value.to_json() if isinstance(value, Interval) else value
                for name, value in self.computed.items()
            },
            "verdict": self.verdict,
            "note": self.note,
        }


def _text(value: Interval | float | None) -> str:
    if value is None:
        return "none"
    if isinstance(value, Interval):
        return f"{value.median:.3g} ({value.lo90:.3g} to {value.hi90:.3g})"
    return f"{value:.3g}"
