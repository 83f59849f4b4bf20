import pytest

from ataraxy.errors import InputError
from ataraxy.evidence.study import GivenDose, Study
from ataraxy.validation.choice import choose_model


def study(route: str, site: str = "unknown", **fields: object) -> Study:
    return Study(
        id="made-up",
        citation="",
        url="",
        drug="racemic",
        relation="independent",
        site=site,  # type: ignore[arg-type]
        population="",
        n=None,
        doses=(GivenDose(0.0, route, 30.0, duration_h=0.5),),
        **fields,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("site", "route", "model"),
    [
        ("arterial", "iv_infusion", "simons-2022"),
        ("arterial", "oral_mucosal_film", "simons-2022"),
        ("venous", "iv_infusion", "otto-2021"),
        ("venous", "oral", "otto-2021"),
        ("unknown", "iv_infusion", "otto-2021"),
        ("unknown", "iv_bolus", "otto-2021"),
        ("unknown", "nasal_spray", "perez-ruixo-2021"),
        ("unknown", "oral", "perez-ruixo-2021"),
        ("unknown", "oral_mucosal_film", "simons-2022"),
        ("unknown", "sublingual", "simons-2022"),
        ("unknown", "buccal", "simons-2022"),
        ("unknown", "im", "otto-2021"),
        ("unknown", "sc", "otto-2021"),
    ],
)
def test_the_model_stands_for_the_site_and_serves_the_route(site: str, route: str, model: str) -> None:
    choice = choose_model(study(route, site))
    assert (choice.model, choice.served) == (model, True)


def test_a_site_that_is_not_known_is_said_to_be_assumed() -> None:
    for route in ("iv_infusion", "nasal_spray", "sublingual"):
        assert any(flag.startswith("site assumed") for flag in choose_model(study(route)).flags)
    assert not any("site assumed" in flag for flag in choose_model(study("iv_infusion", "venous")).flags)


def test_borrowed_and_assumed_absorption_is_said() -> None:
    assert any(flag.startswith("absorption assumed") for flag in choose_model(study("im")).flags)
    assert any(flag.startswith("absorption borrowed") for flag in choose_model(study("sublingual")).flags)
    assert any(flag.startswith("borrowed device") for flag in choose_model(study("nasal_other")).flags)


@pytest.mark.parametrize("route", ["rectal", "oral_prolonged_release", "inhaled", "other"])
def test_a_route_without_absorption_is_not_served_and_the_reason_names_it(route: str) -> None:
    choice = choose_model(study(route))
    assert not choice.served
    assert route in choice.reason


def test_children_have_no_model() -> None:
    choice = choose_model(study("iv_bolus", "venous", children=True))
    assert choice.model is None
    assert "children" in choice.reason


def test_a_model_that_is_asked_for_is_used_and_a_wrong_site_is_said() -> None:
    choice = choose_model(study("iv_infusion", "venous"), "kamp-2020")
    assert choice.model == "kamp-2020"
    assert not choice.site_matched
    assert any("venous samples against a model of site arterial" in flag for flag in choice.flags)
    assert not choose_model(study("sublingual"), "kamp-2020").served


def test_a_model_that_does_not_exist_is_an_error_that_lists_those_that_do() -> None:
    with pytest.raises(InputError, match="otto-2021"):
        choose_model(study("iv_infusion"), "otto-1821")
