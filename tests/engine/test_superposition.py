"""The oracle itself, against formulas of textbooks."""

import numpy as np
from tests.engine.superposition import superposition

from ataraxy.engine.doses import DoseTable

TIMES = np.array([0.0, 0.5, 1.0, 2.5, 30.0])


def test_a_bolus_decays_exponentially() -> None:
    path = superposition(np.array([[-0.3]]), np.zeros(1), DoseTable.of(0, 1.0, "x", 5.0), {"x": 0}, TIMES)
    expected = np.where(TIMES >= 1.0, 5.0 * np.exp(-0.3 * (TIMES - 1.0)), 0.0)
    np.testing.assert_allclose(path[:, 0], expected, rtol=1e-13)


def test_an_infusion_rises_to_its_steady_state_and_decays() -> None:
    path = superposition(
        np.array([[-0.3]]), np.zeros(1), DoseTable.of(0, 0.5, "x", 6.0, 2.0), {"x": 0}, TIMES
    )
    run = np.clip(TIMES - 0.5, 0.0, 2.0)
    expected = 3.0 / 0.3 * (1.0 - np.exp(-0.3 * run)) * np.exp(-0.3 * np.maximum(TIMES - 2.5, 0.0))
    np.testing.assert_allclose(path[:, 0], expected, rtol=1e-13)


def test_first_order_absorption_is_the_function_of_bateman() -> None:
    ka, k = 1.7, 0.2
    path = superposition(
        np.array([[-ka, 0.0], [ka, -k]]), np.zeros(2), DoseTable.of(0, 0.0, "d", 4.0), {"d": 0}, TIMES
    )
    expected = 4.0 * ka / (ka - k) * (np.exp(-k * TIMES) - np.exp(-ka * TIMES))
    np.testing.assert_allclose(path[:, 1], expected, rtol=1e-12, atol=1e-14)


def test_production_and_a_start_decay_to_the_balance() -> None:
    path = superposition(
        np.array([[-0.5]]), np.array([2.0]), DoseTable.empty(), {}, TIMES, initial=np.array([7.0])
    )
    np.testing.assert_allclose(path[:, 0], 4.0 + 3.0 * np.exp(-0.5 * TIMES), rtol=1e-13)
