"""Colours of the style sheet: contrast by computation (WCAG 2.2, 1.4.3 and 1.4.11), in light, dark and session room."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ataraxy.clinic

CSS = (Path(ataraxy.clinic.__file__).parent / "static" / "clinic.css").read_text(encoding="utf-8")
STATES = ("ok", "due", "overdue", "stop", "hold", "active", "quiet")


def tokens(selector: str) -> dict[str, str]:
    """The colours of one block of tokens."""
    start = CSS.index(selector)
    block = CSS[CSS.index("{", start) + 1 : CSS.index("}", start)]
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6});", block))


LIGHT = tokens(":root {\n  color-scheme: light")
THEMES = {
    "light": LIGHT,
    "dark by device": tokens(':root:not([data-theme="light"])'),
    "dark by choice": tokens(':root[data-theme="dark"] {'),
    "session room": tokens(':root[data-room="session"][data-room] {'),
}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


PAIRS = [
    *((ink, ground, 4.5) for ink in ("ink", "ink-2", "ink-3") for ground in ("ground", "surface", "sunken")),
    *(
        (ink, ground, 4.5)
        for ink in ("accent", "accent-strong", "danger")
        for ground in ("ground", "surface")
    ),
    ("accent-strong", "accent-soft", 4.5),
    ("accent", "accent-soft", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-strong", 4.5),
    ("on-danger", "danger", 4.5),
    *((state, f"{state}-soft", 4.5) for state in STATES),
    *((state, ground, 4.5) for state in STATES for ground in ("surface", "ground")),
    *(("line-strong", ground, 3.0) for ground in ("surface", "ground")),
    *(("focus", ground, 3.0) for ground in ("surface", "ground", "sunken")),
    *((f"plot-{n}", "surface", 3.0) for n in (1, 2, 3, 4)),
]


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_read_stands_out(theme: str) -> None:
    colours = THEMES[theme]
    weak = [
        f"{one} on {other}: {contrast(colours[one], colours[other]):.2f}"
        for one, other, least in PAIRS
        if contrast(colours[one], colours[other]) < least
    ]
    assert weak == []


def test_every_theme_has_every_colour_and_both_darks_are_one() -> None:
    assert {name: set(colours) for name, colours in THEMES.items()} == {name: set(LIGHT) for name in THEMES}
    assert THEMES["dark by device"] == THEMES["dark by choice"]


def test_the_session_room_is_dim() -> None:
    room = THEMES["session room"]
    assert max(luminance(room[g]) for g in ("ground", "surface", "sunken")) < 0.01
    # warm: less blue than red in everything that is read
    for name in ("ink", "ink-2", "accent"):
        assert int(room[name][5:7], 16) < int(room[name][1:3], 16)


def test_no_rule_uses_a_colour_that_is_not_a_token() -> None:
    rules = re.sub(r"/\*.*?\*/", "", CSS[CSS.index("--font:") : CSS.index("@media print")], flags=re.DOTALL)
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", rules)) <= {"#ffffff"}  # the ground of a QR code
    assert len(re.findall("#ffffff", rules)) == 1


def test_touch_targets_are_44_pixels() -> None:
    assert re.search(r"--touch:\s*44px", CSS)
    for selector in (".button {", ".nav a {", ".choice,"):
        start = CSS.index("\n" + selector)
        rule = CSS[start : CSS.index("}", start)]
        assert "min-height: var(--touch)" in rule


def test_every_state_has_a_shape_of_its_own() -> None:
    shapes = [re.search(rf"\.badge-{state}::before {{([^}}]*)}}", CSS) for state in STATES]
    assert all(shapes)
    assert len({found.group(1) for found in shapes if found}) == len(STATES)
