"""A clinic for the tests of pages: one home for each test process, people with every role, a server, a browser.

Django serves one clinic in a process, and models can be imported only after its settings are read: the home is made
when this file is loaded.

    clinic            the home (ClinicHome); second factors are required
    accounts          whatever a test writes into the accounts database is undone after it
    people            one person for each role, with password PASSWORD and no second factor
    sign_in(who)      a django.test.Client signed in as that role or person, past second factor
    server            the address of a running `ataraxy clinic serve` of the same home
    browser           a Chromium; new_page(scheme=..., size=...) gives a page that fails the test on a script error
    violations(page)  what axe-core finds, as text, serious and critical only
    screenshot(page, name, scheme)  writes NAME-SCHEME.png into the folder ATARAXY_SCREENSHOTS, where it is set
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ataraxy.clinic.home import ClinicHome, ClinicSettings
from ataraxy.clinic.serve import create_clinic

PASSWORD = "calm harbour lights"
# Playwright's synchronous interface runs a loop in this thread, and Django takes that for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
_FOLDER = tempfile.mkdtemp(prefix="ataraxy-clinic-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
HOME = create_clinic(
    Path(_FOLDER) / "home",
    ClinicSettings(name="Test clinic", time_zone="Europe/Zurich", hosts=("testserver", "clinic.example")),
)

from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from ataraxy.clinic.access import rates  # noqa: E402
from ataraxy.clinic.access.roles import ROLES, Role  # noqa: E402
from ataraxy.clinic.accounts.models import Person  # noqa: E402

setup_test_environment()
# The same algorithm with less of it: a run hashes hundreds of passwords.
Argon2PasswordHasher.time_cost = 1
Argon2PasswordHasher.memory_cost = 64
Argon2PasswordHasher.parallelism = 1


@pytest.fixture(scope="session")
def clinic() -> ClinicHome:
    return HOME


@pytest.fixture
def accounts() -> Iterator[None]:
    """Undoes what the test writes into the accounts database."""
    from django.core.cache import cache
    from django.db import transaction

    with transaction.atomic():
        yield
        cache.clear()
        transaction.set_rollback(True)


@pytest.fixture
def log(accounts: None) -> Callable[[], Any]:
    """The lines that the test added to the access log: those of pages in a browser stay, nothing removes them."""
    from ataraxy.clinic.access.models import AccessEntry

    newest = AccessEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return lambda: AccessEntry.objects.filter(id__gt=newest)


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test asks more often than a person; those of the limit ask for it."""
    monkeypatch.setattr(rates.RateLimit, "admits", lambda self, key: True)


def enrol(person: Person) -> None:
    """Gives a person an authenticator app, as if they had set it up, and recovery codes."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(person, generate_totp_secret())
    RecoveryCodes.activate(person)


@pytest.fixture(scope="session")
def people() -> dict[Role, Person]:
    """One person for each role, enrolled, kept for the whole run. Their password is PASSWORD."""
    found = {}
    for role in Role:
        person = Person.objects.create_person(
            role.value,
            f"{ROLES[role].title} Example",
            password=PASSWORD,
            roles=[role],
            must_change_password=False,
        )
        enrol(person)
        found[role] = person
    return found


SignIn = Callable[[Role | Person], Client]


@pytest.fixture
def sign_in(people: dict[Role, Person]) -> SignIn:
    """Signs somebody in, past their second factor."""

    def signed_in(who: Role | Person, **headers: Any) -> Client:
        client = Client(**headers)
        client.force_login(Person.objects.get(pk=people[who].pk) if isinstance(who, Role) else who)
        return client

    return signed_in


# --- a server and a browser -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """A running server: its address, and the process, for tests that kill it."""

    url: str
    port: int
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """Kills it with all its workers, as a power cut does: one that outlived it would go on answering."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                probe.settimeout(0.2)
                if probe.connect_ex(("127.0.0.1", self.port)) != 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"something still answers on port {self.port}")


def environment() -> dict[str, str]:
    """The environment of a command of its own, without what these tests set for themselves."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("ATARAXY_", "DJANGO_"))}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(home: ClinicHome, port: int | None = None, *, workers: int = 1) -> Server:
    """Starts `ataraxy clinic serve` and waits until it answers. Whoever starts it stops it."""
    port = port or free_port()
    command = [
        sys.executable,
        "-c",
        "from ataraxy.cli import main; main()",
        "clinic",
        "serve",
        str(home.path),
    ]
    said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the server
    process = subprocess.Popen(
        [*command, "--port", str(port), "--workers", str(workers)],
        stdout=subprocess.DEVNULL,
        # a file: a pipe that nobody reads fills up and stops the server
        stderr=said,
        env=environment(),
        # a group of its own: workers outlive a master that is killed, and go with the group
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said.seek(0)
            raise RuntimeError(said.read().decode())
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return Server(f"http://localhost:{port}", port, process)
        time.sleep(0.05)
    Server("", port, process).kill()
    raise RuntimeError("the server did not answer within a minute")


@pytest.fixture(scope="session")
def server(clinic: ClinicHome, people: dict[Role, Person]) -> Iterator[Server]:
    running = start_server(clinic)
    yield running
    running.kill()


def chromium() -> str:
    """The system's Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    raise RuntimeError("no Chromium on the PATH: apt-get install chromium")


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


TABLET = (1280, 800)
NewPage = Callable[..., Any]


@pytest.fixture
def new_page(chrome: Any, server: Server) -> Iterator[NewPage]:
    """Opens pages of their own; a script error, or anything that the content policy stopped, fails the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_page(
        *, scheme: str = "light", size: tuple[int, int] = TABLET, zone: str = "Europe/Zurich"
    ) -> Any:
        context = chrome.new_context(
            base_url=server.url,
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            locale="en-GB",
            timezone_id=zone,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None,
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong, wrong


def sign_in_by_cookie(page: Any, client: Client) -> None:
    """Hands the session of a test client to a browser page: no form, no second factor, no waiting."""
    from django.conf import settings

    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "domain": "localhost", "path": "/"}]
    )


def violations(page: Any, *, rules: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds serious or critical under WCAG 2.2 A and AA, one line each; of some rules where named."""
    from axe_playwright_python.base import AXE_SCRIPT
    from axe_playwright_python.sync_playwright import Axe

    # half a megabyte of script is read once for a page
    axe = Axe("" if page.evaluate("'axe' in window") else AXE_SCRIPT)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    only: Any = {"type": "rule", "values": list(rules)} if rules else tags
    found = axe.run(page, options={"resultTypes": ["violations"], "runOnly": only}).response["violations"]
    return [
        f"{v['id']} ({v['impact']}): {v['help']}: {', '.join(str(n['target'][0]) for n in v['nodes'][:4])}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


def without_tokens(content: bytes) -> bytes:
    """A page without the tokens of its forms, which are masked anew each time."""
    return re.sub(rb'(value|content)="[A-Za-z0-9]{64}"|"X-CSRFToken": "[A-Za-z0-9]{64}"', b"", content)


def screenshot(page: Any, name: str, scheme: str) -> None:
    """Writes a picture to look at into the folder that ATARAXY_SCREENSHOTS names; does nothing without one. The
    pictures of the docs are made by studies/clinic_pictures.py."""
    if folder := os.environ.get("ATARAXY_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}-{scheme}.png")
