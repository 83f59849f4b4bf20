"""Prints expressions: those of parameters alone once per block, the others where they are needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ataraxy.engine.expression import ONE, Expr, topological
from ataraxy.engine.kernel.ir import LANES, VECTOR, Function, Value
from ataraxy.engine.kernel.switch import Switch


class Hoist:
    """Terms that depend on parameters alone: computed once per block, then loaded by number."""

    def __init__(self, parameters: Sequence[str]) -> None:
        self.parameters = frozenset(parameters)
        self._numbers: dict[int, int] = {}
        self._terms: list[Expr] = []

    def __len__(self) -> int:
        return len(self._terms)

    @property
    def terms(self) -> tuple[Expr, ...]:
        """In the order of their numbers."""
        return tuple(self._terms)

    def number(self, term: Expr) -> int:
        """Place of `term` among the hoisted terms, which it joins if it is new."""
        if id(term) not in self._numbers:
            self._numbers[id(term)] = len(self._terms)
            self._terms.append(term)
        return self._numbers[id(term)]

    def owns(self, term: Expr) -> bool:
        """Whether `term` depends on parameters alone, and on some."""
        return bool(term.symbols) and term.symbols <= self.parameters


class Terms:
    """Prints expressions inside one function; each node once."""

    def __init__(
        self,
        f: Function,
        hoist: Hoist,
        hoisted: Value,
        known: Mapping[str, Value],
        frozen: Mapping[Switch, Value] | None = None,
    ) -> None:
        self.f, self.hoist, self.hoisted = f, hoist, hoisted
        self.done: dict[int, Value] = {}
        self.known = dict(known)
        # where a switch is frozen, the mask that stands for its first term being the larger
        self.frozen = {(id(s.first), id(s.second)): mask for s, mask in (frozen or {}).items()}

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
        if node.op in ("max", "min", "ge") and self.frozen:
            chosen = self._frozen(node)
            if chosen is not None:
                return chosen
        return apply_operation(f, node.op, [self.done[id(x)] for x in node.args])

    def _frozen(self, node: Expr) -> Value | None:
        """A comparison whose outcome is given."""
        a, b = node.args
        mask = self.frozen.get((id(a), id(b)))
        if mask is None:
            mask, (a, b) = self.frozen.get((id(b), id(a))), (b, a)
        if mask is None:
            return None
        f = self.f
        if node.op == "ge":
            one, zero = f.value(1.0, VECTOR), f.value(0.0, VECTOR)
            return f.select(mask, one, zero) if a is node.args[0] else f.select(mask, zero, one)
        larger, smaller = (self.done[id(a)], self.done[id(b)])
        return f.select(mask, larger, smaller) if node.op == "max" else f.select(mask, smaller, larger)


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
        return f.select(f.either_lost(a, b), a + b, f.select(a.ge(b), a, b))
    if op == "min":
        return f.select(f.either_lost(a, b), a + b, f.select(a.le(b), a, b))
    if op == "ge":
        return f.select(a.ge(b), f.value(1.0, VECTOR), f.value(0.0, VECTOR))
    raise AssertionError(op)


def print_precompute(hoist: Hoist, parameters: Sequence[str]) -> str:
    """`precompute`: parameters -> all hoisted terms. To be printed last, when all are known."""
    f = Function("precompute", (("ptr", "parameters"), ("ptr", "hoisted")), attributes="nounwind")
    known = {name: f.load(f.args["parameters"], i) for i, name in enumerate(parameters)}
    done: dict[int, Value] = {}
    for node in topological(hoist.terms):
        if node.op == "const":
            done[id(node)] = f.value(node.value, VECTOR)
        elif node.op == "sym":
            done[id(node)] = known[node.name]
        else:
            done[id(node)] = apply_operation(f, node.op, [done[id(a)] for a in node.args])
    for number, term in enumerate(hoist.terms):
        f.store(done[id(term)], f.args["hoisted"], number)
    return f.text()
