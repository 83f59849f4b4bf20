"""What a model is: named states, parameters, derivatives and outputs. How it is run is somewhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ataraxy.engine.expression import ZERO, Expr, Operand, as_expr, symbol, to_listing
from ataraxy.errors import ModelError


@dataclass(frozen=True, slots=True)
class State:
    """One quantity that changes in time.

    Attributes:
        name: unique among states and parameters.
        unit: of its amount.
        initial: value at the start, a function of parameters only.
        scale: its usual magnitude, in its unit; errors below the relative tolerance times a millionth of this are never
            looked at.
    """

    name: str
    unit: str
    initial: Expr
    scale: float


@dataclass(frozen=True, eq=False)
class Model:
    """A system of ordinary differential equations with named parts. Made by `ModelBuilder`."""

    name: str
    states: tuple[State, ...]
    parameters: tuple[str, ...]
    derivatives: Mapping[str, Expr]
    outputs: Mapping[str, Expr]

    @property
    def state_names(self) -> tuple[str, ...]:
        return tuple(s.name for s in self.states)

    def state_index(self, name: str) -> int:
        """Column of state `name`. Raises ModelError where there is none."""
        try:
            return self.state_names.index(name)
        except ValueError:
            raise ModelError(
                f"model {self.name} has no state {name!r}",
                code="model.unknown-state",
                remedy=f"Its states are {', '.join(self.state_names)}",
            ) from None

    def fingerprint(self) -> str:
        """SHA-256 of the equations: equal for equal models, whatever process built them."""
        names = [self.name, *self.parameters, *self.outputs]
        names += [f"{s.name}|{s.unit}|{s.scale!r}" for s in self.states]
        terms = [self.derivatives[s.name] for s in self.states]
        terms += [s.initial for s in self.states] + list(self.outputs.values())
        sizes = f"{len(self.parameters)} {len(self.outputs)} {len(self.states)}"
        parts = [sizes, *(repr(name) for name in names), *to_listing(terms)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class ModelBuilder:
    """Collects the parts of a model in the order in which a reader would write them down."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._parameters: list[str] = []
        self._states: dict[str, State] = {}
        self._derivatives: dict[str, Expr] = {}
        self._outputs: dict[str, Expr] = {}

    def parameters(self, *names: str) -> tuple[Expr, ...]:
        """Declares parameters and returns their symbols."""
        for name in names:
            self._claim(name)
            self._parameters.append(name)
        return tuple(symbol(name) for name in names)

    def parameter(self, name: str) -> Expr:
        """Declares one parameter and returns its symbol."""
        return self.parameters(name)[0]

    def state(self, name: str, *, unit: str = "mg", initial: Operand = 0.0, scale: float = 1.0) -> Expr:
        """Declares a state and returns its symbol."""
        self._claim(name)
        self._states[name] = State(name, unit, as_expr(initial), float(scale))
        self._derivatives[name] = ZERO
        return symbol(name)

    def rate(self, state: Expr, rate: Operand) -> None:
        """Adds `rate` (unit of the state per hour) to the derivative of `state`."""
        self._derivatives[self._state_name(state)] += as_expr(rate)

    def flow(self, source: Expr | None, target: Expr | None, rate: Operand) -> None:
        """Moves `rate` per hour from `source` to `target`; None is the outside."""
        if source is not None:
            self._derivatives[self._state_name(source)] -= as_expr(rate)
        if target is not None:
            self._derivatives[self._state_name(target)] += as_expr(rate)

    def output(self, name: str, value: Operand) -> None:
        """Names something to be reported."""
        if name in self._outputs:
            raise self._problem(f"output {name!r} is declared twice")
        self._outputs[name] = as_expr(value)

    def build(self) -> Model:
        """The finished model. Raises ModelError where a symbol is undeclared."""
        known = set(self._states) | set(self._parameters)
        for what, terms in (("derivative of", self._derivatives), ("output", self._outputs)):
            for name, value in terms.items():
                unknown = value.symbols - known
                if unknown:
                    raise self._problem(f"{what} {name!r} uses undeclared {', '.join(sorted(unknown))}")
        for state in self._states.values():
            moving = state.initial.symbols - set(self._parameters)
            if moving:
                raise self._problem(f"initial value of {state.name!r} uses {', '.join(sorted(moving))}")
            if not state.scale > 0.0:
                raise self._problem(f"scale of {state.name!r} is {state.scale}, not above zero")
        return Model(
            self.name,
            tuple(self._states.values()),
            tuple(self._parameters),
            MappingProxyType(dict(self._derivatives)),
            MappingProxyType(dict(self._outputs)),
        )

    def _claim(self, name: str) -> None:
        if not name.isidentifier():
            raise self._problem(f"{name!r} is not a name")
        if name in self._states or name in self._parameters:
            raise self._problem(f"{name!r} is declared twice")

    def _state_name(self, state: Expr) -> str:
        if state.op != "sym" or state.name not in self._states:
            raise self._problem(f"{state!r} is not a state")
        return state.name

    def _problem(self, message: str) -> ModelError:
        return ModelError(
            f"model {self.name}: {message}", code="model.malformed", remedy="Correct the model's description"
        )
