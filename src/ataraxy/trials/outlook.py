"""What a protocol is expected to do in people, session by session and over the course, as values.

Two things stand beside each median and are never mixed: how people differ (the 5th to 95th percentile of people, at the
median draw of the parameters) and how well the median person is known (the 5th to 95th percentile of the median over
the draws, in the same people).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ataraxy.evidence.standing import Standing
from ataraxy.pharmacology.effects.adverse_events import AdverseEventRate
from ataraxy.pharmacology.effects.hypotheses import Hypothesis
from ataraxy.pharmacology.exposure import Endpoint, Interval
from ataraxy.pharmacology.symptoms.instrument import Instrument
from ataraxy.provenance import Provenance
from ataraxy.trials.onset import OnsetCurve

Floats = npt.NDArray[np.float64]

SCHEMA: Final = "ataraxy.outlook/1"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a number is of: its name in JSON, in words, and its unit."""

    name: str
    title: str
    unit: str


PEAKS: Final = (
    Measure("ketamine_ng_per_ml", "arterial ketamine behind the effects", "ng/mL"),
    Measure("receptor_block_percent", "block of NMDA receptors", "%"),
    Measure("glutamate_percent", "glutamate above baseline", "%"),
    Measure("gaba_percent", "GABA above baseline", "%"),
    Measure("cadss_points", "dissociation (CADSS)", "points"),
    Measure("sbp_rise_mmhg", "systolic pressure, rise by the drug", "mmHg"),
    Measure("dbp_rise_mmhg", "diastolic pressure, rise by the drug", "mmHg"),
    Measure("hr_rise_bpm", "heart rate, rise by the drug", "beats/min"),
    Measure("cardiac_output_percent", "cardiac output above baseline", "%"),
)
"""Highest values of a session."""
WAYS_BACK: Final = (
    Measure("cadss_back_h", "CADSS at most 4 again", "h"),
    Measure("pressure_back_h", "systolic rise within the noise of one reading again", "h"),
    Measure("sedation_back_h", "fully awake again (MOAA/S 5)", "h"),
)
"""Hours from the start of a session."""
EVENTS: Final = (
    Measure("sbp_rise_40_mmhg", "systolic rise of 40 mmHg or more on the monitor", "% of people"),
    Measure("dbp_rise_25_mmhg", "diastolic rise of 25 mmHg or more on the monitor", "% of people"),
    Measure("cadss_above_4", "CADSS above 4", "% of people"),
    Measure("any_sedation", "any sedation (MOAA/S below 5)", "% of people"),
    Measure("loss_of_consciousness", "loss of consciousness (MOAA/S 0)", "% of people"),
)
"""Of a session, and at least once over a course, where nausea comes on top."""
NAUSEA: Final = Measure("nausea", "nausea at least once", "% of people")


@dataclass(frozen=True, slots=True)
class Share:
    """A share of people.

    Attributes:
        percent: mean over the draws of the parameters.
        uncertainty: 90% of the draws; None where there is one draw.
    """

    percent: float
    uncertainty: Interval | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        doubt = self.uncertainty
        return {"percent": self.percent, "uncertainty": None if doubt is None else doubt.to_json()}


@dataclass(frozen=True, eq=False)
class Curve:
    """Something over time.

    Attributes:
        times_h: f8[times], from the first dose.
        median: f8[times], of people.
        people: f8[2, times], 5th and 95th percentile of people.
        median_uncertainty: f8[2, times], of the median; None where there is one draw.
    """

    times_h: Floats
    median: Floats
    people: Floats
    median_uncertainty: Floats | None

    def between(self, start_h: float, end_h: float) -> Curve:
        """The part from one time to another, both included."""
        inside = (self.times_h >= start_h - 1e-9) & (self.times_h <= end_h + 1e-9)
        doubt = None if self.median_uncertainty is None else self.median_uncertainty[:, inside]
        return Curve(self.times_h[inside], self.median[inside], self.people[:, inside], doubt)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: lists beside each other."""
        doubt = self.median_uncertainty
        return {
            "time_h": self.times_h.tolist(),
            "median": self.median.tolist(),
            "between_people": {"lo90": self.people[0].tolist(), "hi90": self.people[1].tolist()},
            "median_uncertainty": None
            if doubt is None
            else {"lo90": doubt[0].tolist(), "hi90": doubt[1].tolist()},
        }


@dataclass(frozen=True, slots=True)
class SessionOutlook:
    """One session.

    Attributes:
        session: number from 1.
        start_h: from the first dose.
        peaks: name in `PEAKS` -> highest value.
        ways_back: name in `WAYS_BACK` -> hours; infinite where it takes longer than was looked at.
        events: name in `EVENTS` -> share of people.
    """

    session: int
    start_h: float
    peaks: Mapping[str, Endpoint]
    ways_back: Mapping[str, Endpoint]
    events: Mapping[str, Share]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "session": self.session,
            "start_h": self.start_h,
            "peaks": {name: value.to_json() for name, value in self.peaks.items()},
            "back_to_baseline": {name: value.to_json() for name, value in self.ways_back.items()},
            "events": {name: value.to_json() for name, value in self.events.items()},
        }


@dataclass(frozen=True, slots=True)
class OutcomeAt:
    """What is counted on a scale at one time, in the arm and in its control.

    Attributes:
        time_h: from the first dose.
        when: in words.
        fall: points, of true severity.
        gain: of the mean fall over that of the control, points; `median_uncertainty` of it is in `gain_uncertainty`.
        gain_uncertainty: 90% of the draws; None where there is one draw.
        relieved, response, remission: shares; None where nobody published a rule for the scale.
        control_relieved, control_response, control_remission: the same in the control.
    """

    time_h: float
    when: str
    fall: Endpoint
    gain: float
    gain_uncertainty: Interval | None
    relieved: Share
    response: Share | None
    remission: Share | None
    control_relieved: Share
    control_response: Share | None
    control_remission: Share | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""

        def share(value: Share | None) -> dict[str, Any] | None:
            return None if value is None else value.to_json()

        return {
            "time_h": self.time_h,
            "when": self.when,
            "fall_points": self.fall.to_json(),
            "gain_over_control_points": {
                "mean": self.gain,
                "uncertainty": None if self.gain_uncertainty is None else self.gain_uncertainty.to_json(),
            },
            "relieved": share(self.relieved),
            "response": share(self.response),
            "remission": share(self.remission),
            "control": {
                "relieved": share(self.control_relieved),
                "response": share(self.control_response),
                "remission": share(self.control_remission),
            },
        }


@dataclass(frozen=True, eq=False)
class ScaleOutlook:
    """One scale over the course.

    Attributes:
        instrument: the scale.
        baseline: true severity before the first dose, points.
        curve: true severity, points, closely over the first day and once a day after it.
        control: the same in the control.
        outcomes: at `OUTCOME_H` and at the end.
        time_to_relief_h: hours from the first dose to the first fall that matters, of everybody; infinite for those
            who never have it.
        time_to_loss_d: days from the day after the last session until a response is lost, of those who then had one;
            None where the scale has no rule of response or nobody responded.
        draws_with_responders: behind `time_to_loss_d`.
    """

    instrument: Instrument
    baseline: Endpoint
    curve: Curve
    control: Curve
    outcomes: tuple[OutcomeAt, ...]
    time_to_relief_h: Endpoint
    time_to_loss_d: Endpoint | None
    draws_with_responders: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        scale = self.instrument
        loss = self.time_to_loss_d
        return {
            "instrument": scale.name,
            "lowest": scale.low,
            "highest": scale.high,
            "important_difference": scale.important,
            "baseline": self.baseline.to_json(),
            "score": self.curve.to_json(),
            "control_score": self.control.to_json(),
            "outcomes": [outcome.to_json() for outcome in self.outcomes],
            "time_to_relief_h": self.time_to_relief_h.to_json(),
            "time_to_loss_of_response_d": None if loss is None else loss.to_json(),
            "draws_with_responders": self.draws_with_responders,
        }


@dataclass(frozen=True, eq=False)
class Outlook:
    """Effects, symptoms and safety of a protocol.

    Attributes:
        kinetics, kinetics_site: of the model that drives the effects.
        indication, setting, design, control, world: of the symptoms; `control` in words.
        hypotheses: those that are on.
        draws: of the parameters.
        people_solved: in whom kinetics and effects were solved, for each draw.
        people: whose readings and scores were drawn on them, for each draw.
        doubt, ensemble_sha256: where the draws of the parameters are from.
        session_curves: name -> first session; names of `PEAKS`.
        session_h: hours of the first session that are worth looking at.
        pool: the plastic pool over the course, 0 to 1.
        sessions: each of them.
        events: name in `EVENTS`, and nausea -> share of people with it at least once over the course.
        scales: in the order in which they were asked for.
        onset: hours against weeks, on the indication's main scale.
        published_events: rates that others printed for these routes.
        standing: what the evidence allows to say at all.
        outside_studied_range, assumptions: of the model that drives the effects.
        provenance: how to compute it again.
    """

    kinetics: str
    kinetics_site: str
    indication: str
    setting: str
    design: str
    control: str
    world: str
    hypotheses: tuple[Hypothesis, ...]
    draws: int
    people_solved: int
    people: int
    doubt: str
    ensemble_sha256: str
    session_curves: Mapping[str, Curve]
    session_h: float
    pool: Curve
    sessions: tuple[SessionOutlook, ...]
    events: Mapping[str, Share]
    scales: tuple[ScaleOutlook, ...]
    onset: tuple[OnsetCurve, ...]
    published_events: tuple[AdverseEventRate, ...]
    standing: tuple[Standing, ...]
    outside_studied_range: tuple[str, ...]
    assumptions: tuple[str, ...]
    provenance: Provenance

    @property
    def end_h(self) -> float:
        """The last time of the scores, hours from the first dose."""
        return float(self.pool.times_h[-1])

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values in the schema `ataraxy.outlook/1`; what is not finite is null."""
        return {
            "schema": SCHEMA,
            "standing_of_evidence": [s.to_json() for s in self.standing],
            "world": self.world,
            "driven_by": {"model": self.kinetics, "site": self.kinetics_site},
            "indication": self.indication,
            "setting": self.setting,
            "design": self.design,
            "control": self.control,
            "hypotheses": [
                {
                    "name": h.name,
                    "adds": h.adds,
                    "evidence_for": [str(f) for f in h.evidence_for],
                    "evidence_against": [str(f) for f in h.evidence_against],
                }
                for h in self.hypotheses
            ],
            "draws": self.draws,
            "people_solved": self.people_solved,
            "people": self.people,
            "uncertainty": {"source": self.doubt, "ensemble_sha256": self.ensemble_sha256 or None},
            "units": {m.name: m.unit for m in (*PEAKS, *WAYS_BACK, *EVENTS, NAUSEA)},
            "sessions": [session.to_json() for session in self.sessions],
            "first_session": {name: curve.to_json() for name, curve in self.session_curves.items()},
            "plastic_pool": self.pool.to_json(),
            "events_over_course": {name: value.to_json() for name, value in self.events.items()},
            "scales": [scale.to_json() for scale in self.scales],
            "hours_against_weeks": [curve.to_json() for curve in self.onset],
            "published_adverse_events": [
                {
                    "event": r.event,
                    "route": r.route.value,
                    "drug": r.drug.value,
                    "dose": r.dose,
                    "percent": r.percent,
                    "placebo_percent": r.placebo_percent,
                    "of": r.per,
                    "n": r.n,
                    "citation": r.citation,
                    "url": r.url,
                }
                for r in self.published_events
            ],
            "outside_studied_range": list(self.outside_studied_range),
            "assumptions": list(self.assumptions),
            "provenance": self.provenance.to_json(),
        }
