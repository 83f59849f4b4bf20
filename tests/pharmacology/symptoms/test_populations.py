"""Scales and populations are what their sources say, and fit each other and the evidence."""

import numpy as np
import pytest

from ataraxy.errors import InputError
from ataraxy.evidence.instrument import instruments as evidence_instruments
from ataraxy.pharmacology.parameters import Status
from ataraxy.pharmacology.symptoms import (
    Entry,
    get_indication,
    get_instrument,
    instruments,
    population_parameters,
    relief_parameters,
)
from ataraxy.pharmacology.symptoms.comparators import comparator_parameters
from ataraxy.pharmacology.symptoms.indication import NAMES
from ataraxy.pharmacology.symptoms.instrument import instrument_parameters


def test_ranges_are_those_by_which_the_evidence_is_checked() -> None:
    for name, scale in instruments().items():
        known = evidence_instruments()[name]
        if known.low is not None:
            assert (scale.low, scale.high) == (known.low, known.high), name


@pytest.mark.parametrize("name", NAMES)
def test_no_scale_shares_more_with_severity_than_it_repeats(name: str) -> None:
    """Else its own part would have a negative variance; also at the upper bound of the loading."""
    for scale, values in get_indication(name).scales.items():
        loading = population_parameters()[f"{name}, {scale}: loading"]
        assert loading.uncertainty.bounds is not None
        assert values.loading <= loading.uncertainty.bounds[1] <= values.instrument.reliability**0.5
        assert sum(w * w for w in values.weights) == pytest.approx(1.0)


def test_caps_and_pcl_correlate_as_published() -> None:
    assert get_indication("PTSD").correlation("CAPS-5", "PCL-5") == pytest.approx(0.66, abs=0.005)


def test_a_scale_correlates_with_itself_as_it_is_reliable() -> None:
    assert get_indication("PTSD").correlation("CAPS-5", "CAPS-5") == get_instrument("CAPS-5").reliability


def test_visual_analogue_and_hamilton_correlate_about_as_published() -> None:
    assert get_indication("GAD").correlation("VAS-anxiety", "HAM-A") == pytest.approx(0.60, abs=0.05)


def test_every_number_has_a_source_and_assumed_ones_say_so() -> None:
    for table in (
        instrument_parameters(),
        population_parameters(),
        relief_parameters(),
        comparator_parameters(),
    ):
        for p in table.values():
            assert all((p.source.citation, p.source.seen, p.source.place))
            if p.source.citation.startswith("no published estimate"):
                assert p.status is Status.ASSUMED, p.name


def test_a_population_at_zero_draws_is_the_published_one() -> None:
    drawn = get_indication("PTSD", np.zeros(len(population_parameters().uncertain)))
    assert drawn.scales["CAPS-5"].mean == pytest.approx(get_indication("PTSD").scales["CAPS-5"].mean)
    assert drawn.entry == get_indication("PTSD").entry


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="GAD, SAD, PTSD, TRD"):
        get_indication("OCD")
    with pytest.raises(InputError, match="HAM-A"):
        get_instrument("STAI")
    with pytest.raises(InputError) as refused:
        get_indication("GAD").scale("CAPS-5")
    assert refused.value.code == "symptoms.scale"


def test_an_entry_that_nobody_meets_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        get_indication("GAD").with_entry(Entry("HAM-A", 56))
    assert refused.value.code == "symptoms.entry"
