"""One printed number of a study, with what may be done with it."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ataraxy.errors import InputError
from ataraxy.evidence.analyte import Analyte, parse_analyte, parse_pair
from ataraxy.evidence.cells import read_number, read_positive, read_text, refuse, shown
from ataraxy.evidence.metric import Kind, Metric, parse_metric, window_in_note
from ataraxy.evidence.study import MOST_HOURS, MOST_PEOPLE
from ataraxy.evidence.unit import Unit, parse_unit

REQUIRED_COLUMNS: Final = ("study", "analyte", "metric", "time_h", "value", "unit", "basis")
OPTIONAL_COLUMNS: Final = ("spread", "spread_type", "n", "group", "note")
BASES: Final[Mapping[str, str]] = {
    "reported": "reported",
    "secondary": "secondary",
    "digitised": "digitised",
    "digitized": "digitised",
    "poppk": "popPK",
    "range-midpoint": "range-midpoint",
    "dose-assigned": "dose-assigned",
    "suspect": "suspect",
}
_NO_VALUE: Final = {"", "na", "n/a", "nd", "nan", "blq", "bql", "<lloq", "<loq", "<llod", "none", "null", "-"}
_BELOW_LIMIT = re.compile(r"<\s*\d")


@dataclass(frozen=True, slots=True)
class Observation:
    """One row of ``pk_observations.csv``.

    Attributes:
        row: line of the file.
        study: id of the study.
        analyte, metric, unit: as printed.
        time_h: hours from the start of the study; None where the metric has no time.
        value: as printed, in `unit`; None where the source gives no number.
        spread: as printed.
        spread_type: what the spread is; ``none`` where it is not told.
        n: people; None where not stated.
        basis: how the number was come by, canonical names of `BASES`; others as written.
        group: the part of the study's people that the number is of; empty for all.
        note: as printed.
        substance: the analyte understood; None where it is a pair or not understood.
        pair: numerator and denominator, where the analyte names two.
        measure: the metric understood, with the window of an area put in from the note; None where it is not.
        scale: the unit understood; None where metric or analyte is not, so that the unit does not matter.
    """

    row: int
    study: str
    analyte: str
    metric: str
    time_h: float | None
    value: float | None
    unit: str
    spread: str
    spread_type: str
    n: int | None
    basis: tuple[str, ...]
    group: str
    note: str
    substance: Analyte | None
    pair: tuple[Analyte, Analyte] | None
    measure: Metric | None
    scale: Unit | None

    @property
    def spread_range(self) -> tuple[float, float] | None:
        """Return the two ends of a spread that is printed as a range, such as ``280-460``, in `unit`."""
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:-|–|to)\s*(\d+(?:\.\d+)?)\s*", self.spread)
        return (float(found[1]), float(found[2])) if found else None


def read_observations(text: str, file: str) -> tuple[Observation, ...]:
    """Return the rows of a CSV file with a header; columns in any order, further columns are not read.

    Raises:
        InputError: naming file, row and field.
    """
    lines = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = [name.strip().lower() for name in next(lines, [])]
    except csv.Error as error:
        raise refuse(
            "csv", f"{file}:1", f"not a CSV file ({error})", "Save it as comma-separated text"
        ) from None
    missing = [name for name in REQUIRED_COLUMNS if name not in header]
    if missing:
        raise refuse(
            "column-missing",
            f"{file}:1: field {missing[0]}",
            f"the column {missing[0]} is missing",
            f"Give a header with {', '.join(REQUIRED_COLUMNS)}",
        )
    twice = [name for name in header if name and header.count(name) > 1]
    if twice:
        raise refuse(
            "column-twice", f"{file}:1: field {twice[0]}", f"the column {twice[0]} stands twice", "Remove one"
        )
    rows = []
    try:
        for cells in lines:
            # A note may hold line breaks; `line_num` is the last line of the row.
            if not any(cell.strip() for cell in cells):
                continue
            where = f"{file}: row {lines.line_num}"
            if len(cells) != len(header):
                raise refuse(
                    "csv-row",
                    where,
                    f"{len(cells)} cells for {len(header)} columns",
                    "Put a text that holds a comma between double quotes",
                )
            rows.append(_observation(dict(zip(header, cells, strict=True)), lines.line_num, where))
    except csv.Error as error:
        raise refuse(
            "csv", f"{file}: row {lines.line_num}", f"broken CSV ({error})", "Close the quotes"
        ) from None
    return tuple(rows)


def _observation(cells: Mapping[str, str], row: int, where: str) -> Observation:
    def cell(name: str) -> str:
        return read_text(cells.get(name, ""))

    study = cell("study")
    if not study:
        raise refuse(
            "field-missing", f"{where}: field study", "the row names no study", "Give the study's id"
        )
    where = f"{where}: study {study[:60]}"
    note = cell("note")
    measure = parse_metric(cell("metric"))
    if (
        measure is not None
        and measure.kind is Kind.AREA
        and measure.window_h is None
        and (w := window_in_note(note))
    ):
        measure = Metric(measure.text, measure.kind, w, measure.ratio, measure.enantiomer_ratio)
    n = read_positive(cells.get("n"), f"{where}: field n", most=MOST_PEOPLE)
    substance, pair = parse_analyte(cell("analyte")), parse_pair(cell("analyte"))
    understood = measure is not None and (substance is not None or pair is not None)
    return Observation(
        row=row,
        study=study,
        analyte=cell("analyte"),
        metric=cell("metric"),
        time_h=read_positive(cells.get("time_h"), f"{where}: field time_h", zero=True, most=MOST_HOURS),
        value=_value(cell("value"), f"{where}: field value"),
        unit=cell("unit"),
        spread=cell("spread"),
        spread_type=cell("spread_type"),
        n=None if n is None else int(n),
        basis=tuple(
            BASES.get(word.lower(), word) for word in re.split(r"\s*[,;+]\s*", cell("basis")) if word
        ),
        group=cell("group"),
        note=note,
        substance=substance,
        pair=pair,
        measure=measure,
        scale=_unit(cell("unit"), measure, f"{where}: field unit") if understood and measure else None,
    )


def _value(text: str, where: str) -> float | None:
    if text.lower() in _NO_VALUE or _BELOW_LIMIT.match(text):
        return None
    number = read_number(text.lstrip("~≈"), where)
    if number is not None and number < 0:
        raise refuse("out-of-range", where, f"{number:g} is negative", "Give zero or more")
    return number


def _unit(text: str, measure: Metric, where: str) -> Unit:
    unit = parse_unit(text)
    if unit is None:
        raise _bad_unit(text, where, "is not known")
    if not (unit.fits(measure.dimension) or _normalised(unit, measure)):
        what = "has no unit" if not text else f"is printed in {shown(text)}"
        raise refuse(
            "wrong-unit",
            where,
            f"the metric {shown(measure.text)} {what}",
            "Give a unit of that quantity, such as ng/mL, h, L/h or %",
        )
    return unit


def _normalised(unit: Unit, measure: Metric) -> bool:
    """Return whether the unit is that of the metric divided by a dose, which is read and not compared."""
    d, wanted = unit.dimension, measure.dimension
    return (
        wanted.mass == 1
        and (d.volume, d.time) == (wanted.volume, wanted.time)
        and (d.mass + d.amount, d.weight) in ((0, 0), (0, 1), (1, -1))
    )


def _bad_unit(text: str, where: str, problem: str) -> InputError:
    return refuse(
        "unknown-unit",
        where,
        f"the unit {shown(text)} {problem}",
        "Write for example ng/mL, nmol/L, ng*h/mL, mL/min/kg, L/h/70kg, min or %",
    )
