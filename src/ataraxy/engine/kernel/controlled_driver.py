"""Prints `run` for a model with a part under error control, alone or beside an exact part."""

from __future__ import annotations

from typing import Final

from ataraxy.engine.kernel import rodas5p
from ataraxy.engine.kernel.exact_part import UNIT_H, print_first_rung, print_in_units
from ataraxy.engine.kernel.ir import VECTOR, Function, Value, Variable
from ataraxy.engine.kernel.layout import RUNGS, STAGE_TIMES, Layout
from ataraxy.engine.kernel.workspace import (
    RUN_ARGUMENTS,
    STATUS_OK,
    STATUS_RATE_TOO_LARGE,
    STATUS_STEP_TOO_SMALL,
    STATUS_TOO_MANY_STEPS,
    TIME_SLACK_H,
    Workspace,
)

FIRST_STEP_H: Final = 0.01
SMALLEST_STEP_H: Final = 1e-10
STEP_LIMIT: Final = 20_000_000  # of one block

# The next step is the last one times a power of its error, times the first number, within the others.
_SAFETY: Final = 0.9
_GROWTH: Final = 6.0
_GROWTH_AFTER_CUT: Final = 4.0
_SHRINKAGE: Final = 0.2
_SHRINKAGE_REJECTED: Final = 0.1
# What a frozen switch may cost in a step, over the tolerated error, before the step is made to end where it crosses.
DEFECT: Final = 0.2
_REFINEMENTS: Final = 3


def print_controlled_driver(layout: Layout) -> str:
    """`run`: takes blocks through their segments, and writes outputs, final states and status."""
    driver = _HybridDriver(layout) if layout.kind == "hybrid" else _FullDriver(layout)
    return driver.print()


class _Driver:
    """What both kinds share. A step is chosen, tried, and accepted or rejected, until the segment's end."""

    rejected_factor: float  # the largest, after a rejection

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.f = Function("run", RUN_ARGUMENTS, attributes="nounwind")
        self.work = Workspace(self.f, layout)
        self.block = self.f.variable("i64", self.f.args["first"])

    def print(self) -> str:
        f, work, at = self.f, self.work, self.layout.at
        with f.loop(lambda: self.block.get().lt(f.args["last"])):
            b = self.b = self.block.get()
            work.precompute(b)
            work.load_states(b)
            self.status = f.variable("double", float(STATUS_OK))
            self.begin_block()
            self.position = f.variable("i64", 0)
            segment = f.variable("i64", f.load(f.args["segments"], b, "i64"))
            end = f.load(f.args["segments"], b + 1, "i64")
            self.now, self.h, self.rest = (f.variable("double", 0.0) for _ in range(3))
            self.units = f.variable("i64", 0)
            self.going = f.variable("i64", 0)
            self.accepted, self.rejected = f.variable("i64", 0), f.variable("i64", 0)
            self.before = f.variable("double", 1.0)
            self.fresh = f.variable("double", 1.0)
            with f.loop(lambda: segment.get().lt(end).both(self.status.get().eq(0.0))):
                self._print_segment(segment)
                with f.when(self.status.get().eq(0.0)):
                    segment.set(segment.get() + 1)
            with f.when(self.status.get().eq(0.0)):
                work.outputs_before(self.real(1e300), self.position, lambda _: self._emit_now())
                work.store_states(b, at.z)
            with f.when(self.status.get().gt(0.0)):
                work.store_states(b, at.error)
            work.report(
                b,
                self.status.get(),
                self.now.get(),
                f.cast(self.accepted.get(), "sitofp", "double"),
                f.cast(self.rejected.get(), "sitofp", "double"),
            )
            self.block.set(b + 1)
        return f.text(external=True)

    def real(self, number: float) -> Value:
        return self.f.value(number, "double")

    def remember_peaks(self) -> None:
        at = self.layout.at
        self.f.call("void", "remember", self.work.place(at.z), self.work.place(at.peak))

    def _emit_now(self) -> None:
        self.work.emit(self.b, self.position, self.layout.at.x, self.layout.at.z)

    def _print_segment(self, segment: Variable) -> None:
        f, work = self.f, self.work
        edge = segment.get() + self.b
        self.now.set(f.load(f.args["changes"], edge, "double"))
        self.until = f.load(f.args["changes"], edge + 1, "double")
        work.begin_segment(segment.get())
        self.remember_peaks()
        work.outputs_before(self.now.get() + TIME_SLACK_H, self.position, lambda _: self._emit_now())
        self.h.set(FIRST_STEP_H)
        self.before.set(1.0)
        if self.layout.switches:
            self._print_switch_values(self.layout.at.x, self.layout.at.z)
            f.call(
                "void", "set_modes", work.place(self.layout.at.switch_now), work.place(self.layout.at.modes)
            )
            self.fresh.set(1.0)
        length = self.until - self.now.get()
        self.rest.set(length)
        self.going.set(f.select(length.gt(0.0), f.value(1, "i64"), f.value(0, "i64")))
        self.begin_segment(length)
        with f.loop(lambda: self.going.get().eq(1)):
            self._print_step()

    def _print_step(self) -> None:
        f, work, at = self.f, self.work, self.layout.at
        self.step = f.variable("double", 0.0)
        self.choose_step()
        f.call(
            "void",
            "step",
            work.place(at.hoisted),
            work.place(at.z),
            work.place(at.signal_values),
            work.place(at.signal_slopes),
            work.place(at.inputs),
            self.step.get(),
            work.place(at.z_next),
            work.place(at.stages),
            work.place(at.modes),
            work.place(at.switch_start),
            work.place(at.switch_end),
        )
        error = f.call(
            "double",
            "error",
            work.place(at.z),
            work.place(at.z_next),
            work.place(at.stages),
            work.place(at.peak),
            f.args["rtol"],
            f.args["atol"],
            work.place(at.error),
        )
        small = f.select(error.gt(1e-12), error, self.real(1e-12))
        root = f.lane(self.power(small, -1.0 / rodas5p.ORDER), 0) * _SAFETY
        self.kept = f.variable("double", 1.0)
        if self.layout.switches:
            with f.when(error.le(1.0)):
                self._find_kept()
        with f.when(error.le(1.0).both(self.kept.get().gt(0.0))):
            ends, done = self._end_of_kept()
            work.outputs_before(ends - TIME_SLACK_H, self.position, self._emit_inside_step)
            if self.layout.switches:
                self._end_switches(ends)
            self.keep_step()
            self.remember_peaks()
            self.now.set(ends)
            self.accepted.set(self.accepted.get() + 1)
            self.going.set(f.select(done, f.value(0, "i64"), f.value(1, "i64")))
            self.choose_next(error, small, root)
        with f.when(self.kept.get().le(0.0)):
            self.rejected.set(self.rejected.get() + 1)
        with f.when(error.gt(1.0)):
            self.rejected.set(self.rejected.get() + 1)
            factor = f.select(root.lt(self.rejected_factor), root, self.real(self.rejected_factor))
            factor = f.select(factor.gt(_SHRINKAGE_REJECTED), factor, self.real(_SHRINKAGE_REJECTED))
            self.h.set(self.step.get() * factor)
            with f.when(self.h.get().lt(SMALLEST_STEP_H)):
                self.status.set(float(STATUS_STEP_TOO_SMALL))
                self.going.set(0)
        with f.when((self.accepted.get() + self.rejected.get()).ge(STEP_LIMIT)):
            self.status.set(float(STATUS_TOO_MANY_STEPS))
            self.going.set(0)

    # -- switches -----------------------------------------------------------------------------------------------

    def _find_kept(self) -> None:
        """Sets `kept`, the share of the step up to the first switch that matters: 1 for all, 0 to do it anew.

        Changes the modes of the switches that cross there.
        """
        f, work, at = self.f, self.work, self.layout.at
        modes, ends = work.place(at.modes), work.place(at.switch_end)
        brackets = [work.place(a) for a in (at.low_time, at.low_value, at.high_time, at.high_value)]
        with f.when(f.call("i1", "any_wrong", modes, ends)):
            end = work.place(at.signal_values + 5 * len(self.layout.signals))
            defect = f.call(
                "double",
                "switch_defect",
                work.place(at.hoisted),
                work.place(at.z_next),
                end,
                modes,
                self.step.get(),
                work.place(at.peak),
                f.args["rtol"],
                f.args["atol"],
                work.place(at.defect),
            )
            with f.when(defect.gt(DEFECT)):
                start = work.place(at.switch_start)
                f.call(
                    "void", "bracket", modes, start, ends, work.place(at.defect), self.real(DEFECT), *brackets
                )
                theta = f.variable("double", f.call("double", "first_crossing", *brackets))
                for _ in range(_REFINEMENTS):
                    self._print_switch_values_at(theta.get())
                    values = work.place(at.switch_now)
                    f.call("void", "narrow", theta.get(), modes, values, *brackets)
                    theta.set(f.call("double", "first_crossing", *brackets))
                # one that crosses at the begin is changed there, and the step done anew; once, not for ever
                begin = (theta.get() * self.step.get()).lt(TIME_SLACK_H)
                fresh = self.fresh.get().gt(0.0)
                with f.when(begin.either(theta.get().lt(1.0))):
                    self.kept.set(
                        f.select(begin, f.select(fresh, self.real(0.0), self.real(1.0)), theta.get())
                    )
                with f.when(self.kept.get().lt(1.0)):
                    f.call("void", "flip", theta.get(), modes, work.place(at.defect), *brackets)
                with f.when(begin):
                    self.fresh.set(0.0)

    def _print_switch_values(self, x: int, z: int) -> None:
        """Leaves the switches' differences at the states that lie at `x` and `z` at `switch_now`."""
        f, work, at = self.f, self.work, self.layout.at
        q, signals = work.place(at.hoisted), work.place(at.signal_now)
        if self.layout.signals:
            f.call("void", "signals_at", q, work.place(x), signals)
        f.call("void", "switch_values", q, work.place(z), signals, work.place(at.switch_now))

    def _print_switch_values_at(self, theta: Value) -> None:
        """Leaves the switches' differences at the share theta of the step at `switch_now`, nearly."""
        f, work, at = self.f, self.work, self.layout.at
        q, signals = work.place(at.hoisted), work.place(at.signal_now)
        self._interpolate(theta)
        if self.layout.signals:
            f.call("void", "signals_between", theta, work.place(at.signal_values), signals)
        f.call("void", "switch_values", q, work.place(at.z_out), signals, work.place(at.switch_now))

    def _end_of_kept(self) -> tuple[Value, Value]:
        """When what is kept of the step ends, and whether (i1) this is the end of the segment."""
        f = self.f
        ends, done = self.end_of_step()
        if not self.layout.switches:
            return ends, done
        inside = self.kept.get().lt(1.0)
        ends = f.select(inside, self.now.get() + self.kept.get() * self.step.get(), ends)
        with f.when(inside):
            self.go_back(self.until - ends)
        return ends, done.both(self.kept.get().ge(1.0))

    def _end_switches(self, ends: Value) -> None:
        """Moves the step's end to where a switch crosses, or takes the sides that the switches have at its end."""
        f, work, at = self.f, self.work, self.layout.at
        with f.when(self.kept.get().lt(1.0)):
            self._go_inside(ends)
            work.copy(at.z_out, at.z_next, self.layout.n_controlled)
            work.copy(at.x_out, at.x_next, self.layout.width)
        with f.when(self.kept.get().ge(1.0)):
            f.call("void", "set_modes", work.place(at.switch_end), work.place(at.modes))
        self.fresh.set(1.0)

    def _emit_inside_step(self, time: Value) -> None:
        self._go_inside(time)
        self.work.emit(self.b, self.position, self.layout.at.x_out, self.layout.at.z_out)

    def _go_inside(self, time: Value) -> None:
        """Leaves the states at a time inside the step at `z_out` and `x_out`."""
        self._interpolate((time - self.now.get()) / self.step.get())
        self.exact_part_at(time)

    def _interpolate(self, theta: Value) -> None:
        f, work, at = self.f, self.work, self.layout.at
        f.call(
            "void",
            "interpolate",
            work.place(at.z),
            work.place(at.z_next),
            work.place(at.stages),
            theta,
            work.place(at.z_out),
        )

    def power(self, base: Value, exponent: float) -> Value:
        f = self.f
        return f.call(VECTOR, "vexp", f.call(VECTOR, "vlog", f.splat(base)) * exponent)

    # -- what differs between the kinds -----------------------------------------------------------------------

    def begin_block(self) -> None:
        """After the initial states are there."""

    def begin_segment(self, length: Value) -> None:
        """Before the first step of a segment."""

    def choose_step(self) -> None:
        """Sets `step`, no longer than `h` and not beyond the segment."""
        raise NotImplementedError

    def end_of_step(self) -> tuple[Value, Value]:
        """When the accepted step ends, and whether (i1) it is the segment's last."""
        raise NotImplementedError

    def go_back(self, left: Value) -> None:
        """After an end of a step that was moved forward, so that these hours of the segment are left."""

    def exact_part_at(self, time: Value) -> None:
        """Leaves the exact part's state at a time inside the step at `x_out`."""

    def keep_step(self) -> None:
        """Makes the state at the step's end the present one."""
        self.work.copy(self.layout.at.z_next, self.layout.at.z, self.layout.n_controlled)

    def choose_next(self, error: Value, small: Value, root: Value) -> None:
        """Sets `h` after an accepted step."""
        raise NotImplementedError


class _FullDriver(_Driver):
    """Every state under error control; a step may have any length."""

    rejected_factor = 0.9

    def choose_step(self) -> None:
        f = self.f
        left = self.until - self.now.get()
        half = left * 0.5
        size = f.select(self.h.get().gt(half), half, self.h.get())
        self.step.set(f.select(self.h.get().ge(left * 0.999999), left, size))

    def end_of_step(self) -> tuple[Value, Value]:
        left = self.until - self.now.get()
        done = self.step.get().ge(left)
        return self.f.select(done, self.until, self.now.get() + self.step.get()), done

    def choose_next(self, error: Value, small: Value, root: Value) -> None:
        """A proportional-integral rule: it spares rejections where the error is rising."""
        f = self.f
        pi = self.power(small, -0.7 / rodas5p.ORDER)
        old = f.select(self.before.get().gt(1e-3), self.before.get(), self.real(1e-3))
        pi = pi * self.power(old, 0.3 / rodas5p.ORDER)
        rule = f.lane(pi, 0) * _SAFETY
        rule = f.select(rule.gt(_SHRINKAGE), rule, self.real(_SHRINKAGE))
        factor = f.select(root.lt(_GROWTH), root, self.real(_GROWTH))
        factor = f.select(factor.lt(rule), factor, rule)
        factor = f.select(factor.gt(_SHRINKAGE), factor, self.real(_SHRINKAGE))
        self.h.set(self.step.get() * factor)
        self.before.set(error)


class _HybridDriver(_Driver):
    """Steps are powers of two of the exact part's smallest unit, so that its exponentials come from the ladder.

    What a segment has beyond whole units, and a unit in which shorter steps are needed, is gone through with short
    Taylor series for the exact part: slow, and seldom.
    """

    rejected_factor = 0.5

    def begin_block(self) -> None:
        self.have = self.f.variable("i64", 1)
        fine = print_first_rung(self.work)
        self.status.set(self.f.select(fine, self.real(STATUS_OK), self.real(STATUS_RATE_TOO_LARGE)))

    def begin_segment(self, length: Value) -> None:
        whole, remainder = print_in_units(self.f, length)
        self.units.set(whole)
        self.rest.set(remainder)

    def choose_step(self) -> None:
        f = self.f
        self.rung = f.variable("i64", -1)
        self.longest = f.variable("i64", -1)
        on_ladder = self.units.get().gt(0).both(self.h.get().ge(UNIT_H))
        with f.when(on_ladder):
            self.longest.set(self._floor_log2(self.units.get()))
            ratio = f.cast(self.h.get() * (1.0 / UNIT_H), "fptosi", "i64")
            wish = self._floor_log2(f.select(ratio.gt(1), ratio, f.value(1, "i64")))
            wish = f.select(wish.lt(self.longest.get()), wish, self.longest.get())
            wish = f.select(wish.lt(RUNGS - 1), wish, f.value(RUNGS - 1, "i64"))
            self.rung.set(wish)
            count = f.shift("shl", f.value(1, "i64"), wish)
            self.step.set(f.cast(count, "sitofp", "double") * UNIT_H)
            self.have.set(f.call("i64", "climb", self.work.scratch, self.have.get(), wish))
        with f.when(self.rung.get().lt(0)):
            with f.when(self.rest.get().le(0.0)):
                self.units.set(self.units.get() - 1)
                self.rest.set(UNIT_H)
            rest = self.rest.get()
            half = rest * 0.5
            size = f.select(self.h.get().gt(half), half, self.h.get())
            self.step.set(f.select(self.h.get().ge(rest), rest, size))
        self._print_signals()

    def _print_signals(self) -> None:
        """Signals at the begin, the four inner times and the end of a step; the exact part's state at its end."""
        f, work, layout, at = self.f, self.work, self.layout, self.layout.at
        q, n_s = work.place(at.hoisted), len(layout.signals)
        if n_s:
            f.call("void", "signals_at", q, work.place(at.x), work.place(at.signal_values))
            f.call("void", "signals_slope", q, work.place(at.x), work.place(at.signal_slopes))
        with f.when(self.rung.get().ge(0)):
            base = f.at(work.scratch, self.rung.get() * layout.rung_size + at.ladder)
            f.call("void", "times", base, work.place(at.x), work.place(at.x_next))
            if n_s:
                rows = f.at(base, len(layout.pattern))
                f.call("void", "signals_inside", q, rows, work.place(at.x), work.place(at.signal_values))
        with f.when(self.rung.get().lt(0)):
            for c, node in enumerate((*STAGE_TIMES, 1.0)):
                target = at.x_next if node == 1.0 else at.x_stage
                length = self.step.get() * node
                f.call(
                    "void", "taylor", q, work.place(at.x), length, work.place(target), work.place(at.taylor)
                )
                if n_s and node != 1.0:
                    place = work.place(at.signal_values + (1 + c) * n_s)
                    f.call("void", "signals_at", q, work.place(target), place)
        if n_s:
            end = work.place(at.signal_values + 5 * n_s)
            f.call("void", "signals_at", q, work.place(at.x_next), end)

    def end_of_step(self) -> tuple[Value, Value]:
        f = self.f
        rung = self.rung.get()
        on_ladder = rung.ge(0)
        taken = f.shift("shl", f.value(1, "i64"), f.select(rung.gt(0), rung, f.value(0, "i64")))
        units = self.units.get() - f.select(on_ladder, taken, f.value(0, "i64"))
        rest = self.rest.get() - f.select(on_ladder, self.real(0.0), self.step.get())
        self.units.set(units)
        self.rest.set(rest)
        # counted from the end, so that many steps do not add up their rounding
        left = f.cast(units, "sitofp", "double") * UNIT_H + rest
        return self.until - left, left.le(0.0)

    def go_back(self, left: Value) -> None:
        whole, remainder = print_in_units(self.f, left)
        self.units.set(whole)
        self.rest.set(remainder)

    def exact_part_at(self, time: Value) -> None:
        f, work, at = self.f, self.work, self.layout.at
        since = time - self.now.get()
        have = f.call(
            "i64", "advance", work.scratch, work.place(at.x), since, work.place(at.x_out), self.have.get()
        )
        self.have.set(have)

    def keep_step(self) -> None:
        super().keep_step()
        self.work.copy(self.layout.at.x_next, self.layout.at.x, self.layout.width)

    def choose_next(self, error: Value, small: Value, root: Value) -> None:
        f, step = self.f, self.step.get()
        # a step cut short by the end of the segment says little about the next
        cut = self.rung.get().eq(self.longest.get()).both(step.lt(self.h.get() * 0.5))
        grown = step * f.select(root.lt(_GROWTH), root, self.real(_GROWTH))
        modest = step * f.select(root.lt(_GROWTH_AFTER_CUT), root, self.real(_GROWTH_AFTER_CUT))
        kept = f.select(modest.gt(self.h.get()), modest, self.h.get())
        self.h.set(f.select(cut, kept, grown))

    def _floor_log2(self, count: Value) -> Value:
        zeros = self.f.emit("i64", f"call i64 @llvm.ctlz.i64(i64 {count.ref}, i1 false)")
        return self.f.value(63, "i64") - zeros
