"""Prints `run` for a model that is exact as a whole: from one change of input or output time to the next."""

from __future__ import annotations

from ataraxy.engine.kernel.exact_part import print_first_rung
from ataraxy.engine.kernel.ir import Function, Value
from ataraxy.engine.kernel.layout import Layout
from ataraxy.engine.kernel.workspace import (
    RUN_ARGUMENTS,
    STATUS_RATE_TOO_LARGE,
    TIME_SLACK_H,
    Workspace,
)


def print_linear_driver(layout: Layout) -> str:
    """`run`: takes blocks through their segments, and writes outputs, final states and status."""
    f = Function("run", RUN_ARGUMENTS, attributes="nounwind")
    work, at = Workspace(f, layout), layout.at
    block = f.variable("i64", f.args["first"])
    with f.loop(lambda: block.get().lt(f.args["last"])):
        b = block.get()
        work.precompute(b)
        work.load_states(b)
        fine = print_first_rung(work)
        work.report(
            b, f.select(fine, f.value(0.0, "double"), f.value(float(STATUS_RATE_TOO_LARGE), "double"))
        )
        have = f.variable("i64", 1)
        position = f.variable("i64", 0)
        segment = f.variable("i64", f.load(f.args["segments"], b, "i64"))
        end = f.load(f.args["segments"], b + 1, "i64")
        segment.set(f.select(fine, segment.get(), end))
        now = f.variable("double", 0.0)

        def advance(distance: Value) -> None:
            far = f.select(distance.gt(0.0), distance, f.value(0.0, "double"))
            have.set(
                f.call(
                    "i64", "advance", work.scratch, work.place(at.x), far, work.place(at.x_next), have.get()
                )
            )
            work.copy(at.x_next, at.x, layout.width)

        with f.loop(lambda: segment.get().lt(end)):
            edge = segment.get() + b
            now.set(f.load(f.args["changes"], edge, "double"))
            until = f.load(f.args["changes"], edge + 1, "double")
            last = (segment.get() + 1).eq(end)
            # an output at a change belongs to the later segment: it shows the value after a dose
            limit = f.select(last, until + 1.0, until - TIME_SLACK_H)
            work.begin_segment(segment.get())

            def output_at(time: Value) -> None:
                advance(time - now.get())
                work.emit(b, position, at.x, at.z)
                now.set(f.select(time.gt(now.get()), time, now.get()))

            work.outputs_before(limit, position, output_at)
            advance(until - now.get())
            segment.set(segment.get() + 1)
        work.store_states(b, at.z)
        block.set(block.get() + 1)
    return f.text(external=True)
