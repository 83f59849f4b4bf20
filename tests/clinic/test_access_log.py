"""The access log: complete, append-only, without anything that somebody typed; and the server's own log."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from ataraxy.clinic.access.discretion import DiscreetFilter, DiscreetFormatter
from ataraxy.clinic.access.rates import OncePer, RateLimit
from ataraxy.clinic.access.roles import Role
from ataraxy.errors import InputError

ADMITS = RateLimit.admits  # the fixtures of this folder lift the limit
pytestmark = pytest.mark.usefixtures("accounts")


@pytest.mark.parametrize("change", ["update", "delete"])
def test_a_line_is_neither_changed_nor_removed(log: Any, change: str, sign_in: Any) -> None:
    sign_in(Role.MONITOR)
    lines = log()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        lines.update(person="") if change == "update" else lines.delete()
    assert lines.count() == 1


def test_what_was_seen_is_written_before_the_answer_leaves(
    sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ataraxy.clinic.access import middleware

    client = sign_in(Role.ADMINISTRATOR)

    def full(*_: object, **__: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(middleware, "record", full)
    client.raise_request_exception = False
    answer = client.get("/administration/people/")
    assert answer.status_code == 500
    assert b"Prescriber Example" not in answer.content


def test_what_was_done_says_who_what_and_with_which_permission(log: Any, sign_in: Any, people: Any) -> None:
    client = sign_in(Role.ADMINISTRATOR)
    client.post(f"/administration/people/{people[Role.MONITOR].pk}/active/", {"active": "no"})
    done = log().get(kind="done")
    assert (done.view, done.method, done.permission, done.outcome) == (
        "people_active",
        "POST",
        "admin.people",
        "admitted",
    )
    closed = log().get(kind="person_deactivated")
    assert (closed.person, closed.subject) == (people[Role.ADMINISTRATOR].pk, people[Role.MONITOR].pk)


def test_no_line_holds_what_was_typed(log: Any, sign_in: Any) -> None:
    client = sign_in(Role.AUDITOR)
    client.get("/audit/access/?patient=Anna-Muster")
    client.get("/audit/access/?kind=Anna+Muster")
    lines = str(list(log().values()))
    assert "Anna" not in lines


def test_the_auditor_finds_lines_by_person_kind_day_and_patient(sign_in: Any, people: Any) -> None:
    sign_in(Role.THERAPIST).get("/administration/people/")
    client = sign_in(Role.AUDITOR)
    page = client.get("/audit/access/", {"kind": "denied", "person": people[Role.THERAPIST].pk})
    assert [row["entry"].view for row in page.context["rows"]] == ["people"]
    assert client.get("/audit/access/", {"patient": "feedface"}).context["rows"] == []
    assert client.get("/audit/access/", {"day": "1999-01-01"}).context["rows"] == []


def test_every_kind_of_line_has_words() -> None:
    import re
    from pathlib import Path

    import ataraxy.clinic
    from ataraxy.clinic.pages.access_log.views import WORDS

    kinds = set()
    for file in Path(ataraxy.clinic.__file__).parent.rglob("*.py"):
        kinds |= set(re.findall(r'\brecord\(\s*"([a-z_]+)"', file.read_text(encoding="utf-8")))
    assert kinds - set(WORDS) == set()


def line(message: str, error: BaseException | None = None, name: str = "django.request") -> str:
    info = None
    if error is not None:
        try:
            raise error
        except type(error):
            import sys

            info = sys.exc_info()
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, (), info)
    assert DiscreetFilter().filter(record)
    return DiscreetFormatter().format(record)


def test_the_servers_log_says_where_and_not_with_which_value() -> None:
    text = line("Internal Server Error: /patients/ab12/", ValueError("Anna Muster"))
    assert "Anna" not in text
    assert "ValueError at test_access_log.py" in text


def test_the_servers_log_holds_no_query() -> None:
    assert "Anna" not in line("Not Found: /people/?name=Anna&born=1980")


def test_our_errors_keep_their_code_in_the_servers_log() -> None:
    assert "[clinic.secret]" in line("failed", InputError("Anna", code="clinic.secret"))


def test_a_rate_limit_refills_with_time_and_keeps_browsers_apart() -> None:
    now = [0.0]
    limit = RateLimit(burst=3, per_second=1, clock=lambda: now[0])

    def admits(key: str) -> bool:
        return ADMITS(limit, key)

    assert [admits("a") for _ in range(4)] == [True, True, True, False]
    assert admits("b")
    now[0] = 2.0
    assert [admits("a") for _ in range(3)] == [True, True, False]


def test_once_per_time_says_yes_again_when_it_is_over() -> None:
    now = [0.0]
    once = OncePer(10, clock=lambda: now[0])
    assert [once("a"), once("a"), once("b")] == [True, False, True]
    now[0] = 10.0
    assert once("a")
