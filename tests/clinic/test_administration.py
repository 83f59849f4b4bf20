"""Administration: who may be made what by whom; two people for second factors; nobody for themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts import administration
from ataraxy.clinic.accounts.models import Credential, FactorReset, Person

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


@pytest.mark.parametrize(("days", "state"), [(-1, "expired"), (0, "due"), (60, "due"), (61, "ok")])
def test_a_credential_counts_through_its_last_day(days: int, state: str) -> None:
    today = date(2026, 3, 1)
    assert Credential(expires_on=today + timedelta(days=days)).state(today) == state


def test_a_credential_is_recorded_and_withdrawn_and_stays_readable(
    log: Any, sign_in: Any, people: Any
) -> None:
    page = f"/administration/people/{people[Role.MONITOR].pk}/credentials/"
    client = sign_in(Role.ADMINISTRATOR)
    day = timezone.localdate() + timedelta(days=400)
    form = {"kind": "licence", "issuer": "Board", "reference": "", "expires_on": day.isoformat()}
    assert client.post(page, form | {"expires_on": "2001-01-01"}).status_code == 422
    client.post(page, form)
    credential = Credential.objects.get()
    client.post(f"{page}{credential.pk}/withdraw/")
    credential.refresh_from_db()
    assert credential.withdrawn_at is not None
    kinds = set(log().values_list("kind", flat=True))
    assert {"credential_recorded", "credential_withdrawn"} <= kinds


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
