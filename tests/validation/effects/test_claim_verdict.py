"""Claims without a number."""

import numpy as np
import pytest

from ataraxy.evidence.arm import implied_arm
from ataraxy.evidence.claim import Claim
from ataraxy.validation.claim_verdict import judge

ARM = implied_arm("placebo")
AROUND = np.linspace(-1.0, 1.0, 41)


def claim(kind, direction=None, relations=(), sides=2):
    return Claim(
        kind=kind, direction=direction, sides=((ARM,),) * sides, relations=relations, by_h=None, points=(),
        basis="in the row", note="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("direction", "shift", "status"),
    [
        ("lower", -2.0, "agrees"),
        ("lower", 2.0, "disagrees"),
        ("higher", 2.0, "agrees"),
        ("higher", -2.0, "disagrees"),
        ("none", 0.0, "agrees"),
        ("none", 2.0, "disagrees"),
        ("none", -2.0, "disagrees"),
    ],
)
def test_a_direction_agrees_where_the_prediction_has_it(direction, shift, status):
    verdict = judge(claim("direction", direction), [AROUND + shift, np.zeros(41)], better="lower")
    assert verdict.status == status
    assert verdict.interval.median == pytest.approx(shift)


def test_one_side_is_held_against_its_own_baseline():
    assert judge(claim("direction", "lower", sides=1), [AROUND - 2.0], better="lower").status == "agrees"


@pytest.mark.parametrize(
    ("relations", "effects", "status"),
    [
        (("<", "<"), (1, 2, 3), "agrees"),
        (("<", "<"), (1, 3, 2), "disagrees"),
        (("<", "<="), (1, 3, 2.9), "agrees"),
        (("<", "<="), (1, 9, 2), "disagrees"),
    ],
)
def test_an_order_agrees_where_every_step_has_it(relations, effects, status):
    sides = [AROUND * 0.5 * (k + 1) + effect for k, effect in enumerate(effects)]
    verdict = judge(claim("order", relations=relations, sides=3), sides, better="higher")
    assert verdict.status == status
    falls = judge(claim("order", relations=relations, sides=3), [-side for side in sides], better="lower")
    assert falls.status == status


def test_what_is_not_a_number_is_skipped():
    verdict = judge(claim("direction", "lower"), [np.array([np.nan]), np.zeros(1)], better="lower")
    assert (verdict.status, verdict.interval) == ("skipped", None)
