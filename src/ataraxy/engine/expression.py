"""A small graph of arithmetic: what a model's equations are written in.

Expressions are immutable and shared: building the same term twice gives the same node, so common terms are found
for free. One graph serves evaluation, differentiation, compilation to machine code and export.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Union

import numpy as np
import numpy.typing as npt

Operand = Union["Expr", float, int]

# Powers with a real exponent and logarithms are taken of max(argument, SMALLEST_BASE): an integrator may step a hair
# below zero, and a power law of that must be a small number, not NaN.
SMALLEST_BASE: Final = 1e-300
# Powers below one and roots are infinitely steep at zero. Their derivatives are taken no nearer to it than this, so
# that an integrator that starts there sees a steep function, not an endless one. Values are not touched.
STEEPEST_BASE: Final = 1e-20

_UNARY: Final[Mapping[str, Callable[[float], float]]] = {
    "neg": lambda a: -a,
    "exp": math.exp,
    "log": lambda a: math.log(max(a, SMALLEST_BASE)),
    "sqrt": math.sqrt,
}
_BINARY: Final[Mapping[str, Callable[[float, float], float]]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: max(a, SMALLEST_BASE) ** b,
    "max": max,
    "min": min,
    "ge": lambda a, b: 1.0 if a >= b else 0.0,
}


class Expr:
    """One node. Make nodes with `constant`, `symbol`, the arithmetic operators and the functions below."""

    __slots__ = ("args", "name", "number", "op", "symbols", "value")

    op: str
    args: tuple[Expr, ...]
    value: float
    name: str
    number: int
    symbols: frozenset[str]

    def __add__(self, other: Operand) -> Expr:
        return _add(self, as_expr(other))

    def __radd__(self, other: Operand) -> Expr:
        return _add(as_expr(other), self)

    def __sub__(self, other: Operand) -> Expr:
        return _sub(self, as_expr(other))

    def __rsub__(self, other: Operand) -> Expr:
        return _sub(as_expr(other), self)

    def __mul__(self, other: Operand) -> Expr:
        return _mul(self, as_expr(other))

    def __rmul__(self, other: Operand) -> Expr:
        return _mul(as_expr(other), self)

    def __truediv__(self, other: Operand) -> Expr:
        return _div(self, as_expr(other))

    def __rtruediv__(self, other: Operand) -> Expr:
        return _div(as_expr(other), self)

    def __neg__(self) -> Expr:
        return _neg(self)

    def __pow__(self, exponent: Operand) -> Expr:
        """Integer powers are products; real powers are taken of max(base, 1e-300)."""
        if isinstance(exponent, Expr) and exponent.op != "const":
            return _node("pow", (self, exponent))
        power = exponent.value if isinstance(exponent, Expr) else float(exponent)
        if power == int(power) and abs(power) <= 16:
            return _integer_power(self, int(power))
        return _node("pow", (self, constant(power)))

    def __repr__(self) -> str:
        return to_infix(self)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.op == "const":
            return constant, (self.value,)
        if self.op == "sym":
            return symbol, (self.name,)
        return _node, (self.op, self.args)

    @property
    def is_constant(self) -> bool:
        return self.op == "const"


_INTERNED: dict[tuple[Any, ...], Expr] = {}


def _intern(
    key: tuple[Any, ...], op: str, args: tuple[Expr, ...], value: float, name: str, symbols: frozenset[str]
) -> Expr:
    found = _INTERNED.get(key)
    if found is not None:
        return found
    node = Expr()
    node.op, node.args, node.value, node.name, node.symbols = op, args, value, name, symbols
    node.number = len(_INTERNED)
    # setdefault is atomic: two threads that build the same term agree on one node
    return _INTERNED.setdefault(key, node)


def constant(value: float) -> Expr:
    """The number `value`."""
    number = float(value)
    return _intern(("const", number.hex()), "const", (), number, "", frozenset())


def symbol(name: str) -> Expr:
    """The state or parameter called `name`."""
    return _intern(("sym", name), "sym", (), 0.0, name, frozenset((name,)))


def as_expr(value: Operand) -> Expr:
    """`value` itself if it is an expression, else the constant."""
    return value if isinstance(value, Expr) else constant(value)


def _node(op: str, args: tuple[Expr, ...]) -> Expr:
    if all(a.op == "const" for a in args):
        try:
            if len(args) == 1:
                return constant(_UNARY[op](args[0].value))
            return constant(_BINARY[op](args[0].value, args[1].value))
        except (ZeroDivisionError, ValueError, OverflowError):
            pass  # left as it stands: evaluation will say which model divides by zero
    symbols = args[0].symbols if len(args) == 1 else args[0].symbols | args[1].symbols
    return _intern((op, *(id(a) for a in args)), op, args, 0.0, "", symbols)


ZERO: Final = constant(0.0)
ONE: Final = constant(1.0)


def _add(a: Expr, b: Expr) -> Expr:
    if a is ZERO:
        return b
    if b is ZERO:
        return a
    if b.op == "neg":
        return _sub(a, b.args[0])
    if a.op == "neg":
        return _sub(b, a.args[0])
    return _node("add", (a, b))


def _sub(a: Expr, b: Expr) -> Expr:
    if b is ZERO:
        return a
    if a is ZERO:
        return _neg(b)
    if a is b:
        return ZERO
    if b.op == "neg":
        return _add(a, b.args[0])
    return _node("sub", (a, b))


def _mul(a: Expr, b: Expr) -> Expr:
    if a is ZERO or b is ZERO:
        return ZERO
    if a is ONE:
        return b
    if b is ONE:
        return a
    if a.op == "const" and a.value == -1.0:
        return _neg(b)
    if b.op == "const" and b.value == -1.0:
        return _neg(a)
    if a.op == "neg":
        return _neg(_mul(a.args[0], b))
    if b.op == "neg":
        return _neg(_mul(a, b.args[0]))
    return _node("mul", (a, b))


def _div(a: Expr, b: Expr) -> Expr:
    if b is ONE:
        return a
    if a is ZERO and b is not ZERO:
        return ZERO
    if a.op == "neg":
        return _neg(_div(a.args[0], b))
    return _node("div", (a, b))


def _neg(a: Expr) -> Expr:
    return a.args[0] if a.op == "neg" else _node("neg", (a,))


def _integer_power(base: Expr, power: int) -> Expr:
    if power < 0:
        return _div(ONE, _integer_power(base, -power))
    if power == 0:
        return ONE
    half = _integer_power(base, power // 2)
    squared = _mul(half, half)
    return squared if power % 2 == 0 else _mul(squared, base)


def rebuild(node: Expr, args: tuple[Expr, ...]) -> Expr:
    """The same operation on other operands, simplified again."""
    simplified: Mapping[str, Callable[..., Expr]] = {
        "add": _add,
        "sub": _sub,
        "mul": _mul,
        "div": _div,
        "neg": _neg,
    }
    make = simplified.get(node.op)
    return make(*args) if make else _node(node.op, args)


def exp(a: Operand) -> Expr:
    """e to the power `a`."""
    return _node("exp", (as_expr(a),))


def log(a: Operand) -> Expr:
    """Natural logarithm of max(`a`, 1e-300)."""
    return _node("log", (as_expr(a),))


def sqrt(a: Operand) -> Expr:
    """Square root."""
    return _node("sqrt", (as_expr(a),))


def maximum(a: Operand, b: Operand) -> Expr:
    """The larger of the two; its derivative is that of the larger one."""
    return _node("max", (as_expr(a), as_expr(b)))


def minimum(a: Operand, b: Operand) -> Expr:
    """The smaller of the two; its derivative is that of the smaller one."""
    return _node("min", (as_expr(a), as_expr(b)))


def total(terms: Iterable[Operand]) -> Expr:
    """Sum of all terms, zero for none."""
    result = ZERO
    for term in terms:
        result = result + term
    return result


def topological(roots: Iterable[Expr]) -> Iterator[Expr]:
    """Every node below `roots`, operands before the nodes that use them, each once."""
    seen: set[int] = set()
    for root in roots:
        stack: list[tuple[Expr, bool]] = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                yield node
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((a, False) for a in reversed(node.args) if id(a) not in seen)


def differentiate(roots: Sequence[Expr], name: str) -> list[Expr]:
    """Partial derivatives of `roots` with respect to the symbol `name`, all others held fixed."""
    slope: dict[int, Expr] = {}
    for node in topological(roots):
        slope[id(node)] = _slope(node, name, slope) if name in node.symbols else ZERO
    return [slope[id(root)] for root in roots]


def _slope(node: Expr, name: str, slope: Mapping[int, Expr]) -> Expr:
    if node.op == "sym":
        return ONE if node.name == name else ZERO
    a = node.args[0]
    da = slope[id(a)]
    if node.op == "neg":
        return -da
    if node.op == "exp":
        return node * da
    if node.op == "log":
        return da / maximum(a, SMALLEST_BASE)
    if node.op == "sqrt":
        return da / (2.0 * maximum(node, math.sqrt(STEEPEST_BASE)))
    b = node.args[1]
    db = slope[id(b)]
    if node.op == "add":
        return da + db
    if node.op == "sub":
        return da - db
    if node.op == "mul":
        return da * b + a * db
    if node.op == "div":
        return da / b if db is ZERO else (da - node * db) / b
    if node.op == "pow":
        return node * (b * da / maximum(a, STEEPEST_BASE) + (db * log(a) if db is not ZERO else ZERO))
    if node.op == "max":
        return _node("ge", (a, b)) * da + _node("ge", (b, a)) * db * _not_equal(a, b)
    if node.op == "min":
        return _node("ge", (b, a)) * da + _node("ge", (a, b)) * db * _not_equal(a, b)
    raise AssertionError(f"no derivative of {node.op}")


def _not_equal(a: Expr, b: Expr) -> Expr:
    # where both are equal the derivative is that of the first: counted once, not twice
    return 1.0 - _node("ge", (a, b)) * _node("ge", (b, a))


Array = npt.NDArray[np.float64]

_NUMPY: Final[Mapping[str, Callable[..., Any]]] = {
    "neg": np.negative,
    "exp": np.exp,
    "log": lambda a: np.log(np.maximum(a, SMALLEST_BASE)),
    "sqrt": np.sqrt,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": lambda a, b: np.power(np.maximum(a, SMALLEST_BASE), b),
    "max": np.maximum,
    "min": np.minimum,
    "ge": lambda a, b: np.where(np.greater_equal(a, b), 1.0, 0.0),
}


def evaluate(roots: Sequence[Expr], values: Mapping[str, Array | float]) -> list[Array | float]:
    """Values of `roots` where symbol names stand for `values` (numbers or arrays that broadcast)."""
    result: dict[int, Any] = {}
    for node in topological(roots):
        if node.op == "const":
            result[id(node)] = node.value
        elif node.op == "sym":
            result[id(node)] = values[node.name]
        else:
            result[id(node)] = _NUMPY[node.op](*(result[id(a)] for a in node.args))
    return [result[id(root)] for root in roots]


_PYTHON: Final[Mapping[str, str]] = {
    "neg": "-{0}",
    "exp": "math.exp({0})",
    "log": f"math.log(max({{0}}, {SMALLEST_BASE!r}))",
    "sqrt": "math.sqrt({0})",
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "pow": f"max({{0}}, {SMALLEST_BASE!r}) ** {{1}}",
    "max": "max({0}, {1})",
    "min": "min({0}, {1})",
    "ge": "(1.0 if {0} >= {1} else 0.0)",
}


def to_python_lines(roots: Sequence[Expr], names: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Assignments and final terms of straight-line Python over floats; `names` maps symbols to Python terms."""
    lines: list[str] = []
    term: dict[int, str] = {}
    for node in topological(roots):
        if node.op == "const":
            term[id(node)] = f"({node.value!r})"
        elif node.op == "sym":
            term[id(node)] = names[node.name]
        else:
            variable = f"v{len(lines)}"
            lines.append(f"{variable} = " + _PYTHON[node.op].format(*(term[id(a)] for a in node.args)))
            term[id(node)] = variable
    return lines, [term[id(root)] for root in roots]


def to_listing(roots: Sequence[Expr]) -> list[str]:
    """One line per node, operands before the nodes that use them: equal for equal graphs, in any process."""
    number: dict[int, int] = {}
    lines: list[str] = []
    for node in topological(roots):
        number[id(node)] = len(lines)
        detail = node.value.hex() if node.op == "const" else node.name
        lines.append(" ".join((node.op, detail, *(str(number[id(a)]) for a in node.args))))
    return [*lines, " ".join(str(number[id(root)]) for root in roots)]


_INFIX: Final[Mapping[str, str]] = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^"}


def to_infix(node: Expr) -> str:
    """Readable text with explicit brackets, in the syntax of SBML level 3 infix formulas."""
    text: dict[int, str] = {}
    for n in topological([node]):
        inner = [text[id(a)] for a in n.args]
        if n.op == "const":
            text[id(n)] = repr(n.value) if n.value >= 0 else f"({n.value!r})"
        elif n.op == "sym":
            text[id(n)] = n.name
        elif n.op == "neg":
            text[id(n)] = f"(-{inner[0]})"
        elif n.op == "log":
            text[id(n)] = f"ln({inner[0]})"
        elif n.op == "ge":
            text[id(n)] = f"piecewise(1, {inner[0]} >= {inner[1]}, 0)"
        elif n.op in _INFIX:
            text[id(n)] = f"({inner[0]} {_INFIX[n.op]} {inner[1]})"
        else:
            text[id(n)] = f"{n.op}({', '.join(inner)})"
    return text[id(node)]
