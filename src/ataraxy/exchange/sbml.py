"""A model with one person's parameters and doses as SBML Level 3 Version 2, for other simulators.

States are parameters with a rate rule, outputs are parameters with an assignment rule. What is given at once at time
zero is part of the initial value; what is given later is an event. A constant-rate input is a parameter that events
set; its moments are those of the engine, and everything that happens at one moment is one event, so that no simulator
has to choose an order. The document needs the extra `exchange` (python-libsbml).
"""

from __future__ import annotations

import html
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context
from importlib.metadata import version
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ataraxy.engine.doses import DoseTable, Floats
from ataraxy.engine.model import Model, State
from ataraxy.engine.reference import SAME_MOMENT_H
from ataraxy.engine.solve import initial_states
from ataraxy.errors import AtaraxyError, InputError
from ataraxy.exchange.sbml_formula import Formulas
from ataraxy.exchange.sbml_ids import FreeIds, SbmlIds
from ataraxy.exchange.sbml_units import UnitDefinitions
from ataraxy.exchange.whole_file import write_whole

LEVEL: Final = 3
VERSION: Final = 2
# Doses that begin before zero by no more than this begin at zero: the time was computed in another way.
FORGIVEN_H: Final = 1e-9


def sbml_text(
    model: Model,
    parameters: npt.ArrayLike,
    doses: DoseTable,
    *,
    person: int | None = None,
    units: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The document as text. Equal arguments give equal text.

    Args:
        model: its equations; a unit of a state that is not a unit of Ataraxy is left out and noted.
        parameters: f8[parameters] of one person, in the order of `model.parameters`.
        doses: what is given from time zero on.
        person: whose doses are meant; None where all are of one person.
        units: of parameters and outputs by name, where known. The engine itself knows units of states only.
        notes: paragraphs for the reader, such as the sources of the model.

    Raises:
        InputError: python-libsbml is not installed, or an argument does not fit the model.
        AtaraxyError: libsbml found the document inconsistent.
    """
    libsbml = _import_libsbml()
    values = _one_person(model, parameters)
    own = _doses_of(doses, person, model)
    document = libsbml.SBMLDocument(LEVEL, VERSION)
    _Writer(libsbml, document, model, values, _moments(own), dict(units or {})).write(tuple(notes))
    text = str(libsbml.writeSBMLToString(document))
    _check_consistency(libsbml, text)
    return text


def write_sbml(
    path: str | os.PathLike[str],
    model: Model,
    parameters: npt.ArrayLike,
    doses: DoseTable,
    *,
    person: int | None = None,
    units: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> None:
    """Writes `sbml_text` to a file, whole or not at all; an older file stays as it was until then.

    Raises:
        InputError: as `sbml_text`.
        AtaraxyError: as `sbml_text`, or the file cannot be written there.
    """
    text = sbml_text(model, parameters, doses, person=person, units=units, notes=notes)
    write_whole(path, text.encode(), make_folder=True)


@dataclass(frozen=True)
class _Moment:
    """What happens at one time: amounts that enter at once, and the rates from then on."""

    time_h: float
    amounts: Mapping[str, float]
    rates: Mapping[str, float]


class _Writer:
    """Fills one document."""

    def __init__(
        self,
        libsbml: Any,
        document: Any,
        model: Model,
        values: Floats,
        moments: Sequence[_Moment],
        units: Mapping[str, str],
    ) -> None:
        self.model = model
        self.values = values
        self.moments = moments
        self.units = units
        self.sbml = document.createModel()
        self.free = FreeIds()
        self.ids = SbmlIds.of(model, self.free)
        self.inputs = {
            s.name: self.free.take(f"input_{s.name}")
            for s in model.states
            if any(s.name in moment.rates for moment in moments)
        }
        self.definitions = UnitDefinitions(libsbml, self.sbml)
        roots = [model.derivatives[name] for name in model.state_names]
        roots += [s.initial for s in model.states] + list(model.outputs.values())
        names = {**self.ids.states, **self.ids.parameters}
        self.formulas = Formulas(libsbml, names, roots, lambda: self.free.take("term_1", "term"))

    def write(self, notes: Sequence[str]) -> None:
        """All of it."""
        sbml, model = self.sbml, self.model
        _done(sbml.setId(self.free.take(model.name, f"{model.name}_model")))
        _done(sbml.setName(_printable(model.name)))
        _done(sbml.setTimeUnits("hour"))
        _done(sbml.setVolumeUnits("litre"))
        _done(sbml.setSubstanceUnits("mg"))
        _done(sbml.setExtentUnits("mg"))
        for name, value in zip(model.parameters, self.values, strict=True):
            identifier = self.ids.parameters[name]
            self._quantity(identifier, name, value, self._unit(self.units.get(name)), constant=True)
        begin = initial_states(model, self.values[None])[0]
        for state, value in zip(model.states, begin, strict=True):
            self._state(state, float(value))
        for identifier, formula in self.formulas.terms.items():
            self._quantity(identifier, "", None, None)
            self._rule(self.sbml.createAssignmentRule(), identifier, formula)
        for name, expression in model.outputs.items():
            identifier = self.ids.outputs[name]
            self._quantity(identifier, name, None, self._unit(self.units.get(name)))
            self._rule(self.sbml.createAssignmentRule(), identifier, self.formulas.of(expression))
        before = self.moments[0].rates
        for moment in self.moments[1:]:
            if moment.amounts or moment.rates != before:
                self._event(moment, before)
            before = moment.rates
        _done(sbml.setNotes(self._notes(notes)))

    def _state(self, state: State, begin: float) -> None:
        identifier, unit = self.ids.states[state.name], self.definitions.of(state.unit)
        at_once = self.moments[0].amounts.get(state.name, 0.0)
        self._quantity(identifier, state.name, begin + at_once, unit)
        if not state.initial.is_constant:
            formula = self.formulas.of(state.initial)
            if at_once:
                formula = self.formulas.sum(formula, self.formulas.number(at_once, unit))
            assignment = self.sbml.createInitialAssignment()
            _done(assignment.setSymbol(identifier))
            _done(assignment.setMath(formula))
        rate = self.formulas.of(self.model.derivatives[state.name])
        entering = self.inputs.get(state.name)
        if entering is not None:
            now = self.moments[0].rates.get(state.name, 0.0)
            self._quantity(entering, f"rate of input into {state.name}", now, self._rate_unit(state.name))
            rate = self.formulas.sum(rate, self.formulas.symbol(entering))
        self._rule(self.sbml.createRateRule(), identifier, rate)

    def _event(self, moment: _Moment, before: Mapping[str, float]) -> None:
        event = self.sbml.createEvent()
        _done(event.setId(self.free.take("moment_1", "moment")))
        _done(event.setName(f"{moment.time_h:.6g} h"))
        # nothing is waited for, so the time of the values makes no difference; some readers know one answer only
        _done(event.setUseValuesFromTriggerTime(True))
        trigger = event.createTrigger()
        _done(trigger.setInitialValue(True))
        _done(trigger.setPersistent(True))
        _done(trigger.setMath(self.formulas.reached(_written_down(moment.time_h))))
        for name, amount in moment.amounts.items():
            identifier = self.ids.states[name]
            unit = self.definitions.of(self.model.states[self.model.state_index(name)].unit)
            added = self.formulas.number(amount, unit)
            self._assign(event, identifier, self.formulas.sum(self.formulas.symbol(identifier), added))
        for name, identifier in self.inputs.items():
            rate = moment.rates.get(name, 0.0)
            if rate != before.get(name, 0.0):
                self._assign(event, identifier, self.formulas.number(rate, self._rate_unit(name)))

    def _rate_unit(self, state: str) -> str | None:
        return self.definitions.of(self.model.states[self.model.state_index(state)].unit, per_hour=True)

    def _assign(self, event: Any, identifier: str, formula: Any) -> None:
        assignment = event.createEventAssignment()
        _done(assignment.setVariable(identifier))
        _done(assignment.setMath(formula))

    def _rule(self, rule: Any, identifier: str, formula: Any) -> None:
        _done(rule.setVariable(identifier))
        _done(rule.setMath(formula))

    def _quantity(
        self, identifier: str, name: str, value: float | None, unit: str | None, *, constant: bool = False
    ) -> None:
        quantity = self.sbml.createParameter()
        _done(quantity.setId(identifier))
        if name:
            _done(quantity.setName(_printable(name)))
        if value is not None:
            _done(quantity.setValue(float(value)))
        if unit is not None:
            _done(quantity.setUnits(unit))
        _done(quantity.setConstant(constant))

    def _unit(self, text: str | None) -> str | None:
        return None if text is None else self.definitions.of(text)

    def _notes(self, notes: Sequence[str]) -> str:
        lines = [
            f"Model {self.model.name}, written by Ataraxy {version('ataraxy')}. Time in hours.",
            "Parameters and doses are those of one person.",
            f"SHA-256 of the equations: {self.model.fingerprint()}.",
            "A power with a real exponent and a logarithm are taken of max(argument, 1e-300).",
        ]
        if self.definitions.unknown:
            lines.append(
                f"Units that SBML cannot express were left out: {', '.join(self.definitions.unknown)}."
            )
        paragraphs = "".join(
            f"<p>{html.escape(_printable(line), quote=False)}</p>" for line in (*lines, *notes)
        )
        return f'<body xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</body>'


def _moments(doses: DoseTable) -> list[_Moment]:
    """Times at which something changes, in order; the first is zero."""
    starts = np.maximum(doses.time_h, 0.0)
    ends = np.maximum(doses.time_h + doses.duration_h, starts)
    ordered = np.unique(np.concatenate([[0.0], starts, ends]))
    times = ordered[np.append(True, np.diff(ordered) > SAME_MOMENT_H)]
    begin, end = (np.searchsorted(times, at, side="right") - 1 for at in (starts, ends))
    names = [doses.targets[k] for k in doses.target]
    moments = []
    for k, time_h in enumerate(times):
        amounts: dict[str, float] = {}
        for d in np.flatnonzero((begin == k) & (end == k)):
            amounts[names[d]] = amounts.get(names[d], 0.0) + float(doses.amount[d])
        rates: dict[str, float] = {}
        # added up anew each time: once all inputs have ended the rate is zero and not nearly zero
        for d in np.flatnonzero((begin <= k) & (k < end)):
            rate = float(doses.amount[d] / (times[end[d]] - times[begin[d]]))
            rates[names[d]] = rates.get(names[d], 0.0) + rate
        moments.append(_Moment(float(time_h), amounts, rates))
    return moments


def _written_down(time_h: float) -> float:
    """The largest number of 15 digits, as libsbml writes them, that is not above `time_h`.

    A moment that the digits move upward would come after an output at that same moment.
    """
    return float(Context(prec=15, rounding=ROUND_FLOOR).create_decimal_from_float(time_h))


def _one_person(model: Model, parameters: npt.ArrayLike) -> Floats:
    values = np.asarray(parameters, dtype=float)
    if values.shape != (len(model.parameters),):
        raise InputError(
            f"parameters have shape {values.shape}",
            code="sbml.parameters",
            remedy=f"Give the {len(model.parameters)} values of one person",
            where=f"model {model.name}",
        )
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise InputError(
            f"parameter {model.parameters[bad[0]]} is {values[bad[0]]}",
            code="sbml.parameters",
            remedy="Give a finite number",
            where=f"model {model.name}",
        )
    return values


def _doses_of(doses: DoseTable, person: int | None, model: Model) -> DoseTable:
    for name in doses.targets:
        model.state_index(name)
    people = np.unique(doses.person)
    if person is None and len(people) > 1:
        raise InputError(
            f"doses are of {len(people)} people",
            code="sbml.people",
            remedy="Say whose doses are meant, by `person`",
            where="dose table",
        )
    own = doses if person is None else doses.select(doses.person == person)
    own = own.select(own.amount > 0.0)
    if len(own) and own.time_h.min() < -FORGIVEN_H:
        raise InputError(
            f"a dose begins at {own.time_h.min():g} h",
            code="sbml.before-zero",
            remedy="Simulators of SBML begin at time zero: move the doses",
            where="dose table",
        )
    return own


def _import_libsbml() -> Any:
    try:
        import libsbml
    except ImportError:
        raise InputError(
            "python-libsbml is not installed",
            code="sbml.not-installed",
            remedy='Install it: pip install "ataraxy[exchange]"',
            where="SBML",
        ) from None
    return libsbml


def _check_consistency(libsbml: Any, text: str) -> None:
    """Reads the text back and lets libsbml look for errors, as any reader would."""
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    for k in range(document.getNumErrors()):
        found = document.getError(k)
        if found.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            raise AtaraxyError(
                f"the document is not consistent: {found.getMessage()}",
                code="sbml.inconsistent",
                remedy="Please report this with the model",
                where=f"SBML line {found.getLine()}",
            )


def _done(status: int) -> None:
    # libsbml answers with a number where Python would raise
    if status != 0:
        raise AtaraxyError(
            f"libsbml refused a part of the document (status {status})",
            code="sbml.refused",
            remedy="Please report this with the model",
            where="SBML",
        )


def _printable(text: str) -> str:
    """On one line, without characters that XML cannot hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
