"""Many histories at one question are what each is by itself, whatever of them was read before."""

from __future__ import annotations

from tests.practice.conftest import Clinic
from tests.therapy.session.visit import NURSE

from ataraxy.practice import people
from ataraxy.practice.aggregate import PERSON
from ataraxy.practice.practice import Practice
from ataraxy.therapy.chart_events import PersonIdentified, PersonReferred

IDS = [f"{number:032x}" for number in range(1, 8)]


def name(practice: Practice, person: str, called: str) -> None:
    now = practice.now()
    events = [PersonIdentified(person=person, at=now, by=NURSE.id, name=called)]
    if practice.load(PERSON, person).version == 0:
        people.record(practice, PersonReferred(person=person, at=now, by=NURSE.id), by=NURSE)
    people.record(practice, events, by=NURSE)


def test_many_are_as_each_by_itself(clinic: Clinic) -> None:
    reader, writer = Practice(clinic.practice.record), clinic.practice
    asked = [*IDS, "nobody", IDS[0]]

    def check() -> None:
        found = reader.load_many(PERSON, asked)
        assert set(found) == set(asked)
        for id_ in found:
            assert found[id_] == Practice(clinic.practice.record).load(PERSON, id_)

    check()
    for number, person in enumerate(IDS[:4]):
        name(writer, person, f"first {number}")
    check()
    # some were read and are old now, some were never read, some are as they were
    name(writer, IDS[1], "second")
    name(writer, IDS[5], "late")
    reader.load(PERSON, IDS[1])
    name(writer, IDS[1], "third")
    check()
    state = reader.load_many(PERSON, IDS)[IDS[1]].state
    assert state is not None
    assert state.chart.person.name == "third"


def test_what_was_read_is_not_read_again(clinic: Clinic) -> None:
    for person in IDS:
        name(clinic.practice, person, "somebody")
    reader = Practice(clinic.practice.record)
    reader.load_many(PERSON, IDS)
    questions: list[list[str]] = []
    entries_of = reader.record.entries_of

    def counted(streams: list[str], *, after: int = 0) -> object:
        questions.append(list(streams))
        return entries_of(streams, after=after)

    reader.record.entries_of = counted  # type: ignore[method-assign, assignment]
    try:
        reader.load_many(PERSON, IDS)
        assert questions == []
        name(clinic.practice, IDS[2], "another")
        reader.load_many(PERSON, IDS)
        assert questions == [[PERSON.stream(IDS[2])]]
    finally:
        del reader.record.entries_of  # type: ignore[method-assign]
