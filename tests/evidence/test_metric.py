import math

import pytest

from ataraxy.evidence.metric import Kind, parse_metric, window_in_note


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("conc", Kind.LEVEL),
        ("Cmax", Kind.PEAK),
        ("Tmax", Kind.PEAK_TIME),
        ("CL", Kind.CLEARANCE),
        ("CL/F", Kind.APPARENT_CLEARANCE),
        ("CL_F", Kind.APPARENT_CLEARANCE),
        ("Vss", Kind.STEADY_STATE_VOLUME),
        ("t_half", Kind.HALF_LIFE),
        ("t1/2", Kind.HALF_LIFE),
        ("half-life", Kind.HALF_LIFE),
        ("F", Kind.BIOAVAILABILITY),
        ("MRT", Kind.RESIDENCE_TIME),
    ],
)
def test_a_metric_has_many_spellings(text: str, kind: Kind) -> None:
    metric = parse_metric(text)
    assert metric is not None
    assert (metric.kind, metric.ratio) == (kind, False)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("AUCinf", (0.0, math.inf)),
        ("AUC(0-∞)", (0.0, math.inf)),
        ("AUC0_24", (0.0, 24.0)),
        ("AUC0-24h", (0.0, 24.0)),
        ("AUC24", (0.0, 24.0)),
        ("AUC0-360min", (0.0, 6.0)),
        ("AUClast", None),
        ("AUC0-t", None),
        ("AUC", None),
    ],
)
def test_an_area_tells_its_window_or_that_it_has_none(text: str, window: tuple[float, float] | None) -> None:
    metric = parse_metric(text)
    assert metric is not None
    assert metric.kind is Kind.AREA
    assert metric.window_h == window


@pytest.mark.parametrize(
    ("text", "kind", "which"),
    [
        ("AUCinf_ratio", Kind.AREA, ""),
        ("Cmax ratio", Kind.PEAK, ""),
        ("R/S Cmax", Kind.PEAK, "R/S"),
        ("ratio", None, ""),
        ("conc_ratio", Kind.LEVEL, ""),
    ],
)
def test_a_ratio_tells_of_what(text: str, kind: Kind | None, which: str) -> None:
    metric = parse_metric(text)
    assert metric is not None
    assert metric.ratio
    assert (metric.kind, metric.enantiomer_ratio) == (kind, which)


@pytest.mark.parametrize("text", ["Emax", "", "AUCtau", "MADRS", "sedation ratio"])
def test_a_metric_that_is_not_understood_is_not_guessed(text: str) -> None:
    assert parse_metric(text) is None


@pytest.mark.parametrize(
    ("note", "window"),
    [
        ("n=3; AUC 0-8 h", (0.0, 8.0)),
        ("ARTERIAL; AUC 0-6 h; divide by 60", (0.0, 6.0)),
        ("AUC 0 to 360 min", (0.0, 6.0)),
        ("AUC(0-inf)", (0.0, math.inf)),
        ("abstract; mean and SD; sampled to 8 h", (0.0, 8.0)),
        ("sampled to 480 min", (0.0, 8.0)),
        ("half-life over 8 h", None),
        ("", None),
    ],
)
def test_a_note_may_tell_the_window(note: str, window: tuple[float, float] | None) -> None:
    assert window_in_note(note) == window
