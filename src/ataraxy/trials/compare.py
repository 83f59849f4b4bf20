"""Protocols side by side in the same virtual people: what differs, by how much, and how well that is known.

Every protocol is given to the same people with the same draws of parameters, so that a protocol compared with itself
differs by exactly zero. Two things are kept apart: how people differ (at the median of the doubt, 5th to 95th
percentile of people) and how well the mean is known (5th to 95th percentile of it over draws of the parameters).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError
from ataraxy.evidence.standing import standing_of_evidence
from ataraxy.pharmacology.effects.hypotheses import NONE, Hypotheses
from ataraxy.pharmacology.kinetics import enantiomers_of
from ataraxy.pharmacology.symptoms import WORLDS, Design, get_indication
from ataraxy.provenance import Provenance, content_hash, record_provenance
from ataraxy.therapy.protocol import Protocol
from ataraxy.trials.clinic import RTOL, Drives, VirtualClinic
from ataraxy.trials.evidence_limits import Limit, difference_limits
from ataraxy.trials.interval import Interval
from ataraxy.trials.readings import Watched
from ataraxy.trials.scores import Sample, ScoresOfArm, read_scores

Floats = npt.NDArray[np.float64]

SCHEMA: Final = "ataraxy.comparison/1"
RELIEF_H: Final = (2.0, 24.0, 168.0)
"""Hours after the first dose at which relief is compared, beside the end of the course."""
AFTER_END_H: Final = 24.0
"""The end of a course is a day after its last session."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is compared.

    Attributes:
        name: such as ``relief_24h_points``.
        title: in words.
        unit: of the numbers.
        more_is: ``better``, ``worse`` or ``neither``.
    """

    name: str
    title: str
    unit: str
    more_is: str


QUANTITIES: Final = (
    Quantity("cmax", "peak arterial ketamine (S and R)", "ng/mL", "neither"),
    Quantity("auc", "arterial ketamine over the course (S and R)", "ng*h/mL", "neither"),
    Quantity("receptor_block", "peak block of NMDA receptors", "%", "neither"),
    *(
        Quantity(f"relief_{when}_{unit}", f"fall of severity {title}", text, "better")
        for when, title in (("2h", "at 2 h"), ("24h", "at 24 h"), ("7d", "at 7 days"), ("end", "at the end"))
        for unit, text in (("points", "points"), ("sd", "SD"))
    ),
    Quantity("cadss_peak", "highest CADSS of the course", "points", "worse"),
    Quantity("sbp_rise", "largest rise of systolic pressure by the drug", "mmHg", "worse"),
    Quantity("dbp_rise", "largest rise of diastolic pressure by the drug", "mmHg", "worse"),
    Quantity("sessions", "sessions", "", "neither"),
    Quantity("chair_time_h", "time in the chair over the course", "h", "worse"),
)
PLANNED: Final = ("sessions", "chair_time_h")
_BY_NAME: Final = {quantity.name: quantity for quantity in QUANTITIES}


@dataclass(frozen=True, slots=True)
class Spread:
    """A quantity of one protocol, or a difference of two.

    Attributes:
        mean: over people and draws.
        people: 5th, 50th and 95th percentile between people.
        uncertainty: median and 90% interval of the mean over people, over the draws of the parameters.
    """

    mean: float
    people: Interval
    uncertainty: Interval

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "mean": self.mean,
            "between_people": self.people.to_json(),
            "uncertainty_of_mean": self.uncertainty.to_json(),
        }


@dataclass(frozen=True, slots=True)
class ProtocolSummary:
    """One protocol of a comparison.

    Attributes:
        name, title, dose: of the protocol.
        routes: by value, each with how well its absorption is known.
        course_h: hours from the first dose to the end of the course.
        chair_time_stated: whether the protocol says how long people are observed.
        values: quantity -> numbers.
    """

    name: str
    title: str
    dose: str
    routes: Mapping[str, str]
    course_h: float
    chair_time_stated: bool
    values: Mapping[str, Spread]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "name": self.name,
            "title": self.title,
            "dose": self.dose,
            "routes": dict(self.routes),
            "course_h": self.course_h,
            "observation_stated": self.chair_time_stated,
            "values": {name: value.to_json() for name, value in self.values.items()},
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """One quantity of two protocols.

    Attributes:
        quantity: what.
        first, second: names; the difference is the second less the first.
        value: in the same people.
        tells_apart: whether the evidence tells the two apart: the interval of the difference of means does not hold
            zero, and nothing that was only assumed decides it.
        limits: why it does not, or what weakens it; empty where nothing does.
        sentence: the same in plain words.
    """

    quantity: str
    first: str
    second: str
    value: Spread
    tells_apart: bool
    limits: tuple[str, ...]
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "quantity": self.quantity,
            "first": self.first,
            "second": self.second,
            **self.value.to_json(),
            "tells_apart": self.tells_apart,
            "limits": list(self.limits),
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Protocols side by side.

    Attributes:
        indication, instrument: of relief.
        world: ``published`` or ``null``.
        draws, people: of the parameters, and of each draw.
        doubt: where the draws are from.
        protocols: in the order in which they were given.
        differences: every quantity of every later protocol less the first.
        cautions: sentences that belong to all of it.
        provenance: how to compute it again.
    """

    indication: str
    instrument: str
    world: str
    draws: int
    people: int
    doubt: str
    protocols: tuple[ProtocolSummary, ...]
    differences: tuple[Difference, ...]
    cautions: tuple[str, ...]
    provenance: Provenance

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; no number is NaN."""
        return {
            "schema": SCHEMA,
            "indication": self.indication,
            "instrument": self.instrument,
            "world": self.world,
            "draws": self.draws,
            "people": self.people,
            "uncertainty": self.doubt,
            "quantities": {q.name: {"title": q.title, "unit": q.unit} for q in QUANTITIES},
            "protocols": [protocol.to_json() for protocol in self.protocols],
            "differences": [difference.to_json() for difference in self.differences],
            "cautions": list(self.cautions),
            "provenance": self.provenance.to_json(),
        }


def compare_protocols(
    protocols: Sequence[Protocol],
    *,
    indication: str = "GAD",
    world: str = "published",
    hypotheses: Hypotheses = NONE,
    draws: int = 60,
    people: int = 40,
    seed: int = 1,
    workers: int = 1,
    command: str = "",
    time: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Gives protocols to the same virtual people and compares what follows with the first protocol.

    Relief is the fall of true severity on the indication's main scale from before the first dose, in people who know
    what they get, as in routine care; belief and slow change without drug are part of it and cancel in differences as
    far as they are the same.

    Args:
        protocols: two or more.
        indication: ``GAD``, ``SAD``, ``PTSD`` or ``TRD``.
        world: ``null`` takes every effect of the drug on symptoms away.
        hypotheses: which are on.
        draws, people: of the parameters, and of each draw.
        seed: of all random numbers.
        workers: threads; never change a result.
        command, time: of the provenance.
        progress: called with protocols done and in all.

    Raises:
        InputError: fewer than two protocols, or a name is not known.
        ModelError: a protocol has a route that the effects cannot stand behind.
    """
    if len(protocols) < 2:
        raise InputError(
            f"{len(protocols)} protocol to compare",
            code="compare.protocols",
            remedy="Give two or more",
            where="compare",
        )
    if world not in WORLDS:
        raise InputError(
            f"there is no world {world!r}",
            code="compare.world",
            remedy=f"Use {' or '.join(WORLDS)}",
            where="compare",
        )
    population = get_indication(indication)
    scale = population.main
    clinic = VirtualClinic.open(draws=draws, people=people, seed=seed, hypotheses=hypotheses, workers=workers)
    measured: list[Mapping[str, Floats]] = []
    for done, protocol in enumerate(protocols, start=1):
        measured.append(_measured(protocol, clinic, indication, scale.instrument.name, scale.sd, world))
        if progress is not None:
            progress(done, len(protocols))
    summaries = tuple(
        ProtocolSummary(
            protocol.name,
            protocol.title,
            protocol.dose,
            {route.value: clinic.effects.kinetics.routes[route].status.value for route in protocol.routes},
            _end_h(protocol),
            protocol.observation_h is not None,
            {name: _spread(values[name]) for name in _BY_NAME},
        )
        for protocol, values in zip(protocols, measured, strict=True)
    )
    differences = tuple(
        _difference(quantity, (protocols[0], measured[0]), (protocol, values), clinic, world)
        for protocol, values in zip(protocols[1:], measured[1:], strict=True)
        for quantity in QUANTITIES
    )
    return Comparison(
        indication,
        scale.instrument.name,
        world,
        clinic.draws,
        people,
        clinic.doubt.source,
        summaries,
        differences,
        cautions(indication, world),
        record_provenance(
            time=time or datetime.now(UTC),
            command=command or f"compare_protocols(..., indication={indication!r}, world={world!r})",
            model_name=clinic.effects.name,
            model_hash=clinic.effects.sha256(),
            data_hash=content_hash({f"{i}": p.protocol_hash.encode() for i, p in enumerate(protocols)}),
            seed=seed,
            solver="auto",
            rtol=RTOL,
        ),
    )


def cautions(indication: str, world: str) -> tuple[str, ...]:
    """Sentences that belong to every comparison of symptoms in an indication."""
    stands = {statement.about: statement for statement in standing_of_evidence()}
    said = [f"Relief includes belief in the treatment: people know what they get. {stands['masking'].claim}"]
    if indication == "PTSD":
        said.insert(0, f"{stands['PTSD'].claim} {stands['PTSD'].text}")
    if world == "null":
        said.insert(
            0, "Null world: no effect of the drug on symptoms; what differs is belief by what is felt."
        )
    return tuple(said)


def _end_h(protocol: Protocol) -> float:
    return protocol.sessions[-1].time_h + AFTER_END_H


def _measured(
    protocol: Protocol, clinic: VirtualClinic, indication: str, instrument: str, sd: float, world: str
) -> Mapping[str, Floats]:
    """Quantity -> f8[draws, people]."""
    planned = protocol.planned_doses()
    end = _end_h(protocol)
    times = sorted({*RELIEF_H, end})
    ketamine = [f"{enantiomer}-ketamine" for enantiomer in enantiomers_of([protocol.drug])]
    areas = [f"AUC {name}" for name in ketamine]
    more = (*ketamine, *areas, "receptor_block")
    drives = clinic.treat(planned, times, more_outputs=more)
    watched = Watched(clinic, drives, planned, clinic.people)
    sample = Sample(clinic.people, indication, "open_label", Design.open_label(), world=world)
    scores = read_scores(clinic, sample, instrument, times, drives=drives, true=True)
    total = np.sum([drives.values[name] for name in ketamine], axis=0)
    area = np.sum([drives.values[name] for name in areas], axis=0)
    shape = (clinic.draws, clinic.people)
    values = {
        "cmax": total.max(axis=2),
        "auc": area[:, :, -1],
        "receptor_block": 100.0 * drives.values["receptor_block"].max(axis=2),
        "cadss_peak": _largest(drives, lambda k: watched.cadss(k)),
        "sbp_rise": _largest(drives, lambda k: watched.rise("SBP", k)),
        "dbp_rise": _largest(drives, lambda k: watched.rise("DBP", k)),
        "sessions": np.full(shape, float(len(protocol.sessions))),
        "chair_time_h": np.full(shape, chair_time_h(protocol)),
    }
    for when, hours in (("2h", 2.0), ("24h", 24.0), ("7d", 168.0), ("end", end)):
        fall = _fall(scores, hours)
        values[f"relief_{when}_points"] = fall
        values[f"relief_{when}_sd"] = fall / sd
    return values


def chair_time_h(protocol: Protocol) -> float:
    """Hours in the chair over the course: doses and, where the protocol says how long, observation."""
    doses = sum(protocol.session_length_h(session.index) for session in protocol.sessions)
    return float(doses + len(protocol.sessions) * (protocol.observation_h or 0.0))


def _largest(drives: Drives, of: Callable[[int], Floats]) -> Floats:
    return np.asarray(np.max([of(k).max(axis=2) for k in range(len(drives.session_starts_h))], axis=0))


def _fall(scores: ScoresOfArm, hours: float) -> Floats:
    return np.asarray(scores.baseline - scores.at(hours))


def _spread(values: Floats) -> Spread:
    """Of f8[draws, people]."""
    people = np.quantile(values, (0.05, 0.5, 0.95), axis=1)
    low, middle, high = np.median(people, axis=1)
    doubt = Interval.sure(values.mean(axis=1))
    return Spread(float(values.mean()), Interval(float(middle), float(low), float(high)), doubt)


def _difference(
    quantity: Quantity,
    first: tuple[Protocol, Mapping[str, Floats]],
    second: tuple[Protocol, Mapping[str, Floats]],
    clinic: VirtualClinic,
    world: str,
) -> Difference:
    value = _spread(second[1][quantity.name] - first[1][quantity.name])
    found = difference_limits(quantity.name, first[0], second[0], clinic.effects.kinetics)
    zero = value.uncertainty.holds(0.0)
    decides = [limit for limit in found if limit.decides]
    same = value.uncertainty.lo90 == value.uncertainty.hi90 == 0.0
    apart = not zero and not decides and not same
    return Difference(
        quantity.name,
        first[0].name,
        second[0].name,
        value,
        apart,
        tuple(limit.text for limit in found),
        _sentence(quantity, first[0].name, second[0].name, value, found, same),
    )


def _sentence(
    quantity: Quantity, first: str, second: str, value: Spread, limits: Sequence[Limit], same: bool
) -> str:
    if same:
        return f"{quantity.title}: {second} and {first} are the same."
    doubt = value.uncertainty
    size = _size(doubt, quantity.unit)
    why = "; ".join(limit.text for limit in limits if limit.decides)
    if doubt.holds(0.0):
        line = f"{quantity.title}: the evidence cannot tell {second} from {first}: the interval of the difference, "
        line += f"{size}, holds zero"
        return f"{line}; {why}." if why else f"{line}."
    word = "higher" if doubt.median > 0.0 else "lower"
    line = f"{quantity.title}: {word} with {second} than with {first}, difference {size}"
    if why:
        return f"{line}, but the evidence cannot vouch for it: {why}."
    if quantity.name in PLANNED:
        return f"{line}, as planned."
    weak = "; ".join(limit.text for limit in limits)
    return f"{line}; the models and their evidence tell the two apart{f' ({weak})' if weak else ''}."


def _size(doubt: Interval, unit: str) -> str:
    if doubt.width == 0.0:
        return f"{doubt.median:+.3g} {unit}".rstrip()
    return f"{doubt.median:+.3g} {unit} (90% {doubt.lo90:+.3g} to {doubt.hi90:+.3g})"
