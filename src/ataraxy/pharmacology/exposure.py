"""What a simulation says about exposure: numbers with the spread between people and the uncertainty of the median.

The two are different things and never mixed. `between_people` is how people differ when the published parameters are
exactly right; `median_uncertainty` is how far the median person may be off because those parameters are estimates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ataraxy.provenance import Provenance
from ataraxy.therapy.protocol import Protocol

Floats = npt.NDArray[np.float64]
BAND_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SCHEMA = "ataraxy.simulation/1"


@dataclass(frozen=True, slots=True)
class Interval:
    """From the 5th to the 95th percentile."""

    lo90: float
    hi90: float

    def to_json(self) -> dict[str, float | None]:
        return {"lo90": _number(self.lo90), "hi90": _number(self.hi90)}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One quantity over a population.

    Attributes:
        median: over people, at the published parameters.
        between_people: 90% of people.
        median_uncertainty: 90% of the draws of the parameters' uncertainty; None where none were drawn.
    """

    median: float
    between_people: Interval
    median_uncertainty: Interval | None

    def to_json(self) -> dict[str, Any]:
        uncertainty = self.median_uncertainty
        return {
            "median": _number(self.median),
            "between_people": self.between_people.to_json(),
            "median_uncertainty": None if uncertainty is None else uncertainty.to_json(),
        }


@dataclass(frozen=True, slots=True)
class AnalyteExposure:
    """Exposure to one analyte in one session.

    Attributes:
        analyte: such as "S-ketamine"; without a prefix the sum of both enantiomers.
        site: of sampling: "venous", "arterial" or "unknown".
        cmax_ng_per_ml: highest concentration from the session's start to the end of its window.
        tmax_h: its time after the session's start.
        auc_ng_h_per_ml: area under the concentration over the session's window; what is left over from earlier
            sessions is in it.
        half_life_h: terminal half-life.
    """

    analyte: str
    site: str
    cmax_ng_per_ml: Endpoint
    tmax_h: Endpoint
    auc_ng_h_per_ml: Endpoint
    half_life_h: Endpoint

    def to_json(self) -> dict[str, Any]:
        return {
            "analyte": self.analyte,
            "site": self.site,
            "cmax_ng_per_ml": self.cmax_ng_per_ml.to_json(),
            "tmax_h": self.tmax_h.to_json(),
            "auc_ng_h_per_ml": self.auc_ng_h_per_ml.to_json(),
            "half_life_h": self.half_life_h.to_json(),
        }


@dataclass(frozen=True, slots=True)
class SessionExposure:
    """Exposure in one session.

    Attributes:
        session: number from 1.
        start_h: from the start of the protocol.
        window_h: length of the time over which Cmax and AUC are taken: 24 h, or less where the next session is nearer.
        analytes: each enantiomer's, then their sums.
    """

    session: int
    start_h: float
    window_h: float
    analytes: tuple[AnalyteExposure, ...]

    def __getitem__(self, analyte: str) -> AnalyteExposure:
        """The exposure to `analyte`. Raises KeyError where there is none."""
        for exposure in self.analytes:
            if exposure.analyte == analyte:
                return exposure
        raise KeyError(analyte)

    def to_json(self) -> dict[str, Any]:
        return {
            "session": self.session,
            "start_h": self.start_h,
            "window_h": self.window_h,
            "analytes": [a.to_json() for a in self.analytes],
        }


@dataclass(frozen=True, eq=False)
class Band:
    """Concentration over time and people.

    Attributes:
        times_h: f8[times], from the start of the protocol.
        quantiles: f8[5, times], ng/mL, at `BAND_QUANTILES` over people, each within `relative_error` of the exact one.
        relative_error: largest relative error that the counting in bins can cause.
    """

    times_h: Floats
    quantiles: Floats
    relative_error: float


@dataclass(frozen=True, eq=False)
class SimulationResult:
    """A protocol simulated in virtual people.

    Attributes:
        protocol: what was given.
        model: name of the kinetic model.
        model_title: the same for people.
        site: where the model's concentrations are taken.
        people: their number.
        uncertainty_draws: number of draws of the parameters behind `median_uncertainty`.
        sessions: exposure in every session.
        bands: analyte -> concentration over the whole course.
        outside_studied_range: plain sentences on what goes beyond the model's data; empty where nothing does.
        assumptions: plain sentences on what was assumed or borrowed.
        gaps: what the model's publication leaves open.
        per_person: column -> values, one row per person, session and analyte.
        provenance: how to compute it again.
    """

    protocol: Protocol
    model: str
    model_title: str
    site: str
    people: int
    uncertainty_draws: int
    sessions: tuple[SessionExposure, ...]
    bands: Mapping[str, Band]
    outside_studied_range: tuple[str, ...]
    assumptions: tuple[str, ...]
    gaps: tuple[str, ...]
    per_person: Mapping[str, npt.NDArray[Any]]
    provenance: Provenance

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values in the schema `ataraxy.simulation/1`."""
        return {
            "schema": SCHEMA,
            "protocol": {
                "name": self.protocol.name,
                "title": self.protocol.title,
                "drug": self.protocol.drug.value,
                "dose": self.protocol.dose,
                "sha256": self.protocol.protocol_hash,
            },
            "model": self.model,
            "people": self.people,
            "uncertainty_draws": self.uncertainty_draws,
            "sessions": [s.to_json() for s in self.sessions],
            "outside_studied_range": list(self.outside_studied_range),
            "assumptions": list(self.assumptions),
            "gaps": list(self.gaps),
            "provenance": self.provenance.to_json(),
        }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
