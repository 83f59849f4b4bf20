from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
import pytest
from tests.reports import synthetic

import ataraxy
from ataraxy.errors import InputError
from ataraxy.reports.exposure_figure import COLUMNS, _outline, plot


def test_each_analyte_has_a_panel_with_units_on_both_axes() -> None:
    figure = plot(synthetic.result())
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == [
        "ketamine (S + R)", "S-ketamine", "R-ketamine", "norketamine (S + R)", "S-norketamine", "R-norketamine",
    ]  # fmt: skip
    assert [axis.get_ylabel() for axis in figure.axes[::3]] == ["ng/mL", "ng/mL"]
    assert {axis.get_xlabel() for axis in figure.axes[3:]} == {"hours from the start of session 1"}


def test_the_median_is_drawn_where_it_is() -> None:
    result = synthetic.result()
    line = plot(result, analytes=["S-ketamine"]).axes[0].lines[0]
    band = result.bands["S-ketamine"]
    drawn = np.interp(np.asarray(line.get_xdata(), float), band.times_h, band.quantiles[2])
    assert np.allclose(np.asarray(line.get_ydata(), float), drawn)


def test_a_later_session_starts_at_its_own_zero() -> None:
    result = synthetic.result()
    first, last = (plot(result, session=n, analytes=["S-ketamine"]).axes[0] for n in (1, 3))
    assert first.get_xlim() == last.get_xlim() == (0.0, 12.0)
    assert last.lines[0].get_xdata()[0] == 0.0


def test_the_course_is_counted_in_days() -> None:
    axis = plot(synthetic.result(), span="course").axes[-1]
    assert axis.get_xlabel() == "days from the first dose"
    assert axis.get_xlim()[1] == pytest.approx((7 * 24 + 46) / 24)


def test_a_short_course_is_counted_in_hours() -> None:
    axis = plot(synthetic.result(synthetic.protocol((0.0,))), span="course").axes[-1]
    assert axis.get_xlabel() == "hours from the first dose"
    assert axis.get_xlim() == (0.0, 46.0)


def test_a_dose_of_every_session_is_marked() -> None:
    marks = plot(synthetic.result(), span="course").axes[0].lines[1]
    assert list(marks.get_xdata()) == [0.0, 2.0, 7.0]


def test_the_logarithmic_axis_reaches_four_decades_below_the_peak() -> None:
    axis = plot(synthetic.result(), scale="log", analytes=["S-ketamine"]).axes[0]
    low, high = axis.get_ylim()
    assert axis.get_yscale() == "log"
    assert low == pytest.approx(0.01)
    assert high < 100.0


def test_one_enantiomer_alone_has_its_moieties_side_by_side() -> None:
    figure = plot(synthetic.result(analytes=("S-ketamine", "S-norketamine")))
    assert len(figure.axes) == 2
    assert figure.axes[0].get_ylim() != figure.axes[1].get_ylim()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"session": 4}, "plot.session"),
        ({"session": 0}, "plot.session"),
        ({"span": "week"}, "plot.span"),
        ({"scale": "cubic"}, "plot.scale"),
        ({"analytes": ["caffeine"]}, "plot.analyte"),
        ({"analytes": []}, "plot.analyte"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as caught:
        plot(synthetic.result(), **arguments)
    assert caught.value.code == code


def test_thinning_keeps_the_ends_and_every_peak() -> None:
    times = np.linspace(0.0, 100.0, 20_001)
    median = np.where(np.arange(len(times)) % 4000 == 1234, 50.0, np.sin(times))
    kept = _outline(times, median)
    assert len(kept) <= 4 * COLUMNS
    assert kept[0] == 0
    assert kept[-1] == len(times) - 1
    assert set(np.flatnonzero(median == 50.0)) <= set(kept)


def test_the_settings_of_the_user_are_given_back() -> None:
    before = dict(matplotlib.rcParams)
    plot(synthetic.result())
    assert dict(matplotlib.rcParams) == before


def test_the_public_name_is_this_function() -> None:
    assert ataraxy.plot is plot
