"""Scales by any of their names."""

import pytest

from ataraxy.evidence.instrument import instruments, parse_instruments
from ataraxy.pharmacology.symptoms.instrument import get_instrument


@pytest.mark.parametrize(
    ("text", "names", "standardised"),
    [
        ("HAM-A", ["HAM-A"], False),
        ("hama", ["HAM-A"], False),
        ("HAM-A (SIGH-A)", ["HAM-A"], False),
        ("HAM-A and FQ", ["HAM-A", "FQ"], False),
        ("FQ and HAM-A", ["FQ", "HAM-A"], False),
        ("GAD-7/PHQ-9/SAD-D-10", ["GAD-7", "PHQ-9"], False),
        ("PTSD symptoms (CAPS-5/PCL-5)", ["CAPS-5", "PCL-5"], False),
        ("VAS-A", ["VAS-anxiety"], False),
        ("PCL (DSM-IV)", ["PCL-IV"], False),
        ("CAPS-2", ["CAPS-IV"], False),
        ("CAPS (DSM-IV)", ["CAPS-IV"], False),
        ("CAPS-5", ["CAPS-5"], False),
        ("LSAS-SR", ["LSAS-SR"], False),
        ("anxiety SMD", ["anxiety"], True),
        ("standardised anxiety", ["anxiety"], True),
        ("PCL-5 endpoint standardised effect", ["PCL-5"], True),
        ("MADRS MD", ["MADRS"], False),
        ("mood of the moon", [], False),
        ("", [], False),
        ("/// and ,", [], False),
    ],
)
def test_scales_are_found_in_any_of_the_forms(text: str, names: list[str], standardised: bool) -> None:
    read = parse_instruments(text)
    assert [item.name for item in read.found] == names
    assert read.standardised is standardised


def test_what_is_no_scale_is_named() -> None:
    assert parse_instruments("GAD-7/PHQ-9/SAD-D-10").unknown == ("SAD-D-10",)


def test_every_range_has_a_source_and_every_scale_of_the_models_a_range() -> None:
    for item in instruments().values():
        assert (item.low is None) or item.source
    for name in ("GAD-7", "HAM-A", "LSAS", "PCL-5", "CAPS-5", "IES-R", "MADRS", "BAI", "FQ"):
        scale = instruments()[name]
        assert scale.low == 0
        assert scale.outside(-0.1)
        assert scale.high is not None
        assert not scale.outside(scale.high)
        assert scale.outside(scale.high + 0.1)
        assert scale.too_wide(-scale.high - 0.1)


def test_a_scale_without_a_range_is_never_exceeded() -> None:
    (unlimited, *_) = (item for item in instruments().values() if item.high is None)
    assert not unlimited.outside(1e9)


def test_families_name_scales() -> None:
    for item in instruments().values():
        assert all(version in instruments() for version in item.family)


def test_ranges_are_those_that_scores_are_simulated_on() -> None:
    for name in ("GAD-7", "HAM-A", "LSAS", "PCL-5", "CAPS-5", "IES-R", "VAS-anxiety", "MADRS", "BAI", "FQ"):
        simulated, printed = get_instrument(name), instruments()[name]
        assert (printed.low, printed.high) == (simulated.low, simulated.high)
