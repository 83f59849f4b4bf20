"""Pictures of every page of a demo clinic, light and dark, for docs/clinic.md.

    python studies/clinic_pictures.py [--demo DIR] [--only NAME]

Makes a demo clinic where none is named, serves it on loopback, signs in as the role that each page is for, and writes
docs/images/clinic/NAME-SCHEME.png, reduced to 64 colours. Needs Chromium and the tools of development.
"""

from __future__ import annotations

import argparse
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
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "images" / "clinic"
SIZE = (1280, 800)
# Name, role, address. PERSON and SESSION stand for somebody who is treated, and for the session that goes on.
PAGES = (
    ("today", "monitor", "/today/"),
    ("patients", "coordinator", "/patients/"),
    ("patient", "prescriber", "/patient/PERSON/"),
    ("chart", "prescriber", "/patient/PERSON/chart/"),
    ("screening", "prescriber", "/patient/PERSON/screening/"),
    ("consent", "prescriber", "/patient/PERSON/consent/"),
    ("plan", "prescriber", "/patient/PERSON/course/"),
    ("scores", "therapist", "/patient/PERSON/scores/"),
    ("run-sheet", "monitor", "/session/SESSION/"),
    ("register", "monitor", "/register/"),
    ("alerts", "prescriber", "/alerts/"),
    ("follow-up", "coordinator", "/follow-up/"),
    ("protocols", "medical_director", "/protocols/"),
    ("evidence", "prescriber", "/evidence/"),
    ("rules", "medical_director", "/rules/"),
    ("research", "researcher", "/research/"),
    ("audit", "auditor", "/audit/"),
    ("administration", "administrator", "/administration/people/"),
)


@contextlib.contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve a clinic on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-c", "from ataraxy.cli import main; main()", "clinic", "serve", str(home)]
    process = subprocess.Popen([*command, "--port", str(port)], start_new_session=True)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def pictures(url: str, password: str, session: str, only: str) -> None:
    """Write the pictures of all pages, or of one."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    OUT.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        states: dict[str, Any] = {}
        person = ""
        for name, role, address in PAGES:
            if only and only != name:
                continue
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    base_url=url,
                    viewport={"width": SIZE[0], "height": SIZE[1]},
                    color_scheme=scheme,
                    locale="en-GB",
                    storage_state=states.get(role),
                )
                page = context.new_page()
                if role not in states:
                    page.goto("/sign-in/")
                    page.fill("input[name=login]", role)
                    page.fill("input[type=password]", password)
                    page.click("button[type=submit] >> nth=0")
                    page.wait_for_load_state("networkidle")
                    states[role] = context.storage_state()
                if "PERSON" in address and not person:
                    page.goto("/patients/")
                    person = re.findall(r"/patient/([0-9a-f]{32})/", page.content())[0]
                answer = page.goto(address.replace("PERSON", person).replace("SESSION", session))
                page.wait_for_timeout(700)
                if answer is None or answer.status != 200:
                    print(f"{name}: {answer.status if answer else 'no answer'}", file=sys.stderr)
                picture = Image.open(BytesIO(page.screenshot()))
                picture.convert("RGB").quantize(64).save(OUT / f"{name}-{scheme}.png", optimize=True)
                context.close()
        browser.close()


def main(arguments: list[str]) -> int:
    """Make the demo clinic where needed, and the pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo", type=Path)
    parser.add_argument("--password", default="")
    parser.add_argument("--session", default="")
    parser.add_argument("--only", default="")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        home, password, session = options.demo, options.password, options.session
        if home is None:
            from ataraxy.clinic.demo import create_demo

            home = Path(folder) / "clinic"
            made = create_demo(home, patients=40, weeks=13, seed=1, tell=print)
            password, session = made.sign_ins[0].password, made.session
        with served(home) as url:
            pictures(url, password, session, options.only)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
