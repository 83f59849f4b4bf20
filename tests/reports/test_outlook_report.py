"""Effects in the report: what stands first, one clock for all panels, and the same numbers as the JSON."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from markupsafe import Markup
from tests.reports import synthetic
from tests.reports.page import Element, parse

import ataraxy.reports.document as document_module
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.pharmacology.exposure import Endpoint, Interval
from ataraxy.pharmacology.kinetics import get_model
from ataraxy.reports.document import render_simulation
from ataraxy.reports.onset_figure import plot_onset
from ataraxy.reports.outlook_context import endpoint_cell, endpoint_range, share_cell
from ataraxy.reports.outlook_figure import plot_course, plot_session
from ataraxy.reports.tables import outlook_columns, table_bytes
from ataraxy.trials.outlook import Outlook, Share
from ataraxy.trials.outlook_run import Circumstances, foresee

MODEL = get_model("otto-2021")
PROTOCOL = load_protocol("ketamine-iv-05-six")
FEW: dict[str, Any] = {"people": 12, "uncertainty_draws": 3, "seed": 3}


@pytest.fixture(scope="module")
def outlook() -> Outlook:
    return foresee(PROTOCOL, **FEW)


@pytest.fixture(scope="module")
def document(outlook: Outlook) -> Element:
    return parse(render_simulation(synthetic.result(PROTOCOL), MODEL, outlook=outlook))


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures keep their place and their caption and are not laid out, which takes most of the time."""
    stub = Markup("<svg></svg>")
    monkeypatch.setattr(
        document_module, "_drawn", lambda _, __, caption, ___: document_module._Drawn(stub, caption)
    )


def section(document: Element, name: str) -> Element:
    return next(e for e in document.all("section") if e.attributes.get("id") == name)


def test_what_the_evidence_says_stands_before_the_first_figure_and_the_first_number(
    document: Element,
) -> None:
    first = min(
        min(f.position for f in document.all("figure")), min(d.position for d in document.all("data"))
    )
    said = section(document, "warnings")
    for words in ("contested", "n = 158", "show smaller effects", "Not approved for anxiety"):
        item = next(li for li in said.all("li") if words in li.text)
        assert item.position < first
        assert item.all("a")


def test_the_document_stays_well_formed_with_every_id_once(document: Element) -> None:
    ids = [e.attributes["id"] for e in document.everything if "id" in e.attributes]
    assert len(set(ids)) == len(ids)
    assert [s.attributes.get("id") for s in document.all("section")][:5] == [
        "warnings", "glance", "effects", "session", "course",
    ]  # fmt: skip


def test_panels_of_the_session_share_one_clock_in_hours(outlook: Outlook) -> None:
    figure = plot_session(outlook, PROTOCOL)
    assert len(figure.axes) == 6
    assert {axis.get_xlim() for axis in figure.axes} == {(0.0, outlook.session_h)}
    assert "hours" in figure.axes[-1].get_xlabel()
    figure.draw_without_rendering()
    assert len({tuple(np.round(axis.get_position().intervalx, 6)) for axis in figure.axes}) == 1


def test_panels_of_the_course_share_one_clock_in_days(outlook: Outlook) -> None:
    figure = plot_course(outlook, PROTOCOL)
    limits = {axis.get_xlim() for axis in figure.axes}
    assert len(limits) == 1
    assert limits.pop()[1] == pytest.approx(outlook.end_h / 24.0)
    assert "days" in figure.axes[-1].get_xlabel()


def test_every_panel_names_its_unit(outlook: Outlook) -> None:
    for figure in (plot_session(outlook, PROTOCOL), plot_course(outlook, PROTOCOL)):
        for axis in figure.axes:
            assert re.search(r"ng/mL|%|points|mmHg|no unit", axis.get_title(loc="left"))


def test_a_protocol_of_esketamine_is_not_called_a_sum_of_two() -> None:
    protocol = load_protocol("persson-2002-esketamine")
    figure = plot_session(foresee(protocol, **FEW), protocol)
    assert figure.axes[0].get_title(loc="left").startswith("Arterial S-ketamine,")


def test_hours_and_weeks_stand_on_one_logarithmic_axis_with_intervals(outlook: Outlook) -> None:
    axis = plot_onset(outlook).axes[0]
    assert axis.get_xscale() == "log"
    low, high = axis.get_xlim()
    assert low < 1.0
    assert high > 12 * 168.0
    assert len(axis.containers) == len(outlook.onset) == 4


def test_numbers_of_the_session_are_those_of_the_json(document: Element, outlook: Outlook) -> None:
    table = section(document, "session").all("table")[0]
    rows = {tr.all("th")[0].text: tr.all("td") for tr in table.all("tbody")[0].all("tr")}
    cells = rows["Block of NMDA receptors"]
    first = outlook.to_json()["sessions"][0]["peaks"]["receptor_block_percent"]
    assert float(cells[1].all("data")[0].attributes["value"] or "nan") == first["median"]
    people = [float(d.attributes["value"] or "nan") for d in cells[2].all("data")]
    assert people == [first["between_people"]["lo90"], first["between_people"]["hi90"]]
    doubt = [float(d.attributes["value"] or "nan") for d in cells[3].all("data")]
    assert doubt == [first["median_uncertainty"]["lo90"], first["median_uncertainty"]["hi90"]]


def test_hours_against_weeks_has_the_evidence_of_each_curve(document: Element, outlook: Outlook) -> None:
    text = section(document, "onset").text
    for curve in outlook.onset:
        for ground in curve.grounds:
            assert ground.text in text


def test_it_is_said_which_model_drives_the_effects(document: Element) -> None:
    assert "driven by simons-2022 (arterial), not by otto-2021" in section(document, "warnings").text


@pytest.mark.usefixtures("undrawn")
def test_the_null_world_is_said_before_everything_else() -> None:
    null = foresee(PROTOCOL, Circumstances(world="null"), **FEW)
    page = parse(render_simulation(synthetic.result(PROTOCOL), MODEL, outlook=null))
    label = next(p for p in page.all("p") if p.has_class("world"))
    assert "has no effect on symptoms" in label.text
    assert label.position < page.all("aside")[0].position
    assert label.position < page.all("dl")[0].position
    assert "Null world" in section(page, "course").all("figcaption")[0].text


@pytest.mark.usefixtures("undrawn")
def test_a_hypothesis_that_is_on_brings_what_stands_against_it() -> None:
    on = foresee(PROTOCOL, Circumstances(hypotheses=("hnk_action",)), people=2, uncertainty_draws=0)
    page = parse(render_simulation(synthetic.result(PROTOCOL), MODEL, outlook=on))
    said = section(page, "warnings").text
    assert "hnk_action" in said
    assert "goes with less improvement" in said


@pytest.mark.usefixtures("undrawn")
def test_without_effects_nothing_of_them_is_there_and_a_reason_is_given_if_there_is_one() -> None:
    plain = render_simulation(synthetic.result(), MODEL)
    assert 'id="onset"' not in plain
    assert "contested" not in plain
    told = render_simulation(synthetic.result(), MODEL, effects_left_out="there is no liver")
    assert "There is no liver." in parse(told).text


@pytest.mark.usefixtures("undrawn")
def test_one_set_of_parameters_has_no_uncertainty_to_show() -> None:
    single = foresee(PROTOCOL, people=4, uncertainty_draws=0)
    text = parse(render_simulation(synthetic.result(PROTOCOL), MODEL, outlook=single)).text
    assert "no uncertainty was drawn" in text
    assert not re.search(r"\b(?:nan|inf)\b", text)


def test_the_table_of_effects_has_a_row_for_each_quantity_and_time(outlook: Outlook) -> None:
    columns = outlook_columns(outlook)
    chosen = columns["quantity"] == "HAM-A, control"
    np.testing.assert_array_equal(columns["time_h"][chosen], outlook.scales[0].control.times_h)
    np.testing.assert_array_equal(columns["median"][chosen], outlook.scales[0].control.median)
    assert table_bytes(columns, "csv").count(b"\n") == len(columns["median"]) + 1


def test_what_is_never_reached_is_said_in_words() -> None:
    assert "not reached" in endpoint_cell(float("inf"))
    assert endpoint_range(Interval(2.0, float("inf")), "h").striptags() == "2.00 h to not reached"
    assert endpoint_range(Interval(2.0, 3.0), "h").striptags() == "2.00 to 3.00 h"
    assert "no rule" in share_cell(None)
    assert share_cell(Share(0.01, Interval(0.0, 0.2))).striptags() == "<0.1% [0 to 0.2%]"
    assert Endpoint(float("inf"), Interval(1.0, float("inf")), None).to_json()["median"] is None
