"""Where virtual people are treated: each draw of the parameters has people of its own, the same for every treatment.

People are numbered over all draws, and a treatment is given to each of them, so that two treatments differ by what was
given and by nothing else. What was computed once for a treatment is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.engine.solve import Solver
from ataraxy.errors import InputError, SolverError
from ataraxy.evidence.comparison import EVERYBODY, Group
from ataraxy.pharmacology.course import Course, follow_course
from ataraxy.pharmacology.effects.effect_model import DEFAULT_KINETICS, EffectModel
from ataraxy.pharmacology.effects.hypotheses import NONE, Hypotheses
from ataraxy.pharmacology.kinetics import Scenario
from ataraxy.pharmacology.population import People, PopulationSpec, default_population, sample_population
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.trials.uncertainty import Doubt, Ensemble, draw_doubt

Floats = npt.NDArray[np.float64]

# Hours after the start of each session at which people are always looked at: enough for peaks and for their end.
IN_SESSION_H: Final = (*(k / 12 for k in range(13)), 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 8.0, 24.0)
OUTPUTS: Final = (
    "plastic_pool",
    "acute",
    "dissociation",
    "cardiovascular",
    "effect_site_ng_per_ml",
    "sedation_site_mg_per_l",
)
# Effects are compared with means over people: four digits are more than the draws can tell.
RTOL: Final = 1e-4


@dataclass(frozen=True, eq=False)
class Drives:
    """What a treatment does in people, before it becomes readings.

    Attributes:
        times_h: f8[times], from the first dose.
        values: output of the effect model -> f8[draws, people, times].
        columns: individual parameters -> f8[draws, people]; those of each session in `session_columns`.
        session_columns: one mapping for each session.
        session_starts_h: f8[sessions].
    """

    times_h: Floats
    values: Mapping[str, Floats]
    columns: Mapping[str, Floats]
    session_columns: tuple[Mapping[str, Floats], ...]
    session_starts_h: Floats

    def at(self, output: str, times_h: npt.ArrayLike) -> Floats:
        """f8[draws, people, times]: an output at times that the treatment was simulated at."""
        return np.asarray(self.values[output][:, :, self._places(times_h)])

    def in_session(self, output: str, session: int, hours: float = 24.0) -> Floats:
        """f8[draws, people, times of the session]: an output within `hours` of a session's start."""
        return np.asarray(self.values[output][:, :, self.window(session, hours)])

    def window(self, session: int, hours: float = 24.0) -> npt.NDArray[np.bool_]:
        """Which of `times_h` lie within `hours` of the start of a session, and before the next one."""
        start = self.session_starts_h[session]
        end = start + hours
        if session + 1 < len(self.session_starts_h):
            end = min(end, self.session_starts_h[session + 1] - 1e-9)
        return np.asarray((self.times_h >= start - 1e-9) & (self.times_h <= end + 1e-9))

    def peaks(self, output: str, hours: float = 24.0) -> Floats:
        """f8[draws, people, sessions]: the largest value of an output in each session."""
        sessions = range(len(self.session_starts_h))
        return np.stack([self.in_session(output, k, hours).max(axis=2) for k in sessions], axis=2)

    def _places(self, times_h: npt.ArrayLike) -> npt.NDArray[np.intp]:
        wanted = np.atleast_1d(np.asarray(times_h, float))
        places = np.clip(np.searchsorted(self.times_h, wanted - 1e-6), 0, len(self.times_h) - 1)
        if np.any(np.abs(self.times_h[places] - wanted) > 1e-5):
            raise InputError(
                "a time was not simulated", code="trials.time", remedy="Ask for it beforehand", where="drives"
            )
        return np.asarray(places, np.intp)


@dataclass(eq=False)
class VirtualClinic:
    """Virtual people for every draw of the parameters. Make it with `VirtualClinic.open`.

    Attributes:
        effects: the model.
        doubt: draws of its parameters.
        people: in whom kinetics and effects are solved, for each draw.
        seed: of all random numbers.
        reference_pool: f8[draws], see `EffectModel.reference_pool`.
        workers: threads of the solver; they never change a result.
        same_people: whether every draw has the same people, so that draws differ by the parameters alone; otherwise
            each has people of its own.
        roster: who they are; None for people drawn from the population.
        scenario: departures from the published kinetics.
    """

    effects: EffectModel
    doubt: Doubt
    people: int
    seed: int
    reference_pool: Floats
    workers: int
    same_people: bool = False
    roster: People | None = None
    scenario: Scenario = field(default_factory=Scenario)
    _kept: dict[tuple[object, ...], Drives] = field(default_factory=dict)

    @staticmethod
    def open(
        *,
        draws: int = 40,
        people: int | People = 30,
        seed: int = 1,
        kinetics: str = DEFAULT_KINETICS,
        hypotheses: Hypotheses = NONE,
        scenario: Scenario | None = None,
        same_people: bool = False,
        workers: int = 1,
        ensemble: Ensemble | None = None,
    ) -> VirtualClinic:
        """A clinic.

        Args:
            draws: of the parameters' uncertainty; 1 for the values as they stand.
            people: for each draw; how many, or themselves, who are then the same for every draw.
            seed: of all random numbers.
            kinetics: name of the arterial model behind the effects.
            hypotheses: which are on.
            scenario: departures from the published kinetics.
            same_people: see the attribute.
            workers: threads.
            ensemble: see `draw_doubt`; None for the shipped one.

        Raises:
            InputError: ``trials.draws`` or ``trials.people``.
            ModelError: the kinetic model is not arterial.
        """
        count = people if isinstance(people, int) else len(people)
        if count < 1:
            raise InputError(
                f"{count} people", code="trials.people", remedy="Use one or more", where="virtual clinic"
            )
        effects = EffectModel.of(kinetics, hypotheses)
        doubt = draw_doubt(effects, draws, seed, ensemble)
        reference = effects.reference_pool(effect_theta=doubt.effect)
        roster = None if isinstance(people, int) else people
        return VirtualClinic(
            effects, doubt, count, seed, reference, workers, same_people or roster is not None, roster,
            scenario or Scenario(),
        )  # fmt: skip

    @property
    def draws(self) -> int:
        """How many draws of the parameters there are."""
        return len(self.doubt)

    def numbers(self, people: int) -> npt.NDArray[np.int64]:
        """i8[draws * people]: the numbers by which random draws are made for so many people of each draw."""
        if self.same_people:
            return np.tile(np.arange(people), self.draws)
        return np.arange(self.draws * people)

    def replicate(self, draw: int, sample: int = 0) -> int:
        """The number of a draw's sample of people who are numbered from 0 in each."""
        return sample if self.same_people else sample * self.draws + draw

    def treat(
        self,
        planned: Sequence[PlannedDose],
        times_h: npt.ArrayLike,
        *,
        group: Group = EVERYBODY,
        more_outputs: Sequence[str] = (),
    ) -> Drives:
        """Gives doses to everybody and looks at them at `times_h` and, around sessions, at `IN_SESSION_H`.

        Args:
            planned: at least one dose.
            times_h: hours from the first dose.
            group: limits of age.
            more_outputs: of the effect model, beside `OUTPUTS`.

        Raises:
            InputError: ``trials.group``: nobody is of this age.
            ModelError: a route that the effects cannot stand behind.
        """
        starts = _session_starts(planned)
        wanted = np.round(np.concatenate([np.ravel(np.asarray(times_h, float)), [0.0]]), 6)
        looks = np.round(np.add.outer(np.array(starts), np.array(IN_SESSION_H)).ravel(), 6)
        times = np.unique(np.concatenate([wanted[wanted >= 0.0], looks]))
        outputs = tuple(dict.fromkeys((*OUTPUTS, *more_outputs)))
        key = (tuple(planned), times.tobytes(), group.age_from, group.age_below, outputs)
        if key not in self._kept:
            self._kept[key] = self._treat(planned, times, group, outputs)
        return self._kept[key]

    def _treat(
        self, planned: Sequence[PlannedDose], times: Floats, group: Group, outputs: tuple[str, ...]
    ) -> Drives:
        numbers = self.numbers(self.people)
        draw = np.repeat(np.arange(self.draws), self.people)
        if self.roster is not None:
            people = self.roster.rows(numbers)
        else:
            people = sample_population(numbers, self.seed, population_of(group))

        def course(solver: Solver) -> Course:
            return follow_course(
                planned,
                people,
                numbers,
                times,
                seed=self.seed,
                kinetics=self.effects.kinetics.name,
                hypotheses=self.effects.hypotheses,
                scenario=self.scenario,
                kinetic_theta=self.doubt.kinetic[draw],
                effect_theta=self.doubt.effect[draw],
                outputs=outputs,
                solver=solver,
                rtol=RTOL,
                workers=self.workers,
            )

        try:
            followed = course("auto")
        except SolverError as error:
            # Far draws of the spread of a metabolite's volume make rates that only the general solver takes.
            if error.code != "solver.rate-too-large":
                raise
            followed = course("full")
        shape = (self.draws, self.people)

        def apart(columns: Mapping[str, Floats]) -> Mapping[str, Floats]:
            return {name: column.reshape(shape) for name, column in columns.items()}

        return Drives(
            followed.times_h,
            {name: values.reshape(*shape, len(times)) for name, values in followed.values.items()},
            apart(followed.columns),
            tuple(apart(columns) for columns in followed.session_columns),
            followed.session_starts_h,
        )


def population_of(group: Group) -> PopulationSpec:
    """The population of a group of a trial, cut at its ages. Raises InputError where nobody is left."""
    whole = default_population()
    youngest = max(whole.youngest_y, group.age_from if group.age_from is not None else 0.0)
    oldest = min(whole.oldest_y, group.age_below if group.age_below is not None else 200.0)
    if not youngest < oldest:
        raise InputError(
            f"no adult of the virtual population is in the group {group.text!r}",
            code="trials.group",
            remedy="Check the ages",
            where="trial arm",
        )
    return replace(whole, youngest_y=youngest, oldest_y=oldest)


def _session_starts(planned: Sequence[PlannedDose]) -> list[float]:
    first: dict[int, float] = {}
    for dose in planned:
        first[dose.session] = min(first.get(dose.session, np.inf), dose.time_h)
    return sorted(first.values())
