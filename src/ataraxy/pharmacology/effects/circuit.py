"""From block to the glutamate that spectroscopy sees: drive, adaptation and the GABA that rises with it.

    E     = (1 + g O_int)(1 - O_pyr)^m - 1          net drive; negative at high block, hence an inverted U
    R     = E / (1 + kappa max(A, 0)) where E > 0, else E
    dx/dt = (R - x) / tau_G                         x = G - 1, glutamate above baseline
    dA/dt = (x - A) / tau_A                         adaptation and uptake
    glutamate = 100 x percent; GABA = b_GABA times it

GABA of tissue rises with glutamate (r = 0.80 in the source); it is not the firing of interneurons, which falls.
"""

from __future__ import annotations

from dataclasses import dataclass

from ataraxy.engine.expression import Expr, maximum, minimum
from ataraxy.engine.model import ModelBuilder
from ataraxy.pharmacology.effects.receptor import Block
from ataraxy.pharmacology.kinetics.ports import Symbols


@dataclass(frozen=True)
class Circuit:
    """Glutamate and GABA above baseline, shares of baseline."""

    glutamate: Expr
    gaba: Expr


def add_circuit(builder: ModelBuilder, p: Symbols, block: Block) -> Circuit:
    """States `glutamate_excess` and `adaptation`, both zero without drug."""
    excess = builder.state("glutamate_excess", unit="share of baseline", scale=0.1)
    adaptation = builder.state("adaptation", unit="share of baseline", scale=0.1)
    left = (1.0 - block.pyramidal) ** p["pyramidal_exponent"]
    drive = (1.0 + p["gate_gain"] * block.interneuron) * left - 1.0
    damped = maximum(drive, 0.0) / (1.0 + p["kappa"] * maximum(adaptation, 0.0)) + minimum(drive, 0.0)
    builder.rate(excess, (damped - excess) / p["tau_G"])
    builder.rate(adaptation, (excess - adaptation) / p["tau_A"])
    return Circuit(excess, p["b_GABA"] * excess)
