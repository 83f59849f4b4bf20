"""Pages of tokens: made once and shown once, agreed to by the person in whose name they act, ended by either."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ataraxy.clinic.access import tokens
from ataraxy.clinic.access.models import AccessToken
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.roles import Role

pytestmark = pytest.mark.usefixtures("accounts")


def ask(people: Any, role: Role = Role.MONITOR, **other: Any) -> dict[str, Any]:
    return {
        "label": "Monitor of chair 2",
        "person": people[role].pk,
        "scopes": ["session.view", "session.chart"],
        "days": 30,
    } | other


def answers_to(secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return int(Client().get("/api/sessions/today", headers=headers).status_code)


def test_a_token_is_shown_once_and_waits_for_its_person(sign_in: Any, people: Any) -> None:
    made = sign_in(Role.ADMINISTRATOR).post("/administration/tokens/", ask(people, scopes=["today.view"]))
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert secret not in sign_in(Role.ADMINISTRATOR).get("/administration/tokens/").content.decode()
    assert answers_to(secret) == 401
    token = AccessToken.objects.get(digest=AccessToken.digest_of(secret))
    sign_in(Role.MONITOR).post(f"/account/tokens/{token.pk}/", {"agree": "yes"})
    assert answers_to(secret) == 200
    sign_in(Role.MONITOR).post(f"/account/tokens/{token.pk}/", {"agree": "no"})
    assert answers_to(secret) == 401


def test_nobody_agrees_for_another(sign_in: Any, people: Any) -> None:
    secret = tokens.issue(people[Role.MONITOR], label="x", scopes=[Permission.TODAY_VIEW], days=1, by="")
    token = AccessToken.objects.get(digest=AccessToken.digest_of(secret))
    for role in (Role.ADMINISTRATOR, Role.PRESCRIBER):
        assert sign_in(role).post(f"/account/tokens/{token.pk}/", {"agree": "yes"}).status_code == 404
    assert answers_to(secret) == 401


def test_a_revoked_token_is_not_brought_back_by_agreeing(sign_in: Any, people: Any) -> None:
    secret = tokens.issue(people[Role.MONITOR], label="x", scopes=[Permission.TODAY_VIEW], days=1, by="")
    token = AccessToken.objects.get(digest=AccessToken.digest_of(secret))
    sign_in(Role.ADMINISTRATOR).post(f"/administration/tokens/{token.pk}/revoke/")
    sign_in(Role.MONITOR).post(f"/account/tokens/{token.pk}/", {"agree": "yes"})
    assert answers_to(secret) == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": ["alert.acknowledge"]},
        {"scopes": ["admin.people"]},
        {"scopes": []},
        {"days": 0},
        {"days": 9999},
    ],
)
def test_a_token_beyond_its_person_or_without_end_is_refused(sign_in: Any, people: Any, wrong: Any) -> None:
    before = AccessToken.objects.count()
    answer = sign_in(Role.ADMINISTRATOR).post("/administration/tokens/", ask(people, **wrong))
    assert answer.status_code == 422
    assert "Monitor of chair 2" in answer.content.decode()
    assert AccessToken.objects.count() == before


def test_making_agreeing_and_revoking_are_written_down(sign_in: Any, people: Any, log: Any) -> None:
    made = sign_in(Role.ADMINISTRATOR).post("/administration/tokens/", ask(people))
    token = AccessToken.objects.get(digest=AccessToken.digest_of(made.context["secret"]))
    sign_in(Role.MONITOR).post(f"/account/tokens/{token.pk}/", {"agree": "yes"})
    sign_in(Role.ADMINISTRATOR).post(f"/administration/tokens/{token.pk}/revoke/")
    kinds = [line.kind for line in log().filter(detail=token.pk).order_by("id")]
    assert kinds == ["token_issued", "token_agreed", "token_revoked"]
