"""Adverse events on the run sheet: words that can be counted stay readable, all others are sealed; each is followed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from tests.clinic.a_visit import NURSES, Visit, make_site, make_visit

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.run_sheet.commands import Charted, carry_out
from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice import lists
from ataraxy.record.schema import ENTRY
from ataraxy.therapy.refusal import Refusal

pytestmark = pytest.mark.usefixtures("accounts")


@pytest.fixture
def visit(people: dict[Role, Person]) -> Visit:
    make_site()
    return make_visit(people)


def charted(visit: Visit) -> Charted:
    return Charted(visit.id, uuid.uuid4().hex, datetime.now(UTC), NURSES[0])


def sheet(visit: Visit, command: str, **fields: Any) -> None:
    carry_out(the_practice(), command, fields, charted(visit))


def test_words_of_the_list_are_kept_whatever_their_case(visit: Visit) -> None:
    sheet(visit, "adverse_event", term=" Blurred  Vision ", grade="1", note="left eye")
    [event] = visit.state.adverse_events
    assert (event.term, event.note) == ("blurred vision", "left eye")


def test_other_words_are_sealed_and_no_researcher_reads_them(visit: Visit) -> None:
    said = f"Wilma Wholepath fell {uuid.uuid4().hex[:8]}"
    sheet(visit, "adverse_event", term=said, grade="2", note="no injury")
    [event] = visit.state.adverse_events
    assert (event.term, event.note) == ("other", f"{said}: no injury")
    practice = the_practice()
    assert [row.term for row in lists.adverse_events(practice) if row.session == visit.id] == ["other"]
    with practice.record.reading() as connection:
        payloads = connection.scalars(
            sa.select(ENTRY.c.payload).where(ENTRY.c.stream == f"session/{visit.id}")
        )
        assert not [payload for payload in payloads if "Wilma" in str(payload)]


def test_an_event_without_a_word_is_refused(visit: Visit) -> None:
    with pytest.raises(Refusal) as refused:
        sheet(visit, "adverse_event", term="  ", grade="1")
    assert refused.value.code == "adverse-event.note"
    assert visit.state.adverse_events == ()


def test_how_an_event_stands_is_charted_later_and_the_rest_of_it_stays(visit: Visit) -> None:
    sheet(visit, "adverse_event", term="chest pain", grade="3", serious="other_important", note="left side")
    [before] = visit.state.adverse_events
    sheet(
        visit,
        "adverse_event_now",
        event=before.id,
        outcome="resolved",
        grade="",
        serious="",
        note="ECG normal",
    )
    [after] = visit.state.adverse_events
    assert after == before.replace(outcome="resolved", note="left side; ECG normal")
    sheet(visit, "adverse_event_now", event=before.id, outcome="ongoing", grade="4", serious="danger_to_life")
    [worse] = visit.state.adverse_events
    assert (worse.grade, worse.serious, worse.settled) == (4, ("other_important", "danger_to_life"), False)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"event": "nothing", "outcome": "resolved"}, "adverse-event.unknown"),
        ({"outcome": "better"}, "run-sheet.field"),
        ({"outcome": "ongoing", "grade": "4"}, "adverse-event.seriousness"),
        ({"outcome": "fatal"}, "adverse-event.outcome"),
        ({"outcome": "resolved", "grade": "9"}, "run-sheet.field"),
        ({"outcome": "resolved", "serious": "no such reason"}, "run-sheet.field"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(
    visit: Visit, fields: dict[str, str], code: str
) -> None:
    sheet(visit, "adverse_event", term="nausea", grade="2")
    before = visit.state.adverse_events
    with pytest.raises(Refusal) as refused:
        sheet(visit, "adverse_event_now", **{"event": before[0].id, **fields})
    assert refused.value.code == code
    assert visit.state.adverse_events == before
