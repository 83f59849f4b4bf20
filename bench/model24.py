"""The 24-state benchmark model: a made-up course of twelve racemic infusions with a response. For speed, not science.

16 linear states (two enantiomers: depot, central, two peripherals, norketamine central and peripheral; one
hydroxynorketamine, two brain compartments, one effect site) and 8 nonlinear ones (disinhibition, glutamate, tolerance,
growth factor, plasticity with a half-life of five days, score, blood pressure and its tolerance). 41 parameters, most
log-normal over people. Its numbers are chosen for stiffness and are not parameters of ketamine.
"""

from __future__ import annotations

import math

import numpy as np

from ataraxy.engine.doses import DoseTable
from ataraxy.engine.model import Model, ModelBuilder

# name: typical value, standard deviation of its logarithm over people
PARAMETERS = {
    "CLR": (75.0, 0.25), "CLS": (95.0, 0.25), "V1": (50.0, 0.30), "Q2": (100.0, 0.30), "V2": (80.0, 0.30),
    "Q3": (40.0, 0.30), "V3": (200.0, 0.30), "KA": (2.0, 0.40), "FM": (0.7, 0.0), "CLN": (60.0, 0.30),
    "VN": (100.0, 0.30), "QN": (50.0, 0.30), "VNP": (150.0, 0.30), "CLH": (40.0, 0.30), "VH": (100.0, 0.30),
    "KEB": (3.0, 0.30), "KE0": (6.0, 0.40), "KIR": (0.30, 0.30), "KIS": (0.10, 0.30), "KIN": (0.5, 0.30),
    "KD": (4.0, 0.30), "OC50": (0.35, 0.20), "GO": (3.0, 0.0), "KG": (2.0, 0.20), "EG": (1.5, 0.30),
    "KM": (0.3, 0.30), "KB": (0.1, 0.30), "B50": (0.25, 0.30), "KPI": (0.05, 0.40),
    "KPO": (math.log(2.0) / 120.0, 0.30), "KS": (0.02, 0.30), "S0": (32.0, 0.15), "ES": (0.9, 0.0),
    "P50": (0.25, 0.30), "KBP": (3.0, 0.20), "BP0": (120.0, 0.08), "EBP": (0.25, 0.30), "CB50": (0.12, 0.40),
    "GBP": (1.4, 0.0), "KMB": (1.0, 0.30), "BETA": (0.8, 0.30),
}  # fmt: skip
DOSE_TIMES_H = np.array([0, 2, 5, 7, 9, 12, 18, 25, 32, 39, 46, 53]) * 24.0
INFUSION_H = 40.0 / 60.0
END_H = 56 * 24.0
TIMES_H = np.unique(
    np.concatenate(
        [
            [0.25, 0.5, INFUSION_H, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0],
            np.arange(1, 15) * 24.0 - 1.0,
            DOSE_TIMES_H[1:] + INFUSION_H,
            DOSE_TIMES_H[6:] + 4.0,
            np.arange(15, 57, 2.5) * 24.0 - 0.5,
            [END_H],
        ]
    )
)


def build_model24() -> Model:
    """The model; outputs are nine of its states."""
    b = ModelBuilder("benchmark-24")
    p = {name: b.parameter(name) for name in PARAMETERS}
    s = {}
    for enantiomer in "RS":
        for name in ("D", "C", "P1", "P2", "N", "NP"):
            s[name + enantiomer] = b.state(name + enantiomer)
    s["HN"] = b.state("HN")
    for name in ("BR", "BS", "CE"):
        s[name] = b.state(name, unit="mg/L", scale=0.01)
    D = b.state("D", unit="1", scale=0.1)
    G = b.state("G", unit="1", initial=1.0, scale=0.1)
    M = b.state("M", unit="1", scale=0.1)
    B = b.state("B", unit="1", scale=0.1)
    P = b.state("P", unit="1", scale=0.1)
    S = b.state("S", unit="points", initial=p["S0"])
    BP = b.state("BP", unit="mmHg", initial=p["BP0"])
    MB = b.state("MB", unit="1", scale=0.1)
    for e in "RS":
        k10 = p["CL" + e] / p["V1"]
        central, first, second = s["C" + e], s["P1" + e], s["P2" + e]
        nor, nor_far = s["N" + e], s["NP" + e]
        b.flow(s["D" + e], central, p["KA"] * s["D" + e])
        b.flow(central, None, k10 * central)
        b.flow(central, first, p["Q2"] / p["V1"] * central)
        b.flow(first, central, p["Q2"] / p["V2"] * first)
        b.flow(central, second, p["Q3"] / p["V1"] * central)
        b.flow(second, central, p["Q3"] / p["V3"] * second)
        b.flow(None, nor, p["FM"] * k10 * central)
        b.flow(nor, None, p["CLN"] / p["VN"] * nor)
        b.flow(nor, nor_far, p["QN"] / p["VN"] * nor)
        b.flow(nor_far, nor, p["QN"] / p["VNP"] * nor_far)
        b.rate(s["HN"], 0.5 * p["CLN"] / p["VN"] * nor)
        b.rate(s["B" + e], p["KEB"] * (central / p["V1"] - s["B" + e]))
    b.rate(s["HN"], -p["CLH"] / p["VH"] * s["HN"])
    cR, cS = s["CR"] / p["V1"], s["CS"] / p["V1"]
    b.rate(s["CE"], p["KE0"] * (cS + 0.4 * cR - s["CE"]))
    x = (
        s["BS"] / p["KIS"]
        + s["BR"] / p["KIR"]
        + s["NS"] / p["VN"] / p["KIN"]
        + s["NR"] / p["VN"] / (3.0 * p["KIN"])
    )
    occupancy = x / (1.0 + x)
    cubed = occupancy**3
    b.rate(D, p["KD"] * (cubed / (p["OC50"] ** 3 + cubed) - D))
    b.rate(G, p["KG"] * (1.0 + p["EG"] * D / (1.0 + M) - G))
    b.rate(M, p["KM"] * (2.0 * (G - 1.0) - M))
    b.rate(B, p["KB"] * ((G - 1.0) ** 2 / (p["B50"] ** 2 + (G - 1.0) ** 2) - B))
    b.rate(P, p["KPI"] * B * (1.0 - P) - p["KPO"] * P)
    b.rate(S, p["KS"] * (p["S0"] * (1.0 - p["ES"] * P / (p["P50"] + P)) - S))
    c = cS + cR
    power = (c * c + 1e-14) ** (p["GBP"] * 0.5)
    effect = p["EBP"] * power / (p["CB50"] ** p["GBP"] + power)
    b.rate(BP, p["KBP"] * (p["BP0"] * (1.0 + effect) / (1.0 + MB) - BP))
    b.rate(MB, p["KMB"] * (p["BETA"] * (BP / p["BP0"] - 1.0) - MB))
    for name in ("CR", "CS", "NS", "BS", "CE"):
        b.output(name, s[name])
    for name, state in (("G", G), ("P", P), ("S", S), ("BP", BP)):
        b.output(name, state)
    return b.build()


def population24(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Parameters f8[n, 41] and the amount f8[n] of each enantiomer per infusion, mg (0.5 mg/kg racemate)."""
    rng = np.random.default_rng(seed)
    typical = np.array([value for value, _ in PARAMETERS.values()])
    spread = np.array([omega for _, omega in PARAMETERS.values()])
    parameters = typical * np.exp(spread * rng.standard_normal((n, typical.size)))
    weight = 75.0 * np.exp(0.18 * rng.standard_normal(n))
    return parameters, 0.25 * weight


def doses24(amount: np.ndarray) -> DoseTable:
    """Twelve infusions of both enantiomers for everybody."""
    people = np.repeat(np.arange(len(amount)), DOSE_TIMES_H.size)
    times = np.tile(DOSE_TIMES_H, len(amount))
    each = np.repeat(amount, DOSE_TIMES_H.size)
    return DoseTable.concatenate([DoseTable.of(people, times, s, each, INFUSION_H) for s in ("CR", "CS")])


def largest_error(values: np.ndarray, reference: np.ndarray) -> float:
    """Largest of |y - ref| / max(|ref|, 0.001 of that person's peak) over people, times and outputs."""
    peak = np.abs(reference).max(axis=1, keepdims=True)
    return float((np.abs(values - reference) / np.maximum(np.abs(reference), 1e-3 * peak)).max())
