"""Audit: who recorded what without what it says; the chain verified beside the server; anchors; the sealed export."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.clinic.a_visit import NURSES, Visit, make_site, make_visit

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.home import ClinicHome
from ataraxy.clinic.pages.audit import verification
from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice.journal import journal
from ataraxy.record.verify import verify_file

pytestmark = pytest.mark.usefixtures("accounts")


@pytest.fixture
def visit(people: Any) -> Visit:
    make_site()
    return make_visit(people, name="Ada Sample")


@pytest.fixture
def auditor(sign_in: Any, visit: Visit) -> Any:
    return sign_in(Role.AUDITOR)


def ended(home: ClinicHome) -> verification.Outcome:
    """The outcome of the verification that runs, once it has ended."""
    deadline = time.monotonic() + 60
    while verification.running_since(home) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    found = verification.last_outcome(home)
    assert found is not None
    return found


def test_entries_are_shown_by_author_and_without_what_they_say(auditor: Any, visit: Visit) -> None:
    page = auditor.get("/audit/entries/", {"about": "person", "id": visit.patient})
    text = page.content.decode()
    assert visit.patient in text
    assert "Referred" in text
    assert "Ada" not in text
    assert {row["line"].about for row in page.context["rows"]} == {"person"}


def test_entries_are_found_by_kind_and_day(auditor: Any, visit: Visit) -> None:
    rows = auditor.get("/audit/entries/", {"kind": "session.checked_in"}).context["rows"]
    assert {row["line"].kind for row in rows} == {"session.checked_in"}
    assert auditor.get("/audit/entries/", {"day": "1999-01-01"}).context["rows"] == []


@pytest.mark.parametrize(
    "query", ["before=x", "before=-1", "before=9" * 9, "id=%00%27--", "day=2026-99-99", "kind=A"]
)
def test_a_strange_filter_shows_entries_and_fails_nowhere(auditor: Any, query: str) -> None:
    assert auditor.get(f"/audit/entries/?{query}").status_code == 200


def test_older_entries_follow_on_without_a_gap(visit: Visit) -> None:
    practice = the_practice()
    newest = journal(practice, limit=5)
    older = journal(practice, limit=5, before=newest[-1].seq)
    numbers = [line.seq for line in (*newest, *older)]
    assert numbers == list(range(numbers[0], numbers[0] - 10, -1))


def test_the_journal_of_one_author_holds_nobody_elses(visit: Visit) -> None:
    lines = journal(the_practice(), limit=100, author=NURSES[0].id)
    assert {line.author for line in lines} == {NURSES[0].id}


def test_the_chain_is_verified_beside_the_server_and_the_head_is_shown(
    auditor: Any, clinic: ClinicHome, log: Any
) -> None:
    head = the_practice().record.head()
    assert auditor.post("/audit/verify/").status_code == 302
    found = ended(clinic)
    assert (found.valid, found.entries, found.head) == (True, head.seq, head.hash)
    page = auditor.get("/audit/").content.decode()
    assert head.hash in page
    assert "Valid" in page
    assert log().filter(kind="record_verified").exists()


def test_a_second_verification_does_not_start_beside_the_first(clinic: ClinicHome) -> None:
    lock = verification._lock(clinic)
    assert lock is not None
    with lock:
        assert not verification.start(clinic, by="x")
        assert verification.running_since(clinic) is not None
    assert verification.running_since(clinic) is None


def test_anchors_that_fit_are_counted_and_one_that_does_not_is_said(auditor: Any, clinic: ClinicHome) -> None:
    kept = auditor.get("/audit/anchor/").content
    auditor.post("/audit/verify/", {"anchors": SimpleUploadedFile("a.json", kept)})
    found = ended(clinic)
    assert (found.valid, found.anchors) == (True, 1)
    forged = json.loads(kept) | {"hash": "0" * 64}
    auditor.post("/audit/verify/", {"anchors": SimpleUploadedFile("a.json", json.dumps(forged).encode())})
    found = ended(clinic)
    assert (found.valid, found.at) == (False, forged["seq"])
    assert "Not valid" in auditor.get("/audit/").content.decode()


@pytest.mark.parametrize("content", [b"{}", b"\xff\x00", b"[" * 9000, b'{"format": 1}\n' * 3])
def test_what_is_no_file_of_anchors_gives_no_answer(auditor: Any, clinic: ClinicHome, content: bytes) -> None:
    auditor.post("/audit/verify/", {"anchors": SimpleUploadedFile("a.json", content)})
    assert ended(clinic).valid is None


def test_the_export_is_sealed_and_the_verifier_reads_it(
    auditor: Any, tmp_path: Path, log: Any, visit: Visit
) -> None:
    head = the_practice().record.head()
    answer = auditor.post("/audit/export/")
    assert answer["Content-Disposition"].startswith("attachment")
    content = b"".join(answer.streaming_content)
    assert b"Ada Sample" not in content
    file = tmp_path / "x.jsonl"
    file.write_bytes(content)
    found = verify_file(file)
    assert (found.valid, found.head) == (True, head.hash)
    assert log().filter(kind="record_exported").get().detail == f"to entry {head.seq}"


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.AUDITOR])
def test_nobody_else_audits(role: Role, sign_in: Any) -> None:
    client = sign_in(role)
    for path in ("/audit/", "/audit/entries/", "/audit/anchor/"):
        assert client.get(path).status_code == 403
    for path in ("/audit/verify/", "/audit/export/"):
        assert client.post(path).status_code == 403


def test_what_a_verification_leaves_is_for_its_owner_alone(auditor: Any, clinic: ClinicHome) -> None:
    auditor.post("/audit/verify/")
    ended(clinic)
    for name in ("verification.json", "verification.lock"):
        assert (clinic.path / name).stat().st_mode & 0o077 == 0
