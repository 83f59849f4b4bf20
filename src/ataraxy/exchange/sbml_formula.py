"""Expressions of the engine as formulas of SBML, with the engine's meaning where the two differ.

A power with a real exponent and a logarithm are taken of max(argument, 1e-300); max, min and >= become choices between
pieces, which every reader of SBML knows. A formula has no shared parts: a large term that is needed twice becomes a
quantity of its own, so that the document stays as small as the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ataraxy.engine.expression import SMALLEST_BASE, Expr, topological

# Operations and operands up to which a term is written out again each time.
LARGEST_REPEATED_TERM: Final = 8
_SPLIT: Final = frozenset(("max", "min"))
_GUARDED: Final = frozenset(("log", "pow"))


class Formulas:
    """Builds libsbml's formula trees of a set of expressions.

    Args:
        libsbml: the module.
        ids: symbol -> identifier.
        roots: all expressions that will be asked for.
        name_term: called for each term that gets a name of its own; returns the identifier.

    Attributes:
        terms: identifier -> formula of each term with a name of its own, those used by others first.
    """

    def __init__(
        self, libsbml: Any, ids: Mapping[str, str], roots: Iterable[Expr], name_term: Callable[[], str]
    ) -> None:
        self._libsbml = libsbml
        self._ids = ids
        self.terms: dict[str, Any] = {}
        self._trees: dict[Expr, Any] = {}
        asked = list(roots)
        order = list(topological(asked))
        uses = Counter(asked)
        for node in order:
            for arg, times in _operands(node):
                uses[arg] += times
        size: dict[Expr, int] = {}
        for node in order:
            tree = self._tree(node)
            size[node] = 1 + sum(size[arg] * times for arg, times in _operands(node))
            if uses[node] > 1 and size[node] > LARGEST_REPEATED_TERM:
                identifier = name_term()
                self.terms[identifier] = tree
                tree, size[node] = self.symbol(identifier), 1
            self._trees[node] = tree

    def of(self, node: Expr) -> Any:
        """A new formula tree of one of the roots."""
        return self._trees[node].deepCopy()

    def symbol(self, identifier: str) -> Any:
        """A formula that is one identifier."""
        node = self._libsbml.ASTNode(self._libsbml.AST_NAME)
        node.setName(identifier)
        return node

    def number(self, value: float, unit: str | None = None) -> Any:
        """A formula that is one number, in a unit of the document where it is known."""
        node = self._libsbml.ASTNode(self._libsbml.AST_REAL)
        node.setValue(float(value))
        if unit is not None:
            node.setUnits(unit)
        return node

    def reached(self, time_h: float) -> Any:
        """The condition time >= `time_h`."""
        now = self._libsbml.ASTNode(self._libsbml.AST_NAME_TIME)
        now.setName("time")
        return self._join("AST_RELATIONAL_GEQ", now, self.number(time_h, "hour"))

    def sum(self, first: Any, second: Any) -> Any:
        """The sum of two formulas."""
        return self._join("AST_PLUS", first, second)

    def _tree(self, node: Expr) -> Any:
        if node.op == "const":
            return self.number(node.value)
        if node.op == "sym":
            return self.symbol(self._ids[node.name])
        args = [self._trees[a].deepCopy() for a in node.args]
        if node.op in _SPLIT:
            larger, smaller = args if node.op == "max" else reversed(args)
            return self._choice(args[0], self._join("AST_RELATIONAL_GEQ", larger, smaller), args[1])
        if node.op == "ge":
            return self._choice(self.number(1.0), self._join("AST_RELATIONAL_GEQ", *args), self.number(0.0))
        if node.op in _GUARDED and not _is_safe(node.args[0]):
            smallest = self.number(SMALLEST_BASE)
            above = self._join("AST_RELATIONAL_GEQ", args[0], smallest)
            args[0] = self._choice(args[0], above, smallest)
        if node.op == "sqrt":
            args.insert(0, self.number(2.0))
        return self._join(_KINDS[node.op], *args)

    def _choice(self, then: Any, condition: Any, otherwise: Any) -> Any:
        return self._join("AST_FUNCTION_PIECEWISE", then, condition, otherwise)

    def _join(self, kind: str, *args: Any) -> Any:
        node = self._libsbml.ASTNode(getattr(self._libsbml, kind))
        for arg in args:
            # a tree owns its branches, and one that is used twice must be two
            node.addChild(arg.deepCopy())
        return node


_KINDS: Final[Mapping[str, str]] = {
    "neg": "AST_MINUS",
    "exp": "AST_FUNCTION_EXP",
    "log": "AST_FUNCTION_LN",
    "sqrt": "AST_FUNCTION_ROOT",
    "add": "AST_PLUS",
    "sub": "AST_MINUS",
    "mul": "AST_TIMES",
    "div": "AST_DIVIDE",
    "pow": "AST_FUNCTION_POWER",
}


def _operands(node: Expr) -> list[tuple[Expr, int]]:
    """Each operand and how often it stands in the formula."""
    times = [2 if node.op in _SPLIT or (node.op in _GUARDED and k == 0) else 1 for k in range(len(node.args))]
    return list(zip(node.args, times, strict=True))


def _is_safe(base: Expr) -> bool:
    return base.is_constant and base.value >= SMALLEST_BASE
