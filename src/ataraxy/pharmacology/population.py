"""Virtual adults: age, sex, weight, height and ancestry, drawn from published distributions or given.

Weights and heights follow the printed percentiles of US adults by sex and age group; the numbers, their sources and
what is assumed stand in ``population.yaml`` beside this module.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import yaml
from scipy.special import ndtr, ndtri

from ataraxy.engine.random import Numbers, uniforms
from ataraxy.errors import InputError

Floats = npt.NDArray[np.float64]
Strings = npt.NDArray[np.str_]
Sex = Literal["female", "male"]
Ancestry = Literal["other", "asian", "japanese"]

SEXES: Final[tuple[Sex, ...]] = ("female", "male")
ANCESTRIES: Final[tuple[Ancestry, ...]] = ("other", "asian", "japanese")
POPULATION_FILE: Final = Path(__file__).with_name("population.yaml")
# Purpose of the random numbers; five for each person, in the order in which `sample_population` names them.
PURPOSE: Final = "population"
DRAWS: Final = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What an adult can plausibly have; both ends belong to it."""

    low: float
    high: float
    unit: str
    remedy: str


# Wide enough for the extremes of published adult surveys; a child or a weight in pounds or grams falls outside.
PLAUSIBLE: Final[Mapping[str, Limits]] = {
    "age_y": Limits(18.0, 100.0, "years", "Give an age in years from 18 to 100"),
    "weight_kg": Limits(30.0, 300.0, "kg", "Give an adult's weight in kilograms, from 30 to 300"),
    "height_cm": Limits(120.0, 230.0, "cm", "Give an adult's height in centimetres, from 120 to 230"),
}


@dataclass(frozen=True, eq=False)
class People:
    """Adults as columns, arrays of one length that cannot be written to.

    Attributes:
        id: a text for each person.
        age_y: years.
        sex: "female" or "male".
        weight_kg: kilograms.
        height_cm: centimetres; NaN where it is not known.
        ancestry: "other", "asian" (not Japanese) or "japanese", as far as the kinetic models tell people apart.

    Raises:
        InputError: ``people.shape``, ``people.value`` (names person, column and value) or ``people.word``.
    """

    id: Strings
    age_y: Floats
    sex: Strings
    weight_kg: Floats
    height_cm: Floats
    ancestry: Strings

    def __post_init__(self) -> None:
        kinds = {"age_y": np.float64, "weight_kg": np.float64, "height_cm": np.float64}
        n = np.size(self.id)
        for field in fields(self):
            # a copy, so that nobody else can write to it
            column = np.array(getattr(self, field.name), dtype=kinds.get(field.name, np.str_))
            if column.shape != (n,):
                raise InputError(
                    f"column {field.name} has shape {column.shape} where ({n},) is due",
                    code="people.shape",
                    remedy="Give columns of one length",
                    where="people",
                )
            column.flags.writeable = False
            object.__setattr__(self, field.name, column)
        for name, limits in PLAUSIBLE.items():
            numbers: Floats = getattr(self, name)
            wrong = ~((numbers >= limits.low) & (numbers <= limits.high))
            if name == "height_cm":
                wrong &= ~np.isnan(numbers)
            self._refuse(wrong, name, "people.value", limits.remedy)
        for name, words in (("sex", SEXES), ("ancestry", ANCESTRIES)):
            wrong = ~np.isin(getattr(self, name), words)
            self._refuse(wrong, name, "people.word", f"Use one of {', '.join(words)}")

    def _refuse(self, wrong: npt.NDArray[np.bool_], name: str, code: str, remedy: str) -> None:
        if wrong.any():
            row = int(wrong.argmax())
            value = getattr(self, name)[row]
            raise InputError(
                f"{name} is {value}", code=code, remedy=remedy, where=f"person {row} (id {self.id[row]})"
            )

    @classmethod
    def of(
        cls,
        *,
        age_y: npt.ArrayLike,
        sex: npt.ArrayLike,
        weight_kg: npt.ArrayLike,
        height_cm: npt.ArrayLike = math.nan,
        ancestry: npt.ArrayLike = "other",
        id: npt.ArrayLike | None = None,
    ) -> People:
        """People from columns or single values, which are repeated; ids are 0, 1, ... where none are given."""
        given = [np.asarray(column) for column in (age_y, sex, weight_kg, height_cm, ancestry)]
        try:
            shape = np.broadcast_shapes(*(c.shape for c in given), (1,), () if id is None else np.shape(id))
            age, sexes, weight, height, ancestries = (np.broadcast_to(column, shape) for column in given)
            names = _as_texts(np.arange(shape[0])) if id is None else np.broadcast_to(np.asarray(id), shape)
        except ValueError:
            raise InputError(
                f"columns have shapes {', '.join(str(c.shape) for c in given)}",
                code="people.shape",
                remedy="Give columns of one length, or single values",
                where="people",
            ) from None
        return cls(
            names.astype(np.str_), age, sexes.astype(np.str_), weight, height, ancestries.astype(np.str_)
        )

    @classmethod
    def concatenate(cls, parts: Sequence[People]) -> People:
        """The people of all parts, one part after the other."""
        if not parts:
            nobody = np.empty(0)
            return cls(
                nobody.astype(np.str_), nobody, nobody.astype(np.str_), nobody, nobody, nobody.astype(np.str_)
            )
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))

    def rows(self, rows: npt.ArrayLike | slice) -> People:
        """The people in these rows (numbers, a mask or a slice), in that order; a row may occur twice."""
        chosen: Any = rows if isinstance(rows, slice) else np.asarray(rows)
        return People(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def __len__(self) -> int:
        return len(self.id)

    @property
    def bmi(self) -> Floats:
        """Body mass index, kg/m2; NaN where the height is not known."""
        return self.weight_kg / (self.height_cm / 100.0) ** 2

    def fingerprint(self) -> bytes:
        """SHA-256 of all columns; equal people have equal fingerprints."""
        whole = hashlib.sha256()
        for field in fields(self):
            column = getattr(self, field.name)
            if column.dtype.kind == "f":
                data = column.astype("<f8").tobytes()
            else:
                texts = [text.encode() for text in column.tolist()]
                data = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
            whole.update(hashlib.sha256(data).digest())
        return whole.digest()


@dataclass(frozen=True, slots=True)
class PopulationSpec:
    """From what adults people are drawn. `default_population` has the defaults and their sources.

    Attributes:
        youngest_y, oldest_y: bounds of age, years.
        typical_age_y, spread_age_y: of a normal distribution of ages, before it is cut at the bounds.
        female_share: probability of being a woman.
        asian_share, japanese_share: probability of an ancestry; weight and height do not depend on it, because the
            tables do not tell ancestries apart.

    Raises:
        InputError: ``population.spec``, names the field.
    """

    youngest_y: float
    oldest_y: float
    typical_age_y: float
    spread_age_y: float
    female_share: float
    asian_share: float
    japanese_share: float

    def __post_init__(self) -> None:
        age = PLAUSIBLE["age_y"]
        for name, low, high in (
            ("youngest_y", age.low, age.high),
            ("oldest_y", self.youngest_y, age.high),
            ("typical_age_y", age.low, age.high),
            ("spread_age_y", 0.1, 100.0),
            ("female_share", 0.0, 1.0),
            ("asian_share", 0.0, 1.0),
            ("japanese_share", 0.0, 1.0 - self.asian_share),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(
                    f"{name} is {value}",
                    code="population.spec",
                    remedy=f"Give a number from {low:g} to {high:g}",
                    where="population",
                )


@dataclass(frozen=True, eq=False)
class BodyTable:
    """Quantiles of weight or height by sex and age group.

    Attributes:
        begins_y: age at which each group begins; each ends where the next begins.
        logarithmic: whether lines between percentiles are straight in the logarithm.
        scores: for each sex and group, increasing normal scores.
        values: at these scores, the value or its logarithm.
    """

    begins_y: Floats
    logarithmic: bool
    scores: Mapping[str, tuple[Floats, ...]]
    values: Mapping[str, tuple[Floats, ...]]

    def at(self, sex: Strings, age_y: Floats, score: Floats) -> Floats:
        """Value of people whose rank within sex and age group is `score`, a standard-normal number."""
        group = np.searchsorted(self.begins_y, age_y, side="right") - 1
        result = np.empty(len(score))
        for one in SEXES:
            for number in range(len(self.begins_y)):
                chosen = (sex == one) & (group == number)
                found = np.interp(score[chosen], self.scores[one][number], self.values[one][number])
                result[chosen] = np.exp(found) if self.logarithmic else found
        return result


@dataclass(frozen=True, eq=False)
class PopulationTable:
    """Content of a population file; `content` is the file as read, with all sources and statuses."""

    defaults: PopulationSpec
    weight_kg: BodyTable
    height_cm: BodyTable
    correlation: Mapping[str, float]
    content: Mapping[str, Any]
    sha256: str


def default_population() -> PopulationSpec:
    """The adults that are drawn where nothing else is asked for; vary it with `dataclasses.replace`."""
    return load_population().defaults


def sample_population(people: int | Numbers, seed: int = 1, spec: PopulationSpec | None = None) -> People:
    """Virtual adults. A person's columns depend on seed, number and `spec` alone, not on who else is drawn.

    Sex and age are drawn first; height and weight from the quantiles of that sex and age group, with correlated ranks.

    Args:
        people: how many, for numbers from 0 up, or the numbers of the people.
        seed: of the random numbers, see `ataraxy.engine.random`.
        spec: None for `default_population`.

    Raises:
        InputError: ``random.seed`` or ``random.people``.
    """
    table = load_population()
    spec = spec or table.defaults
    numbers = range(people) if isinstance(people, int) else people
    draws = uniforms(seed, PURPOSE, 0, numbers, DRAWS)
    sex = np.where(draws[:, 0] < spec.female_share, "female", "male")
    age_y = _ages(draws[:, 1], spec)
    height, independent = ndtri(draws[:, 2]), ndtri(draws[:, 3])
    correlation = np.where(sex == "female", table.correlation["female"], table.correlation["male"])
    weight = correlation * height + np.sqrt(1.0 - correlation**2) * independent
    ancestry = np.where(
        draws[:, 4] < spec.japanese_share,
        "japanese",
        np.where(draws[:, 4] < spec.japanese_share + spec.asian_share, "asian", "other"),
    )
    return People(
        _as_texts(np.asarray(numbers, np.int64)),
        age_y,
        sex,
        table.weight_kg.at(sex, age_y, weight),
        table.height_cm.at(sex, age_y, height),
        ancestry,
    )


def _ages(draw: Floats, spec: PopulationSpec) -> Floats:
    """Inverse distribution function of a normal distribution that is cut at the bounds."""
    low, high = (
        ndtr((bound - spec.typical_age_y) / spec.spread_age_y) for bound in (spec.youngest_y, spec.oldest_y)
    )
    age = spec.typical_age_y + spec.spread_age_y * ndtri(low + draw * (high - low))
    return np.asarray(np.clip(age, spec.youngest_y, spec.oldest_y))


def _as_texts(numbers: npt.NDArray[np.int64]) -> Strings:
    longest = len(str(int(np.abs(numbers).max()))) if len(numbers) else 1
    return numbers.astype(f"U{longest}")


@lru_cache(maxsize=4)
def load_population(path: Path = POPULATION_FILE) -> PopulationTable:
    """Reads a population file.

    Raises:
        InputError: ``population.malformed``: something is missing, has no source and status, or contradicts itself.
    """
    data = path.read_bytes()
    content = yaml.safe_load(data)
    tail = _number(_entry(content, "tail_probability", path), path)
    defaults = {
        name: _number(_entry(content["defaults"], name, path), path) for name in PopulationSpec.__slots__
    }
    correlation: dict[str, float] = {
        sex: _number(_entry(content["correlation_of_height_and_weight"], sex, path), path) for sex in SEXES
    }
    return PopulationTable(
        PopulationSpec(**defaults),
        _body_table(content, "weight_kg", True, tail, path),
        _body_table(content, "height_cm", False, tail, path),
        correlation,
        content,
        hashlib.sha256(data).hexdigest(),
    )


def _entry(content: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    entry = content.get(name)
    if not isinstance(entry, dict):
        raise _malformed("is missing", name, path)
    for field in ("unit", "status"):
        if not entry.get(field):
            raise _malformed(f"has no {field}", name, path)
    if entry["status"] not in ("measured", "derived", "calibrated", "assumed"):
        raise _malformed(f"has the unknown status {entry['status']!r}", name, path)
    if "source" not in entry and not (entry["status"] == "assumed" and entry.get("note")):
        raise _malformed("has neither a source nor, being assumed, a note", name, path)
    if "groups" not in entry and "range" not in entry:
        raise _malformed("has no range", name, path)
    return entry


def _number(entry: Mapping[str, Any], path: Path) -> float:
    low, high = entry["range"]
    if not low <= entry["value"] <= high:
        raise _malformed(f"the value {entry['value']} lies outside its range", str(entry.get("note")), path)
    return float(entry["value"])


def _body_table(
    content: Mapping[str, Any], name: str, logarithmic: bool, tail: float, path: Path
) -> BodyTable:
    entry = _entry(content, name, path)
    if entry["source"] not in content["sources"]:
        raise _malformed(f"names the unknown source {entry['source']!r}", name, path)
    levels = np.asarray(content["levels"], float) / 100.0
    limits, ages = PLAUSIBLE[name], PLAUSIBLE["age_y"]
    scores: dict[str, tuple[Floats, ...]] = {}
    values: dict[str, tuple[Floats, ...]] = {}
    begins: list[list[float]] = []
    for sex in SEXES:
        groups = entry["groups"][sex]
        starts, ends = [g["from_y"] for g in groups], [g["to_y"] for g in groups]
        if starts[0] > ages.low or ends[-1] <= ages.high or starts[1:] != ends[:-1]:
            raise _malformed(f"age groups of {sex} leave a gap", name, path)
        begins.append(starts)
        lines = [_quantile_line(levels, g["percentiles"], logarithmic, tail) for g in groups]
        for group, (_, line) in zip(groups, lines, strict=True):
            outermost = np.exp(line[[0, -1]]) if logarithmic else line[[0, -1]]
            if not (
                np.all(np.diff(line) > 0.0) and limits.low <= outermost[0] and outermost[1] <= limits.high
            ):
                raise _malformed(
                    f"percentiles of {sex} from {group['from_y']} years do not increase or reach {outermost}",
                    name,
                    path,
                )
        scores[sex], values[sex] = tuple(z for z, _ in lines), tuple(v for _, v in lines)
    if begins[0] != begins[1]:
        raise _malformed("age groups differ between the sexes", name, path)
    return BodyTable(np.array(begins[0], float), logarithmic, scores, values)


def _quantile_line(
    levels: Floats, percentiles: Sequence[float | None], logarithmic: bool, tail: float
) -> tuple[Floats, Floats]:
    """Normal scores and values of the printed percentiles, carried on to the tails in line with the median."""
    printed = [(z, p) for z, p in zip(ndtri(levels), percentiles, strict=True) if p is not None]
    z, value = np.array([a for a, _ in printed]), np.array([b for _, b in printed], float)
    if logarithmic:
        value = np.log(value)
    median = float(value[z == 0.0][0])
    end = -float(ndtri(tail))
    low = median + (value[0] - median) / z[0] * -end
    high = median + (value[-1] - median) / z[-1] * end
    return np.concatenate([[-end], z, [end]]), np.concatenate([[low], value, [high]])


def _malformed(message: str, name: str, path: Path) -> InputError:
    return InputError(
        f"{name} {message}",
        code="population.malformed",
        remedy="Correct the file; every number needs value, unit, source and status",
        where=path.name,
    )
