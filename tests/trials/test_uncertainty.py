"""Draws of doubt with and without an ensemble."""

from __future__ import annotations

import numpy as np
import pytest

from ataraxy.errors import InputError
from ataraxy.pharmacology.effects.effect_model import EffectModel
from ataraxy.trials.uncertainty import (
    CALIBRATED,
    NO_ENSEMBLE,
    PRIOR,
    Ensemble,
    draw_doubt,
    read_ensemble,
    shipped_ensemble,
)

TEXT = '# a comment\nw_P,"GAD, HAM-A: placebo"\n0.5,1\n-0.5,2\n0.25,3\n'


def test_columns_are_read_by_name_with_commas_in_quotes() -> None:
    found = read_ensemble(TEXT, "ensemble.csv")
    assert found.columns["w_P"].tolist() == [0.5, -0.5, 0.25]
    assert found.columns["GAD, HAM-A: placebo"].tolist() == [1.0, 2.0, 3.0]
    assert len(found) == 3
    assert found.sha256 != read_ensemble(TEXT.replace("0.25", "0.26"), "ensemble.csv").sha256


@pytest.mark.parametrize(
    "text", ["", "w_P\n", "w_P\nx\n", "w_P,ks\n1\n", "w_P\nnan\n", "w_P,w_P\n1,2\n", "w_P,\n1,2\n"]
)
def test_a_malformed_ensemble_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"trials\.ensemble"):
        read_ensemble(text, "ensemble.csv")


def test_one_row_of_the_ensemble_makes_one_draw_in_all_tables() -> None:
    model, ensemble = EffectModel.of(), read_ensemble(TEXT, "ensemble.csv")
    doubt = draw_doubt(model, 3, 1, ensemble)
    assert doubt.source == CALIBRATED
    assert doubt.sha256 == ensemble.sha256
    assert doubt.effect[:, model.theta_names.index("w_P")].tolist() == [0.5, -0.5, 0.25]
    assert doubt.of("population-uncertainty", ("GAD, HAM-A: placebo",))[:, 0].tolist() == [1.0, 2.0, 3.0]


def test_what_the_ensemble_does_not_name_stays_as_published() -> None:
    model = EffectModel.of()
    plain = draw_doubt(model, 3, 1, NO_ENSEMBLE)
    with_one = draw_doubt(model, 3, 1, Ensemble({"w_P": np.array([9.0, 9.0, 9.0])}))
    assert plain.source == PRIOR
    other = [k for k, name in enumerate(model.theta_names) if name != "w_P"]
    np.testing.assert_array_equal(plain.effect[:, other], with_one.effect[:, other])
    np.testing.assert_array_equal(plain.kinetic, with_one.kinetic)
    assert not np.any(plain.effect[:, model.theta_names.index("w_P")] == 9.0)


@pytest.mark.parametrize("draws", [2, 4, 7])
def test_rows_are_taken_evenly_and_again_when_there_are_too_few(draws: int) -> None:
    ensemble = Ensemble({"w_P": np.array([0.0, 1.0, 2.0, 3.0])})
    model = EffectModel.of()
    found = draw_doubt(model, draws, 1, ensemble).effect[:, model.theta_names.index("w_P")].tolist()
    assert found == {2: [0.0, 2.0], 4: [0.0, 1.0, 2.0, 3.0], 7: [0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 2.0]}[draws]


def test_one_draw_is_the_parameters_as_they_stand_whatever_ships() -> None:
    doubt = draw_doubt(EffectModel.of(), 1, 1)
    assert not np.any(doubt.effect)
    assert not doubt.named


def test_the_shipped_ensemble_is_used_by_default() -> None:
    shipped = shipped_ensemble()
    doubt = draw_doubt(EffectModel.of(), 5, 1)
    assert doubt.source == (CALIBRATED if len(shipped) else PRIOR)
    assert doubt.sha256 == shipped.sha256
