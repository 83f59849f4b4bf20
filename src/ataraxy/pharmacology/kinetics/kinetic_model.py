"""A published kinetic model: disposition, absorption pieces in front of it, parameters, variability and its limits."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from ataraxy.engine.doses import DoseTable, Integers
from ataraxy.engine.expression import Expr
from ataraxy.engine.model import Model, ModelBuilder
from ataraxy.errors import InputError, ModelError
from ataraxy.pharmacology.kinetics.absorption import Absorption
from ataraxy.pharmacology.kinetics.base_amount import base_mg
from ataraxy.pharmacology.kinetics.ports import (
    ENANTIOMERS,
    Analyte,
    Columns,
    Enantiomer,
    Floats,
    PeopleTable,
    Structure,
    Symbols,
)
from ataraxy.pharmacology.kinetics.random_effects import RandomEffects, ResidualError
from ataraxy.pharmacology.kinetics.scenario import PUBLISHED, Scenario
from ataraxy.pharmacology.kinetics.studied import Flag, RouteSupport, StudiedRanges, flags_of
from ataraxy.pharmacology.parameters import ParameterTable
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route

Site = Literal["arterial", "venous", "unknown"]
# One plan for everybody, or one for each person.
Plan = Sequence[PlannedDose] | Sequence[Sequence[PlannedDose]]


@dataclass(frozen=True, eq=False)
class IndividualParameters:
    """What each person's body does with the drug.

    Attributes:
        columns: name -> f8[people], in hours, litres and kilograms; besides the parameters of the equations those
            that doses need (bioavailabilities, durations) and `weight_kg`.
    """

    columns: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.columns["weight_kg"])

    def __getitem__(self, name: str) -> Floats:
        return self.columns[name]

    def matrix(self, model: Model) -> Floats:
        """f8[people, parameters] for `ataraxy.engine.solve`, columns in the order of `model.parameters`."""
        return np.stack([self.columns[name] for name in model.parameters], axis=1)

    def rows(self, rows: npt.ArrayLike) -> IndividualParameters:
        """Some of the people."""
        chosen = np.asarray(rows)
        return IndividualParameters({name: column[chosen] for name, column in self.columns.items()})


@dataclass(frozen=True, eq=False)
class KineticModel:
    """One published model and what may be borrowed for it.

    Attributes:
        name: such as ``otto-2021``.
        title: one line for a list.
        site: where the blood was drawn that the concentrations stand for.
        analytes: that it predicts for each enantiomer.
        population: who the data were from.
        sources: publications.
        gaps: what is not known or was assumed, a sentence each.
        routes: what it can say about each route that it serves.
        studied: what its data covered.
        structure: its disposition equations.
        absorptions: the pieces in front of them.
        parameters: all numbers, of the model and of what it borrows.
        variability: between people, of the disposition; those of the absorptions follow.
        occasions: between occasions, of the disposition.
        residual: by analyte.
        r_factor_is_fixed: whether the ratio of the enantiomers' clearances belongs to the model itself.
    """

    name: str
    title: str
    site: Site
    analytes: tuple[Analyte, ...]
    population: str
    sources: tuple[str, ...]
    gaps: tuple[str, ...]
    routes: Mapping[Route, RouteSupport]
    studied: StudiedRanges
    structure: Structure
    absorptions: tuple[Absorption, ...]
    parameters: ParameterTable
    variability: RandomEffects
    occasions: RandomEffects
    residual: Mapping[Analyte, ResidualError]
    r_factor_is_fixed: bool = False
    has_liver: bool = False

    @cached_property
    def between_subject(self) -> RandomEffects:
        """Differences between people: columns of `eta_draws`."""
        total = self.variability
        for piece in self.absorptions:
            total = total.joined_with(piece.between_subject)
        return total

    @cached_property
    def between_occasion(self) -> RandomEffects:
        """Differences from one occasion to the next in one person: columns of `occasion_draws`."""
        total = self.occasions
        for piece in self.absorptions:
            total = total.joined_with(piece.between_occasion)
        return total

    @property
    def theta_names(self) -> tuple[str, ...]:
        """Uncertain parameters: columns of `theta_draws`."""
        return self.parameters.uncertain

    def outputs(self, enantiomers: Collection[Enantiomer]) -> tuple[str, ...]:
        """Names of the concentrations, such as ``S-ketamine``, in the order of the outputs of `build`."""
        return tuple(f"{e}-{a}" for e in _ordered(enantiomers) for a in self.analytes)

    def build(
        self, enantiomers: Sequence[Enantiomer] = ("S",), routes: Collection[Route] | None = None
    ) -> Model:
        """The engine's model.

        Args:
            enantiomers: which are tracked, each with its own states.
            routes: for which absorption is built; None for all that the model serves. Fewer are faster.

        Returns:
            Model with outputs ``S-ketamine`` and so on in ng/mL, then ``AUC S-ketamine`` and so on: the integral
            from the start, in ng h/mL.

        Raises:
            ModelError: a route that the model does not serve, or no enantiomer.
        """
        builder = ModelBuilder(self.name)
        self.add_equations(builder, Symbols(builder), enantiomers, routes)
        return builder.build()

    def add_equations(
        self,
        builder: ModelBuilder,
        p: Symbols,
        enantiomers: Sequence[Enantiomer] = ("S",),
        routes: Collection[Route] | None = None,
    ) -> Mapping[str, Expr]:
        """Adds all that `build` builds to a model under construction, so that more can stand behind it.

        Returns:
            ng/mL of each of `outputs(enantiomers)`, by name.

        Raises:
            ModelError: as `build`.
        """
        wanted = set(self.routes) if routes is None else set(routes)
        self.require_routes(wanted)
        concentrations: dict[str, Expr] = {}
        for e in _ordered(enantiomers):
            ports = self.structure.equations(builder, p, e)
            for piece in self.absorptions:
                if piece.routes & wanted:
                    piece.equations(builder, p, e, ports)
            concentrations |= {f"{e}-{a}": ports.concentrations[a] for a in self.analytes}
        integrals: dict[str, Expr] = {}
        for name, concentration in concentrations.items():
            auc = builder.state(f"auc_{name.replace('-', '_')}", unit="ng*h/mL", scale=100.0)
            builder.rate(auc, concentration)
            integrals[f"AUC {name}"] = auc
        for name, value in {**concentrations, **integrals}.items():
            builder.output(name, value)
        return concentrations

    def require_routes(self, routes: Iterable[Route]) -> None:
        """Raises ModelError for a route that the model does not serve; the message names models that do."""
        for route in sorted(set(routes) - set(self.routes)):
            from ataraxy.pharmacology.kinetics import models_for

            able = ", ".join(models_for(route))
            raise ModelError(
                f"model {self.name} has no absorption for {route.label}",
                code="kinetics.route-not-supported",
                remedy=f"Use {able}" if able else "No model serves this route",
                where=f"model {self.name}",
            )

    def individual_parameters(
        self,
        people: PeopleTable,
        *,
        eta_draws: npt.ArrayLike | None = None,
        theta_draws: npt.ArrayLike | None = None,
        occasion_draws: npt.ArrayLike | None = None,
        scenario: Scenario = PUBLISHED,
    ) -> IndividualParameters:
        """Parameters of each person: published values x covariates x the person's own deviation.

        Variability between people and uncertainty of the published values are two sets of draws, never mixed.

        Args:
            people: covariates, n rows.
            eta_draws: standard normal, f8[n, len(self.between_subject)]; None for typical people.
            theta_draws: standard normal, f8[len(self.theta_names)] for one set of published values in doubt, or
                f8[n, ...] for one set for each row; None for the values as published.
            occasion_draws: standard normal, f8[n, len(self.between_occasion)] of one occasion; None for none. Call
                once for each occasion, with the same `eta_draws`.

        Raises:
            InputError: a shape does not fit, or a covariate is not a positive number.
            ModelError: the scenario is not one of this model.
        """
        weight = np.asarray(people.weight_kg, float)
        self._check(people, scenario)
        n = len(weight)
        table = self.parameters
        values: dict[str, Floats] = {
            name: np.broadcast_to(v, (n,)) for name, v in table.values_at(theta_draws).items()
        }
        typical = {f"{e.parameter}_typical": values[e.parameter] for e in self.between_subject.effects}
        if eta_draws is not None:
            values = self.between_subject.moved(values, table, _of_people(eta_draws, n, self.name))
        if occasion_draws is not None:
            values = self.between_occasion.moved(values, table, _of_people(occasion_draws, n, self.name))
        values |= typical
        factor = values["r_clearance_factor"]
        if scenario.r_clearance_factor is not None:
            factor = np.full(n, scenario.r_clearance_factor)
        columns: Columns = {"weight_kg": weight}
        columns |= self.structure.individuals(values, people, factor, scenario.hepatic_clint_factor)
        for piece in self.absorptions:
            columns |= piece.individuals(values, people, factor)
        return IndividualParameters({name: np.ascontiguousarray(c, float) for name, c in columns.items()})

    def typical(self, people: PeopleTable, scenario: Scenario = PUBLISHED) -> IndividualParameters:
        """Parameters of typical people with these covariates."""
        return self.individual_parameters(people, scenario=scenario)

    def doses(self, plan: Plan, individual: IndividualParameters) -> DoseTable:
        """What enters which state when.

        Args:
            plan: planned doses of everybody, or one sequence of planned doses for each person.
            individual: weights, bioavailabilities and durations; its rows are the people.

        Returns:
            Amounts in mg after bioavailability; each person's own durations of zero-order absorption.

        Raises:
            ModelError: a route that the model does not serve.
            InputError: the number of plans is not that of people.
        """
        tables: list[DoseTable] = []
        for planned, rows in calendars(plan, len(individual)):
            self.require_routes(p.route for p in planned)
            columns = dict(individual.rows(rows).columns)
            for dose in planned:
                piece = next(a for a in self.absorptions if dose.route in a.routes)
                mg = base_mg(dose, columns["weight_kg"])
                for enantiomer, share in dose.drug.enantiomer_fractions.items():
                    tables += piece.doses(dose, mg, share, columns, _enantiomer(enantiomer), rows)
        return DoseTable.concatenate(tables)

    def outside_studied_range(self, plan: Plan, people: PeopleTable) -> tuple[Flag, ...]:
        """In plain words, how these doses and people go beyond the data of the model; empty where they do not."""
        weights = np.asarray(people.weight_kg, float)
        groups = [(planned, weights[rows]) for planned, rows in calendars(plan, len(weights))]
        return flags_of(self.name, self.studied, self.routes, groups, people)

    def clearance_l_per_h(self, individual: IndividualParameters, enantiomer: Enantiomer) -> Floats:
        """Systemic clearance of unchanged drug, f8[people]."""
        return self.structure.clearance(dict(individual.columns), enantiomer)

    def bioavailability(
        self, route: Route, individual: IndividualParameters, enantiomer: Enantiomer, mg: float = 28.0
    ) -> Floats:
        """Share of a dose that reaches the blood as unchanged drug, f8[people].

        Args:
            mg: size of the dose; matters for the nasal spray only, whose later devices are absorbed less.
        """
        self.require_routes([route])
        piece = next(a for a in self.absorptions if route in a.routes)
        return piece.bioavailability(route, mg, dict(individual.columns), enantiomer)

    def sha256(self) -> str:
        """Hash of equations and parameters, in hexadecimal."""
        equations = self.build(ENANTIOMERS).fingerprint()
        return hashlib.sha256(f"{equations}{self.parameters.sha256()}".encode()).hexdigest()

    def _check(self, people: PeopleTable, scenario: Scenario) -> None:
        for name in ("weight_kg", "age_y"):
            values = np.asarray(getattr(people, name), float)
            bad = np.flatnonzero(~(np.isfinite(values) & (values > 0.0)))
            if bad.size:
                raise InputError(
                    f"{name} is {values[bad[0]]}",
                    code="kinetics.covariate",
                    remedy="Give a number above zero",
                    where=f"person {bad[0]}",
                )
        if scenario.hepatic_clint_factor != 1.0 and not self.has_liver:
            raise ModelError(
                f"model {self.name} has no liver on which an inhibitor or inducer could act",
                code="kinetics.no-liver",
                remedy="Use perez-ruixo-2021 for this scenario",
                where="scenario",
            )
        if self.r_factor_is_fixed and scenario.r_clearance_factor not in (None, 1.0):
            raise ModelError(
                f"model {self.name} was estimated across enantiomers; r_clearance_factor must be 1",
                code="kinetics.r-factor-fixed",
                remedy="Leave the factor out",
                where="scenario",
            )


def enantiomers_of(drugs: Iterable[Drug]) -> tuple[Enantiomer, ...]:
    """The enantiomers that these drugs contain, S first."""
    return _ordered({_enantiomer(e) for drug in drugs for e in drug.enantiomer_fractions})


def calendars(plan: Plan, people: int) -> list[tuple[tuple[PlannedDose, ...], Integers]]:
    """Distinct calendars of a plan and the people who have each.

    Raises:
        InputError: one calendar for each person was meant and their number is not `people`.
    """
    shared = [p for p in plan if isinstance(p, PlannedDose)]
    if len(shared) == len(plan):
        return [(tuple(shared), np.arange(people))] if shared else []
    own = [tuple(c) for c in plan if not isinstance(c, PlannedDose)]
    if shared or len(own) != people:
        raise InputError(
            f"{len(own)} calendars for {people} people",
            code="kinetics.calendars",
            remedy="Give one list of planned doses for all, or one for each person",
        )
    groups: dict[tuple[PlannedDose, ...], list[int]] = {}
    for person, calendar in enumerate(own):
        groups.setdefault(calendar, []).append(person)
    return [(calendar, np.array(rows, np.int64)) for calendar, rows in groups.items() if calendar]


def _of_people(draws: npt.ArrayLike, people: int, model: str) -> Floats:
    z = np.asarray(draws, float)
    if z.ndim != 2 or len(z) != people:
        raise InputError(
            f"draws of variability have shape {z.shape} for {people} people",
            code="kinetics.draws-shape",
            remedy="Give one row for each person",
            where=f"model {model}",
        )
    return z


def _ordered(enantiomers: Collection[Enantiomer]) -> tuple[Enantiomer, ...]:
    chosen = tuple(e for e in ENANTIOMERS if e in enantiomers)
    if not chosen or set(enantiomers) - set(chosen):
        raise ModelError(
            f"enantiomers are {', '.join(map(str, enantiomers)) or 'none'}",
            code="kinetics.enantiomers",
            remedy="Ask for S, R or both",
        )
    return chosen


def _enantiomer(name: str) -> Enantiomer:
    return "S" if name == "S" else "R"
