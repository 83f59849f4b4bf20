"""A pen for LLVM IR: typed values with operators, loops and branches, printed as text.

Text, because printing it is several times faster than building instruction objects, and a kernel has thousands of
instructions. Mutable variables are stack slots; LLVM turns them into registers.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

LANES: Final = 8  # people per vector, the same on every machine: results must not depend on the processor
VECTOR: Final = f"<{LANES} x double>"
INT_VECTOR: Final = f"<{LANES} x i64>"
MASK: Final = f"<{LANES} x i1>"
VECTOR_BYTES: Final = 8 * LANES

# `contract` lets a product and a sum become one fused operation, lane by lane alike; nothing else is relaxed,
# so that infinities and NaN keep their meaning and sums keep their order.
_FLOAT_OPS: Final = {"+": "fadd contract", "-": "fsub contract", "*": "fmul contract", "/": "fdiv"}
_INT_OPS: Final = {"+": "add", "-": "sub", "*": "mul"}


def literal(value: float | int, type_: str) -> str:
    """`value` as an LLVM constant of the type."""
    if type_ == "i64":
        return str(int(value))
    if type_ == "double":
        return "0x" + struct.pack(">d", float(value)).hex().upper()
    if type_ == VECTOR:
        return "<" + ", ".join([f"double {literal(value, 'double')}"] * LANES) + ">"
    if type_ == INT_VECTOR:
        return "<" + ", ".join([f"i64 {int(value)}"] * LANES) + ">"
    raise AssertionError(type_)


class Value:
    """A name in the IR with its type; arithmetic prints instructions."""

    __slots__ = ("fn", "ref", "type")

    def __init__(self, fn: Function, ref: str, type_: str) -> None:
        self.fn, self.ref, self.type = fn, ref, type_

    def _other(self, other: Value | float | int) -> str:
        return other.ref if isinstance(other, Value) else literal(other, self.type)

    def _binary(self, sign: str, left: str, right: str) -> Value:
        ops = _INT_OPS if self.type in ("i64", INT_VECTOR) else _FLOAT_OPS
        return self.fn.emit(self.type, f"{ops[sign]} {self.type} {left}, {right}")

    def __add__(self, other: Value | float | int) -> Value:
        return self._binary("+", self.ref, self._other(other))

    def __radd__(self, other: float | int) -> Value:
        return self._binary("+", self._other(other), self.ref)

    def __sub__(self, other: Value | float | int) -> Value:
        return self._binary("-", self.ref, self._other(other))

    def __rsub__(self, other: float | int) -> Value:
        return self._binary("-", self._other(other), self.ref)

    def __mul__(self, other: Value | float | int) -> Value:
        return self._binary("*", self.ref, self._other(other))

    def __rmul__(self, other: float | int) -> Value:
        return self._binary("*", self._other(other), self.ref)

    def __truediv__(self, other: Value | float | int) -> Value:
        return self._binary("/", self.ref, self._other(other))

    def __rtruediv__(self, other: float | int) -> Value:
        return self._binary("/", self._other(other), self.ref)

    def __neg__(self) -> Value:
        return self.fn.emit(self.type, f"fneg {self.type} {self.ref}")

    def _compare(self, floating: str, integer: str, other: Value | float | int) -> Value:
        word = f"icmp {integer}" if self.type in ("i64", INT_VECTOR) else f"fcmp {floating}"
        result = MASK if self.type in (VECTOR, INT_VECTOR) else "i1"
        return self.fn.emit(result, f"{word} {self.type} {self.ref}, {self._other(other)}")

    def lt(self, other: Value | float | int) -> Value:
        """Ordered less-than: false where either is NaN."""
        return self._compare("olt", "slt", other)

    def le(self, other: Value | float | int) -> Value:
        return self._compare("ole", "sle", other)

    def gt(self, other: Value | float | int) -> Value:
        return self._compare("ogt", "sgt", other)

    def ge(self, other: Value | float | int) -> Value:
        return self._compare("oge", "sge", other)

    def eq(self, other: Value | float | int) -> Value:
        return self._compare("oeq", "eq", other)

    def both(self, other: Value) -> Value:
        return self.fn.emit(self.type, f"and {self.type} {self.ref}, {other.ref}")

    def either(self, other: Value) -> Value:
        return self.fn.emit(self.type, f"or {self.type} {self.ref}, {other.ref}")


class Variable:
    """A stack slot."""

    __slots__ = ("fn", "slot", "type")

    def __init__(self, fn: Function, slot: str, type_: str) -> None:
        self.fn, self.slot, self.type = fn, slot, type_

    def get(self) -> Value:
        return self.fn.emit(self.type, f"load {self.type}, ptr {self.slot}")

    def set(self, value: Value | float | int) -> None:
        ref = value.ref if isinstance(value, Value) else literal(value, self.type)
        self.fn.line(f"store {self.type} {ref}, ptr {self.slot}")


class Function:
    """One function under construction."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[tuple[str, str]],
        result: str = "void",
        attributes: str = "",
        *,
        distinct: bool = True,
    ) -> None:
        self.name, self.arguments, self.result, self.attributes = name, arguments, result, attributes
        self.distinct = distinct  # whether no two pointer arguments reach the same memory
        self._lines: list[str] = []
        self._slots: list[str] = []
        self._count = 0
        self.args = {n: Value(self, f"%{n}", t) for t, n in arguments}

    def line(self, text: str) -> None:
        self._lines.append("  " + text)

    def emit(self, type_: str, text: str) -> Value:
        self._count += 1
        ref = f"%v{self._count}"
        self._lines.append(f"  {ref} = {text}")
        return Value(self, ref, type_)

    def value(self, number: float | int, type_: str) -> Value:
        return Value(self, literal(number, type_), type_)

    def variable(self, type_: str, initial: Value | float | int) -> Variable:
        self._count += 1
        slot = f"%s{self._count}"
        self._slots.append(f"  {slot} = alloca {type_}")
        variable = Variable(self, slot, type_)
        variable.set(initial)
        return variable

    def at(self, base: Value, index: Value | int, type_: str = VECTOR) -> Value:
        """Address of element `index` of an array of `type_` at `base`."""
        ref = index.ref if isinstance(index, Value) else str(index)
        return self.emit("ptr", f"getelementptr {type_}, ptr {base.ref}, i64 {ref}")

    def load(self, base: Value, index: Value | int, type_: str = VECTOR) -> Value:
        return self.emit(type_, f"load {type_}, ptr {self.at(base, index, type_).ref}, align 8")

    def store(self, value: Value, base: Value, index: Value | int) -> None:
        place = self.at(base, index, value.type)
        self.line(f"store {value.type} {value.ref}, ptr {place.ref}, align 8")

    def splat(self, scalar: Value) -> Value:
        """A vector with `scalar` in every lane."""
        one = self.emit(VECTOR, f"insertelement {VECTOR} poison, double {scalar.ref}, i32 0")
        return self.emit(
            VECTOR, f"shufflevector {VECTOR} {one.ref}, {VECTOR} poison, <{LANES} x i32> zeroinitializer"
        )

    def lane(self, vector: Value, lane: int) -> Value:
        return self.emit("double", f"extractelement {VECTOR} {vector.ref}, i32 {lane}")

    def call(self, result: str, name: str, *args: Value) -> Value:
        text = ", ".join(f"{a.type} {a.ref}" for a in args)
        if result == "void":
            self.line(f"call void @{name}({text})")
            return args[0] if args else Value(self, "", "void")
        return self.emit(result, f"call {result} @{name}({text})")

    def select(self, condition: Value, yes: Value, no: Value) -> Value:
        return self.emit(
            yes.type, f"select {condition.type} {condition.ref}, {yes.type} {yes.ref}, {no.type} {no.ref}"
        )

    def either_lost(self, a: Value, b: Value) -> Value:
        """Whether (per lane) one of the two is not a number."""
        return self.emit(MASK, f"fcmp uno {VECTOR} {a.ref}, {b.ref}")

    def cast(self, value: Value, operation: str, type_: str) -> Value:
        return self.emit(type_, f"{operation} {value.type} {value.ref} to {type_}")

    def shift(self, operation: str, value: Value, by: Value | int) -> Value:
        ref = by.ref if isinstance(by, Value) else literal(by, value.type)
        return self.emit(value.type, f"{operation} {value.type} {value.ref}, {ref}")

    def _new_label(self) -> str:
        self._count += 1
        return f"b{self._count}"

    def _place(self, label: str) -> None:
        self._lines.append(f"{label}:")

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Runs the body where `condition` (i1) holds."""
        inside, after = self._new_label(), self._new_label()
        self.line(f"br i1 {condition.ref}, label %{inside}, label %{after}")
        self._place(inside)
        yield
        self.line(f"br label %{after}")
        self._place(after)

    @contextmanager
    def loop(self, condition: Callable[[], Value]) -> Iterator[None]:
        """Repeats the body while `condition()` (i1) holds."""
        head, inside, after = self._new_label(), self._new_label(), self._new_label()
        self.line(f"br label %{head}")
        self._place(head)
        self.line(f"br i1 {condition().ref}, label %{inside}, label %{after}")
        self._place(inside)
        yield
        self.line(f"br label %{head}")
        self._place(after)

    def text(self, *, returns: Value | None = None, external: bool = False) -> str:
        """The finished function."""
        pointer = "ptr noalias" if self.distinct else "ptr"
        head = ", ".join(f"{pointer if t == 'ptr' else t} %{n}" for t, n in self.arguments)
        linkage = "" if external else "internal "
        end = f"ret {returns.type} {returns.ref}" if returns is not None else "ret void"
        body = "\n".join(["entry:", *self._slots, *self._lines, "  " + end])
        return f"define {linkage}{self.result} @{self.name}({head}) {self.attributes} {{\n{body}\n}}\n"
