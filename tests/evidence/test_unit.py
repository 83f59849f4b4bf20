import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.evidence.unit import CLEARANCE, CONCENTRATION, EXPOSURE, PURE_NUMBER, TIME, VOLUME, parse_unit

PRINTED = [
    "ng/mL", "ug/L", "µg/L", "mg/L", "nmol/mL", "nmol/L", "umol/L", "uM", "nM", "ng*h/mL", "ng*min/mL", "h*ng/mL",
    "ng·h·mL-1", "mL/min/kg", "L/h/70kg", "L/h", "L/min", "mL min-1 kg-1", "L/(h*kg)", "L/kg", "min", "h", "%",
    "fraction", "mg/kg", "ug/kg/min",
]  # fmt: skip


@given(
    text=st.sampled_from(PRINTED),
    value=st.floats(1e-6, 1e6),
    molar_mass=st.floats(100.0, 400.0),
    weight=st.floats(40.0, 150.0),
)
def test_reading_a_printed_number_undoes_printing_it(
    text: str, value: float, molar_mass: float, weight: float
) -> None:
    unit = parse_unit(text)
    assert unit is not None
    printed = unit.express(value, molar_mass=molar_mass, weight_kg=weight)
    assert unit.read(printed, molar_mass=molar_mass, weight_kg=weight) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "house", "printed"),
    [
        ("ng/mL", 0.1, 100.0),
        ("ug/L", 0.1, 100.0),
        ("mg/L", 0.1, 0.1),
        ("nmol/mL", 0.23773, 1.0),
        ("uM", 0.23773, 1.0),
        ("umol/L", 0.23773, 1.0),
        ("nmol/L", 0.23773, 1000.0),
        ("ng*min/mL", 1.0, 60000.0),
        ("ng*h/mL", 1.0, 1000.0),
        ("mL/min/kg", 42.0, 10.0),
        ("L/min", 60.0, 1.0),
        ("L/h/70kg", 95.2, 95.2),
        ("L/kg", 140.0, 2.0),
        ("min", 0.5, 30.0),
        ("%", 0.29, 29.0),
        ("", 0.29, 0.29),
    ],
)
def test_a_unit_means_what_it_says(text: str, house: float, printed: float) -> None:
    unit = parse_unit(text)
    assert unit is not None
    assert unit.express(house, molar_mass=237.73, weight_kg=70.0) == pytest.approx(printed, rel=1e-12)


@pytest.mark.parametrize("text", ["furlong", "ng/furlong", "mg//L", "ng/mL/", "IU/L", "h^7", "70kg"])
def test_a_unit_that_is_not_known_is_never_guessed(text: str) -> None:
    assert parse_unit(text) is None


@pytest.mark.parametrize(
    ("text", "wanted", "fits"),
    [
        ("nmol/mL", CONCENTRATION, True),
        ("ng*h/mL", CONCENTRATION, False),
        ("ng*h/mL", EXPOSURE, True),
        ("ng/mL/kg", CONCENTRATION, False),
        ("mL/min/kg", CLEARANCE, True),
        ("L/kg", VOLUME, True),
        ("L", CLEARANCE, False),
        ("min/kg", TIME, False),
        ("%", PURE_NUMBER, True),
        ("h", PURE_NUMBER, False),
        ("nmol", VOLUME, False),
    ],
)
def test_a_unit_fits_only_its_own_quantity(text: str, wanted: object, fits: bool) -> None:
    unit = parse_unit(text)
    assert unit is not None
    assert unit.fits(wanted) is fits  # type: ignore[arg-type]


def test_per_70_kg_is_not_divided_by_a_weight() -> None:
    unit = parse_unit("L/h/70 kg")
    assert unit is not None
    assert unit.of_70_kg
    assert unit.express(95.2, weight_kg=35.0) == 95.2
