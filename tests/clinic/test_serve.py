"""`ataraxy clinic`: what it creates, and everything that it refuses to serve."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.clinic.conftest import HOME, Server, environment, free_port, start_server

from ataraxy.clinic.home import ClinicHome, ClinicSettings, is_loopback
from ataraxy.clinic.serve import gunicorn_options, refuse_unsafe
from ataraxy.errors import InputError


def ataraxy(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from ataraxy.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        env=environment(),
        cwd=cwd,
        timeout=60,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A clinic to spoil; its accounts database is a copy."""
    made = ClinicHome.create(tmp_path / "home", ClinicSettings(name="Spoilt", hosts=("clinic.lan",)))
    with sqlite3.connect(HOME.accounts_url) as source, sqlite3.connect(made.accounts_url) as copy:
        source.backup(copy)
    os.chmod(made.accounts_url, 0o600)
    return made.path


def settings(home: Path, **changed: object) -> None:
    file = home / "clinic.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | changed))


def certificate(home: Path) -> None:
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "clinic.lan")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (home / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (home / "key.pem").write_bytes(pem)
    (home / "key.pem").chmod(0o600)
    settings(home, tls={"certificate": "cert.pem", "key": "key.pem"})


Spoil = Callable[[Path], object]
LAN, LOCAL = "0.0.0.0", "127.0.0.1"
SPOILT: dict[str, tuple[str, str, Spoil]] = {
    "debug": ("clinic.debug", LOCAL, lambda h: settings(h, debug=True)),
    "a short secret": ("clinic.secret", LOCAL, lambda h: (h / "keys/secret.key").write_text("short")),
    "a default secret": (
        "clinic.secret",
        LOCAL,
        lambda h: (h / "keys/secret.key").write_text("django-insecure-" + "abcdefghijk" * 8),
    ),
    "a secret of one letter": (
        "clinic.secret",
        LOCAL,
        lambda h: (h / "keys/secret.key").write_text("a" * 80),
    ),
    "a secret that others read": ("clinic.key-open", LOCAL, lambda h: (h / "keys/secret.key").chmod(0o644)),
    "a master key that the group reads": (
        "clinic.key-open",
        LOCAL,
        lambda h: (h / "keys/master.key").chmod(0o640),
    ),
    "no master key": ("clinic.key-missing", LOCAL, lambda h: (h / "keys/master.key").unlink()),
    "accounts that others read": (
        "clinic.database-open",
        LOCAL,
        lambda h: (h / "accounts.sqlite3").chmod(0o644),
    ),
    "off loopback without TLS": ("clinic.tls", LAN, lambda h: None),
    "off loopback on a real address": ("clinic.tls", "192.168.1.20", lambda h: None),
    "off loopback on a name": ("clinic.tls", "clinic.lan", lambda h: None),
    "a demo off loopback": ("clinic.demo", LAN, lambda h: settings(h, demo=True)),
    "no second factors": ("clinic.second-factor", LOCAL, lambda h: settings(h, second_factor="off")),
    "a certificate that is none": (
        "clinic.certificate",
        LAN,
        lambda h: (certificate(h), (h / "cert.pem").write_text("no")),
    ),
    "a TLS key that others read": (
        "clinic.key-open",
        LAN,
        lambda h: (certificate(h), (h / "key.pem").chmod(0o644)),
    ),
    "no name of a host": ("clinic.hosts", LAN, lambda h: (certificate(h), settings(h, hosts=[]))),
}


@pytest.mark.parametrize("what", SPOILT)
def test_it_refuses_to_serve(what: str, home: Path) -> None:
    code, host, spoil = SPOILT[what]
    spoil(home)
    with pytest.raises(InputError) as refusal:
        refuse_unsafe(ClinicHome.open(home), host)
    assert refusal.value.code == code


def test_it_serves_what_is_safe(home: Path) -> None:
    refuse_unsafe(ClinicHome.open(home), LOCAL)
    certificate(home)
    refuse_unsafe(ClinicHome.open(home), LAN)
    settings(home, tls=None, trusted_proxy=["192.168.1.2"])
    refuse_unsafe(ClinicHome.open(home), LAN)


def test_a_refusal_on_the_command_line_is_one_line_and_status_2(home: Path) -> None:
    settings(home, debug=True)
    answer = ataraxy("clinic", "serve", str(home))
    assert answer.returncode == 2
    assert answer.stderr.strip().splitlines()[-1].startswith("ataraxy: clinic.yaml: debug is on")
    assert "Traceback" not in answer.stderr


def test_an_accounts_database_of_another_version_is_refused(home: Path) -> None:
    with sqlite3.connect(home / "accounts.sqlite3") as database:
        latest = "SELECT max(name) FROM django_migrations WHERE app = 'access'"
        database.execute(f"DELETE FROM django_migrations WHERE app = 'access' AND name = ({latest})")
    answer = ataraxy("clinic", "check", str(home))
    assert (answer.returncode, "clinic.accounts-old" in answer.stderr) == (2, True)
    (home / "accounts.sqlite3").unlink()
    answer = ataraxy("clinic", "check", str(home))
    assert (answer.returncode, "clinic.accounts-missing" in answer.stderr) == (2, True)


def test_init_makes_a_clinic_that_only_its_owner_reads_and_one_administrator(tmp_path: Path) -> None:
    answer = ataraxy("clinic", "init", str(tmp_path / "new"), "--name", "Lake", "--host", "clinic.lan")
    assert answer.returncode == 0, answer.stderr
    assert "one-time password" in answer.stdout
    for file in ("keys/secret.key", "keys/master.key", "accounts.sqlite3", "clinic.yaml"):
        assert (tmp_path / "new" / file).stat().st_mode & 0o077 == 0, file
    assert ataraxy("clinic", "check", str(tmp_path / "new")).returncode == 0
    again = ataraxy("clinic", "init", str(tmp_path / "new"))
    assert (again.returncode, "clinic.exists" in again.stderr) == (2, True)


def test_without_the_extra_it_says_so_in_one_line(tmp_path: Path) -> None:
    program = (
        "import sys, importlib.util as u; real = u.find_spec;"
        "u.find_spec = lambda n, *a: None if n == 'django' else real(n, *a);"
        "sys.argv = ['ataraxy', 'clinic', 'init', 'x']; from ataraxy.cli import main; main()"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (answer.returncode, answer.stderr.count("\n")) == (2, 1)
    assert "pip install 'ataraxy[clinic]'" in answer.stderr


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("name: [", "not YAML"),
        ("", "name: Field required"),
        ("name: x\nsurprise: 1", "surprise"),
        ("name: x\ntime_zone: Mars/Olympus", "time zone"),
        ("name: x\nidle_lock_seconds: 100000", "idle_lock_seconds"),
        ("name: x\ntrusted_proxy: [nowhere]", "trusted_proxy"),
    ],
)
def test_wrong_settings_are_named(text: str, word: str, home: Path) -> None:
    (home / "clinic.yaml").write_text(text)
    with pytest.raises(InputError, match=word):
        ClinicHome.open(home)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True)]
    + [(h, False) for h in ("0.0.0.0", "::", "10.0.0.1", "clinic.lan", "", "127.0.0.1.example")],
)
def test_loopback_is_loopback_only(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_headers_of_a_proxy_are_believed_from_the_declared_proxy_only(home: Path) -> None:
    def options() -> dict[str, object]:
        return gunicorn_options(ClinicHome.open(home), host=LOCAL, port=1, workers=None)

    assert options()["forwarded_allow_ips"] == ""
    settings(home, trusted_proxy=["192.168.1.2"])
    assert options()["forwarded_allow_ips"] == "192.168.1.2"


def test_check_deploy_is_clean_behind_tls(home: Path) -> None:
    certificate(home)
    answer = subprocess.run(
        [sys.executable, "-m", "ataraxy.clinic", "check", "--deploy", "--fail-level", "WARNING", str(home)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


def test_the_databases_steps_are_written(home: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "ataraxy.clinic", "makemigrations", "--check", "--dry-run", str(home)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert answer.returncode == 0, answer.stdout


def test_behind_tls_cookies_are_bound_to_the_host_and_to_tls(home: Path) -> None:
    import ssl

    certificate(home)
    port = free_port()
    running = start_server(ClinicHome.open(home), port)
    try:
        context = ssl.create_default_context(cafile=str(home / "cert.pem"))
        with urllib.request.urlopen(f"https://localhost:{port}/sign-in/", context=context) as answer:
            cookie = answer.headers["Set-Cookie"]
            assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    finally:
        running.process.terminate()
        running.process.wait(30)
    assert cookie.startswith("__Host-ataraxy-form=")
    assert "Secure" in cookie


def test_a_served_clinic_stops_when_it_is_told_to(home: Path) -> None:
    running: Server = start_server(ClinicHome.open(home))
    with urllib.request.urlopen(running.url + "/sign-in/") as answer:
        assert answer.status == 200
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(30) == 0
