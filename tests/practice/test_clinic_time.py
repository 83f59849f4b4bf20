"""The calendar day of the clinic decides, not that of UTC: what has expired, and how old somebody is."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from tests.practice.conftest import DIRECTOR, Clinic
from tests.therapy.session.visit import COLLEAGUE, NURSE, VIAL

from ataraxy.exchange.rules_file import load_rules
from ataraxy.practice import drugs, people
from ataraxy.practice.site import adopt, clinic_time, describe_site, the_site
from ataraxy.therapy import drug_register_decide
from ataraxy.therapy.chart_events import PersonIdentified, PersonReferred
from ataraxy.therapy.refusal import Refusal

LAST_DAY = date(2026, 3, 10)
VIAL_OF_THAT_DAY = VIAL.replace(id="short", lot="S1", expires_on=LAST_DAY)
# each: where, a moment in UTC, and whether the last day is over on the wall there
MOMENTS = [
    ("Pacific/Auckland", datetime(2026, 3, 10, 20, tzinfo=UTC), True),  # the 11th, 9 in the morning
    ("Pacific/Auckland", datetime(2026, 3, 10, 10, tzinfo=UTC), False),  # the 10th, 11 at night
    ("America/Los_Angeles", datetime(2026, 3, 11, 1, tzinfo=UTC), False),  # the 10th, 6 in the afternoon
    ("America/Los_Angeles", datetime(2026, 3, 11, 8, tzinfo=UTC), True),  # the 11th, 1 at night
    ("UTC", datetime(2026, 3, 10, 23, tzinfo=UTC), False),
    ("UTC", datetime(2026, 3, 11, 0, tzinfo=UTC), True),
]


def move(clinic: Clinic, zone: str, at: datetime) -> None:
    held = the_site(clinic.practice).description
    assert held is not None
    describe_site(clinic.practice, held.replace(time_zone=zone), by=DIRECTOR)
    clinic.clock.now = at


@pytest.mark.parametrize(("zone", "at", "over"), MOMENTS)
def test_a_container_may_be_used_on_its_last_day_of_the_wall(
    clinic: Clinic, zone: str, at: datetime, over: bool
) -> None:
    move(clinic, zone, at)

    def receive() -> None:
        drugs.act(
            clinic.practice,
            "room-2",
            drug_register_decide.receive,
            "room-2",
            VIAL_OF_THAT_DAY,
            by=NURSE,
            witness=COLLEAGUE,
        )

    if over:
        with pytest.raises(Refusal, match=r"register\.expired"):
            receive()
    else:
        receive()


@pytest.mark.parametrize(("zone", "at", "over"), MOMENTS)
def test_somebody_is_a_year_older_from_their_birthday_on_the_wall(
    clinic: Clinic, zone: str, at: datetime, over: bool
) -> None:
    rules = load_rules()
    adopt(clinic.practice, "rules", rules.name, rules.model_dump(mode="json"), by=DIRECTOR)
    person = "9" * 32
    now = clinic.practice.now()
    people.record(
        clinic.practice,
        [
            PersonReferred(person=person, at=now, by=NURSE.id),
            PersonIdentified(person=person, at=now, by=NURSE.id, name="N", born=date(2008, 3, 11)),
        ],
        by=NURSE,
    )
    move(clinic, zone, at)
    judgement = people.ask_gate(clinic.practice, person)
    # eighteen on the eleventh of March
    adult = judgement.finding("adult")
    assert adult is not None
    assert (adult.status.value == "met") is over


def test_a_moment_stays_the_same_moment(clinic: Clinic) -> None:
    move(clinic, "Pacific/Auckland", datetime(2026, 3, 10, 20, tzinfo=UTC))
    there = clinic_time(clinic.practice, clinic.practice.now())
    assert there == clinic.practice.now()
    assert there.date() == date(2026, 3, 11)


def test_a_zone_that_is_none_is_refused(clinic: Clinic) -> None:
    held = the_site(clinic.practice).description
    assert held is not None
    with pytest.raises(Refusal, match=r"site\.time-zone"):
        describe_site(clinic.practice, held.replace(time_zone="../etc/passwd"), by=DIRECTOR)
