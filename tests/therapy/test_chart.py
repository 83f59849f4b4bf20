from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.errors import InputError
from ataraxy.therapy.administration import Administration
from ataraxy.therapy.amount import Dose, Rate
from ataraxy.therapy.calendar import parse_calendar
from ataraxy.therapy.chart import (
    ChartedChange,
    DevicesCharted,
    DoseCharted,
    InfusionCharted,
    SessionMissed,
    SessionMoved,
    with_charted_changes,
)
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.infusion import RateChange
from ataraxy.therapy.planned_dose import PlannedDose, dose_mg_base, total_mg_base
from ataraxy.therapy.protocol import Protocol, Source
from ataraxy.therapy.route import Route


def planned(
    *administrations: Administration, calendar: str = "6 sessions over 2 weeks"
) -> tuple[PlannedDose, ...]:
    return Protocol(
        name="plan",
        drug=Drug.ESKETAMINE,
        basis=Basis.BASE,
        administrations=administrations,
        calendar=parse_calendar(calendar),
        source=Source(citation="own protocol"),
    ).planned_doses()


INFUSIONS = planned(
    Administration(route=Route.IV_INFUSION, doses=(Dose(amount=30, per="mg"),), duration_h=1.0)
)
DEVICES = planned(Administration(route=Route.NASAL_SPRAY, devices=(3,), device_interval_h=5 / 60))
MIXED = planned(
    Administration(route=Route.FILM, doses=(Dose(amount=50, per="mg"),)),
    Administration(
        route=Route.IV_INFUSION, doses=(Dose(amount=20, per="mg"),), start_h=6.0, duration_h=1 / 3
    ),
)


def session_mg(doses: tuple[PlannedDose, ...], session: int) -> float:
    return total_mg_base([dose for dose in doses if dose.session == session], 70.0)


def test_a_chart_without_changes_is_the_plan() -> None:
    assert with_charted_changes(MIXED, ()) == MIXED


@given(st.floats(250, 1000))
def test_moving_the_last_session_moves_its_doses_and_gives_as_much(to_h: float) -> None:
    charted = with_charted_changes(MIXED, [SessionMoved(session=5, to_h=to_h)])
    assert charted[:-2] == MIXED[:-2]
    assert [dose.time_h for dose in charted[-2:]] == pytest.approx([to_h, to_h + 6.0])
    assert total_mg_base(charted, 70) == total_mg_base(MIXED, 70)


@given(st.integers(0, 5))
def test_a_missed_session_takes_away_its_own_doses_only(session: int) -> None:
    charted = with_charted_changes(INFUSIONS, [SessionMissed(session=session)])
    assert charted == tuple(dose for dose in INFUSIONS if dose.session != session)


@given(st.floats(0.05, 0.9), st.floats(0.01, 3.0), st.integers(0, 5))
def test_the_amount_given_is_the_integral_of_the_charted_rate(
    at_h: float, pause_h: float, session: int
) -> None:
    changes = (RateChange(at_h=at_h, to="pause"), RateChange(at_h=at_h + pause_h, to="resume"))
    longer = InfusionCharted(session=session, changes=changes, ended_h=1.0 + pause_h)
    charted = with_charted_changes(INFUSIONS, [longer])
    assert session_mg(charted, session) == pytest.approx(30.0, rel=1e-9)
    stopped = with_charted_changes(INFUSIONS, [InfusionCharted(session=session, ended_h=at_h)])
    assert session_mg(stopped, session) == pytest.approx(30.0 * at_h, rel=1e-12)
    for other in set(range(6)) - {session}:
        assert session_mg(charted, other) == session_mg(stopped, other) == 30.0


def test_a_charted_rate_counts_from_the_start_of_its_own_infusion() -> None:
    faster = RateChange(at_h=0.5, to=Rate(amount=60, per="mg/h"))
    charted = [
        dose
        for dose in with_charted_changes(INFUSIONS, [InfusionCharted(session=2, changes=(faster,))])
        if dose.session == 2
    ]
    assert [(dose.time_h, dose.duration_h, dose.amount) for dose in charted] == [
        (96.0, 0.5, 15.0),
        (96.5, 0.5, 30.0),
    ]


def test_an_infusion_is_charted_wherever_its_session_was_moved_to() -> None:
    changes: list[ChartedChange] = [
        SessionMoved(session=5, to_h=300.0),
        InfusionCharted(session=5, ended_h=0.5),
    ]
    both = with_charted_changes(INFUSIONS, changes)
    assert both == with_charted_changes(INFUSIONS, changes[::-1])
    assert (both[-1].time_h, both[-1].amount) == (300.0, 15.0)


def test_an_infusion_that_never_began_gave_nothing() -> None:
    charted = with_charted_changes(INFUSIONS, [InfusionCharted(session=0, ended_h=0.0)])
    assert session_mg(charted, 0) == 0


def test_a_cap_holds_for_the_pieces_of_a_paused_infusion_together() -> None:
    capped = planned(
        Administration(
            route=Route.IV_INFUSION, doses=(Dose(amount=0.5, per="mg/kg", cap_mg=40),), duration_h=1.0
        )
    )
    changes = (RateChange(at_h=0.25, to="pause"), RateChange(at_h=0.75, to="resume"))
    charted = with_charted_changes(capped, [InfusionCharted(session=0, changes=changes)])
    pieces = [dose_mg_base(dose, 120.0) for dose in charted if dose.session == 0]
    assert pieces == pytest.approx([10.0, 10.0])


def test_another_dose_replaces_the_planned_one() -> None:
    charted = with_charted_changes(MIXED, [DoseCharted(session=1, dose=Dose(amount=25, per="mg"))])
    assert session_mg(charted, 1) == 45.0
    assert session_mg(charted, 0) == 70.0


@pytest.mark.parametrize("used", [0, 1, 2, 3])
def test_fewer_devices_give_less(used: int) -> None:
    charted = with_charted_changes(DEVICES, [DevicesCharted(session=0, devices=used)])
    first = [dose for dose in charted if dose.session == 0]
    assert session_mg(charted, 0) == 28.0 * used
    assert {dose.devices for dose in first} == ({used} if used else set())


@pytest.mark.parametrize(
    ("doses", "change", "code"),
    [
        (INFUSIONS, SessionMissed(session=6), "chart.unknown"),
        (INFUSIONS, InfusionCharted(session=0, administration=1, ended_h=0.5), "chart.unknown"),
        (MIXED, InfusionCharted(session=0, ended_h=0.5), "chart.route"),
        (INFUSIONS, DoseCharted(session=0, dose=Dose(amount=1, per="mg")), "chart.route"),
        (INFUSIONS, DevicesCharted(session=0, devices=1), "chart.route"),
        (DEVICES, DoseCharted(session=0, dose=Dose(amount=1, per="mg")), "chart.route"),
        (DEVICES, DevicesCharted(session=0, devices=4), "chart.devices"),
        (INFUSIONS, SessionMoved(session=0, to_h=100.0), "chart.order"),
        (INFUSIONS, SessionMoved(session=0, to_h=-1.0), "chart.order"),
        (
            INFUSIONS,
            InfusionCharted(session=0, changes=(RateChange(at_h=2.0, to="pause"),)),
            "protocol.rate-outside",
        ),
    ],
)
def test_a_chart_that_does_not_fit_the_plan_is_refused(
    doses: tuple[PlannedDose, ...], change: ChartedChange, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        with_charted_changes(doses, [change])
    assert caught.value.code == code


def test_the_plan_itself_is_not_changed() -> None:
    before = tuple(replace(dose) for dose in INFUSIONS)
    with_charted_changes(INFUSIONS, [SessionMissed(session=0), InfusionCharted(session=1, ended_h=0.1)])
    assert before == INFUSIONS
