"""Finding the part of a model that obeys dx/dt = A x + b with A and b functions of the parameters alone.

Such a part depends on nothing outside itself, so its path is a matrix exponential: exact, at any step length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ataraxy.engine.expression import ONE, ZERO, Expr, rebuild, symbol, topological
from ataraxy.engine.model import Model

Form = Mapping[str, Expr]
CONSTANT = ""  # the key of a form's constant term: no state has an empty name


def affine_form(root: Expr, states: frozenset[str], parameters: frozenset[str]) -> Form | None:
    """Coefficients of `root` as an affine function of `states`, each a function of parameters; None if it is not."""
    return _affine_forms([root], states, parameters)[id(root)]


def _affine_forms(
    roots: Sequence[Expr], states: frozenset[str], parameters: frozenset[str]
) -> dict[int, Form | None]:
    forms: dict[int, Form | None] = {}
    for node in topological(roots):
        if node.symbols <= parameters:
            forms[id(node)] = {CONSTANT: node}
        elif node.op == "sym":
            forms[id(node)] = {node.name: ONE} if node.name in states else None
        else:
            forms[id(node)] = _combined(node, [forms[id(a)] for a in node.args])
    return forms


def _combined(node: Expr, args: list[Form | None]) -> Form | None:
    a = args[0]
    b = args[1] if len(args) == 2 else None
    if a is None or (len(args) == 2 and b is None):
        return None
    if node.op == "neg":
        return {k: -v for k, v in a.items()}
    if b is None:
        return None
    if node.op in ("add", "sub"):
        sign = 1.0 if node.op == "add" else -1.0
        return {k: a.get(k, ZERO) + sign * b.get(k, ZERO) for k in (*a, *(k for k in b if k not in a))}
    if node.op == "mul" and set(a) == {CONSTANT}:
        return {k: a[CONSTANT] * v for k, v in b.items()}
    if node.op == "mul" and set(b) == {CONSTANT}:
        return {k: v * b[CONSTANT] for k, v in a.items()}
    if node.op == "div" and set(b) == {CONSTANT}:
        return {k: v / b[CONSTANT] for k, v in a.items()}
    return None


@dataclass(frozen=True)
class Split:
    """A model in two parts.

    Attributes:
        linear: states of the closed linear part, in model order.
        matrix: (row, column) -> coefficient; the column CONSTANT holds constant production.
        nonlinear: the other states.
        signals: affine functions of linear states through which, and only through which, the nonlinear part sees them.
        derivatives: of the nonlinear states, over nonlinear states, parameters and signal symbols.
    """

    linear: tuple[str, ...]
    matrix: Mapping[tuple[str, str], Expr]
    nonlinear: tuple[str, ...]
    signals: Mapping[str, Form]
    derivatives: Mapping[str, Expr]


def split_model(model: Model, *, exact: bool) -> Split:
    """Splits off the largest closed linear part, or nothing where `exact` is false."""
    parameters = frozenset(model.parameters)
    inside = frozenset(model.state_names) if exact else frozenset[str]()
    while True:
        forms = {
            s: affine_form(model.derivatives[s], inside, parameters) for s in model.state_names if s in inside
        }
        kept = frozenset(s for s, form in forms.items() if form is not None)
        if kept == inside:
            break
        inside = kept
    linear = tuple(s for s in model.state_names if s in inside)
    matrix = {
        (row, column): value
        for row in linear
        for column, value in (forms[row] or {}).items()
        if value is not ZERO
    }
    nonlinear = tuple(s for s in model.state_names if s not in inside)
    signals: dict[str, Form] = {}
    rewritten = _with_signals([model.derivatives[s] for s in nonlinear], inside, parameters, signals)
    return Split(linear, matrix, nonlinear, signals, dict(zip(nonlinear, rewritten, strict=True)))


def _with_signals(
    roots: Sequence[Expr], linear: frozenset[str], parameters: frozenset[str], signals: dict[str, Form]
) -> list[Expr]:
    forms = _affine_forms(roots, linear, parameters)
    done: dict[int, Expr] = {}

    def rewrite(node: Expr) -> Expr:
        if id(node) in done:
            return done[id(node)]
        form = forms[id(node)]
        if not (node.symbols & linear):
            result = node
        elif form is not None:
            name = f"signal {len(signals)}"
            signals[name] = form
            result = symbol(name)
        else:
            result = rebuild(node, tuple(rewrite(a) for a in node.args))
        done[id(node)] = result
        return result

    return [rewrite(root) for root in roots]
