"""Where virtual people are treated."""

import numpy as np
import pytest

from ataraxy.errors import InputError
from ataraxy.evidence.comparison import Group
from ataraxy.pharmacology.effects.reference_arms import infusion
from ataraxy.trials.clinic import VirtualClinic


def test_workers_do_not_change_a_drive():
    one, two = (VirtualClinic.open(draws=2, people=3, seed=4, workers=n) for n in (1, 2))
    first, second = (c.treat(tuple(infusion(0.5)), [24.0]) for c in (one, two))
    for name in first.values:
        np.testing.assert_array_equal(first.values[name], second.values[name])


def test_other_times_of_looking_do_not_move_a_drive_beyond_tolerance(clinic):
    plan = tuple(infusion(0.5))
    few, many = clinic.treat(plan, [24.0]), clinic.treat(plan, [6.0, 12.0, 24.0, 48.0])
    np.testing.assert_allclose(
        few.at("plastic_pool", [24.0]), many.at("plastic_pool", [24.0]), rtol=2e-3, atol=1e-6
    )


def test_a_time_that_was_not_simulated_is_refused(clinic):
    with pytest.raises(InputError) as caught:
        clinic.treat(tuple(infusion(0.5)), [24.0]).at("plastic_pool", [777.0])
    assert caught.value.code == "trials.time"


@pytest.mark.parametrize(
    ("arguments", "code"), [({"draws": 0}, "trials.draws"), ({"people": 0}, "trials.people")]
)
def test_nobody_and_no_draw_are_refused(arguments, code):
    with pytest.raises(InputError) as caught:
        VirtualClinic.open(**{"draws": 2, "people": 2, **arguments})
    assert caught.value.code == code


def test_a_group_of_older_people_is_of_that_age_and_of_youths_refused():
    clinic = VirtualClinic.open(draws=2, people=4, seed=2)
    clinic.treat(tuple(infusion(0.5)), [24.0], group=Group("age>=65", age_from=65.0))
    with pytest.raises(InputError) as caught:
        clinic.treat(tuple(infusion(0.5)), [24.0], group=Group("12-17 y", age_from=12.0, age_below=18.0))
    assert caught.value.code == "trials.group"


def test_the_same_people_under_every_draw_differ_by_the_parameters_alone():
    planned = infusion(0.5)
    same = VirtualClinic.open(draws=3, people=4, seed=2, same_people=True).treat(planned, [1.0])
    own = VirtualClinic.open(draws=3, people=4, seed=2).treat(planned, [1.0])
    weights = same.columns["weight_kg"]
    assert (weights == weights[0]).all()
    assert not (own.columns["weight_kg"] == own.columns["weight_kg"][0]).all()
    block = same.at("plastic_pool", [1.0])
    assert not np.allclose(block[0], block[1])
