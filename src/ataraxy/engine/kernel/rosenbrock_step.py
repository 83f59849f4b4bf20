"""Prints one step of the part under error control: stages, error estimate, dense output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ataraxy.engine.expression import ONE, ZERO, Expr, differentiate, symbol, total
from ataraxy.engine.kernel import rodas5p
from ataraxy.engine.kernel.ir import LANES, MASK, VECTOR, Function, Value
from ataraxy.engine.kernel.layout import Layout
from ataraxy.engine.kernel.linear import CONSTANT, Form, affine_form
from ataraxy.engine.kernel.sparse import Elimination, Position, plan_elimination
from ataraxy.engine.kernel.terms import Hoist, Terms

# Below this share of its largest size so far, what a state is worth no longer shrinks the tolerated error.
PEAK_SHARE: Final = 5e-4
# where an error or a value is not a number, or as good as infinite
HOPELESS = 1e30


@dataclass(frozen=True, eq=False)
class Equations:
    """The part under error control.

    Attributes:
        derivatives: over its states, parameters and signals.
        jacobian: non-zero derivatives of the derivatives with respect to the states.
        in_time: derivatives with respect to time, through the signals and their slopes.
    """

    derivatives: tuple[Expr, ...]
    jacobian: dict[Position, Expr]
    in_time: tuple[Expr, ...]


def slope_symbol(signal: str) -> Expr:
    """Derivative of a signal with respect to time."""
    return symbol(f"slope of {signal}")


def make_equations(layout: Layout) -> Equations:
    """Derivatives with their Jacobian and their slope in time."""
    names = layout.split.nonlinear
    parameters = frozenset(layout.model.parameters)
    inner = frozenset(names) | frozenset(layout.signals)
    derivatives: list[Expr] = []
    for name in names:
        form = affine_form(layout.split.derivatives[name], inner, parameters)
        derivatives.append(layout.split.derivatives[name] if form is None else _canonical(form))
    jacobian: dict[Position, Expr] = {}
    for j, name in enumerate(names):
        for i, slope in enumerate(differentiate(derivatives, name)):
            if slope is not ZERO:
                jacobian[i, j] = slope
    in_time = [ZERO] * len(names)
    for signal in layout.signals:
        slopes = differentiate(derivatives, signal)
        in_time = [a + s * slope_symbol(signal) for a, s in zip(in_time, slopes, strict=True)]
    return Equations(tuple(derivatives), jacobian, tuple(in_time))


def _canonical(form: Form) -> Expr:
    """A sum of coefficients times states: the coefficients can then be computed once."""
    return total(
        (value if name == CONSTANT else (symbol(name) if value is ONE else value * symbol(name)))
        for name, value in form.items()
        if value is not ZERO
    )


def print_rosenbrock(layout: Layout, hoist: Hoist) -> list[str]:
    """`step`, `error`, `remember` and `interpolate`."""
    return [
        _step(layout, hoist, make_equations(layout)),
        _error(layout),
        _remember_peaks(layout),
        _interpolate(layout),
    ]


@dataclass(frozen=True, eq=False)
class _Factors:
    """A matrix as the product of two triangular ones; reciprocals on the diagonal."""

    plan: Elimination
    place: dict[int, int]
    values: dict[Position, Value]

    def solve(self, b: list[Value]) -> None:
        """Prints the solution, in place."""
        order, place, lu = self.plan.order, self.place, self.values
        for k in order:
            for j in order[: place[k]]:
                if (k, j) in lu:
                    b[k] = b[k] - lu[k, j] * b[j]
        for k in reversed(order):
            for j in order[place[k] + 1 :]:
                if (k, j) in lu:
                    b[k] = b[k] - lu[k, j] * b[j]
            b[k] = b[k] * lu[k, k]


def _factorise(
    f: Function, size: int, jacobian: dict[Position, Expr], terms: Terms, diagonal: Value
) -> _Factors:
    """Prints the factors of `diagonal` times identity minus the Jacobian."""
    plan = plan_elimination(size, jacobian)
    place = {row: k for k, row in enumerate(plan.order)}
    lu: dict[Position, Value] = {}
    for i, j in sorted(plan.pattern):
        slope = terms(jacobian[i, j]) if (i, j) in jacobian else None
        if i == j:
            lu[i, j] = diagonal if slope is None else diagonal - slope
        else:
            lu[i, j] = f.value(0.0, VECTOR) if slope is None else -slope
    for k in plan.order:
        lu[k, k] = 1.0 / lu[k, k]
        below = [i for i in plan.order[place[k] + 1 :] if (i, k) in lu]
        for i in below:
            lu[i, k] = lu[i, k] * lu[k, k]
            for j in plan.order[place[k] + 1 :]:
                if (k, j) in lu:
                    lu[i, j] = lu[i, j] - lu[i, k] * lu[k, j]
    return _Factors(plan, place, lu)


def _step(layout: Layout, hoist: Hoist, equations: Equations) -> str:
    """`step`: one Rodas5P step of size h, its switches frozen; leaves the stages and the new values."""
    f = Function(
        "step",
        (
            ("ptr", "q"),
            ("ptr", "z"),
            ("ptr", "signals"),
            ("ptr", "slopes"),
            ("ptr", "inputs"),
            ("double", "h"),
            ("ptr", "z_next"),
            ("ptr", "u"),
            ("ptr", "modes"),
            ("ptr", "switch_start"),
            ("ptr", "switch_end"),
        ),
        attributes="nounwind",
    )
    n, n_s = layout.n_controlled, len(layout.signals)
    names, signals = layout.split.nonlinear, layout.signals
    z = [f.load(f.args["z"], i) for i in range(n)]
    first = [f.load(f.args["signals"], k) for k in range(n_s)]
    known = dict(zip(names, z, strict=True)) | dict(zip(signals, first, strict=True))
    known |= {slope_symbol(s).name: f.load(f.args["slopes"], k) for k, s in enumerate(signals)}
    frozen = {s: f.load(f.args["modes"], k).gt(0.5) for k, s in enumerate(layout.switches)}
    start = Terms(f, hoist, f.args["q"], known, frozen)
    h = f.splat(f.args["h"])
    per_h = f.splat(1.0 / f.args["h"])
    factors = _factorise(f, n, equations.jacobian, start, per_h * (1.0 / rodas5p.GAMMA))
    time_slope = [None if t is ZERO else start(t) * h for t in equations.in_time]
    inputs = [
        (names.index(c), f.load(f.args["inputs"], k)) for k, c in enumerate(layout.channels) if c in names
    ]
    u: list[list[Value]] = []
    value = list(z)
    for stage in range(rodas5p.STAGES):
        value, weighted = _stage_sums(z, u, stage)
        if stage == 0:
            terms = start
        else:
            at = min(stage, 5)  # signals are stored for the start, four inner times, and the end
            seen = [f.load(f.args["signals"], at * n_s + k) for k in range(n_s)]
            known = dict(zip(names, value, strict=True)) | dict(zip(signals, seen, strict=True))
            terms = Terms(f, hoist, f.args["q"], known, frozen)
        b = [terms(d) for d in equations.derivatives]
        # the last stage lies where the step ends, but for the estimated error
        for place, at_stage in (("switch_start", 0), ("switch_end", rodas5p.STAGES - 1)):
            if stage == at_stage:
                for k, switch in enumerate(layout.switches):
                    f.store(terms(switch.first) - terms(switch.second), f.args[place], k)
        for i, rate in inputs:
            b[i] = b[i] + rate
        for i in range(n):
            before = weighted[i]
            if before is not None:
                b[i] = b[i] + before * per_h
            slope = time_slope[i]
            if slope is not None and rodas5p.TIME_FACTORS[stage]:
                b[i] = b[i] + slope * rodas5p.TIME_FACTORS[stage]
        factors.solve(b)
        u.append(b)
        for i in range(n):
            f.store(b[i], f.args["u"], stage * n + i)
    for i in range(n):
        f.store(value[i] + u[-1][i], f.args["z_next"], i)
    return f.text()


def _stage_sums(z: list[Value], u: list[list[Value]], stage: int) -> tuple[list[Value], list[Value | None]]:
    """The state at which a stage is evaluated, and its sum of earlier stages (to be divided by h)."""
    value = list(z)
    weighted: list[Value | None] = [None] * len(z)
    for i in range(len(z)):
        for j in range(stage):
            if rodas5p.A[stage][j] == 1.0:
                value[i] = value[i] + u[j][i]
            else:
                value[i] = value[i] + u[j][i] * rodas5p.A[stage][j]
            term = u[j][i] * rodas5p.C[stage][j]
            before = weighted[i]
            weighted[i] = term if before is None else before + term
    return value, weighted


def tolerated(f: Function, i: int, end: Value) -> Value:
    """The error of state i that is tolerated in a step after which it is `end`, from the arguments of `f`."""
    # the size at the end: where a state dies away within a step, that is what the error will be compared with
    size = f.call(VECTOR, f"llvm.fabs.v{LANES}f64", end)
    atol = f.splat(f.load(f.args["atol"], i, "double"))
    return f.splat(f.args["rtol"]) * (size + f.load(f.args["peak"], i) * PEAK_SHARE) + atol


def _error(layout: Layout) -> str:
    """`error`: per state and lane the estimated error over the tolerated one; returns the largest.

    Tolerated is the relative tolerance times the state's size and a small share of the largest size that it has had in
    this person, so that what is left of a dose is followed as far as it matters, however small the dose was.
    """
    f = Function(
        "error",
        (
            ("ptr", "z"),
            ("ptr", "z_next"),
            ("ptr", "u"),
            ("ptr", "peak"),
            ("double", "rtol"),
            ("ptr", "atol"),
            ("ptr", "e"),
        ),
        "double",
        "nounwind",
    )
    n = layout.n_controlled
    worst = f.value(0.0, VECTOR)
    bad: Value | None = None
    for i in range(n):
        last = f.load(f.args["u"], (rodas5p.STAGES - 1) * n + i)
        estimate = f.call(VECTOR, f"llvm.fabs.v{LANES}f64", last)
        ratio = estimate / tolerated(f, i, f.load(f.args["z_next"], i))
        f.store(ratio, f.args["e"], i)
        lost = f.either_lost(ratio, ratio)
        bad = lost if bad is None else bad.either(lost)
        worst = f.select(ratio.gt(worst), ratio, worst)
    assert bad is not None
    top = f.emit("double", f"call double @llvm.vector.reduce.fmax.v{LANES}f64({VECTOR} {worst.ref})")
    any_lost = f.emit("i1", f"call i1 @llvm.vector.reduce.or.v{LANES}i1({MASK} {bad.ref})")
    top = f.select(top.lt(HOPELESS), top, f.value(HOPELESS, "double"))
    return f.text(returns=f.select(any_lost, f.value(HOPELESS, "double"), top))


def _remember_peaks(layout: Layout) -> str:
    """`remember`: the largest size of each state so far."""
    f = Function("remember", (("ptr", "z"), ("ptr", "peak")), attributes="nounwind")
    for i in range(layout.n_controlled):
        size = f.call(VECTOR, f"llvm.fabs.v{LANES}f64", f.load(f.args["z"], i))
        before = f.load(f.args["peak"], i)
        f.store(f.select(size.gt(before), size, before), f.args["peak"], i)
    return f.text()


def _interpolate(layout: Layout) -> str:
    """`interpolate`: y at the fraction theta of the step."""
    f = Function(
        "interpolate",
        (("ptr", "z"), ("ptr", "z_next"), ("ptr", "u"), ("double", "theta"), ("ptr", "y")),
        attributes="nounwind",
    )
    n = layout.n_controlled
    theta = f.splat(f.args["theta"])
    rest = 1.0 - theta
    for i in range(n):
        k: list[Value] = []
        for weights in rodas5p.H:
            value: Value | None = None
            for j in range(rodas5p.STAGES):
                term = f.load(f.args["u"], j * n + i) * weights[j]
                value = term if value is None else value + term
            assert value is not None
            k.append(value)
        inner = k[0] + theta * (k[1] + theta * k[2])
        z, z_next = f.load(f.args["z"], i), f.load(f.args["z_next"], i)
        f.store(rest * z + theta * (z_next + rest * inner), f.args["y"], i)
    return f.text()
