"""The evidence: every entry is there, those that failed or are refused are in plain sight."""

from __future__ import annotations

from typing import Any

import pytest
from tests.clinic.conftest import screenshot, sign_in_by_cookie, violations

from ataraxy.clinic.access.roles import Role
from ataraxy.evidence.trials import load_trials

pytestmark = pytest.mark.usefixtures("accounts")
TRIALS = load_trials()


def test_every_entry_is_listed_and_opens(sign_in: Any) -> None:
    client = sign_in(Role.PRESCRIBER)
    page = client.get("/evidence/")
    assert [row["trial"].id for row in page.context["rows"]] == [trial.id for trial in TRIALS.trials]
    for trial in TRIALS.trials:
        answer = client.get(f"/evidence/{trial.id}/")
        assert answer.status_code == 200
        assert sum(len(rows) for _, rows in answer.context["sections"]) == len(trial.rows)
    assert client.get("/evidence/no_such_trial/").status_code == 404


def test_a_refused_entry_says_so_and_why(sign_in: Any) -> None:
    client = sign_in(Role.PRESCRIBER)
    assert TRIALS.refused
    for trial in TRIALS.refused:
        answer = client.get(f"/evidence/{trial.id}/")
        assert answer.context["badge"] == ("stop", "Refused")
        assert b"Refused" in answer.content
    listed = client.get("/evidence/", {"status": "refused"}).context["rows"]
    assert [row["trial"].id for row in listed] == [trial.id for trial in TRIALS.refused]


def test_a_filter_keeps_the_trial_that_found_nothing(sign_in: Any) -> None:
    rows = sign_in(Role.RESEARCHER).get("/evidence/", {"disorder": "PTSD"}).context["rows"]
    assert all("PTSD" in row["trial"].indications for row in rows)
    assert ("abdallah_2022", 158) in [(row["trial"].id, row["trial"].n) for row in rows]
    assert len(rows) < len(TRIALS.trials)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_used_by_everybody(new_page: Any, sign_in: Any, scheme: str) -> None:
    page = new_page(scheme=scheme)
    sign_in_by_cookie(page, sign_in(Role.PRESCRIBER))
    for name, address in (("evidence", "/evidence/"), ("evidence-trial", "/evidence/abdallah_2022/")):
        page.goto(address)
        page.wait_for_selector("h1")
        assert violations(page) == []
        screenshot(page, name, scheme)
