"""Prints what is done about switches: their values, what a frozen side costs, and where in a step they cross."""

from __future__ import annotations

from typing import Final

from ataraxy.engine.expression import topological
from ataraxy.engine.kernel.ir import LANES, MASK, VECTOR, Function, Value
from ataraxy.engine.kernel.layout import STAGE_TIMES, Layout
from ataraxy.engine.kernel.rosenbrock_step import make_equations, tolerated
from ataraxy.engine.kernel.terms import Hoist, Terms

# Switches that cross shortly after the first of them count as crossing together with it: within this share of a step,
# and not farther than what is on the wrong side for so long may cost, over the tolerated error.
TOGETHER: Final = 1e-3
TOGETHER_DEFECT: Final = 0.05
_NEVER: Final = 2.0  # a crossing time, in shares of a step, that is in none

_BRACKETS: Final = (("ptr", "low_t"), ("ptr", "low_v"), ("ptr", "high_t"), ("ptr", "high_v"))


def print_switching(layout: Layout, hoist: Hoist) -> list[str]:
    """`switch_values`, `set_modes`, `any_wrong`, `switch_defect`, `bracket`, `narrow`, `first_crossing`, `flip`."""
    return [
        _switch_values(layout, hoist),
        _set_modes(layout),
        *([_signals_between(layout)] if layout.signals else []),
        _any_wrong(layout),
        _switch_defect(layout, hoist),
        _bracket(layout),
        _narrow(layout),
        _first_crossing(layout),
        _flip(layout),
    ]


def _known(f: Function, layout: Layout) -> dict[str, Value]:
    """States and signals from the arguments `z` and `signals`."""
    known = {name: f.load(f.args["z"], i) for i, name in enumerate(layout.split.nonlinear)}
    return known | {name: f.load(f.args["signals"], k) for k, name in enumerate(layout.signals)}


def _side(f: Function, difference: Value) -> Value:
    return f.select(difference.ge(0.0), f.value(1.0, VECTOR), f.value(0.0, VECTOR))


def _is_wrong(f: Function, mode: Value, difference: Value) -> Value:
    """Per lane, whether the side of the difference is not the one that the mode says."""
    return _size(f, _side(f, difference) - mode).gt(0.5)


def _size(f: Function, value: Value) -> Value:
    return f.call(VECTOR, f"llvm.fabs.v{LANES}f64", value)


def _switch_values(layout: Layout, hoist: Hoist) -> str:
    """`switch_values`: differences of each switch's terms at the states z and these signals."""
    f = Function(
        "switch_values",
        (("ptr", "q"), ("ptr", "z"), ("ptr", "signals"), ("ptr", "out")),
        attributes="nounwind",
    )
    terms = Terms(f, hoist, f.args["q"], _known(f, layout))
    for k, switch in enumerate(layout.switches):
        f.store(terms(switch.first) - terms(switch.second), f.args["out"], k)
    return f.text()


def _signals_between(layout: Layout) -> str:
    """`signals_between`: at a share theta of the step, by the polynomial through those that the step has seen.

    Good enough to find where a switch crosses: an error there counts by its square.
    """
    f = Function(
        "signals_between", (("double", "theta"), ("ptr", "seen"), ("ptr", "out")), attributes="nounwind"
    )
    nodes = (0.0, *STAGE_TIMES, 1.0)
    weights: list[Value] = []
    for i, node in enumerate(nodes):
        weight = f.value(1.0, "double")
        for j, other in enumerate(nodes):
            if i != j:
                weight = weight * ((f.args["theta"] - other) * (1.0 / (node - other)))
        weights.append(f.splat(weight))
    n_s = len(layout.signals)
    for k in range(n_s):
        value = weights[0] * f.load(f.args["seen"], k)
        for i in range(1, len(nodes)):
            value = value + weights[i] * f.load(f.args["seen"], i * n_s + k)
        f.store(value, f.args["out"], k)
    return f.text()


def _set_modes(layout: Layout) -> str:
    """`set_modes`: the sides of these differences."""
    f = Function("set_modes", (("ptr", "values"), ("ptr", "modes")), attributes="nounwind")
    for k in range(len(layout.switches)):
        f.store(_side(f, f.load(f.args["values"], k)), f.args["modes"], k)
    return f.text()


def _any_wrong(layout: Layout) -> str:
    """`any_wrong`: whether (i1) some difference is on the other side than its mode says."""
    f = Function("any_wrong", (("ptr", "modes"), ("ptr", "values")), "i1", "nounwind")
    wrong: Value | None = None
    for k in range(len(layout.switches)):
        this = _is_wrong(f, f.load(f.args["modes"], k), f.load(f.args["values"], k))
        wrong = this if wrong is None else wrong.either(this)
    assert wrong is not None
    return f.text(returns=f.emit("i1", f"call i1 @llvm.vector.reduce.or.v{LANES}i1({MASK} {wrong.ref})"))


def _switch_defect(layout: Layout, hoist: Hoist) -> str:
    """`switch_defect`: a bound, per lane, on what frozen modes cost in a step over the tolerated error; the largest.

    A switch that crosses inside the step is on the wrong side for a part of it only, and its difference grows from
    nothing to what it is at the end: half of the step times the error of the slope there is enough.
    """
    f = Function(
        "switch_defect",
        (
            ("ptr", "q"),
            ("ptr", "z"),
            ("ptr", "signals"),
            ("ptr", "modes"),
            ("double", "h"),
            ("ptr", "peak"),
            ("double", "rtol"),
            ("ptr", "atol"),
            ("ptr", "defect"),
        ),
        "double",
        "nounwind",
    )
    known = _known(f, layout)
    frozen = {s: f.load(f.args["modes"], k).gt(0.5) for k, s in enumerate(layout.switches)}
    true, kept = (Terms(f, hoist, f.args["q"], known, modes) for modes in (None, frozen))
    half = f.splat(f.args["h"] * 0.5)
    worst = f.value(0.0, VECTOR)
    for i, derivative in enumerate(make_equations(layout).derivatives):
        if not any(node.op in ("max", "min") for node in topological([derivative])):
            continue
        difference = _size(f, true(derivative) - kept(derivative)) * half
        ratio = difference / tolerated(f, i, known[layout.split.nonlinear[i]])
        worst = f.select(ratio.gt(worst), ratio, worst)
    f.store(worst, f.args["defect"], 0)
    return f.text(
        returns=f.emit("double", f"call double @llvm.vector.reduce.fmax.v{LANES}f64({VECTOR} {worst.ref})")
    )


def _bracket(layout: Layout) -> str:
    """`bracket`: from begin to end of the step for each switch that crosses in a lane where it matters.

    One that is on the wrong side at the begin already crosses there. Those that do not cross have no bracket: their
    lower end is never.
    """
    f = Function(
        "bracket",
        (
            ("ptr", "modes"),
            ("ptr", "start"),
            ("ptr", "end"),
            ("ptr", "defect"),
            ("double", "least"),
            *_BRACKETS,
        ),
        attributes="nounwind",
    )
    matters = f.load(f.args["defect"], 0).gt(f.splat(f.args["least"]))
    zero, one, never = (f.value(x, VECTOR) for x in (0.0, 1.0, _NEVER))
    for k in range(len(layout.switches)):
        mode, start, end = (f.load(f.args[name], k) for name in ("modes", "start", "end"))
        crosses = _is_wrong(f, mode, end).both(matters)
        f.store(f.select(crosses, zero, never), f.args["low_t"], k)
        f.store(f.select(_is_wrong(f, mode, start), zero, _size(f, start)), f.args["low_v"], k)
        f.store(one, f.args["high_t"], k)
        f.store(_size(f, end), f.args["high_v"], k)
    return f.text()


def _narrow(layout: Layout) -> str:
    """`narrow`: takes the differences at one time inside the step into the brackets (Illinois' rule)."""
    f = Function(
        "narrow",
        (("double", "theta"), ("ptr", "modes"), ("ptr", "values"), *_BRACKETS),
        attributes="nounwind",
    )
    theta = f.splat(f.args["theta"])
    for k in range(len(layout.switches)):
        mode, value = f.load(f.args["modes"], k), f.load(f.args["values"], k)
        low_t, low_v, high_t, high_v = (f.load(f.args[name], k) for _, name in _BRACKETS)
        inside = theta.gt(low_t).both(theta.lt(high_t))
        after = _is_wrong(f, mode, value)
        # the end that stays counts for half, so that it does not stay for ever
        ends = (
            (low_t, theta, False, "low_t"),
            (low_v * 0.5, _size(f, value), False, "low_v"),
            (high_t, theta, True, "high_t"),
            (high_v * 0.5, _size(f, value), True, "high_v"),
        )
        for (stays, moves, when_after, name), old in zip(ends, (low_t, low_v, high_t, high_v), strict=True):
            new = f.select(after, moves, stays) if when_after else f.select(after, stays, moves)
            f.store(f.select(inside, new, old), f.args[name], k)
    return f.text()


def _crossing(f: Function, k: int) -> Value:
    """Per lane, when the switch crosses by its bracket, in shares of the step."""
    low_t, low_v, high_t, high_v = (f.load(f.args[name], k) for _, name in _BRACKETS)
    part = low_v / (low_v + high_v + 1e-300)
    return f.select(low_t.lt(_NEVER), low_t + (high_t - low_t) * part, f.value(_NEVER, VECTOR))


def _first_crossing(layout: Layout) -> str:
    """`first_crossing`: when the first switch of any lane crosses, in shares of the step."""
    f = Function("first_crossing", _BRACKETS, "double", "nounwind")
    first = f.value(_NEVER, VECTOR)
    for k in range(len(layout.switches)):
        this = _crossing(f, k)
        first = f.select(this.lt(first), this, first)
    return f.text(
        returns=f.emit("double", f"call double @llvm.vector.reduce.fmin.v{LANES}f64({VECTOR} {first.ref})")
    )


def _flip(layout: Layout) -> str:
    """`flip`: changes the modes of all that cross at `theta`, or hardly later."""
    f = Function(
        "flip", (("double", "theta"), ("ptr", "modes"), ("ptr", "defect"), *_BRACKETS), attributes="nounwind"
    )
    # an error in the time of a change counts by its square
    near = f.call(
        VECTOR, f"llvm.sqrt.v{LANES}f64", TOGETHER_DEFECT / (f.load(f.args["defect"], 0) + TOGETHER_DEFECT)
    )
    limit = f.splat(f.args["theta"]) + f.select(near.lt(TOGETHER), near, f.value(TOGETHER, VECTOR))
    for k in range(len(layout.switches)):
        mode = f.load(f.args["modes"], k)
        f.store(f.select(_crossing(f, k).le(limit), 1.0 - mode, mode), f.args["modes"], k)
    return f.text()
