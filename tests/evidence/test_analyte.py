import pytest

from ataraxy.evidence.analyte import MOLAR_MASS, parse_analyte, parse_pair


@pytest.mark.parametrize(
    ("text", "substance", "enantiomer"),
    [
        ("ketamine", "ketamine", "sum"),
        ("S-ketamine", "ketamine", "S"),
        ("(R)-norketamine", "norketamine", "R"),
        ("S(+)-ketamine", "ketamine", "S"),
        ("R(-)-ketamine", "ketamine", "R"),
        ("(+)-ketamine", "ketamine", "S"),
        ("esketamine", "ketamine", "S"),
        ("arketamine", "ketamine", "R"),
        ("noresketamine", "norketamine", "S"),
        ("total ketamine", "ketamine", "sum"),
        ("ketamine (S+R)", "ketamine", "sum"),
        ("hydroxynorketamine (total)", "hydroxynorketamine", "sum"),
        ("HNK", "hydroxynorketamine", "sum"),
        ("S-DHNK", "dehydronorketamine", "S"),
        ("norketamine (each enantiomer)", "norketamine", "each"),
    ],
)
def test_a_name_tells_substance_and_enantiomer(text: str, substance: str, enantiomer: str) -> None:
    analyte = parse_analyte(text)
    assert analyte is not None
    assert (analyte.substance, analyte.enantiomer) == (substance, enantiomer)


@pytest.mark.parametrize(
    "text", ["midazolam", "(2R,6R)-HNK", "", "ketamine/norketamine", "S-R-ketamine", "heart rate"]
)
def test_a_name_that_is_not_understood_is_not_guessed(text: str) -> None:
    assert parse_analyte(text) is None


def test_two_names_are_a_pair_and_one_is_none() -> None:
    pair = parse_pair("R-ketamine/S-ketamine")
    assert pair is not None
    assert [a.enantiomer for a in pair] == ["R", "S"]
    pair = parse_pair("norketamine R/S")
    assert pair is not None
    assert [(a.substance, a.enantiomer) for a in pair] == [("norketamine", "R"), ("norketamine", "S")]
    assert parse_pair("ketamine") is None
    assert parse_pair("ketamine/midazolam") is None


def test_losing_hydrogen_lowers_the_molar_mass_and_gaining_oxygen_raises_it() -> None:
    assert MOLAR_MASS["dehydronorketamine"] < MOLAR_MASS["norketamine"] < MOLAR_MASS["hydroxynorketamine"]
    assert (MOLAR_MASS["ketamine"], MOLAR_MASS["norketamine"], MOLAR_MASS["hydroxynorketamine"]) == (
        237.73,
        223.70,
        239.70,
    )
