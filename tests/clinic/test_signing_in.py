"""Signing in: password, second factor, first sign-in, lock-out, sessions that end when they must."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client
from django.utils import timezone
from tests.clinic.conftest import PASSWORD, without_tokens

from ataraxy.clinic.access.models import Presence
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.accounts.sealing import opened

pytestmark = pytest.mark.usefixtures("accounts")


def enter(client: Client, name: str, password: str = PASSWORD, **extra: str) -> Any:
    return client.post("/sign-in/", {"login": name, "password": password} | extra)


def code_of(secret: str) -> str:
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))


def code(person: Person) -> str:
    app = Authenticator.objects.get(user=person, type=Authenticator.Type.TOTP)
    return code_of(opened(app.data["secret"], "second factor"))


@pytest.fixture
def fresh() -> Person:
    return Person.objects.create_person("fresh", "Fresh Person", password=PASSWORD, roles=[Role.THERAPIST])


def test_a_password_alone_opens_nothing_to_somebody_with_a_second_factor(people: Any) -> None:
    client = Client()
    assert enter(client, "monitor").headers["Location"] == "/sign-in/second-factor/"
    assert client.get("/account/").status_code == 302
    assert client.post("/sign-in/second-factor/", {"code": "000000"}).status_code == 200
    assert client.get("/account/").headers["Location"].startswith("/sign-in/")
    client.post("/sign-in/second-factor/", {"code": code(people[Role.MONITOR])})
    assert client.get("/account/").status_code == 200


def test_a_recovery_code_opens_once(people: Any) -> None:
    codes = Authenticator.objects.get(user=people[Role.MONITOR], type=Authenticator.Type.RECOVERY_CODES)
    one = codes.wrap().get_unused_codes()[0]
    for opens in (True, False):
        client = Client()
        enter(client, "monitor")
        client.post("/sign-in/second-factor/", {"code": one})
        assert (client.get("/account/").status_code == 200) is opens


def test_the_secret_of_an_app_is_not_readable_in_the_database(people: Any) -> None:
    app = Authenticator.objects.get(user=people[Role.MONITOR], type=Authenticator.Type.TOTP)
    assert app.data["secret"].startswith("v1.")


def test_the_first_sign_in_leads_through_password_and_second_factor_and_nowhere_else(fresh: Person) -> None:
    client = Client()
    enter(client, "fresh")
    assert client.get("/account/").headers["Location"] == "/account/password/?next=%2Faccount%2F"
    new = "seven green lanterns"
    changed = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    went = client.post("/account/password/", {**changed, "next": "/account/"}, follow=True)
    assert went.redirect_chain[-1][0].startswith("/account/enrol/"), "a first sign-in goes on by itself"
    assert client.get("/account/").headers["Location"].startswith("/account/enrol/")
    secret = client.get("/account/factors/app/").context["form"].secret
    assert client.post("/account/factors/app/", {"code": "000000"}).status_code == 200
    assert client.get("/account/").status_code == 302
    answer = client.post("/account/factors/app/", {"code": code_of(secret)}, follow=True)
    assert answer.redirect_chain[-1][0] == "/account/factors/codes/"
    assert len(answer.context["unused_codes"]) == 10
    assert client.get("/account/").status_code == 200


def test_recovery_codes_are_shown_once(fresh: Person) -> None:
    client = Client()
    fresh.must_change_password = False
    fresh.save()
    enter(client, "fresh")
    secret = client.get("/account/factors/app/").context["form"].secret
    first = client.post("/account/factors/app/", {"code": code_of(secret)}, follow=True)
    shown = first.context["unused_codes"][0]
    assert shown.encode() in first.content
    assert shown.encode() not in client.get("/account/factors/codes/").content


@pytest.mark.parametrize(
    "password", ["short", "a" * 200, "password1234", "fresh.person12", "ataraxy-ataraxy", "testclinic12"]
)
def test_weak_passwords_are_refused(password: str, fresh: Person) -> None:
    client = Client()
    enter(client, "fresh")
    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": password, "password2": password})
    fresh.refresh_from_db()
    assert fresh.must_change_password
    assert fresh.check_password(PASSWORD)


def test_passwords_are_kept_by_argon2(people: Any) -> None:
    assert people[Role.MONITOR].password.startswith("argon2$argon2id$")


def test_five_wrong_passwords_lock_the_name_even_for_the_right_one(people: Any) -> None:
    for _ in range(5):
        answer = enter(Client(REMOTE_ADDR="10.0.0.1"), "monitor", "wrong")
        assert b"do not match" in answer.content
    answer = enter(Client(REMOTE_ADDR="10.0.0.2"), "monitor")
    assert b"Too many failed attempts" in answer.content
    assert enter(Client(REMOTE_ADDR="10.0.0.2"), "therapist").status_code == 302


def test_ten_wrong_passwords_for_any_name_lock_the_address() -> None:
    for turn in range(10):
        enter(Client(REMOTE_ADDR="10.0.0.9"), f"nobody{turn}", "wrong")
    assert b"Too many failed attempts" in enter(Client(REMOTE_ADDR="10.0.0.9"), "nobody99", "wrong").content


def test_five_wrong_codes_lock_the_second_factor(people: Any) -> None:
    client = Client()
    enter(client, "monitor")
    for _ in range(5):
        client.post("/sign-in/second-factor/", {"code": "000000"})
    client.post("/sign-in/second-factor/", {"code": code(people[Role.MONITOR])})
    assert client.get("/account/").status_code == 302


def test_a_name_that_exists_and_one_that_does_not_are_answered_alike(people: Any) -> None:
    known, unknown = enter(Client(), "monitor", "wrong"), enter(Client(), "nobody", "wrong")
    texts = [without_tokens(answer.content) for answer in (known, unknown)]
    assert texts[0].replace(b"monitor", b"") == texts[1].replace(b"nobody", b"")


def test_nobody_makes_an_account_for_themselves() -> None:
    for path in ("/signup/", "/sign-up/", "/accounts/signup/", "/account/signup/"):
        assert Client().get(path).status_code == 404


def test_a_failed_sign_in_is_logged_without_the_name_that_was_typed(log: Any) -> None:
    enter(Client(), "my secret password", "x")
    line = log().get(kind="sign_in_failed")
    assert (line.person, line.detail) == ("", "unknown name")


def test_the_last_second_factor_of_a_role_with_patients_stays(people: Any, sign_in: Any) -> None:
    client = Client()
    enter(client, "monitor")
    client.post("/sign-in/second-factor/", {"code": code(people[Role.MONITOR])})
    client.post("/account/factors/app/remove/")
    assert Authenticator.objects.filter(user=people[Role.MONITOR], type="totp").exists()


def test_what_changes_an_account_asks_for_the_password_when_the_sign_in_is_old(sign_in: Any) -> None:
    client = sign_in(Role.MONITOR)
    assert client.get("/account/factors/passkeys/add/").status_code == 200
    Presence.objects.update(signed_in_at=timezone.now() - timedelta(minutes=11))
    assert client.get("/account/factors/passkeys/add/").headers["Location"].startswith("/account/confirm/")


def test_signing_out_everywhere_ends_every_browser_at_once(sign_in: Any) -> None:
    here, there = sign_in(Role.MONITOR), sign_in(Role.MONITOR)
    assert there.get("/account/").status_code == 200
    here.post("/account/sessions/end-all/")
    assert here.get("/account/").status_code == there.get("/account/").status_code == 302


def test_one_browser_is_ended_from_another_and_only_by_its_owner(sign_in: Any, people: Any) -> None:
    here, there = sign_in(Role.MONITOR), sign_in(Role.MONITOR)
    theirs = Presence.objects.filter(person=people[Role.MONITOR]).latest("signed_in_at").pk
    assert sign_in(Role.THERAPIST).post(f"/account/sessions/{theirs}/end/").status_code == 404
    here.post(f"/account/sessions/{theirs}/end/")
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200


def test_a_session_ends_after_its_hours_however_busy(sign_in: Any, people: Any) -> None:
    client = sign_in(Role.MONITOR)
    Presence.objects.update(
        signed_in_at=timezone.now() - timedelta(hours=12, seconds=1), seen_at=timezone.now()
    )
    assert client.get("/account/").headers["Location"].startswith("/sign-in/")


def test_a_session_whose_presence_is_gone_is_no_session(sign_in: Any) -> None:
    client = sign_in(Role.MONITOR)
    Presence.objects.all().delete()
    assert client.get("/account/").status_code == 302


def test_a_new_password_ends_the_other_browsers(people: Any, sign_in: Any) -> None:
    here, there = sign_in(Role.MONITOR), sign_in(Role.MONITOR)
    new = "seven green lanterns"
    here.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


def test_a_closed_account_is_out_at_once(people: Any, sign_in: Any) -> None:
    client = sign_in(Role.MONITOR)
    Person.objects.filter(pk=people[Role.MONITOR].pk).update(is_active=False)
    assert client.get("/account/").status_code == 302
    answer = enter(Client(), "monitor")
    assert b"do not match" in answer.content or "closed" in answer.headers.get("Location", "")


def test_home_is_the_first_page_that_the_role_opens(sign_in: Any) -> None:
    assert sign_in(Role.ADMINISTRATOR).get("/").headers["Location"] == "/administration/people/"
    assert sign_in(Role.AUDITOR).get("/").status_code == 302


def test_the_way_on_after_signing_in_stays_in_this_clinic(people: Any) -> None:
    client = Client()
    enter(client, "monitor", next="https://elsewhere.example/")
    answer = client.post("/sign-in/second-factor/", {"code": code(people[Role.MONITOR])})
    assert answer.headers["Location"].startswith("/")
    assert "elsewhere" not in answer.headers["Location"]
