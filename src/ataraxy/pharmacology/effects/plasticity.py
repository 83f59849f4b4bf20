"""What ketamine leaves behind: one saturating plastic pool behind a signalling state.

    X     = max(x, 0) (1 - b_AMPA)                  glutamate above baseline, through AMPA receptors
    dM/dt = (X - M) / tau_M                         signalling: mTOR, BDNF and TrkB lumped
    dP/dt = k_P M (1 - P) - P / tau_P

The factor (1 - P) is needed: without it six infusions would leave about four times the effect of one. Under the
hypothesis of two pools, a fast pool F takes the place of P, and a structural pool S follows through two transit states:

    dF/dt  = k_P M (1 - F) - F / tau_F
    dT1/dt = k_P M - 2 T1 / tau_lag;  dT2/dt = 2 (T1 - T2) / tau_lag;  dS/dt = 2 T2 / tau_lag (1 - S) - S / tau_P
    pool   = share F + (1 - share) S
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ataraxy.engine.expression import Expr, maximum, total
from ataraxy.engine.model import ModelBuilder
from ataraxy.pharmacology.effects.hypotheses import Hypotheses
from ataraxy.pharmacology.kinetics.ports import Symbols


@dataclass(frozen=True)
class Plasticity:
    """The pool from 0 to 1, and observables that only hypotheses have."""

    pool: Expr
    more: Mapping[str, Expr]


def add_plasticity(
    builder: ModelBuilder,
    p: Symbols,
    glutamate: Expr,
    concentrations: Mapping[str, Expr],
    hypotheses: Hypotheses,
) -> Plasticity:
    """States `signalling` and `plastic_pool`, and those of the hypotheses that are on."""
    more: dict[str, Expr] = {}
    driven = maximum(glutamate, 0.0) * (1.0 - p["ampa_block"])
    if hypotheses.hnk_action:
        hnk = total(c for name, c in concentrations.items() if name.endswith("-hydroxynorketamine"))
        driven = maximum(driven + p["hnk_gain"] * hnk / (hnk + p["C50_HNK"]), 0.0)
    if hypotheses.bdnf_pool:
        bdnf = builder.state("bdnf", unit="share of baseline", scale=0.1)
        builder.rate(bdnf, (driven - bdnf) / p["tau_BDNF"])
        driven = bdnf
        more["bdnf_percent"] = 100.0 * p["b_BDNF"] * bdnf
    signalling = builder.state("signalling", unit="share of baseline", scale=0.1)
    builder.rate(signalling, (driven - signalling) / p["tau_M"])
    growth = p["k_P"] * signalling
    if hypotheses.mtor_gate:
        growth = growth * (1.0 - p["mtor_inhibition"])
    lasting = p["tau_P"]
    if hypotheses.rapamycin_slows_loss:
        lasting = lasting * (1.0 + (p["rapamycin_on_tau_P"] - 1.0) * p["mtor_inhibition"])
    pool = builder.state("plastic_pool", unit="fraction", scale=0.1)
    if not hypotheses.two_plastic_pools:
        builder.rate(pool, growth * (1.0 - pool) - pool / lasting)
        return Plasticity(pool, more)
    builder.rate(pool, growth * (1.0 - pool) - pool / p["tau_F"])
    transit = 2.0 / p["tau_lag"]
    transit1 = builder.state("structural_transit1", unit="fraction", scale=0.1)
    transit2 = builder.state("structural_transit2", unit="fraction", scale=0.1)
    structural = builder.state("structural_pool", unit="fraction", scale=0.1)
    builder.rate(transit1, growth - transit * transit1)
    builder.rate(transit2, transit * (transit1 - transit2))
    builder.rate(structural, transit * transit2 * (1.0 - structural) - structural / lasting)
    more["structural_pool"] = structural
    more["synaptic_density_percent"] = 100.0 * p["b_SV2A"] * structural
    return Plasticity(p["fast_share"] * pool + (1.0 - p["fast_share"]) * structural, more)
