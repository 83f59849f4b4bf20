"""Parameters that carry their unit, source, status and uncertainty, read from a YAML file beside each model.

A parameter that lacks any of these does not load. An assumed uncertainty is allowed and says that it is
assumed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import yaml
from scipy.special import ndtr

from ataraxy.errors import InputError

Floats = npt.NDArray[np.float64]
E = TypeVar("E", bound=Enum)

# Unit as printed -> unit inside, factor. Variances and fractions have no unit to convert.
UNITS: Final[Mapping[str, tuple[str, float]]] = {
    "L": ("L", 1.0),
    "L/h": ("L/h", 1.0),
    "L/min": ("L/h", 60.0),
    "h": ("h", 1.0),
    "min": ("h", 1.0 / 60.0),
    "1/h": ("1/h", 1.0),
    "1/min": ("1/h", 60.0),
    "L/h/year": ("L/h/year", 1.0),
    "kg": ("kg", 1.0),
    "year": ("year", 1.0),
    "g/mol": ("g/mol", 1.0),
    "fraction": ("fraction", 1.0),
    "factor": ("factor", 1.0),
    "exponent": ("exponent", 1.0),
    "variance, log scale": ("variance, log scale", 1.0),
    "covariance, log scale": ("covariance, log scale", 1.0),
    "CV, log-normal": ("CV, log-normal", 1.0),
    "SD, logit scale": ("SD, logit scale", 1.0),
    "SD, proportional": ("SD, proportional", 1.0),
    "SD, log scale": ("SD, log scale", 1.0),
    "SD, nmol/mL": ("SD, nmol/mL", 1.0),
    "s": ("h", 1.0 / 3600.0),
    "day": ("h", 24.0),
    "1/s": ("1/h", 3600.0),
    "uM": ("uM", 1.0),
    "ng/mL": ("ng/mL", 1.0),
    "mg/L": ("mg/L", 1.0),
    "mmHg": ("mmHg", 1.0),
    "bpm": ("bpm", 1.0),
    "points": ("points", 1.0),
    "percent": ("percent", 1.0),
    "sessions": ("sessions", 1.0),
    "SD of the score": ("SD of the score", 1.0),
    "SD, mmHg": ("SD, mmHg", 1.0),
    "SD, bpm": ("SD, bpm", 1.0),
    "1/day": ("1/h", 1.0 / 24.0),
    "1/point": ("1/point", 1.0),
    "log odds": ("log odds", 1.0),
    "correlation": ("correlation", 1.0),
}


class Status(Enum):
    """How a number came to be.

    measured: estimated from data by the source, as printed. derived: computed from printed numbers.
    calibrated: fitted by us. assumed: chosen, with the reason in the note.
    """

    MEASURED = "measured"
    DERIVED = "derived"
    CALIBRATED = "calibrated"
    ASSUMED = "assumed"


class Scale(Enum):
    """The scale on which a relative standard error is taken as normal."""

    LOG = "log"
    LOGIT = "logit"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number was published and where it was seen.

    Attributes:
        citation: the publication.
        seen: the page, abstract or transcription that was read, which need not be the publication itself.
        place: table, figure or section.
    """

    citation: str
    seen: str
    place: str

    def __str__(self) -> str:
        return f"{self.citation} {self.place} (seen in: {self.seen})"


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How far a value may be from the truth. Exactly one of the first three is given.

    Attributes:
        relative_se: standard error divided by the value.
        bounds: lowest and highest plausible value in the printed unit. The value lies between them, with half
            of the probability on each side of it, log-uniform on each side.
        exact: the reason why the value has no uncertainty of its own.
        status: how the uncertainty itself came to be.
    """

    relative_se: float | None
    bounds: tuple[float, float] | None
    exact: str | None
    status: Status

    def __str__(self) -> str:
        if self.relative_se is not None:
            return f"relative SE {self.relative_se:.3g} ({self.status.value})"
        if self.bounds is not None:
            return f"{self.bounds[0]:g} to {self.bounds[1]:g} ({self.status.value})"
        return f"none: {self.exact}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number with all that a reader needs to judge it.

    Attributes:
        name: unique in its table.
        value: as printed, in `unit`.
        unit: as printed, one of `UNITS`.
        status: how the value came to be.
        source: where it is from.
        uncertainty: of the value as an estimate; variability between people is a parameter of its own.
        scale: on which `uncertainty.relative_se` applies.
        note: what a user should know; may be empty.
    """

    name: str
    value: float
    unit: str
    status: Status
    source: Source
    uncertainty: Uncertainty
    scale: Scale
    note: str

    @property
    def inner_unit(self) -> str:
        """Unit in which the models compute: hours, litres, kilograms."""
        return UNITS[self.unit][0]

    @property
    def inner_value(self) -> float:
        """The value in `inner_unit`."""
        return self.value * UNITS[self.unit][1]

    @property
    def is_uncertain(self) -> bool:
        """Whether draws of uncertainty move it."""
        return self.uncertainty.exact is None

    def at(self, draw: npt.ArrayLike) -> Floats:
        """The value, in `inner_unit`, at standard-normal draws of its uncertainty; the shape is theirs.

        A draw of zero gives the value itself: the value is the median of its uncertainty.
        """
        z = np.asarray(draw, float)
        unit = UNITS[self.unit][1]
        if self.uncertainty.bounds is not None:
            low, high = self.uncertainty.bounds
            place = 2.0 * ndtr(z) - 1.0
            reach = np.where(place < 0.0, math.log(self.value / low), math.log(high / self.value))
            return np.asarray(self.value * np.exp(place * reach) * unit, float)
        if self.uncertainty.relative_se is None:
            return np.full(z.shape, self.value * unit)
        error = self.uncertainty.relative_se
        if self.scale is Scale.LOGIT:
            centre = math.log(self.value / (1.0 - self.value))
            # delta method: the standard error on the logit scale is SE / (p (1 - p))
            return np.asarray(1.0 / (1.0 + np.exp(-(centre + z * error / (1.0 - self.value)))) * unit, float)
        return np.asarray(self.value * np.exp(z * math.sqrt(math.log1p(error * error))) * unit, float)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values in a fixed order."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "status": self.status.value,
            "citation": self.source.citation,
            "seen": self.source.seen,
            "place": self.source.place,
            "uncertainty": {
                "relative_se": self.uncertainty.relative_se,
                "bounds": list(self.uncertainty.bounds) if self.uncertainty.bounds else None,
                "exact": self.uncertainty.exact,
                "status": self.uncertainty.status.value,
            },
            "scale": self.scale.value,
            "note": self.note,
        }


@dataclass(frozen=True, eq=False)
class ParameterTable(Mapping[str, Parameter]):
    """Parameters by name, in the order of their file. Equal tables have equal hashes."""

    name: str
    parameters: Mapping[str, Parameter]

    def __getitem__(self, name: str) -> Parameter:
        return self.parameters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    @property
    def uncertain(self) -> tuple[str, ...]:
        """Names of the parameters that have an uncertainty: the columns of the draws that `values` takes."""
        return tuple(name for name, p in self.parameters.items() if p.is_uncertain)

    def values_at(self, draws: npt.ArrayLike | None = None) -> dict[str, Floats]:
        """All values in inner units.

        Args:
            draws: standard-normal draws, columns in the order of `uncertain`: None for the published values,
                shape (n_uncertain,) for one set of values, or (n, n_uncertain) for n sets.

        Returns:
            Arrays of shape () or (n,).

        Raises:
            InputError: the last axis of `draws` has not `len(self.uncertain)` columns.
        """
        uncertain = self.uncertain
        if draws is None:
            return {name: np.asarray(p.inner_value, float) for name, p in self.parameters.items()}
        z = np.asarray(draws, float)
        if z.ndim not in (1, 2) or z.shape[-1] != len(uncertain):
            raise InputError(
                f"draws of parameter uncertainty have shape {z.shape}, not (n, {len(uncertain)})",
                code="parameters.draws-shape",
                remedy="Give one standard-normal column for each name in `uncertain`",
                where=self.name,
            )
        columns = {name: z[..., i] for i, name in enumerate(uncertain)}
        nothing = np.zeros(z.shape[:-1])
        return {name: p.at(columns.get(name, nothing)) for name, p in self.parameters.items()}

    def select(self, names: Collection[str]) -> ParameterTable:
        """The named parameters only, in the order of this table."""
        missing = set(names) - set(self.parameters)
        if missing:
            raise KeyError(f"{self.name} has no parameter {', '.join(sorted(missing))}")
        return ParameterTable(self.name, {k: p for k, p in self.parameters.items() if k in names})

    def joined_with(self, *others: ParameterTable) -> ParameterTable:
        """This table followed by others. Raises KeyError where two tables use one name."""
        joined = dict(self.parameters)
        for other in others:
            twice = joined.keys() & other.parameters.keys()
            if twice:
                raise KeyError(f"{self.name} and {other.name} both have {', '.join(sorted(twice))}")
            joined.update(other.parameters)
        return ParameterTable(self.name, joined)

    def sha256(self) -> str:
        """Hash of all that the table says, in hexadecimal; comments and layout of the file do not matter."""
        content = [p.to_json() for p in self.parameters.values()]
        text = json.dumps([self.name, content], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def load_parameters(path: Path) -> ParameterTable:
    """The parameter table in a YAML file.

    The file holds `model` (a name), `sources` (key -> citation, seen) and `parameters` (name -> value, unit,
    status, source, uncertainty; scale and note optional).

    Raises:
        InputError: unreadable, or a parameter lacks anything; the message names file, parameter and field.
    """
    where = path.name
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except OSError as error:
        raise _bad(f"cannot be read ({error.strerror})", where, "Check the path") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _bad(" ".join(str(error).split()), where, "Correct the YAML") from None
    top = _mapping(content, where, required=("model", "sources", "parameters"))
    sources = {
        key: _mapping(value, f"{where}: source {key}", required=("citation", "seen"))
        for key, value in _mapping(top["sources"], f"{where}: sources").items()
    }
    parameters = {
        name: _parameter(name, value, sources, f"{where}: parameter {name}")
        for name, value in _mapping(top["parameters"], f"{where}: parameters").items()
    }
    return ParameterTable(_text(top["model"], f"{where}: model"), parameters)


def _parameter(name: str, content: Any, sources: Mapping[str, Any], where: str) -> Parameter:
    fields = _mapping(
        content,
        where,
        required=("value", "unit", "status", "source", "uncertainty"),
        optional=("scale", "note"),
    )
    value = _number(fields["value"], f"{where}: value")
    unit = _text(fields["unit"], f"{where}: unit")
    if unit not in UNITS:
        raise _bad(f"unit {unit!r} is not known", f"{where}: unit", f"Use one of {'; '.join(UNITS)}")
    if not value > 0.0 and unit != "covariance, log scale":
        raise _bad(f"value {value:g} is not above zero", f"{where}: value", "Leave out what is zero")
    scale = _member(Scale, fields.get("scale", "log"), f"{where}: scale")
    if scale is Scale.LOGIT and not value < 1.0:
        raise _bad(f"value {value:g} is not below 1", f"{where}: scale", "Use the log scale")
    status = _member(Status, fields["status"], f"{where}: status")
    source = _mapping(fields["source"], f"{where}: source", required=("key", "place"))
    key = _text(source["key"], f"{where}: source: key")
    if key not in sources:
        raise _bad(f"source {key!r} is not in the file's list", f"{where}: source", "Add it under `sources`")
    return Parameter(
        name,
        value,
        unit,
        status,
        Source(
            _text(sources[key]["citation"], f"{where}: source: citation"),
            _text(sources[key]["seen"], f"{where}: source: seen"),
            _text(source["place"], f"{where}: source: place"),
        ),
        _uncertainty(fields["uncertainty"], value, f"{where}: uncertainty"),
        scale,
        " ".join(str(fields.get("note", "")).split()),
    )


def _uncertainty(content: Any, value: float, where: str) -> Uncertainty:
    fields = _mapping(content, where, required=("status",), optional=("relative_se", "se", "bounds", "exact"))
    given = [kind for kind in ("relative_se", "se", "bounds", "exact") if kind in fields]
    if len(given) != 1:
        raise _bad(
            f"has {' and '.join(given) or 'no size'}",
            where,
            "Give one of relative_se, se, bounds or exact (a reason)",
        )
    status = _member(Status, fields["status"], f"{where}: status")
    if "exact" in fields:
        return Uncertainty(None, None, _text(fields["exact"], f"{where}: exact"), status)
    if "bounds" in fields:
        bounds = fields["bounds"]
        if not isinstance(bounds, list) or len(bounds) != 2:
            raise _bad(f"bounds are {bounds!r}", where, "Give a list of two numbers")
        low, high = (_number(b, f"{where}: bounds") for b in bounds)
        if not 0.0 < low <= value <= high or low == high:
            raise _bad(
                f"bounds {low:g} to {high:g} do not enclose the value {value:g}", where, "Correct one of them"
            )
        return Uncertainty(None, (low, high), None, status)
    kind = given[0]
    size = _number(fields[kind], f"{where}: {kind}")
    if not size > 0.0:
        raise _bad(f"{kind} is {size:g}", where, "Give a size above zero, or `exact` with a reason")
    return Uncertainty(size / value if kind == "se" else size, None, None, status)


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping: the first value would be lost in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _mapping(
    content: Any, where: str, required: Collection[str] = (), optional: Collection[str] = ()
) -> dict[str, Any]:
    if not isinstance(content, dict) or not all(isinstance(k, str) for k in content):
        raise _bad("is not a mapping of names to values", where, "Correct the YAML")
    for field in required:
        if content.get(field) is None:
            raise _bad(f"field {field} is missing", f"{where}: {field}", "Add it")
    if required:
        unknown = set(content) - set(required) - set(optional)
        if unknown:
            raise _bad(
                f"field {sorted(unknown)[0]!r} is not known", where, "Correct its spelling or remove it"
            )
    return content


def _number(content: Any, where: str) -> float:
    if isinstance(content, bool) or not isinstance(content, int | float) or not math.isfinite(content):
        raise _bad(f"{content!r} is not a finite number", where, "Give a number without a unit")
    return float(content)


def _text(content: Any, where: str) -> str:
    text = " ".join(content.split()) if isinstance(content, str) else ""
    if not text:
        raise _bad(f"{content!r} is not a text", where, "Give a text")
    return text


def _member(kind: type[E], content: Any, where: str) -> E:
    try:
        return kind(content)
    except ValueError:
        names = ", ".join(str(member.value) for member in kind)
        raise _bad(f"{content!r} is not known", where, f"Use one of {names}") from None


def _bad(message: str, where: str, remedy: str) -> InputError:
    return InputError(message, code="parameters.malformed", remedy=remedy, where=where)
