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

from collections.abc import Sequence
from dataclasses import dataclass

from ataraxy.engine.kernel.controlled_driver import print_controlled_driver
from ataraxy.engine.kernel.exact_part import print_exact_part, print_ladder, print_signals
from ataraxy.engine.kernel.functions import DECLARATIONS, exp_ir, log_ir
from ataraxy.engine.kernel.ir import VECTOR_BYTES, Function, Value
from ataraxy.engine.kernel.layout import Layout, make_layout
from ataraxy.engine.kernel.linear_driver import print_linear_driver
from ataraxy.engine.kernel.rosenbrock_step import print_rosenbrock
from ataraxy.engine.kernel.switching import print_switching
from ataraxy.engine.kernel.terms import Hoist, Terms, print_precompute
from ataraxy.engine.model import Model


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


def print_program(model: Model, channels: Sequence[str], *, exact: bool) -> Program:
    """The module for `model` with doses into the states `channels`."""
    layout = make_layout(model, channels, exact=exact)
    hoist = Hoist(model.parameters)
    functions: list[str] = []
    if layout.width:
        functions += print_exact_part(layout, hoist)
    if layout.n_controlled:
        functions += print_rosenbrock(layout, hoist)
        if layout.switches:
            functions += print_switching(layout, hoist)
    functions.append(_print_outputs(layout, hoist))
    if layout.width:
        functions += print_ladder(layout)
    if layout.kind == "hybrid":
        functions += print_signals(layout, hoist)
    driver = print_linear_driver(layout) if layout.kind == "linear" else print_controlled_driver(layout)
    precompute = print_precompute(hoist, model.parameters)
    return Program(
        ir="\n".join([DECLARATIONS, exp_ir(), log_ir(), *functions, precompute, driver]),
        kind=layout.kind,
        channels=layout.channels,
        scratch_bytes=(layout.at.hoisted + len(hoist)) * VECTOR_BYTES,
        controlled=tuple(model.state_index(name) for name in layout.split.nonlinear),
    )


def _print_outputs(layout: Layout, hoist: Hoist) -> str:
    """`outputs`: the model's outputs at the states x and z."""
    f = Function("outputs", (("ptr", "q"), ("ptr", "x"), ("ptr", "z"), ("ptr", "out")), attributes="nounwind")
    used = frozenset[str]().union(*(e.symbols for e in layout.model.outputs.values()))
    known: dict[str, Value] = {}
    for part, names in (("x", layout.split.linear), ("z", layout.split.nonlinear)):
        for i, name in enumerate(names):
            if name in used:
                known[name] = f.load(f.args[part], i)
    terms = Terms(f, hoist, f.args["q"], known)
    for k, value in enumerate(layout.model.outputs.values()):
        f.store(terms(value), f.args["out"], k)
    return f.text()
