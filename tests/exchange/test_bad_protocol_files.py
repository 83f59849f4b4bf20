"""Bad input: one clear line with file, line, field, remedy and code; exit status 2."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ataraxy.errors import InputError
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.exchange.yaml_text import MOST_BYTES

GOOD = """\
name: clinic
drug: racemic ketamine
basis: base
route: iv_infusion
dose: 0.5 mg/kg
duration: 40 min
calendar: 6 sessions over 2 weeks
source: own protocol
"""
STEPS = "rate_changes:\n  - {at: 10 min, rate: 0.5 mg/kg/h}\n"


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def with_doses(doses: str) -> str:
    return changed("dose: 0.5 mg/kg", f"dose: {doses}")


def with_calendar(calendar: str) -> str:
    return changed("calendar: 6 sessions over 2 weeks", f"calendar: {calendar}")


# name: (content, code, line, field)
CASES: dict[str, tuple[str, str, int | None, str]] = {
    "missing unit": (with_doses("0.5"), "unit.missing", 5, "dose"),
    "wrong dimension": (with_doses("0.5 kg"), "unit.dimension", 5, "dose"),
    "rate as a dose": (with_doses("0.5 mg/h"), "unit.dimension", 5, "dose"),
    "unknown unit": (with_doses("0.5 MG/kg"), "unit.unknown", 5, "dose"),
    "unit of time for a dose": (with_doses("40 min"), "unit.dimension", 5, "dose"),
    "negative dose": (with_doses("-0.5 mg/kg"), "protocol.dose-not-positive", 5, "dose"),
    "zero dose": (with_doses("0 mg"), "protocol.dose-not-positive", 5, "dose"),
    "not a number": (with_doses("nan mg/kg"), "unit.not-finite", 5, "dose"),
    "infinite dose": (with_doses("inf mg"), "unit.not-finite", 5, "dose"),
    "overflowing dose": (with_doses("1e999 mg"), "unit.not-finite", 5, "dose"),
    "yes for a dose": (with_doses("yes"), "unit.not-a-quantity", 5, "dose"),
    "underscored number": (with_doses("1_000 mg"), "unit.unknown", 5, "dose"),
    "absurd dose per kg": (with_doses("50 mg/kg"), "protocol.dose-absurd", 5, "dose"),
    "absurd dose": (with_doses("1.5 g"), "protocol.dose-absurd", 5, "dose"),
    "second dose is bad": (with_doses("[0.5 mg/kg, 0.5]"), "unit.missing", 5, "dose[1]"),
    "doses do not match the sessions": (
        with_doses("[0.5 mg/kg, 1 mg/kg]"), "protocol.dose-count", 5, "dose"
    ),
    "dose is a mapping": (with_doses("{mg: 5}"), "protocol.shape", 5, "dose"),
    "dose is empty": (with_doses(""), "protocol.field-missing", 5, "dose"),
    "dose is an empty list": (with_doses("[]"), "protocol.shape", 5, "dose"),
    "no dose": (changed("dose: 0.5 mg/kg\n", ""), "protocol.dose-missing", 1, ""),
    "dose and rate": (GOOD + "rate: 1 mg/kg/h\n", "protocol.dose-twice", 9, "rate"),
    "cap below zero": (GOOD + "cap: -5 mg\n", "protocol.cap-not-positive", 9, "cap"),
    "cap of zero": (GOOD + "cap: 0 mg\n", "protocol.cap-not-positive", 9, "cap"),
    "cap per kg": (GOOD + "cap: 5 mg/kg\n", "unit.dimension", 9, "cap"),
    "cap without a unit": (GOOD + "cap: 50\n", "unit.missing", 9, "cap"),
    "cap beside a fixed dose": (with_doses("30 mg") + "cap: 50 mg\n", "protocol.cap-without-weight", 9, "cap"),
    "cap without a dose": (
        changed("dose: 0.5 mg/kg", "rate: 1 mg/kg/h") + "cap: 50 mg\n", "protocol.cap-without-dose", 9, "cap"
    ),
    "cap with a fixed rate": (
        GOOD + "cap: 50 mg\n" + STEPS, "protocol.cap-with-rate", 11, "rate_changes[0].rate"
    ),
    "unknown route": (changed("iv_infusion", "inhaled"), "protocol.route-unknown", 4, "route"),
    "lozenge is no route": (changed("iv_infusion", "lozenge"), "protocol.route-unknown", 4, "route"),
    "no route": (changed("route: iv_infusion\n", ""), "protocol.field-missing", 1, "route"),
    "unknown drug": (changed("racemic ketamine", "propofol"), "protocol.drug-unknown", 2, "drug"),
    "ketamine alone is ambiguous": (changed("racemic ketamine", "ketamine"), "protocol.drug-unknown", 2, "drug"),
    "unknown basis": (changed("basis: base", "basis: sulfate"), "protocol.basis-unknown", 3, "basis"),
    "no basis": (changed("basis: base\n", ""), "protocol.field-missing", 1, "basis"),
    "unknown status of the basis": (GOOD + "basis_status: maybe\n", "protocol.basis-status", 9, "basis_status"),
    "no duration": (changed("duration: 40 min\n", ""), "protocol.duration-not-positive", 1, "duration"),
    "zero duration": (changed("40 min", "0 min"), "protocol.duration-not-positive", 6, "duration"),
    "negative duration": (changed("40 min", "-40 min"), "protocol.duration-not-positive", 6, "duration"),
    "duration without a unit": (changed("40 min", "40"), "unit.missing", 6, "duration"),
    "duration in mg": (changed("40 min", "40 mg"), "unit.dimension", 6, "duration"),
    "duration of months": (changed("40 min", "40 weeks"), "protocol.duration-absurd", 6, "duration"),
    "duration of an injection": (
        changed("iv_infusion", "im"), "protocol.not-an-infusion", 6, "duration"
    ),
    "rate changes of an injection": (
        changed("iv_infusion", "sc").replace("duration: 40 min\n", "") + STEPS,
        "protocol.not-an-infusion", 8, "rate_changes",
    ),
    "both days and phases": (
        with_calendar("\n  days: [0, 2]\n  phases:\n    - {sessions: 6, over: 2 weeks}"),
        "protocol.calendar-both", 7, "calendar",
    ),
    "neither days nor phases": (with_calendar("{}"), "protocol.calendar-empty", 7, "calendar"),
    "days fall": (
        with_calendar("\n  days:\n    - 0\n    - 7\n    - 2"), "protocol.calendar-order", 11, "calendar.days[2]"
    ),
    "days repeat": (with_calendar("{days: [0, 2, 2]}"), "protocol.calendar-order", 7, "calendar.days[2]"),
    "negative day": (with_calendar("{days: [-1, 2]}"), "protocol.calendar-order", 7, "calendar.days[0]"),
    "day is yes": (with_calendar("{days: [0, yes]}"), "protocol.number", 7, "calendar.days[1]"),
    "day is nan": (with_calendar("{days: [0, nan]}"), "protocol.number", 7, "calendar.days[1]"),
    "days are no list": (with_calendar("{days: 3}"), "protocol.shape", 7, "calendar.days"),
    "a day far away": (with_calendar("{days: [0, 99999]}"), "protocol.calendar-too-long", 7, "calendar.days[1]"),
    "too many days": (
        with_calendar(f"{{days: [{', '.join(map(str, range(501)))}]}}"),
        "protocol.calendar-too-many", 7, "calendar.days"
    ),
    "too many sessions": (with_calendar("daily for 501 days"), "protocol.calendar-too-many", 7, "calendar"),
    "too many sessions in phases": (
        with_calendar("daily for 300 days, then daily for 300 days"), "protocol.calendar-too-many", 7, "calendar"
    ),
    "uneven phase": (with_calendar("5 sessions over 2 weeks"), "protocol.calendar-uneven", 7, "calendar"),
    "sentence not understood": (with_calendar("now and then"), "protocol.calendar-sentence", 7, "calendar"),
    "ambiguous sentence": (with_calendar("twice weekly for 4"), "protocol.calendar-sentence", 7, "calendar"),
    "half a week": (
        with_calendar("{phases: [{sessions: 2, over: 10 days}]}"),
        "protocol.calendar-phase", 7, "calendar.phases[0].over"
    ),
    "interval of zero": (
        with_calendar("{phases: [{sessions: 2, every: 0 days}]}"),
        "protocol.calendar-phase", 7, "calendar.phases[0].every"
    ),
    "sessions yes": (
        with_calendar("{phases: [{sessions: yes, every: 1 week}]}"), "protocol.number", 7, "calendar.phases[0].sessions"
    ),
    "no calendar": (changed("calendar: 6 sessions over 2 weeks\n", ""), "protocol.field-missing", 1, "calendar"),
    "sessions overlap": (
        changed("40 min", "30 h").replace("6 sessions over 2 weeks", "daily for 3 days"),
        "protocol.sessions-overlap", 7, "calendar",
    ),
    "rate step outside": (
        GOOD + STEPS + "  - {at: 50 min, rate: pause}\n", "protocol.rate-outside", 11, "rate_changes[1].at"
    ),
    "rate step before the start": (
        GOOD + "rate_changes:\n  - {at: -1 min, rate: pause}\n", "protocol.rate-outside", 10, "rate_changes[0].at"
    ),
    "rate step ends outside": (
        GOOD + "rate_changes:\n  - at: 30 min\n    rate: pause\n    for: 20 min\n",
        "protocol.rate-outside", 12, "rate_changes[0].for",
    ),
    "overlapping rate steps": (
        GOOD + "rate_changes:\n  - {at: 10 min, rate: 50 %, for: 15 min}\n  - {at: 20 min, rate: pause}\n",
        "protocol.rate-overlap", 11, "rate_changes[1].at",
    ),
    "rate steps out of order": (
        GOOD + "rate_changes:\n  - {at: 20 min, rate: 50 %}\n  - {at: 10 min, rate: pause}\n",
        "protocol.rate-overlap", 11, "rate_changes[1].at",
    ),
    "two rates at once": (
        GOOD + STEPS + "  - {at: 10 min, rate: 1 mg/kg/h}\n", "protocol.rate-overlap", 11, "rate_changes[1].at"
    ),
    "pause within a pause": (
        GOOD + "rate_changes:\n  - {at: 10 min, rate: pause}\n  - {at: 20 min, rate: pause}\n",
        "protocol.rate-overlap", 11, "rate_changes[1].at",
    ),
    "resumed without a pause": (
        GOOD + "rate_changes:\n  - {at: 10 min, rate: resume}\n", "protocol.rate-resume", 10, "rate_changes[0].rate"
    ),
    "rate without time": (
        GOOD + "rate_changes:\n  - {at: 10 min, rate: 0.5 mg/kg}\n", "unit.dimension", 10, "rate_changes[0].rate"
    ),
    "negative rate": (
        GOOD + "rate_changes:\n  - {at: 10 min, rate: -1 mg/h}\n", "protocol.rate-negative", 10, "rate_changes[0].rate"
    ),
    "negative share": (
        GOOD + "rate_changes:\n  - {at: 10 min, rate: -50 %}\n", "protocol.rate-negative", 10, "rate_changes[0].rate"
    ),
    "paused throughout": (
        GOOD + "rate_changes:\n  - {at: 0 min, rate: pause}\n", "protocol.dose-not-positive", 9, "rate_changes"
    ),
    "absurd rate": (
        GOOD + "rate_changes:\n  - {at: 10 min, rate: 50 mg/kg/h}\n", "protocol.dose-absurd", 9, "rate_changes"
    ),
    "rate change is no mapping": (GOOD + "rate_changes: [10]\n", "protocol.shape", 9, "rate_changes[0]"),
    "prescribed rate is a pause": (
        changed("dose: 0.5 mg/kg", "rate: pause"), "protocol.rate", 5, "rate"
    ),
    "unknown field": (GOOD + "weight: 70 kg\n", "protocol.field-unknown", 9, "weight"),
    "mistyped field": (changed("duration:", "durration:"), "protocol.field-unknown", 6, "durration"),
    "field twice": (GOOD + "dose: 1 mg/kg\n", "yaml.duplicate-key", 9, ""),
    "administration and dose": (
        GOOD + "administrations:\n  - {route: im, dose: 5 mg}\n", "protocol.dose-twice", 4, "route"
    ),
    "devices without the nasal route": (
        changed("dose: 0.5 mg/kg", "devices: 2"), "protocol.devices", 5, "devices"
    ),
    "nasal spray of racemate": (
        changed("iv_infusion", "nasal spray").replace("dose: 0.5 mg/kg", "devices: 1")
        .replace("duration: 40 min\n", ""),
        "protocol.devices", 5, "devices",
    ),
    "four devices": (
        changed("iv_infusion", "nasal spray").replace("dose: 0.5 mg/kg", "devices: 4")
        .replace("duration: 40 min\n", ""),
        "protocol.devices", 5, "devices",
    ),
    "devices without an interval": (
        changed("iv_infusion", "nasal spray").replace("dose: 0.5 mg/kg", "devices: 2")
        .replace("duration: 40 min\n", ""),
        "protocol.device-interval", 5, "devices",
    ),
    "no source": (changed("source: own protocol\n", ""), "protocol.source-missing", 1, "source"),
    "unknown status of the address": (
        changed("own protocol", "{citation: me, url: x, url_status: guessed}"),
        "protocol.source-url", 8, "source.url_status"
    ),
    "bad name": (changed("clinic", "../Clinic"), "protocol.name", 1, "name"),
    "another format": ("format: ataraxy.protocol/9\n" + GOOD, "protocol.format", 1, "format"),
    "negative observation": (GOOD + "observation: -1 h\n", "protocol.observation", 9, "observation"),
    "tab as indentation": (GOOD + "rate_changes:\n\t- {at: 1 min}\n", "yaml.syntax", 10, ""),
    "open bracket": (with_doses("[0.5 mg/kg"), "yaml.syntax", 6, ""),
    "open quote": (GOOD + 'note: "never closed\n', "yaml.syntax", None, ""),
    "control character": (GOOD + "note: a\x07b\n", "yaml.syntax", 9, ""),
    "alias bomb": (
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n" + GOOD, "yaml.alias", 1, ""
    ),
    "tag": (GOOD + "note: !!python/object:os.system x\n", "yaml.tag", 9, ""),
    "deep nesting": (GOOD + "note: " + "[" * 100_000 + "\n", "yaml.too-deep", 9, ""),
    "second document": (GOOD + "---\nname: b\n", "yaml.documents", 9, ""),
    "key is a list": (GOOD + "[a, b]: c\n", "yaml.key", 9, ""),
    "empty file": ("", "yaml.empty", None, ""),
    "comment only": ("# nothing\n", "yaml.empty", None, ""),
    "a list": ("- a\n- b\n", "protocol.shape", 1, ""),
    "prose": ("Give ketamine slowly\n", "protocol.shape", 1, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.replace(" ", "-"))
def test_bad_input_is_refused_in_one_line_that_names_file_line_field_remedy_and_code(
    case: str, tmp_path: Path
) -> None:
    content, code, line, field = CASES[case]
    path = tmp_path / "bad.yaml"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError) as caught:
        load_protocol(path)
    error = caught.value
    message = str(error)
    assert error.code == code, message
    assert error.exit_status == 2
    assert "\n" not in message
    assert len(message) < 600
    found = re.match(re.escape(str(path)) + r"(?::(\d+))?(?:: ([^ ]*?))?: ", message)
    assert found is not None, message
    if line is not None:
        assert found[1] == str(line), message
    assert (found[2] or "") == field, message
    assert error.remedy
    assert message.endswith(f"{error.remedy} [{code}]")


def test_the_good_file_that_all_bad_ones_are_made_from_loads(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    assert load_protocol(path).name == "clinic"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("durration", "duration"), ("Dose", "dose"), ("calender", "calendar")],
)
def test_a_mistyped_field_is_answered_with_the_nearest_one(written: str, meant: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(GOOD.replace(f"{meant}:", f"{written}:"))
    with pytest.raises(InputError, match=f'Did you mean "{meant}"'):
        load_protocol(path)


def refused_code(path: str | Path) -> str:
    with pytest.raises(InputError) as caught:
        load_protocol(path)
    assert "\n" not in str(caught.value)
    return caught.value.code


def test_files_that_cannot_be_a_protocol_are_refused_by_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff")
    (tmp_path / "null.yaml").write_bytes(b"name: a\x00b\n")
    (tmp_path / "huge.yaml").write_bytes(b"# " + b"x" * MOST_BYTES)
    os.mkfifo(tmp_path / "pipe.yaml")
    assert refused_code(tmp_path / "binary.yaml") == "file.not-text"
    assert refused_code(tmp_path / "null.yaml") == "file.not-text"
    assert refused_code(tmp_path / "huge.yaml") == "file.too-large"
    assert refused_code(tmp_path / "pipe.yaml") == "file.not-a-file"
    assert refused_code(tmp_path) == "file.not-a-file"
    assert refused_code(tmp_path / "missing.yaml") == "file.missing"
    assert refused_code(tmp_path / "a.yaml" / "b.yaml") in ("file.missing", "file.unreadable")
    assert refused_code(Path("a\0b.yaml")) == "file.unreadable"
    assert refused_code("x" * 5000) == "file.missing"
    assert refused_code(tmp_path / ("x" * 5000)) == "file.unreadable"


def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text(GOOD)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Not by chmod, because root reads every file.
    monkeypatch.setattr(Path, "open", refuse)
    assert refused_code(path) == "file.unreadable"


def test_the_line_of_bytes_that_are_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"name: a\ntitle: caf\xe9\n")
    with pytest.raises(InputError, match=r"latin\.yaml:2: "):
        load_protocol(path)


def test_an_unknown_name_is_answered_with_the_nearest_shipped_protocol() -> None:
    with pytest.raises(InputError, match='Did you mean "ketamine-iv-05-six"'):
        load_protocol("ketamine-iv-05-sex")
