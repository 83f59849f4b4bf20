from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.errors import InputError
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.planned_dose import PlannedDose, dose_mg_base, total_mg_base
from ataraxy.therapy.route import Route

HALF_MG_PER_KG = PlannedDose(
    session=0,
    time_h=0.0,
    route=Route.IV_INFUSION,
    amount=0.5,
    amount_per="mg/kg",
    basis=Basis.BASE,
    drug=Drug.RACEMIC_KETAMINE,
    duration_h=40 / 60,
)
WEIGHTS = st.floats(30, 250)


@given(WEIGHTS)
def test_a_dose_per_kg_is_proportional_to_weight(weight_kg: float) -> None:
    assert dose_mg_base(HALF_MG_PER_KG, weight_kg) == pytest.approx(0.5 * weight_kg, rel=1e-15)


@given(WEIGHTS, WEIGHTS)
def test_a_dose_in_mg_is_the_same_for_everybody(one_kg: float, other_kg: float) -> None:
    fixed = replace(HALF_MG_PER_KG, amount=28.0, amount_per="mg")
    assert dose_mg_base(fixed, one_kg) == dose_mg_base(fixed, other_kg) == 28.0


@given(WEIGHTS, st.floats(1, 100))
def test_nobody_is_given_more_than_the_cap_and_nobody_below_it_notices(
    weight_kg: float, cap_mg: float
) -> None:
    free = dose_mg_base(HALF_MG_PER_KG, weight_kg)
    assert dose_mg_base(replace(HALF_MG_PER_KG, cap_mg=cap_mg), weight_kg) == min(free, cap_mg)


def test_the_cap_counts_the_salt_that_is_drawn_up() -> None:
    salt = replace(HALF_MG_PER_KG, basis=Basis.HYDROCHLORIDE, cap_mg=40.0)
    # 100 kg would be given 50 mg of salt; 40 mg of it are 40 x 237.73/274.19 mg of base.
    assert dose_mg_base(salt, 100.0) == pytest.approx(34.681, abs=5e-4)


@given(WEIGHTS)
def test_halving_the_dose_halves_the_base(weight_kg: float) -> None:
    half = replace(HALF_MG_PER_KG, amount=0.25)
    assert 2 * dose_mg_base(half, weight_kg) == pytest.approx(
        dose_mg_base(HALF_MG_PER_KG, weight_kg), rel=1e-15
    )


def test_the_total_is_the_sum() -> None:
    assert total_mg_base([HALF_MG_PER_KG, replace(HALF_MG_PER_KG, amount=1.0)], 80.0) == 120.0


@pytest.mark.parametrize("weight_kg", [0.0, -70.0, math.nan, math.inf])
def test_a_weight_that_is_none_is_refused(weight_kg: float) -> None:
    with pytest.raises(InputError) as caught:
        dose_mg_base(HALF_MG_PER_KG, weight_kg)
    assert caught.value.code == "protocol.weight-not-positive"


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 0.0}, {"amount": -1.0}, {"amount": math.nan}, {"time_h": -1.0}, {"time_h": math.inf},
        {"duration_h": -0.1}, {"cap_mg": 0.0}, {"amount_per": "mg/lb"},
    ],
)  # fmt: skip
def test_a_planned_dose_that_cannot_be_given_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        replace(HALF_MG_PER_KG, **change)


def test_a_planned_dose_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        HALF_MG_PER_KG.amount = 1.0  # type: ignore[misc]


def test_the_end_is_the_start_and_the_duration() -> None:
    assert replace(HALF_MG_PER_KG, time_h=48.0).end_h == 48.0 + 40 / 60
