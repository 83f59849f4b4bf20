"""Scores are recorded by the rules of their instrument, and what somebody must see raises an alert with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.practice.conftest import PERSON, Clinic
from tests.therapy.session.visit import DOCTOR, NURSE

from ataraxy.errors import InputError
from ataraxy.exchange.instrument_file import get_instrument
from ataraxy.practice import lists
from ataraxy.practice.aggregate import ALERTS
from ataraxy.practice.aggregate import PERSON as PERSON_KIND
from ataraxy.practice.scores import patient_as_actor, record_score
from ataraxy.therapy.refusal import Refusal

GAD7, PHQ9 = get_instrument("GAD-7"), get_instrument("PHQ-9")


def kinds(clinic: Clinic) -> list[str]:
    return sorted(row.kind for row in lists.alerts(clinic.practice, person=PERSON))


@pytest.mark.parametrize(("answer", "raised"), [(0, []), (1, ["suicide_risk"]), (3, ["suicide_risk"])])
def test_an_answer_about_dying_raises_an_alert_with_the_score(
    clinic: Clinic, answer: int, raised: list[str]
) -> None:
    done = record_score(clinic.practice, PERSON, PHQ9, answers=[0] * 8 + [answer], by=NURSE)
    assert kinds(clinic) == raised
    # one command: with the score or not at all
    assert {entry.kind for entry in done.entries} == {"score.recorded"} | (
        {"alert.raised"} if raised else set()
    )


def test_the_item_about_dying_is_never_filled_in_for_anybody(clinic: Clinic) -> None:
    with pytest.raises(InputError) as refused:
        record_score(clinic.practice, PERSON, PHQ9, answers=[0] * 8 + [None], by=NURSE)
    assert refused.value.code == "score.item-to-see"
    record_score(clinic.practice, PERSON, PHQ9, answers=[None] + [0] * 8, by=NURSE)
    assert len(lists.scores(clinic.practice)) == 1


@pytest.mark.parametrize(("later", "raised"), [(13, []), (14, ["worsening"])])
def test_worsening_since_the_first_score_raises_an_alert(
    clinic: Clinic, later: int, raised: list[str]
) -> None:
    for total in (10.0, 6.0, float(later)):
        clinic.clock.now += timedelta(days=1)
        record_score(clinic.practice, PERSON, GAD7, total=total, by=NURSE)
    assert kinds(clinic) == raised


def test_an_alert_is_raised_when_it_is_known_however_long_ago_the_scale_was_answered(clinic: Clinic) -> None:
    ago = clinic.clock() - timedelta(days=20)
    record_score(clinic.practice, PERSON, PHQ9, answers=[0] * 8 + [2], by=NURSE, at=ago)
    [alert] = lists.alerts(clinic.practice, person=PERSON)
    assert clinic.clock() - alert.raised_at < timedelta(minutes=1)


def test_a_slip_of_the_year_is_refused(clinic: Clinic) -> None:
    for at in (clinic.clock() - timedelta(days=5 * 365 + 1), datetime(1900, 1, 2, tzinfo=UTC)):
        with pytest.raises(Refusal) as refused:
            record_score(clinic.practice, PERSON, GAD7, total=7.0, by=NURSE, at=at)
        assert refused.value.code == "chart.score-old"
    assert lists.scores(clinic.practice) == ()


def test_a_score_sent_again_is_recorded_once(clinic: Clinic) -> None:
    at = clinic.clock()
    for _ in range(2):
        done = record_score(clinic.practice, PERSON, PHQ9, answers=[3] * 9, by=NURSE, key="k", at=at)
    assert done.replayed
    assert len(lists.scores(clinic.practice)) == 1
    assert kinds(clinic) == ["suicide_risk"]


def test_a_patient_answers_for_nobody_else(clinic: Clinic) -> None:
    record_score(clinic.practice, PERSON, GAD7, answers=[1] * 7, by=patient_as_actor(PERSON))
    with pytest.raises(Refusal) as refused:
        record_score(clinic.practice, PERSON, GAD7, answers=[1] * 7, by=patient_as_actor("9" * 32))
    assert refused.value.code == "chart.other-person"
    file = clinic.practice.load(PERSON_KIND, PERSON).state
    assert file is not None
    assert [score.rater for score in file.chart.scores] == [""]


def test_who_rated_stands_beside_a_clinicians_rating_only(clinic: Clinic) -> None:
    record_score(clinic.practice, PERSON, get_instrument("HAM-A"), total=20, by=DOCTOR)
    record_score(clinic.practice, PERSON, GAD7, total=12, by=DOCTOR)
    file = clinic.practice.load(PERSON_KIND, PERSON).state
    assert file is not None
    assert [score.rater for score in file.chart.scores] == [DOCTOR.id, ""]


def test_a_score_is_refused_whole(clinic: Clinic) -> None:
    for wrong in ([0] * 8, [0] * 8 + [4]):
        with pytest.raises(InputError):
            record_score(clinic.practice, PERSON, PHQ9, answers=wrong, by=NURSE)
    with pytest.raises(InputError) as refused:
        record_score(clinic.practice, PERSON, PHQ9, by=NURSE)
    assert refused.value.code == "score.one"
    assert lists.scores(clinic.practice) == ()
    assert clinic.practice.load(ALERTS, PERSON).version == 0
