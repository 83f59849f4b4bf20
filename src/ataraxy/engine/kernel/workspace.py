"""A driver's hand on its memory: states in and out, doses, outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ataraxy.engine.kernel.ir import VECTOR, Function, Value, Variable
from ataraxy.engine.kernel.layout import Layout

TIME_SLACK_H: Final = 2.0**-35  # a tenth of a microsecond: moments closer than this are one

# what `run` leaves per block: status, time, accepted and rejected steps
STATUS_FIELDS: Final = 4
STATUS_OK, STATUS_STEP_TOO_SMALL, STATUS_RATE_TOO_LARGE, STATUS_TOO_MANY_STEPS = 0, 1, 2, 3

RUN_ARGUMENTS: Final = (
    ("i64", "first"),
    ("i64", "last"),
    ("ptr", "parameters"),
    ("ptr", "initial"),
    ("ptr", "segments"),
    ("ptr", "changes"),
    ("ptr", "rates"),
    ("ptr", "amounts"),
    ("ptr", "times"),
    ("i64", "n_times"),
    ("ptr", "values"),
    ("ptr", "final"),
    ("double", "rtol"),
    ("ptr", "atol"),
    ("ptr", "status"),
    ("ptr", "scratch"),
)


@dataclass(frozen=True, eq=False)
class Workspace:
    """A function under construction that has an argument `scratch`, and where things lie in it."""

    f: Function
    layout: Layout

    @property
    def scratch(self) -> Value:
        return self.f.args["scratch"]

    def place(self, offset: int) -> Value:
        """Address in working memory."""
        return self.f.at(self.scratch, offset)

    def copy(self, source: int, target: int, count: int) -> None:
        for i in range(count):
            self.f.store(self.f.load(self.scratch, source + i), self.scratch, target + i)

    def precompute(self, block: Value) -> None:
        """Computes the functions of this block's parameters."""
        row = self.f.at(self.f.args["parameters"], block * len(self.layout.model.parameters))
        self.f.call("void", "precompute", row, self.place(self.layout.at.hoisted))

    def load_states(self, block: Value) -> None:
        """Initial states; no inputs; one in the column of constant production."""
        f, layout, at = self.f, self.layout, self.layout.at
        base = f.at(f.args["initial"], block * len(layout.model.states))
        for i, name in enumerate(layout.split.linear):
            f.store(f.load(base, layout.model.state_index(name)), self.scratch, at.x + i)
        for k in range(layout.n_linear, layout.width):
            f.store(f.value(0.0, VECTOR), self.scratch, at.x + k)
        if layout.has_constant:
            f.store(f.value(1.0, VECTOR), self.scratch, at.x + layout.width - 1)
        for i, name in enumerate(layout.split.nonlinear):
            f.store(f.load(base, layout.model.state_index(name)), self.scratch, at.z + i)
            f.store(f.value(0.0, VECTOR), self.scratch, at.peak + i)

    def store_states(self, block: Value, z: int) -> None:
        """Leaves the exact part's states and what lies at `z` as this block's final states."""
        f, layout = self.f, self.layout
        base = f.at(f.args["final"], block * len(layout.model.states))
        for i, name in enumerate(layout.split.linear):
            f.store(f.load(self.scratch, layout.at.x + i), base, layout.model.state_index(name))
        for i, name in enumerate(layout.split.nonlinear):
            f.store(f.load(self.scratch, z + i), base, layout.model.state_index(name))

    def begin_segment(self, segment: Value) -> None:
        """Adds instantaneous amounts and sets the constant inputs of this segment."""
        f, layout, at = self.f, self.layout, self.layout.at
        n_c = len(layout.channels)
        for k, channel in enumerate(layout.channels):
            amount = f.load(f.at(f.args["amounts"], segment * n_c), k)
            rate = f.load(f.at(f.args["rates"], segment * n_c), k)
            f.store(rate, self.scratch, at.inputs + k)
            if channel in layout.split.linear:
                place = at.x + layout.columns[channel]
                f.store(rate, self.scratch, at.x + layout.n_linear + layout.linear_channels.index(k))
            else:
                place = at.z + layout.split.nonlinear.index(channel)
            f.store(f.load(self.scratch, place) + amount, self.scratch, place)

    def outputs_before(self, limit: Value, position: Variable, emit: Callable[[Value], None]) -> None:
        """Calls `emit` with each time before `limit` that is still to come."""
        f = self.f

        def more() -> Value:
            inside = position.get().lt(f.args["n_times"])
            index = f.select(inside, position.get(), f.value(0, "i64"))
            return inside.both(f.load(f.args["times"], index, "double").lt(limit))

        with f.loop(more):
            emit(f.load(f.args["times"], position.get(), "double"))

    def emit(self, block: Value, position: Variable, x: int, z: int) -> None:
        """Writes the outputs at the states that lie at `x` and `z`, and goes on to the next time."""
        f = self.f
        row = block * f.args["n_times"] + position.get()
        f.call(
            "void",
            "outputs",
            self.place(self.layout.at.hoisted),
            self.place(x),
            self.place(z),
            f.at(f.args["values"], row * len(self.layout.model.outputs)),
        )
        position.set(position.get() + 1)

    def report(self, block: Value, *fields: Value) -> None:
        """Leaves the first fields of this block's status."""
        base = self.f.at(self.f.args["status"], block * STATUS_FIELDS, "double")
        for k, field in enumerate(fields):
            self.f.store(field, base, k)
