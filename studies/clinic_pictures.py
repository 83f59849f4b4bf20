"""Pictures of every page of a demo clinic, light and dark, for the docs.

    python studies/clinic_pictures.py [--demo DIR --password P --session ID] [--only NAME ...]
        [--size 1280x800] [--out DIR]

Makes a demo clinic where none is named and works on a copy of one that is. Serves it on loopback, signs in as the role
that each page is for, and writes docs/images/clinic/NAME-SCHEME.png with 64 colours. Both schemes are taken of one page
as it stands, so that they show the same. Needs Chromium and the tools of development. tests/clinic/test_pictures.py
holds `PICTURES` against the addresses of the clinic.
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clinic_scenes import Scene

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "images" / "clinic"
SIZE = (1280, 800)
COLOURS = 64
PATIENCE_MS = 10_000
SCHEMES = ("light", "dark")
Steps = Callable[[Any, "Scene"], None]


def _nothing(page: Any, scene: Scene) -> None:
    """The page as it opens."""


@dataclass(frozen=True)
class Picture:
    """One picture.

    Attributes:
        name: of its file.
        view: name of the address that it shows.
        role: who is signed in; empty for nobody, ``newcomer`` for somebody without a second factor.
        address: with words in capitals for what `clinic_scenes.Scene` names.
        steps: what is done on the page before.
        alone: the page is left in a state that no other picture may come after: it gets a browser of its own.
    """

    name: str
    view: str
    role: str
    address: str
    steps: Steps = field(default=_nothing)
    alone: bool = False


# --- what is done on a page before its picture --------------------------------------------------------------------


def _pressed(label: str) -> Steps:
    def press(page: Any, scene: Scene) -> None:
        page.get_by_role("button", name=label, exact=True).first.click()
        page.wait_for_load_state("networkidle")

    return press


def _opened(selector: str) -> Steps:
    def show(page: Any, scene: Scene) -> None:
        page.locator(selector).evaluate("it => { it.open = true; it.scrollIntoView({block: 'start'}); }")

    return show


def _at(selector: str) -> Steps:
    def scroll(page: Any, scene: Scene) -> None:
        page.locator(selector).first.evaluate("it => it.scrollIntoView({block: 'start'})")

    return scroll


def _range(page: Any, scene: Scene) -> None:
    page.click("#range-toggle")
    page.wait_for_selector(".sheet-published")
    page.wait_for_selector(".trend-band", state="attached")
    _at(".sheet-trends")(page, scene)


def _read(page: Any, scene: Scene) -> None:
    """Fill in what the first person reads off the order, the scales and the vial."""
    _fill(
        page,
        {
            "amount": "0.5",
            "per": "mg/kg",
            "weight_kg": "70",
            "container": scene.vial,
            "drug": "racemic_ketamine",
            "strength": "50",
            "unit": "mL",
            "basis": "base",
            "content": "2",
            "lot": scene.lot,
            "expires_on": scene.expires,
            "final_volume_ml": "50",
        },
    )


def _calculated(page: Any, scene: Scene) -> None:
    _read(page, scene)
    page.click("button:has-text('Calculate')")
    page.wait_for_load_state("networkidle")


def _recalculated(page: Any, scene: Scene) -> None:
    _read(page, scene)
    label = page.locator("[name=person] option", has_text="prescriber").first.inner_text()
    page.locator("[name=person]").select_option(label=label)
    own = {"dose_mg": "35", "drawn": "0.7", "rate_ml_per_h": "75", "secret": PASSWORD[0]}
    _fill(page, own)
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")


def _fill(page: Any, values: dict[str, str]) -> None:
    for name, value in values.items():
        found = page.locator(f"[name={name}]:visible")
        if found.count():
            kind = found.first.evaluate("it => it.tagName")
            found.first.select_option(value) if kind == "SELECT" else found.first.fill(value)


def _token(page: Any, scene: Scene) -> None:
    page.fill("[name=label]", "Monitor of chair 1")
    label = page.locator("[name=person] option", has_text="monitor").first.inner_text()
    page.locator("[name=person]").select_option(label=label)
    page.fill("[name=days]", "90")
    page.locator("[name=scopes]").first.check()
    page.click("text=Make the token")
    page.wait_for_load_state("networkidle")


def _link(page: Any, scene: Scene) -> None:
    page.click("text=Make a link")
    page.wait_for_selector("img.qr")


def _preview(page: Any, scene: Scene) -> None:
    page.click("text=Read and adopt >> nth=0")
    page.wait_for_load_state("networkidle")


def _locked(page: Any, scene: Scene) -> None:
    page.click("button:has-text('Lock')")
    page.wait_for_selector("dialog.lock[open]")


def _second(page: Any, scene: Scene) -> None:
    page.fill("input[name=login]", "nurse")
    page.fill("input[type=password]", PASSWORD[0])
    page.click("button[type=submit] >> nth=0")
    page.wait_for_load_state("networkidle")


def _enrolled_passkey(page: Any, scene: Scene) -> None:
    """Enrol a passkey with an authenticator that the browser plays."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    plays = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": plays})
    page.goto("/account/factors/passkeys/add/")
    page.fill("#id_name", "Tablet of the session room")
    page.click("text=Go on")
    page.wait_for_url(lambda url: "/add/" not in url)
    page.goto("/account/factors/passkeys/")
    scene.ids["PASSKEY"] = re.findall(r"/passkeys/(\d+)/", page.content())[0]


def _new_person(page: Any, scene: Scene) -> None:
    page.fill("#id_display_name", "Robin Example")
    page.fill("#id_sign_in_name", f"robin{int(time.time()) % 100_000}")
    page.locator("[name=roles]").nth(1).check()
    page.click("text=Create")
    page.wait_for_load_state("networkidle")


# The demo's one password; known when it is made.
PASSWORD = [""]

PICTURES: tuple[Picture, ...] = (
    # a day
    Picture("today", "today", "monitor", "/today/"),
    Picture("patients", "patients", "coordinator", "/patients/"),
    Picture("refer", "refer", "coordinator", "/patients/refer/"),
    Picture("patient", "patient", "prescriber", "/patient/PERSON/"),
    Picture("alerts", "alerts", "prescriber", "/alerts/"),
    # before treatment
    Picture("chart", "chart", "prescriber", "/patient/PERSON/chart/"),
    Picture("screening", "screening", "prescriber", "/patient/SCREENED/screening/"),
    Picture("consent", "consent", "prescriber", "/patient/PERSON/consent/"),
    Picture("plan", "course", "prescriber", "/patient/PERSON/course/"),
    Picture("identity", "identity", "coordinator", "/patient/PERSON/identity/"),
    # a session
    Picture("check-in", "run_sheet", "monitor", "/session/ARRIVING/"),
    Picture("preparation-first", "preparation", "monitor", "/session/PREPARING/preparation/"),
    Picture("preparation-result", "preparation", "monitor", "/session/PREPARING/preparation/", _calculated),
    Picture(
        "preparation-second",
        "preparation",
        "monitor",
        "/session/PREPARING/preparation/",
        _pressed("Hide it and hand over"),
    ),
    Picture(
        "preparation-prepared", "preparation", "monitor", "/session/PREPARING/preparation/", _recalculated
    ),
    Picture("run-sheet-start", "run_sheet", "monitor", "/session/PREPARING/"),
    Picture("run-sheet", "run_sheet", "monitor", "/session/SESSION/"),
    Picture("run-sheet-range", "run_sheet", "monitor", "/session/SESSION/", _range),
    Picture("adverse-event", "run_sheet", "monitor", "/session/SESSION/", _opened("#ae-new")),
    Picture("run-sheet-offline", "run_sheet_offline", "monitor", "/session/SESSION/offline/"),
    Picture("discharge", "run_sheet", "monitor", "/session/LEAVING/"),
    Picture("preparation-account", "preparation", "monitor", "/session/LEAVING/preparation/"),
    Picture("register", "register", "monitor", "/register/"),
    Picture("register-place", "register_place", "monitor", "/register/place/cupboard-2/"),
    # afterwards
    Picture("scores", "scores", "therapist", "/patient/PERSON/scores/"),
    Picture("score-entry", "scores_enter", "therapist", "/patient/PERSON/scores/enter/?scale=GAD-7"),
    Picture("score-total", "scores_enter", "therapist", "/patient/PERSON/scores/enter/?scale=LSAS"),
    Picture("questionnaire-link", "scores", "therapist", "/patient/PERSON/scores/", _link),
    Picture("questionnaire", "questionnaire", "", "/q/LINK/"),
    Picture("questionnaire-after", "questionnaire_answered", "", "/q/answered/"),
    Picture("closed", "questionnaire", "", "/q/nothing/"),
    Picture("follow-up", "follow_ups", "coordinator", "/follow-up/"),
    Picture("follow-up-session", "session_follow_up", "therapist", "/session/LEAVING/follow-up/"),
    # what the clinic works by
    Picture("protocols", "protocols", "medical_director", "/protocols/"),
    Picture("protocol-preview", "rules_upload", "medical_director", "/protocols/", _preview),
    Picture(
        "protocol-version",
        "protocols_version",
        "medical_director",
        "/protocols/version/ketamine-iv-05-six/2/",
    ),
    Picture(
        "protocol-evidence",
        "protocols_version",
        "medical_director",
        "/protocols/version/ketamine-iv-05-six/2/",
        _at("#evidence"),
    ),
    Picture(
        "protocol-comparison",
        "protocols_compare",
        "medical_director",
        "/protocols/compare/?before=ketamine-iv-05-six/1&after=ketamine-iv-05-six/2",
    ),
    Picture("rules", "rules", "medical_director", "/rules/"),
    Picture("rules-policy", "rules_policy", "medical_director", "/rules/policy/"),
    Picture(
        "rules-threshold",
        "rules_threshold",
        "medical_director",
        "/rules/policy/threshold/THRESHOLD/",
    ),
    Picture("rules-limits", "rules_limits", "medical_director", "/rules/policy/limits/"),
    Picture("rules-new-policy", "rules_new_policy", "medical_director", "/rules/policy/new/"),
    Picture("rules-gate", "rules_gate", "medical_director", "/rules/gate/"),
    Picture("rules-document", "rules_document", "medical_director", "/rules/document/policy/POLICY/1/"),
    Picture("rules-upload", "rules_upload", "medical_director", "/rules/upload/rules/"),
    Picture("rules-site", "rules_site", "medical_director", "/rules/site/"),
    Picture("evidence", "evidence", "prescriber", "/evidence/"),
    Picture("evidence-entries", "evidence", "prescriber", "/evidence/", _at("#entries")),
    Picture("evidence-trial", "evidence_trial", "prescriber", "/evidence/TRIAL/"),
    # behind it
    Picture("break-glass", "break_glass", "monitor", "/break-glass/SCREENED/"),
    Picture("break-glass-review", "break_glass_review", "auditor", "/audit/break-glass/"),
    Picture("audit", "audit", "auditor", "/audit/"),
    Picture("audit-entries", "audit_entries", "auditor", "/audit/entries/"),
    Picture("access-log", "access_log", "auditor", "/audit/access/"),
    Picture("research", "research", "researcher", "/research/"),
    Picture("administration", "people", "administrator", "/administration/people/"),
    Picture("person", "people_person", "administrator", "/administration/people/STAFF/"),
    Picture("new-person", "people_new", "administrator", "/administration/people/new/"),
    Picture("one-time-password", "people_new", "administrator", "/administration/people/new/", _new_person),
    Picture("tokens", "tokens", "administrator", "/administration/tokens/"),
    Picture("token-made", "tokens", "administrator", "/administration/tokens/", _token),
    # one's own account
    Picture("sign-in", "account_login", "", "/sign-in/"),
    Picture("second-factor", "mfa_authenticate", "", "/sign-in/", _second, alone=True),
    Picture("account-closed", "account_inactive", "", "/sign-in/closed/"),
    Picture("account", "my_account", "nurse", "/account/"),
    Picture("enrol", "enrol", "newcomer", "/account/enrol/"),
    Picture("password", "account_change_password", "nurse", "/account/password/"),
    Picture("pin", "account_pin", "nurse", "/account/pin/"),
    Picture("own-tokens", "own_tokens", "nurse", "/account/tokens/"),
    Picture("factors", "mfa_index", "nurse", "/account/factors/"),
    Picture("add-app", "mfa_activate_totp", "newcomer", "/account/factors/app/"),
    Picture("remove-app", "mfa_deactivate_totp", "nurse", "/account/factors/app/remove/"),
    Picture("recovery-codes", "mfa_view_recovery_codes", "nurse", "/account/factors/codes/"),
    Picture("new-recovery-codes", "mfa_generate_recovery_codes", "nurse", "/account/factors/codes/new/"),
    Picture("add-passkey", "mfa_add_webauthn", "nurse", "/account/factors/passkeys/add/"),
    Picture("passkeys", "mfa_list_webauthn", "nurse", "/account/factors/passkeys/", _enrolled_passkey),
    Picture("rename-passkey", "mfa_edit_webauthn", "nurse", "/account/factors/passkeys/PASSKEY/edit/"),
    Picture("remove-passkey", "mfa_remove_webauthn", "nurse", "/account/factors/passkeys/PASSKEY/remove/"),
    Picture("confirm", "account_reauthenticate", "nurse", "/account/confirm/"),
    Picture("confirm-code", "mfa_reauthenticate", "nurse", "/account/confirm/code/"),
    Picture("confirm-passkey", "mfa_reauthenticate_webauthn", "nurse", "/account/confirm/passkey/"),
    Picture("sign-out", "account_logout", "nurse", "/sign-out/"),
    Picture("refused", "people", "monitor", "/administration/people/"),
    Picture("not-found", "", "monitor", "/nothing-is-here/"),
    Picture("lock", "lock", "nurse", "/account/", _locked, alone=True),
)
# Addresses that answer with something else than a page, and why nothing is to be seen of them.
NOT_PICTURED: dict[str, str] = {
    "home": "sends on to the first page of the role",
    "alerts_badge": "a part of every page: the count of open alerts",
    "today_live": "the moving part of Today, fetched again by it",
    "run_sheet_live": "the moving part of the run sheet, fetched again by it",
    "audit_verification": "a part of the audit page, fetched while it verifies",
    "audit_anchor": "a file: the anchor",
    "research_csv": "a file: one table",
    "service_worker": "a script",
    "mfa_login_webauthn": "JSON for the browser's passkey dialogue",
    "api_document": "JSON: the OpenAPI document",
    "api:alerts_open": "JSON",
    "api:people_listed": "JSON",
    "api:refer": "JSON",
    "api:gate": "JSON",
    "api:scores_listed": "JSON",
    "api:chart_score": "JSON",
    "api:record_head": "JSON",
    "api:session_now": "JSON",
    "api:sessions_today": "JSON",
}
# Pages that answer on purpose with something else than 200.
STATUS = {"closed": 404, "refused": 403, "not-found": 404}


@contextlib.contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve a clinic on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-c", "from ataraxy.cli import main; main()", "clinic", "serve", str(home)]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ATARAXY_", "DJANGO_"))}
    process = subprocess.Popen([*command, "--port", str(port)], start_new_session=True, env=clean)
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


class Gallery:
    """A browser with one window for each role, and where its pictures go."""

    def __init__(self, browser: Any, url: str, scene: Scene, size: tuple[int, int], out: Path) -> None:
        self._browser, self._url, self._scene, self._size, self._out = browser, url, scene, size, out
        self._pages: dict[str, Any] = {}
        out.mkdir(parents=True, exist_ok=True)

    def take(self, picture: Picture) -> str:
        """Write the picture in both schemes; returns what was wrong with it, empty where nothing was."""
        page = self._page(picture)
        address = picture.address
        for word, stands_for in self._scene.ids.items():
            address = address.replace(word, stands_for)
        answer = page.goto(address)
        page.wait_for_load_state("load")
        if "/session/" in address and page.locator("[data-sheet]").count():
            page.wait_for_selector("[data-sheet][data-ready=yes]")
        status = answer.status if answer else 0
        picture.steps(page, self._scene)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(150)
            self._save(page, picture.name, scheme)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if picture.alone:
            page.context.close()
        found = [] if status == STATUS.get(picture.name, 200) else [f"status {status}"]
        found += [f"{wide} px wider than the window"] if wide > 0 else []
        return ", ".join(found)

    def _save(self, page: Any, name: str, scheme: str) -> None:
        from PIL import Image

        picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
        picture.quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE).save(
            self._out / f"{name}-{scheme}.png", optimize=True
        )

    def _page(self, picture: Picture) -> Any:
        if picture.role in self._pages and not picture.alone:
            return self._pages[picture.role]
        context = self._browser.new_context(
            base_url=self._url,
            viewport={"width": self._size[0], "height": self._size[1]},
            locale="en-GB",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        if picture.role:
            self._sign_in(page, picture.role)
        if not picture.alone:
            self._pages[picture.role] = page
        return page

    def _sign_in(self, page: Any, role: str) -> None:
        page.goto("/sign-in/")
        page.fill("input[name=login]", role)
        page.fill("input[type=password]", PASSWORD[0])
        page.click("button[type=submit] >> nth=0")
        page.wait_for_load_state("networkidle")
        if role != "newcomer":
            from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

            page.fill(
                "[name=code]", format_hotp_value(hotp_value(self._scene.secret, int(time.time()) // 30))
            )
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: "/sign-in/" not in url)


def take_all(url: str, scene: Scene, only: list[str], size: tuple[int, int], out: Path) -> int:
    """Write the pictures of all pages, or of those named; returns how many were wrong."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    wrong = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        gallery = Gallery(browser, url, scene, size, out)
        for picture in PICTURES:
            if only and picture.name not in only:
                continue
            try:
                fault = gallery.take(picture)
            except Exception as error:
                fault = str(error).splitlines()[0]
            if fault:
                wrong += 1
                print(f"{picture.name}: {fault}", file=sys.stderr)
        browser.close()
    return wrong


def main(arguments: list[str]) -> int:
    """Make the demo clinic where needed, and the pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo", type=Path)
    parser.add_argument("--password", default="")
    parser.add_argument("--session", default="")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    width, height = (int(part) for part in options.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        home, session = Path(folder) / "clinic", options.session
        from ataraxy.clinic.home import ClinicHome
        from ataraxy.clinic.serve import configure

        if options.demo is None:
            from ataraxy.clinic.demo import create_demo

            made = create_demo(home, patients=40, weeks=13, seed=1, tell=print)
            PASSWORD[0], session = made.sign_ins[0].password, made.session
        else:
            shutil.copytree(options.demo, home)
            PASSWORD[0] = options.password
        # A demo asks for no second factor; a clinic does, and its pages are to be seen.
        file = home / "clinic.yaml"
        file.write_text(re.sub("second_factor: .*", "second_factor: required", file.read_text()))
        configure(ClinicHome.open(home))
        sys.path.insert(0, str(Path(__file__).parent))
        from clinic_scenes import make_scene

        scene = make_scene(session, PASSWORD[0])
        with served(home) as url:
            return 1 if take_all(url, scene, options.only, (width, height), options.out) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
