from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from tests.reports import synthetic
from tests.reports.page import Element, parse

from ataraxy.errors import AtaraxyError
from ataraxy.pharmacology.exposure import Endpoint, Interval, SimulationResult
from ataraxy.pharmacology.kinetics import get_model
from ataraxy.reports.analyte_order import label
from ataraxy.reports.document import render_simulation, render_validation, write_report
from ataraxy.reports.numbers import NOT_DEFINED, three_digits

MODEL = get_model("otto-2021")
HOSTILE = "</title><script>alert('x')</script>\" onload=\"x {{ 7 * 7 }} $x_{$"


@pytest.fixture(scope="module")
def html() -> str:
    return render_simulation(synthetic.result(), MODEL, synthetic.validation())


@pytest.fixture(scope="module")
def document(html: str) -> Element:
    return parse(html)


@pytest.fixture(scope="module")
def validation_html() -> str:
    return render_validation(synthetic.validation())


def test_both_documents_are_well_formed_with_every_id_once(html: str, validation_html: str) -> None:
    for text in (html, validation_html):
        page = parse(text)
        ids = [e.attributes["id"] for e in page.everything if "id" in e.attributes]
        assert len(set(ids)) == len(ids)
        for link in page.all("a"):
            target = link.attributes["href"] or ""
            assert not target.startswith("#") or target[1:] in ids
        for e in page.everything:
            for name in (e.attributes.get("aria-labelledby") or "").split():
                assert name in ids


def test_nothing_is_loaded_or_run(html: str, validation_html: str) -> None:
    for text in (html, validation_html):
        page = parse(text)
        for forbidden in ("script", "link", "img", "iframe", "object", "embed", "image", "form"):
            assert not page.all(forbidden)
        for e in page.everything:
            for name, value in e.attributes.items():
                assert not name.startswith("on")
                assert name not in ("src", "srcset", "data", "poster", "background", "action")
                if name == "href":
                    assert e.tag in ("a", "use")
                    assert (value or "").startswith(("#", "https://"))
                if e.tag != "a":
                    assert "http:" not in (value or "")
                    assert "https:" not in (value or "")
        style = page.all("style")[0].text
        assert "@import" not in style
        assert "url(" not in style
        policy = [m.attributes for m in page.all("meta") if m.attributes.get("http-equiv")]
        assert (policy[0]["content"] or "").startswith("default-src 'none'")


def test_hostile_words_stay_words() -> None:
    given = synthetic.protocol(
        title=HOSTILE,
        note=HOSTILE,
        source={"citation": HOSTILE, "url": "javascript:alert(1)", "url_status": "exact"},
    )
    hostile = synthetic.result(
        given, assumptions=(HOSTILE,), outside_studied_range=(HOSTILE,), gaps=(HOSTILE,)
    )
    rows = (synthetic.row(2, HOSTILE, 2.0, 1.0, unit=HOSTILE, metric=HOSTILE, reason=HOSTILE, group=HOSTILE),)
    page = parse(render_simulation(hostile, MODEL, synthetic.validation(rows)))
    assert not page.all("script")
    assert page.all("h1")[0].text == HOSTILE
    assert HOSTILE in page.all("title")[0].text
    assert all(not name.startswith("on") for e in page.everything for name in e.attributes)
    assert all("javascript" not in (a.attributes["href"] or "") for a in page.all("a"))


def test_the_same_result_gives_the_same_bytes(html: str) -> None:
    assert render_simulation(synthetic.result(), MODEL, synthetic.validation()) == html


def test_warnings_stand_before_every_figure_and_number(document: Element) -> None:
    result = synthetic.result()
    warned = next(e for e in document.all("section") if e.attributes.get("id") == "warnings")
    first_figure = min(f.position for f in document.all("figure"))
    first_number = min(d.position for d in document.all("data"))
    items = {item.text: item.position for item in warned.all("li")}
    for line in (*result.outside_studied_range, *result.assumptions):
        position = next(p for text, p in items.items() if text.lower().rstrip(".") == line.lower())
        assert position < min(first_figure, first_number)


def test_a_result_within_the_studied_range_says_so() -> None:
    clean = synthetic.result(outside_studied_range=(), assumptions=())
    page = parse(render_simulation(clean, MODEL))
    warned = next(e for e in page.all("section") if e.attributes.get("id") == "warnings")
    assert "Nothing in this protocol goes beyond" in warned.text
    assert not warned.all("li")


def test_the_notice_stands_before_the_content_of_both_documents(html: str, validation_html: str) -> None:
    for text in (html, validation_html):
        page = parse(text)
        notice = page.all("aside")[0]
        assert "Not a medical device" in notice.text
        assert "not approved by the FDA for anxiety" in notice.text
        assert notice.position < page.all("main")[0].position
    assert "simulated" in parse(html).all("aside")[0].text


def _cells(result: SimulationResult, number: int) -> dict[str, list[Endpoint]]:
    session = result.sessions[number - 1]
    return {
        label(a.analyte): [a.cmax_ng_per_ml, a.tmax_h, a.auc_ng_h_per_ml, a.half_life_h]
        for a in session.analytes
    }


def _numbers(cell: Element) -> list[tuple[float, str]]:
    return [(float(d.attributes["value"] or "nan"), d.text) for d in cell.all("data")]


def _expected(endpoint: Endpoint) -> list[list[float]]:
    doubt = endpoint.median_uncertainty
    people = endpoint.between_people
    return [[endpoint.median], [people.lo90, people.hi90], [doubt.lo90, doubt.hi90] if doubt else []]


def _check_table(table: Element, result: SimulationResult, numbers: list[int]) -> int:
    analyte, line, checked = "", 0, 0
    for tr in table.all("tr"):
        if tr.has_class("group"):
            analyte, line = tr.text, 0
            continue
        cells = [td for td in tr.all("td") if td.has_class("number")]
        if not cells:
            continue
        for k, number in enumerate(numbers):
            expected = _expected(_cells(result, number)[analyte][line])
            for cell, values in zip(cells[3 * k : 3 * k + 3], expected, strict=True):
                assert [v for v, _ in _numbers(cell)] == values
                assert [t for _, t in _numbers(cell)] == [three_digits(v) for v in values]
                checked += len(values)
        line += 1
    return checked


def test_every_number_in_the_tables_is_the_one_of_the_json(document: Element) -> None:
    result = synthetic.result()
    tables = [t for t in document.all("table") if t.has_class("exposure")]
    assert _check_table(tables[0], result, [1, 3]) == 6 * 4 * 2 * 5
    for number, table in enumerate(tables[1:], 1):
        assert _check_table(table, result, [number]) == 6 * 4 * 5
    assert len(tables) == 4
    json = result.to_json()["sessions"][0]["analytes"][0]["cmax_ng_per_ml"]
    assert _numbers(tables[1].all("tbody")[1].all("tr")[1].all("td")[1])[0][0] == json["median"]


def test_spread_and_uncertainty_have_columns_of_their_own(document: Element) -> None:
    table = next(t for t in document.all("table") if t.has_class("exposure"))
    headings = [th.text for th in table.all("thead")[0].all("tr")[-1].all("th")]
    assert headings == [
        "Quantity",
        "Unit",
        *(["Median", "90% of people", "90% uncertainty of the median"] * 2),
    ]


def test_what_was_not_drawn_or_is_not_defined_is_said_in_words() -> None:
    made = synthetic.result(drawn=False)
    first = made.sessions[0]
    odd = replace(first.analytes[0], half_life_h=Endpoint(math.nan, Interval(math.nan, math.nan), None))
    made = replace(made, sessions=(replace(first, analytes=(odd, *first.analytes[1:])), *made.sessions[1:]))
    text = render_simulation(made, MODEL)
    page = parse(text)
    table = next(t for t in page.all("table") if t.has_class("exposure"))
    assert "not drawn" in table.text
    assert NOT_DEFINED in table.text
    assert not re.search(r"\bnan\b", page.all("main")[0].text, re.IGNORECASE)
    assert "none were drawn in this run" in page.text


def test_one_session_makes_one_column_group_and_no_list_of_all() -> None:
    page = parse(render_simulation(synthetic.result(synthetic.protocol((0.0,))), MODEL))
    tables = [t for t in page.all("table") if t.has_class("exposure")]
    assert len(tables) == 1
    assert _check_table(tables[0], synthetic.result(synthetic.protocol((0.0,))), [1]) == 6 * 4 * 5


def test_tables_have_captions_and_headings_that_say_what_they_head(document: Element) -> None:
    for table in document.all("table"):
        assert table.all("caption")[0].text
        assert all(th.attributes.get("scope") for th in table.all("th"))


def test_headings_step_down_one_at_a_time(html: str, validation_html: str) -> None:
    for text in (html, validation_html):
        levels = [int(e.tag[1]) for e in parse(text).everything if re.fullmatch(r"h[1-6]", e.tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_every_parameter_of_the_model_stands_with_unit_status_uncertainty_and_source(
    document: Element,
) -> None:
    table = next(t for t in document.all("table") if t.has_class("parameters"))
    rows = {tr.all("th")[0].text: [td.text for td in tr.all("td")] for tr in table.all("tbody")[0].all("tr")}
    assert set(rows) == set(MODEL.parameters)
    for name, p in MODEL.parameters.items():
        value, unit, status, uncertainty, source, _ = rows[name]
        assert float(value) == pytest.approx(p.value, rel=1e-9)
        assert (unit, status, uncertainty) == (p.unit, p.status.value, str(p.uncertainty))
        assert p.source.place in source


def test_the_headline_is_of_independent_studies_and_the_misses_are_in_plain_sight(
    validation_html: str,
) -> None:
    made = synthetic.validation()
    page = parse(validation_html)
    cards = page.all("ul")[0].text
    assert f"of {made.headline.n} scored observations of independent studies" in cards
    misses = next(t for t in page.all("table") if t.has_class("rows"))
    assert [th.text for tbody in misses.all("tbody") for th in tbody.all("th")] == ["far-2002", "far-2002"]
    assert [td.text for td in misses.all("td") if td.has_class("miss")] == ["4.50", "3.33"]
    closed = [d for d in page.all("details") if misses in d.all("table")]
    assert not closed


def test_no_observation_is_left_out(validation_html: str) -> None:
    page = parse(validation_html)
    tables = [t for t in page.all("table") if t.has_class("rows")][1:]
    shown = sorted(th.text for t in tables for tbody in t.all("tbody") for th in tbody.all("th"))
    assert shown == sorted(r.study for r in synthetic.ROWS)
    assert "No dose is given." in page.text
    assert "The number is suspect." in page.text


def test_own_data_stand_apart_from_independent_studies(validation_html: str) -> None:
    captions = {t.all("caption")[0].text: t for t in parse(validation_html).all("table")}
    independent = next(t for c, t in captions.items() if c.startswith("Independent studies"))
    own = next(t for c, t in captions.items() if c.startswith("A model’s own data"))
    assert "own-2003" not in independent.text
    assert "own-2003" in own.text


def test_a_comparison_without_any_scored_row_says_so() -> None:
    page = parse(
        render_validation(synthetic.validation((synthetic.row(2, "lost-2005", None, 50.0, model=None),)))
    )
    assert "No observation of an independent study could be scored." in page.text
    assert not page.all("figure")


def test_the_provenance_is_complete(document: Element) -> None:
    table = [t for t in document.all("table") if t.has_class("provenance")][-1]
    p = synthetic.PROVENANCE
    for part in (p.command, p.time_utc, p.model_hash, p.data_hash, "numpy 2.4.6", "7", "auto", "1e-06"):
        assert part in table.text


def _luminance(colour: str) -> float:
    # relative luminance, Web Content Accessibility Guidelines 2.1
    parts = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _themes(document: Element) -> dict[str, dict[str, str]]:
    style = document.all("style")[0].text
    light, dark = re.findall(r":root\s*\{([^}]*)\}", style)
    pairs = r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})"
    return {"light": dict(re.findall(pairs, light)), "dark": dict(re.findall(pairs, dark))}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(document: Element, theme: str) -> None:
    colours = _themes(document)[theme]
    texts = {
        "page": ("ink", "muted", "accent", "link", "miss-ink"),
        "surface": ("ink", "muted"),
        "notice": ("ink",),
        "warning": ("warning-ink",),
    }
    for ground, inks in texts.items():
        for ink in inks:
            assert _contrast(colours[ground], colours[ink]) >= 4.5, (ground, ink)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_curves_and_marks_stand_out_from_the_page(document: Element, theme: str) -> None:
    colours = _themes(document)[theme]
    for mark in ("curve-both", "curve-s", "curve-r", "dose"):
        assert _contrast(colours["page"], colours[mark]) >= 3.0, mark


def test_both_themes_define_every_colour_that_is_used(html: str, document: Element) -> None:
    themes = _themes(document)
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", html))
    assert used <= set(themes["light"])
    assert set(themes["light"]) == set(themes["dark"])


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path, html: str) -> None:
    write_report(tmp_path / "report.html", html)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html
    with pytest.raises(AtaraxyError):
        write_report(tmp_path / "nowhere" / "report.html", html)
