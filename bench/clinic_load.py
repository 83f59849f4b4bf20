"""The clinic under load: tablets that chart, viewers that ask for news, and the time of pages in a long record.

Part of `make bench`; writes `bench/results/clinic-load.json` and `docs/benchmark-clinic.md`. Starts a server of its own
on loopback, for a bounded time. PostgreSQL is measured where ATARAXY_TEST_POSTGRES names a server.

A tablet sends what the run sheet sends: an entry sealed for its author, with a key of its own. A viewer asks every two
seconds and is answered 304 while nothing was charted. Times are those of a client on the same machine, which shares
its processor with the server: from the first byte sent to the last byte received.
"""

from __future__ import annotations

import argparse
import base64
import fcntl
import gzip
import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.machine import describe_commit, describe_machine  # noqa: E402

RESULT = ROOT / "bench" / "results" / "clinic-load.json"
PAGE = ROOT / "docs" / "benchmark-clinic.md"
SCHEMA = "ataraxy.benchmark-clinic/1"
CHART_S, POLL_S = 15.0, 2.0
# Of somebody with some dozens of people in care, of the desk, which sees everybody, and of whoever reads it all.
PAGES = {
    "monitor": (
        "/today/",
        "/patients/",
        "/alerts/",
        "/follow-up/",
        "/register/",
        "/register/place/PLACE/",
        "/session/SESSION/",
        "/session/SESSION/preparation/",
        "/session/SESSION/follow-up/",
        "/patient/PATIENT/",
        "/patient/PATIENT/scores/",
    ),
    "prescriber": (
        "/today/",
        "/patient/PATIENT/",
        "/patient/PATIENT/identity/",
        "/patient/PATIENT/chart/",
        "/patient/PATIENT/screening/",
        "/patient/PATIENT/course/",
        "/patient/PATIENT/consent/",
        "/protocols/",
        "/evidence/",
        "/rules/",
    ),
    "coordinator": ("/today/", "/patients/", "/follow-up/", "/patients/refer/"),
    "auditor": ("/audit/", "/audit/entries/", "/audit/access/", "/audit/break-glass/"),
    "researcher": ("/research/",),
    "administrator": ("/administration/people/", "/administration/tokens/"),
}
ASKED = 40
IN_CARE = 30


@dataclass
class Heard:
    """What a client saw, guarded by its lock."""

    charted_ms: list[float] = field(default_factory=list)
    polled_ms: list[float] = field(default_factory=list)
    unchanged: int = 0
    recorded: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Tablet:
    """A signed-in browser at one session."""

    cookie: str
    author: str
    public_key: Any
    session: str
    patient: str = ""


def seal(tablet: Tablet, fields: dict[str, str]) -> tuple[str, bytes]:
    """Return the key and the body of an entry, sealed as `seal.ts` does."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    from ataraxy.clinic.run_sheet.sealed_entry import entry_context

    key, occurred = str(uuid.uuid4()), datetime.now(UTC).isoformat()
    context = entry_context(key=key, session=tablet.session, author=tablet.author, occurred_at=occurred)
    ours = ec.generate_private_key(ec.SECP256R1())
    point = ours.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    shared = ours.exchange(ec.ECDH(), tablet.public_key)
    secret = HKDF(hashes.SHA256(), 32, salt=point, info=context.encode()).derive(shared)
    iv = os.urandom(12)
    text = json.dumps({"command": "reading", "fields": fields}).encode()
    sealed = AESGCM(secret).encrypt(iv, text, context.encode())
    parts = {"epk": point, "iv": iv, "ct": sealed}
    body = {
        "key": key,
        "author": tablet.author,
        "occurred_at": occurred,
        "clock_offset_ms": 0,
        "sealed": {"v": 1, **{name: base64.b64encode(part).decode() for name, part in parts.items()}},
    }
    return key, json.dumps(body).encode()


def chart(port: int, tablet: Tablet, until: float, delay: float, heard: Heard) -> None:
    """One tablet: a reading every `CHART_S`; what got no answer is sent again under its key, as the tablet does."""
    token = secrets.token_hex(16)
    headers = {
        "Cookie": f"{tablet.cookie}; ataraxy-form={token}",
        "X-CSRFToken": token,
        "Content-Type": "application/json",
    }
    time.sleep(delay)
    number = 0
    while time.monotonic() < until:
        number += 1
        began = time.monotonic()
        key, body = seal(tablet, {"systolic": str(110 + number % 40), "diastolic": "75", "heart_rate": "72"})
        for _ in range(20):
            sent = time.perf_counter()
            try:
                status, content, _ = ask(port, "POST", f"/session/{tablet.session}/entries/", headers, body)
            except OSError as error:
                with heard.lock:
                    heard.wrong.append(f"POST {type(error).__name__}")
                time.sleep(1)
                continue
            spent = (time.perf_counter() - sent) * 1000
            with heard.lock:
                heard.charted_ms.append(spent)
                if status == 200:
                    heard.recorded.append(key)
                else:
                    heard.wrong.append(f"POST {status} {content[:120]!r}")
            if status < 500:
                break
        time.sleep(max(0.0, CHART_S - (time.monotonic() - began)))


def poll(port: int, tablet: Tablet, until: float, delay: float, heard: Heard) -> None:
    """One viewer: asks every `POLL_S` whether there is news."""
    tag = ""
    time.sleep(delay)
    while time.monotonic() < until:
        began = time.monotonic()
        headers = {"Cookie": tablet.cookie, "Accept-Encoding": "gzip"}
        if tag:
            headers["If-None-Match"] = tag
        sent = time.perf_counter()
        try:
            status, _, answer = ask(port, "GET", f"/session/{tablet.session}/live/", headers)
        except OSError as error:
            with heard.lock:
                heard.wrong.append(f"GET {type(error).__name__}")
            continue
        spent = (time.perf_counter() - sent) * 1000
        with heard.lock:
            heard.polled_ms.append(spent)
            heard.unchanged += status == 304
            if status not in (200, 304):
                heard.wrong.append(f"GET {status}")
        tag = answer.get("ETag", tag)
        time.sleep(max(0.0, POLL_S - (time.monotonic() - began)))


_connections = threading.local()


def ask(
    port: int, method: str, path: str, headers: dict[str, str], body: bytes | None = None
) -> tuple[int, bytes, dict[str, str]]:
    """Ask the server on a connection that this thread keeps."""
    connection = getattr(_connections, "kept", None)
    if connection is None or connection.port != port:
        connection = _connections.kept = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for attempt in (0, 1):
        try:
            connection.request(method, path, body=body, headers={"Host": f"localhost:{port}", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # The server closes a connection that was idle; an entry has its key and may be sent again.
            connection.close()
            if attempt:
                raise
    raise AssertionError


# --- the clinic -------------------------------------------------------------------------------------------------------


def build(folder: Path, record: str | None) -> Any:
    """A new clinic; returns its home. `record`: address of a PostgreSQL database, None for SQLite."""
    from ataraxy.clinic.home import ClinicSettings
    from ataraxy.clinic.serve import create_clinic

    more = {} if record is None else {"record": record}
    return create_clinic(folder, ClinicSettings(name="Load", **more))


def fill(
    tablets: int, viewers: int, patients: int, entries: int
) -> tuple[list[Tablet], dict[str, Callable[[], Tablet]]]:
    """Staff, people and checked-in sessions, and a long record beside them; returns the tablets,
    and how somebody of each other role signs in.

    A record that the virtual clinic filled is made up to the size that is asked for: people by referrals, entries by
    entries of the bench. What was added is in the result.
    """
    from tests.clinic import a_visit

    from ataraxy.clinic.access.care import assign
    from ataraxy.clinic.access.roles import Role
    from ataraxy.clinic.accounts.models import Person
    from ataraxy.clinic.the_practice import the_practice
    from ataraxy.practice import lists
    from ataraxy.practice import people as commands
    from ataraxy.practice.aggregate import SESSION
    from ataraxy.record.entry import Draft
    from ataraxy.therapy import chart_events

    now = datetime.now(UTC)
    if not the_practice().record.head().seq:
        a_visit.make_site()
    treated = [row.person for row in lists.courses(the_practice())][:IN_CARE]
    for _ in range(patients - len(lists.people(the_practice())) - tablets):
        person = uuid.uuid4().hex
        referred = chart_events.PersonReferred(person=person, at=now, by="doctor")
        commands.record(the_practice(), [referred], by=a_visit.DOCTOR)
    record = the_practice().record
    left = entries - record.head().seq
    while left > 0:
        stream, count = f"bench/{uuid.uuid4().hex}", min(500, left)
        drafts = [
            Draft(stream=stream, kind="bench.reading", payload={"systolic": 120}, occurred_at=now)
            for _ in range(count)
        ]
        record.append(drafts, author="bench", at=now, expected={stream: 0})
        left -= count
    staff = []
    for number in range(20):
        person = Person.objects.create_person(
            f"monitor{number}",
            f"Monitor {number}",
            password=secrets.token_urlsafe(12),
            roles=[Role.MONITOR],
            must_change_password=False,
        )
        enrol(person)
        for patient in treated:
            assign(person, patient, by="bench")
        staff.append(person)
    others: dict[str, Any] = {}
    for name in PAGES:
        if name == "monitor":
            continue
        person = others[name] = Person.objects.create_person(
            f"bench-{name}",
            name.capitalize(),
            password=secrets.token_urlsafe(12),
            roles=[Role(name)],
            must_change_password=False,
        )
        enrol(person)
        for patient in treated if name == "prescriber" else ():
            assign(person, patient, by="bench")
    found: list[tuple[Any, str]] = []
    shown = treated[0] if treated else ""
    for number in range(tablets + viewers):
        person = staff[number % len(staff)]
        if number < tablets:
            visit = a_visit.make_visit({Role.MONITOR: person})
            session, patient = visit.id, visit.patient
        else:
            session = found[number % tablets][1]
            state = the_practice().load(SESSION, session).state
            assert state is not None
            assert state.plan is not None
            patient = state.plan.patient
            assign(person, patient, by="bench")
        found.append((person, session))
        shown = shown or patient
    if not treated:
        assign(others["prescriber"], shown, by="bench")
    # Signed in last: filling takes longer than a tablet may be idle before it locks.
    signed_in = [_signed_in(person, session, shown) for person, session in found]
    return signed_in, {
        name: partial(_signed_in, person, found[0][1], shown) for name, person in others.items()
    }


def _signed_in(person: Any, session: str, patient: str) -> Tablet:
    from django.conf import settings
    from django.test import Client

    from ataraxy.clinic.pages.run_sheet.views import queue_secret
    from ataraxy.clinic.run_sheet.sealed_entry import private_key

    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    return Tablet(
        f"{name}={client.cookies[name].value}",
        person.staff_id,
        private_key(queue_secret(), person.staff_id).public_key(),
        session,
        patient,
    )


def enrol(person: Any) -> None:
    """A second factor, which these browsers have passed."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(person, generate_totp_secret())
    RecoveryCodes.activate(person)


@contextmanager
def serving(home: Any) -> Iterator[int]:
    """`ataraxy clinic serve` on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    code = "from ataraxy.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "clinic", "serve", str(home.path), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={k: v for k, v in os.environ.items() if not k.startswith(("ATARAXY_CLINIC", "DJANGO_"))},
    )
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None:
                raise RuntimeError("the server did not start")
            time.sleep(0.1)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


# --- measuring --------------------------------------------------------------------------------------------------------


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and the largest, ms."""
    ranked = sorted(values)
    return {
        name: round(ranked[min(len(ranked) - 1, int(share * len(ranked)))], 1)
        for name, share in (("p50", 0.50), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    }


def load(port: int, charting: Sequence[Tablet], viewing: Sequence[Tablet], seconds: float) -> dict[str, Any]:
    """Let them all ask for so long; returns what they saw."""
    heard, until = Heard(), time.monotonic() + seconds
    threads = [
        threading.Thread(target=chart, args=(port, tablet, until, CHART_S * i / len(charting), heard))
        for i, tablet in enumerate(charting)
    ] + [
        threading.Thread(target=poll, args=(port, tablet, until, POLL_S * i / len(viewing), heard))
        for i, tablet in enumerate(viewing)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = len(heard.charted_ms) + len(heard.polled_ms)
    return {
        "seconds": seconds,
        "tablets": len(charting),
        "viewers": len(viewing),
        "requests_per_second": round(asked / seconds, 1),
        "entries_sent": len(set(heard.recorded)),
        "entries_lost": lost(charting, heard.recorded),
        "answers_304": heard.unchanged,
        "polls": len(heard.polled_ms),
        "chart_ms": quantiles(heard.charted_ms),
        "poll_ms": quantiles(heard.polled_ms),
        "wrong": sorted(set(heard.wrong))[:10],
        "wrong_count": len(heard.wrong),
    }


def lost(charting: Sequence[Tablet], recorded: Sequence[str]) -> int:
    """Entries that a tablet was told are recorded and that are not there once; counts doubles as well."""
    from ataraxy.clinic.the_practice import the_practice

    there: list[str] = []
    for tablet in charting:
        for entry in the_practice().record.entries(f"session/{tablet.session}"):
            if entry.kind == "session.reading" and entry.key:
                there.append(entry.key.split(":")[0])
    told = set(recorded)
    return len(told - set(there)) + len([key for key in there if key in told]) - len(told & set(there))


def pages(port: int, everybody: dict[str, Callable[[], Tablet]], place: str) -> dict[str, Any]:
    """Time of pages, one after another, and what the first one transfers."""
    times: dict[str, Any] = {}
    for role, paths in PAGES.items():
        # Signed in only now: who waits for half a minute of others' pages locks.
        who = everybody[role]()
        headers = {"Cookie": who.cookie, "Accept-Encoding": "gzip"}
        for name in paths:
            path = (
                name.replace("PATIENT", who.patient).replace("SESSION", who.session).replace("PLACE", place)
            )
            spent, size, status = [], 0, 0
            for _ in range(ASKED):
                began = time.perf_counter()
                status, content, _ = ask(port, "GET", path, headers)
                spent.append((time.perf_counter() - began) * 1000)
                size = len(content)
                # Below the limit of requests of one browser.
                time.sleep(0.15)
            times[f"{name} ({role})"] = {"status": status, "bytes": size, **quantiles(spent)}
    tablet = everybody["monitor"]()
    headers = {"Cookie": tablet.cookie, "Accept-Encoding": "gzip"}
    return {"times": times, "first_page_bytes": first_page(port, headers, f"/session/{tablet.session}/")}


def while_read_ahead(port: int, lock: Path, tablet: Tablet) -> dict[str, Any]:
    """Time of pages from the start on, until the workers have read the long books ahead; they hold a lock meanwhile."""
    began, free, spent = time.monotonic(), 0, []
    headers = {"Cookie": tablet.cookie, "Accept-Encoding": "gzip"}
    while free < 10 and time.monotonic() - began < 300:
        for path in ("/today/", "/patients/"):
            asked = time.perf_counter()
            ask(port, "GET", path, headers)
            spent.append((time.perf_counter() - asked) * 1000)
        time.sleep(0.3)
        free = 0 if _held(lock) or time.monotonic() - began < 3 else free + 1
    return {"seconds": round(time.monotonic() - began - 3), **quantiles(spent)}


def _held(path: Path) -> bool:
    if not path.exists():
        return True
    with path.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def first_page(port: int, headers: dict[str, str], path: str) -> int:
    """Bytes of a page with its styles, scripts, modules of these and fonts, compressed as they are sent."""
    _, content, answer = ask(port, "GET", path, headers)
    total, seen, todo = len(content), set(), _links(content, answer, path)
    while todo:
        link = todo.pop()
        if link in seen:
            continue
        seen.add(link)
        status, content, answer = ask(port, "GET", link, headers)
        if status == 200:
            total += len(content)
            if link.endswith((".js", ".css")):
                todo |= _links(content, answer, link)
    return total


def _links(content: bytes, answer: dict[str, str], base: str) -> set[str]:
    from urllib.parse import urljoin

    text = (gzip.decompress(content) if answer.get("Content-Encoding") == "gzip" else content).decode(
        errors="replace"
    )
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', text)
    found += re.findall(r'from\s*"(\./[^"]+)"', text) + re.findall(r'url\("?([^")]+)"?\)', text)
    return {urljoin(base, link) for link in found if not link.startswith("data:")}


def measure(folder: Path, store: str, sizes: argparse.Namespace) -> dict[str, Any]:
    """One store, in a process of its own: Django serves one clinic in a process."""
    address = os.environ.get("ATARAXY_BENCH_RECORD")
    began = time.perf_counter()
    if sizes.home is None:
        home = build(folder / "home", address)
    else:
        home = borrowed(sizes.home, folder, address)
    from ataraxy.clinic.the_practice import the_practice

    simulated = the_practice().record.head().seq
    tablets, others = fill(sizes.tablets, sizes.viewers, sizes.patients, sizes.entries)
    filled = time.perf_counter() - began
    from tests.clinic.a_visit import ROOM

    from ataraxy.practice import lists
    from ataraxy.practice.draws import locations

    charting, viewing = tablets[: sizes.tablets], tablets[sizes.tablets :]
    patients, entries = len(lists.people(the_practice())), the_practice().record.head().seq
    place = next((name for name in locations(the_practice()) if name != ROOM), ROOM)
    with serving(home) as port:
        at_start = while_read_ahead(port, home.path / "read-ahead.lock", charting[0])
        # Load first: a tablet locks itself when nobody charts for as long as the pages take.
        under_load = load(port, charting, viewing, sizes.seconds)
        found = pages(port, {"monitor": lambda: charting[0], **others}, place)
    return {
        "store": store,
        "patients": patients,
        "entries": entries,
        "simulated_entries": simulated,
        "fill_s": round(filled),
        **found,
        "at_start": at_start,
        "load": under_load,
    }


def borrowed(directory: Path, folder: Path, address: str | None) -> Any:
    """A copy of a clinic that the virtual clinic filled, on SQLite or, by backup and restore, in another database."""
    import shutil

    from ataraxy.clinic.home import ClinicHome
    from ataraxy.clinic.serve import configure
    from ataraxy.practice.projections import clinic_projections
    from ataraxy.record.backup import backup
    from ataraxy.record.keys import KeyRing
    from ataraxy.record.master_key import read_master_key
    from ataraxy.record.restore import restore
    from ataraxy.record.store import Record

    shutil.copytree(directory, folder / "home")
    home = ClinicHome.open(folder / "home")
    if address is not None:
        keys = KeyRing(read_master_key(home.master_key_file))
        with Record.open(home.record_url, projections=clinic_projections(), keys=keys) as record:
            made = backup(record, folder / "backups", at=datetime.now(UTC))
        restore(made.folder, address)
        settings = home.path / "clinic.yaml"
        settings.write_text(settings.read_text(encoding="utf-8") + f"\nrecord: {address}\n", encoding="utf-8")
        home = ClinicHome.open(folder / "home")
    configure(home)
    return home


def in_own_process(store: str, record: str | None, sizes: argparse.Namespace) -> dict[str, Any]:
    """Measure a store in a new interpreter."""
    with tempfile.TemporaryDirectory(prefix="ataraxy-load-") as folder:
        out = Path(folder) / "result.json"
        environment = dict(os.environ)
        if record is not None:
            environment["ATARAXY_BENCH_RECORD"] = record
        command = [sys.executable, __file__, "--date", sizes.date, "--one", store, "--into", str(out)]
        for name in ("tablets", "viewers", "patients", "entries", "seconds"):
            command += [f"--{name}", str(getattr(sizes, name))]
        if sizes.home is not None:
            command += ["--home", str(sizes.home)]
        subprocess.run(command, check=True, env=environment)
        return dict(json.loads(out.read_text(encoding="utf-8")))


def render(result: dict[str, Any]) -> str:
    """The page of the documents."""
    machine = result["machine"]
    lines = [
        "# Benchmark of the clinic",
        "",
        f"Written by `bench/clinic_load.py` (`make bench`) on {result['date']}, {result['commit']}: "
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, Python {machine['python']}.",
        "Clients and server share the machine; times are those of a client, from the first byte sent to the last one",
        "received, so that they hold waiting for the processor as well.",
        "",
        "Targets: no entry lost; 95% of pages within 150 ms with 10,000 patients and 1,000,000 entries; the first page",
        "below 200 kB. `--patients` and `--entries` set the length of the record; what was run is in the table.",
        "",
        *([result["note"], ""] if result.get("note") else []),
        "## Charting and viewing",
        "",
        "Each tablet charts a reading every 15 s, each viewer asks every 2 s and gets 304 while nothing changed.",
        "",
        "| Record | Tablets | Viewers | Seconds | Requests/s | Entries | Lost or doubled | 304 | "
        "Chart p50 / p95 / p99 ms | Poll p50 / p95 / p99 ms | Wrong answers |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for run in result["runs"]:
        load_ = run["load"]
        charted, polled = load_["chart_ms"], load_["poll_ms"]
        lines.append(
            f"| {run['store']} | {load_['tablets']} | {load_['viewers']} | {load_['seconds']:g} "
            f"| {load_['requests_per_second']} | {load_['entries_sent']} | {load_['entries_lost']} "
            f"| {load_['answers_304']} of {load_['polls']} "
            f"| {charted['p50']} / {charted['p95']} / {charted['p99']} "
            f"| {polled['p50']} / {polled['p95']} / {polled['p99']} | {load_['wrong_count']} |"
        )
    lines += [
        "",
        "## Pages",
        "",
        f"Each asked {ASKED} times, one after another: by a monitor with {IN_CARE} people in care and ten in chairs,",
        "by a coordinator, who sees everybody, and by the other roles. Transfer and the client's share of the",
        "processor are in the times.",
        "",
        "| Record | Patients | Entries | of these simulated | Page | p50 ms | p95 ms | max ms | kB | Status |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for run in result["runs"]:
        lines += [
            f"| {run['store']} | {run['patients']} | {run['entries']} | {run['simulated_entries']} | `{page}` "
            f"| {times['p50']} | {times['p95']} | {times['max']} | {times['bytes'] / 1000:.0f} | {times['status']} |"
            for page, times in run["times"].items()
        ]
    starts = "; ".join(
        f"{run['store']} {run['at_start']['seconds']} s, {run['at_start']['p50']} / {run['at_start']['p95']} ms"
        for run in result["runs"]
    )
    sizes = ", ".join(f"{run['store']} {run['first_page_bytes'] / 1000:.0f} kB" for run in result["runs"])
    lines += [
        "",
        "After each start the workers read the drug registers ahead, one after another. *Today* and *Patients*",
        f"meanwhile, p50 / p95: {starts}. Everything above was asked afterwards.",
        "",
        f"The run sheet with its styles, scripts and fonts, compressed, at the first visit: {sizes}.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, write the result and the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--date", required=True)
    options.add_argument("--tablets", type=int, default=200)
    options.add_argument("--viewers", type=int, default=50)
    options.add_argument("--patients", type=int, default=10_000)
    options.add_argument("--entries", type=int, default=1_000_000)
    options.add_argument("--home", type=Path, help="a clinic that the virtual clinic filled; it is copied")
    options.add_argument("--only", choices=("sqlite", "postgres"), help="one of the two databases")
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--note", default="", help="what else the machine was doing")
    options.add_argument("--one", help=argparse.SUPPRESS)
    options.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    sizes = options.parse_args()
    if sizes.one:
        with tempfile.TemporaryDirectory(prefix="ataraxy-load-") as folder:
            sizes.into.write_text(json.dumps(measure(Path(folder), sizes.one, sizes)), encoding="utf-8")
        return
    runs = [] if sizes.only == "postgres" else [in_own_process("SQLite", None, sizes)]
    server = os.environ.get("ATARAXY_TEST_POSTGRES")
    if server and sizes.only != "sqlite":
        with database(server) as url:
            runs.append(in_own_process("PostgreSQL", url, sizes))
    result = {
        "schema": SCHEMA,
        "date": sizes.date,
        "commit": describe_commit(),
        "machine": describe_machine(),
        "note": sizes.note,
        "runs": runs,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(render(result), encoding="utf-8")
    print(f"{RESULT.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")


@contextmanager
def database(server: str) -> Iterator[str]:
    """A new database of a server, dropped afterwards."""
    import sqlalchemy as sa

    name = f"ataraxy_load_{secrets.token_hex(4)}"
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        plain = url.set(database=name, drivername="postgresql")
        yield plain.render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


if __name__ == "__main__":
    main()
