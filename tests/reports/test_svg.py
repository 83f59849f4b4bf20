from __future__ import annotations

import re
from xml.etree import ElementTree

from tests.reports import synthetic

from ataraxy.reports.exposure_figure import plot
from ataraxy.reports.palette import COLOURS
from ataraxy.reports.svg import inline_svg
from ataraxy.reports.validation_figure import plot_fold_errors, plot_observed_predicted


def drawn(key: str = "k") -> str:
    return inline_svg(plot(synthetic.result()), key, "A <title>", "Words & more")


def test_a_figure_has_a_name_and_a_description_for_those_who_cannot_see_it() -> None:
    root = ElementTree.fromstring(drawn())
    assert root.attrib["role"] == "img"
    title, description = root[0], root[1]
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    assert (title.text, description.text) == ("A <title>", "Words & more")


def test_the_same_figure_has_the_same_bytes() -> None:
    assert drawn() == drawn()


def test_every_id_begins_with_the_key_and_every_reference_has_its_target() -> None:
    text = drawn("fig-7")
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert len(set(ids)) == len(ids)
    assert all(name.startswith("fig-7-") for name in ids)
    used = set(re.findall(r'href="#([^"]*)"', text)) | set(re.findall(r"url\(#([^)]*)\)", text))
    assert used
    assert used <= set(ids)


def test_every_colour_of_every_figure_follows_the_page() -> None:
    figures = [
        plot(synthetic.result()),
        plot(synthetic.result(), span="course", scale="log"),
        plot_observed_predicted(synthetic.validation()),
        plot_fold_errors(synthetic.validation()),
    ]
    variables = {f"--{c.variable}" for c in COLOURS}
    for figure in figures:
        text = inline_svg(figure, "k", "t", "d")
        assert not re.findall(r"#[0-9a-fA-F]{3,6}\b(?!-)", re.sub(r'href="#[^"]*"|url\(#[^)]*\)', "", text))
        assert set(re.findall(r"var\((--[a-z0-9-]+)\)", text)) <= variables


def test_light_colours_differ_so_that_each_stands_for_one_variable() -> None:
    assert len({c.light for c in COLOURS}) == len(COLOURS)


def test_text_stays_text_and_nothing_tells_of_time_or_tool() -> None:
    text = drawn()
    assert ">hours from the start of session 1</text>" in text
    assert "font-family" not in text
    assert "metadata" not in text
    assert "<style" not in text
    assert "http" not in text
