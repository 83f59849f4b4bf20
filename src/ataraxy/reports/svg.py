"""A figure as SVG that stands inside an HTML document: accessible, following its colours, the same bytes every time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from ataraxy.reports.palette import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_VARIABLES = {colour.light: f"var(--{colour.variable})" for colour in COLOURS}
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "ataraxy",
    "svg.fonttype": "none",  # text stays text: readable by a screen reader, searchable, sharp
    "text.parse_math": False,  # a study's name may hold a dollar sign
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so that the layout is the same on every machine
    "font.size": 8.5,
    "axes.titlesize": 9.0,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.fontsize": 8.5,
    "path.simplify": False,
    "hatch.linewidth": 0.6,
}


@contextmanager
def figure_settings() -> Iterator[None]:
    """Matplotlib's settings for everything drawn here, given back afterwards."""
    import matplotlib

    with matplotlib.rc_context(_SETTINGS):
        yield


def inline_svg(figure: Figure, key: str, title: str, description: str) -> Markup:
    """Return the figure as one ``<svg>`` element.

    Args:
        figure: drawn in the light colours of the palette, which become CSS variables.
        key: letters, digits and hyphens, unique in the document; every id begins with it.
        title, description: for those who cannot see it.
    """
    written = io.StringIO()
    with figure_settings():
        figure.savefig(
            written,
            format="svg",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    body = written.getvalue()
    box = re.search(r'viewBox="([^"]*)"', body)
    assert box is not None
    inside = body[body.index(">", body.index("<svg")) + 1 : body.rindex("</svg>")]
    inside = re.sub(r"<metadata>.*?</metadata>\s*", "", inside, flags=re.DOTALL)
    # matplotlib's style holds for every element of a page; the document's own sheet has the same for figures alone
    inside = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>\s*", "", inside, count=1, flags=re.DOTALL)
    inside = re.sub(r"<!--.*?-->\s*", "", inside, flags=re.DOTALL)
    inside = inside.replace("xlink:href=", "href=")
    inside = re.sub(r'(?<=\bid=")', f"{key}-", inside)
    inside = re.sub(r'(?<=\bhref="#)|(?<=url\(#)', f"{key}-", inside)
    inside = re.sub(r"(<(?:path|use|clipPath|rect)\b)([^>]*)", _rounded, inside)
    inside = re.sub(r"#[0-9a-f]{6}\b", lambda found: _VARIABLES.get(found[0], found[0]), inside)
    inside = re.sub(r"\s*font-family:[^;\"]*;?", "", inside)
    inside = re.sub(r"font: ([\d.]+px)[^;\"]*", r"font-size: \1", inside)
    inside = re.sub(r"[ \t]+\n|\n[ \t]*", "\n", inside)
    return Markup(
        f'<svg class="figure" viewBox="{box[1]}" role="img" aria-labelledby="{key}-title {key}-desc">\n'
        f'<title id="{key}-title">{escape(title)}</title>\n<desc id="{key}-desc">{escape(description)}</desc>\n'
        f"{inside.strip()}\n</svg>"
    )


def _rounded(element: re.Match[str]) -> str:
    # a hundredth of a point is finer than any screen or printer
    numbers = re.sub(r"-?\d+\.\d{3,}", lambda n: f"{float(n[0]):.2f}".rstrip("0").rstrip("."), element[2])
    return element[1] + numbers
