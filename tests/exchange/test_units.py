from __future__ import annotations

import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.errors import InputError
from ataraxy.exchange.units import parse_quantity, shorten


@pytest.mark.parametrize(
    ("text", "to", "value"),
    [
        ("0.5 mg/kg", "mg/kg", 0.5),
        ("40 min", "h", 40 / 60),
        ("2.5 h", "h", 2.5),
        ("2400 s", "h", 2400 / 3600),
        ("2 days", "h", 48.0),
        ("14 days", "week", 2.0),
        ("500 ug", "mg", 0.5),
        ("500 µg/kg", "mg/kg", 0.5),
        ("0.05 g", "mg", 50.0),
        ("1000 ng/mL", "mg/L", 1.0),
        ("8.3 ug/kg/min", "mg/kg/h", 0.498),
        ("5e1mg", "mg", 50.0),
        (".5 mg / kg", "mg/kg", 0.5),
    ],
)
def test_a_quantity_is_converted_to_the_unit_that_is_asked_for(text: str, to: str, value: float) -> None:
    assert parse_quantity(text, to)[0] == pytest.approx(value, rel=1e-12)


@given(st.integers(0, 100_000))
def test_whole_minutes_are_sixtieths_of_an_hour_bit_for_bit(minutes: int) -> None:
    assert parse_quantity(f"{minutes} min", "h")[0] == minutes / 60


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_in_the_unit_that_is_asked_for_is_kept_bit_for_bit(number: float) -> None:
    assert parse_quantity(f"{number!r} mg/kg", "mg/kg")[0] == number


@pytest.mark.parametrize(
    ("text", "to", "code"),
    [
        ("0.5", "mg", "unit.missing"),
        ("0.5 kg", "mg", "unit.dimension"),
        ("0.5 mg/kg", "mg", "unit.dimension"),
        ("0.5 mg", "mg/kg", "unit.dimension"),
        ("0.5 g/g", "mg/kg", "unit.dimension"),
        ("40 min", "mg", "unit.dimension"),
        ("1 foot", "mg", "unit.unknown"),
        ("0.5 Mg", "mg", "unit.unknown"),
        ("0.5 mg**2", "mg", "unit.unknown"),
        ("0.5 mg mg", "mg", "unit.unknown"),
        ("half mg", "mg", "unit.not-a-quantity"),
        ("", "mg", "unit.not-a-quantity"),
        ("nan mg", "mg", "unit.not-finite"),
        ("-inf mg", "mg", "unit.not-finite"),
    ],
)
def test_what_is_not_a_quantity_of_the_right_kind_is_refused(text: str, to: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_quantity(text, to)
    assert caught.value.code == code


@given(st.text(max_size=40))
def test_any_text_is_a_quantity_or_an_input_error(text: str) -> None:
    with suppress(InputError):
        value, unit = parse_quantity(text, "mg")
        assert isinstance(value, float)
        assert unit


def test_the_message_shows_at_most_sixty_characters_on_one_line() -> None:
    assert shorten("a\nb " + "x" * 100) == "a b " + "x" * 53 + "..."


def test_reading_a_shipped_name_list_does_not_import_pint() -> None:
    code = (
        "import sys; from ataraxy.exchange.protocol_file import shipped_protocols; shipped_protocols(); "
        "sys.exit('pint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
