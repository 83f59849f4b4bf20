"""Who a person is can be put right, with a reason, by those who refer; what was said before stays and is marked."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from tests.clinic.a_visit import make_site
from tests.clinic.test_today import waiting_person

from ataraxy.clinic.access import care
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice.aggregate import PERSON
from ataraxy.practice.identity import identities
from ataraxy.practice.people import person_file


@pytest.fixture
def patient(accounts: None, people: dict[Role, Person]) -> str:
    make_site()
    person = waiting_person("Filomena Misspelt")
    for one in people.values():
        care.assign(one, person, by="")
    return person


def correct(client: Any, patient: str, **changes: str) -> Any:
    fields = {
        "request": uuid.uuid4().hex,
        "name": "Philomena Mispelt",
        "born": "1979-02-03",
        "sex": "female",
        "phone": "+41 44 000 00 00",
        "reason": "identity card seen",
        **changes,
    }
    return client.post(f"/patient/{patient}/identity/correct/", fields)


def test_a_correction_counts_at_once_and_names_what_it_puts_right(sign_in: Any, patient: str) -> None:
    client = sign_in(Role.COORDINATOR)
    assert correct(client, patient).status_code == 302
    person = person_file(the_practice(), patient).chart.person
    assert (person.name, person.born) == ("Philomena Mispelt", date(1979, 2, 3))
    first, second = identities(the_practice(), patient)
    entries = {entry.seq: entry for entry in the_practice().record.entries(PERSON.stream(patient))}
    assert entries[second.seq].corrects == first.seq
    page = client.get(f"/patient/{patient}/identity/").content.decode()
    for words in ("Philomena Mispelt", "Filomena Misspelt", "identity card seen", "3 Feb 1979"):
        assert words in page


def test_what_is_said_is_sealed(sign_in: Any, patient: str) -> None:
    correct(sign_in(Role.COORDINATOR), patient)
    raw = str([entry.payload for entry in the_practice().record.entries(PERSON.stream(patient))])
    assert "Mispelt" not in raw
    assert "identity card" not in raw


@pytest.mark.parametrize(
    "changes", [{"reason": " "}, {"name": ""}, {"born": "2179-01-01"}, {"born": "1879-01-01"}]
)
def test_what_is_wrong_is_refused_and_kept_as_typed(
    sign_in: Any, patient: str, changes: dict[str, str]
) -> None:
    answer = correct(sign_in(Role.PRESCRIBER), patient, **changes)
    assert answer.status_code == 422
    assert "+41 44 000 00 00" in answer.content.decode()
    assert len(identities(the_practice(), patient)) == 1


def test_a_correction_that_is_sent_twice_is_one_and_one_that_changes_nothing_none(
    sign_in: Any, patient: str
) -> None:
    client, request = sign_in(Role.COORDINATOR), uuid.uuid4().hex
    assert correct(client, patient, request=request).status_code == 302
    assert correct(client, patient, request=request).status_code == 302
    assert correct(client, patient).status_code == 422
    assert len(identities(the_practice(), patient)) == 2


def test_who_does_not_refer_reads_and_corrects_nothing(sign_in: Any, patient: str) -> None:
    client = sign_in(Role.MONITOR)
    assert b"Correct it" not in client.get(f"/patient/{patient}/identity/").content
    assert correct(client, patient).status_code == 403
    assert sign_in(Role.RESEARCHER).get(f"/patient/{patient}/identity/").status_code == 403
