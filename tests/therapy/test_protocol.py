from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from ataraxy.errors import InputError
from ataraxy.therapy.administration import Administration
from ataraxy.therapy.amount import Dose, Rate
from ataraxy.therapy.calendar import Calendar, parse_calendar
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.infusion import RateChange
from ataraxy.therapy.planned_dose import total_mg_base
from ataraxy.therapy.protocol import Protocol, Source
from ataraxy.therapy.route import Route

INFUSION = Administration(route=Route.IV_INFUSION, doses=(Dose(amount=0.5, per="mg/kg"),), duration_h=40 / 60)
SIX = Protocol(
    name="six",
    drug=Drug.RACEMIC_KETAMINE,
    basis=Basis.BASE,
    administrations=(INFUSION,),
    calendar=parse_calendar("6 sessions over 2 weeks"),
    source=Source(citation="own protocol"),
)


def test_every_session_is_planned_at_its_time() -> None:
    doses = SIX.planned_doses()
    assert [dose.time_h for dose in doses] == [24 * day for day in (0, 2, 4, 7, 9, 11)]
    assert [dose.session for dose in doses] == [0, 1, 2, 3, 4, 5]
    assert {(dose.amount, dose.amount_per, dose.duration_h) for dose in doses} == {(0.5, "mg/kg", 40 / 60)}
    assert [session.time_h for session in SIX.sessions] == [dose.time_h for dose in doses]


def test_each_session_may_have_its_own_dose() -> None:
    injection = Administration(
        route=Route.SC, doses=tuple(Dose(amount=amount, per="mg/kg") for amount in (0.25, 0.5, 1.0))
    )
    ascending = SIX.replace(administrations=(injection,), calendar=parse_calendar("weekly for 3"))
    assert [(dose.time_h, dose.amount) for dose in ascending.planned_doses()] == [
        (0, 0.25),
        (168, 0.5),
        (336, 1.0),
    ]


def test_a_pause_splits_an_infusion_into_pieces_that_share_their_administration() -> None:
    changes = (RateChange(at_h=10 / 60, to="pause"), RateChange(at_h=20 / 60, to="resume"))
    paused = SIX.replace(administrations=(INFUSION.replace(rate_changes=changes),))
    first, second = paused.planned_doses()[:2]
    assert (first.session, first.administration) == (second.session, second.administration) == (0, 0)
    assert first.time_h == 0
    assert first.end_h == pytest.approx(10 / 60)
    assert second.time_h == pytest.approx(20 / 60)
    assert second.end_h == pytest.approx(40 / 60)
    assert total_mg_base(paused.planned_doses(), 80) == pytest.approx(
        0.75 * total_mg_base(SIX.planned_doses(), 80)
    )


def test_an_infusion_may_be_prescribed_by_its_rate() -> None:
    steps = Administration(
        route=Route.IV_INFUSION,
        rate=Rate(amount=0.1, per="mg/kg/h"),
        duration_h=3.0,
        rate_changes=tuple(
            RateChange(at_h=hour, to=Rate(amount=rate, per="mg/kg/h"))
            for hour, rate in ((1.0, 0.2), (2.0, 0.4))
        ),
    )
    protocol = SIX.replace(administrations=(steps,), calendar=Calendar(days=(0.0,)))
    assert [dose.amount for dose in protocol.planned_doses()] == pytest.approx([0.1, 0.2, 0.4])


def test_a_session_may_hold_several_administrations_in_order_of_time() -> None:
    film = Administration(route=Route.FILM, doses=(Dose(amount=50, per="mg"),))
    later = INFUSION.replace(start_h=6.0)
    mixed = SIX.replace(administrations=(later, film))
    assert [dose.route for dose in mixed.planned_doses()[:2]] == [Route.FILM, Route.IV_INFUSION]
    assert mixed.routes == (Route.IV_INFUSION, Route.FILM)
    assert mixed.route is Route.IV_INFUSION


def test_the_last_session_ends_with_its_observation() -> None:
    assert SIX.duration_h == pytest.approx(11 * 24 + 40 / 60)
    assert SIX.replace(observation_h=2.0).duration_h == pytest.approx(SIX.duration_h + 2)


def test_the_words_of_a_dose_name_amount_route_and_time() -> None:
    assert SIX.dose == "0.5 mg/kg IV infusion over 40 min"
    capped = INFUSION.replace(doses=(Dose(amount=0.5, per="mg/kg", cap_mg=50),))
    assert SIX.replace(administrations=(capped,)).dose == "0.5 mg/kg (at most 50 mg) IV infusion over 40 min"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "seven"},
        {"drug": Drug.ESKETAMINE},
        {"basis": Basis.HYDROCHLORIDE},
        {"administrations": (INFUSION.replace(duration_h=1.0),)},
        {"calendar": parse_calendar("once")},
        {"source": Source(citation="another")},
        {"observation_h": 2.0},
    ],
)
def test_any_change_changes_the_hash(change: dict[str, Any]) -> None:
    assert SIX.replace(**change).protocol_hash != SIX.protocol_hash


def test_the_hash_is_the_same_in_another_process_and_for_an_equal_value() -> None:
    assert SIX.replace().protocol_hash == SIX.protocol_hash
    code = (
        "from ataraxy.exchange.protocol_file import load_protocol;"
        "print(load_protocol('ketamine-iv-05-six').protocol_hash)"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


def test_a_protocol_cannot_be_changed_and_knows_its_fields() -> None:
    with pytest.raises(ValidationError):
        SIX.name = "other"
    with pytest.raises(ValidationError):
        SIX.replace(colour="red")
    with pytest.raises(ValidationError):
        SIX.replace(observation_h="2")
    with pytest.raises(ValidationError):
        Dose(amount=True, per="mg")
    with pytest.raises(ValidationError):
        Dose(amount=float("nan"), per="mg")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "Not A Name"}, "protocol.name"),
        ({"administrations": ()}, "protocol.dose-missing"),
        ({"observation_h": -1.0}, "protocol.observation"),
        ({"calendar": Calendar(days=(0.0, 0.01))}, "protocol.sessions-overlap"),
        (
            {
                "administrations": (
                    INFUSION.replace(doses=(Dose(amount=1, per="mg"), Dose(amount=2, per="mg"))),
                )
            },
            "protocol.dose-count",
        ),
        (
            {"administrations": (Administration(route=Route.NASAL_SPRAY, devices=(1,)),)},
            "protocol.devices",
        ),
    ],
)
def test_a_protocol_that_cannot_be_carried_out_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as caught:
        SIX.replace(**change)
    assert caught.value.code == code


def test_sessions_may_follow_one_another_without_a_gap() -> None:
    whole_day = Administration(route=Route.SC_INFUSION, doses=(Dose(amount=100, per="mg"),), duration_h=24.0)
    assert (
        len(SIX.replace(administrations=(whole_day,), calendar=parse_calendar("daily for 3 days")).sessions)
        == 3
    )
