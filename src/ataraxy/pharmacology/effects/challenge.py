"""What an experiment does beside ketamine: antagonists that were given with it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ataraxy.errors import InputError


@dataclass(frozen=True, slots=True)
class Challenge:
    """Other drugs of an experiment, for its whole length. None by default.

    Attributes:
        ampa_block: share of AMPA signalling that an antagonist such as NBQX takes away, 0 to 1 (Maeng 2008, mice).
        mtor_inhibition: share of mTOR activity that rapamycin takes away, 0 to 1. It does something only under the
            hypotheses `mtor_gate` or `rapamycin_slows_loss`: without them mTOR has no place in the model, and
            rapamycin does not block the effect, as was found in people at 24 h (Abdallah 2020).
    """

    ampa_block: float = 0.0
    mtor_inhibition: float = 0.0

    def __post_init__(self) -> None:
        for name in ("ampa_block", "mtor_inhibition"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0.0 <= value <= 1.0):
                raise InputError(
                    f"{name} is {value}",
                    code="effects.challenge",
                    remedy="Give a share from 0 to 1",
                    where="challenge",
                )


NOTHING = Challenge()
