"""Laws of a course with effects."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ataraxy.engine.chunks import run_in_chunks
from ataraxy.errors import InputError, ModelError
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.pharmacology.course import Course, follow_course
from ataraxy.pharmacology.effects import EffectModel
from ataraxy.pharmacology.population import sample_population

SIX = load_protocol("ketamine-iv-05-six").planned_doses()
TIMES = np.unique(np.concatenate([np.linspace(0.0, 4.0, 25), np.arange(0.0, 20.0) * 24.0]))
PEOPLE = sample_population(16, 1)


def follow(planned: object = SIX, numbers: object = range(16), **options: object) -> Course:
    rows = np.asarray(numbers)
    return follow_course(
        planned,  # type: ignore[arg-type]
        PEOPLE.rows(rows),
        rows,
        options.pop("times", TIMES),  # type: ignore[arg-type]
        seed=1,
        outputs=("S-ketamine", "plastic_pool", "dissociation"),
        **options,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def course() -> Course:
    return follow()


def test_without_doses_nothing_happens() -> None:
    quiet = follow(())
    assert all(np.abs(values).max() < 1e-12 for values in quiet.values.values())
    assert quiet.session_columns == ()
    assert quiet.peaks("dissociation").shape == (16, 0)


def test_a_person_is_the_same_whoever_else_is_followed(course: Course) -> None:
    few = follow(numbers=[3, 11])
    for name, values in course.values.items():
        np.testing.assert_allclose(few.values[name], values[[3, 11]], rtol=1e-5, atol=1e-9)


def test_times_that_are_not_asked_for_change_nothing(course: Course) -> None:
    sparse = follow(times=TIMES[::3])
    for name, values in course.values.items():
        np.testing.assert_allclose(sparse.values[name], values[:, ::3], rtol=1e-5, atol=1e-9)


def test_sessions_add_to_the_pool_and_each_has_its_own_peak(course: Course) -> None:
    assert len(course.session_columns) == len(course.session_starts_h) == 6
    pool = course.values["plastic_pool"]
    after_one, after_six = (pool[:, np.searchsorted(TIMES, day * 24.0)] for day in (1, 12))
    assert np.all(after_six > after_one)
    assert np.median(after_six / after_one) < 4.0, "the pool saturates"
    assert course.peaks("dissociation").shape == (16, 6)


def test_people_differ_between_sessions_in_pressure_and_in_nothing_of_theirs(course: Course) -> None:
    first, second = course.session_columns[:2]
    assert not np.array_equal(first["s_SBP"], second["s_SBP"])
    assert np.array_equal(first["weight_kg"], second["weight_kg"])
    assert np.array_equal(first["C50"], second["C50"])


def test_without_variability_people_of_one_body_are_one_person() -> None:
    same = dataclasses.replace(PEOPLE, weight_kg=np.full(16, 70.0), age_y=np.full(16, 45.0))
    alike = follow_course(SIX[:1], same, range(16), TIMES, seed=1, variability=False)
    for values in alike.values.values():
        np.testing.assert_array_equal(values, np.broadcast_to(values[:1], values.shape))


def test_a_venous_model_cannot_drive_the_effects() -> None:
    with pytest.raises(ModelError, match="venous"):
        follow(kinetics="otto-2021")


def test_times_must_increase() -> None:
    with pytest.raises(InputError, match=r"course\.times"):
        follow(times=[0.0, 2.0, 1.0])


def test_a_course_agrees_with_one_solution_without_windows() -> None:
    from ataraxy.engine.solve import solve
    from ataraxy.pharmacology.kinetics import enantiomers_of

    effects = EffectModel.of()
    model = effects.build(enantiomers_of([SIX[0].drug]), {SIX[0].route})
    individual = effects.individual_parameters(PEOPLE.rows([0]))
    doses = effects.kinetics.doses([d for d in SIX if d.time_h <= TIMES[-1]], individual)
    whole = solve(model, individual.matrix(model), doses, TIMES)
    parts = follow(numbers=[0], variability=False)
    for name, values in parts.values.items():
        np.testing.assert_allclose(values, whole[name], rtol=2e-5, atol=1e-8)


@pytest.fixture(scope="module")
def many() -> Course:
    return _many(range(600))


def _many(rows: range, workers: int = 1) -> Course:
    return follow_course(
        SIX[:2],
        sample_population(rows, 3),
        rows,
        TIMES[:30],
        seed=3,
        workers=workers,
    )


@pytest.mark.parametrize("workers", [2, 7])
def test_the_number_of_workers_changes_no_bit(many: Course, workers: int) -> None:
    others = _many(range(600), workers)
    assert {n: v.tobytes() for n, v in others.values.items()} == {
        n: v.tobytes() for n, v in many.values.items()
    }
    assert np.array_equal(others.peaks("dissociation"), many.peaks("dissociation"))


@pytest.mark.parametrize("chunk", [8, 100, 256])
@pytest.mark.parametrize("workers", [1, 2, 7])
def test_the_size_of_the_pieces_changes_no_bit(many: Course, chunk: int, workers: int) -> None:
    pieces = list(run_in_chunks(_many, 600 if chunk > 8 else 64, chunk=chunk, workers=workers))
    for name, values in many.values.items():
        together = np.concatenate([piece.values[name] for piece in pieces])
        assert together.tobytes() == values[: len(together)].tobytes()
