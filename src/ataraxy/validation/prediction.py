"""What a model says in the place of one observation, in the observation's own unit."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ataraxy.evidence.analyte import Analyte
from ataraxy.evidence.metric import NEED_NO_DOSE, Kind, Metric
from ataraxy.evidence.observation import Observation
from ataraxy.evidence.study import DEVICE_MG, Study
from ataraxy.pharmacology.kinetics import Flag, get_model
from ataraxy.pharmacology.kinetics.ports import Enantiomer
from ataraxy.pharmacology.typical import OnePerson, bioavailability, clearance_L_per_h
from ataraxy.validation.choice import ROUTE_OF, Choice
from ataraxy.validation.course import Course, Person
from ataraxy.validation.dosing import DRUG_OF, devices_of, plan, why_not_simulated
from ataraxy.validation.residence import intravenous_residence_h

# Properties of the person alone: they need neither a dose nor a route.
NEED_NO_ROUTE: Final = frozenset({Kind.CLEARANCE, Kind.STEADY_STATE_VOLUME, Kind.TERMINAL_VOLUME})
OF_PARENT_ONLY: Final = NEED_NO_DOSE - {Kind.HALF_LIFE, Kind.TERMINAL_RATE}
_FROM_LAST_DOSE = re.compile(r"(?:from|after) the last (?:spray|device|dose)", re.IGNORECASE)
_SAMPLED_TO = re.compile(
    r"(?:sampled (?:up )?to|half-life over|venous, to) (\d+(?:\.\d+)?) ?h\b", re.IGNORECASE
)
TYPICAL_AGE_Y: Final = 45.0
TYPICAL_WEIGHT_KG: Final = 70.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """A predicted number, or why there is none.

    Attributes:
        value: in the observation's unit; None where nothing was predicted.
        reason: why not; empty where there is a value.
        flags: what was assumed for this row.
    """

    value: float | None
    reason: str = ""
    flags: tuple[str, ...] = ()


class _NotPredictedError(Exception):
    """Carries the reason, in words for the table."""


def _short_of(half_lives_h: Sequence[float], note: str) -> list[str]:
    """Return a flag where the note tells that sampling ended before the model's last phase could show."""
    found = _SAMPLED_TO.search(note)
    if found and float(found[1]) < 2.0 * max(half_lives_h):
        return [f"samples end at {found[1]} h, too early for the model's last phase"]
    return []


def person_of(study: Study) -> Person:
    """Return the typical person of a study: 70 kg and 45 years where it does not say."""
    return Person(
        study.weight_kg or TYPICAL_WEIGHT_KG, study.age_y or TYPICAL_AGE_Y, study.ancestry or "other"
    )


class StudyPredictor:
    """Predicts the observations of one study with one model; its curves are simulated once.

    Args:
        study: as read.
        choice: a choice with a model.
    """

    def __init__(self, study: Study, choice: Choice) -> None:
        assert choice.model is not None
        self.study = study
        self.choice = choice
        self.model = get_model(choice.model)
        self.person = person_of(study)
        self.enantiomers = tuple(DRUG_OF[study.drug].enantiomer_fractions)
        self.no_course = choice.reason or why_not_simulated(study)
        doses = () if self.no_course else plan(study)
        self.course = Course(choice.model, DRUG_OF[study.drug], doses, self.person)

    def predict(self, observation: Observation) -> Prediction:
        """Return the prediction for one observation of the study. No error is raised for what cannot be predicted."""
        try:
            return self._predict(observation)
        except _NotPredictedError as why:
            return Prediction(None, str(why))

    def outside_studied_range(self) -> tuple[Flag, ...]:
        """Return how the study goes beyond the data of the model; empty where its doses are not known.

        Routes are told by the choice of the model. What the study does not say (age, weight) is not held against it.
        """
        if not self.course.doses:
            return ()
        stated = {"weight": self.study.weight_kg, "age": self.study.age_y, "route": None}
        person = OnePerson.of(self.person.weight_kg, self.person.age_y, self.person.ancestry)
        flags = self.model.outside_studied_range(self.course.doses, person)
        return tuple(flag for flag in flags if stated.get(flag.kind, True) is not None)

    def _predict(self, observation: Observation) -> Prediction:
        metric = observation.measure
        if metric is None:
            raise _NotPredictedError(f"the metric {observation.metric!r} is not one that is compared")
        if observation.value is None:
            raise _NotPredictedError("no number is given")
        if metric.ratio:
            return self._ratio(observation, metric)
        if observation.pair:
            raise _NotPredictedError("one value stands for two analytes")
        analyte = observation.substance
        if analyte is None:
            raise _NotPredictedError(f"the analyte {observation.analyte!r} is not one that a model predicts")
        scale = observation.scale
        if scale is None or not scale.fits(metric.dimension):
            raise _NotPredictedError("values divided by the dose are not compared")
        assert metric.kind is not None
        flags: list[str] = []
        # "Per 70 kg" is the value of a 70 kg person, not of the study's person divided.
        person = replace(self.person, weight_kg=70.0) if scale.of_70_kg else self.person
        value = self._value(metric.kind, metric, analyte, observation, person, flags)
        expressed = scale.express(value, molar_mass=analyte.molar_mass, weight_kg=person.weight_kg)
        return Prediction(expressed, "", tuple(flags))

    def _ratio(self, observation: Observation, metric: Metric) -> Prediction:
        pair = observation.pair
        one = observation.substance
        if pair is None and metric.enantiomer_ratio and one is not None:
            top, bottom = (e for e in metric.enantiomer_ratio.split("/"))
            pair = replace(one, enantiomer=top), replace(one, enantiomer=bottom)  # type: ignore[arg-type]
        kind = metric.kind
        if kind is None and observation.time_h is not None:
            kind = Kind.LEVEL
        scale = observation.scale
        if pair is None or kind is None or scale is None:
            raise _NotPredictedError("it is not said of what the ratio is")
        flags: list[str] = []
        values = [self._value(kind, metric, part, observation, self.person, flags) for part in pair]
        if re.search(r"\bmolar\b", f"{observation.unit} {observation.note}", re.IGNORECASE) and kind in (
            Kind.LEVEL,
            Kind.PEAK,
            Kind.AREA,
        ):
            values = [value / part.molar_mass for value, part in zip(values, pair, strict=True)]
        if not values[1] > 0:
            raise _NotPredictedError("the predicted denominator is zero")
        return Prediction(scale.express(values[0] / values[1]), "", tuple(flags))

    def _value(
        self, kind: Kind, metric: Metric, analyte: Analyte, row: Observation, person: Person, flags: list[str]
    ) -> float:
        """Return the value in house units (mg, L, h)."""
        if analyte.substance not in self.model.analytes:
            raise _NotPredictedError(f"{self.model.name} does not predict {analyte.substance}")
        if analyte.enantiomer in ("S", "R") and analyte.enantiomer not in self.enantiomers:
            raise _NotPredictedError(f"{analyte.enantiomer}-ketamine was not given")
        if analyte.enantiomer == "each" and len(self.enantiomers) > 1:
            flags.append("mean of the predictions for S and R")
        parts = self._parts(analyte)
        if kind in OF_PARENT_ONLY:
            if analyte.substance != "ketamine":
                raise _NotPredictedError(f"{kind.value} is predicted for the unchanged drug only")
            if kind not in NEED_NO_ROUTE and not self.choice.served:
                raise _NotPredictedError(self.choice.reason)
            values = [self._of_person(kind, part, person) for part in parts]
        elif kind in (Kind.HALF_LIFE, Kind.TERMINAL_RATE):
            if not self.choice.served:
                # A slow release can outlast elimination: without its absorption the last phase is not known.
                raise _NotPredictedError(self.choice.reason)
            half_lives = [self.course.half_life_h(self._name(analyte, part)) for part in parts]
            flags += _short_of(half_lives, row.note)
            values = half_lives if kind is Kind.HALF_LIFE else [math.log(2.0) / h for h in half_lives]
        else:
            if self.no_course:
                raise _NotPredictedError(self.no_course)
            values = [self._of_course(kind, metric, self._name(analyte, part), row, flags) for part in parts]
        return math.fsum(values) / len(values)

    def _parts(self, analyte: Analyte) -> list[tuple[Enantiomer, ...]]:
        """Return the sets of enantiomers whose predictions are averaged; one set but for "each"."""
        given: tuple[Enantiomer, ...] = tuple("S" if e == "S" else "R" for e in self.enantiomers)
        if analyte.enantiomer == "sum":
            return [given]
        if analyte.enantiomer == "each":
            return [(e,) for e in given]
        return [("S",) if analyte.enantiomer == "S" else ("R",)]

    @staticmethod
    def _name(analyte: Analyte, part: tuple[Enantiomer, ...]) -> str:
        alone = analyte.enantiomer != "sum"
        return f"{part[0]}-{analyte.substance}" if alone else analyte.substance

    def _of_course(self, kind: Kind, metric: Metric, name: str, row: Observation, flags: list[str]) -> float:
        course = self.course
        if kind is Kind.LEVEL:
            if row.time_h is None:
                raise _NotPredictedError("a concentration without a time")
            return course.level(name, row.time_h)
        if kind is Kind.PEAK:
            # A highest level that tells its time is a level at that time.
            return course.peak(name)[0] if row.time_h is None else course.level(name, row.time_h)
        if kind is Kind.PEAK_TIME:
            time_h = course.peak(name)[1]
            if _FROM_LAST_DOSE.search(row.note):
                flags.append("counted from the last dose")
                return time_h - course.last_start_h
            return time_h
        if kind is Kind.RESIDENCE_TIME:
            # After intravenous doses the time spent giving them is taken off, as noncompartmental analyses do.
            return course.mean_time_h(name) - course.mean_input_time_h()
        window = metric.window_h
        if window is None and row.time_h:
            window = (0.0, row.time_h)
            flags.append("area to the time of the row")
        if window is None:
            raise _NotPredictedError("the area's last time is not given")
        return course.area(name, *window)

    def _of_person(self, kind: Kind, part: tuple[Enantiomer, ...], person: Person) -> float:
        """Return what does not depend on a time course, for one enantiomer or for both measured together.

        Both together behave as an assay that does not tell them apart: dose over summed area, and so on.
        """
        model = self.model.name
        covariates = {"weight_kg": person.weight_kg, "age_y": person.age_y, "ancestry": person.ancestry}
        clearance = [clearance_L_per_h(model, e, **covariates) for e in part]  # type: ignore[arg-type]
        areas = [1.0 / cl for cl in clearance]  # of one mg of each
        n = len(part)
        if kind is Kind.CLEARANCE:
            return n / math.fsum(areas)
        if kind is Kind.STEADY_STATE_VOLUME:
            moments = [
                a * intravenous_residence_h(model, e, person) for a, e in zip(areas, part, strict=True)
            ]
            return n * math.fsum(moments) / math.fsum(areas) ** 2
        if kind is Kind.TERMINAL_VOLUME:
            slowest = max(self.course.half_life_h(f"{e}-ketamine") for e in part)
            return n / math.fsum(areas) * slowest / math.log(2.0)
        absorbed = [self._absorbed(e, person) for e in part]
        reached = math.fsum(f * a for f, a in zip(absorbed, areas, strict=True))
        if kind is Kind.BIOAVAILABILITY:
            return reached / math.fsum(areas)
        if kind is Kind.APPARENT_TERMINAL_VOLUME:
            slowest = max(self.course.half_life_h(f"{e}-ketamine") for e in part)
            return n / reached * slowest / math.log(2.0)
        return n / reached

    def _absorbed(self, enantiomer: Enantiomer, person: Person) -> float:
        routes = self.study.routes
        if len(routes) != 1:
            raise _NotPredictedError("doses by several routes have no one bioavailability")
        dose = self.study.doses[0]
        if dose.route == "nasal_spray" and dose.devices is not None:
            mg = DEVICE_MG * devices_of(dose)
        elif dose.amount is not None:
            mg = dose.amount * (person.weight_kg if dose.per_kg else 1.0)
        elif dose.route in ("nasal_spray", "nasal_other"):
            raise _NotPredictedError("the dose was not seen, and the absorbed share depends on it")
        else:
            mg = 1.0
        return bioavailability(
            self.model.name,
            ROUTE_OF[dose.route],
            mg,
            enantiomer=enantiomer,
            weight_kg=person.weight_kg,
            age_y=person.age_y,
            ancestry=person.ancestry,
        )
