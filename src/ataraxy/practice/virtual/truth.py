"""What really happens in simulated people: pressure, dissociation, sedation and scores from the published models.

The parameters of the drug are one draw of the calibrated ensemble, the same for everybody in the clinic; people differ
by the published variability. Nobody in the clinic knows any of it: staff see readings with their error.

The models are run for the sessions that a person gets. Who stops in the middle of a dose, or does not come back, is run
again with what they really got.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.engine.random import generator
from ataraxy.pharmacology.population import People, sample_population
from ataraxy.pharmacology.symptoms import Design
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.protocol import Protocol
from ataraxy.trials.clinic import Drives, VirtualClinic
from ataraxy.trials.readings import Vital, Watched
from ataraxy.trials.scores import Sample, read_scores

Floats = npt.NDArray[np.float64]

# Of two draws of the ensemble the second is this clinic's: with one draw the parameters would stand at their centre.
DRAWS: Final = 2
MINE: Final = 1
BLOCK: Final = 500
SCALES: Final[Mapping[str, tuple[str, str]]] = {
    "GAD": ("HAM-A", "GAD-7"),
    "SAD": ("LSAS", "GAD-7"),
    "PTSD": ("CAPS-5", "PCL-5"),
}
"""For each indication the scale of the clinician and the one that people fill in themselves."""
# At rest before a dose: mean, SD between people, lowest and highest; of a screened outpatient group, assumed.
RESTING: Final[Mapping[Vital, tuple[float, float, float, float]]] = {
    "SBP": (121.0, 9.0, 98.0, 134.0),
    "DBP": (74.0, 6.0, 58.0, 83.0),
    "HR": (72.0, 8.0, 58.0, 92.0),
}
READ_MINUTES: Final = (10.0, 20.0, 30.0)
AFTER_H: Final = (1.0, 24.0, 168.0, 672.0)
"""Hours after the end of a dose at which scores are asked for."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gets of a course: how many sessions are begun, and after how many minutes the last one stops."""

    sessions: int
    stop_minute: float | None = None


@dataclass(frozen=True, eq=False)
class Watch:
    """One person in one session, from the start of the dose.

    Attributes:
        minutes: f8[times].
        rises: vital -> f8[times], mmHg or beats per minute, above rest.
        noises: vital -> SD of one reading.
        cadss: f8[times], points of the 23-item scale.
        sedated: bool[times], MOAA/S below 5.
        unconscious: whether consciousness is lost around the peak.
        nausea: whether there is any.
    """

    minutes: Floats
    rises: Mapping[Vital, Floats]
    noises: Mapping[Vital, float]
    cadss: Floats
    sedated: npt.NDArray[np.bool_]
    unconscious: bool
    nausea: bool

    def rise(self, vital: Vital, minute: float) -> float:
        """Return a rise at a minute; none before the dose."""
        return float(np.interp(minute, self.minutes, self.rises[vital])) if minute > 0 else 0.0

    def dissociation(self, minute: float) -> float:
        """Return the points of the CADSS at a minute."""
        return float(np.interp(minute, self.minutes, self.cadss)) if minute > 0 else 0.0

    def moaas(self, minute: float) -> int:
        """Return sedation at a minute, 5 for awake."""
        if minute <= 0:
            return 5
        place = int(np.argmin(np.abs(self.minutes - minute)))
        if self.unconscious and 15.0 <= minute <= 45.0:
            return 1
        return 4 if bool(self.sedated[place]) else 5


@dataclass(frozen=True, eq=False)
class Truth:
    """One person, hidden.

    Attributes:
        age_y, sex, weight_kg, height_cm: who they are.
        resting: vital -> level before a dose.
        baseline: scale -> points before treatment.
        given: what they get, if they are treated and nothing else happens.
        watches: one for each session that is begun.
        scores: (scale, session, hours after the dose's end) -> points; also hours -1 for before a session.
    """

    age_y: float
    sex: str
    weight_kg: float
    height_cm: float
    resting: Mapping[Vital, float]
    baseline: Mapping[str, float]
    given: Given
    watches: tuple[Watch, ...]
    scores: Mapping[tuple[str, int, float], float]


def hidden_truths(
    protocol: Protocol,
    indications: Sequence[str],
    leaves_after: Sequence[int | None],
    *,
    seed: int,
    systolic_stop: float,
    diastolic_stop: float,
) -> list[Truth]:
    """Return what is hidden about so many people under a protocol.

    Args:
        protocol: of which they get some or all.
        indications: of each person, ``GAD``, ``SAD`` or ``PTSD``.
        leaves_after: number of sessions after which each will not come back; None for those who stay.
        seed: of everything.
        systolic_stop, diastolic_stop: mmHg at which the site stops a dose.
    """
    found: list[Truth] = []
    for first in range(0, len(indications), BLOCK):
        block = slice(first, first + BLOCK)
        found += _Block(
            protocol,
            list(indications[block]),
            list(leaves_after[block]),
            seed=seed * 1_000_003 + first,
            limits={"SBP": systolic_stop, "DBP": diastolic_stop},
        ).truths()
    return found


class _Block:
    """People who are solved together."""

    def __init__(
        self,
        protocol: Protocol,
        indications: list[str],
        leaves_after: list[int | None],
        *,
        seed: int,
        limits: Mapping[Vital, float],
    ) -> None:
        self.planned = protocol.planned_doses()
        self.starts = [session.time_h for session in protocol.sessions]
        self.indications, self.leaves_after, self.limits = indications, leaves_after, limits
        self.n = len(indications)
        self.seed = seed
        self.clinic = VirtualClinic.open(draws=DRAWS, people=self.n, seed=seed)
        numbers = self.clinic.numbers(self.n)[MINE * self.n : (MINE + 1) * self.n]
        self.people: People = sample_population(numbers, seed)
        self.random = [generator(seed, "virtual-clinic", 0, k) for k in range(self.n)]
        self.resting = [
            {v: float(np.clip(r.normal(mean, sd), low, high)) for v, (mean, sd, low, high) in RESTING.items()}
            for r in self.random
        ]
        self.chance = [float(r.uniform()) for r in self.random]
        self.queasy = [float(r.uniform()) for r in self.random]

    def truths(self) -> list[Truth]:
        """Run everybody as planned, find who stops or leaves, and run those again as they are treated."""
        whole = Given(len(self.starts))
        watched = self._watched(whole)
        given = [self._given(k, watched[k]) for k in range(self.n)]
        truths: dict[int, Truth] = {}
        for variant in sorted(set(given), key=lambda g: (g.sessions, g.stop_minute or 0.0)):
            members = [k for k in range(self.n) if given[k] == variant]
            seen = watched if variant == whole else self._watched(variant)
            scores, baseline = self._scores(variant, members)
            for k in members:
                truths[k] = Truth(
                    float(self.people.age_y[k]),
                    str(self.people.sex[k]),
                    float(self.people.weight_kg[k]),
                    float(self.people.height_cm[k]),
                    self.resting[k],
                    baseline[k],
                    variant,
                    tuple(seen[k]),
                    scores[k],
                )
            self.clinic._kept.clear()
        return [truths[k] for k in range(self.n)]

    def _given(self, k: int, watches: Sequence[Watch]) -> Given:
        leaves = self.leaves_after[k]
        sessions = len(self.starts) if leaves is None else min(leaves, len(self.starts))
        for session, watch in enumerate(watches[:sessions]):
            for minute in READ_MINUTES:
                for vital, limit in self.limits.items():
                    if self.resting[k][vital] + watch.rise(vital, minute) >= limit:
                        return Given(session + 1, minute)
        return Given(sessions)

    def _doses(self, given: Given) -> tuple[PlannedDose, ...]:
        doses = [dose for dose in self.planned if dose.session < given.sessions]
        if given.stop_minute is None:
            return tuple(doses)
        stop_h = given.stop_minute / 60.0
        kept = []
        for dose in doses:
            if dose.session == given.sessions - 1:
                into = self.starts[dose.session] + stop_h - dose.time_h
                if into <= 0.0:
                    continue
                if into < dose.duration_h:
                    share = into / dose.duration_h
                    dose = replace(dose, amount=dose.amount * share, duration_h=into)
            kept.append(dose)
        return tuple(kept)

    def _looks(self, given: Given) -> tuple[list[float], list[tuple[int, float, float]]]:
        """Times of scores (h from the first dose), and for each the session and the hours after its end."""
        found: list[tuple[float, int, float]] = []
        for session in range(given.sessions):
            start = self.starts[session]
            end = start + max(d.end_h for d in self.planned if d.session == session) - self.starts[session]
            following = self.starts[session + 1] if session + 1 < given.sessions else np.inf
            if session > 0:
                found.append((start - 0.75, session, -1.0))
            found += [(end + h, session, h) for h in AFTER_H if end + h < following - 2.0]
        found.sort()
        return [round(t, 6) for t, _, _ in found], [(s, 0.0, h) for _, s, h in found]

    def _drives(self, given: Given) -> tuple[Drives, tuple[PlannedDose, ...]]:
        doses = self._doses(given)
        return self.clinic.treat(doses, self._looks(given)[0]), doses

    def _watched(self, given: Given) -> list[list[Watch]]:
        drives, doses = self._drives(given)
        watched = Watched(self.clinic, drives, doses, self.n)
        nausea = watched.nausea()[MINE] / given.sessions
        people: list[list[Watch]] = [[] for _ in range(self.n)]
        for session in range(given.sessions):
            minutes = 60.0 * watched.times(session)
            rises: dict[Vital, Floats] = {v: watched.rise(v, session)[MINE] for v in RESTING}
            own = watched.columns(session)
            cadss = watched.cadss(session)[MINE]
            sedated = watched.sedated(session)[MINE]
            lost = watched.unconscious_in(session)[MINE]
            for k in range(self.n):
                # one throw for each session, from the person's own stream
                throw = (self.chance[k] + 0.618034 * session) % 1.0
                queasy = (self.queasy[k] + 0.618034 * session) % 1.0
                # copies: a view would keep everybody's rows as long as one person is in care
                people[k].append(
                    Watch(
                        minutes,
                        {v: rises[v][k].copy() for v in RESTING},
                        {v: float(own[f"noise_{v}"][MINE, k]) for v in RESTING},
                        cadss[k].copy(),
                        sedated[k].copy(),
                        bool(throw < lost[k]),
                        bool(queasy < nausea[k]),
                    )
                )
        return people

    def _scores(
        self, given: Given, members: Sequence[int]
    ) -> tuple[dict[int, dict[tuple[str, int, float], float]], dict[int, dict[str, float]]]:
        drives, _ = self._drives(given)
        times, what = self._looks(given)
        scores: dict[int, dict[tuple[str, int, float], float]] = {k: {} for k in members}
        baseline: dict[int, dict[str, float]] = {k: {} for k in members}
        for indication in sorted({self.indications[k] for k in members}):
            mine = [k for k in members if self.indications[k] == indication]
            arm = Sample(self.n, indication, "open_label", Design.open_label())
            for scale in SCALES[indication]:
                read = read_scores(self.clinic, arm, scale, times, drives=drives)
                for k in mine:
                    baseline[k][scale] = float(read.baseline[MINE, k])
                    for place, (session, _, hours) in enumerate(what):
                        scores[k][scale, session, hours] = float(read.readings[MINE, k, place])
        return scores, baseline
