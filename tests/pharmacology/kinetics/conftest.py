"""A short way to write a planned dose."""

from collections.abc import Callable

import pytest

from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route

Planner = Callable[..., PlannedDose]


@pytest.fixture(scope="session")
def plan() -> Planner:
    def planned(
        route: Route,
        amount: float,
        *,
        per: str = "mg",
        drug: Drug = Drug.ESKETAMINE,
        time_h: float = 0.0,
        **more: object,
    ) -> PlannedDose:
        fields = {"session": 0, "basis": Basis.BASE, **more}
        return PlannedDose(time_h=time_h, route=route, amount=amount, amount_per=per, drug=drug, **fields)  # type: ignore[arg-type]

    return planned
