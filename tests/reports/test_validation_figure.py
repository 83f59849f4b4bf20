from __future__ import annotations

import pytest
from tests.reports import synthetic

from ataraxy.reports.palette import NOT_SCORED, R_CURVE, S_CURVE
from ataraxy.reports.validation_figure import _quantity, drawn_rows, plot_fold_errors, plot_observed_predicted


def test_every_row_with_a_fold_error_is_drawn_once() -> None:
    made = synthetic.validation()
    figure = plot_observed_predicted(made)
    points = [line for axis in figure.axes for line in axis.lines if len(line.get_xdata()) == 1]
    assert len(points) == len(drawn_rows(made.rows)) == 8


def test_kinds_of_study_look_different_without_colour() -> None:
    figure = plot_fold_errors(synthetic.validation())
    looks = {
        line.get_markeredgecolor(): (line.get_marker(), line.get_markerfacecolor())
        for line in figure.axes[0].lines
        if len(line.get_xdata()) == 1
    }
    assert looks[S_CURVE.light] == ("o", S_CURVE.light)  # independent: filled
    assert looks[R_CURVE.light] == ("o", "none")  # own data: hollow
    assert looks[NOT_SCORED.light][0] == "x"  # not scored: grey cross


def test_each_quantity_has_a_panel_with_its_unit_on_both_axes() -> None:
    figure = plot_observed_predicted(synthetic.validation())
    axes = {axis.get_title(loc="left"): axis for axis in figure.axes if axis.axison}
    assert axes["Concentration"].get_xlabel() == "observed, ng/mL"
    assert axes["Clearance of 70 kg"].get_ylabel() == "predicted, L/h"
    assert axes["oddity"].get_xlabel() == "observed, furlong"


@pytest.mark.parametrize(
    ("metric", "unit", "expected"),
    [
        ("Cmax", "ug/L", ("Concentration", "ng/mL", 1.0)),
        ("Cmax", "mg/L", ("Concentration", "ng/mL", 1000.0)),
        ("AUClast", "ng*min/mL", ("Area under the curve", "ng h/mL", 1 / 60)),
        ("t_half", "min", ("Time of peak, half-life", "h", 1 / 60)),
        ("CL", "mL/min/kg", ("Clearance of 70 kg", "L/h", 4.2)),
        ("CL", "L/h/70kg", ("Clearance of 70 kg", "L/h", 1.0)),
        ("F", "%", ("Bioavailability", "%", 1.0)),
        ("F", "fraction", ("Bioavailability", "%", 100.0)),
        ("Cmax", "nM", ("Cmax", "nM", 1.0)),
        ("Cmax", "h", ("Cmax", "h", 1.0)),
    ],
)
def test_units_of_one_quantity_are_brought_to_one(
    metric: str, unit: str, expected: tuple[str, str, float]
) -> None:
    title, shown, factor = _quantity(metric, unit)
    assert (title, shown) == expected[:2]
    assert factor == pytest.approx(expected[2])


def test_the_worst_scored_study_stands_at_the_top() -> None:
    axis = plot_fold_errors(synthetic.validation()).axes[0]
    names = [label.get_text() for label in reversed(axis.get_yticklabels())]
    assert names == ["far-2002", "near-2001", "own-2003", "odd-2004"]


def test_a_name_with_dollars_is_no_formula() -> None:
    figure = plot_fold_errors(synthetic.validation((synthetic.row(2, "$x_{$", 2.0, 1.0),)))
    figure.canvas.draw()
    assert figure.axes[0].get_yticklabels()[0].get_text() == "$x_{$"
