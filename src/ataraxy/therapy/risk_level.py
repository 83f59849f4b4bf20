"""The levels of a clinician's judgement of suicide risk."""

from __future__ import annotations

from enum import StrEnum


class RiskLevel(StrEnum):
    """A clinician's judgement, the lowest first. It is recorded, never calculated."""

    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    IMMINENT = "imminent"

    @property
    def rank(self) -> int:
        """Return the place in the order, 0 for none."""
        return list(RiskLevel).index(self)

    def reaches(self, level: RiskLevel) -> bool:
        """Return whether the judgement is at this level or above."""
        return self.rank >= level.rank
