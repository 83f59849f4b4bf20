"""The researcher's page: counts, tables to download, and no way to a patient."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from tests.clinic.conftest import screenshot, sign_in_by_cookie, violations

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.pages.research.views import TABLES


def test_a_researcher_gets_tables_and_opens_no_patient(sign_in: Any) -> None:
    client = sign_in(Role.RESEARCHER)
    page = client.get("/research/")
    assert page.status_code == 200
    for table, (_, columns, _) in TABLES.items():
        answer = client.get(f"/research/{table}.csv")
        assert answer.status_code == 200
        assert next(csv.reader(io.StringIO(answer.content.decode()))) == list(columns)
        assert "no-store" in answer["Cache-Control"]
    assert client.get("/research/people.csv").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.RESEARCHER])
def test_nobody_else_does(sign_in: Any, role: Role) -> None:
    assert sign_in(role).get("/research/").status_code == 403


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_used_by_everybody(new_page: Any, sign_in: Any, scheme: str) -> None:
    page = new_page(scheme=scheme)
    sign_in_by_cookie(page, sign_in(Role.RESEARCHER))
    page.goto("/research/")
    page.wait_for_selector("h1")
    assert violations(page) == []
    screenshot(page, "research", scheme)
