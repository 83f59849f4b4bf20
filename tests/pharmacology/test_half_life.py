"""Terminal half-lives against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from ataraxy.engine.model import ModelBuilder
from ataraxy.errors import ModelError
from ataraxy.pharmacology.half_life import terminal_half_lives_h
from ataraxy.pharmacology.kinetics import get_model, list_models
from ataraxy.pharmacology.typical import OnePerson, terminal_half_life_h


def test_one_compartment_with_absorption_has_the_slower_of_two() -> None:
    b = ModelBuilder("one")
    ka, k = b.parameters("ka", "k")
    depot, central = b.state("depot"), b.state("central")
    b.flow(depot, central, ka * depot)
    b.flow(central, None, k * central)
    b.output("c", central)
    model = b.build()
    result = terminal_half_lives_h(model, np.array([[2.0, 0.5], [0.1, 0.5]]), ["c"])
    np.testing.assert_allclose(result[:, 0], np.log(2.0) / np.array([0.5, 0.1]))


def test_people_at_once_agree_with_the_typical_person_alone() -> None:
    for kinetic in list_models():
        model = kinetic.build(("S", "R"), ("iv_infusion",))  # type: ignore[arg-type]
        names = kinetic.outputs(("S", "R"))
        many = terminal_half_lives_h(model, kinetic.typical(OnePerson.of()).matrix(model), names)
        alone = [terminal_half_life_h(kinetic.name, name) for name in names]
        np.testing.assert_allclose(many[0], alone, rtol=1e-9)


def test_a_model_with_a_curve_has_no_half_life() -> None:
    b = ModelBuilder("curve")
    v = b.parameter("v")
    a = b.state("a")
    b.flow(a, None, v * a / (1.0 + a))
    b.output("a", a)
    with pytest.raises(ModelError, match=r"half-life\.nonlinear"):
        terminal_half_lives_h(b.build(), np.array([[1.0]]), ["a"])


def test_a_metabolite_is_never_quicker_than_its_parent() -> None:
    kinetic = get_model("simons-2022")
    model = kinetic.build(("S",), ())
    half_lives = terminal_half_lives_h(
        model, kinetic.typical(OnePerson.of()).matrix(model), kinetic.outputs(("S",))
    )
    assert np.all(np.diff(half_lives[0]) >= -1e-12)
