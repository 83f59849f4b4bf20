"""What a typical person's concentrations are, without any random draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ataraxy.engine.expression import evaluate
from ataraxy.engine.model import Model
from ataraxy.engine.solve import Solver, solve
from ataraxy.errors import InputError, ModelError
from ataraxy.pharmacology.kinetics import (
    IndividualParameters,
    KineticModel,
    Scenario,
    enantiomers_of,
    get_model,
)
from ataraxy.pharmacology.kinetics.ports import Enantiomer, Floats
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route

DEFAULT_WEIGHT_KG = 70.0
DEFAULT_AGE_Y = 45.0


@dataclass(frozen=True, eq=False)
class OnePerson:
    """A table of people with one row."""

    weight_kg: Floats
    age_y: Floats
    ancestry: npt.NDArray[np.str_]

    @staticmethod
    def of(
        weight_kg: float = DEFAULT_WEIGHT_KG, age_y: float = DEFAULT_AGE_Y, ancestry: str = "other"
    ) -> OnePerson:
        """One person. Raises InputError where `ancestry` is not "other", "asian" or "japanese"."""
        if ancestry not in ("other", "asian", "japanese"):
            raise InputError(
                f"ancestry is {ancestry!r}",
                code="typical.ancestry",
                remedy="Use other, asian (not Japanese) or japanese",
            )
        return OnePerson(np.array([weight_kg], float), np.array([age_y], float), np.array([ancestry]))


@dataclass(frozen=True, eq=False)
class Typical:
    """Curves of a typical person.

    Attributes:
        model: name of the kinetic model.
        times_h: f8[n_times].
        concentrations: analyte -> f8[n_times] in ng/mL: ``S-ketamine`` and so on, and sums over the enantiomers
            that were given: ``ketamine``, ``norketamine``, ``hydroxynorketamine``.
        auc: the same names -> cumulative area in ng h/mL from time zero, f8[n_times].
        outside_studied_range: in plain words, how the use goes beyond the data of the model.
    """

    model: str
    times_h: Floats
    concentrations: Mapping[str, Floats]
    auc: Mapping[str, Floats]
    outside_studied_range: tuple[str, ...]

    def cmax(self, analyte: str) -> float:
        """Highest concentration at the given times, ng/mL."""
        return float(self.concentrations[analyte].max())

    def tmax_h(self, analyte: str) -> float:
        """Time of it, h."""
        return float(self.times_h[int(self.concentrations[analyte].argmax())])


def simulate_typical(
    model_name: str,
    drug: Drug,
    doses: Sequence[PlannedDose],
    times_h: npt.ArrayLike,
    *,
    weight_kg: float = DEFAULT_WEIGHT_KG,
    age_y: float = DEFAULT_AGE_Y,
    ancestry: str = "other",
    r_clearance_factor: float | None = None,
    hepatic_clint_factor: float = 1.0,
    solver: Solver = "reference",
) -> Typical:
    """Concentrations and cumulative areas of a typical person.

    Args:
        model_name: see `ataraxy.pharmacology.kinetics.MODELS`.
        drug: must be the drug of every dose.
        doses: planned doses; what enters after the last of `times_h` is left out.
        times_h: increasing hours from the start of the protocol.
        r_clearance_factor: systemic clearance of R over that of S; None for the model's own (0.90; Kamp 1).
        hepatic_clint_factor: see `Scenario`.

    Raises:
        ModelError: a route or a setting that the model does not know.
        InputError: another value is wrong.
    """
    kinetic = get_model(model_name)
    other = next((d.drug for d in doses if d.drug is not drug), None)
    if other is not None:
        raise InputError(
            f"a dose contains {other.label}, not {drug.label}",
            code="typical.drug",
            remedy="Give doses of one drug",
            where="doses",
        )
    person = OnePerson.of(weight_kg, age_y, ancestry)
    scenario = Scenario(hepatic_clint_factor, r_clearance_factor)
    individual = kinetic.typical(person, scenario)
    enantiomers = enantiomers_of([drug])
    model = kinetic.build(enantiomers, {d.route for d in doses} or None)
    times = np.asarray(times_h, float)
    table = kinetic.doses(doses, individual)
    if len(table):
        table = table.window(0.0, float(np.nextafter(times[-1], np.inf)))
    solution = solve(model, individual.matrix(model), table, times, solver=solver)
    curves = {name: solution[name][0] for name in model.outputs}
    return Typical(
        kinetic.name,
        times,
        _with_sums(kinetic, enantiomers, curves, ""),
        _with_sums(kinetic, enantiomers, curves, "AUC "),
        tuple(str(flag) for flag in kinetic.outside_studied_range(doses, person)),
    )


def clearance_L_per_h(
    model_name: str,
    enantiomer: Enantiomer,
    *,
    weight_kg: float = DEFAULT_WEIGHT_KG,
    age_y: float = DEFAULT_AGE_Y,
    ancestry: str = "other",
    r_clearance_factor: float | None = None,
    hepatic_clint_factor: float = 1.0,
) -> float:
    """Systemic clearance of a typical person in L/h."""
    kinetic, individual = _typical(
        model_name, weight_kg, age_y, ancestry, Scenario(hepatic_clint_factor, r_clearance_factor)
    )
    return float(kinetic.clearance_l_per_h(individual, enantiomer)[0])


def bioavailability(
    model_name: str,
    route: Route,
    mg: float = 28.0,
    *,
    enantiomer: Enantiomer = "S",
    weight_kg: float = DEFAULT_WEIGHT_KG,
    age_y: float = DEFAULT_AGE_Y,
    ancestry: str = "other",
    r_clearance_factor: float | None = None,
    hepatic_clint_factor: float = 1.0,
) -> float:
    """Share of a dose of `mg` that reaches a typical person's blood as unchanged drug."""
    kinetic, individual = _typical(
        model_name, weight_kg, age_y, ancestry, Scenario(hepatic_clint_factor, r_clearance_factor)
    )
    return float(kinetic.bioavailability(route, individual, enantiomer, mg)[0])


def terminal_half_life_h(
    model_name: str,
    analyte: str = "S-ketamine",
    *,
    weight_kg: float = DEFAULT_WEIGHT_KG,
    age_y: float = DEFAULT_AGE_Y,
    ancestry: str = "other",
    r_clearance_factor: float | None = None,
) -> float:
    """Half-life of the last phase after an intravenous dose to a typical person, in hours.

    `analyte` is an output of the model, such as ``S-ketamine``; ``ketamine`` alone is that of S.
    It is ln 2 over the slowest rate among all that feeds the analyte, so that a metabolite is never quicker than its
    parent. A half-life read off samples of some hours is shorter.
    """
    enantiomer: Enantiomer = "R" if analyte.startswith("R-") else "S"
    name = analyte.removeprefix("S-").removeprefix("R-")
    kinetic, individual = _typical(model_name, weight_kg, age_y, ancestry, Scenario(1.0, r_clearance_factor))
    if name not in kinetic.analytes:
        raise ModelError(
            f"model {kinetic.name} does not predict {analyte}",
            code="kinetics.unknown-analyte",
            remedy=f"It predicts {', '.join(kinetic.outputs(('S', 'R')))}",
        )
    model = kinetic.build((enantiomer,), (Route.IV_INFUSION,))
    matrix, names = rate_matrix(model, individual)
    output = model.outputs[f"{enantiomer}-{name}"]
    upstream: set[int] = {i for i, state in enumerate(names) if state in output.symbols}
    while True:
        feeding = {int(j) for i in upstream for j in np.flatnonzero(matrix[i])} | upstream
        if feeding == upstream:
            break
        upstream = feeding
    chosen = np.array(sorted(upstream))
    slowest = -np.linalg.eigvals(matrix[np.ix_(chosen, chosen)]).real.max()
    return float(np.log(2.0) / slowest)


def rate_matrix(
    model: Model, individual: IndividualParameters, person: int = 0
) -> tuple[Floats, tuple[str, ...]]:
    """K of dy/dt = K y for one person, f8[states, states] in 1/h, and the names of the states.

    The kinetic models are linear, so each column is the derivative at one unit of one state.
    """
    names = model.state_names
    row = individual.rows([person]).matrix(model)[0]
    scope = dict(zip(model.parameters, row, strict=True))
    matrix = np.zeros((len(names), len(names)))
    for j, name in enumerate(names):
        at = scope | dict.fromkeys(names, 0.0) | {name: 1.0}
        matrix[:, j] = [float(v) for v in evaluate([model.derivatives[n] for n in names], at)]
    return matrix, names


def _typical(
    model_name: str, weight_kg: float, age_y: float, ancestry: str, scenario: Scenario
) -> tuple[KineticModel, IndividualParameters]:
    kinetic = get_model(model_name)
    return kinetic, kinetic.typical(OnePerson.of(weight_kg, age_y, ancestry), scenario)


def _with_sums(
    kinetic: KineticModel, enantiomers: tuple[Enantiomer, ...], curves: Mapping[str, Floats], prefix: str
) -> dict[str, Floats]:
    each = {name: curves[prefix + name] for name in kinetic.outputs(enantiomers)}
    sums: dict[str, Floats] = {
        a: np.sum([each[f"{e}-{a}"] for e in enantiomers], axis=0) for a in kinetic.analytes
    }
    return {**each, **sums}
