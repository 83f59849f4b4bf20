import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.validation.prediction_error import fold_error, summarise

positive = st.floats(1e-3, 1e3)


@given(predicted=positive, observed=positive)
def test_a_fold_error_is_at_least_one_and_the_same_both_ways(predicted: float, observed: float) -> None:
    fold = fold_error(predicted, observed)
    assert fold is not None
    assert fold >= 1.0
    assert fold == fold_error(observed, predicted)


@given(pairs=st.lists(st.tuples(positive, positive), min_size=1, max_size=20), factor=st.floats(0.01, 100.0))
def test_a_change_of_unit_changes_no_error(pairs: list[tuple[float, float]], factor: float) -> None:
    plain, scaled = summarise(pairs), summarise([(p * factor, o * factor) for p, o in pairs])
    assert scaled.mdpe_percent == pytest.approx(plain.mdpe_percent, rel=1e-6, abs=1e-6)
    assert scaled.mdape_percent == pytest.approx(plain.mdape_percent, rel=1e-6, abs=1e-6)


def test_errors_are_percent_of_the_observed_value() -> None:
    errors = summarise([(150.0, 100.0), (90.0, 100.0), (240.0, 100.0)])
    assert (errors.n, errors.mdpe_percent, errors.mdape_percent) == (3, 50.0, 50.0)
    assert errors.within_1_25_fold == pytest.approx(1 / 3)
    assert errors.within_2_fold == pytest.approx(2 / 3)


def test_the_edge_of_a_fold_is_within_it() -> None:
    errors = summarise([(1.25, 1.0), (1.0, 2.0)])
    assert (errors.within_1_25_fold, errors.within_2_fold) == (0.5, 1.0)


def test_no_pairs_have_no_errors() -> None:
    assert summarise([]).to_json() == {
        "n": 0, "mdpe_percent": None, "mdape_percent": None, "within_1_25_fold": None, "within_2_fold": None
    }  # fmt: skip


@pytest.mark.parametrize(("predicted", "observed"), [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0)])
def test_zero_has_no_fold_error(predicted: float, observed: float) -> None:
    assert fold_error(predicted, observed) is None
