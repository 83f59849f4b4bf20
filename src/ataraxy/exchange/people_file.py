"""People from a CSV file: one line for each adult, with age, sex, weight and what else is known."""

from __future__ import annotations

import csv
import difflib
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError
from ataraxy.exchange.units import shorten
from ataraxy.pharmacology.population import ANCESTRIES, PLAUSIBLE, SEXES, People

REQUIRED: Final = ("age_y", "sex", "weight_kg")
OPTIONAL: Final = ("id", "height_cm", "ancestry")
COLUMNS: Final = (*REQUIRED, *OPTIONAL)
MOST_ROWS: Final = 10_000_000
MOST_ID: Final = 200

# Plain decimal digits: float() would also take "nan", "1_000" and digits of other scripts.
NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
OTHER_DELIMITERS: Final[Mapping[str, str]] = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "sex": {word: word for word in SEXES} | {word[0]: word for word in SEXES},
    "ancestry": {word: word for word in ANCESTRIES},
}
# Names under which people keep these quantities elsewhere, with what is to be done.
RENAMED: Final[Mapping[str, str]] = {
    "weight_lb": "Convert to kilograms (multiply by 0.45359237) and name the column weight_kg",
    "weight_lbs": "Convert to kilograms (multiply by 0.45359237) and name the column weight_kg",
    "weight_g": "Convert to kilograms (divide by 1000) and name the column weight_kg",
    "weight": "Make sure that it is in kilograms and name the column weight_kg",
    "wt": "Make sure that it is in kilograms and name the column weight_kg",
    "height_in": "Convert to centimetres (multiply by 2.54) and name the column height_cm",
    "height_ft": "Convert to centimetres (multiply by 30.48) and name the column height_cm",
    "height_m": "Convert to centimetres (multiply by 100) and name the column height_cm",
    "height": "Make sure that it is in centimetres and name the column height_cm",
    "ht": "Make sure that it is in centimetres and name the column height_cm",
    "age": "Make sure that it is in years and name the column age_y",
    "age_years": "Name the column age_y",
    "age_months": "Convert to years (divide by 12) and name the column age_y",
    "gender": "Name the column sex, with the values female and male",
    "race": "Name the column ancestry, with the values other, asian and japanese",
}


def read_people_csv(path: str | Path, *, most_rows: int = MOST_ROWS) -> People:
    """Return the adults of a CSV file, in its order.

    The first line names the columns: ``age_y``, ``sex`` (female or male) and ``weight_kg`` are required; ``id``,
    ``height_cm`` and ``ancestry`` (other, asian or japanese) are optional, in any order. A height may be left empty
    (NaN) and an ancestry too ("other"). Without ids, people are called 0, 1, 2, ... The text is UTF-8, with or without
    a byte-order mark; empty lines are passed over.

    Raises:
        InputError: names file, line, column, value and remedy. Codes: ``people-file.missing``, ``.not-a-file``,
            ``.unreadable``, ``.not-text``, ``.syntax``, ``.empty``, ``.delimiter``, ``.column-missing``,
            ``.column-unknown``, ``.column-twice``, ``.row-length``, ``.value-missing``, ``.number``, ``.range``,
            ``.word``, ``.id-twice``, ``.id-long``, ``.too-many``.
    """
    file = Path(path)
    where = str(file)
    _require_regular_file(file, where)
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            return _People(where, most_rows).read(csv.reader(_without_nul(text, where), strict=True))
    except UnicodeDecodeError:
        _refuse(
            "the file is not text in UTF-8",
            "not-text",
            "Save it as CSV in UTF-8",
            f"{where}:{_first_line_that_is_not_text(file)}",
        )
    except OSError as error:
        _refuse(
            f"the file cannot be read: {error.strerror or error}",
            "unreadable",
            "Check the path and its permissions",
            where,
        )


class _People:
    """The rows of one file, on their way to columns."""

    def __init__(self, where: str, most_rows: int) -> None:
        self.where = where
        self.most_rows = most_rows
        self.columns: dict[str, list[Any]] = {}
        self.line_of_id: dict[str, int] = {}

    def read(self, reader: Any) -> People:
        names: list[str] | None = None
        rows = 0
        try:
            for cells in reader:
                at = f"{self.where}:{reader.line_num}"
                if not cells:
                    continue
                if names is None:
                    names = self._header(cells, at)
                    self.columns = {name: [] for name in names}
                    continue
                rows += 1
                if rows > self.most_rows:
                    _refuse(
                        f"there are more than {self.most_rows:,} people",
                        "too-many",
                        "Split the file and simulate the parts",
                        at,
                    )
                self._row(names, cells, at, reader.line_num)
        except csv.Error as error:
            _refuse(
                f"this is not valid CSV: {error}",
                "syntax",
                "Check quotation marks and line ends near this line",
                f"{self.where}:{reader.line_num}",
            )
        if names is None:
            remedy = f"Write a header ({','.join(REQUIRED)}) and one line for each person"
            _refuse("the file is empty", "empty", remedy, self.where)
        if not rows:
            _refuse(
                "there are no people below the header", "empty", "Write one line for each person", self.where
            )
        return self._people(rows)

    def _people(self, rows: int) -> People:
        def numbers(name: str) -> npt.NDArray[np.float64]:
            return np.array(self.columns.get(name, [np.nan] * rows), np.float64)

        return People.of(
            age_y=numbers("age_y"),
            sex=np.array(self.columns["sex"]),
            weight_kg=numbers("weight_kg"),
            height_cm=numbers("height_cm"),
            ancestry=np.array(self.columns.get("ancestry", "other")),
            id=np.array(self.columns["id"]) if "id" in self.columns else None,
        )

    def _header(self, cells: list[str], at: str) -> list[str]:
        names = [cell.strip() for cell in cells]
        if len(names) == 1:
            for delimiter, called in OTHER_DELIMITERS.items():
                if delimiter in names[0]:
                    _refuse(
                        f"the columns are separated by {called}", "delimiter", "Separate them by commas", at
                    )
        for position, name in enumerate(names):
            if name in names[:position]:
                _refuse(f"column {_quoted(name)} stands twice", "column-twice", "Keep one of them", at)
            if name not in COLUMNS:
                _refuse(f"column {_quoted(name)} is not known", "column-unknown", _advice(name, position), at)
        for name in REQUIRED:
            if name not in names:
                _refuse(
                    f"column {name} is missing",
                    "column-missing",
                    f"Add it; required are {', '.join(REQUIRED)}",
                    at,
                )
        return names

    def _row(self, names: list[str], cells: list[str], at: str, line: int) -> None:
        if len(cells) != len(names):
            _refuse(
                f"the row has {len(cells)} values where the header has {len(names)} columns",
                "row-length",
                "Give one value for each column; write decimals with a point",
                at,
            )
        for name, cell in zip(names, cells, strict=True):
            text = cell.strip()
            self.columns[name].append(self._value(name, text, f"{at}: {name}", line))

    def _value(self, name: str, text: str, at: str, line: int) -> float | str:
        if not text:
            if name == "height_cm":
                return np.nan
            if name == "ancestry":
                return "other"
            _refuse("the value is missing", "value-missing", "Give a value, or leave the person out", at)
        if name == "id":
            return self._identity(text, at, line)
        if name in WORDS:
            word = WORDS[name].get(text.lower())
            if word is None:
                known = ", ".join(dict.fromkeys(WORDS[name].values()))
                _refuse(f"{_quoted(text)} is not known", "word", f"Use one of {known}", at)
            return word
        limits = PLAUSIBLE[name]
        if not NUMBER.fullmatch(text):
            remedy = f"Give a number of {limits.unit}, digits with a decimal point and nothing else"
            _refuse(f"{_quoted(text)} is not a number", "number", remedy, at)
        number = float(text)
        if not limits.low <= number <= limits.high:
            _refuse(
                f"{shorten(text, 30)} {limits.unit} is not plausible for an adult", "range", limits.remedy, at
            )
        return number

    def _identity(self, text: str, at: str, line: int) -> str:
        if len(text) > MOST_ID:
            _refuse(
                f"the id has {len(text)} characters",
                "id-long",
                f"Use ids of at most {MOST_ID} characters",
                at,
            )
        before = self.line_of_id.setdefault(text, line)
        if before != line:
            _refuse(
                f"id {_quoted(text)} stands already on line {before}",
                "id-twice",
                "Give each person an own id",
                at,
            )
        return text


def _advice(name: str, position: int) -> str:
    simple = re.sub(r"[\s()\[\].-]+", "_", name.lower()).strip("_")
    if simple in COLUMNS:
        return f"Name it {simple}"
    if simple in RENAMED:
        return RENAMED[simple]
    if NUMBER.fullmatch(name):
        return f"The first line must name the columns: {','.join(REQUIRED)}"
    if not name:
        return f"Name column {position + 1} or remove it; known are {', '.join(COLUMNS)}"
    close = difflib.get_close_matches(simple, COLUMNS, n=1)
    if close:
        return f"Is it {close[0]}? Name it so, or remove it"
    return f"Remove it; known are {', '.join(COLUMNS)}"


def _require_regular_file(file: Path, where: str) -> None:
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        _refuse("there is no such file", "missing", "Check the path", where)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path is not valid"
        _refuse(
            f"the file cannot be read: {reason}", "unreadable", "Check the path and its permissions", where
        )
    if not stat.S_ISREG(mode):
        what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
        _refuse(f"this is {what}", "not-a-file", "Name a CSV file", where)


def _without_nul(lines: Iterator[str], where: str) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            _refuse(
                "the file is binary or in UTF-16", "not-text", "Save it as CSV in UTF-8", f"{where}:{number}"
            )
        yield line


def _first_line_that_is_not_text(file: Path) -> int:
    with file.open("rb") as data:
        for number, line in enumerate(data, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1


def _quoted(text: str) -> str:
    return f'"{shorten(text)}"'


def _refuse(message: str, code: str, remedy: str, where: str) -> NoReturn:
    raise InputError(message, code=f"people-file.{code}", remedy=remedy, where=where)
