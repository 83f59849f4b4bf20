"""Prints the exact part: matrix exponentials of a ladder of step lengths, and what is done with them.

A step length is a whole number of the smallest unit; its exponential is a product of rungs, each the square of the
one below. What remains below a unit is a short Taylor series on the state itself.
"""

from __future__ import annotations

from typing import Final

from ataraxy.engine.expression import ONE, ZERO, Expr
from ataraxy.engine.kernel.ir import LANES, VECTOR, Function, Value
from ataraxy.engine.kernel.layout import RUNGS, STAGE_TIMES, Layout
from ataraxy.engine.kernel.linear import CONSTANT
from ataraxy.engine.kernel.terms import Hoist, Terms
from ataraxy.engine.kernel.workspace import Workspace

# The smallest rung of the ladder: 1/30720 h, about 0.12 s. A minute is 512 of them, so that usual calendars need no
# remainder; rates of some thousand per hour still make a small product with it.
UNIT_H: Final = 1.0 / 30720.0
TAYLOR_TERMS: Final = 9
# A third per unit: nine terms then leave 5e-12 of what such a rate decides.
LARGEST_RATE_PER_H: Final = 10240.0
BOUND_ITERATIONS: Final = 6


def print_exact_part(layout: Layout, hoist: Hoist) -> list[str]:
    """Products with exponentials and the exponential of a small step."""
    printed = [
        _times(layout),
        _square(layout),
        _horner(layout, hoist),
        _first_power(layout),
        _largest_rate(layout, hoist),
    ]
    if layout.signals:
        printed.append(_rows(layout, hoist))
    printed.append(_taylor(layout, hoist))
    return printed


def print_ladder(layout: Layout) -> list[str]:
    """`climb` and `advance`: more rungs, and any step with them."""
    return [_climb(layout), _advance(layout)]


def print_signals(layout: Layout, hoist: Hoist) -> list[str]:
    """What the nonlinear part sees: at a state, its slope in time, and at the inner times of a step."""
    return [_signals_at(layout, hoist), _signals_slope(layout, hoist), _signals_inside(layout, hoist)]


def _times(layout: Layout) -> str:
    """`times`: y = E x."""
    f = Function("times", (("ptr", "e"), ("ptr", "x"), ("ptr", "y")), attributes="nounwind")
    x = [f.load(f.args["x"], j) for j in range(layout.width)]
    for i in range(layout.width):
        value: Value | None = None
        for j in range(layout.width):
            if (i, j) in layout.slot:
                product = f.load(f.args["e"], layout.slot[i, j]) * x[j]
                value = product if value is None else value + product
        f.store(f.value(0.0, VECTOR) if value is None else value, f.args["y"], i)
    return f.text()


def _square(layout: Layout) -> str:
    """`square`: E <- E E, in place."""
    f = Function("square", (("ptr", "e"),), attributes="nounwind")
    n_e = len(layout.pattern)
    element = [f.load(f.args["e"], n) for n in range(n_e)]
    less_one = [f.load(f.args["e"], n_e + i) for i in range(layout.width)]
    by_row: dict[int, list[int]] = {}
    for i, j in layout.pattern:
        by_row.setdefault(i, []).append(j)
    for i, j in layout.pattern:
        value: Value | None = None
        for k in by_row[i]:
            if (k, j) in layout.slot and (i != j or k != i):
                product = element[layout.slot[i, k]] * element[layout.slot[k, j]]
                value = product if value is None else value + product
        if i == j:
            value = _squared_diagonal(f, layout, i, element[layout.slot[i, i]], less_one[i], value)
        assert value is not None
        f.store(value, f.args["e"], layout.slot[i, j])
    return f.text()


def _squared_diagonal(
    f: Function, layout: Layout, i: int, element: Value, less_one: Value, others: Value | None
) -> Value:
    """An element of the square's diagonal, from what it owes to itself and to `others`; stores it less one too.

    Near one it is the distance from one that must stay exact to its last digit: the rounding of a number just below
    one would double with every square, to 1e-9 at the highest rungs.
    """
    distance = less_one * (less_one + 2.0)
    squared = element * element
    if others is not None:
        distance, squared = distance + others, squared + others
    f.store(distance, f.args["e"], len(layout.pattern) + i)
    return f.select(distance.gt(-0.5), distance + 1.0, squared)


def _horner(layout: Layout, hoist: Hoist) -> str:
    """`horner`: E <- I + h A E, in place: a column of A E is made whole before it is stored."""
    f = Function("horner", (("ptr", "e"), ("ptr", "q"), ("double", "h")), attributes="nounwind")
    h = f.splat(f.args["h"])
    terms = Terms(f, hoist, f.args["q"], {})
    zero = f.value(0.0, VECTOR)
    for j in range(layout.width):
        rows = [i for i in range(layout.width) if (i, j) in layout.slot]
        old = {i: f.load(f.args["e"], layout.slot[i, j]) for i in rows}
        new: dict[int, Value] = {}
        for i in rows:
            value: Value | None = None
            for k in rows:
                if (i, k) in layout.matrix:
                    product = terms.coefficient(layout.matrix[i, k]) * old[k]
                    value = product if value is None else value + product
            new[i] = zero if value is None else value * h
        f.store(new[j], f.args["e"], len(layout.pattern) + j)
        for i, element in new.items():
            f.store(element + 1.0 if i == j else element, f.args["e"], layout.slot[i, j])
    return f.text()


def _first_power(layout: Layout) -> str:
    """`first_power`: E = exp(A h) for a small h, by Taylor's series, followed by its diagonal less one."""
    f = Function("first_power", (("ptr", "e"), ("ptr", "q"), ("double", "h")), attributes="nounwind")
    for i, j in layout.pattern:
        f.store(f.value(1.0 if i == j else 0.0, VECTOR), f.args["e"], layout.slot[i, j])
    for k in range(TAYLOR_TERMS, 0, -1):
        f.call("void", "horner", f.args["e"], f.args["q"], f.args["h"] * (1.0 / k))
    return f.text()


def _largest_rate(layout: Layout, hoist: Hoist) -> str:
    """`largest_rate`: a bound, per lane, on what the matrix multiplies by, whatever units its states have.

    States that do not act on each other in a circle cannot amplify, so those elements do not count. For the others
    the bound is that of Collatz and Wielandt, max_i sum_j |a_ij| v_j / v_i, which holds for any v above zero; v is
    brought near the best one by repeating v <- sqrt(v |A| v).
    """
    f = Function("largest_rate", (("ptr", "q"),), VECTOR, "nounwind")
    terms = Terms(f, hoist, f.args["q"], {})
    rows: dict[int, list[tuple[int, Value]]] = {}
    for (i, j), rate in layout.matrix.items():
        if (j, i) in layout.slot:
            size = f.call(VECTOR, f"llvm.fabs.v{LANES}f64", terms.coefficient(rate))
            rows.setdefault(i, []).append((j, size))

    def times(vector: dict[int, Value]) -> dict[int, Value]:
        products = {i: [size * vector[j] for j, size in row] for i, row in rows.items()}
        return {i: sum(parts[1:], start=parts[0]) for i, parts in products.items()}

    vector = {i: f.value(1.0, VECTOR) for row in rows.values() for i, _ in row}
    product = times(vector)
    if any(i != j for i, row in rows.items() for j, _ in row):
        for _ in range(BOUND_ITERATIONS):
            for i, value in product.items():
                root = f.call(VECTOR, f"llvm.sqrt.v{LANES}f64", vector[i] * value)
                vector[i] = root + 1e-150  # where all rates are zero
            product = times(vector)
    largest = f.value(0.0, VECTOR)
    for i, value in product.items():
        ratio = value / vector[i]
        largest = f.select(ratio.gt(largest), ratio, largest)
    return f.text(returns=largest)


def _rows(layout: Layout, hoist: Hoist) -> str:
    """`rows`: the signals' weights on the state at a step's begin, from the exponential E."""
    f = Function("rows", (("ptr", "e"), ("ptr", "q"), ("ptr", "r")), attributes="nounwind")
    terms = Terms(f, hoist, f.args["q"], {})
    for k, signal in enumerate(layout.signals):
        for n, j in enumerate(layout.rows[k]):
            value: Value | None = None
            for name, weight in layout.split.signals[signal].items():
                if name == CONSTANT or (layout.columns[name], j) not in layout.slot:
                    continue
                e = f.load(f.args["e"], layout.slot[layout.columns[name], j])
                product = e if weight is ONE else terms.coefficient(weight) * e
                value = product if value is None else value + product
            assert value is not None
            f.store(value, f.args["r"], layout.row_start[k] + n)
    return f.text()


def _taylor(layout: Layout, hoist: Hoist) -> str:
    """`taylor`: y = exp(A h) x for a step no longer than the smallest rung, without a matrix."""
    f = Function(
        "taylor",
        (("ptr", "q"), ("ptr", "x"), ("double", "h"), ("ptr", "y"), ("ptr", "t")),
        attributes="nounwind",
    )
    for i in range(layout.width):
        x = f.load(f.args["x"], i)
        f.store(x, f.args["t"], i)
        f.store(x, f.args["y"], i)
    k = f.variable("double", 1.0)
    with f.loop(lambda: k.get().le(float(TAYLOR_TERMS))):
        h = f.splat(f.args["h"] / k.get())
        terms = Terms(f, hoist, f.args["q"], {})
        t = [f.load(f.args["t"], i) for i in range(layout.width)]
        for i in range(layout.width):
            value: Value | None = None
            for j in range(layout.width):
                if (i, j) in layout.matrix:
                    product = terms.coefficient(layout.matrix[i, j]) * t[j]
                    value = product if value is None else value + product
            new = f.value(0.0, VECTOR) if value is None else value * h
            f.store(new, f.args["t"], i)
            f.store(f.load(f.args["y"], i) + new, f.args["y"], i)
        k.set(k.get() + 1.0)
    return f.text()


def print_first_rung(work: Workspace) -> Value:
    """The lowest rung; returns whether the rates are small enough for it (i1)."""
    f, layout = work.f, work.layout
    q = work.place(layout.at.hoisted)
    f.call("void", "first_power", work.place(layout.at.power), q, f.value(UNIT_H, "double"))
    if layout.signals:
        for k, node in enumerate(STAGE_TIMES):
            place = work.place(layout.at.stage_power + k * layout.power_size)
            f.call("void", "first_power", place, q, f.value(UNIT_H * node, "double"))
    _print_rung(work, f.value(0, "i64"))
    largest = f.call(VECTOR, "largest_rate", q)
    top = f.emit("double", f"call double @llvm.vector.reduce.fmax.v{LANES}f64({VECTOR} {largest.ref})")
    return top.le(LARGEST_RATE_PER_H)


def _print_rung(work: Workspace, rung: Value) -> None:
    """Keeps the highest powers so far as rung number `rung`."""
    f, layout = work.f, work.layout
    base = f.at(work.scratch, rung * layout.rung_size + layout.at.ladder)
    for n in range(len(layout.pattern)):
        f.store(f.load(work.scratch, layout.at.power + n), base, n)
    if layout.signals:
        for k in range(len(STAGE_TIMES)):
            place = work.place(layout.at.stage_power + k * layout.power_size)
            target = f.at(base, len(layout.pattern) + k * layout.row_length)
            f.call("void", "rows", place, work.place(layout.at.hoisted), target)


def _climb(layout: Layout) -> str:
    """`climb`: makes rungs until `wanted` is there; returns the number that are."""
    f = Function("climb", (("ptr", "scratch"), ("i64", "have"), ("i64", "wanted")), "i64", "nounwind")
    work = Workspace(f, layout)
    have = f.variable("i64", f.args["have"])
    with f.loop(lambda: have.get().le(f.args["wanted"])):
        f.call("void", "square", work.place(layout.at.power))
        if layout.signals:
            for k in range(len(STAGE_TIMES)):
                f.call("void", "square", work.place(layout.at.stage_power + k * layout.power_size))
        _print_rung(work, have.get())
        have.set(have.get() + 1)
    return f.text(returns=have.get())


def _advance(layout: Layout) -> str:
    """`advance`: y = exp(A d) x for any d >= 0, from rungs and a remainder; returns the number of rungs."""
    f = Function(
        "advance",
        (("ptr", "scratch"), ("ptr", "x"), ("double", "d"), ("ptr", "y"), ("i64", "have")),
        "i64",
        "nounwind",
        distinct=False,
    )
    scratch, at = f.args["scratch"], layout.at
    have = f.variable("i64", f.args["have"])
    for i in range(layout.width):
        f.store(f.load(f.args["x"], i), f.args["y"], i)
    units, rest = print_in_units(f, f.args["d"])
    left = f.variable("i64", units)
    rung = f.variable("i64", 0)
    with f.loop(lambda: left.get().gt(0)):
        odd = f.emit("i64", f"and i64 {left.get().ref}, 1").eq(1)
        top = rung.get().eq(RUNGS - 1)
        with f.when(odd.either(top)):
            have.set(f.call("i64", "climb", scratch, have.get(), rung.get()))
            e = f.at(scratch, rung.get() * layout.rung_size + at.ladder)
            f.call("void", "times", e, f.args["y"], f.at(scratch, at.taylor))
            for i in range(layout.width):
                f.store(f.load(scratch, at.taylor + i), f.args["y"], i)
        # on the top rung what is left is counted down, below it is halved
        fewer = left.get() - 1
        halved = f.shift("lshr", left.get(), 1)
        left.set(f.select(top, fewer, halved))
        rung.set(f.select(top, rung.get(), rung.get() + 1))
    with f.when(rest.gt(0.0)):
        for i in range(layout.width):
            f.store(f.load(f.args["y"], i), scratch, at.x_stage + i)
        f.call(
            "void",
            "taylor",
            f.at(scratch, at.hoisted),
            f.at(scratch, at.x_stage),
            rest,
            f.args["y"],
            f.at(scratch, at.taylor),
        )
    return f.text(returns=have.get())


def print_in_units(f: Function, length: Value) -> tuple[Value, Value]:
    """Whole units in `length` and the hours that remain, more than none or exactly zero."""
    scaled = length * (1.0 / UNIT_H)
    units = f.emit("double", f"call double @llvm.floor.f64(double {(scaled + 1e-7).ref})")
    rest = length - units * UNIT_H
    whole = f.cast(units, "fptosi", "i64")
    # a remainder within rounding of nothing is nothing
    small = rest.lt(UNIT_H * 1e-7)
    return whole, f.select(small, f.value(0.0, "double"), rest)


def _signals_at(layout: Layout, hoist: Hoist) -> str:
    """`signals_at`: values at the state x."""
    f = Function("signals_at", (("ptr", "q"), ("ptr", "x"), ("ptr", "s")), attributes="nounwind")
    terms = Terms(f, hoist, f.args["q"], {})
    for k, signal in enumerate(layout.signals):
        value = _signal_constant(layout, terms, k)
        for name, weight in layout.split.signals[signal].items():
            if name != CONSTANT:
                x = f.load(f.args["x"], layout.columns[name])
                term = x if weight is ONE else terms.coefficient(weight) * x
                value = term if value is None else value + term
        assert value is not None
        f.store(value, f.args["s"], k)
    return f.text()


def _signals_slope(layout: Layout, hoist: Hoist) -> str:
    """`signals_slope`: derivatives with respect to time at the state x."""
    f = Function("signals_slope", (("ptr", "q"), ("ptr", "x"), ("ptr", "d")), attributes="nounwind")
    terms = Terms(f, hoist, f.args["q"], {})
    for k, signal in enumerate(layout.signals):
        slope: dict[int, Expr] = {}
        for name, weight in layout.split.signals[signal].items():
            if name != CONSTANT:
                for (i, j), a in layout.matrix.items():
                    if i == layout.columns[name]:
                        slope[j] = slope.get(j, ZERO) + weight * a
        value = f.value(0.0, VECTOR)
        for j, factor in slope.items():
            value = value + terms.coefficient(factor) * f.load(f.args["x"], j)
        f.store(value, f.args["d"], k)
    return f.text()


def _signals_inside(layout: Layout, hoist: Hoist) -> str:
    """`signals_inside`: values at the inner times of a step that begins at x, by a rung's rows."""
    f = Function(
        "signals_inside",
        (("ptr", "q"), ("ptr", "rows"), ("ptr", "x"), ("ptr", "s")),
        attributes="nounwind",
    )
    terms = Terms(f, hoist, f.args["q"], {})
    n_s = len(layout.signals)
    for c in range(len(STAGE_TIMES)):
        for k in range(n_s):
            value = _signal_constant(layout, terms, k)
            for n, j in enumerate(layout.rows[k]):
                weight = f.load(f.args["rows"], c * layout.row_length + layout.row_start[k] + n)
                term = weight * f.load(f.args["x"], j)
                value = term if value is None else value + term
            assert value is not None
            f.store(value, f.args["s"], (1 + c) * n_s + k)
    return f.text()


def _signal_constant(layout: Layout, terms: Terms, k: int) -> Value | None:
    form = layout.split.signals[layout.signals[k]]
    return terms.coefficient(form[CONSTANT]) if form.get(CONSTANT, ZERO) is not ZERO else None
