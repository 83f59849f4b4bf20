"""Where absorption joins a disposition model, and what both are written with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from ataraxy.engine.expression import Expr
from ataraxy.engine.model import ModelBuilder

Floats = npt.NDArray[np.float64]
Columns = dict[str, Floats]
Values = Mapping[str, Floats]
Enantiomer = Literal["S", "R"]
Analyte = Literal["ketamine", "norketamine", "hydroxynorketamine"]

ENANTIOMERS: tuple[Enantiomer, ...] = ("S", "R")
ANALYTES: tuple[Analyte, ...] = ("ketamine", "norketamine", "hydroxynorketamine")


class PeopleTable(Protocol):
    """The columns of people that kinetic models read; arrays of one length."""

    @property
    def weight_kg(self) -> Floats:
        """Body weight."""

    @property
    def age_y(self) -> Floats:
        """Age in years."""

    @property
    def ancestry(self) -> npt.NDArray[Any]:
        """ "other", "asian" (not Japanese) or "japanese"."""


class Symbols(dict[str, Expr]):
    """Parameters of a model under construction: declared at their first use, in that order."""

    def __init__(self, builder: ModelBuilder) -> None:
        super().__init__()
        self._builder = builder

    def __missing__(self, name: str) -> Expr:
        self[name] = self._builder.parameter(name)
        return self[name]


@dataclass(frozen=True)
class Ports:
    """The places of a disposition model that absorption can reach.

    Attributes:
        central: the state that intravenous doses enter.
        first_pass: connects a depot to the liver: called with the depot and its outflow rate.
        metabolism: the state that takes up what is metabolised before it reaches the blood; None where the model
            has no metabolite.
        concentrations: ng/mL of each analyte.
    """

    central: Expr
    first_pass: Callable[[Expr, Expr], None]
    metabolism: Expr | None
    concentrations: Mapping[Analyte, Expr]


class Structure(Protocol):
    """Disposition of one published model."""

    def individuals(
        self, values: Values, people: PeopleTable, r_factor: Floats, clint_factor: float
    ) -> Columns:
        """Individual values of all parameters that the equations name, from values before covariates."""

    def equations(self, builder: ModelBuilder, p: Symbols, enantiomer: Enantiomer) -> Ports:
        """Adds states and flows of one enantiomer, each state's name ending in _S or _R."""

    def clearance(self, columns: Columns, enantiomer: Enantiomer) -> Floats:
        """Systemic clearance of the parent in L/h."""
