from __future__ import annotations

from datetime import datetime

import pytest
from pydantic import ValidationError
from tests.therapy.session.visit import at, reading

from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session.measure import MEASURED, Measure
from ataraxy.therapy.session.reading import Reading


def one(**values: int) -> Reading:
    return Reading(id="r", taken_at=at(0), by="nurse", **values)


def with_measure(measure: Measure, value: int) -> Reading:
    if measure is Measure.SYSTOLIC:
        return one(systolic=value, diastolic=MEASURED[Measure.DIASTOLIC].lowest)
    if measure is Measure.DIASTOLIC:
        return one(systolic=MEASURED[Measure.SYSTOLIC].highest, diastolic=value)
    return one(**{measure.value: value})


@pytest.mark.parametrize("measure", list(MEASURED))
def test_each_measure_is_accepted_to_its_limits_and_refused_beyond_them(measure: Measure) -> None:
    of = MEASURED[measure]
    for value in (of.lowest, of.highest):
        assert with_measure(measure, value).value(measure) == value
    for value in (of.lowest - 1, of.highest + 1):
        with pytest.raises(Refusal) as refused:
            with_measure(measure, value)
        assert refused.value.code == "reading.not-sane"
        assert of.unit in refused.value.message
        assert refused.value.remedy == of.slip


@pytest.mark.parametrize(("systolic", "diastolic"), [(80, 80), (75, 120)])
def test_a_diastolic_pressure_lies_below_the_systolic_one(systolic: int, diastolic: int) -> None:
    with pytest.raises(Refusal) as refused:
        one(systolic=systolic, diastolic=diastolic)
    assert refused.value.code == "reading.pressure-order"


@pytest.mark.parametrize("missing", ["systolic", "diastolic"])
def test_half_a_blood_pressure_is_refused(missing: str) -> None:
    with pytest.raises(Refusal) as refused:
        reading("r", 0, **{missing: None})
    assert refused.value.code == "reading.half-a-pressure"
    assert refused.value.where == missing


def test_a_pressure_in_kilopascal_is_recognised() -> None:
    with pytest.raises(Refusal) as refused:
        one(systolic=16, diastolic=10)
    assert "kPa" in refused.value.remedy


def test_a_saturation_as_a_fraction_is_refused() -> None:
    with pytest.raises(ValidationError):
        one(spo2=0.97)  # type: ignore[arg-type]


def test_a_reading_without_a_measure_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        one()
    assert refused.value.code == "reading.empty"


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValidationError):
        Reading(id="r", taken_at=datetime(2026, 3, 2, 9), by="nurse", spo2=97)  # noqa: DTZ001


def test_what_was_not_measured_is_unknown_and_not_zero() -> None:
    taken = one(spo2=97)
    assert taken.value(Measure.NAUSEA) is None
    assert taken.measures == {Measure.SPO2: 97}
