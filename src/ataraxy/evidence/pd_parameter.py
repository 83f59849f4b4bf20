"""Published pharmacodynamic parameters as they were printed, one row each.

These are evidence: what a model is built from. The parameters of the models themselves, with what was chosen and
why, stand beside each model.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ataraxy.evidence.cells import read_number, refuse
from ataraxy.evidence.yaml_list import read_text_file
from ataraxy.provenance import content_hash

SHIPPED_PARAMETERS: Final = Path(__file__).parent / "data" / "pd_parameters.csv"
COLUMNS: Final = (
    "id", "quantity", "value", "unit", "low", "high", "species_or_population", "method", "source_short", "url", "note",
)  # fmt: skip
GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "A": "NMDA receptor binding and block",
        "B": "protein binding, brain exposure, human imaging",
        "C": "acute effects in humans",
        "D": "glutamate, GABA and plasticity",
        "E": "clinical time course",
        "DER": "derived from the rows above",
    }
)
# First pattern that is found wins: "mouse model code default" is code, "cultured neurons" of a rat are in vitro.
_SPECIES: Final = (
    ("model code", r"\bcode\b"),
    ("in vitro", r"\bin vitro\b|\brecombinant\b|\bcultured?\b|\bHEK|\bslice\b"),
    ("non-human primate", r"\bNHP\b|\bmonkey|\bmacaque"),
    ("mouse", r"\bmouse\b|\bmice\b"),
    ("rat", r"\brats?\b"),
    (
        "human",
        r"\bhumans?\b|\bhealthy\b|\badults?\b|\bchildren\b|\bmen\b|\bpatients?\b|\bvolunteers?\b|\bveterans\b|\binpatients\b"
        r"|\b(?:TRD|MDD|MDE|GAD|SAD|PTSD|CRPS-1|RCTs?)\b|\bdepressed\b|\bsurgical\b|\bsuicidal\b|\bremitters\b|\btrials\b"
        r"|\bclinic\b|\bindications\b",
    ),
)


@dataclass(frozen=True, slots=True)
class PdParameter:
    """One row of ``pd_parameters.csv``.

    Attributes:
        row: line of the file.
        id: letter of the group and number, such as ``C01``; unique.
        quantity: what it is.
        printed: the value as printed; not every one is a number.
        value: the number; None where `printed` is none.
        unit: as printed.
        low, high: ends of the printed range or interval; None where not printed.
        population: species or people as printed.
        species: one of ``human``, ``rat``, ``mouse``, ``non-human primate``, ``in vitro``, ``model code``; empty
            where the words do not tell.
        method, source, url, note: as printed.
        grade: the letter in square brackets with which the note begins, such as ``A`` or ``A-text, no URL``.
    """

    row: int
    id: str
    quantity: str
    printed: str
    value: float | None
    unit: str
    low: float | None
    high: float | None
    population: str
    species: str
    method: str
    source: str
    url: str
    note: str
    grade: str

    @property
    def group(self) -> str:
        """Return what the letters of the id stand for, empty where they are not known."""
        letters = re.match(r"[A-Z]+", self.id)
        return GROUPS.get(letters[0], "") if letters else ""


@dataclass(frozen=True, slots=True)
class PdParameters:
    """All rows of a file.

    Attributes:
        rows: in the order of the file.
        sha256: hash of the file.
    """

    rows: tuple[PdParameter, ...]
    sha256: str

    @property
    def by_id(self) -> Mapping[str, PdParameter]:
        """Return the rows by id."""
        return MappingProxyType({row.id: row for row in self.rows})

    def select(self, *, ids: str = "", species: str = "", words: str = "") -> tuple[PdParameter, ...]:
        """Return the rows that fit all of these, each empty for no limit.

        Args:
            ids: an id, or the beginning of several, such as ``C`` or ``DER0``.
            species: one of the species, else a part of the printed population; case does not matter.
            words: a part of the quantity, method or source; case does not matter.
        """
        return tuple(
            row
            for row in self.rows
            if _begins(row.id, ids)
            and (not species or _is_of(row, species.lower()))
            and (not words or words.lower() in f"{row.quantity} {row.method} {row.source}".lower())
        )


def load_pd_parameters(path: Path | str | None = None) -> PdParameters:
    """Return the parameters of a file; None for the one that ships with the package.

    Raises:
        InputError: the file is missing or unreadable, a column is missing, an id is empty or stands twice, or a
            limit is not a number. The message names row and column.
    """
    file = SHIPPED_PARAMETERS if path is None else Path(path)
    text = read_text_file(file)
    name = file.name if path is None else str(file)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows: list[PdParameter] = []
    try:
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise refuse(
                "column-missing",
                f"{name}: row 1",
                f"no column {', '.join(missing)}",
                "Add it, empty if need be",
            )
        for cells in reader:
            if any(value for key, value in cells.items() if key is not None):
                rows.append(_row(cells, reader.line_num, name, rows))
    except csv.Error as error:
        raise refuse(
            "csv", f"{name}: row {reader.line_num}", f"broken CSV ({error})", "Close the quotes there"
        ) from None
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise refuse(
                "id-twice", f"{name}: row {row.row}", f"the id {row.id!r} stands twice", "Rename one"
            )
        seen.add(row.id)
    return PdParameters(tuple(rows), content_hash({file.name: text.encode()}))


def _row(cells: Mapping[str, str | None], number: int, file: str, before: list[PdParameter]) -> PdParameter:
    text = {column: " ".join((cells.get(column) or "").split()) for column in COLUMNS}
    where = f"{file}: row {number}: column "
    if not text["id"]:
        raise refuse("field-missing", f"{where}id", "the row has no id", "Give it a unique id")
    grade = re.match(r"\[([^\]]+)\]", text["note"])
    return PdParameter(
        row=number,
        id=text["id"],
        quantity=text["quantity"],
        printed=text["value"],
        value=_number(text["value"]),
        unit=text["unit"],
        low=_limit(text["low"], f"{where}low"),
        high=_limit(text["high"], f"{where}high"),
        population=text["species_or_population"],
        species=_species(text["species_or_population"], before),
        method=text["method"],
        source=text["source_short"],
        url=text["url"],
        note=text["note"],
        grade=grade[1] if grade else "",
    )


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", text) else None


def _limit(text: str, where: str) -> float | None:
    # "inf" and "NE" (not estimable) say that there is no upper limit.
    return None if text.lower() in ("", "inf", "ne", "na") else read_number(text, where)


def _species(text: str, before: list[PdParameter]) -> str:
    if text.lower() in ("same", '"') and before:
        return before[-1].species
    return next((name for name, pattern in _SPECIES if re.search(pattern, text, re.IGNORECASE)), "")


def _is_of(row: PdParameter, wanted: str) -> bool:
    if wanted in (name for name, _ in _SPECIES):
        return wanted == row.species
    return wanted in row.population.lower()


def _begins(identity: str, wanted: str) -> bool:
    """Return whether an id is the wanted one or begins so: ``C`` means C01 to C42, and not the derived rows."""
    return (
        not wanted
        or identity.upper() == wanted.upper()
        or bool(re.fullmatch(rf"{re.escape(wanted.upper())}\d*", identity.upper()))
    )
