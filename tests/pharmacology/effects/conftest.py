"""Typical people, dose plans and solutions that several tests look at."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest

from ataraxy.engine.solve import Solution, solve
from ataraxy.pharmacology.effects import EffectModel, Hypotheses
from ataraxy.pharmacology.effects.effect_model import NO_NORKETAMINE
from ataraxy.pharmacology.effects.reference_arms import infusion
from ataraxy.pharmacology.typical import OnePerson
from ataraxy.therapy.planned_dose import PlannedDose

# Fine where the drug is, coarse afterwards.
TIMES_H = np.unique(
    np.concatenate([np.arange(0.0, 4.0, 1.0 / 240.0), np.arange(4.0, 24.0 * 13 + 0.1, 0.5), [193.0 / 60.0]])
)
# The values of the prototype behind rows DER26 to DER28.
PROTOTYPE = {"tau_M": 2.0, "k_P": 1.05, "tau_P": 14.2 * 24.0}

Runner = Callable[..., Solution]


def at_starts(doses: Sequence[PlannedDose], starts_h: Sequence[float]) -> list[PlannedDose]:
    """The session's doses once at each start."""
    from dataclasses import replace

    return [replace(d, session=k, time_h=d.time_h + t) for k, t in enumerate(starts_h) for d in doses]


@cache
def _model(kinetics: str, hypotheses: Hypotheses) -> EffectModel:
    return EffectModel.of(kinetics, hypotheses, allow=NO_NORKETAMINE)


@pytest.fixture(scope="session")
def typical() -> Runner:
    """A typical person given 0.5 mg/kg over 40 min, or what is asked for."""

    def run(
        doses: Sequence[PlannedDose] | None = None,
        *,
        kinetics: str = "simons-2022",
        hypotheses: Hypotheses | None = None,
        times_h: Sequence[float] | None = None,
        **individual: object,
    ) -> Solution:
        model = _model(kinetics, hypotheses or Hypotheses())
        given = infusion(0.5) if doses is None else list(doses)
        values = model.individual_parameters(OnePerson.of(), **individual)  # type: ignore[arg-type]
        enantiomers = [e for e in ("S", "R") if any(e in d.drug.enantiomer_fractions for d in given)] or [
            "S",
            "R",
        ]
        engine = model.build(enantiomers, {d.route for d in given} or None)  # type: ignore[arg-type]
        times = TIMES_H if times_h is None else np.asarray(times_h, float)
        return solve(engine, values.matrix(engine), model.kinetics.doses(given, values), times)

    return run
