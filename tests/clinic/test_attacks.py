"""A served clinic, attacked over its socket: as an outsider, as somebody who signs in, and by malformed requests."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.clinic.conftest import PASSWORD, Server, enrol, environment, free_port, start_server

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person

EVIL = "evil.example"
COOKIE = "ataraxy"


@pytest.fixture(scope="module")
def target(clinic: Any, people: Any) -> Iterator[Server]:
    """A server of its own: its log is read at the end."""
    running = start_server(clinic, free_port())
    yield running
    running.process.terminate()
    running.process.wait(30)


class Answer:
    """What came back."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def cookie(self) -> str:
        """The session's cookie that was set, empty where none was."""
        set_ = [c for c in self.headers.get_all("Set-Cookie") or [] if c.startswith(f"{COOKIE}=")]
        return set_[-1].split(";")[0].split("=", 1)[1].strip('"') if set_ else ""

    @property
    def form_token(self) -> str:
        found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', self.body)
        return found[1].decode() if found else ""


class Browser:
    """Keeps cookies and nothing else."""

    def __init__(self, server: Server, **cookies: str) -> None:
        self.server, self.cookies = server, dict(cookies)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        sent = {"Host": f"localhost:{self.server.port}"} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if isinstance(body, dict):
            body = urlencode(body, doseq=True)
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        connection.request(method, path, body=body, headers=sent)
        answer = Answer(connection.getresponse())
        connection.close()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.split(";")[0].strip('"')
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, data: dict[str, Any], **headers: str) -> Answer:
        """With the form's own token, as a page would."""
        pages = ("/sign-in/second-factor/", "/account/", "/lock/", "/sign-in/")
        token = next((t for page in pages if (t := self.get(page).form_token)), "")
        return self.send("POST", path, {"csrfmiddlewaretoken": token, **data}, **headers)


@pytest.fixture
def signed_in(target: Server, sign_in: Any) -> Any:
    """A browser of a role, past its second factor."""

    def of(role: Role) -> Browser:
        return Browser(target, **{COOKIE: sign_in(role).cookies[COOKIE].value})

    return of


def raw(server: Server, request: bytes) -> bytes:
    """What comes back for these bytes, up to the end of the connection or 64 kB."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as link:
        link.sendall(request)
        link.settimeout(4)
        got = b""
        try:
            while len(got) < 65536 and (part := link.recv(65536)):
                got += part
        except TimeoutError:
            pass
        return got


# --- sessions -------------------------------------------------------------------------------------------------


def test_a_session_that_an_attacker_chose_is_not_the_one_of_who_signs_in(target: Server) -> None:
    name = f"fixed{uuid.uuid4().hex[:8]}"
    person = Person.objects.create_person(
        name, "Fixed", password=PASSWORD, roles=[Role.THERAPIST], must_change_password=False
    )
    enrol(person)
    from tests.clinic.test_signing_in import code

    chosen = "a" * 32
    browser = Browser(target, **{COOKIE: chosen})
    browser.post("/sign-in/", {"login": name, "password": PASSWORD})
    between = browser.cookies[COOKIE]
    done = browser.post("/sign-in/second-factor/", {"code": code(person)})
    assert done.status == 302, (done.status, re.sub(rb"<[^>]+>", b" ", done.body)[-900:])
    after = browser.cookies[COOKIE]
    assert len({chosen, between, after}) == 3
    assert browser.get("/account/").status == 200
    for stale in (chosen, between):
        assert Browser(target, **{COOKIE: stale}).get("/account/").status == 302


def test_a_cookie_is_dead_after_signing_out_and_no_page_may_be_kept(signed_in: Any) -> None:
    browser = signed_in(Role.THERAPIST)
    page = browser.get("/account/")
    assert (page.status, page.headers["Cache-Control"]) == (200, "no-store")
    held = browser.cookies[COOKIE]
    browser.post("/sign-out/", {})
    assert Browser(browser.server, **{COOKIE: held}).get("/account/").status == 302


def test_a_locked_session_is_not_got_around(signed_in: Any) -> None:
    browser = signed_in(Role.ADMINISTRATOR)
    browser.post("/lock/now/", {})
    for method, path, headers in (
        ("GET", "/administration/people/", {}),
        ("GET", "/administration/people/", {"HX_Request": "true"}),
        ("GET", "/administration/people/", {"Accept": "application/json"}),
        ("HEAD", "/administration/people/", {}),
        ("POST", "/awake/", {}),
        ("POST", "/administration/people/", {"X_HTTP_Method_Override": "GET"}),
        ("GET", "/administration/people/?next=/lock/", {}),
        ("GET", "/administration/people/", {"X_Original_URL": "/lock/", "X_Rewrite_URL": "/lock/"}),
        ("GET", "//administration/people/", {}),
        ("GET", "/api/people", {}),
        ("GET", "/api/openapi.json", {}),
    ):
        answer = browser.send(method, path, **headers)
        assert answer.status in (302, 401, 403, 404, 423), (method, path)
        assert b"Prescriber Example" not in answer.body
    assert browser.get("/account/").headers["Location"].startswith("/lock/")


# --- requests of other sites ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": f"https://{EVIL}"},
        {"Origin": "null"},
        {"Referer": f"https://{EVIL}/"},
        {"Content_Type": "text/plain"},
        {"X_CSRFToken": "a" * 64},
        {"X_Requested_With": "XMLHttpRequest"},
        {"HX_Request": "true"},
    ],
)
def test_a_change_without_the_forms_own_token_is_refused(signed_in: Any, headers: dict[str, str]) -> None:
    browser = signed_in(Role.THERAPIST)
    answer = browser.send("POST", "/account/appearance/", "appearance=dark", **headers)
    assert answer.status == 403


def test_the_right_token_from_another_origin_is_refused(signed_in: Any) -> None:
    browser = signed_in(Role.THERAPIST)
    assert browser.post("/account/appearance/", {"appearance": "dark"}).status == 302
    assert browser.post("/account/appearance/", {"appearance": "dark"}, Origin=f"http://{EVIL}").status == 403


WAYS_OUT = [
    f"https://{EVIL}/",
    f"//{EVIL}/",
    f"///{EVIL}/",
    f"/\\{EVIL}/",
    f"\\\\{EVIL}/",
    f"/\t/{EVIL}/",
    f"https:{EVIL}",
    f"http:///{EVIL}",
    "javascript:alert(1)",
    f"/%0d%0aLocation:%20https://{EVIL}",
    f"/\r\nSet-Cookie: {COOKIE}=x",
    f"https://localhost@{EVIL}/",
]


@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_way_on_leads_out_of_the_clinic(signed_in: Any, way: str) -> None:
    browser = signed_in(Role.MONITOR)
    query = urlencode({"next": way})
    for path in ("/sign-in/", "/lock/", "/account/enrol/", "/account/confirm/"):
        answer = browser.get(f"{path}?{query}")
        location = answer.headers.get("Location", "/")
        assert location.startswith("/"), (path, location)
        assert not re.match(r"^[/\\]{2}|^/[\t\\]", location), (path, location)
        assert "Set-Cookie: " not in location
        assert f'href="https://{EVIL}'.encode() not in answer.body


@pytest.mark.parametrize(
    "path", [f"//{EVIL}/account", f"/\\{EVIL}/account", f"//{EVIL}/%2e%2e", "/%5c%5cevil/x"]
)
def test_a_slash_that_is_missing_is_added_on_this_host_only(target: Server, path: str) -> None:
    location = Browser(target).get(path).headers.get("Location", "")
    assert EVIL not in location.split("?")[0] or location.startswith("/%2F")


# --- names, paths, lines --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", [EVIL, f"localhost.{EVIL}", f"localhost:80@{EVIL}", "localhost\t", f"{EVIL}#localhost"]
)
def test_another_name_of_host_is_refused(target: Server, host: str) -> None:
    got = raw(target, f"GET /sign-in/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert b" 400 " in got.split(b"\r\n")[0] or (
        b" 200 " in got.split(b"\r\n")[0] and EVIL.encode() not in got
    )


def test_what_a_browser_says_of_a_proxy_is_not_believed(target: Server) -> None:
    answer = Browser(target).get(
        "/account/", X_Forwarded_Host=EVIL, X_Forwarded_Proto="https", X_Forwarded_For="10.0.0.1"
    )
    assert answer.headers["Location"].startswith("/sign-in/")
    assert "__Host-" not in str(answer.headers)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../settings.py",
        "/static/%2e%2e/settings.py",
        "/static/..%2fsettings.py",
        "/static/..%5csettings.py",
        "/static/vendor/../../../home.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/%00",
        "/static/....//settings.py",
        "/static/clinic.css/../../settings.py",
        "/clinic.yaml",
        "/keys/master.key",
        "/.git/config",
        "/accounts.sqlite3",
        "/static/",
        "/static/vendor/",
    ],
)
def test_no_file_but_those_of_the_static_folder_is_served(target: Server, path: str) -> None:
    got = raw(target, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    status = got.split(b"\r\n")[0]
    assert b" 404 " in status or b" 400 " in status or b" 302 " in status, status
    for inside in (b"SECRET_KEY", b"root:", b"SQLite", b"[core]", b"INSTALLED_APPS"):
        assert inside not in got


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x",
        b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n",
        b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET http://evil.example/sign-in/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    ],
)
def test_a_malformed_request_is_refused_and_only_once_answered(target: Server, request_: bytes) -> None:
    got = raw(target, request_)
    statuses = re.findall(rb"^HTTP/1\.[01] (\d+)", got, re.MULTILINE)
    assert len(statuses) <= 1
    assert not statuses or statuses[0][:1] == b"4" or statuses[0] == b"501"
    assert b"Traceback" not in got
    assert Browser(target).get("/sign-in/").status == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "OPTIONS", "PROPFIND", "PATCH"])
def test_methods_that_nobody_needs_are_refused(signed_in: Any, method: str) -> None:
    answer = signed_in(Role.THERAPIST).send(method, "/account/", X_Secret="echo")
    assert answer.status in (400, 403, 405)
    assert b"echo" not in answer.body


# --- large and strange bodies ---------------------------------------------------------------------------------


def test_bodies_that_are_too_large_too_many_or_too_deep_are_refused(signed_in: Any) -> None:
    browser = signed_in(Role.THERAPIST)
    big = browser.send(
        "POST", "/account/appearance/", "x" * 3_000_000, Content_Type="application/x-www-form-urlencoded"
    )
    assert big.status in (400, 403, 413)
    many = "&".join(f"f{i}=1" for i in range(5000))
    assert browser.send(
        "POST", "/account/appearance/", many, Content_Type="application/x-www-form-urlencoded"
    ).status in (400, 403)
    parts = "".join(
        f'--b\r\nContent-Disposition: form-data; name="f"; filename="{i}"\r\n\r\nx\r\n' for i in range(200)
    )
    answer = browser.send(
        "POST", "/account/appearance/", f"{parts}--b--\r\n", Content_Type="multipart/form-data; boundary=b"
    )
    assert answer.status in (400, 403)
    deep = browser.send("POST", "/api/people", "[" * 100_000, Content_Type="application/json")
    assert deep.status in (400, 401)


def test_a_body_that_never_comes_holds_nobody_up(target: Server) -> None:
    links = []
    for _ in range(6):
        link = socket.create_connection(("127.0.0.1", target.port), timeout=10)
        link.sendall(b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\nx")
        links.append(link)
    assert Browser(target).get("/sign-in/").status == 200
    for link in links:
        link.close()


@pytest.mark.parametrize(
    "value", ["\x00", "\r\nX-Injected: 1", "é" * 50, "Bearer " + "a" * 5000, "Bearer \udce9", "Basic OjA="]
)
def test_a_strange_token_is_no_token(target: Server, value: str) -> None:
    head = (
        f"GET /api/people HTTP/1.1\r\nHost: localhost\r\nAuthorization: {value}\r\nConnection: close\r\n\r\n"
    )
    got = raw(target, head.encode("latin-1", "replace"))
    status = got.split(b"\r\n")[0]
    assert b" 401 " in status or b" 400 " in status or b" 431 " in status, status
    assert b"X-Injected" not in got


def test_a_token_in_an_address_opens_nothing(target: Server, people: Any) -> None:
    from ataraxy.clinic.access import tokens
    from ataraxy.clinic.access.permissions import Permission

    secret = tokens.issue(
        people[Role.MONITOR], label="x", scopes=[Permission.PATIENT_VIEW], days=1, by="", agreed=True
    )
    assert Browser(target).get(f"/api/people?token={secret}&access_token={secret}").status == 401
    assert Browser(target, token=secret).get("/api/people").status == 401
    assert Browser(target).get("/api/people", Authorization=f"Bearer {secret}").status == 200


# --- what is another's ----------------------------------------------------------------------------------------


def test_fields_that_a_form_does_not_have_change_nothing(signed_in: Any, people: Any) -> None:
    browser = signed_in(Role.THERAPIST)
    browser.post(
        "/account/appearance/",
        {
            "appearance": "light",
            "roles": "administrator",
            "is_active": "",
            "staff_id": "x",
            "session_epoch": "9",
        },
    )
    person = Person.objects.get(pk=people[Role.THERAPIST].pk)
    assert {role.value for role in person.roles} == {"therapist"}
    assert (person.is_active, person.staff_id) == (True, people[Role.THERAPIST].staff_id)


def test_what_belongs_to_another_account_is_not_there(signed_in: Any, people: Any) -> None:
    other = people[Role.ADMINISTRATOR].presences.first()
    browser = signed_in(Role.THERAPIST)
    assert browser.post(f"/account/sessions/{other.pk if other else 'x' * 32}/end/", {}).status == 404
    assert browser.post(f"/account/tokens/{'0' * 32}/", {"agree": "yes"}).status == 404
    assert browser.get("/account/factors/passkeys/1/edit/").status in (302, 404)
    for path in ("/administration/people/", "/audit/", "/rules/site/", "/audit/access/"):
        assert browser.get(path).status == 403


# --- at the end -----------------------------------------------------------------------------------------------


def test_error_pages_and_headers_say_nothing_of_the_inside(target: Server) -> None:
    for path in ("/nothing/", "/api/nothing", "/static/nothing.js", "/%ff", "/administration/"):
        answer = Browser(target).get(path)
        text = answer.body.decode("utf-8", "replace") + str(answer.headers)
        assert answer.status in (302, 400, 404)
        for inside in ("Traceback", "django", "Python/", "site-packages", "urlconf", "/home/", "/tmp/"):
            assert inside.lower() not in text.lower(), (path, inside)


def test_after_all_this_the_servers_log_names_nobody_and_holds_no_line_of_an_attacker(
    clinic: Any, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "log"
    command = ["clinic", "serve", str(clinic.path), "--port", str(port), "--workers", "1"]
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", "from ataraxy.cli import main; main()", *command],
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=environment(),
        )
    running = Server(f"http://localhost:{port}", port, process)
    try:
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < deadline
            time.sleep(0.05)
        browser = Browser(running)
        browser.get("/nothing/?name=Anna&token=atx_secret")
        browser.get("/nothing/%0aERROR%20forged%20line")
        browser.get("/sign-in/?next=/patient/Anna", User_Agent="Anna\tMuster")
        browser.post("/sign-in/", {"login": "Anna Muster", "password": "Anna-secret"})
        browser.send("POST", "/sign-in/", "login=Anna", Origin=f"https://{EVIL}")
        raw(running, b"GET /Anna\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        browser.send("POST", "/api/people", json.dumps({"name": "Anna"}), Content_Type="application/json")
    finally:
        process.terminate()
        process.wait(30)
    text = log.read_text()
    assert "/nothing/" in text
    for typed in ("atx_secret", "Muster", "Anna-secret"):
        assert typed not in text
    assert not re.search(r"^ERROR forged", text, re.MULTILINE)
