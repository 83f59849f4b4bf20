"""Block of NMDA receptors by ketamine and norketamine, and of interneurons through a threshold.

    theta = fu (C_S/K_S + C_R/K_R + C_NS/K_NS + C_NR/K_NR)        unbound plasma over concentration for half occupancy
    O_pyr = theta / (1 + theta)
    O_int = (rho theta)^h / (1 + (rho theta)^h)

The block is quasi-steady: on human receptors it relaxes within seconds (rows A01, A02, DER02), while concentrations
change over minutes. The binding exponent is 1 (0.84 in vitro, A04). h is an exponent of the circuit, not of binding.
Under the hypothesis of trapping the block is a state B, entered and left only through open channels:

    dB/dt = k_off P_open (theta (1 - B) - B)

whose steady state is O_pyr, and B/(1 - B) stands for theta in the gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ataraxy.engine.expression import Expr, minimum, total
from ataraxy.engine.model import ModelBuilder
from ataraxy.pharmacology.effects.hypotheses import Hypotheses
from ataraxy.pharmacology.kinetics.ports import Symbols

# g/mol of the free bases, as used by Simons 2022 (parameter file simons_2022.yaml)
MOLAR_MASS: Final[Mapping[str, float]] = {"ketamine": 237.73, "norketamine": 223.70}
BLOCKERS: Final[Mapping[str, str]] = {
    "S-ketamine": "K_S",
    "R-ketamine": "K_R",
    "S-norketamine": "K_NS",
    "R-norketamine": "K_NR",
}
# keeps B/(1 - B) finite where the integrator tries a step too far
LARGEST_BLOCK: Final = 1.0 - 1e-9


@dataclass(frozen=True)
class Block:
    """Shares of 1: of receptors on pyramidal cells, and of the drive of interneurons that is gone."""

    pyramidal: Expr
    interneuron: Expr


def add_block(
    builder: ModelBuilder, p: Symbols, concentrations: Mapping[str, Expr], hypotheses: Hypotheses
) -> Block:
    """The block by these concentrations in ng/mL; what a kinetic model does not predict blocks nothing."""
    theta = total(
        p["fu"] / (MOLAR_MASS[name.partition("-")[2]] * p[half]) * concentrations[name]
        for name, half in BLOCKERS.items()
        if name in concentrations
    )
    if hypotheses.trapping:
        blocked = builder.state("block", unit="fraction", scale=0.1)
        builder.rate(blocked, p["k_off"] * p["P_open"] * (theta * (1.0 - blocked) - blocked))
        pyramidal: Expr = blocked
        inside = minimum(blocked, LARGEST_BLOCK)
        theta = inside / (1.0 - inside)
    else:
        pyramidal = theta / (1.0 + theta)
    gate = p["rho"] ** p["gate_exponent"] * theta ** p["gate_exponent"]
    return Block(pyramidal, gate / (1.0 + gate))
