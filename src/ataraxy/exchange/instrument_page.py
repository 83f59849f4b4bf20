"""Tables of the page of instruments, made from the shipped files.

``python -m ataraxy.exchange.instrument_page docs/instruments.md`` writes them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ataraxy.exchange.instrument_file import instruments
from ataraxy.exchange.page_parts import markdown_table, replace_parts
from ataraxy.therapy.instruments.instrument import Instrument, Reproduction, Sourced

_TEXT = {
    Reproduction.FREE: "ships",
    Reproduction.WITH_NOTICE: "ships with its notice",
    Reproduction.TOTAL_ONLY: "does not ship",
}


def instrument_parts() -> Mapping[str, str]:
    """Return the generated parts of the page by their names: scales, bands and thresholds."""
    known = list(instruments().values())
    return {"scales": _scales(known), "bands": _bands(known), "thresholds": _thresholds(known)}


def _scales(known: Sequence[Instrument]) -> str:
    rows = [
        (
            f"{one.id}/{one.version}",
            f"{one.title} ({one.measures}, {'self-rated' if one.rated_by == 'self' else 'rated by a clinician'})",
            str(len(one.items)) if one.items else "total only",
            f"{one.low:g} to {one.high:g}{', more is better' if one.higher_is == 'better' else ''}",
            _missing(one),
            _TEXT[one.reproduction],
            one.licence,
            one.source,
        )
        for one in known
    ]
    head = ("Scale", "What", "Items", "Range", "Left-out items", "Item text", "Licence", "Source")
    return markdown_table(head, rows)


def _bands(known: Sequence[Instrument]) -> str:
    rows = []
    for one in known:
        bands = "; ".join(f"{band.low:g}–{band.high:g} {band.name}" for band in one.bands)
        if bands:
            rows.append((one.id, bands, one.bands_source))
        rows += [
            (one.id, f"from {cut.at_least:g}: {cut.means}", f"{cut.source} ({cut.grade.label})")
            for cut in one.cut_offs
        ]
        rows += [
            (one.id, f"flag *{flag.id}*: item {flag.item} from {flag.at_least}: {flag.means}", one.source)
            for flag in one.flags
        ]
    return markdown_table(("Scale", "Bands, cut-offs and flags", "Source"), rows)


def _thresholds(known: Sequence[Instrument]) -> str:
    rows = []
    for one in known:
        sign = "≤" if one.higher_is == "worse" else "≥"
        for name, number, words in (
            ("smallest change that matters", one.important, "{:g} points"),
            ("reliable change", one.reliable, "{:g} points"),
            ("response", one.response, "{:.0%} of the baseline lost"),
            ("remission", one.remission, sign + " {:g} points"),
            ("worsening to be seen", one.worsening, "{:g} points worse"),
        ):
            if number is not None:
                rows.append((one.id, name, words.format(number.value), _said(number)))
    return markdown_table(("Scale", "Rule", "Value", "Source and grade"), rows)


def _missing(one: Instrument) -> str:
    if not one.items:
        return ""
    if one.missing is None or one.missing.fill == "refuse" or one.missing.most == 0:
        return "refused"
    return f"up to {one.missing.most}, mean of the others ({one.missing.source})"


def _said(number: Sourced) -> str:
    return f"{number.source} ({number.grade.label}){f'; {number.note}' if number.note else ''}"


def main(arguments: Sequence[str]) -> None:
    """Write the generated parts into a page."""
    page = Path(arguments[0])
    page.write_text(replace_parts(page.read_text("utf-8"), instrument_parts()), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
