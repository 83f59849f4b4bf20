"""The compiled kernel against scipy for every model, every route that it serves, and random regimens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ataraxy.engine.reference import solve_reference
from ataraxy.engine.solve import initial_states, solve
from ataraxy.pharmacology.kinetics import get_model, list_models
from ataraxy.pharmacology.typical import OnePerson
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route

PAIRS = [(m.name, route) for m in list_models() for route in m.routes]
OVER_TIME = {Route.IV_INFUSION, Route.SC_INFUSION}


def error_norm(values: np.ndarray, reference: np.ndarray) -> float:
    """Largest |y - ref| / max(|ref|, 0.001 of the person's peak), over times and outputs of one person."""
    peak = np.abs(reference).max(axis=0, keepdims=True)
    scale = np.maximum(np.abs(reference), 1e-3 * peak)
    return float(
        np.divide(np.abs(values - reference), scale, out=np.zeros_like(values), where=scale > 0).max()
    )


@pytest.mark.parametrize(("name", "route"), PAIRS)
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_kernel_agrees_with_scipy(name: str, route: Route, data: st.DataObject) -> None:
    starts = data.draw(
        st.lists(st.floats(0.0, 20.0), min_size=1, max_size=3, unique=True).map(sorted), label="starts"
    )
    planned = [
        PlannedDose(
            session=0,
            time_h=start,
            route=route,
            amount=data.draw(st.floats(5.0, 80.0), label="mg"),
            amount_per="mg",
            basis=Basis.BASE,
            drug=Drug.ESKETAMINE,
            duration_h=data.draw(st.floats(0.05, 3.0), label="duration") if route in OVER_TIME else 0.0,
            devices=1 if route is Route.NASAL_SPRAY else None,
            device_index=0 if route is Route.NASAL_SPRAY else None,
        )
        for start in starts
    ]
    kinetic = get_model(name)
    model = kinetic.build(("S",), (route,))
    draws = data.draw(
        st.lists(
            st.floats(-2.0, 2.0), min_size=len(kinetic.between_subject), max_size=len(kinetic.between_subject)
        ),
        label="eta",
    )
    weight = data.draw(st.floats(45.0, 120.0), label="kg")
    individual = kinetic.individual_parameters(OnePerson.of(weight), eta_draws=np.array([draws]))
    parameters = individual.matrix(model)
    times = np.unique(np.concatenate([np.linspace(0.0, 30.0, 61), starts]))
    doses = kinetic.doses(planned, individual).window(0.0, times[-1])
    reference, _ = solve_reference(
        model, parameters, doses, times, start_h=0.0, initial=initial_states(model, parameters), rtol=1e-12
    )
    exact = solve(model, parameters, doses, times, solver="auto")
    assert exact.steps == (0, 0), "a kinetic model has no part that needs steps"
    assert error_norm(exact.values[0], reference[0]) < 1e-8
    for rtol in (1e-4, 1e-6):
        full = solve(model, parameters, doses, times, solver="full", rtol=rtol)
        assert error_norm(full.values[0], reference[0]) < rtol
