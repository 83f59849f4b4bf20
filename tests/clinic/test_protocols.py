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
