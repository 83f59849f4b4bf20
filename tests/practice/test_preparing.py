"""A dose comes into being when two people have come to it independently, and in no other way."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.practice.conftest import COURSE as COURSE_ID
from tests.practice.conftest import Clinic
from tests.therapy.session.visit import COLLEAGUE, DOCTOR, NINE, NURSE, good_check_in, raw, reading

from ataraxy.practice import draws
from ataraxy.practice import preparing as preparing_module
from ataraxy.practice.aggregate import REGISTER, SESSION
from ataraxy.practice.preparing import PREPARING, Preparing, agree, begin, hand_over, withdraw
from ataraxy.practice.sessions import act, plan_session
from ataraxy.record.verify import verify_file
from ataraxy.therapy.drug_register import Register
from ataraxy.therapy.preparation import OwnResult
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.state import Session, SessionState

VISIT = "3" * 32
ROOM = "room-1"
RIGHT = OwnResult(dose_mg=Decimal(35), drawn=Decimal("0.7"), rate_ml_per_h=Decimal(75))
TENFOLD = OwnResult(dose_mg=Decimal(35), drawn=Decimal(7), rate_ml_per_h=Decimal(75))


@pytest.fixture
def arrived(clinic: Clinic) -> Clinic:
    plan_session(clinic.practice, VISIT, COURSE_ID, 0, NINE, by=NURSE)
    clinic.clock.at(0)
    act(clinic.practice, VISIT, decide.check_in, good_check_in(), by=NURSE)
    act(clinic.practice, VISIT, decide.record_reading, reading("r0", 0), by=NURSE)
    clinic.clock.at(3)
    return clinic


def first(clinic: Clinic, id_: str = "p1", by: Any = NURSE, **changes: Any) -> Any:
    return begin(clinic.practice, VISIT, id_, raw(**changes), location=ROOM, by=by)


def second(
    clinic: Clinic,
    id_: str = "p1",
    result: OwnResult = RIGHT,
    by: Any = COLLEAGUE,
    of: Any = NURSE,
    **changes: Any,
) -> Any:
    return agree(clinic.practice, VISIT, id_, raw(**changes), result, draw_id=f"draw-{id_}", by=by, first=of)


def session(clinic: Clinic) -> Session:
    found = clinic.practice.load(SESSION, VISIT).state
    assert found is not None
    return found


def preparing(clinic: Clinic) -> Preparing:
    return clinic.practice.load(PREPARING, VISIT).state or Preparing()


def register(clinic: Clinic) -> Register:
    found = clinic.practice.load(REGISTER, ROOM).state
    assert found is not None
    return found


def test_two_people_who_agree_prepare_and_draw_in_one_step(arrived: Clinic) -> None:
    first(arrived)
    assert session(arrived).preparation is None
    second(arrived)
    prepared = session(arrived).preparation
    assert prepared is not None
    assert (prepared.first_by, prepared.second_by) == (NURSE.id, COLLEAGUE.id)
    assert [draw.amount for draw in register(arrived).open_draws(VISIT)] == [Decimal("0.7")]
    assert preparing(arrived).waiting is None
    assert preparing(arrived).prepared[0].second.result == RIGHT
    assert verify_file(arrived.url).valid


def test_one_person_is_not_two(arrived: Clinic) -> None:
    first(arrived)
    with pytest.raises(Refusal, match="two different people"):
        second(arrived, by=NURSE)
    assert session(arrived).preparation is None
    assert preparing(arrived).waiting is not None


def test_a_difference_is_a_near_miss_and_both_begin_anew(arrived: Clinic) -> None:
    first(arrived)
    with pytest.raises(Refusal, match="tenfold"):
        second(arrived, result=TENFOLD)
    assert session(arrived).preparation is None
    assert [miss.by for miss in session(arrived).near_misses] == [(NURSE.id, COLLEAGUE.id)]
    assert preparing(arrived).waiting is None
    with pytest.raises(Refusal, match="does not wait"):
        second(arrived)
    assert register(arrived).open_draws(VISIT) == ()


def test_a_difference_that_comes_while_others_agree_is_a_near_miss_all_the_same(
    arrived: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    first(arrived)
    original = preparing_module._record_difference

    def after_another_agreed(*args: Any, **more: Any) -> None:
        second(arrived, by=DOCTOR)
        original(*args, **more)

    monkeypatch.setattr(preparing_module, "_record_difference", after_another_agreed)
    with pytest.raises(Refusal, match="tenfold"):
        second(arrived, result=TENFOLD)
    assert [miss.by for miss in session(arrived).near_misses] == [(COLLEAGUE.id,)]
    prepared = session(arrived).preparation
    assert prepared is not None
    assert prepared.second_by == DOCTOR.id


def test_a_wrong_weight_is_a_near_miss_of_the_first_person(arrived: Clinic) -> None:
    with pytest.raises(Refusal, match="kg or lb"):
        first(arrived, weight_kg=Decimal("154.3"))
    assert [miss.by for miss in session(arrived).near_misses] == [(NURSE.id,)]
    assert preparing(arrived).waiting is None


def test_a_second_calculation_does_not_push_out_one_that_waits(arrived: Clinic) -> None:
    first(arrived)
    with pytest.raises(Refusal, match="waits for a second person"):
        first(arrived, "p2", by=COLLEAGUE)
    withdraw(arrived.practice, VISIT, "wrong container in hand", by=NURSE)
    first(arrived, "p2", by=COLLEAGUE)
    second(arrived, "p2", by=NURSE, of=COLLEAGUE)
    prepared = session(arrived).preparation
    assert prepared is not None
    assert prepared.id == "p2"


def test_a_withdrawn_calculation_cannot_be_agreed_with(arrived: Clinic) -> None:
    first(arrived)
    withdraw(arrived.practice, VISIT, "", by=NURSE)
    with pytest.raises(Refusal, match="does not wait"):
        second(arrived)


def test_an_empty_container_prepares_nothing(arrived: Clinic) -> None:
    from ataraxy.practice import drugs
    from ataraxy.therapy import drug_register_decide

    drugs.act(
        arrived.practice,
        ROOM,
        drug_register_decide.waste,
        Decimal("9.5"),
        "broken seal",
        container="vial-1",
        by=NURSE,
        witness=COLLEAGUE,
    )
    with pytest.raises(Refusal, match=r"holds 0\.5 mL"):
        first(arrived)
    assert session(arrived).near_misses == ()


def test_a_draw_is_accounted_for_to_the_last_drop_or_not_at_all(arrived: Clinic) -> None:
    first(arrived)
    second(arrived)

    def account(given: str, wasted: str) -> Any:
        return draws.account_for(
            arrived.practice,
            ROOM,
            "draw-p1",
            given=Decimal(given),
            wasted=Decimal(wasted),
            returned=Decimal(0),
            reason="rest in the line",
            by=NURSE,
            witness=COLLEAGUE,
        )

    with pytest.raises(Refusal, match=r"0\.1 are not accounted for"):
        account("0.55", "0.05")
    assert draws.open_draws(arrived.practice, VISIT)[0].draw.remaining == Decimal("0.7")
    account("0.65", "0.05")
    assert draws.open_draws(arrived.practice, VISIT) == ()
    assert register(arrived).totals().unaccounted == 0


def test_places_with_a_register_are_listed_by_name(arrived: Clinic) -> None:
    assert draws.locations(arrived.practice) == (ROOM,)


def test_handing_over_twice_is_one_entry(arrived: Clinic) -> None:
    first(arrived)
    assert hand_over(arrived.practice, VISIT, by=NURSE).entries
    assert not hand_over(arrived.practice, VISIT, by=NURSE).entries


PEOPLE = {"nurse": NURSE, "colleague": COLLEAGUE, "doctor": DOCTOR}
STEP = st.one_of(
    st.tuples(
        st.just("first"), st.sampled_from(list(PEOPLE)), st.sampled_from(["70", "70", "70", "154.3", "7"])
    ),
    st.tuples(
        st.just("second"), st.sampled_from(list(PEOPLE)), st.sampled_from(["0.7", "0.7", "0.7", "7", "0.07"])
    ),
    st.tuples(st.just("withdraw"), st.sampled_from(list(PEOPLE)), st.just("")),
    st.tuples(st.just("hand over"), st.sampled_from(list(PEOPLE)), st.just("")),
    st.tuples(st.just("start"), st.sampled_from(list(PEOPLE)), st.just("")),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(steps=st.lists(STEP, min_size=3, max_size=12))
def test_no_order_of_steps_gives_a_dose_without_two_independent_calculations(
    arrived: Clinic, steps: list[tuple[str, str, str]]
) -> None:
    # hypothesis tries the same steps again: each time another session
    visit = uuid.uuid4().hex
    practice = arrived.practice
    made = 0
    plan_again(arrived, visit)
    # By whom a calculation waits, by what this test itself did and not by what the code says.
    calculated: dict[str, str] = {}
    agreed: set[tuple[str, str]] = set()
    waiting = ""
    for what, who, value in steps:
        by = PEOPLE[who]
        try:
            match what:
                case "first":
                    made += 1
                    inputs = raw(weight_kg=Decimal(value))
                    begin(practice, visit, f"p{made}", inputs, location=ROOM, by=by)
                    waiting, calculated[f"p{made}"] = f"p{made}", who
                case "second":
                    result = RIGHT.replace(drawn=Decimal(value))
                    target, of = waiting or "p0", PEOPLE[calculated.get(waiting, "nurse")]
                    waiting = "" if by != of else waiting
                    agree(
                        practice, visit, target, raw(), result, draw_id=f"d{visit}{target}", by=by, first=of
                    )
                    agreed.add((calculated[target], who))
                case "withdraw":
                    withdraw(practice, visit, "", by=by)
                    waiting = ""
                case "hand over":
                    hand_over(practice, visit, by=by)
                case "start":
                    act(practice, visit, decide.start_dosing, rate_ml_per_h=Decimal(75), by=by)
        except Refusal:
            continue
    found = practice.load(SESSION, visit).state
    assert found is not None
    assert all(one != other for one, other in agreed)
    assert (found.preparation is not None) == bool(agreed)
    if found.state is SessionState.DOSING:
        assert found.preparation is not None
        assert (found.preparation.first_by, found.preparation.second_by) in agreed
        assert found.preparation.quantities.drawn == Decimal("0.7")


def plan_again(clinic: Clinic, visit: str) -> None:
    """Another session of the same day, checked in and read, in a history of its own."""
    from tests.therapy.session.visit import session_plan

    from ataraxy.practice.practice import Step
    from ataraxy.practice.site import policy_in_force

    practice = clinic.practice
    clinic.clock.at(3)
    plan = session_plan()

    def steps() -> list[Step]:
        events = decide.plan(
            None, visit, plan, actor=NURSE, policy=policy_in_force(practice), at=practice.now()
        )
        return [Step(SESSION.stream(visit), 0, events, plan.patient)]

    practice.perform(steps, by=NURSE, command="test.plan", asked={"id": visit})
    act(practice, visit, decide.check_in, good_check_in(), by=NURSE)
    act(practice, visit, decide.record_reading, reading("r0", 2), by=NURSE)
