from __future__ import annotations

import pytest
from tests.therapy.session.visit import GOOD_DOOR, THERAPIST, Visit, at, risk

from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.course import missed_follow_ups
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session.follow_up import due_follow_ups
from ataraxy.therapy.session.state import FollowUp

END = 40  # minute of the end of the dose


def home() -> Visit:
    return Visit().ready().do("discharge", GOOD_DOOR, minute=161)


def statuses(visit: Visit, minute: float, next_session: float | None = None) -> dict[str, str]:
    following = None if next_session is None else at(next_session)
    return {d.plan: d.status for d in due_follow_ups(visit.now, visit.policy, at(minute), following)}


@pytest.mark.parametrize(("plan", "opens_h", "closes_h"), [("1h", 1, 2), ("24h", 24, 48), ("7d", 168, 216)])
def test_a_follow_up_is_pending_due_and_missed_in_its_time(plan: str, opens_h: int, closes_h: int) -> None:
    visit = home()
    assert statuses(visit, END + 60 * opens_h - 1)[plan] == "pending"
    assert statuses(visit, END + 60 * opens_h)[plan] == "due"
    assert statuses(visit, END + 60 * closes_h)[plan] == "due"
    assert statuses(visit, END + 60 * closes_h + 1)[plan] == "missed"


def test_the_one_before_the_next_session_waits_for_that_session() -> None:
    visit = home()
    assert statuses(visit, 10_000)["before-next"] == "pending"
    assert statuses(visit, 2880 - 1440, 2880)["before-next"] == "due"
    assert statuses(visit, 2881, 2880)["before-next"] == "missed"


def test_reaching_the_person_is_what_counts() -> None:
    visit = home()
    tried = FollowUp(plan="24h", at=at(END + 1450), by="therapist", reached=False)
    visit.do("follow_up", tried, minute=END + 1450, actor=THERAPIST)
    assert statuses(visit, END + 1460)["24h"] == "not_reached"
    assert statuses(visit, END + 3000)["24h"] == "missed"
    reached = tried.replace(reached=True, suicide_risk=risk(END + 1500, id_="r24"), at=at(END + 1500))
    visit.do("follow_up", reached, minute=END + 1500, actor=THERAPIST)
    assert statuses(visit, END + 3000)["24h"] == "done"


def test_the_24_h_contact_holds_an_assessment_of_suicide_risk() -> None:
    made = FollowUp(plan="24h", at=at(1500), by="therapist", reached=True)
    with pytest.raises(Refusal) as refused:
        home().do("follow_up", made, minute=1500, actor=THERAPIST)
    assert refused.value.code == "follow-up.suicide-risk"


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (FollowUp(plan="soon", at=at(200), by="t", reached=True), "follow-up.unknown"),
        (FollowUp(plan="1h", at=at(10), by="t", reached=True), "follow-up.future"),
        (FollowUp(plan="1h", at=at(400), by="t", reached=True), "follow-up.future"),
    ],
)
def test_a_follow_up_names_its_plan_and_its_time(made: FollowUp, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        home().do("follow_up", made, minute=300, actor=THERAPIST)
    assert refused.value.code == code


def test_the_first_hour_may_be_charted_while_the_person_is_still_there() -> None:
    visit = (
        Visit()
        .recovering()
        .do("follow_up", FollowUp(plan="1h", at=at(102), by="therapist", reached=True), minute=102)
    )
    assert statuses(visit, 103)["1h"] == "done"
    assert visit.now.irregular == ()


def test_without_drug_nothing_is_followed_up() -> None:
    visit = Visit().arrived().do("abort", "not_dosed", "ill", minute=0)
    assert due_follow_ups(visit.now, visit.policy, at(10_000)) == ()


def test_leaving_against_advice_is_followed_up_all_the_same() -> None:
    visit = Visit().dosed().do("abort", "left_against_advice", "x", minute=60, prescriber="doctor")
    assert statuses(visit, END + 61)["1h"] == "due"


def test_a_course_lists_what_was_missed_in_all_its_sessions() -> None:
    found = missed_follow_ups([home().now], home().policy, at(END + 60 * 300))
    assert [d.plan for d in found] == ["1h", "24h", "7d"]


def test_only_a_clinician_who_may_assess_charts_an_assessment_with_a_follow_up() -> None:
    coordinator = Actor(id="c", roles=frozenset({Role.COORDINATOR}))
    tried = FollowUp(plan="24h", at=at(1500), by="c", reached=False)
    home().do("follow_up", tried, minute=1500, actor=coordinator)
    judged = tried.replace(reached=True, suicide_risk=risk(1500, id_="r24"))
    with pytest.raises(Refusal) as refused:
        home().do("follow_up", judged, minute=1500, actor=coordinator)
    assert refused.value.code == "role.not-permitted"
