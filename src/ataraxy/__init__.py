"""Ataraxy: an open system for ketamine therapy of anxiety in a controlled setting.

Three lines take a protocol to a figure::

    protocol = ataraxy.load_protocol("PROTOCOL.yaml")
    result = ataraxy.simulate(protocol, people=1000, seed=1)
    ataraxy.plot(result)

Attributes load on first use, so that importing the package stays fast. Belongs here: the few names of the
public API. Does not belong here: any code of its own.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["load_protocol", "simulate", "plot", "__version__"]

_HOMES = {
    "load_protocol": "ataraxy.exchange.protocol_file",
    "simulate": "ataraxy.pharmacology.simulate",
    "plot": "ataraxy.reports.figures",
}


def __getattr__(name: str) -> Any:
    value: Any
    if name == "__version__":
        value = import_module("importlib.metadata").version("ataraxy")
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
