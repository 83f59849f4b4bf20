"""Where everything of a model lies in a kernel's working memory, decided before anything is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ataraxy.engine.expression import ONE, Expr
from ataraxy.engine.kernel import rodas5p
from ataraxy.engine.kernel.linear import CONSTANT, Split, split_model
from ataraxy.engine.kernel.sparse import Position, reachable
from ataraxy.engine.kernel.switch import Switch, find_switches
from ataraxy.engine.model import Model

Kind = Literal["linear", "hybrid", "full"]

RUNGS: Final = 24  # powers of two of the smallest exact step that are kept
STAGE_TIMES: Final = rodas5p.NODES[1:5]  # those strictly inside a step


@dataclass(frozen=True)
class Offsets:
    """Places in working memory, counted in vectors.

    Attributes:
        x, x_next, x_out, x_stage, taylor: states of the exact part: now, after the step, at an output, work space.
        z, z_next, z_out, error: states under error control: now, after the step, at an output, estimated errors.
        peak: their largest sizes so far.
        inputs: rates that enter, per channel.
        stages: of the Rosenbrock step.
        signal_values: at the begin of a step, its four inner times and its end.
        signal_slopes: at the begin of a step.
        signal_now: somewhere inside it.
        modes: of the switches, 1 where the first term counts as the larger, else 0.
        switch_start, switch_end, switch_now: differences of their terms at the begin and the end of a step, inside it.
        low_time, low_value, high_time, high_value: brackets of where they cross within a step.
        defect: what frozen modes cost in a step, over the tolerated error.
        ladder: rungs, each a matrix exponential and the signals' rows of four more.
        power, stage_power: the exponentials of the highest rung so far, each followed by its diagonal less one.
        hoisted: functions of the parameters; the last, for their number is known only after printing.
    """

    x: int
    x_next: int
    x_out: int
    x_stage: int
    taylor: int
    z: int
    z_next: int
    z_out: int
    error: int
    peak: int
    inputs: int
    stages: int
    signal_values: int
    signal_slopes: int
    signal_now: int
    modes: int
    switch_start: int
    switch_end: int
    switch_now: int
    low_time: int
    low_value: int
    high_time: int
    high_value: int
    defect: int
    ladder: int
    power: int
    stage_power: int
    hoisted: int


@dataclass(frozen=True, eq=False)
class Layout:
    """A model split, numbered and laid out.

    Attributes:
        model: what is printed.
        split: its exact part and the rest.
        kind: "linear" (all exact), "hybrid" or "full" (nothing exact).
        channels: names of the states that receive doses, in the order of the input arrays.
        linear_channels: positions in `channels` of those into the exact part.
        has_constant: whether the exact part has constant production.
        width: size of the exact part's matrix: its states, one column per input, one for constant production.
        columns: name of a linear state, or CONSTANT -> its column.
        matrix: non-zero elements of the exact part's matrix.
        pattern: elements of its exponential that can be other than zero, in the order of storage.
        slot: element -> its place in that order.
        signals: names of what the nonlinear part sees of the exact part.
        rows: per signal, the columns on which it depends through an exponential.
        row_start: per signal, where its row begins among all rows.
        row_length: of all rows together.
        switches: comparisons on which the part under error control depends.
        at: places in working memory.
    """

    model: Model
    split: Split
    kind: Kind
    channels: tuple[str, ...]
    linear_channels: tuple[int, ...]
    has_constant: bool
    width: int
    columns: Mapping[str, int]
    matrix: Mapping[Position, Expr]
    pattern: tuple[Position, ...]
    slot: Mapping[Position, int]
    signals: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]
    row_start: tuple[int, ...]
    row_length: int
    switches: tuple[Switch, ...]
    at: Offsets

    @property
    def n_linear(self) -> int:
        return len(self.split.linear)

    @property
    def n_controlled(self) -> int:
        return len(self.split.nonlinear)

    @property
    def power_size(self) -> int:
        return len(self.pattern) + self.width

    @property
    def rung_size(self) -> int:
        return len(self.pattern) + len(STAGE_TIMES) * self.row_length


def make_layout(model: Model, channels: Sequence[str], *, exact: bool) -> Layout:
    """Lays out `model` with doses into the states `channels`; nothing is taken as exact where `exact` is false."""
    split = split_model(model, exact=exact)
    n_linear = len(split.linear)
    kind: Kind = "linear" if not split.nonlinear else ("hybrid" if n_linear else "full")
    linear_channels = tuple(i for i, c in enumerate(channels) if c in split.linear)
    has_constant = any(column == CONSTANT for _, column in split.matrix)
    width = n_linear + len(linear_channels) + has_constant if n_linear else 0
    columns = {name: i for i, name in enumerate(split.linear)}
    columns[CONSTANT] = width - 1
    matrix = {(columns[row], columns[column]): value for (row, column), value in split.matrix.items()}
    for k, channel in enumerate(linear_channels):
        matrix[columns[channels[channel]], n_linear + k] = ONE
    pattern = tuple(sorted(reachable(width, matrix))) if n_linear else ()
    rows = tuple(_seen_by(form, columns, pattern) for form in split.signals.values())
    row_length = sum(len(r) for r in rows)
    switches = find_switches(split.derivatives.values(), model.parameters)
    return Layout(
        model=model,
        split=split,
        kind=kind,
        channels=tuple(channels),
        linear_channels=linear_channels,
        has_constant=has_constant,
        width=width,
        columns=columns,
        matrix=matrix,
        pattern=pattern,
        slot={position: n for n, position in enumerate(pattern)},
        signals=tuple(split.signals),
        rows=rows,
        row_start=tuple(sum(len(r) for r in rows[:k]) for k in range(len(rows))),
        row_length=row_length,
        switches=switches,
        at=_offsets(
            width=width,
            n_controlled=len(split.nonlinear),
            n_channels=len(channels),
            n_signals=len(split.signals),
            n_pattern=len(pattern),
            row_length=row_length,
            n_switches=len(switches),
        ),
    )


def _seen_by(
    form: Mapping[str, Expr], columns: Mapping[str, int], pattern: Sequence[Position]
) -> tuple[int, ...]:
    """Columns that a signal of this form depends on after some time."""
    states = [columns[name] for name in form if name != CONSTANT]
    return tuple(sorted({j for i in states for (r, j) in pattern if r == i}))


def _offsets(
    *,
    width: int,
    n_controlled: int,
    n_channels: int,
    n_signals: int,
    n_pattern: int,
    row_length: int,
    n_switches: int,
) -> Offsets:
    inner = len(STAGE_TIMES)
    sizes = {
        "x": width,
        "x_next": width,
        "x_out": width,
        "x_stage": width,
        "taylor": width,
        "z": n_controlled,
        "z_next": n_controlled,
        "z_out": n_controlled,
        "error": n_controlled,
        "peak": n_controlled,
        "inputs": n_channels,
        "stages": rodas5p.STAGES * n_controlled,
        "signal_values": (inner + 2) * n_signals,
        "signal_slopes": n_signals,
        "signal_now": n_signals if n_switches else 0,
        "modes": n_switches,
        "switch_start": n_switches,
        "switch_end": n_switches,
        "switch_now": n_switches,
        "low_time": n_switches,
        "low_value": n_switches,
        "high_time": n_switches,
        "high_value": n_switches,
        "defect": 1 if n_switches else 0,
        "ladder": RUNGS * (n_pattern + inner * row_length),
        "power": n_pattern + width,
        "stage_power": inner * (n_pattern + width),
        "hoisted": 0,
    }
    places: dict[str, int] = {}
    used = 0
    for name, size in sizes.items():
        places[name] = used
        used += size
    return Offsets(**places)
