"""What-if settings of a kinetic model. All are off by default."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ataraxy.errors import ModelError


@dataclass(frozen=True, slots=True)
class Scenario:
    """A departure from the published model.

    Attributes:
        hepatic_clint_factor: factor on hepatic intrinsic clearance, Vh (kel + kmet), of a model that has a
            well-stirred liver: below 1 for an inhibitor, above 1 for an inducer of the metabolising enzymes. The
            share that becomes norketamine is left alone.
        r_clearance_factor: systemic clearance of R-ketamine divided by that of S-ketamine; None for the model's own.
    """

    hepatic_clint_factor: float = 1.0
    r_clearance_factor: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.hepatic_clint_factor) and self.hepatic_clint_factor > 0.0):
            raise ModelError(
                f"hepatic_clint_factor is {self.hepatic_clint_factor}",
                code="scenario.clint-factor",
                remedy="Give a factor above zero; 1 changes nothing",
                where="scenario",
            )
        factor = self.r_clearance_factor
        if factor is not None and not 0.5 <= factor <= 1.2:
            raise ModelError(
                f"r_clearance_factor is {factor}",
                code="scenario.r-clearance-factor",
                remedy="Give a factor from 0.5 to 1.2; human studies give 0.81 to 0.94",
                where="scenario",
            )


PUBLISHED = Scenario()
