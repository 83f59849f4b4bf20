"""Protocols side by side."""

import json
from pathlib import Path

import pytest

import ataraxy.trials
from ataraxy.errors import InputError
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.trials.compare import QUANTITIES, compare_protocols

SCHEMA = json.loads((Path(ataraxy.trials.__file__).parent / "schemas" / "comparison-1.json").read_text())
FEW = {"draws": 4, "people": 5, "seed": 2}


def difference(result, quantity):
    return next(d for d in result.differences if d.quantity == quantity)


@pytest.fixture(scope="module")
def once_and_six():
    return compare_protocols([load_protocol(n) for n in ("ketamine-iv-05-once", "ketamine-iv-05-six")], **FEW)


def test_a_protocol_differs_from_itself_by_exactly_nothing():
    protocol = load_protocol("ketamine-iv-05-once")
    result = compare_protocols([protocol, protocol], **FEW)
    assert len(result.differences) == len(QUANTITIES)
    for found in result.differences:
        value = found.value
        assert (value.mean, value.people.width, value.uncertainty.lo90, value.uncertainty.hi90) == (
            0,
            0,
            0,
            0,
        )
        assert not found.tells_apart
        assert "the same" in found.sentence


def test_six_infusions_relieve_more_at_the_end_and_the_same_before_the_second(once_and_six):
    assert difference(once_and_six, "relief_end_sd").value.mean > 0.0
    assert difference(once_and_six, "relief_24h_sd").value.mean == pytest.approx(0.0, abs=1e-3)
    assert difference(once_and_six, "sessions").value.mean == 5.0


def test_points_and_standard_deviations_tell_the_same(once_and_six):
    for protocol in once_and_six.protocols:
        ratio = protocol.values["relief_24h_points"].mean / protocol.values["relief_24h_sd"].mean
        assert ratio == pytest.approx(6.8)


def test_in_the_null_world_a_protocol_gives_less_relief():
    protocols = [load_protocol(n) for n in ("ketamine-iv-05-once", "ketamine-iv-05-six")]
    null = compare_protocols(protocols, world="null", **FEW)
    published = compare_protocols(protocols, **FEW)
    for one, other in zip(null.protocols, published.protocols, strict=True):
        assert one.values["relief_end_sd"].mean < other.values["relief_end_sd"].mean
        assert one.values["cadss_peak"] == other.values["cadss_peak"]
    assert "Null world" in null.cautions[0]


def test_a_difference_that_rests_on_an_assumed_absorption_is_not_vouched_for():
    result = compare_protocols([load_protocol(n) for n in ("ketamine-iv-05-once", "ketamine-im-05")], **FEW)
    found = difference(result, "cmax")
    assert not found.tells_apart
    assert "absorption by IM injection is assumed" in found.sentence


def test_a_difference_below_half_a_milligram_is_not_vouched_for():
    result = compare_protocols(
        [load_protocol(n) for n in ("ketamine-iv-05-once", "chong-2006-oral-25")], **FEW
    )
    assert any("below 0.5 mg/kg" in limit for limit in difference(result, "relief_24h_sd").limits)
    assert not difference(result, "relief_24h_sd").tells_apart


def test_that_efficacy_in_ptsd_is_contested_is_the_first_thing_said():
    protocol = load_protocol("ketamine-iv-05-once")
    assert "contested" in compare_protocols([protocol, protocol], indication="PTSD", **FEW).cautions[0]


def test_json_is_of_its_schema(once_and_six):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(json.dumps(once_and_six.to_json(), allow_nan=False)), SCHEMA)


@pytest.mark.parametrize(
    ("names", "arguments", "code"),
    [
        (["ketamine-iv-05-once"], {}, "compare.protocols"),
        (["ketamine-iv-05-once"] * 2, {"world": "other"}, "compare.world"),
        (["ketamine-iv-05-once"] * 2, {"indication": "OCD"}, "symptoms.indication"),
    ],
)
def test_what_cannot_be_compared_is_refused(names, arguments, code):
    with pytest.raises(InputError) as caught:
        compare_protocols([load_protocol(name) for name in names], **FEW, **arguments)
    assert caught.value.code == code
