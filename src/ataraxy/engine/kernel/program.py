"""Prints a model together with its integrator as one LLVM module.

The module has one entry, `run`, that takes blocks of eight people through their segments (stretches of time between
changes of input). Three kinds, chosen by what the model is:

- linear: every state belongs to the exact part. Steps are products with matrix exponentials, from one change of input
  or output time to the next.
- hybrid: the exact part as above; the rest by Rodas5P with error control, its steps a power of two of a small unit,
  so that the exponentials come from a table (a ladder) that is doubled upwards as far as it is needed.
- full: Rodas5P on every state.

A step is shared by the eight people of a block: the worst of them decides, so each meets the tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ataraxy.engine.expression import ONE, ZERO, Expr, differentiate, symbol, topological, total
from ataraxy.engine.kernel import rodas5p
from ataraxy.engine.kernel.functions import DECLARATIONS, exp_ir, log_ir
from ataraxy.engine.kernel.ir import LANES, MASK, VECTOR, VECTOR_BYTES, Function, Value, Variable
from ataraxy.engine.kernel.linear import CONSTANT, Form, Split, affine_form, split_model
from ataraxy.engine.kernel.sparse import plan_elimination, reachable
from ataraxy.engine.model import Model

# The smallest rung of the ladder: 1/30720 h, about 0.12 s. A minute is 512 of them, so that usual calendars need no
# remainder; rates of some thousand per hour still make a small product with it.
UNIT_H: Final = 1.0 / 30720.0
RUNGS: Final = 24
TAYLOR_TERMS: Final = 9
LARGEST_RATE_STEP: Final = 0.25  # UNIT_H times the largest rate: nine terms then leave less than 1e-15

FIRST_STEP_H: Final = 0.03
SMALLEST_STEP_H: Final = 1e-10
STEP_LIMIT: Final = 20_000_000
TIME_SLACK_H: Final = 1e-12

# what `run` leaves per block: status, time, accepted and rejected steps
STATUS_FIELDS: Final = 4
STATUS_OK, STATUS_STEP_TOO_SMALL, STATUS_RATE_TOO_LARGE = 0, 1, 2

_STAGE_TIMES = tuple(c for c in rodas5p.NODES[1:5])  # those strictly inside a step


@dataclass(frozen=True)
class Program:
    """LLVM IR and what its caller must know.

    Attributes:
        ir: text of the module.
        kind: "linear", "hybrid" or "full".
        channels: names of the states that receive doses, in the order of the input arrays.
        scratch_bytes: working memory per thread, aligned to 64 bytes.
        controlled: positions, in model order, of the states under error control.
    """

    ir: str
    kind: str
    channels: tuple[str, ...]
    scratch_bytes: int
    controlled: tuple[int, ...]


class _Scratch:
    """Places in working memory, in vectors."""

    def __init__(self) -> None:
        self.size = 0

    def take(self, count: int) -> int:
        start = self.size
        self.size += count
        return start


class _Hoist:
    """Terms that depend on parameters alone: computed once per block, then loaded by number."""

    def __init__(self, parameters: Sequence[str]) -> None:
        self.parameters = frozenset(parameters)
        self.terms: dict[int, tuple[int, Expr]] = {}

    def number(self, term: Expr) -> int:
        if id(term) not in self.terms:
            self.terms[id(term)] = (len(self.terms), term)
        return self.terms[id(term)][0]

    def owns(self, term: Expr) -> bool:
        return bool(term.symbols) and term.symbols <= self.parameters


class _Terms:
    """Prints expressions inside one function; each node once."""

    def __init__(self, f: Function, hoist: _Hoist, hoisted: Value, known: Mapping[str, Value]) -> None:
        self.f, self.hoist, self.hoisted = f, hoist, hoisted
        self.done: dict[int, Value] = {}
        self.known = dict(known)

    def coefficient(self, term: Expr) -> Value:
        """A function of parameters alone, from memory."""
        if id(term) not in self.done:
            if term.op == "const":
                self.done[id(term)] = self.f.value(term.value, VECTOR)
            else:
                self.done[id(term)] = self.f.load(self.hoisted, self.hoist.number(term))
        return self.done[id(term)]

    def __call__(self, root: Expr) -> Value:
        for node in self._needed(root):
            self.done[id(node)] = self._one(node)
        return self.done[id(root)]

    def _needed(self, root: Expr) -> list[Expr]:
        # like a topological walk, but not into terms that come from memory
        order: list[Expr] = []
        seen = set(self.done)
        stack: list[tuple[Expr, bool]] = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                if not self.hoist.owns(node):
                    args = node.args[:1] if node.op == "div" and self.hoist.owns(node.args[1]) else node.args
                    stack.extend((a, False) for a in args)
        return order

    def _one(self, node: Expr) -> Value:
        f = self.f
        if node.op == "const" or self.hoist.owns(node):
            return self.coefficient(node)
        if node.op == "sym":
            return self.known[node.name]
        a = self.done[id(node.args[0])]
        if node.op == "div" and self.hoist.owns(node.args[1]):
            return a * self.coefficient(ONE / node.args[1])
        return apply_operation(f, node.op, [self.done[id(x)] for x in node.args])


def apply_operation(f: Function, op: str, args: Sequence[Value]) -> Value:
    """Prints one operation of the expression graph on vectors."""
    a = args[0]
    if op == "neg":
        return -a
    if op == "exp":
        return f.call(VECTOR, "vexp", a)
    if op == "log":
        return f.call(VECTOR, "vlog", a)
    if op == "sqrt":
        return f.call(VECTOR, f"llvm.sqrt.v{LANES}f64", a)
    b = args[1]
    if op == "add":
        return a + b
    if op == "sub":
        return a - b
    if op == "mul":
        return a * b
    if op == "div":
        return a / b
    if op == "pow":
        return f.call(VECTOR, "vexp", b * f.call(VECTOR, "vlog", a))
    if op == "max":
        return f.select(a.ge(b), a, b)
    if op == "min":
        return f.select(a.le(b), a, b)
    if op == "ge":
        return f.select(a.ge(b), f.value(1.0, VECTOR), f.value(0.0, VECTOR))
    raise AssertionError(op)


def print_program(model: Model, channels: Sequence[str], *, exact: bool) -> Program:
    """The module for `model` with doses into the states `channels`."""
    return _Printer(model, tuple(channels), split_model(model, exact=exact)).print()


class _Printer:
    def __init__(self, model: Model, channels: tuple[str, ...], split: Split) -> None:
        self.model, self.channels, self.split = model, channels, split
        self.hoist = _Hoist(model.parameters)
        self.functions: list[str] = []
        n_linear = len(split.linear)
        self.kind = "linear" if not split.nonlinear else ("hybrid" if n_linear else "full")
        # the exact part is widened by one column per input into it, and one for constant production
        self.linear_channels = tuple(i for i, c in enumerate(channels) if c in split.linear)
        self.has_constant = any(column == CONSTANT for _, column in split.matrix)
        self.width = n_linear + len(self.linear_channels) + self.has_constant if n_linear else 0
        columns = {name: i for i, name in enumerate(split.linear)}
        columns[CONSTANT] = self.width - 1
        self.columns = columns
        self.matrix: dict[tuple[int, int], Expr] = {
            (columns[row], columns[column]): value for (row, column), value in split.matrix.items()
        }
        for k, channel in enumerate(self.linear_channels):
            self.matrix[columns[channels[channel]], n_linear + k] = ONE
        self.pattern = sorted(reachable(self.width, self.matrix)) if n_linear else []
        self.slot = {position: n for n, position in enumerate(self.pattern)}
        self.signals = tuple(split.signals)
        self.rows = [
            sorted({j for i in self._signal_states(s) for (r, j) in self.pattern if r == i})
            for s in self.signals
        ]
        self.row_start = [sum(len(r) for r in self.rows[:k]) for k in range(len(self.rows))]
        self.row_length = sum(len(r) for r in self.rows)
        n_z = len(split.nonlinear)
        self.n_z = n_z
        s = _Scratch()
        self.x, self.x_next, self.x_out, self.x_stage = (s.take(self.width) for _ in range(4))
        self.taylor = s.take(self.width)
        self.z, self.z_next, self.z_out, self.error = (s.take(n_z) for _ in range(4))
        self.inputs = s.take(len(channels))
        self.stages = s.take(rodas5p.STAGES * n_z)
        self.signal_values = s.take(6 * len(self.signals))
        self.signal_slopes = s.take(len(self.signals))
        n_e = len(self.pattern)
        self.rung_size = n_e + 4 * self.row_length
        self.ladder = s.take(RUNGS * self.rung_size)
        self.power = s.take(n_e)
        self.stage_power = s.take(4 * n_e)
        self.hoisted = s.take(0)  # last: its size is known when everything else is printed
        self.scratch = s

    def _signal_states(self, signal: str) -> list[int]:
        return [self.columns[name] for name in self.split.signals[signal] if name != CONSTANT]

    def print(self) -> Program:
        if self.width:
            self._print_matrix_products()
            self._print_taylor()
        if self.n_z:
            self._print_step()
            self._print_interpolation()
        self._print_outputs()
        driver = self._print_linear_driver() if self.kind == "linear" else self._print_driver()
        precompute = self._print_precompute()
        ir = "\n".join([DECLARATIONS, exp_ir(), log_ir(), *self.functions, precompute, driver])
        size = self.hoisted + len(self.hoist.terms)
        controlled = tuple(self.model.state_index(name) for name in self.split.nonlinear)
        return Program(ir, self.kind, self.channels, size * VECTOR_BYTES, controlled)

    # -- parameters -------------------------------------------------------------------------------------------

    def _print_precompute(self) -> str:
        f = Function("precompute", (("ptr", "parameters"), ("ptr", "hoisted")), attributes="nounwind")
        known = {name: f.load(f.args["parameters"], i) for i, name in enumerate(self.model.parameters)}
        done: dict[int, Value] = {}
        terms = sorted(self.hoist.terms.values(), key=lambda item: item[0])
        for node in topological([term for _, term in terms]):
            if node.op == "const":
                done[id(node)] = f.value(node.value, VECTOR)
            elif node.op == "sym":
                done[id(node)] = known[node.name]
            else:
                done[id(node)] = apply_operation(f, node.op, [done[id(a)] for a in node.args])
        for number, term in terms:
            f.store(done[id(term)], f.args["hoisted"], number)
        return f.text()

    # -- the exact part ---------------------------------------------------------------------------------------

    def _print_matrix_products(self) -> None:
        """`times`: x -> E x; `square`: E -> E E; `first_power`: exp(A h) for a small h; `rows`: signal rows of E."""
        f = Function("times", (("ptr", "e"), ("ptr", "x"), ("ptr", "y")), attributes="nounwind")
        x = [f.load(f.args["x"], j) for j in range(self.width)]
        for i in range(self.width):
            terms = [(self.slot[i, j], x[j]) for j in range(self.width) if (i, j) in self.slot]
            f.store(_dot(f, f.args["e"], terms), f.args["y"], i)
        self.functions.append(f.text())

        f = Function("square", (("ptr", "a"), ("ptr", "c")), attributes="nounwind")
        element = [f.load(f.args["a"], n) for n in range(len(self.pattern))]
        by_row: dict[int, list[int]] = {}
        for i, j in self.pattern:
            by_row.setdefault(i, []).append(j)
        for i, j in self.pattern:
            value: Value | None = None
            for k in by_row[i]:
                if (k, j) in self.slot:
                    product = element[self.slot[i, k]] * element[self.slot[k, j]]
                    value = product if value is None else value + product
            assert value is not None
            f.store(value, f.args["c"], self.slot[i, j])
        self.functions.append(f.text())

        f = Function("horner", (("ptr", "e"), ("ptr", "q"), ("double", "h")), attributes="nounwind")
        # E <- I + h A E, in place: a column of A E is made whole before it is stored
        h = f.splat(f.args["h"])
        terms_ = _Terms(f, self.hoist, f.args["q"], {})
        for j in range(self.width):
            rows = [i for i in range(self.width) if (i, j) in self.slot]
            old = {i: f.load(f.args["e"], self.slot[i, j]) for i in rows}
            new: dict[int, Value] = {}
            for i in rows:
                value = None
                for k in rows:
                    if (i, k) in self.matrix:
                        product = terms_.coefficient(self.matrix[i, k]) * old[k]
                        value = product if value is None else value + product
                one = f.value(1.0 if i == j else 0.0, VECTOR)
                new[i] = one if value is None else value * h + one
            for i, value_ in new.items():
                f.store(value_, f.args["e"], self.slot[i, j])
        self.functions.append(f.text())

        f = Function("first_power", (("ptr", "e"), ("ptr", "q"), ("double", "h")), attributes="nounwind")
        for i, j in self.pattern:
            f.store(f.value(1.0 if i == j else 0.0, VECTOR), f.args["e"], self.slot[i, j])
        for k in range(TAYLOR_TERMS, 0, -1):
            f.call("void", "horner", f.args["e"], f.args["q"], f.args["h"] * (1.0 / k))
        self.functions.append(f.text())

        f = Function("largest_rate", (("ptr", "q"),), VECTOR, "nounwind")
        terms_ = _Terms(f, self.hoist, f.args["q"], {})
        largest = f.value(0.0, VECTOR)
        for (i, j), value_expr in self.matrix.items():
            if i == j:
                size = f.call(VECTOR, f"llvm.fabs.v{LANES}f64", terms_.coefficient(value_expr))
                largest = f.select(size.gt(largest), size, largest)
        self.functions.append(f.text(returns=largest))

        if self.signals:
            f = Function("rows", (("ptr", "e"), ("ptr", "q"), ("ptr", "r")), attributes="nounwind")
            terms_ = _Terms(f, self.hoist, f.args["q"], {})
            for k, signal in enumerate(self.signals):
                form = self.split.signals[signal]
                for n, j in enumerate(self.rows[k]):
                    value = None
                    for name, weight in form.items():
                        if name == CONSTANT or (self.columns[name], j) not in self.slot:
                            continue
                        e = f.load(f.args["e"], self.slot[self.columns[name], j])
                        product = e if weight is ONE else terms_.coefficient(weight) * e
                        value = product if value is None else value + product
                    assert value is not None
                    f.store(value, f.args["r"], self.row_start[k] + n)
            self.functions.append(f.text())

    def _print_taylor(self) -> None:
        """`taylor`: y = exp(A h) x for a step no longer than the smallest rung, without a matrix."""
        f = Function(
            "taylor",
            (("ptr", "q"), ("ptr", "x"), ("double", "h"), ("ptr", "y"), ("ptr", "t")),
            attributes="nounwind",
        )
        for i in range(self.width):
            x = f.load(f.args["x"], i)
            f.store(x, f.args["t"], i)
            f.store(x, f.args["y"], i)
        k = f.variable("double", 1.0)
        with f.loop(lambda: k.get().le(float(TAYLOR_TERMS))):
            h = f.splat(f.args["h"] / k.get())
            terms = _Terms(f, self.hoist, f.args["q"], {})
            t = [f.load(f.args["t"], i) for i in range(self.width)]
            for i in range(self.width):
                value: Value | None = None
                for j in range(self.width):
                    if (i, j) in self.matrix:
                        product = terms.coefficient(self.matrix[i, j]) * t[j]
                        value = product if value is None else value + product
                new = f.value(0.0, VECTOR) if value is None else value * h
                f.store(new, f.args["t"], i)
                f.store(f.load(f.args["y"], i) + new, f.args["y"], i)
            k.set(k.get() + 1.0)
        self.functions.append(f.text())

    # -- the part under error control -------------------------------------------------------------------------

    def _nonlinear_terms(self) -> tuple[list[Expr], dict[tuple[int, int], Expr], list[Expr]]:
        """Derivatives, their Jacobian, and their slope in time through the signals."""
        names = self.split.nonlinear
        parameters = frozenset(self.model.parameters)
        inner = frozenset(names) | frozenset(self.signals)
        derivatives: list[Expr] = []
        for name in names:
            form = affine_form(self.split.derivatives[name], inner, parameters)
            derivatives.append(self.split.derivatives[name] if form is None else _canonical(form))
        jacobian: dict[tuple[int, int], Expr] = {}
        for j, name in enumerate(names):
            for i, slope in enumerate(differentiate(derivatives, name)):
                if slope is not ZERO:
                    jacobian[i, j] = slope
        in_time = [ZERO] * len(names)
        for signal in self.signals:
            slopes = differentiate(derivatives, signal)
            in_time = [a + s * symbol(f"slope of {signal}") for a, s in zip(in_time, slopes, strict=True)]
        return derivatives, jacobian, in_time

    def _print_step(self) -> None:
        """`step`: one Rodas5P step of size h; leaves stages, new values and, per state, the error estimate."""
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
            ),
            attributes="nounwind",
        )
        n = self.n_z
        derivatives, jacobian, in_time = self._nonlinear_terms()
        plan = plan_elimination(n, jacobian)
        place = {row: k for k, row in enumerate(plan.order)}
        n_s = len(self.signals)
        z = [f.load(f.args["z"], i) for i in range(n)]
        first = [f.load(f.args["signals"], k) for k in range(n_s)]
        names = dict(zip(self.split.nonlinear, z, strict=True)) | dict(zip(self.signals, first, strict=True))
        names |= {f"slope of {s}": f.load(f.args["slopes"], k) for k, s in enumerate(self.signals)}
        start = _Terms(f, self.hoist, f.args["q"], names)
        h = f.splat(f.args["h"])
        per_h = f.splat(1.0 / f.args["h"])
        diagonal = per_h * (1.0 / rodas5p.GAMMA)
        lu: dict[tuple[int, int], Value] = {}
        for i, j in sorted(plan.pattern):
            slope = start(jacobian[i, j]) if (i, j) in jacobian else None
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
        time_slope = [None if t is ZERO else start(t) * h for t in in_time]
        channels = [
            (self.split.nonlinear.index(c), f.load(f.args["inputs"], k))
            for k, c in enumerate(self.channels)
            if c in self.split.nonlinear
        ]
        u: list[list[Value]] = []
        value = list(z)
        for stage in range(rodas5p.STAGES):
            value = list(z)
            weighted: list[Value | None] = [None] * n
            for i in range(n):
                for j in range(stage):
                    if rodas5p.A[stage][j] == 1.0:
                        value[i] = value[i] + u[j][i]
                    else:
                        value[i] = value[i] + u[j][i] * rodas5p.A[stage][j]
                    term = u[j][i] * rodas5p.C[stage][j]
                    before = weighted[i]
                    weighted[i] = term if before is None else before + term
            if stage == 0:
                terms = start
            else:
                at = min(stage, 5)  # signals are stored for the start, four inner times, and the end
                seen = [f.load(f.args["signals"], at * n_s + k) for k in range(n_s)]
                names = dict(zip(self.split.nonlinear, value, strict=True))
                names |= dict(zip(self.signals, seen, strict=True))
                terms = _Terms(f, self.hoist, f.args["q"], names)
            b = [terms(d) for d in derivatives]
            for i, rate in channels:
                b[i] = b[i] + rate
            for i in range(n):
                before = weighted[i]
                if before is not None:
                    b[i] = b[i] + before * per_h
                slope_i = time_slope[i]
                if slope_i is not None and rodas5p.TIME_FACTORS[stage]:
                    b[i] = b[i] + slope_i * rodas5p.TIME_FACTORS[stage]
            for k in plan.order:
                for j in plan.order[: place[k]]:
                    if (k, j) in lu:
                        b[k] = b[k] - lu[k, j] * b[j]
            for k in reversed(plan.order):
                for j in plan.order[place[k] + 1 :]:
                    if (k, j) in lu:
                        b[k] = b[k] - lu[k, j] * b[j]
                b[k] = b[k] * lu[k, k]
            u.append(b)
            for i in range(n):
                f.store(b[i], f.args["u"], stage * n + i)
        for i in range(n):
            f.store(value[i] + u[-1][i], f.args["z_next"], i)
        self.functions.append(f.text())

        f = Function(
            "error",
            (
                ("ptr", "z"),
                ("ptr", "z_next"),
                ("ptr", "u"),
                ("double", "rtol"),
                ("ptr", "atol"),
                ("ptr", "e"),
            ),
            "double",
            "nounwind",
        )
        worst = f.value(0.0, VECTOR)
        bad: Value | None = None
        rtol = f.splat(f.args["rtol"])
        for i in range(n):
            size = f.call(VECTOR, f"llvm.fabs.v{LANES}f64", f.load(f.args["z"], i))
            size_next = f.call(VECTOR, f"llvm.fabs.v{LANES}f64", f.load(f.args["z_next"], i))
            largest = f.select(size.gt(size_next), size, size_next)
            atol = f.splat(f.load(f.args["atol"], i, "double"))
            estimate = f.call(
                VECTOR, f"llvm.fabs.v{LANES}f64", f.load(f.args["u"], (rodas5p.STAGES - 1) * n + i)
            )
            ratio = estimate / (rtol * largest + atol)
            f.store(ratio, f.args["e"], i)
            lost = f.emit(MASK, f"fcmp uno {VECTOR} {ratio.ref}, {ratio.ref}")
            bad = lost if bad is None else bad.either(lost)
            worst = f.select(ratio.gt(worst), ratio, worst)
        assert bad is not None
        top = f.emit("double", f"call double @llvm.vector.reduce.fmax.v{LANES}f64({VECTOR} {worst.ref})")
        any_lost = f.emit("i1", f"call i1 @llvm.vector.reduce.or.v{LANES}i1({MASK} {bad.ref})")
        top = f.select(top.lt(1e30), top, f.value(1e30, "double"))
        self.functions.append(f.text(returns=f.select(any_lost, f.value(1e30, "double"), top)))

    def _print_interpolation(self) -> None:
        f = Function(
            "interpolate",
            (("ptr", "z"), ("ptr", "z_next"), ("ptr", "u"), ("double", "theta"), ("ptr", "y")),
            attributes="nounwind",
        )
        theta = f.splat(f.args["theta"])
        rest = 1.0 - theta
        for i in range(self.n_z):
            k: list[Value] = []
            for weights in rodas5p.H:
                value: Value | None = None
                for j in range(rodas5p.STAGES):
                    term = f.load(f.args["u"], j * self.n_z + i) * weights[j]
                    value = term if value is None else value + term
                assert value is not None
                k.append(value)
            inner = k[0] + theta * (k[1] + theta * k[2])
            z, z_next = f.load(f.args["z"], i), f.load(f.args["z_next"], i)
            f.store(rest * z + theta * (z_next + rest * inner), f.args["y"], i)
        self.functions.append(f.text())

    def _print_outputs(self) -> None:
        f = Function(
            "outputs", (("ptr", "q"), ("ptr", "x"), ("ptr", "z"), ("ptr", "out")), attributes="nounwind"
        )
        known: dict[str, Value] = {}
        used = frozenset[str]().union(*(e.symbols for e in self.model.outputs.values()))
        for i, name in enumerate(self.split.linear):
            if name in used:
                known[name] = f.load(f.args["x"], i)
        for i, name in enumerate(self.split.nonlinear):
            if name in used:
                known[name] = f.load(f.args["z"], i)
        terms = _Terms(f, self.hoist, f.args["q"], known)
        for k, value in enumerate(self.model.outputs.values()):
            f.store(terms(value), f.args["out"], k)
        self.functions.append(f.text())

    # -- drivers ----------------------------------------------------------------------------------------------

    def _open_driver(self) -> tuple[Function, Callable[[int], Value]]:
        f = Function(
            "run",
            (
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
            ),
            attributes="nounwind",
        )
        return f, lambda offset: f.at(f.args["scratch"], offset)

    def _load_states(self, f: Function, block: Value) -> None:
        n_states = len(self.model.states)
        base = f.at(f.args["initial"], block * n_states)
        for i, name in enumerate(self.split.linear):
            f.store(f.load(base, self.model.state_index(name)), f.args["scratch"], self.x + i)
        for k in range(len(self.split.linear), self.width):
            f.store(f.value(0.0, VECTOR), f.args["scratch"], self.x + k)
        if self.has_constant:
            f.store(f.value(1.0, VECTOR), f.args["scratch"], self.x + self.width - 1)
        for i, name in enumerate(self.split.nonlinear):
            f.store(f.load(base, self.model.state_index(name)), f.args["scratch"], self.z + i)

    def _store_states(self, f: Function, block: Value, z: int) -> None:
        base = f.at(f.args["final"], block * len(self.model.states))
        for i, name in enumerate(self.split.linear):
            f.store(f.load(f.args["scratch"], self.x + i), base, self.model.state_index(name))
        for i, name in enumerate(self.split.nonlinear):
            f.store(f.load(f.args["scratch"], z + i), base, self.model.state_index(name))

    def _begin_segment(self, f: Function, segment: Value) -> None:
        """Adds instantaneous amounts and sets the constant inputs of this segment."""
        n_c = len(self.channels)
        n_linear = len(self.split.linear)
        scratch = f.args["scratch"]
        for k, channel in enumerate(self.channels):
            amount = f.load(f.at(f.args["amounts"], segment * n_c), k)
            rate = f.load(f.at(f.args["rates"], segment * n_c), k)
            f.store(rate, scratch, self.inputs + k)
            if channel in self.split.linear:
                place = self.x + self.columns[channel]
                f.store(rate, scratch, self.x + n_linear + self.linear_channels.index(k))
            else:
                place = self.z + self.split.nonlinear.index(channel)
            f.store(f.load(scratch, place) + amount, scratch, place)

    def _emit(self, f: Function, block: Value, position: Variable, x: int, z: int) -> None:
        n_out = len(self.model.outputs)
        row = block * f.args["n_times"] + position.get()
        scratch = f.args["scratch"]
        f.call(
            "void",
            "outputs",
            f.at(scratch, self.hoisted),
            f.at(scratch, x),
            f.at(scratch, z),
            f.at(f.args["values"], row * n_out),
        )
        position.set(position.get() + 1)

    def _begin_ladder(self, f: Function) -> Value:
        """First rung; returns whether the rates are small enough for it (i1)."""
        scratch = f.args["scratch"]
        q = f.at(scratch, self.hoisted)
        f.call("void", "first_power", f.at(scratch, self.power), q, f.value(UNIT_H, "double"))
        if self.signals:
            for k, node in enumerate(_STAGE_TIMES):
                place = f.at(scratch, self.stage_power + k * len(self.pattern))
                f.call("void", "first_power", place, q, f.value(UNIT_H * node, "double"))
        self._store_rung(f, f.value(0, "i64"))
        largest = f.call(VECTOR, "largest_rate", q)
        top = f.emit("double", f"call double @llvm.vector.reduce.fmax.v{LANES}f64({VECTOR} {largest.ref})")
        return top.le(LARGEST_RATE_STEP / UNIT_H)

    def _store_rung(self, f: Function, rung: Value) -> None:
        scratch = f.args["scratch"]
        base = f.at(scratch, rung * self.rung_size + self.ladder)
        for n in range(len(self.pattern)):
            f.store(f.load(scratch, self.power + n), base, n)
        if self.signals:
            for k in range(len(_STAGE_TIMES)):
                place = f.at(scratch, self.stage_power + k * len(self.pattern))
                target = f.at(base, len(self.pattern) + k * self.row_length)
                f.call("void", "rows", place, f.at(scratch, self.hoisted), target)

    def _print_climb(self) -> None:
        """`climb`: makes rungs until `wanted` is there; returns the number that are."""
        f = Function("climb", (("ptr", "scratch"), ("i64", "have"), ("i64", "wanted")), "i64", "nounwind")
        scratch = f.args["scratch"]
        have = f.variable("i64", f.args["have"])
        n_e = len(self.pattern)
        with f.loop(lambda: have.get().le(f.args["wanted"])):
            spare = f.at(
                scratch, have.get() * self.rung_size + self.ladder
            )  # the new rung's place, as a buffer
            f.call("void", "square", f.at(scratch, self.power), spare)
            for n in range(n_e):
                f.store(f.load(spare, n), scratch, self.power + n)
            if self.signals:
                for k in range(len(_STAGE_TIMES)):
                    place = f.at(scratch, self.stage_power + k * n_e)
                    f.call("void", "square", place, spare)
                    for n in range(n_e):
                        f.store(f.load(spare, n), place, n)
            self._store_rung(f, have.get())
            have.set(have.get() + 1)
        self.functions.append(f.text(returns=have.get()))

    def _print_advance(self) -> None:
        """`advance`: y = exp(A d) x for any d >= 0, from rungs and a remainder; returns the number of rungs."""
        f = Function(
            "advance",
            (("ptr", "scratch"), ("ptr", "x"), ("double", "d"), ("ptr", "y"), ("i64", "have")),
            "i64",
            "nounwind",
            distinct=False,
        )
        scratch = f.args["scratch"]
        have = f.variable("i64", f.args["have"])
        for i in range(self.width):
            f.store(f.load(f.args["x"], i), f.args["y"], i)
        units, rest = _in_units(f, f.args["d"])
        left = f.variable("i64", units)
        rung = f.variable("i64", 0)
        with f.loop(lambda: left.get().gt(0)):
            odd = f.emit("i64", f"and i64 {left.get().ref}, 1").eq(1)
            top = rung.get().eq(RUNGS - 1)
            with f.when(odd.either(top)):
                have.set(f.call("i64", "climb", scratch, have.get(), rung.get()))
                e = f.at(scratch, rung.get() * self.rung_size + self.ladder)
                f.call("void", "times", e, f.args["y"], f.at(scratch, self.taylor))
                for i in range(self.width):
                    f.store(f.load(scratch, self.taylor + i), f.args["y"], i)
            # on the top rung what is left is counted down, below it is halved
            fewer = left.get() - 1
            halved = f.shift("lshr", left.get(), 1)
            left.set(f.select(top, fewer, halved))
            rung.set(f.select(top, rung.get(), rung.get() + 1))
        with f.when(rest.gt(TIME_SLACK_H)):
            for i in range(self.width):
                f.store(f.load(f.args["y"], i), scratch, self.x_stage + i)
            f.call(
                "void",
                "taylor",
                f.at(scratch, self.hoisted),
                f.at(scratch, self.x_stage),
                rest,
                f.args["y"],
                f.at(scratch, self.taylor),
            )
        self.functions.append(f.text(returns=have.get()))

    def _print_linear_driver(self) -> str:
        self._print_climb()
        self._print_advance()
        f, place = self._open_driver()
        scratch = f.args["scratch"]
        block = f.variable("i64", f.args["first"])
        with f.loop(lambda: block.get().lt(f.args["last"])):
            b = block.get()
            n_p = len(self.model.parameters)
            f.call("void", "precompute", f.at(f.args["parameters"], b * n_p), place(self.hoisted))
            self._load_states(f, b)
            fine = self._begin_ladder(f)
            self._report(
                f, b, f.select(fine, f.value(0.0, "double"), f.value(float(STATUS_RATE_TOO_LARGE), "double"))
            )
            have = f.variable("i64", 1)
            position = f.variable("i64", 0)
            segment = f.variable("i64", f.load(f.args["segments"], b, "i64"))
            end = f.load(f.args["segments"], b + 1, "i64")
            segment.set(f.select(fine, segment.get(), end))
            now = f.variable("double", 0.0)
            with f.loop(lambda: segment.get().lt(end)):
                at = segment.get() + b
                now.set(f.load(f.args["changes"], at, "double"))
                until = f.load(f.args["changes"], at + 1, "double")
                last = (segment.get() + 1).eq(end)
                # an output at a change belongs to the later segment: it shows the value after a dose
                limit = f.select(last, until + 1.0, until - TIME_SLACK_H)
                self._begin_segment(f, segment.get())

                def more(limit: Value = limit) -> Value:
                    inside = position.get().lt(f.args["n_times"])
                    index = f.select(inside, position.get(), f.value(0, "i64"))
                    return inside.both(f.load(f.args["times"], index, "double").lt(limit))

                with f.loop(more):
                    time = f.load(f.args["times"], position.get(), "double")
                    distance = time - now.get()
                    distance = f.select(distance.gt(0.0), distance, f.value(0.0, "double"))
                    have.set(
                        f.call(
                            "i64", "advance", scratch, place(self.x), distance, place(self.x_next), have.get()
                        )
                    )
                    self._copy(f, self.x_next, self.x, self.width)
                    self._emit(f, b, position, self.x, self.z)
                    now.set(f.select(time.gt(now.get()), time, now.get()))
                left = until - now.get()
                left = f.select(left.gt(0.0), left, f.value(0.0, "double"))
                have.set(
                    f.call("i64", "advance", scratch, place(self.x), left, place(self.x_next), have.get())
                )
                self._copy(f, self.x_next, self.x, self.width)
                segment.set(segment.get() + 1)
            self._store_states(f, b, self.z)
            block.set(block.get() + 1)
        return f.text(external=True)

    def _copy(self, f: Function, source: int, target: int, count: int) -> None:
        for i in range(count):
            f.store(f.load(f.args["scratch"], source + i), f.args["scratch"], target + i)

    def _report(self, f: Function, block: Value, status: Value) -> None:
        f.store(status, f.at(f.args["status"], block * STATUS_FIELDS, "double"), 0)

    def _print_signals(self) -> None:
        """`signals_start`: values and slopes at x; `signals_row`: from a rung's rows; `signals_at`: from a state."""
        n_s = len(self.signals)

        def constants(terms: _Terms, k: int) -> Value | None:
            form = self.split.signals[self.signals[k]]
            return terms.coefficient(form[CONSTANT]) if form.get(CONSTANT, ZERO) is not ZERO else None

        f = Function("signals_at", (("ptr", "q"), ("ptr", "x"), ("ptr", "s")), attributes="nounwind")
        terms = _Terms(f, self.hoist, f.args["q"], {})
        for k, signal in enumerate(self.signals):
            value = constants(terms, k)
            for name, weight in self.split.signals[signal].items():
                if name != CONSTANT:
                    x = f.load(f.args["x"], self.columns[name])
                    term = x if weight is ONE else terms.coefficient(weight) * x
                    value = term if value is None else value + term
            assert value is not None
            f.store(value, f.args["s"], k)
        self.functions.append(f.text())

        f = Function("signals_slope", (("ptr", "q"), ("ptr", "x"), ("ptr", "d")), attributes="nounwind")
        terms = _Terms(f, self.hoist, f.args["q"], {})
        for k, signal in enumerate(self.signals):
            slope: dict[int, Expr] = {}
            for name, weight in self.split.signals[signal].items():
                if name != CONSTANT:
                    for (i, j), a in self.matrix.items():
                        if i == self.columns[name]:
                            slope[j] = slope.get(j, ZERO) + weight * a
            value = f.value(0.0, VECTOR)
            for j, weight in slope.items():
                value = value + terms.coefficient(weight) * f.load(f.args["x"], j)
            f.store(value, f.args["d"], k)
        self.functions.append(f.text())

        f = Function(
            "signals_inside",
            (("ptr", "q"), ("ptr", "rows"), ("ptr", "x"), ("ptr", "s")),
            attributes="nounwind",
        )
        terms = _Terms(f, self.hoist, f.args["q"], {})
        for c in range(len(_STAGE_TIMES)):
            for k in range(n_s):
                value = constants(terms, k)
                for n, j in enumerate(self.rows[k]):
                    weight_ = f.load(f.args["rows"], c * self.row_length + self.row_start[k] + n)
                    term = weight_ * f.load(f.args["x"], j)
                    value = term if value is None else value + term
                assert value is not None
                f.store(value, f.args["s"], (1 + c) * n_s + k)
        self.functions.append(f.text())

    def _print_driver(self) -> str:
        hybrid = self.kind == "hybrid"
        if hybrid:
            self._print_climb()
            self._print_advance()
            self._print_signals()
        f, place = self._open_driver()
        scratch, args = f.args["scratch"], f.args
        real = lambda x: f.value(x, "double")  # noqa: E731
        block = f.variable("i64", args["first"])
        with f.loop(lambda: block.get().lt(args["last"])):
            b = block.get()
            q = place(self.hoisted)
            f.call("void", "precompute", f.at(args["parameters"], b * len(self.model.parameters)), q)
            self._load_states(f, b)
            status = f.variable("double", float(STATUS_OK))
            have = f.variable("i64", 1)
            if hybrid:
                fine = self._begin_ladder(f)
                status.set(f.select(fine, real(STATUS_OK), real(STATUS_RATE_TOO_LARGE)))
            position = f.variable("i64", 0)
            segment = f.variable("i64", f.load(args["segments"], b, "i64"))
            end = f.load(args["segments"], b + 1, "i64")
            now, h, rest = (f.variable("double", 0.0) for _ in range(3))
            units = f.variable("i64", 0)
            going = f.variable("i64", 0)
            accepted, rejected = f.variable("i64", 0), f.variable("i64", 0)
            before = f.variable("double", 1.0)

            def outputs_until(limit: Value, emit: Callable[[Value], None]) -> None:
                def more() -> Value:
                    inside = position.get().lt(args["n_times"])
                    index = f.select(inside, position.get(), f.value(0, "i64"))
                    return inside.both(f.load(args["times"], index, "double").lt(limit))

                with f.loop(more):
                    emit(f.load(args["times"], position.get(), "double"))

            def running() -> Value:
                return segment.get().lt(end).both(status.get().eq(0.0))

            with f.loop(running):
                at = segment.get() + b
                now.set(f.load(args["changes"], at, "double"))
                until = f.load(args["changes"], at + 1, "double")
                self._begin_segment(f, segment.get())
                outputs_until(now.get() + TIME_SLACK_H, lambda _: self._emit(f, b, position, self.x, self.z))
                h.set(FIRST_STEP_H)
                before.set(1.0)
                length = until - now.get()
                rest.set(length)
                going.set(f.select(length.gt(TIME_SLACK_H), f.value(1, "i64"), f.value(0, "i64")))
                if hybrid:
                    whole, remainder = _in_units(f, length)
                    units.set(whole)
                    rest.set(remainder)

                with f.loop(lambda: going.get().eq(1)):
                    n_steps = accepted.get() + rejected.get()
                    step = f.variable("double", 0.0)
                    rung = f.variable("i64", -1)
                    longest = f.variable("i64", -1)
                    if hybrid:
                        step.set(rest.get())
                        with f.when(units.get().gt(0)):
                            longest.set(_floor_log2(f, units.get()))
                            ratio = f.cast(h.get() * (1.0 / UNIT_H), "fptosi", "i64")
                            wish = _floor_log2(f, f.select(ratio.gt(1), ratio, f.value(1, "i64")))
                            wish = f.select(wish.lt(longest.get()), wish, longest.get())
                            wish = f.select(wish.lt(RUNGS - 1), wish, f.value(RUNGS - 1, "i64"))
                            rung.set(wish)
                            count = f.shift("shl", f.value(1, "i64"), wish)
                            step.set(f.cast(count, "sitofp", "double") * UNIT_H)
                            have.set(f.call("i64", "climb", scratch, have.get(), wish))
                        self._print_signals_of_step(f, place, step, rung)
                    else:
                        left = until - now.get()
                        half = left * 0.5
                        size = f.select(h.get().gt(half), half, h.get())
                        step.set(f.select(h.get().ge(left * 0.999999), left, size))
                    f.call(
                        "void",
                        "step",
                        q,
                        place(self.z),
                        place(self.signal_values),
                        place(self.signal_slopes),
                        place(self.inputs),
                        step.get(),
                        place(self.z_next),
                        place(self.stages),
                    )
                    err = f.call(
                        "double",
                        "error",
                        place(self.z),
                        place(self.z_next),
                        place(self.stages),
                        args["rtol"],
                        args["atol"],
                        place(self.error),
                    )
                    small = f.select(err.gt(1e-12), err, real(1e-12))
                    root = f.lane(_power(f, small, -1.0 / rodas5p.ORDER), 0) * 0.9
                    with f.when(err.le(1.0)):
                        ends = now.get() + step.get()
                        if hybrid:
                            taken = f.select(
                                rung.get().ge(0),
                                f.shift("shl", f.value(1, "i64"), _at_least_zero(f, rung.get())),
                                f.value(0, "i64"),
                            )
                            units.set(units.get() - taken)
                            rest.set(f.select(rung.get().ge(0), rest.get(), real(0.0)))
                            done = units.get().eq(0).both(rest.get().le(TIME_SLACK_H))
                        else:
                            done = ends.ge(until - TIME_SLACK_H)
                        ends = f.select(done, until, ends)

                        def inside_step(time: Value) -> None:
                            theta = (time - now.get()) / step.get()
                            f.call(
                                "void",
                                "interpolate",
                                place(self.z),
                                place(self.z_next),
                                place(self.stages),
                                theta,
                                place(self.z_out),
                            )
                            if hybrid:
                                have.set(
                                    f.call(
                                        "i64",
                                        "advance",
                                        scratch,
                                        place(self.x),
                                        time - now.get(),
                                        place(self.x_out),
                                        have.get(),
                                    )
                                )
                            self._emit(f, b, position, self.x_out, self.z_out)

                        outputs_until(ends - TIME_SLACK_H, inside_step)
                        self._copy(f, self.z_next, self.z, self.n_z)
                        if hybrid:
                            self._copy(f, self.x_next, self.x, self.width)
                        now.set(ends)
                        accepted.set(accepted.get() + 1)
                        going.set(f.select(done, f.value(0, "i64"), f.value(1, "i64")))
                        if hybrid:
                            # a step cut short by the end of the segment says little about the next
                            cut = rung.get().eq(longest.get()).both(step.get().lt(h.get() * 0.5))
                            grown = step.get() * f.select(root.lt(6.0), root, real(6.0))
                            modest = step.get() * f.select(root.lt(4.0), root, real(4.0))
                            kept = f.select(modest.gt(h.get()), modest, h.get())
                            h.set(f.select(cut, kept, grown))
                        else:
                            # a proportional-integral rule: it spares rejections where the error is rising
                            pi = _power(f, small, -0.7 / rodas5p.ORDER)
                            old = f.select(before.get().gt(1e-3), before.get(), real(1e-3))
                            pi = pi * _power(f, old, 0.3 / rodas5p.ORDER)
                            rule = f.lane(pi, 0) * 0.9
                            rule = f.select(rule.gt(0.2), rule, real(0.2))
                            factor = f.select(root.lt(6.0), root, real(6.0))
                            factor = f.select(factor.lt(rule), factor, rule)
                            factor = f.select(factor.gt(0.2), factor, real(0.2))
                            h.set(step.get() * factor)
                            before.set(err)
                    with f.when(err.gt(1.0)):
                        rejected.set(rejected.get() + 1)
                        limit = 0.5 if hybrid else 0.9
                        factor = f.select(root.lt(limit), root, real(limit))
                        factor = f.select(factor.gt(0.1), factor, real(0.1))
                        h.set(step.get() * factor)
                        lost = rung.get().le(0) if hybrid else h.get().lt(SMALLEST_STEP_H)
                        lost = lost.either(n_steps.gt(STEP_LIMIT))
                        with f.when(lost):
                            status.set(float(STATUS_STEP_TOO_SMALL))
                            going.set(0)
                with f.when(status.get().eq(0.0)):
                    segment.set(segment.get() + 1)
            with f.when(status.get().eq(0.0)):
                outputs_until(real(1e300), lambda _: self._emit(f, b, position, self.x, self.z))
                self._store_states(f, b, self.z)
            with f.when(status.get().gt(0.0)):
                self._store_states(f, b, self.error)
            report = f.at(args["status"], b * STATUS_FIELDS, "double")
            f.store(status.get(), report, 0)
            f.store(now.get(), report, 1)
            f.store(f.cast(accepted.get(), "sitofp", "double"), report, 2)
            f.store(f.cast(rejected.get(), "sitofp", "double"), report, 3)
            block.set(block.get() + 1)
        return f.text(external=True)

    def _print_signals_of_step(
        self, f: Function, place: Callable[[int], Value], step: Variable, rung: Variable
    ) -> None:
        """Signals at the start, the four inner times and the end of a step; the exact part's state at its end."""
        q, n_s = place(self.hoisted), len(self.signals)
        scratch = f.args["scratch"]
        if self.signals:
            f.call("void", "signals_at", q, place(self.x), place(self.signal_values))
            f.call("void", "signals_slope", q, place(self.x), place(self.signal_slopes))
        with f.when(rung.get().ge(0)):
            base = f.at(scratch, rung.get() * self.rung_size + self.ladder)
            f.call("void", "times", base, place(self.x), place(self.x_next))
            if self.signals:
                rows = f.at(base, len(self.pattern))
                f.call("void", "signals_inside", q, rows, place(self.x), place(self.signal_values))
        with f.when(rung.get().lt(0)):
            for c, node in enumerate((*_STAGE_TIMES, 1.0)):
                target = self.x_next if node == 1.0 else self.x_stage
                f.call(
                    "void", "taylor", q, place(self.x), step.get() * node, place(target), place(self.taylor)
                )
                if self.signals and node != 1.0:
                    f.call("void", "signals_at", q, place(target), place(self.signal_values + (1 + c) * n_s))
        if self.signals:
            f.call("void", "signals_at", q, place(self.x_next), place(self.signal_values + 5 * n_s))


def _canonical(form: Form) -> Expr:
    """A sum of coefficients times states: the coefficients can then be computed once."""
    return total(
        (value if name == CONSTANT else (symbol(name) if value is ONE else value * symbol(name)))
        for name, value in form.items()
        if value is not ZERO
    )


def _dot(f: Function, base: Value, terms: Sequence[tuple[int, Value]]) -> Value:
    result: Value | None = None
    for slot, x in terms:
        product = f.load(base, slot) * x
        result = product if result is None else result + product
    return f.value(0.0, VECTOR) if result is None else result


def _in_units(f: Function, length: Value) -> tuple[Value, Value]:
    """Whole units in `length` and the hours that remain."""
    scaled = length * (1.0 / UNIT_H)
    units = f.emit("double", f"call double @llvm.floor.f64(double {(scaled + 1e-7).ref})")
    rest = length - units * UNIT_H
    whole = f.cast(units, "fptosi", "i64")
    # a remainder within rounding of nothing is nothing
    small = rest.lt(UNIT_H * 1e-7)
    return whole, f.select(small, f.value(0.0, "double"), rest)


def _floor_log2(f: Function, count: Value) -> Value:
    zeros = f.emit("i64", f"call i64 @llvm.ctlz.i64(i64 {count.ref}, i1 false)")
    return f.value(63, "i64") - zeros


def _at_least_zero(f: Function, value: Value) -> Value:
    return f.select(value.gt(0), value, f.value(0, "i64"))


def _power(f: Function, base: Value, exponent: float) -> Value:
    return f.call(VECTOR, "vexp", f.call(VECTOR, "vlog", f.splat(base)) * exponent)
