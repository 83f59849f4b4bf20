"""A person's numbers depend on seed, purpose, replicate and person, and on nothing else."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ataraxy.engine import random as counter_based
from ataraxy.engine.random import generator, normals, philox, uniforms
from ataraxy.errors import InputError

WORDS = st.integers(0, 2**64 - 1)
SEEDS = st.integers(0, 2**63)
PEOPLE = st.integers(0, 2**62)

# Random123 distribution, tests/kat_vectors, "philox4x64 10": counter, key, result.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B)),
    (
        (2**64 - 1,) * 4,
        (2**64 - 1,) * 2,
        (0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0),
    ),
    (
        (0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89),
        (0x452821E638D01377, 0xBE5466CF34E90C6C),
        (0xA528F45403E61D95, 0x38C72DBD566E9788, 0xA5A1610E72FD18B5, 0x57BD43B5E52B7FE6),
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(counter, key, answer):
    assert philox(key, counter).tolist() == list(answer)


@given(key=st.tuples(WORDS, WORDS), counter=st.tuples(st.integers(0, 2**63), WORDS, WORDS, WORDS))
def test_philox_is_that_of_numpy(key, counter):
    blocks = np.arange(counter[0] + 1, counter[0] + 4, dtype=np.uint64)
    ours = philox(key, (blocks, *(np.uint64(c) for c in counter[1:])))
    theirs = np.random.Philox(key=np.array(key, np.uint64), counter=np.array(counter, np.uint64))
    assert ours.ravel().tolist() == theirs.random_raw(12).tolist()


@given(seed=SEEDS, person=PEOPLE, replicate=WORDS)
def test_a_generator_walks_through_the_words_of_its_person(seed, person, replicate):
    raw = generator(seed, "occasion", replicate, person).bit_generator.random_raw(7)
    drawn = uniforms(seed, "occasion", replicate, [person], 7)[0]
    assert drawn.tolist() == [(2 * (int(word) >> 12) + 1) * 2.0**-53 for word in raw]


@given(seed=SEEDS, people=st.lists(PEOPLE, max_size=30), n=st.integers(0, 13), data=st.data())
def test_asking_for_other_people_or_in_another_order_changes_nobody(seed, people, n, data):
    whole = normals(seed, "between-subject", 2, people, n)
    chosen = data.draw(st.lists(st.integers(0, len(people) - 1), max_size=20)) if people else []
    some = normals(seed, "between-subject", 2, [people[i] for i in chosen], n)
    assert some.tobytes() == whole[chosen].tobytes()


@given(seed=SEEDS, n=st.integers(0, 40), m=st.integers(0, 40))
def test_fewer_draws_are_the_first_of_more(seed, n, m):
    few, many = sorted((n, m))
    assert (
        normals(seed, "a", 0, range(5), few).tobytes()
        == normals(seed, "a", 0, range(5), many)[:, :few].tobytes()
    )


@given(cuts=st.lists(st.integers(0, 3000), max_size=6), n=st.integers(1, 9))
@settings(max_examples=30)
def test_chunks_of_people_join_to_the_same_bytes(cuts, n):
    edges = [0, *sorted(cuts), 3000]
    parts = [normals(7, "a", 1, range(a, b), n) for a, b in pairwise(edges)]
    assert np.concatenate(parts).tobytes() == normals(7, "a", 1, range(3000), n).tobytes()


def test_slabs_do_not_show(monkeypatch):
    whole = uniforms(3, "a", 0, range(100), 11)
    monkeypatch.setattr(counter_based, "SLAB", 5)
    assert uniforms(3, "a", 0, range(100), 11).tobytes() == whole.tobytes()


def test_ranges_lists_and_arrays_name_the_same_people():
    expected = normals(1, "a", 0, [4, 6, 8], 3)
    for people in (range(4, 9, 2), np.array([4, 6, 8]), np.array([4, 6, 8], np.uint64), (4, 6, 8)):
        assert normals(1, "a", 0, people, 3).tobytes() == expected.tobytes()


def test_normals_are_the_inverse_distribution_function_of_the_uniforms():
    assert np.allclose(
        stats.norm.cdf(normals(1, "a", 0, range(50), 6)), uniforms(1, "a", 0, range(50), 6), rtol=1e-12
    )


def test_uniforms_never_reach_zero_or_one():
    word = counter_based.philox
    for extreme, expected in ((0, 2.0**-53), (2**64 - 1, 1.0 - 2.0**-53)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                counter_based, "philox", lambda k, c, e=extreme: np.full_like(word(k, c), np.uint64(e))
            )
            assert uniforms(1, "a", 0, [0], 1)[0, 0] == expected
            assert np.isfinite(normals(1, "a", 0, [0], 1)).all()


@pytest.mark.parametrize("seed", [1, 2**63])
def test_normals_are_standard_normal(seed):
    drawn = normals(seed, "between-subject", 0, range(20_000), 6)
    assert stats.kstest(drawn.ravel(), "norm").pvalue > 0.001
    for column in drawn.T:
        assert stats.kstest(column, "norm").pvalue > 0.001
    # neither the draws of a person nor neighbours go together: |z| of 15 + 6 correlations
    correlation = np.corrcoef(drawn.T)[np.triu_indices(6, 1)]
    neighbours = [np.corrcoef(c[1:], c[:-1])[0, 1] for c in drawn.T]
    assert np.abs([*correlation, *neighbours]).max() * np.sqrt(20_000) < 4.0


@pytest.mark.parametrize(
    "other",
    [
        (2, "between-subject", 0),
        (1, "between-occasion", 0),
        (1, "between-subject", 1),
        (1, "between-subjecu", 0),
    ],
)
def test_seeds_purposes_and_replicates_are_independent(other):
    first = normals(1, "between-subject", 0, range(20_000), 2)
    second = normals(*other, range(20_000), 2)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) * np.sqrt(40_000) < 4.0
    assert not np.intersect1d(first, second).size


def test_no_draw_occurs_twice():
    people, replicates = range(40), (0, 1, 2**40)
    keys = [(seed, purpose) for seed in (0, 1, 2**32, 2**63) for purpose in ("a", "b", "population")]
    drawn = [uniforms(s, p, r, people, 9).ravel() for s, p in keys for r in replicates]
    # swapped roles of person and replicate must differ too
    drawn.append(uniforms(0, "a", 41, [2**41], 9).ravel())
    drawn.append(uniforms(0, "a", 2**41, [41], 9).ravel())
    everything = np.concatenate(drawn)
    assert len(np.unique(everything)) == len(everything)


def test_results_are_pinned():
    """These bytes must not change between versions: results of a seed are to be had again."""
    assert uniforms(1, "between-subject", 0, [0, 1], 2).tolist() == [
        [0.026483237027140505, 0.25969441715589425],
        [0.4211440327295791, 0.9653147363752718],
    ]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: normals(-1, "a", 0, [0], 1), "random.seed"),
        (lambda: normals(2**64, "a", 0, [0], 1), "random.seed"),
        (lambda: normals(1.5, "a", 0, [0], 1), "random.seed"),
        (lambda: normals(True, "a", 0, [0], 1), "random.seed"),
        (lambda: normals(1, "", 0, [0], 1), "random.purpose"),
        (lambda: normals(1, "a", -1, [0], 1), "random.replicate"),
        (lambda: normals(1, "a", 0, [0, -3], 1), "random.people"),
        (lambda: normals(1, "a", 0, [0.5], 1), "random.people"),
        (lambda: normals(1, "a", 0, [[1]], 1), "random.people"),
        (lambda: normals(1, "a", 0, [0], -1), "random.draws"),
        (lambda: generator(1, "a", 0, -1), "random.person"),
    ],
)
def test_what_is_no_seed_or_number_is_refused(call, code):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.code == code
    assert "\n" not in str(caught.value)


def test_the_largest_seeds_are_taken():
    assert not np.array_equal(normals(2**63, "a", 0, [0], 4), normals(2**63 - 1, "a", 0, [0], 4))


def test_no_people_or_no_draws_give_empty_tables():
    assert normals(1, "a", 0, [], 3).shape == (0, 3)
    assert normals(1, "a", 0, range(4), 0).shape == (4, 0)
