"""The pictures of the docs: every page of the address table is shown, in both schemes, small, and described."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ataraxy.clinic.access.checks import Address, addresses

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "images" / "clinic"
PAGES = ROOT / "docs"
MOST_BYTES = 12_000_000


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "studies" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


STUDY = _load("clinic_pictures")
FILES = [f"{picture.name}-{scheme}" for picture in STUDY.PICTURES for scheme in STUDY.SCHEMES]


def read_by_a_person(found: list[Address]) -> set[str]:
    """Names of the addresses that answer GET."""
    return {a.name for a in found if any(stated is not None and stated.reads for stated in a.stated)}


def not_shown(found: list[Address]) -> set[str]:
    """Addresses that have neither a picture nor a reason."""
    return read_by_a_person(found) - {p.view for p in STUDY.PICTURES} - set(STUDY.NOT_PICTURED)


def test_every_page_has_a_picture_or_a_reason() -> None:
    assert not_shown(list(addresses())) == set()


def test_a_new_page_without_a_picture_is_found() -> None:
    from django.http import HttpResponse
    from django.urls import path

    from ataraxy.clinic.access.stated import public

    new = path("new/", public("a test")(lambda request: HttpResponse()), name="new")
    assert not_shown(list(addresses([new]))) == {"new"}


def test_what_is_not_pictured_is_there_and_not_pictured() -> None:
    assert set(STUDY.NOT_PICTURED) <= read_by_a_person(list(addresses()))
    assert not set(STUDY.NOT_PICTURED) & {p.view for p in STUDY.PICTURES}


def test_names_are_unique() -> None:
    assert len(FILES) == len(set(FILES))


@pytest.mark.parametrize("name", FILES)
def test_a_picture_is_there_in_its_size_and_with_few_colours(name: str) -> None:
    from PIL import Image

    with Image.open(FOLDER / f"{name}.png") as picture:
        assert picture.size == STUDY.SIZE
        assert picture.mode == "P"
        assert len(picture.getcolors() or []) <= STUDY.COLOURS


def test_light_and_dark_are_two_pictures() -> None:
    # The run sheet is dark whatever the device is set to.
    for picture in STUDY.PICTURES:
        if picture.view in ("run_sheet", "run_sheet_offline"):
            continue
        light, dark = ((FOLDER / f"{picture.name}-{scheme}.png").read_bytes() for scheme in STUDY.SCHEMES)
        assert light != dark, picture.name


def test_the_folder_holds_these_pictures_alone_and_stays_small() -> None:
    files = list(FOLDER.iterdir())
    assert {file.stem for file in files} == set(FILES)
    assert sum(file.stat().st_size for file in files) < MOST_BYTES


def test_the_page_on_the_clinic_shows_every_picture() -> None:
    text = (PAGES / "clinic.md").read_text(encoding="utf-8")
    assert [name for name in FILES if f"images/clinic/{name}.png" not in text] == []
