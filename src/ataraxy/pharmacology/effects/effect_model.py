"""The whole chain as one engine model: arterial kinetics, receptor, circuit, plasticity and what runs beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from ataraxy.engine.expression import Expr
from ataraxy.engine.model import Model, ModelBuilder
from ataraxy.engine.solve import solve
from ataraxy.errors import InputError, ModelError
from ataraxy.pharmacology.effects import circuit_sets
from ataraxy.pharmacology.effects.challenge import NOTHING, Challenge
from ataraxy.pharmacology.effects.circuit import add_circuit
from ataraxy.pharmacology.effects.drug_on import add_drug_on
from ataraxy.pharmacology.effects.hypotheses import NONE, Hypotheses
from ataraxy.pharmacology.effects.plasticity import add_plasticity
from ataraxy.pharmacology.effects.receptor import add_block
from ataraxy.pharmacology.kinetics import IndividualParameters, KineticModel, Scenario, get_model
from ataraxy.pharmacology.kinetics.ports import ENANTIOMERS, Columns, Enantiomer, Floats, PeopleTable, Symbols
from ataraxy.pharmacology.kinetics.random_effects import RandomEffect, RandomEffects
from ataraxy.pharmacology.kinetics.scenario import PUBLISHED
from ataraxy.pharmacology.parameters import ParameterTable, load_parameters
from ataraxy.pharmacology.typical import OnePerson
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route

_HERE: Final = Path(__file__).parent
DEFAULT_KINETICS: Final = "simons-2022"

# What a caller may knowingly do without.
Allowance = Literal["no-norketamine"]
NO_NORKETAMINE: Final[tuple[Allowance, ...]] = ("no-norketamine",)

BETWEEN_PEOPLE: Final = (
    RandomEffect("gate_gain", "omega_gate_gain"),
    RandomEffect("k_P", "omega_k_P"),
    RandomEffect("tau_P", "omega_tau_P"),
    RandomEffect("ke0", "omega_ke0"),
    RandomEffect("C50", "omega_C50"),
    RandomEffect("E_max", "omega_E_max"),
    RandomEffect("patient_dissociation", "omega_patient_dissociation"),
    RandomEffect("s_SBP", "omega_pressure"),
    RandomEffect("s_DBP", "omega_pressure"),
    RandomEffect("s_HR", "omega_pressure"),
    RandomEffect("EC50_sedation", "omega_sedation"),
)
BETWEEN_SESSIONS: Final = (
    RandomEffect("s_SBP", "omega_pressure_session"),
    RandomEffect("s_DBP", "omega_pressure_session"),
    RandomEffect("s_HR", "omega_pressure_session"),
)
# Systolic and diastolic pressure rise together.
PRESSURES_TOGETHER: Final = {("s_SBP", "s_DBP"): "covariance_pressure"}
# Column of `effect_theta` that chooses receptor and circuit together; see `circuit_sets`.
CIRCUIT: Final = "circuit_set"
REFERENCE_POOL_H: Final = 24.0


@dataclass(frozen=True, eq=False)
class EffectModel:
    """Effects behind one kinetic model. Make it with `EffectModel.of`.

    Attributes:
        kinetics: arterial disposition.
        hypotheses: which are on.
        parameters: numbers of the effects and of the readings, and of the hypotheses that are on.
        between_subject: how people differ in them; columns of `effect_eta`.
        between_occasion: how sessions of one person differ; columns of `effect_occasion`.
    """

    kinetics: KineticModel
    hypotheses: Hypotheses
    parameters: ParameterTable
    between_subject: RandomEffects
    between_occasion: RandomEffects

    @staticmethod
    def of(
        kinetic_name: str = DEFAULT_KINETICS,
        hypotheses: Hypotheses = NONE,
        *,
        allow: Collection[Allowance] = (),
    ) -> EffectModel:
        """The effects behind a kinetic model.

        Args:
            kinetic_name: of an arterial model.
            hypotheses: switches, all off by default.
            allow: what the caller knowingly does without. "no-norketamine": a kinetic model without metabolites, for
                comparison with calculations that had none; the block by norketamine is then missing. There is no
                allowance for venous concentrations.

        Raises:
            ModelError: the model's site is not arterial, or it lacks norketamine.
        """
        kinetics = get_model(kinetic_name)
        if kinetics.site != "arterial":
            site = "venous" if kinetics.site == "venous" else "not known to be arterial"
            raise ModelError(
                f"its concentrations are {site}, and the concentrations for half of an effect (C50) were "
                "estimated on arterial ones; at the end of an infusion venous ones are lower about 2-fold",
                code="effects.site",
                remedy=f"Use {DEFAULT_KINETICS}",
                where=f"effects behind {kinetic_name}",
            )
        if "norketamine" not in kinetics.analytes and not set(NO_NORKETAMINE) <= set(allow):
            raise ModelError(
                "it does not predict norketamine, which blocks NMDA receptors too",
                code="effects.no-norketamine",
                remedy=f'Use {DEFAULT_KINETICS}, or allow=("no-norketamine",) for a comparison without it',
                where=f"effects behind {kinetic_name}",
            )
        own, readings, hypothetical = _tables()
        table = own.joined_with(readings)
        if hypotheses.parameters:
            table = table.joined_with(hypothetical.select(hypotheses.parameters))
        return EffectModel(
            kinetics,
            hypotheses,
            table,
            RandomEffects(BETWEEN_PEOPLE, PRESSURES_TOGETHER),
            RandomEffects(BETWEEN_SESSIONS, PRESSURES_TOGETHER),
        )

    @property
    def name(self) -> str:
        """Such as ``effects-simons-2022``, followed by the hypotheses that are on."""
        return "+".join((f"effects-{self.kinetics.name}", *(h.name for h in self.hypotheses.on)))

    @property
    def theta_names(self) -> tuple[str, ...]:
        """Columns of `effect_theta`: ``circuit_set``, then each uncertain parameter outside of it.

        ``circuit_set`` chooses receptor and circuit together, see `circuit_sets`. Those of hypotheses come last, so
        that the columns of the rest stay where they are.
        """
        return (CIRCUIT, *self._one_by_one.uncertain)

    @cached_property
    def _one_by_one(self) -> ParameterTable:
        together = {*circuit_sets.NAMES, "glutamate_peak"}
        return self.parameters.select([name for name in self.parameters if name not in together])

    def build(
        self, enantiomers: Sequence[Enantiomer] = ENANTIOMERS, routes: Collection[Route] | None = None
    ) -> Model:
        """The engine's model, kinetics and effects in one.

        Args:
            enantiomers: which are tracked.
            routes: for which absorption is built; None for all. Fewer are faster.

        Returns:
            Model with the outputs of the kinetic model, then ``receptor_block`` and ``interneuron_block`` (0 to 1),
            ``glutamate_percent`` and ``gaba_percent`` (above baseline), ``plastic_pool`` (0 to 1), ``acute`` (0 to 1),
            ``effect_site_ng_per_ml``, ``dissociation`` and ``cardiovascular`` (0 to 1), ``cardiac_output_percent``
            (above baseline), ``sedation_site_mg_per_l``, and the observables of hypotheses.

        Raises:
            ModelError: as `KineticModel.build`.
        """
        builder = ModelBuilder(self.name)
        p = Symbols(builder)
        concentrations = self.kinetics.add_equations(builder, p, enantiomers, routes)
        block = add_block(builder, p, concentrations, self.hypotheses)
        circuit = add_circuit(builder, p, block)
        plasticity = add_plasticity(builder, p, circuit.glutamate, concentrations, self.hypotheses)
        drug_on = add_drug_on(builder, p, concentrations, self.hypotheses)
        outputs: dict[str, Expr] = {
            "receptor_block": block.pyramidal,
            "interneuron_block": block.interneuron,
            "glutamate_percent": 100.0 * circuit.glutamate,
            "gaba_percent": 100.0 * circuit.gaba,
            "plastic_pool": plasticity.pool,
            **drug_on.outputs,
            **plasticity.more,
        }
        for name, value in outputs.items():
            builder.output(name, value)
        return builder.build()

    def individual_parameters(
        self,
        people: PeopleTable,
        *,
        kinetic_eta: npt.ArrayLike | None = None,
        kinetic_theta: npt.ArrayLike | None = None,
        occasion: npt.ArrayLike | None = None,
        effect_eta: npt.ArrayLike | None = None,
        effect_occasion: npt.ArrayLike | None = None,
        effect_theta: npt.ArrayLike | None = None,
        scenario: Scenario = PUBLISHED,
        challenge: Challenge = NOTHING,
        overrides: Mapping[str, npt.ArrayLike] | None = None,
    ) -> IndividualParameters:
        """Kinetic and effect parameters of each person.

        Args:
            people: covariates, n rows.
            kinetic_eta, kinetic_theta, occasion, scenario: as in `KineticModel.individual_parameters`.
            effect_eta: standard normal, f8[n, len(self.between_subject)]; None for typical people.
            effect_occasion: standard normal, f8[n, len(self.between_occasion)] of one session; None for none.
            effect_theta: standard normal, f8[len(self.theta_names)] or f8[n, ...]; None for the values as they stand.
            challenge: what else was given.
            overrides: parameters of the effects set to a number, or to one for each person, in inner units (hours),
                after `effect_theta` and before `effect_eta`. They are not checked against the range of the table.

        Returns:
            Columns of the kinetic model, all parameters of `self.parameters`, ``ampa_block`` and
            ``mtor_inhibition``. Those that no equation names are used on the solution, by
            `ataraxy.pharmacology.effects.safety` and by the symptoms.

        Raises:
            InputError: a shape does not fit, or an override names no parameter.
        """
        kinetic = self.kinetics.individual_parameters(
            people,
            eta_draws=kinetic_eta,
            theta_draws=kinetic_theta,
            occasion_draws=occasion,
            scenario=scenario,
        )
        n = len(kinetic)
        values = {name: np.broadcast_to(v, (n,)) for name, v in self.values_at(effect_theta).items()}
        for name, value in (overrides or {}).items():
            if name not in values:
                raise InputError(
                    f"there is no parameter {name!r} to override",
                    code="effects.override",
                    remedy=f"Use one of {', '.join(values)}",
                    where=f"model {self.name}",
                )
            values[name] = np.broadcast_to(np.asarray(value, float), (n,))
        if effect_eta is not None:
            values = self.between_subject.moved(values, self.parameters, _rows(effect_eta, n, self.name))
        if effect_occasion is not None:
            values = self.between_occasion.moved(
                values, self.parameters, _rows(effect_occasion, n, self.name)
            )
        columns: Columns = dict(kinetic.columns)
        columns |= values
        columns["ampa_block"] = np.full(n, challenge.ampa_block)
        columns["mtor_inhibition"] = np.full(n, challenge.mtor_inhibition)
        return IndividualParameters({name: np.ascontiguousarray(c, float) for name, c in columns.items()})

    def values_at(self, effect_theta: npt.ArrayLike | None = None) -> dict[str, Floats]:
        """All parameters of the effects in inner units, at standard-normal draws of what is uncertain.

        Args:
            effect_theta: columns as `theta_names`: f8[len] for one set of values, f8[n, len] for n; None for the
                values as they stand, which are also those at zero.

        Returns:
            Arrays of shape () or (n,), in the order of `parameters`.

        Raises:
            InputError: the number of columns is another.
        """
        if effect_theta is None:
            return self.parameters.values_at(None)
        z = np.asarray(effect_theta, float)
        if z.ndim not in (1, 2) or z.shape[-1] != len(self.theta_names):
            raise InputError(
                f"draws of parameter uncertainty have shape {z.shape}, not (n, {len(self.theta_names)})",
                code="effects.draws-shape",
                remedy="Give one standard-normal column for each of `theta_names`",
                where=f"model {self.name}",
            )
        known = self._one_by_one.values_at(z[..., 1:]) | circuit_sets.circuit_sets().at(z[..., 0])
        known["glutamate_peak"] = np.full(z.shape[:-1], self.parameters["glutamate_peak"].inner_value)
        return {name: known[name] for name in self.parameters}

    def reference_pool(
        self,
        *,
        effect_theta: npt.ArrayLike | None = None,
        overrides: Mapping[str, npt.ArrayLike] | None = None,
        hours: float = REFERENCE_POOL_H,
    ) -> Floats:
        """The plastic pool of a typical person a day after 0.5 mg/kg racemic ketamine over 40 min, f8[n].

        Symptoms are scaled by it, so that w_P is the effect at this moment whatever the other parameters are. It
        belongs to one set of parameters: give it the same `effect_theta` and `overrides` as the people.

        Args:
            effect_theta: f8[len(self.theta_names)] or f8[n, ...]; None for the values as they stand.
            overrides: as in `individual_parameters`.
            hours: after the start of the infusion.
        """
        given = [np.asarray(v, float) for v in (overrides or {}).values()]
        theta = None if effect_theta is None else np.asarray(effect_theta, float)
        sizes = [len(v) for v in given if v.ndim] + (
            [len(theta)] if theta is not None and theta.ndim == 2 else []
        )
        individual = self.individual_parameters(
            _typical_people(max(sizes, default=1)), effect_theta=theta, overrides=overrides
        )
        engine = self.build(ENANTIOMERS, (Route.IV_INFUSION,))
        doses = self.kinetics.doses([_REFERENCE_DOSE], individual)
        return solve(engine, individual.matrix(engine), doses, [hours])["plastic_pool"][:, 0]

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs of `build`, for both enantiomers."""
        return tuple(self.build().outputs)

    def sha256(self) -> str:
        """Hash of equations and parameters, in hexadecimal."""
        parts = (self.build().fingerprint(), self.kinetics.sha256(), self.parameters.sha256())
        return hashlib.sha256("".join(parts).encode()).hexdigest()


_REFERENCE_DOSE: Final = PlannedDose(
    session=0,
    time_h=0.0,
    route=Route.IV_INFUSION,
    amount=0.5,
    amount_per="mg/kg",
    drug=Drug.RACEMIC_KETAMINE,
    basis=Basis.BASE,
    duration_h=40.0 / 60.0,
)


def _typical_people(n: int) -> OnePerson:
    one = OnePerson.of()
    return OnePerson(np.repeat(one.weight_kg, n), np.repeat(one.age_y, n), np.repeat(one.ancestry, n))


@cache
def _tables() -> tuple[ParameterTable, ParameterTable, ParameterTable]:
    own, readings, hypothetical = (
        load_parameters(_HERE / f"{name}.yaml") for name in ("effects", "readings", "hypothetical")
    )
    return own, readings, hypothetical


def _rows(draws: npt.ArrayLike, people: int, model: str) -> Floats:
    z = np.asarray(draws, float)
    if z.ndim != 2 or len(z) != people:
        raise InputError(
            f"draws of variability have shape {z.shape} for {people} people",
            code="effects.draws-shape",
            remedy="Give one row for each person",
            where=f"model {model}",
        )
    return z
