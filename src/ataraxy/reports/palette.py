"""The colours of reports and figures, each for a light and for a dark page.

A figure is drawn in the light colours; inside a report they become CSS variables, so that it follows the reader's
choice. Curves use the colours of Okabe and Ito (Color Universal Design, 2008, https://jfly.uni-koeln.de/color/), which
people with any common form of colour blindness can tell apart; on a dark page lighter ones take over. No meaning
rests on colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour: its CSS variable and its value on a light and on a dark page, as ``#rrggbb``."""

    variable: str
    light: str
    dark: str


PAGE = Colour("page", "#ffffff", "#14191f")
SURFACE = Colour("surface", "#f4f6f8", "#1c232b")
INK = Colour("ink", "#1b2430", "#e8ecf0")
MUTED = Colour("muted", "#4f5d6c", "#a9b5c1")
LINE = Colour("line", "#d5dbe1", "#36414d")
ACCENT = Colour("accent", "#0b5f63", "#6fc7c4")
LINK = Colour("link", "#0a568f", "#86bdf2")
NOTICE = Colour("notice", "#eaf1f7", "#1a2b3a")
WARNING = Colour("warning", "#fdf3dc", "#34290f")
WARNING_INK = Colour("warning-ink", "#5a3b00", "#f7d28b")
WARNING_LINE = Colour("warning-line", "#c98a00", "#b9851d")
MISS_INK = Colour("miss-ink", "#9c2a00", "#ffab8a")

BOTH_CURVE = Colour("curve-both", "#00785a", "#3fcf9f")
S_CURVE = Colour("curve-s", "#0072b2", "#56b4e9")
R_CURVE = Colour("curve-r", "#c24e00", "#f0a23c")
BLOCK_CURVE = Colour("curve-block", "#7a3f8f", "#c79be0")
GLUTAMATE_CURVE = Colour("curve-glutamate", "#a8326f", "#f08cbc")
GABA_CURVE = Colour("curve-gaba", "#4b6b1f", "#a9cc6a")
SCORE_CURVE = Colour("curve-score", "#1f5fa8", "#8ab8f5")
CONTROL_CURVE = Colour("curve-control", "#7d7467", "#b9ae9e")
CADSS_CURVE = Colour("curve-cadss", "#5b4fb3", "#b0a8f5")
SYSTOLIC_CURVE = Colour("curve-systolic", "#b3262e", "#ff8f8a")
DIASTOLIC_CURVE = Colour("curve-diastolic", "#b06a10", "#f3bb6b")
DOSE = Colour("dose", "#5f6b78", "#98a5b2")
GRID = Colour("grid", "#e3e7eb", "#2b343e")
AXIS = Colour("axis", "#8a95a1", "#6d7985")
NOT_SCORED = Colour("not-scored", "#8d97a0", "#7b8792")
WITHIN_125 = Colour("within-125", "#d9e9f5", "#203a4f")
WITHIN_2 = Colour("within-2", "#eff5fa", "#1a2936")

COLOURS = (
    PAGE, SURFACE, INK, MUTED, LINE, ACCENT, LINK, NOTICE, WARNING, WARNING_INK, WARNING_LINE, MISS_INK,
    BOTH_CURVE, S_CURVE, R_CURVE, BLOCK_CURVE, GLUTAMATE_CURVE, GABA_CURVE, SCORE_CURVE, CONTROL_CURVE, CADSS_CURVE,
    SYSTOLIC_CURVE, DIASTOLIC_CURVE, DOSE, GRID, AXIS, NOT_SCORED, WITHIN_125, WITHIN_2,
)  # fmt: skip


def css_variables() -> str:
    """Return the style rules that define every colour for light and dark pages; print is always light."""
    light = "".join(f"--{c.variable}:{c.light};" for c in COLOURS)
    dark = "".join(f"--{c.variable}:{c.dark};" for c in COLOURS)
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )
