"""Administration: who may be made what by whom; two people for second factors; nobody for themselves."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from tests.clinic.conftest import PASSWORD

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts import administration, staff_file
from ataraxy.clinic.accounts.models import FactorReset, Person
from ataraxy.clinic.the_practice import the_practice
from ataraxy.therapy.credential import Credential, CredentialKind
from ataraxy.therapy.refusal import Refusal

pytestmark = pytest.mark.usefixtures("accounts")


@pytest.fixture
def second(people: Any) -> Person:
    from tests.clinic.conftest import enrol

    person = Person.objects.create_person(
        "second",
        "Second Administrator",
        password="x" * 12,
        roles=[Role.ADMINISTRATOR],
        must_change_password=False,
    )
    enrol(person)
    return person


def test_a_new_person_signs_in_with_the_password_that_was_shown_once(sign_in: Any) -> None:
    answer = sign_in(Role.ADMINISTRATOR).post(
        "/administration/people/new/",
        {"display_name": "Nora Lind", "sign_in_name": "Nora.Lind", "roles": ["monitor", "therapist"]},
    )
    # small letters only: the name is refused as typed and taken in small letters
    assert answer.status_code == 422
    answer = sign_in(Role.ADMINISTRATOR).post(
        "/administration/people/new/",
        {"display_name": "Nora Lind", "sign_in_name": "nora.lind", "roles": ["monitor", "therapist"]},
    )
    password = answer.context["password"]
    person = Person.objects.get(sign_in_name="nora.lind")
    assert person.roles == {Role.MONITOR, Role.THERAPIST}
    assert person.must_change_password
    assert Client().post("/sign-in/", {"login": "nora.lind", "password": password}).status_code == 302
    assert (
        password.encode()
        not in sign_in(Role.ADMINISTRATOR).get(f"/administration/people/{person.pk}/").content
    )


def test_a_name_is_used_once(sign_in: Any) -> None:
    form = {"display_name": "Another", "sign_in_name": "monitor", "roles": ["monitor"]}
    assert sign_in(Role.ADMINISTRATOR).post("/administration/people/new/", form).status_code == 422


def test_nobody_changes_their_own_roles(sign_in: Any, people: Any) -> None:
    me = people[Role.ADMINISTRATOR]
    answer = sign_in(Role.ADMINISTRATOR).post(
        f"/administration/people/{me.pk}/roles/", {"roles": ["administrator", "prescriber"]}
    )
    assert answer.status_code == 422
    assert Person.objects.get(pk=me.pk).roles == {Role.ADMINISTRATOR}


def test_roles_hold_from_the_next_page_on(sign_in: Any, people: Any) -> None:
    monitor = sign_in(Role.MONITOR)
    assert monitor.get("/audit/access/").status_code == 403
    sign_in(Role.ADMINISTRATOR).post(
        f"/administration/people/{people[Role.MONITOR].pk}/roles/", {"roles": ["auditor"]}
    )
    assert monitor.get("/audit/access/").status_code == 200


def test_the_last_administrator_stays(people: Any, second: Person) -> None:
    administration.set_roles(people[Role.ADMINISTRATOR], [], by=second)
    with pytest.raises(administration.Refused, match="no administrator"):
        administration.set_roles(second, [], by=people[Role.MONITOR])
    with pytest.raises(administration.Refused, match="no administrator"):
        administration.set_active(second, False, by=people[Role.MONITOR])


def test_nobody_closes_their_own_account(people: Any, second: Person) -> None:
    with pytest.raises(administration.Refused, match="their own account"):
        administration.set_active(second, False, by=second)


def test_second_factors_are_reset_by_two_people_and_not_by_one(people: Any, second: Person) -> None:
    one, other = people[Role.ADMINISTRATOR], people[Role.MONITOR]
    reset = administration.ask_factor_reset(other, by=one)
    with pytest.raises(administration.Refused, match="second person"):
        administration.decide_factor_reset(reset, agreed=True, by=one)
    with pytest.raises(administration.Refused, match="second person"):
        administration.decide_factor_reset(reset, agreed=True, by=other)
    assert Authenticator.objects.filter(user=other).exists()
    administration.decide_factor_reset(reset, agreed=True, by=second)
    assert not Authenticator.objects.filter(user=other).exists()
    with pytest.raises(administration.Refused, match="decided already"):
        administration.decide_factor_reset(reset, agreed=True, by=second)


def test_a_reset_of_factors_ends_every_session(sign_in: Any, people: Any, second: Person) -> None:
    client = sign_in(Role.MONITOR)
    reset = administration.ask_factor_reset(people[Role.MONITOR], by=people[Role.ADMINISTRATOR])
    administration.decide_factor_reset(reset, agreed=True, by=second)
    assert client.get("/account/").status_code == 302


def test_whoever_asked_for_a_reset_may_withdraw_it(people: Any) -> None:
    one = people[Role.ADMINISTRATOR]
    reset = administration.ask_factor_reset(people[Role.MONITOR], by=one)
    administration.decide_factor_reset(reset, agreed=False, by=one)
    assert not FactorReset.objects.get().agreed


def test_nobody_asks_for_a_reset_of_their_own_factors(people: Any) -> None:
    with pytest.raises(administration.Refused, match="their own factors"):
        administration.ask_factor_reset(people[Role.ADMINISTRATOR], by=people[Role.ADMINISTRATOR])


def test_the_whole_reset_goes_through_the_pages(sign_in: Any, people: Any, second: Person) -> None:
    page = f"/administration/people/{people[Role.MONITOR].pk}/"
    first, other = sign_in(Role.ADMINISTRATOR), sign_in(second)
    first.post(page + "factors/reset/")
    assert b"waits for a second person" in other.get("/administration/people/").content
    reset = FactorReset.objects.get()
    first.post(f"{page}factors/reset/{reset.pk}/", {"agree": "yes"})
    assert Authenticator.objects.filter(user=people[Role.MONITOR]).exists()
    other.post(f"{page}factors/reset/{reset.pk}/", {"agree": "yes"})
    assert not Authenticator.objects.filter(user=people[Role.MONITOR]).exists()


@pytest.mark.parametrize(
    ("days", "state"), [(-1, "expired"), (0, "due"), (60, "due"), (61, "ok"), (None, "unknown")]
)
def test_a_credential_counts_through_its_last_day(days: int | None, state: str) -> None:
    today = date(2026, 3, 1)
    until = None if days is None else today + timedelta(days=days)
    credential = Credential(kind=CredentialKind.LIFE_SUPPORT, issuer="Board", valid_until=until)
    assert staff_file.state_of(credential, today) == state


def a_colleague(role: Role = Role.PRESCRIBER) -> Person:
    name = f"c{uuid.uuid4().hex[:10]}"
    return Person.objects.create_person(name, "A Colleague", password=PASSWORD, roles=[role])


def test_a_credential_is_recorded_where_the_gate_reads_it_and_withdrawn_for_good(
    log: Any, sign_in: Any
) -> None:
    subject, client, practice = a_colleague(), sign_in(Role.ADMINISTRATOR), the_practice()
    page = f"/administration/people/{subject.pk}/credentials/"
    day = timezone.localdate() + timedelta(days=400)
    form = {"kind": "prescriber_licence", "issuer": "Board", "valid_until": day.isoformat()}
    assert client.post(page, form | {"valid_until": "2001-01-01"}).status_code == 422
    assert client.post(page, form | {"issued_on": "2099-01-01"}).status_code == 422
    assert client.post(page, form).status_code == 302
    held = staff_file.file_of(practice, subject)
    assert held is not None
    assert held.professional("prescriber").in_date(timezone.now()).members == {"prescriber_licence"}
    assert "Licence to prescribe" in client.get(f"/administration/people/{subject.pk}/").content.decode()
    assert client.post(f"{page}withdraw/", {"kind": "life_support", "issuer": "Board"}).status_code == 404
    client.post(f"{page}withdraw/", {"kind": "prescriber_licence", "issuer": "Board"})
    after = staff_file.file_of(practice, subject)
    assert after is not None
    assert after.professional("prescriber").in_date(timezone.now()).members == frozenset()
    kinds = [entry.kind for entry in practice.record.entries(f"staff/{subject.staff_id}")]
    assert kinds == ["staff.joined", "staff.credential_recorded", "staff.credential_recorded"]
    assert {"credential_recorded", "credential_withdrawn"} <= set(log().values_list("kind", flat=True))


def test_the_record_follows_roles_and_closing_of_an_account(sign_in: Any) -> None:
    client, practice = sign_in(Role.ADMINISTRATOR), the_practice()
    subject = a_colleague(Role.MONITOR)
    page = f"/administration/people/{subject.pk}/"
    client.post(f"{page}roles/", {"roles": ["monitor", "therapist"]})
    held = staff_file.file_of(practice, subject)
    assert held is not None
    assert {role.value for role in held.roles} == {"monitor", "therapist"}
    client.post(f"{page}active/", {"active": "no"})
    left = staff_file.file_of(practice, subject)
    assert left is not None
    assert (left.active, left.roles) == (False, ())


def test_accounts_that_the_record_does_not_know_are_said_and_brought_into_step(sign_in: Any) -> None:
    client, subject = sign_in(Role.ADMINISTRATOR), a_colleague()
    assert "differ" in client.get("/administration/people/").content.decode()
    client.post("/administration/people/in-step/")
    assert staff_file.in_step(the_practice(), subject)


def test_nobody_writes_their_own_roles_into_the_record(people: Any) -> None:
    practice, admin = the_practice(), people[Role.ADMINISTRATOR]
    staff_file.bring_into_step(practice, a_colleague(), by=admin)  # the clinic has somebody by now
    own = Person.objects.create_person("alone", "Alone", password=PASSWORD, roles=[Role.ADMINISTRATOR])
    with pytest.raises(Refusal) as refused:
        staff_file.bring_into_step(practice, own, by=own)
    assert refused.value.code == "staff.self"


def test_a_one_time_password_ends_after_three_days(people: Any) -> None:
    password = administration.renew_password(people[Role.MONITOR], by=None)
    form = {"login": "monitor", "password": password}
    person = Person.objects.filter(sign_in_name="monitor")
    assert Client().post("/sign-in/", form).headers["Location"] == "/sign-in/second-factor/"
    person.update(one_time_until=timezone.now() - timedelta(seconds=1))
    client = Client()
    assert client.post("/sign-in/", form).headers["Location"] == "/sign-in/"
    assert client.get("/account/").status_code == 302


def test_an_administrator_signs_somebody_out_everywhere(sign_in: Any, people: Any) -> None:
    client = sign_in(Role.MONITOR)
    sign_in(Role.ADMINISTRATOR).post(f"/administration/people/{people[Role.MONITOR].pk}/sessions/end/")
    assert client.get("/account/").status_code == 302
