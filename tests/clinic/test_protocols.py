"""Protocols: every version is readable, retired ones too; any two can be compared; reading changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from tests.clinic.a_visit import DIRECTOR, make_site

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.the_practice import the_practice
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.practice.site import adopt_protocol, retire, the_site

pytestmark = pytest.mark.usefixtures("accounts")
NAME = "ketamine-sc-ascending"


def test_a_retired_version_stays_readable_and_two_versions_compare(sign_in: Any) -> None:
    make_site()
    practice, first = the_practice(), load_protocol(NAME)
    adopt_protocol(practice, first, by=DIRECTOR)
    adopt_protocol(practice, first.model_copy(update={"title": "Another title"}), by=DIRECTOR)
    old, new = the_site(practice).versions("protocol", NAME)[-2:]
    retire(practice, "protocol", NAME, old.version, "Replaced by the next", by=DIRECTOR)
    client = sign_in(Role.AUDITOR)
    page = client.get(f"/protocols/version/{NAME}/{old.version}/")
    assert page.status_code == 200
    assert b"Replaced by the next" in page.content
    assert old.sha256.encode() in page.content
    compared = client.get("/protocols/compare/", {"before": old.label, "after": new.label})
    assert [(c.place, c.after) for c in compared.context["changes"]] == [("title", "Another title")]
    assert "+title: Another title" in compared.context["lines"]
    listed = client.get("/protocols/")
    assert {old.label, new.label} <= set(listed.context["labels"])
    assert client.get("/protocols/compare/", {"before": old.label, "after": "none/1"}).status_code == 404
    assert client.get(f"/protocols/version/{NAME}/99999/").status_code == 404


def test_the_medical_director_adopts_what_was_shown_and_retires_it(sign_in: Any) -> None:
    from tests.clinic.conftest import PASSWORD

    make_site()
    client = sign_in(Role.MEDICAL_DIRECTOR)
    shown = client.get(f"/rules/upload/protocol/?shipped={NAME}")
    assert shown.status_code == 200
    initial = shown.context["adopt_form"].initial
    refused = client.post("/rules/adopt/protocol/", {**initial, "secret": "wrong"})
    assert refused.status_code == 422
    before = len(the_site(the_practice()).versions("protocol", NAME))
    other = initial["text"].replace("title:", "title: Shorter than", 1)
    assert (
        client.post("/rules/adopt/protocol/", {**initial, "text": other, "secret": PASSWORD}).status_code
        == 422
    )
    adopted = client.post("/rules/adopt/protocol/", {**initial, "secret": PASSWORD})
    assert adopted.status_code == 302
    versions = the_site(the_practice()).versions("protocol", NAME)
    assert len(versions) == before + 1
    newest = versions[-1]
    page = f"/rules/document/protocol/{NAME}/{newest.version}/retire/"
    client.post(page, {"reason": "not given any more", "secret": PASSWORD})
    assert the_site(the_practice()).versions("protocol", NAME)[-1].retired_at is not None


def test_nobody_else_adopts_a_protocol(sign_in: Any) -> None:
    for role in (Role.PRESCRIBER, Role.MONITOR, Role.RESEARCHER):
        assert sign_in(role).get("/rules/upload/protocol/").status_code == 403


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_used_by_everybody(new_page: Any, sign_in: Any, scheme: str) -> None:
    from tests.clinic.conftest import screenshot, sign_in_by_cookie, violations

    make_site()
    page = new_page(scheme=scheme)
    sign_in_by_cookie(page, sign_in(Role.MEDICAL_DIRECTOR))
    page.goto("/protocols/")
    page.wait_for_selector("h1")
    assert violations(page) == []
    screenshot(page, "protocols", scheme)
