"""From referral to discharge and follow-up in a real Chromium: each role does its part, and no other does it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.clinic.conftest import Server, environment, start_server, violations
from tests.clinic.whole_path.at_work import PATIENCE_MS, AtWork

from ataraxy.clinic.home import ClinicHome
from ataraxy.record.verify import verify_file

READY = "[data-sheet][data-ready=yes]"
NEW = "lantern over quiet water"
ROLES = {
    "director": "medical_director",
    "doctor": "prescriber",
    "nurse": "monitor",
    "second": "monitor",
    "talker": "therapist",
    "desk": "coordinator",
    "student": "researcher",
    "looker": "auditor",
}
CREDENTIALS = {
    "doctor": ("prescriber_licence", "ketamine_training", "clinical_licence"),
    "nurse": ("clinical_licence", "ketamine_training", "life_support"),
    "second": ("clinical_licence", "ketamine_training", "life_support"),
}
# A short infusion of a small dose, so that the test can wait for its end; in every other respect the shipped one.
PROTOCOL = """
format: ataraxy.protocol/1
name: short-infusion
title: Racemic ketamine 0.01 mg/kg IV over twelve seconds, for this test
drug: racemic ketamine
basis: base
basis_status: assumed
route: IV infusion
dose: 0.01 mg/kg
duration: 0.2 min
calendar: once
source: {citation: made up for this test}
"""


@dataclass
class Clinic:
    """A clinic from nothing: its server, its people with a browser each, and the ids that the path comes by."""

    home: Path
    server: Server
    open_page: Callable[[], Any]
    staff: dict[str, AtWork] = field(default_factory=dict)
    person: str = ""
    session: str = ""

    def __getitem__(self, name: str) -> AtWork:
        return self.staff[name]


@pytest.fixture
def clinic(tmp_path: Path, chrome: Any) -> Iterator[Clinic]:
    home = tmp_path / "clinic"
    command = [sys.executable, "-c", "from ataraxy.cli import main; main()", "clinic", "init", str(home)]
    made = subprocess.run(
        [*command, "--name", "Lakeside"], capture_output=True, text=True, check=True, env=environment()
    )
    password = re.search(r"one-time password: (\S+)", made.stdout)
    assert password is not None
    running = start_server(ClinicHome.open(home))
    contexts = []

    def open_page() -> Any:
        contexts.append(
            chrome.new_context(base_url=running.url, viewport={"width": 1280, "height": 800}, locale="en-GB")
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page

    found = Clinic(home, running, open_page)
    found.staff["admin"] = AtWork("admin", password[1], open_page())
    yield found
    for context in contexts:
        context.close()
    running.kill()


def today() -> date:
    """The clinic works in UTC."""
    return datetime.now(UTC).date()


def test_from_referral_to_discharge_and_follow_up_by_each_role(clinic: Clinic) -> None:
    the_administrator_makes_people(clinic)
    the_director_says_what_the_clinic_works_by(clinic)
    the_desk_refers_somebody(clinic)
    the_gate_lets_nobody_through_of_whom_nothing_is_known(clinic)
    they_chart_what_the_gate_asks_for(clinic)
    a_protocol_is_assigned_and_consent_is_signed(clinic)
    the_gate_allows_and_treatment_begins(clinic)
    the_nurse_checks_the_person_in(clinic)
    two_people_prepare_the_dose(clinic)
    the_dose_is_given_and_watched(clinic)
    the_person_goes_home(clinic)
    what_was_drawn_is_accounted_for(clinic)
    the_person_answers_a_questionnaire(clinic)
    an_alert_reaches_a_clinician(clinic)
    they_are_called_after_the_session(clinic)
    everybody_sees_what_is_theirs(clinic)
    the_auditor_verifies(clinic)


def the_administrator_makes_people(clinic: Clinic) -> None:
    admin = clinic["admin"]
    admin.begin(NEW)
    later = (today() + timedelta(days=400)).isoformat()
    for name, role in ROLES.items():
        admin.open("/administration/people/new/")
        admin.send("", {"display_name": name.capitalize(), "sign_in_name": name, "roles": [role]})
        one_time = admin.page.inner_text(".secret").strip()
        admin.page.click("text=Done")
        for kind in CREDENTIALS.get(name, ()):
            admin.send("/credentials/", {"kind": kind, "issuer": "Board", "valid_until": later})
        clinic.staff[name] = AtWork(name, one_time, clinic.open_page())
    for name in ROLES:
        clinic[name].begin(NEW)
    assert clinic["nurse"].refused("/administration/people/")
    assert admin.refused("/patients/")


def the_director_says_what_the_clinic_works_by(clinic: Clinic) -> None:
    director = clinic["director"]
    director.open("/rules/site/")
    director.send(
        "",
        {
            "name": "Lakeside",
            "setting": "supervised_clinic",
            "chairs": "Window\nDoor",
            "crisis_numbers": "Emergency 112\nLifeline 143",
            "retention_years": 10,
        },
    )
    adopt(director, "rules", (files("ataraxy") / "rules" / "ketamine-anxiety.yaml").read_text("utf-8"))
    adopt(director, "policy", short_policy())
    director.open("/rules/")
    assert "No dose can be given" in director.page.inner_text("main")
    director.open("/rules/policy/limits/")
    limits = {"systolic": 180, "diastolic": 110, "reason": "for this test", "understood": True}
    director.send("", {**limits, "secret": NEW})
    director.open("/rules/")
    assert "No dose can be given" not in director.page.inner_text("main")
    adopt(director, "protocol", PROTOCOL)
    assert clinic["doctor"].refused("/rules/policy/limits/")


def short_policy() -> str:
    """The shipped example as the site's own, with stays of a minute in the place of hours."""
    text = (files("ataraxy") / "policies" / "example.yaml").read_text("utf-8")
    text = text.replace("name: example", "name: lakeside").replace("status: example", "status: site")
    text = re.sub(r"(close_observation:\s+value:) 60 min", r"\1 0.05 min", text, count=1)
    return re.sub(r"(minimum_stay:\s+value:) 120 min", r"\1 0.1 min", text, count=1)


def adopt(director: AtWork, kind: str, text: str) -> None:
    """Upload, read what would change, and adopt with the password."""
    director.open(f"/rules/upload/{kind}/")
    director.page.set_input_files(
        "input[type=file]", {"name": "x.yaml", "mimeType": "text/plain", "buffer": text.encode()}
    )
    director.send("")
    assert violations(director.page) == []
    director.send(f"/rules/adopt/{kind}/", {"secret": NEW})


def the_desk_refers_somebody(clinic: Clinic) -> None:
    desk = clinic["desk"]
    desk.open("/patients/refer/")
    desk.send("", {"name": "Wilma Wholepath", "born": "1984-05-06", "sex": "female", "disorder": "GAD"})
    found = re.search(r"/patient/([0-9a-f]{32})/", desk.page.url)
    assert found is not None, desk.page.url
    clinic.person = found[1]


def the_gate_lets_nobody_through_of_whom_nothing_is_known(clinic: Clinic) -> None:
    clinic["desk"].open(f"/patient/{clinic.person}/")
    for name in ("doctor", "nurse", "second", "talker", "director"):
        take_into_care(clinic, name)
    page = clinic["doctor"].open(f"/patient/{clinic.person}/screening/")
    said_ = page.inner_text("main")
    assert re.search(r"The gate says\s+(Delay|Block)", said_), said_[:300]
    assert "What is missing" in said_
    assert violations(page) == []


def take_into_care(clinic: Clinic, name: str) -> None:
    desk = clinic["desk"]
    desk.open(f"/patient/{clinic.person}/")
    choices = desk.form("/care/").locator("option").evaluate_all("all => all.map(o => [o.label, o.value])")
    desk.send("/care/", {"person": next(value for label, value in choices if name.capitalize() in label)})


def they_chart_what_the_gate_asks_for(clinic: Clinic) -> None:
    chart, doctor, nurse = f"/patient/{clinic.person}/chart/", clinic["doctor"], clinic["nurse"]
    doctor.open(chart)
    diagnosis = {"disorder": "GAD", "code": "F41.1", "severity": "severe", "primary": True, "confirmed": True}
    doctor.send("/chart/diagnosis/", diagnosis)
    for group in ("conditions", "substances", "examination"):
        doctor.open(chart)
        doctor.send(f"/chart/facts/{group}/", healthy(doctor, group))
    for group in ("measurements", "pregnancy"):
        nurse.open(chart)
        nurse.send(f"/chart/facts/{group}/", healthy(nurse, group))
    for drug, dose in (("escitalopram", 20), ("venlafaxine", 150)):
        doctor.open(chart)
        doctor.send(
            "/chart/treatment/",
            {
                "kind": "drug",
                "drug": drug,
                "daily_dose": dose,
                "dose_unit": "mg",
                "weeks": 10,
                "adherence_percent": 95,
                "disorder": "GAD",
                "outcome": "no_response",
                "reason_stopped": "no_benefit",
                "ended_on": (today() - timedelta(days=90)).isoformat(),
            },
        )
    doctor.open(chart)
    doctor.send(
        "/chart/treatment/",
        {
            "kind": "psychotherapy",
            "therapy": "cbt",
            "sessions": 16,
            "weeks": 20,
            "disorder": "GAD",
            "outcome": "no_response",
        },
    )
    doctor.send("/chart/reviewed/treatments/")
    doctor.send("/chart/reviewed/drugs/")
    talker = clinic["talker"]
    enter_scale(clinic, talker, "GAD-7", [3, 3, 2, 3, 2, 3, 2])
    enter_scale(clinic, talker, "PHQ-9", [1, 2, 1, 2, 1, 1, 1, 0, 0])


def healthy(who: AtWork, group: str) -> dict[str, str]:
    """An answer for every field of a group of facts: of somebody whom nothing keeps from treatment."""
    known = {
        "vitals__systolic": "118",
        "vitals__diastolic": "76",
        "vitals__bmi": "23",
        "vitals__weight": "70",
        "vitals__height": "170",
        "suicide__risk": "low",
        "examination__on": today().isoformat(),
    }
    found = {}
    for name in (
        who.form(f"/chart/facts/{group}/")
        .locator("select, input")
        .evaluate_all("fields => fields.map(f => [f.name, f.type, [...(f.options || [])].map(o => o.value)])")
    ):
        field_name, kind, choices = name
        if "__" not in field_name:
            continue
        if field_name in known:
            found[field_name] = known[field_name]
        elif kind.startswith("select"):
            found[field_name] = next(
                c for c in ("none", "no", "never", "negative", "not_done") if c in choices
            )
    return found


def enter_scale(clinic: Clinic, who: AtWork, scale: str, answers: list[int]) -> None:
    who.open(f"/patient/{clinic.person}/scores/enter/?scale={scale}")
    who.send("", {f"item_{number}": str(answer) for number, answer in enumerate(answers, 1)})


def a_protocol_is_assigned_and_consent_is_signed(clinic: Clinic) -> None:
    doctor, plan = clinic["doctor"], f"/patient/{clinic.person}/course/"
    for name in ("doctor", "nurse"):
        doctor.open(plan)
        choices = doctor.form("/course/professional/").locator("option")
        labels = choices.evaluate_all("all => all.map(o => [o.label, o.value])")
        named = next(value for label, value in labels if label.startswith(name.capitalize()))
        doctor.send("/course/professional/", {"person": named})
    doctor.open(plan)
    doctor.send("/course/protocol/", {"protocol": "short-infusion", "basis": "off_label"})
    # without consent nothing begins
    page = doctor.open(f"/patient/{clinic.person}/screening/")
    assert "consent" in page.inner_text("main").lower()
    talker = clinic["talker"]
    talker.open(f"/patient/{clinic.person}/consent/")
    elements = [
        "experimental",
        "not_fda_approved",
        "alternatives",
        "risks",
        "right_to_withdraw",
        "evidence_mixed",
    ]
    page = talker.send("/consent/give/", {"elements": elements, "secret": NEW})
    assert "Consent stands" in page.inner_text("main")
    assert violations(page) == []


def the_gate_allows_and_treatment_begins(clinic: Clinic) -> None:
    doctor = clinic["doctor"]
    page = doctor.open(f"/patient/{clinic.person}/screening/")
    assert re.search(r"The gate says\s+Allow", page.inner_text("main")), page.inner_text("main")[:1500]
    doctor.send("/screening/ask/")
    doctor.open(f"/patient/{clinic.person}/course/")
    doctor.send("/course/begin/")
    desk = clinic["desk"]
    desk.open(f"/patient/{clinic.person}/course/")
    page = desk.send("/course/plan/", {"index": "0", "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M}"})
    found = re.search(r'href="/session/([0-9a-f]{32})/"', page.content())
    assert found is not None
    clinic.session = found[1]
    assert clinic["student"].refused(f"/patient/{clinic.person}/")
    assert clinic["admin"].refused(f"/session/{clinic.session}/")


def the_nurse_checks_the_person_in(clinic: Clinic) -> None:
    sheet = f"/session/{clinic.session}/"
    nurse = clinic["nurse"]
    page = nurse.open(sheet)
    page.wait_for_selector(READY)
    form = page.locator("form[data-entry=check_in]")
    ago = datetime.now(UTC) - timedelta(hours=9)
    for name in ("identity_confirmed", "no_alcohol_or_cannabis", "no_nasal_medicine", "escort_arranged"):
        form.locator(f"[name={name}]").check()
    form.locator("[name=last_food_at]").fill(f"{ago:%Y-%m-%dT%H:%M}")
    form.locator("[name=last_liquid_at]").fill(f"{ago:%Y-%m-%dT%H:%M}")
    form.locator("[name=weight_kg]").fill("70")
    form.locator("[name=pregnancy]").select_option("not_applicable")
    form.locator("[name=judgement]").select_option("low")
    form.locator("[name=phq9_item9]").select_option("0")
    form.locator("[name=chair]").select_option("Window")
    assert violations(page) == []
    form.locator("button[type=submit]").click()
    page.wait_for_selector("text=Checked in")
    assert "Window" in clinic["desk"].open("/today/").inner_text(".chairs")
    assert "Wilma Wholepath, born 6 May 1984" in page.inner_text("body")
    chart(page, 118, moaas=5, cadss6=0)
    assert "The dose is not prepared" in page.inner_text("main")


def chart(page: Any, systolic: int, **more: int) -> None:
    """A whole reading, and wait until the record has it."""
    values = {
        "systolic": systolic,
        "diastolic": 76,
        "heart_rate": 70,
        "spo2": 98,
        "respiratory_rate": 14,
        **more,
    }
    for name, value in values.items():
        page.fill(f"#in-{name}", str(value))
    page.click("text=Chart reading")
    page.wait_for_selector(f"td:has-text('{systolic}/76')")


def two_people_prepare_the_dose(clinic: Clinic) -> None:
    nurse, label = (
        clinic["nurse"],
        {
            "drug": "racemic_ketamine",
            "strength": "10",
            "unit": "mL",
            "basis": "base",
            "content": "20",
            "lot": "L77",
            "expires_on": (today() + timedelta(days=300)).isoformat(),
        },
    )
    nurse.open("/register/")
    witness = {"person": option(nurse, "/register/receive/", "person", "Second"), "secret": NEW}
    nurse.send("/register/receive/", {"location": "cupboard", "container": "K-1", **label, **witness})
    preparation = f"/session/{clinic.session}/preparation/"
    page = nurse.open(preparation)
    read = {"amount": "0.01", "per": "mg/kg", "weight_kg": "70", "container": "cupboard|K-1", **label}
    read["final_volume_ml"] = "0.6"
    page = nurse.send("/preparation/first/", read)
    assert "0.07" in page.inner_text("main")
    assert violations(page) == []
    nurse.send("/preparation/hand-over/")
    second = clinic["second"]
    page = second.open(preparation)
    assert "0.07" not in page.inner_text("main"), "the second person works unseen"
    own = {"dose_mg": "0.7", "drawn": "0.07", "rate_ml_per_h": "180"}
    who = {"person": option(second, "/preparation/second/", "person", "Second"), "secret": NEW}
    page = second.send("/preparation/second/", {**read, **own, **who})
    assert "Two people agree" in page.inner_text("main")
    assert violations(page) == []


def option(who: AtWork, action: str, name: str, label: str) -> str:
    """The value of the choice that begins with a label."""
    choices = who.form(action).locator(f"[name={name}] option")
    found = choices.evaluate_all("all => all.map(o => [o.label, o.value])")
    return str(next(value for text, value in found if text.startswith(label)))


def the_dose_is_given_and_watched(clinic: Clinic) -> None:
    nurse, doctor = clinic["nurse"], clinic["doctor"]
    page = nurse.open(f"/session/{clinic.session}/")
    page.wait_for_selector(READY)
    page.locator("form[data-entry=start] button[type=submit]").click()
    page.wait_for_selector("text=Dosing")
    began = time.monotonic()
    chart(page, 131, moaas=5)
    watching = doctor.open(f"/session/{clinic.session}/")
    watching.wait_for_selector("td:has-text('131/76')")
    page.locator("form[data-entry=pause] button").click()
    page.wait_for_selector("form[data-entry=resume]")
    page.locator("form[data-entry=resume] button").click()
    page.wait_for_selector("form[data-entry=pause]")
    page.click("summary:has-text('Chart an adverse event')")
    event = page.locator("form[data-entry=adverse_event]")
    event.locator("[name=term]").fill("nausea")
    event.locator("[name=grade]").select_option("3")
    event.locator("button[type=submit]").click()
    page.wait_for_selector(".sheet-events li:has-text('nausea')")
    # the pump runs twelve seconds
    page.wait_for_timeout(max(0.0, 13 - (time.monotonic() - began)) * 1000)
    page.locator("form[data-entry=stop] button").click()
    page.wait_for_selector("form[data-entry=observation]")
    page.locator("form[data-entry=observation] button").click()
    page.wait_for_selector("text=Observation")


def the_person_goes_home(clinic: Clinic) -> None:
    page = clinic["nurse"].page
    page.wait_for_selector("form[data-entry=recovery]")
    chart(page, 122, moaas=5, cadss6=0)
    # close observation lasts three seconds by this clinic's policy
    page.wait_for_timeout(4000)
    page.locator("form[data-entry=recovery] button").click()
    page.wait_for_selector("form[data-entry=discharge]")
    chart(page, 120, moaas=5, cadss6=0, nausea=0)
    form = page.locator("form[data-entry=discharge]")
    for name in ("walks_unaided", "escort_present", "told_no_driving", "told_whom_to_call"):
        form.locator(f"[name={name}]").check()
    form.locator("button[type=submit]").click()
    page.wait_for_selector("[data-queue] >> text=cannot discharge")
    assert "Discharged" not in page.inner_text("main"), "not while something keeps the person here"
    page.click("button:has-text('Chart that it was refused')")
    the_nausea_is_over(page)
    the_stop_was_pressed_late(page)
    assert violations(page) == []
    for name in ("walks_unaided", "escort_present", "told_no_driving", "told_whom_to_call", "access_removed"):
        form.locator(f"[name={name}]").check()
    form.locator("button[type=submit]").click()
    page.wait_for_selector("text=Discharged")


def the_nausea_is_over(page: Any) -> None:
    """Severe nausea keeps the person here until its end is charted."""
    assert "nausea of grade 3 is ongoing" in page.inner_text("main").lower()
    page.click("summary:has-text('Chart how one stands now')")
    form = page.locator("form[data-entry=adverse_event_now]")
    form.locator("[name=outcome]").select_option("resolved")
    assert violations(page) == []
    form.locator("button[type=submit]").click()
    page.wait_for_selector(".sheet-events li:has-text('Resolved')")
    assert "nausea of grade 3" not in page.inner_text("main").lower()


def the_stop_was_pressed_late(page: Any) -> None:
    """The syringe was empty before: more is charted as given than was in it, and that keeps the person here."""
    page.click("summary:has-text('Correct the dose')")
    form = page.locator("form[data-entry=correct_delivery]")
    stop = form.locator("option").last
    when = str(stop.text_content()).removeprefix("stop at ")
    charted = datetime.strptime(when, "%d %b %Y, %H:%M:%S")  # noqa: DTZ007 - of the wall
    form.locator("[name=corrects]").select_option(stop.get_attribute("value"))
    form.locator("[name=to_at]").fill(f"{charted - timedelta(seconds=3):%Y-%m-%dT%H:%M:%S}")
    form.locator("[name=reason]").fill("the syringe was empty before I pressed stop")
    form.locator("button[type=submit]").click()
    page.wait_for_selector("td:has-text('(corrected)')")


def what_was_drawn_is_accounted_for(clinic: Clinic) -> None:
    nurse = clinic["nurse"]
    page = nurse.open(f"/session/{clinic.session}/preparation/")
    witness = {"person": option(nurse, "/preparation/account/", "person", "Second"), "secret": NEW}
    account = {"given": "0.07", "wasted": "0", "reason": "", **witness}
    page = nurse.send("/preparation/account/", account)
    page = nurse.open("/register/place/cupboard/")
    assert "Zero unaccounted" in page.inner_text("main")
    assert violations(page) == []
    assert clinic["talker"].refused("/register/")


def the_person_answers_a_questionnaire(clinic: Clinic) -> None:
    talker = clinic["talker"]
    talker.open(f"/patient/{clinic.person}/scores/")
    page = talker.send("/scores/send/", {"instrument": "PHQ-9", "hours": "24"})
    link = re.search(r"/q/[A-Za-z0-9_-]{20,}", page.content())
    assert link is not None
    phone = clinic.open_page()
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.goto(link[0])
    said_ = phone.inner_text("body")
    assert "112" in said_, "whom to call stands before the questions"
    assert "Wilma" not in said_
    assert violations(phone) == []
    for number, answer in enumerate([2, 2, 1, 2, 1, 1, 2, 1, 2], 1):
        phone.locator(f"[name=item-{number}][value='{answer}']").check()
    phone.click("main button[type=submit]")
    phone.wait_for_url("**/q/answered/")
    assert "112" in phone.inner_text("body"), "and after them"
    assert violations(phone) == []
    again = phone.goto(link[0])
    assert again.status in (404, 410), "a link opens one questionnaire once"


def an_alert_reaches_a_clinician(clinic: Clinic) -> None:
    doctor = clinic["doctor"]
    page = doctor.open("/alerts/")
    page.wait_for_selector("text=Wilma Wholepath")
    assert "Item 9" in page.inner_text("main") or "item 9" in page.inner_text("main")
    number = page.locator("form[action*='/acknowledge/']").count()
    while number:
        action = page.locator("form[action*='/acknowledge/']").first.get_attribute("action")
        doctor.send(action, {"comment": "called; safe at home with her sister; seen tomorrow"})
        page = doctor.open("/alerts/")
        number = page.locator("form[action*='/acknowledge/']").count()
    assert "No alert is open" in page.inner_text("main")
    assert "seen tomorrow" in page.inner_text("main")


def they_are_called_after_the_session(clinic: Clinic) -> None:
    talker = clinic["talker"]
    page = talker.open(f"/session/{clinic.session}/follow-up/")
    assert violations(page) == []
    risk = {"judgement": "moderate", "phq9_item9": "1", "note": "safety plan gone through"}
    page = talker.send("/follow-up/risk/", risk)
    assert "Moderate" in page.inner_text("main")
    page = clinic["desk"].open("/follow-up/")
    assert "Wilma Wholepath" in page.inner_text("main")


def everybody_sees_what_is_theirs(clinic: Clinic) -> None:
    page = clinic["talker"].open(f"/patient/{clinic.person}/")
    page.click("summary:has-text('The same as a table')")
    text = page.inner_text("main").lower()
    for words in ("Wilma Wholepath", "GAD-7", "PHQ-9", "nausea", "suicide risk"):
        assert words.lower() in text, words
    student = clinic["student"]
    text = student.open("/research/").inner_text("main")
    assert "Wilma" not in text
    assert clinic.person not in student.page.content()
    for path in ("/patients/", "/today/", f"/patient/{clinic.person}/", f"/session/{clinic.session}/"):
        assert student.refused(path), path
        assert clinic["admin"].refused(path), path
    page = clinic["director"].open("/today/")
    assert violations(page) == []


def the_auditor_verifies(clinic: Clinic) -> None:
    looker = clinic["looker"]
    page = looker.open("/audit/access/")
    for name in ("Doctor", "Nurse", "Talker"):
        assert name in page.inner_text("main")
    looker.open("/audit/")
    looker.send("/audit/verify/")
    page = looker.page
    page.wait_for_selector("text=/valid|intact|in order/i")
    assert violations(page) == []
    assert looker.refused(f"/patient/{clinic.person}/")
    assert verify_file(str(clinic.home / "record.sqlite3")).valid
