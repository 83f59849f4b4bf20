"""Reducers give the same bits for any chunks, and err no more than they say."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ataraxy.engine.reducers import (
    CountReducer,
    ExtremesReducer,
    LinearBins,
    LogBins,
    MomentsReducer,
    QuantileReducer,
)
from ataraxy.errors import AtaraxyError, SolverError

SHAPE = (3, 2)
KINDS = {
    "moments": lambda first=0: MomentsReducer(SHAPE, first_person=first),
    "extremes": lambda first=0: ExtremesReducer(SHAPE, first_person=first),
    "count": lambda first=0: CountReducer(SHAPE, 0.3, first_person=first),
    "logarithmic": lambda first=0: QuantileReducer.logarithmic(SHAPE, 0.01, 100.0, first_person=first),
    "linear": lambda first=0: QuantileReducer.linear(SHAPE, -2.0, 2.0, 37, first_person=first),
}
MERGED = [kind for kind in KINDS if kind != "moments"]
NUMBERS = st.one_of(
    st.floats(-1e6, 1e6, width=64), st.floats(1e-3, 1e3), st.sampled_from([0.0, -0.0, 0.01, 100.0, 2.0, -2.0])
)
TABLES = st.integers(1, 40).flatmap(lambda n: hnp.arrays(np.float64, (n, *SHAPE), elements=NUMBERS))


def contents(reducer):
    """All that can be asked of a reducer, as bytes."""
    if isinstance(reducer, MomentsReducer):
        found = [reducer.mean(), reducer.variance(), reducer.standard_deviation()]
    elif isinstance(reducer, ExtremesReducer):
        found = [reducer.minimum, reducer.maximum, reducer.minimum_person, reducer.maximum_person]
    elif isinstance(reducer, CountReducer):
        found = [reducer.exceeding, reducer.share()]
    else:
        found = [
            reducer.histogram,
            reducer.below,
            reducer.above,
            reducer.quantiles([0.0, 0.05, 0.5, 0.77, 1.0]),
        ]
    return reducer.count, *(np.ascontiguousarray(a).tobytes() for a in found)


def fed(reducer, values, cuts):
    edges = [0, *sorted(min(c, len(values)) for c in cuts), len(values)]
    for a, b in pairwise(edges):
        reducer = reducer.update(reducer.first_person + a, values[a:b])
    return reducer


@pytest.mark.parametrize("kind", KINDS)
@given(values=TABLES, cuts=st.lists(st.integers(0, 40), max_size=8))
def test_chunks_leave_no_trace(kind, values, cuts):
    whole = KINDS[kind]().update(0, values)
    assert contents(fed(KINDS[kind](), values, cuts)) == contents(whole)


@pytest.mark.parametrize("kind", KINDS)
def test_chunks_of_many_people_leave_no_trace(kind):
    values = np.random.default_rng(5).lognormal(0.0, 3.0, (3000, *SHAPE))
    whole = contents(KINDS[kind]().update(0, values))
    for size in (1, 7, 255, 256, 257, 1999):
        assert contents(fed(KINDS[kind](), values, range(0, 3000, size))) == whole


@pytest.mark.parametrize("kind", MERGED)
@given(values=TABLES, cut=st.integers(0, 40), offset=st.integers(0, 1000))
def test_merging_neighbours_is_going_on(kind, values, cut, offset):
    cut = min(cut, len(values))
    early = KINDS[kind](offset).update(offset, values[:cut])
    late = KINDS[kind](offset + cut).update(offset + cut, values[cut:])
    assert contents(early.merge(late)) == contents(KINDS[kind](offset).update(offset, values))


@pytest.mark.parametrize("kind", MERGED)
def test_merging_is_associative(kind):
    values = np.random.default_rng(1).normal(size=(30, *SHAPE))
    a, b, c = (KINDS[kind](k).update(k, values[k : k + 10]) for k in (0, 10, 20))
    assert contents(a.merge(b).merge(c)) == contents(a.merge(b.merge(c)))


@pytest.mark.parametrize("kind", MERGED)
def test_people_who_are_no_neighbours_are_not_merged(kind):
    early = KINDS[kind]().update(0, np.ones((4, *SHAPE)))
    for other in (early, KINDS[kind](5)):
        with pytest.raises(AtaraxyError, match=r"reducer\.order"):
            early.merge(other)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first", [0, 3, 5])
def test_people_out_of_order_are_refused(kind, first):
    reducer = KINDS[kind]().update(0, np.ones((4, *SHAPE)))
    with pytest.raises(AtaraxyError, match=r"reducer\.order"):
        reducer.update(first, np.ones((1, *SHAPE)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_is_refused_by_person_and_cell(kind, bad):
    values = np.ones((5, *SHAPE))
    values[3, 2, 1] = bad
    reducer = KINDS[kind]().update(0, np.ones((10, *SHAPE)))
    with pytest.raises(SolverError, match=r"person 13: the value of cell \(2, 1\)"):
        reducer.update(10, values)
    assert reducer.count == 10


@pytest.mark.parametrize("kind", KINDS)
def test_values_of_another_shape_are_refused(kind):
    with pytest.raises(ValueError, match="shape"):
        KINDS[kind]().update(0, np.ones((4, 2, 3)))


@given(values=TABLES)
def test_extremes_are_those_of_numpy_with_their_first_person(values):
    reducer = fed(ExtremesReducer(SHAPE), values, [3, 11])
    assert np.array_equal(reducer.minimum, values.min(axis=0))
    assert np.array_equal(reducer.maximum, values.max(axis=0))
    assert np.array_equal(reducer.minimum_person, (values + 0.0).argmin(axis=0))
    assert np.array_equal(reducer.maximum_person, (values + 0.0).argmax(axis=0))


def test_who_is_at_the_threshold_does_not_exceed_it():
    values = np.array([[1.0], [2.0], [2.0], [3.0]])
    reducer = CountReducer((1,), 2.0).update(0, values)
    assert reducer.exceeding.tolist() == [1]
    assert reducer.share().tolist() == [0.25]


def test_each_cell_has_its_own_threshold():
    reducer = CountReducer((2,), [0.0, 5.0]).update(0, np.full((3, 2), 4.0))
    assert reducer.exceeding.tolist() == [3, 0]


@pytest.mark.parametrize("centre", [0.0, 1e6, -1e9])
def test_moments_are_those_of_numpy_even_far_from_zero(centre):
    values = centre + np.random.default_rng(2).normal(size=(4000, *SHAPE))
    reducer = fed(MomentsReducer(SHAPE), values, range(0, 4000, 37))
    assert np.allclose(reducer.mean(), values.mean(axis=0), rtol=1e-14, atol=1e-12)
    assert np.allclose(reducer.variance(), values.var(axis=0, ddof=1), rtol=1e-6)


def test_one_person_has_no_variance():
    reducer = MomentsReducer((1,)).update(0, [[3.5]])
    assert reducer.mean().tolist() == [3.5]
    assert reducer.variance().tolist() == [0.0]


PROBABILITIES = [0.0, 0.025, 0.05, 0.31, 0.5, 0.75, 0.95, 1.0]


@given(
    values=hnp.arrays(np.float64, st.tuples(st.integers(1, 60), st.just(1)), elements=st.floats(0.01, 99.9)),
    bits=st.integers(2, 8),
)
@settings(max_examples=200)
def test_logarithmic_quantiles_err_no_more_than_they_say(values, bits):
    reducer = QuantileReducer.logarithmic((1,), 0.01, 100.0, relative_error=2.0**-bits).update(0, values)
    true = np.quantile(values, PROBABILITIES, axis=0)
    found = reducer.quantiles(PROBABILITIES)
    assert reducer.relative_error <= 2.0**-bits
    assert np.all(np.abs(found - true) <= reducer.relative_error * true * (1 + 1e-12))
    assert np.all(np.abs(found - true) <= reducer.absolute_error)


@given(
    values=hnp.arrays(np.float64, st.tuples(st.integers(1, 60), st.just(1)), elements=st.floats(-3.0, 3.0)),
    bins=st.integers(1, 50),
)
@settings(max_examples=200)
def test_linear_quantiles_err_no_more_than_they_say(values, bins):
    reducer = QuantileReducer.linear((1,), -3.0, 3.0000001, bins).update(0, values)
    true = np.quantile(values, PROBABILITIES, axis=0)
    assert np.all(np.abs(reducer.quantiles(PROBABILITIES) - true) <= reducer.absolute_error * (1 + 1e-12))


def test_quantiles_of_many_people_are_far_better_than_the_bound():
    values = np.random.default_rng(9).lognormal(3.0, 1.0, (20_000, 4))
    reducer = QuantileReducer.logarithmic((4,), 1e-3, 1e5).update(0, values)
    true = np.quantile(values, [0.05, 0.5, 0.95], axis=0)
    assert np.abs(reducer.quantiles([0.05, 0.5, 0.95]) / true - 1.0).max() < 0.003


def test_a_coarser_histogram_errs_more():
    values = np.random.default_rng(9).lognormal(0.0, 1.0, (501, 1))
    true = np.quantile(values, PROBABILITIES, axis=0)
    errors = []
    for allowed in (0.5, 0.01):
        reducer = QuantileReducer.logarithmic((1,), 1e-3, 1e3, relative_error=allowed).update(0, values)
        errors.append(np.abs(reducer.quantiles(PROBABILITIES) - true).max())
    assert errors[0] > 3.0 * errors[1]


def test_people_outside_the_bins_are_counted_and_shown_as_the_extremes():
    values = np.array([[0.0], [1e-9], [-2.0], [1.0], [1e9], [2e9]])
    reducer = QuantileReducer.logarithmic((1,), 1e-3, 1e3).update(0, values)
    assert (reducer.below.tolist(), reducer.above.tolist()) == ([3], [2])
    assert int(reducer.histogram.sum()) == 1
    assert reducer.quantiles([0.0, 1.0]).ravel().tolist() == [-2.0, 2e9]


def test_a_cell_that_is_zero_for_everybody_has_quantiles_of_zero():
    reducer = QuantileReducer.logarithmic((1,), 1e-3, 1e3).update(0, np.zeros((9, 1)))
    assert reducer.quantiles([0.05, 0.5, 0.95]).ravel().tolist() == [0.0, 0.0, 0.0]


@given(st.floats(1e-6, 1e6), st.integers(0, 9))
def test_a_value_lies_between_the_edges_of_its_logarithmic_bin(value, bits):
    bins = LogBins(1e-6, 1.1e6, bits)
    place = int(bins.place(np.array([value]))[0])
    assert bins.edges[place] <= value < bins.edges[place + 1]
    assert len(bins.edges) == bins.count + 1
    ratio = bins.edges[1:] / bins.edges[:-1]
    assert ratio.max() <= 1.0 + bins.relative_error
    assert ratio.min() >= 1.0 + bins.relative_error / 2.0


@given(st.floats(-4.0, 4.0), st.integers(1, 1000))
def test_a_value_lies_between_the_edges_of_its_linear_bin(value, count):
    bins = LinearBins(-3.0, 3.0, count)
    place = int(bins.place(np.array([value]))[0])
    if place == -1:
        assert value < -3.0
    elif place == count:
        assert value >= 3.0
    else:
        assert bins.edges[place] <= value < bins.edges[place + 1]


@pytest.mark.parametrize("bins", [LogBins(1.0, 8.0, 3), LinearBins(1.0, 8.0, 7)])
def test_bins_hold_their_lower_end_and_not_their_upper(bins):
    places = bins.place(np.array([1.0, np.nextafter(1.0, 0.0), np.nextafter(8.0, 0.0), 8.0, 1e300, -1e300]))
    assert places.tolist() == [0, -1, bins.count - 1, bins.count, bins.count, -1]


@pytest.mark.parametrize(
    "make",
    [
        lambda: LogBins(0.0, 1.0, 3),
        lambda: LogBins(2.0, 1.0, 3),
        lambda: LogBins(1.0, 2.0, 60),
        lambda: LinearBins(1.0, 1.0, 3),
        lambda: LinearBins(0.0, np.inf, 3),
        lambda: LinearBins(0.0, 1.0, 0),
        lambda: QuantileReducer.logarithmic((1,), 1.0, 2.0, relative_error=0.0),
    ],
)
def test_bins_that_make_no_sense_are_refused(make):
    with pytest.raises(ValueError, match=r"bins|bits|error"):
        make()


@pytest.mark.parametrize("p", [[-0.1], [1.1], [np.nan]])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(ValueError, match="probabilities"):
        QuantileReducer.linear((1,), 0.0, 1.0, 4).update(0, [[0.5]]).quantiles(p)


def test_nobody_has_no_quantiles_or_means():
    for ask in (QuantileReducer.linear((1,), 0.0, 1.0, 4).quantiles, lambda _: MomentsReducer((1,)).mean()):
        with pytest.raises(ValueError, match="no people"):
            ask([0.5])


def test_reducers_of_different_bins_or_thresholds_are_not_merged():
    pairs = [
        (QuantileReducer.linear((1,), 0.0, 1.0, 4), QuantileReducer.linear((1,), 0.0, 1.0, 5)),
        (CountReducer((1,), 0.0), CountReducer((1,), 1.0)),
        (ExtremesReducer((1,)), ExtremesReducer((2,))),
    ]
    for one, other in pairs:
        with pytest.raises(ValueError, match="one kind"):
            one.merge(other)
