"""`ataraxy models`: the kinetic models, what they can do and what is missing in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from ataraxy.cli.options import JsonOption

if TYPE_CHECKING:
    from ataraxy.pharmacology.kinetics import KineticModel


def models_command(as_json: JsonOption = False) -> None:
    """List the kinetic models with site, population, routes, sources and gaps."""
    from ataraxy.pharmacology.kinetics import list_models

    found = list_models()
    if as_json:
        typer.echo(
            json.dumps({"schema": "ataraxy.models/1", "models": [describe(m) for m in found]}, indent=1)
        )
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for m in found:
        table = Table(
            show_header=False, title=f"{m.name}: {m.title}", title_justify="left", box=None, pad_edge=False
        )
        table.add_column(style="bold", no_wrap=True)
        table.add_column()
        table.add_row("site", m.site)
        table.add_row("analytes", ", ".join(m.analytes))
        table.add_row("population", m.population)
        for route, support in m.routes.items():
            table.add_row(f"{route.label}", f"{support.status.value}: {support.note}")
        for source in m.sources:
            table.add_row("source", source)
        for gap in m.gaps:
            table.add_row("gap", gap)
        console.print(table)
        console.print()


def describe(model: KineticModel) -> dict[str, Any]:
    """One model in plain JSON values, parameters included."""
    return {
        "name": model.name,
        "title": model.title,
        "site": model.site,
        "analytes": list(model.analytes),
        "population": model.population,
        "routes": [
            {"route": route.value, "status": support.status.value, "note": support.note}
            for route, support in model.routes.items()
        ],
        "studied": {
            "routes": [route.value for route in model.studied.routes],
            "weight_kg": model.studied.weight_kg,
            "age_y": model.studied.age_y,
            "dose_mg_of_one_enantiomer": {r.value: limits for r, limits in model.studied.dose_mg.items()},
        },
        "sources": list(model.sources),
        "gaps": list(model.gaps),
        "parameters": [model.parameters[name].to_json() for name in model.parameters],
        "sha256": model.sha256(),
    }
