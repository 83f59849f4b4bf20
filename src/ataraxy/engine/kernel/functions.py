"""Exponential and logarithm of a vector of doubles, printed as LLVM IR.

Own code, because the library functions of the platform are scalar and differ between platforms. Both are accurate to
about two units in the last place over the range that they accept (a test compares with numpy). Beyond it, what would
be infinite is infinite, and what would be nearly nothing is held at the edge.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial

from ataraxy.engine.expression import SMALLEST_BASE
from ataraxy.engine.kernel.ir import INT_VECTOR, LANES, MASK, VECTOR, Function

_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")
_LN2_LOW = 1.9082149292705877e-10  # ln 2 - _LN2_HIGH, by 40-digit arithmetic
DECLARATIONS = "".join(
    f"declare {VECTOR} @llvm.{name}.v{LANES}f64({', '.join([VECTOR] * count)})\n"
    for name, count in (("fma", 3), ("rint", 1), ("fabs", 1), ("sqrt", 1), ("maxnum", 2), ("minnum", 2))
) + (
    f"declare double @llvm.vector.reduce.fmax.v{LANES}f64({VECTOR})\n"
    f"declare double @llvm.vector.reduce.fmin.v{LANES}f64({VECTOR})\n"
    f"declare i1 @llvm.vector.reduce.or.v{LANES}i1({MASK})\n"
    "declare double @llvm.floor.f64(double)\n"
    "declare i64 @llvm.ctlz.i64(i64, i1)\n"
)


def exp_ir() -> str:
    """`vexp`: e to the power of each lane; infinite above 709, never less than e to the power of -708."""
    f = Function("vexp", ((VECTOR, "a"),), VECTOR, "nounwind readnone")
    v = partial(f.value, type_=VECTOR)
    a = f.call(VECTOR, f"llvm.minnum.v{LANES}f64", f.args["a"], v(709.0))
    a = f.call(VECTOR, f"llvm.maxnum.v{LANES}f64", a, v(-708.0))
    n = f.call(VECTOR, f"llvm.rint.v{LANES}f64", a * (1.0 / math.log(2.0)))
    r = f.call(VECTOR, f"llvm.fma.v{LANES}f64", -n, v(_LN2_HIGH), a)
    r = f.call(VECTOR, f"llvm.fma.v{LANES}f64", -n, v(_LN2_LOW), r)
    p = v(1.0 / math.factorial(13))
    for k in range(12, -1, -1):
        p = f.call(VECTOR, f"llvm.fma.v{LANES}f64", p, r, v(1.0 / math.factorial(k)))
    scale = f.shift("shl", f.cast(n, "fptosi", INT_VECTOR), 52)
    result = f.cast(f.cast(p, "bitcast", INT_VECTOR) + scale, "bitcast", VECTOR)
    result = f.select(f.args["a"].gt(709.0), v(math.inf), result)
    nan = f.either_lost(f.args["a"], f.args["a"])
    return f.text(returns=f.select(nan, f.args["a"], result))


def log_ir() -> str:
    """`vlog`: natural logarithm of each lane; arguments below 1e-300 give the value there, infinity gives itself."""
    f = Function("vlog", ((VECTOR, "a"),), VECTOR, "nounwind readnone")
    v = partial(f.value, type_=VECTOR)
    a = f.call(VECTOR, f"llvm.maxnum.v{LANES}f64", f.args["a"], v(SMALLEST_BASE))
    bits = f.cast(a, "bitcast", INT_VECTOR)
    e = f.shift("ashr", bits - _SQRT_HALF_BITS, 52)
    m = f.cast(bits - f.shift("shl", e, 52), "bitcast", VECTOR)
    ef = f.cast(e, "sitofp", VECTOR)
    t = (m - 1.0) / (m + 1.0)
    t2 = t * t
    p = v(float(Fraction(2, 23)))
    for k in range(21, 1, -2):
        p = f.call(VECTOR, f"llvm.fma.v{LANES}f64", p, t2, v(float(Fraction(2, k))))
    small = f.call(VECTOR, f"llvm.fma.v{LANES}f64", p * t2, t, ef * _LN2_LOW)
    result = f.call(VECTOR, f"llvm.fma.v{LANES}f64", ef, v(_LN2_HIGH), small + t * 2.0)
    # neither infinity nor NaN is less than infinity
    return f.text(returns=f.select(f.args["a"].lt(math.inf), result, f.args["a"]))
