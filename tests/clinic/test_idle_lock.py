"""The idle lock: the server's own, opened with PIN or password, never by waiting, never by a poll."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from tests.clinic.conftest import PASSWORD

from ataraxy.clinic.access.models import Presence
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person

pytestmark = pytest.mark.usefixtures("accounts")
JSON = {"accept": "application/json"}


def leave(seconds: float | None = None) -> None:
    """As if nobody had touched the browser for so long."""
    idle = settings.HOME.settings.idle_lock_seconds + 1 if seconds is None else seconds
    Presence.objects.update(seen_at=timezone.now() - timedelta(seconds=idle))


def give_pin(person: Person, pin: str = "274951") -> None:
    person.set_pin(pin)
    person.save()


def test_a_browser_left_alone_shows_the_lock_and_nothing_of_the_page(sign_in: Any) -> None:
    client = sign_in(Role.ADMINISTRATOR)
    leave()
    answer = client.get("/administration/people/")
    assert answer.headers["Location"] == "/lock/?next=%2Fadministration%2Fpeople%2F"
    assert b"Prescriber Example" not in client.get("/lock/").content


def test_just_before_the_time_it_is_still_open(sign_in: Any) -> None:
    client = sign_in(Role.ADMINISTRATOR)
    leave(settings.HOME.settings.idle_lock_seconds - 5)
    assert client.get("/administration/people/").status_code == 200


def test_what_is_sent_while_locked_is_not_done(sign_in: Any, people: Any) -> None:
    client = sign_in(Role.ADMINISTRATOR)
    client.post("/lock/now/")
    answer = client.post(f"/administration/people/{people[Role.MONITOR].pk}/active/", {"active": "no"})
    assert answer.status_code == 423
    assert Person.objects.get(pk=people[Role.MONITOR].pk).is_active


def test_a_script_is_told_423_and_where_to_go(sign_in: Any) -> None:
    client = sign_in(Role.MONITOR)
    client.post("/lock/now/", headers=JSON)
    answer = client.get("/account/", headers={"hx-request": "true"})
    assert (answer.status_code, answer.json()) == (423, {"code": "access.locked", "go": "/lock/"})


@pytest.mark.parametrize("secret", ["274951", PASSWORD])
def test_pin_or_password_opens_it_and_the_page_goes_on(secret: str, sign_in: Any, people: Any) -> None:
    give_pin(people[Role.MONITOR])
    client = sign_in(Role.MONITOR)
    client.post("/lock/now/")
    assert client.get("/account/").status_code == 302
    assert client.post("/lock/", {"secret": secret}, headers=JSON).json() == {"unlocked": True}
    assert client.get("/account/").status_code == 200


def test_without_a_pin_the_empty_pin_opens_nothing(sign_in: Any) -> None:
    client = sign_in(Role.MONITOR)
    client.post("/lock/now/")
    for secret in ("", "000000"):
        client.post("/lock/", {"secret": secret})
    assert client.get("/account/").status_code == 302


def test_five_wrong_pins_end_the_session_and_the_right_one_comes_too_late(sign_in: Any, people: Any) -> None:
    give_pin(people[Role.MONITOR])
    client = sign_in(Role.MONITOR)
    client.post("/lock/now/")
    for _ in range(4):
        assert client.post("/lock/", {"secret": "111111"}, headers=JSON).status_code == 422
    assert client.post("/lock/", {"secret": "111111"}, headers=JSON).status_code == 401
    client.post("/lock/", {"secret": "274951"}, headers=JSON)
    assert client.get("/account/").headers["Location"].startswith("/sign-in/")


def test_the_sixth_try_is_not_even_looked_at(sign_in: Any, people: Any) -> None:
    """However many tries arrive at the same moment: each is counted before it is looked at."""
    from ataraxy.clinic.access import presence

    client = sign_in(Role.MONITOR)
    row = Presence.objects.get(pk=client.session["presence"])
    Presence.objects.filter(pk=row.pk).update(failures=presence.WRONG_TRIES)
    assert not presence.unlock(row, people[Role.MONITOR], PASSWORD)


def test_a_locked_browser_does_not_unlock_by_itself_when_it_is_touched(sign_in: Any) -> None:
    client = sign_in(Role.MONITOR)
    leave()
    client.get("/account/")
    Presence.objects.update(seen_at=timezone.now())
    assert client.get("/account/").status_code == 302


def test_touching_the_page_keeps_it_awake(sign_in: Any) -> None:
    client = sign_in(Role.MONITOR)
    leave(200)
    assert client.post("/awake/").status_code == 204
    assert (timezone.now() - Presence.objects.get(pk=client.session["presence"]).seen_at).total_seconds() < 60


def test_a_pin_is_a_hash_and_not_easily_guessed(sign_in: Any, people: Any) -> None:
    client = sign_in(Role.MONITOR)
    for weak in ("123456", "111111", "654321", "12345", "12a456", "121212"):
        assert client.post("/account/pin/", {"password": PASSWORD, "pin": weak}).status_code == 422
    assert client.post("/account/pin/", {"password": "wrong", "pin": "274951"}).status_code == 422
    assert client.post("/account/pin/", {"password": PASSWORD, "pin": "274951"}).status_code == 302
    pin = Person.objects.get(pk=people[Role.MONITOR].pk).pin
    assert pin.startswith("argon2$")


def test_locking_and_unlocking_are_in_the_log(log: Any, sign_in: Any) -> None:
    client = sign_in(Role.MONITOR)
    client.post("/lock/now/")
    client.post("/lock/", {"secret": "wrong one"})
    client.post("/lock/", {"secret": PASSWORD})
    kinds = list(log().order_by("id").values_list("kind", flat=True))
    assert kinds == ["signed_in", "locked", "unlock_failed", "unlocked"]
