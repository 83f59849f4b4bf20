"""Analytes as a reader looks for them: moiety by moiety, the sum of the enantiomers before each of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Form = Literal["", "S", "R"]
FORMS: tuple[Form, ...] = ("", "S", "R")


def split_name(analyte: str) -> tuple[Form, str]:
    """Return the enantiomer, empty for the sum of both, and the moiety of a name such as ``S-norketamine``."""
    if analyte.startswith("S-"):
        return "S", analyte[2:]
    if analyte.startswith("R-"):
        return "R", analyte[2:]
    return "", analyte


def label(analyte: str) -> str:
    """Return the name for people: a sum says that it is one."""
    form, moiety = split_name(analyte)
    return analyte if form else f"{moiety} (S + R)"


def in_reading_order(analytes: Iterable[str]) -> tuple[str, ...]:
    """Return the names grouped by moiety in their order of first appearance, sums first."""
    names = tuple(analytes)
    moieties = list(dict.fromkeys(split_name(name)[1] for name in names))
    return tuple(
        sorted(
            names,
            key=lambda name: (moieties.index(split_name(name)[1]), FORMS.index(split_name(name)[0])),
        )
    )
