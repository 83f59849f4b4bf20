"""Sets of receptor and circuit parameters that agree with what spectroscopy saw, drawn together because only together
are they constrained.

Three facts stand against seven circuit parameters and five of the receptor: independent draws of them would mostly
contradict the facts. `circuit_fit` drew them from their ranges, fitted the gate's gain to a drawn peak of glutamate and
kept what agrees; `circuit_sets.csv` holds the sets that were kept. They stand in the order of the response that they
predict to half of the usual dose. The default is the middle one.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from ataraxy.pharmacology.kinetics.ports import Columns, Floats

FILE: Final = Path(__file__).with_name("circuit_sets.csv")
NAMES: Final = (
    "fu",
    "K_S",
    "K_R",
    "K_NS",
    "K_NR",
    "rho",
    "gate_exponent",
    "gate_gain",
    "pyramidal_exponent",
    "tau_G",
    "tau_A",
    "kappa",
)


@dataclass(frozen=True, eq=False)
class CircuitSets:
    """f8[sets, len(NAMES)], an odd number of sets."""

    values: Floats

    def __len__(self) -> int:
        return len(self.values)

    def at(self, draw: npt.ArrayLike) -> Columns:
        """One set for each standard-normal draw: all sets are equally likely, and zero is the default."""
        place = np.floor(ndtr(np.asarray(draw, float)) * len(self)).astype(np.int64)
        chosen = self.values[np.minimum(place, len(self) - 1)]
        return {name: chosen[..., k] for k, name in enumerate(NAMES)}


@cache
def circuit_sets() -> CircuitSets:
    """The sets that are shipped."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    return CircuitSets(np.array([[float(row[name]) for name in NAMES] for row in rows]))
