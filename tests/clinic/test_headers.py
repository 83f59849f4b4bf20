"""Headers, cookies and forms of every page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

import ataraxy.clinic
from ataraxy.clinic.access.checks import addresses
from ataraxy.clinic.access.roles import Role

pytestmark = pytest.mark.usefixtures("accounts")
PACKAGE = Path(ataraxy.clinic.__file__).parent
PLAIN = sorted("/" + a.pattern for a in addresses() if not a.converters)


@pytest.mark.parametrize("path", [*PLAIN, "/nowhere/", "/static/clinic.css"])
def test_every_answer_carries_the_headers(path: str, sign_in: Any) -> None:
    for client in (Client(), sign_in(Role.ADMINISTRATOR), sign_in(Role.AUDITOR)):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        if not path.startswith("/static/"):
            assert headers["X-Frame-Options"] == "DENY"
            assert "no-store" in headers["Cache-Control"]


def test_no_template_holds_script_style_or_handlers() -> None:
    wrong = []
    for file in PACKAGE.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        if re.search(r"\sstyle\s*=|\son[a-z]+\s*=|javascript:|hx-on|hx-vals=.js:", text, re.IGNORECASE):
            wrong.append(f"{file.name}: style or handler")
        for tag in re.findall(r"<script\b[^>]*>", text):
            if "src=" not in tag and 'type="application/json"' not in tag:
                wrong.append(f"{file.name}: {tag}")
        if "<style" in text:
            wrong.append(f"{file.name}: style element")
        if "|safe" in text and file.name != "field.html":
            wrong.append(f"{file.name}: |safe")
    assert wrong == []


def test_nothing_is_fetched_from_elsewhere() -> None:
    wrong = [
        f"{file.name}: {found}"
        for pattern in ("*.html", "*.css", "shell.js")
        for file in PACKAGE.rglob(pattern)
        for found in re.findall(
            r"(?:src|href|url\(|action)\s*=?\s*[\"'(]?(?:https?:)?//[^\s\"')]+", file.read_text()
        )
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "path",
    sorted("/" + a.pattern for a in addresses() if not a.converters and a.stated[0] and a.stated[0].writes),
)
def test_nothing_is_changed_without_the_forms_token(path: str, people: Any) -> None:
    from tests.clinic.conftest import Person

    client = Client(enforce_csrf_checks=True)
    client.force_login(Person.objects.get(pk=people[Role.ADMINISTRATOR].pk))
    assert client.post(path, {}).status_code == 403


def test_cookies_are_for_this_site_and_not_for_scripts() -> None:
    client = Client()
    client.get("/sign-in/")
    for cookie in client.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert cookie["path"] == "/"
        assert not cookie["domain"]


def test_error_pages_say_nothing_of_the_inside(sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ataraxy.clinic.pages.account import views

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Anna Muster, born 1980, in table patients")

    monkeypatch.setattr(views, "home_of", fail)
    client = sign_in(Role.MONITOR)
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    for word in (b"Anna", b"RuntimeError", b"Traceback", b"views.py", b"patients"):
        assert word not in answer.content


def test_a_name_of_a_host_that_is_not_ours_is_refused() -> None:
    assert Client(HTTP_HOST="elsewhere.example").get("/sign-in/").status_code == 400


def test_a_browser_that_asks_too_often_is_told_to_wait(sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ataraxy.clinic.access import middleware

    class Never:
        def admits(self, key: str) -> bool:
            return False

    monkeypatch.setattr(middleware, "_BY_BROWSER", Never())
    monkeypatch.setattr(middleware, "_BY_ADDRESS", Never())
    assert sign_in(Role.MONITOR).get("/account/").status_code == 429
    assert Client().get("/sign-in/").status_code == 429


def test_a_page_may_be_large_only_to_a_limit(sign_in: Any) -> None:
    body = {"note": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}
    assert sign_in(Role.MONITOR).post(f"/break-glass/{'a' * 32}/", body).status_code == 400
