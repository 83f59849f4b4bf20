"""The page of the documents, made from the results and from nothing else."""

from __future__ import annotations

from typing import Any

NAMES = {
    "full": "Ataraxy, every state under error control",
    "exact": "Ataraxy, linear part exact",
    "odeint": "odeint (scipy), numba right-hand side",
    "odeint, scaled": "odeint, absolute tolerances as ours",
    "odeint with Jacobian": "odeint, analytic Jacobian given",
    "numbalsoda": "numbalsoda (LSODA in C++), same right-hand side",
}

INTRODUCTION = """# Benchmark

Made by `make bench` from `bench/results/latest.json`; not edited by hand.

**Quote the ratios, not the rates.** The machine is shared and noisy: rates on it move by a factor of up to two from
one run to the next. Ratios are taken within each round, in which every engine runs once; shown are the median and, in
brackets, the lowest and the highest round. They are of time by the clock; on one core the median ratio of processor
time stands beside, which other work on the machine disturbs less. Where the two differ much, the machine was not quiet.

An error is the largest, over people, times and outputs, of |y - reference| / max(|reference|, 0.001 of that person's
highest value of that output). Each engine got the loosest of the tolerances 10, 5, 2 x 10^-k that keeps this error to
the class it stands in. Our engine is held to that on all its people, the slower ones on the fewer that they are given.
"""

METHOD = """## How it is measured

* **Workloads.** model24: made up, for stiffness. simons-2022: a published kinetic model, linear throughout.
  effects-once and effects-six: the same with receptor, circuit, plasticity and what the drug does while it is there,
  in people who differ in all of it; four of its 34 states are not linear, and its path has kinks where glutamate, its
  drive and its adaptation go through zero. Our kernel ends a step at a kink that matters ([the engine](engine.md));
  the others do not see one coming, and take the small steps that it needs.
* **Reference.** Our kernel on every state at a relative tolerance of {rtol}. In this run it lay within
  {differences}
  of scipy's LSODA at {scipy_rtol}, which shares nothing with it but the model and the doses.
* **Right-hand side of the others.** The same expression graph, printed as straight-line Python with common terms
  shared, compiled by numba without fastmath. Terms of parameters alone are computed once for each person beforehand.
  Every solver is restarted where an input begins or ends, as ours is. LSODA forms its Jacobian from differences,
  except in the row that says so. Absolute tolerances: 0.001 of the relative one for every state, except in the row
  that says so.
* **Clock.** Ours: the whole call of `solve`, the ordering of doses included. The others: without the preparation of
  their stretches and, for two cores, without starting their processes. numbalsoda's loop over people is compiled; that
  of odeint is Python, as odeint cannot be called from compiled code. A good part of odeint's time is these calls, and
  those of the right-hand side through Python: it is the yardstick because everybody has it, not because it is the
  fastest. numbalsoda shows what LSODA does without them.
* **Many people.** A process of its own: counter-based random numbers, chunks of {chunk} people, one quantile histogram
  per time and output. Peak memory is that of the process. The error is the largest over all of these people, each
  compared with the same kernel at a relative tolerance of 1e-7.
* **Start-up.** Fresh processes; from the model's description to a kernel that can be called, import of the compiler
  included, import of numpy and scipy not. "Whole process" has everything.

## What this does not show

One machine and four workloads. Where the model is not linear, the lead over the others shrinks with the accuracy asked
for (compare the classes), with its nonlinear share, and with fewer than eight people: eight are computed as one, so a
single person costs as much as eight. The 24-state model was chosen for stiffness: its numbers are not parameters of
ketamine. Engines in R and Julia, diffrax and GPUs are not measured here.

## To run it again

    make bench

or, for more rounds, `.venv/bin/python bench/run.py --rounds 5 --date 2026-11-23`. It takes some minutes; leave the
machine alone for that time. numbalsoda is compared with where it is installed: it is no dependency, because it is
built from source with gfortran and cmake (`.venv/bin/python -m pip install --no-deps numbalsoda`).
"""


def write_page(result: dict[str, Any]) -> str:
    """Markdown."""
    parts = [INTRODUCTION, _circumstances(result), _targets(result)]
    for name, workload in result["workloads"].items():
        parts += [_ratios(name, workload), _rates(name, workload)]
    parts += [_many(result), _startup(result["startup"])]
    references = [w["reference"] for w in result["workloads"].values()]
    parts.append(
        METHOD.format(
            rtol=_power(references[0]["rtol"]),
            scipy_rtol=_power(references[0]["scipy_rtol"]),
            differences=" and ".join(
                f"{_power(r['largest_difference'])} ({name}, {r['people_checked']} people)"
                for name, r in zip(result["workloads"], references, strict=True)
            ),
            chunk=max(m["chunk"] for m in result["many_people"].values()),
        )
    )
    return "\n".join(parts)


def _circumstances(result: dict[str, Any]) -> str:
    m, v = result["machine"], result["versions"]
    packages = ", ".join(f"{name} {number}" for name, number in v.items())
    note = f" {result['note']}." if result["note"] else ""
    return (
        f"Date: {result['date']}. Commit: {result['commit']}. Rounds: {result['rounds']}.{note}\n"
        f"Machine: {m['processor']} (code for {m['code_for']}), {m['cores']} cores, {m['memory_gib']} GiB, "
        f"{m['system']}, Python {m['python']}. {packages}.\n"
    )


def _targets(result: dict[str, Any]) -> str:
    lines = [
        f"| {t['what']} | {t['text']} | {'yes' if t['reached'] else '**no**'} |" for t in result["targets"]
    ]
    return _table("## What was to be reached", ("what", "median found", "reached"), "llc", lines)


def _ratios(name: str, workload: dict[str, Any]) -> str:
    lines = [_ratio_line(r) for r in workload["ratios"]]
    title = f"## {name}: how many times as fast\n\n{workload['title']}."
    head = ("error at most", "cores", "ours", "other", "ratio", "of processor time", "errors")
    return _table(title, head, "rrllrrl", lines)


def _ratio_line(r: dict[str, Any]) -> str:
    pair = f"{_power(r['error_class'])} | {r['cores']} | {r['engine']} | {NAMES[r['other']]}"
    errors = " / ".join(_power(e) for e in r["max_errors"])
    return f"| {pair} | {_range(r['ratio'], '.0f')} | {_median(r['processor_ratio'])} | {errors} |"


def _rates(name: str, workload: dict[str, Any]) -> str:
    lines = [
        f"| {NAMES[r['engine']]} | {r['cores']} | {_tolerance(workload, r)} | {_power(r['max_error'])} | {r['people']} "
        f"| {_range(r['people_per_s'], '.0f')} |"
        for r in sorted(
            workload["rows"], key=lambda r: (list(NAMES).index(r["engine"]), r["cores"], -r["rtol"])
        )
    ]
    head = ("engine", "cores", "rtol", "largest error", "people", "people/s")
    return _table(f"### {name}: rates on this machine", head, "lrrrrr", lines)


def _many(result: dict[str, Any]) -> str:
    head = ("model", "people", "rtol", "seconds", "whole process, seconds", "peak memory", "largest error")
    lines = [
        f"| {name} | {m['people']:,} | {_power(m['rtol'])} | {_range(m['seconds'], '.1f')} "
        f"| {_range(m['whole_process_seconds'], '.1f')} | {m['peak_bytes'] / 2**20:.0f} MiB "
        f"| {_power(m['max_error'])} |"
        for name, m in result["many_people"].items()
    ]
    cores = {m["cores"] for m in result["many_people"].values()}
    title = (
        "## Many people\n\n"
        f"Linear part exact, {max(cores)} cores, quantiles of every output at every time; the error is the largest "
        "over all people. The whole process has imports in it."
    )
    return _table(title, head, "lrrrrrr", lines)


def _startup(startup: dict[str, Any]) -> str:
    lines = [
        f"| {name} | {_range(s['seconds'], '.2f')} | {_range(s['whole_process_seconds'], '.2f')} |"
        for name, s in startup.items()
    ]
    return _table("## Start-up, 24-state model", ("what", "seconds", "whole process, seconds"), "lrr", lines)


def _tolerance(workload: dict[str, Any], row: dict[str, Any]) -> str:
    return "any" if workload["linear"] and row["engine"] == "exact" else _power(row["rtol"])


def _power(number: float) -> str:
    """Two digits and a power of ten, without what is not needed: 3.4e-6, 1e-5."""
    digits, exponent = f"{number:.1e}".split("e")
    return f"{digits.removesuffix('.0')}e{int(exponent)}"


def _median(s: dict[str, Any] | None) -> str:
    return "" if s is None else f"{s['median']:.0f}"


def _range(s: dict[str, Any], form: str) -> str:
    return f"{s['median']:{form}} ({s['lowest']:{form}} to {s['highest']:{form}})"


def _table(title: str, head: tuple[str, ...], sides: str, lines: list[str]) -> str:
    rule = {"l": ":--", "r": "--:", "c": ":-:"}
    return "\n".join(
        [title, "", f"| {' | '.join(head)} |", f"| {' | '.join(rule[s] for s in sides)} |", *lines, ""]
    )
