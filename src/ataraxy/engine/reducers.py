"""What is kept of many people without keeping them: quantiles, moments, extremes and counts of each cell.

A cell is one entry of a person's values, such as one output at one time. Reducers take people in the order of their
numbers and refuse anything else. Their results are the same to the last bit however the people were cut into chunks:
they count in whole numbers, compare, or add in strict person order. Those that only count and compare can also be
merged, so that the two halves of a population may be reduced apart.

A reducer is the one thing here that changes: `update` adds to it and returns it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from ataraxy.errors import AtaraxyError, SolverError

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

MOST_PEOPLE: Final = 2**32 - 1
MANTISSA_BITS: Final = 52
# Rows that are added up at a time; any number gives the same bits.
ROWS_AT_A_TIME: Final = 256


@dataclass(frozen=True, slots=True)
class LogBins:
    """Bins that cut each octave into 2**`octave_bits` equal parts, from `low` to `high`.

    The bin of a value is read off the bits of the floating-point number, without a logarithm: the same on every
    machine. Both ends are rounded outward to the edge of a bin.
    """

    low: float
    high: float
    octave_bits: int

    def __post_init__(self) -> None:
        if not (2.0**-1000 < self.low < self.high < 2.0**1000):
            raise ValueError(f"bins from {self.low:g} to {self.high:g}: both ends positive, the first lower")
        if not 0 <= self.octave_bits <= 20:
            raise ValueError(f"{self.octave_bits} bits for the parts of an octave, not 0 to 20")

    @property
    def count(self) -> int:
        """Number of bins."""
        return self._last - self._first + 1

    @property
    def relative_error(self) -> float:
        """Largest width of a bin divided by its lower edge."""
        return 2.0**-self.octave_bits

    @property
    def absolute_error(self) -> float:
        """Width of the widest bin."""
        return float(np.diff(self.edges)[-1])

    @property
    def edges(self) -> Floats:
        """Lower edges of all bins and the upper edge of the last, f8[count + 1]."""
        whole = np.arange(self._first, self._last + 2, dtype=np.int64) << self._shift
        return np.asarray(whole.view(np.float64))

    def place(self, values: Floats) -> Counts:
        """Bin of each value; -1 below all bins, `count` above them."""
        bits = np.ascontiguousarray(values).view(np.int64)
        # a negative number has its sign bit set and is a negative integer
        return np.asarray(np.clip((bits >> self._shift) - self._first, -1, self.count))

    @property
    def _shift(self) -> int:
        return MANTISSA_BITS - self.octave_bits

    @property
    def _first(self) -> int:
        return int(np.float64(self.low).view(np.int64)) >> self._shift

    @property
    def _last(self) -> int:
        # the bin that ends at `high` or holds it
        return int(np.nextafter(self.high, 0.0).view(np.int64)) >> self._shift


@dataclass(frozen=True, slots=True)
class LinearBins:
    """`count` bins of equal width from `low` to `high`."""

    low: float
    high: float
    count: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"bins from {self.low:g} to {self.high:g}: the first end must be lower")
        if not 1 <= self.count <= 1_000_000:
            raise ValueError(f"{self.count} bins, not 1 to 1,000,000")

    @property
    def relative_error(self) -> float:
        """Infinite: a bin at zero is as wide as any other."""
        return math.inf

    @property
    def absolute_error(self) -> float:
        """Width of a bin."""
        return (self.high - self.low) / self.count

    @property
    def edges(self) -> Floats:
        """Lower edges of all bins and the upper edge of the last, f8[count + 1]."""
        return np.linspace(self.low, self.high, self.count + 1)

    def place(self, values: Floats) -> Counts:
        """Bin of each value; -1 below all bins, `count` above them."""
        # a bound on the quotient first: what is far away must not overflow the integer
        within = np.clip(values, self.low - self.absolute_error, self.high + self.absolute_error)
        found = np.floor((within - self.low) * (self.count / (self.high - self.low))).astype(np.int64)
        edges = self.edges
        found = np.clip(found, 0, self.count - 1)
        # rounding of the quotient may miss by one bin; the edges decide
        found -= values < edges[found]
        found += values >= edges[np.clip(found + 1, 0, self.count)]
        return np.clip(found, -1, self.count)


Bins = LogBins | LinearBins


class _InPersonOrder:
    """Keeps the order of people, the shape of a cell, and numbers that are numbers."""

    def __init__(self, shape: tuple[int, ...], first_person: int) -> None:
        self.shape = shape
        self.first_person = first_person
        self.next_person = first_person

    @property
    def count(self) -> int:
        """People so far."""
        return self.next_person - self.first_person

    def _accept(self, first_person: int, values: npt.ArrayLike) -> Floats:
        """The values as f8[n, cells] without negative zeros, after all checks."""
        table = np.asarray(values, np.float64)
        if table.ndim != 1 + len(self.shape) or table.shape[1:] != self.shape:
            raise ValueError(
                f"values of shape {table.shape} where (people, {', '.join(map(str, self.shape))}) is due"
            )
        if first_person != self.next_person:
            raise AtaraxyError(
                f"people from number {first_person} came where number {self.next_person} is due",
                code="reducer.order",
                remedy="Give chunks in the order of people, or merge reducers",
                where="reducer",
            )
        if self.count + len(table) > MOST_PEOPLE:
            raise AtaraxyError(
                f"more than {MOST_PEOPLE} people",
                code="reducer.too-many",
                remedy="Reduce fewer",
                where="reducer",
            )
        finite = np.isfinite(table)
        if not finite.all():
            place = tuple(int(i) for i in np.argwhere(~finite)[0])
            raise SolverError(
                f"the value of cell {place[1:]} is {table[place]}",
                code="reducer.not-a-number",
                remedy="Look at this person's parameters, or ask for a smaller tolerance",
                person=first_person + place[0],
            )
        return table.reshape(len(table), math.prod(self.shape)) + 0.0

    def _precedes(self, other: _InPersonOrder, *, alike: bool) -> None:
        if type(self) is not type(other) or not alike or self.shape != other.shape:
            raise ValueError("only reducers of one kind and shape can be merged")
        if other.first_person != self.next_person:
            raise AtaraxyError(
                f"people from number {other.first_person} are merged where number {self.next_person} is due",
                code="reducer.order",
                remedy="Merge neighbours, the earlier people first",
                where="reducer",
            )


class ExtremesReducer(_InPersonOrder):
    """Smallest and largest value of each cell, and the first person who has it."""

    def __init__(self, shape: tuple[int, ...], *, first_person: int = 0) -> None:
        super().__init__(shape, first_person)
        cells = math.prod(shape)
        self._low = np.full(cells, np.inf)
        self._high = np.full(cells, -np.inf)
        self._low_person = np.full(cells, -1, np.int64)
        self._high_person = np.full(cells, -1, np.int64)

    def update(self, first_person: int, values: npt.ArrayLike) -> Self:
        """Adds people `first_person`, `first_person` + 1, ...; values f8[people, *shape]."""
        table = self._accept(first_person, values)
        if len(table):
            cells = np.arange(table.shape[1])
            low, high = table.argmin(axis=0), table.argmax(axis=0)
            self._take(table[low, cells], low + first_person, table[high, cells], high + first_person)
        self.next_person += len(table)
        return self

    def merge(self, other: ExtremesReducer) -> ExtremesReducer:
        """A new reducer of the people of both; `other` must begin where this one ends."""
        self._precedes(other, alike=True)
        both = ExtremesReducer(self.shape, first_person=self.first_person)
        for part in (self, other):
            both._take(part._low, part._low_person, part._high, part._high_person)
        both.next_person = other.next_person
        return both

    def _take(self, low: Floats, low_person: Counts, high: Floats, high_person: Counts) -> None:
        lower, higher = low < self._low, high > self._high
        self._low = np.where(lower, low, self._low)
        self._low_person = np.where(lower, low_person, self._low_person)
        self._high = np.where(higher, high, self._high)
        self._high_person = np.where(higher, high_person, self._high_person)

    @property
    def minimum(self) -> Floats:
        """f8[*shape]; infinite before the first person."""
        return self._low.reshape(self.shape)

    @property
    def maximum(self) -> Floats:
        """f8[*shape]; minus infinity before the first person."""
        return self._high.reshape(self.shape)

    @property
    def minimum_person(self) -> Counts:
        """i8[*shape]; -1 before the first person."""
        return self._low_person.reshape(self.shape)

    @property
    def maximum_person(self) -> Counts:
        """i8[*shape]; -1 before the first person."""
        return self._high_person.reshape(self.shape)


class CountReducer(_InPersonOrder):
    """How many people exceed a threshold in each cell."""

    def __init__(self, shape: tuple[int, ...], threshold: npt.ArrayLike, *, first_person: int = 0) -> None:
        super().__init__(shape, first_person)
        self.threshold = np.broadcast_to(np.asarray(threshold, np.float64), shape).copy()
        self._above = np.zeros(math.prod(shape), np.int64)

    def update(self, first_person: int, values: npt.ArrayLike) -> Self:
        """Adds people `first_person`, `first_person` + 1, ...; values f8[people, *shape]."""
        table = self._accept(first_person, values)
        self._above += (table > self.threshold.reshape(-1)).sum(axis=0)
        self.next_person += len(table)
        return self

    def merge(self, other: CountReducer) -> CountReducer:
        """A new reducer of the people of both; `other` must begin where this one ends."""
        self._precedes(other, alike=np.array_equal(self.threshold, other.threshold))
        both = CountReducer(self.shape, self.threshold, first_person=self.first_person)
        both._above = self._above + other._above
        both.next_person = other.next_person
        return both

    @property
    def exceeding(self) -> Counts:
        """People whose value lies above the threshold, i8[*shape]."""
        return self._above.reshape(self.shape)

    def share(self) -> Floats:
        """`exceeding` divided by the number of people, f8[*shape]."""
        return self.exceeding / _at_least_one(self.count)


class MomentsReducer(_InPersonOrder):
    """Mean, variance and standard deviation of each cell.

    Sums are taken one person after the other, in the order of their numbers. They are sums of differences from the
    first person, so that little is lost where the spread is small against the mean. There is no merge: adding two sums
    is not the same, in the last bits, as going on with one.
    """

    def __init__(self, shape: tuple[int, ...], *, first_person: int = 0) -> None:
        super().__init__(shape, first_person)
        cells = math.prod(shape)
        self._origin = np.zeros(cells)
        self._sum = np.zeros(cells)
        self._squares = np.zeros(cells)

    def update(self, first_person: int, values: npt.ArrayLike) -> Self:
        """Adds people `first_person`, `first_person` + 1, ...; values f8[people, *shape]."""
        table = self._accept(first_person, values)
        if not self.count and len(table):
            self._origin = table[0].copy()
        for start in range(0, len(table), ROWS_AT_A_TIME):
            difference = table[start : start + ROWS_AT_A_TIME] - self._origin
            self._sum = _go_on(self._sum, difference)
            self._squares = _go_on(self._squares, difference * difference)
        self.next_person += len(table)
        return self

    def mean(self) -> Floats:
        """f8[*shape]."""
        _at_least_one(self.count)
        return (self._origin + self._sum / self.count).reshape(self.shape)

    def variance(self) -> Floats:
        """Unbiased estimate, f8[*shape]; zero for one person."""
        _at_least_one(self.count)
        around_mean = self._squares - self._sum * (self._sum / self.count)
        return np.maximum(around_mean / max(self.count - 1, 1), 0.0).reshape(self.shape)

    def standard_deviation(self) -> Floats:
        """Square root of `variance`, f8[*shape]."""
        return np.sqrt(self.variance())


class QuantileReducer(_InPersonOrder):
    """Quantiles of each cell from a histogram of fixed bins.

    A quantile is that of `numpy.quantile` (linear between the two neighbouring people), each of the two people
    being placed in his bin as if the bin's people were spread evenly. Where neither lies outside all bins, the error is
    at most `relative_error` of the true quantile (logarithmic bins) and `absolute_error` (both kinds). A person below
    all bins counts as the smallest value there is, one above as the largest: `below` and `above` say how many there
    are. Memory: 4 bytes for each bin of each cell.
    """

    def __init__(self, shape: tuple[int, ...], bins: Bins, *, first_person: int = 0) -> None:
        super().__init__(shape, first_person)
        self.bins = bins
        self._extremes = ExtremesReducer(shape, first_person=first_person)
        # the first and the last column hold those outside all bins
        self._counts = np.zeros((math.prod(shape), bins.count + 2), np.uint32)

    @classmethod
    def logarithmic(
        cls,
        shape: tuple[int, ...],
        low: float,
        high: float,
        *,
        relative_error: float = 1 / 64,
        first_person: int = 0,
    ) -> Self:
        """Bins with about equal ratios from `low` to `high`, as many as keep the relative error."""
        if not 2.0**-20 <= relative_error <= 1.0:
            raise ValueError(f"a relative error of {relative_error:g} is not between 1e-6 and 1")
        return cls(
            shape, LogBins(low, high, math.ceil(-math.log2(relative_error))), first_person=first_person
        )

    @classmethod
    def linear(
        cls, shape: tuple[int, ...], low: float, high: float, count: int, *, first_person: int = 0
    ) -> Self:
        """`count` bins of equal width from `low` to `high`."""
        return cls(shape, LinearBins(low, high, count), first_person=first_person)

    @property
    def relative_error(self) -> float:
        """Largest error of a quantile within the bins, divided by the quantile; infinite for linear bins."""
        return self.bins.relative_error

    @property
    def absolute_error(self) -> float:
        """Largest error of a quantile within the bins."""
        return self.bins.absolute_error

    def update(self, first_person: int, values: npt.ArrayLike) -> Self:
        """Adds people `first_person`, `first_person` + 1, ...; values f8[people, *shape]."""
        table = self._accept(first_person, values)
        self._extremes.update(first_person, table.reshape(len(table), *self.shape))
        columns = self._counts.shape[1]
        place = self.bins.place(table) + (1 + columns * np.arange(table.shape[1]))
        # cell by cell, so that the counters in use stay in the cache
        np.add.at(self._counts.reshape(-1), place.T.ravel(), np.uint32(1))
        self.next_person += len(table)
        return self

    def merge(self, other: QuantileReducer) -> QuantileReducer:
        """A new reducer of the people of both; `other` must begin where this one ends."""
        self._precedes(other, alike=self.bins == other.bins)
        both = QuantileReducer(self.shape, self.bins, first_person=self.first_person)
        both._counts = self._counts + other._counts
        both._extremes = self._extremes.merge(other._extremes)
        both.next_person = other.next_person
        return both

    @property
    def below(self) -> Counts:
        """People below all bins, i8[*shape]."""
        return self._counts[:, 0].astype(np.int64).reshape(self.shape)

    @property
    def above(self) -> Counts:
        """People above all bins, i8[*shape]."""
        return self._counts[:, -1].astype(np.int64).reshape(self.shape)

    @property
    def histogram(self) -> npt.NDArray[np.uint32]:
        """Counts within the bins, u4[*shape, bins]; a view, not to be written to."""
        return self._counts[:, 1:-1].reshape(*self.shape, self.bins.count)

    def quantiles(self, probabilities: npt.ArrayLike) -> Floats:
        """f8[probabilities, *shape].

        Raises:
            ValueError: a probability is not between 0 and 1, or there are no people.
        """
        p = np.atleast_1d(np.asarray(probabilities, np.float64))
        if p.ndim != 1 or not np.all((p >= 0.0) & (p <= 1.0)):
            raise ValueError(f"probabilities {p} are not all between 0 and 1")
        rank = p * (_at_least_one(self.count) - 1)
        lower = np.floor(rank).astype(np.int64)
        upper = np.minimum(lower + 1, self.count - 1)
        result = np.empty((len(p), len(self._counts)))
        low, high = self._extremes.minimum.reshape(-1), self._extremes.maximum.reshape(-1)
        edges = self.bins.edges
        begin, end = np.concatenate([edges[:1], edges]), np.concatenate([edges, edges[-1:]])
        for cell, counts in enumerate(self._counts):
            begin[0] = end[0] = low[cell]
            begin[-1] = end[-1] = high[cell]
            first, second = (_placed_evenly(person, counts, begin, end) for person in (lower, upper))
            # a bin may reach beyond the extremes, nobody does
            first, second = np.clip(first, low[cell], high[cell]), np.clip(second, low[cell], high[cell])
            result[:, cell] = first + (second - first) * (rank - lower)
        return result.reshape(len(p), *self.shape)


def _placed_evenly(person: Counts, counts: npt.NDArray[np.uint32], begin: Floats, end: Floats) -> Floats:
    """Values of people by their rank from below, those of one bin at even distances between its edges."""
    until = np.cumsum(counts, dtype=np.int64)
    at = np.searchsorted(until, person, side="right")
    inside = (person - (until[at] - counts[at]) + 0.5) / counts[at]
    return np.asarray(begin[at] + inside * (end[at] - begin[at]))


def _go_on(carried: Floats, rows: Floats) -> Floats:
    """`carried` plus all rows, strictly one after the other."""
    return np.asarray(np.add.accumulate(np.concatenate([carried[None], rows]), axis=0)[-1], np.float64)


def _at_least_one(count: int) -> int:
    if count < 1:
        raise ValueError("there are no people yet")
    return count
