"""What was to be reached, and whether it was."""

from __future__ import annotations

from typing import Any

from bench.measure import MAIN_ERROR

LEAST_FULL = 60.0
LEAST_EXACT = 170.0
MOST_MANY_S = 20.0
MOST_MANY_BYTES = 2**30
MANY_ERROR = 1e-3
MOST_COLD_S = 3.0
MOST_CACHED_S = 0.3
MOST_IMPORT_S = 0.5


def judge(result: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry for each target: what, limit, median found, text, reached."""
    startup = result["startup"]
    found = [
        _ratio(result, name, engine, least)
        for name in ("model24", "effects-once", "effects-six")
        for engine, least in (("full", LEAST_FULL), ("exact", LEAST_EXACT))
    ]
    for name, many in result["many_people"].items():
        found += [
            _entry(
                f"{name}, {many['people']:,} people at an error below 1e-3, 2 cores",
                MOST_MANY_S,
                many["seconds"]["median"],
                "s",
                many["max_error"] <= MANY_ERROR,
            ),
            _entry(
                "peak memory of that",
                MOST_MANY_BYTES / 2**20,
                many["peak_bytes"] / 2**20,
                "MiB",
            ),
        ]
    for what, limit in (("cold", MOST_COLD_S), ("cached", MOST_CACHED_S)):
        for kind in ("full", "exact"):
            seconds = startup[f"{what}, {kind}"]["seconds"]["median"]
            label = "cold compile" if what == "cold" else "kernel from the cache"
            found.append(_entry(f"{label}, {kind}", limit, seconds, "s"))
    found.append(_entry("import ataraxy", MOST_IMPORT_S, startup["import"]["seconds"]["median"], "s"))
    return found


def _ratio(result: dict[str, Any], name: str, engine: str, least: float) -> dict[str, Any]:
    what = f"{name}, {engine} over odeint, one core, error at most 1e-5"
    ratios = result["workloads"][name]["ratios"]
    row = next(
        (
            r
            for r in ratios
            if (r["engine"], r["other"], r["error_class"], r["cores"]) == (engine, "odeint", MAIN_ERROR, 1)
        ),
        None,
    )
    if row is None:
        return {"what": what, "limit": least, "found": None, "text": "not measured", "reached": False}
    found = row["ratio"]["median"]
    by_processor = row["processor_ratio"]
    beside = f" ({by_processor['median']:.0f} of processor time)" if by_processor else ""
    return {
        "what": what,
        "limit": least,
        "found": found,
        "text": f"{found:.0f} times{beside}, at least {least:.0f} wanted",
        "reached": bool(found >= least and max(row["max_errors"]) <= MAIN_ERROR),
    }


def _entry(what: str, most: float, found: float, unit: str, fine: bool = True) -> dict[str, Any]:
    return {
        "what": what,
        "limit": most,
        "found": found,
        "text": f"{found:.3g} {unit}, less than {most:.4g} {unit} wanted",
        "reached": bool(found < most and fine),
    }
