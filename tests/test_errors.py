"""Errors are one line and survive a journey to another process."""

from __future__ import annotations

import pickle

import pytest

from ataraxy.errors import AtaraxyError, InputError, ModelError, SolverError


@pytest.mark.parametrize("kind", [AtaraxyError, InputError, ModelError])
def test_an_error_is_the_same_after_pickling(kind: type[AtaraxyError]) -> None:
    error = kind("the dose is -5 mg", code="x.y", remedy="Give more", where="file:3")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert (again.code, again.remedy, again.where) == ("x.y", "Give more", "file:3")


def test_an_error_is_one_line_whatever_it_quotes() -> None:
    error = InputError("the name is 'a\nb'", code="x.y", remedy="Use\none line", where="f\n")
    assert "\n" not in str(error)
    assert str(error) == "f : the name is 'a b'. Use one line [x.y]"


def test_input_errors_end_with_status_2_and_others_with_1() -> None:
    assert (InputError("m", code="c").exit_status, ModelError("m", code="c").exit_status) == (2, 2)
    assert (AtaraxyError("m", code="c").exit_status, SolverError("m", code="c", person=0).exit_status) == (
        1,
        1,
    )


def test_a_solver_error_keeps_its_person_over_a_journey_and_under_another_number() -> None:
    error = SolverError("no step is small enough", code="s", person=3)
    assert str(error).startswith("person 3: ")
    again = pickle.loads(pickle.dumps(error))
    assert (again.person, str(again)) == (3, str(error))
    assert str(error.named(4099, "person 4099 (v4099)")).startswith("person 4099 (v4099): no step")


def test_a_page_gets_full_sentences_without_place_and_code() -> None:
    said = InputError("the dose is too high", code="dose.cap", remedy="Lower it", where="plan.yaml")
    assert said.sentence == "The dose is too high. Lower it."
    assert InputError("nothing to do", code="x").sentence == "Nothing to do."
