"""`ataraxy sbml`: a protocol in one typical person as an SBML file, for other simulators."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ataraxy.cli.options import JsonOption


def sbml_command(
    protocol: Annotated[str, typer.Argument(help="A protocol file, or the name of a shipped one.")],
    out: Annotated[Path, typer.Option(help="The SBML file to write.")],
    model: Annotated[str, typer.Option(help="Kinetic model; see `ataraxy models`.")] = "otto-2021",
    weight_kg: Annotated[float, typer.Option(help="Weight of the person.")] = 70.0,
    age_y: Annotated[float, typer.Option(help="Age of the person.")] = 45.0,
    as_json: JsonOption = False,
) -> None:
    """Write a kinetic model with a protocol's doses as SBML Level 3 Version 2. Needs the extra `exchange`."""
    from ataraxy.exchange.protocol_file import load_protocol
    from ataraxy.exchange.sbml import write_sbml
    from ataraxy.exchange.sbml_kinetics import kinetic_notes, kinetic_units
    from ataraxy.pharmacology.kinetics import enantiomers_of, get_model
    from ataraxy.pharmacology.population import People

    loaded = load_protocol(protocol)
    kinetic = get_model(model)
    kinetic.require_routes(loaded.routes)
    description = kinetic.build(enantiomers_of([loaded.drug]), loaded.routes)
    # the kinetic models do not read the sex, but a person has one; adults alone are accepted
    individual = kinetic.typical(People.of(age_y=age_y, sex="female", weight_kg=weight_kg))
    doses = kinetic.doses(loaded.planned_doses(), individual)
    write_sbml(
        out,
        description,
        individual.matrix(description)[0],
        doses,
        units=kinetic_units(kinetic, description),
        notes=kinetic_notes(kinetic),
    )
    if as_json:
        typer.echo(
            json.dumps(
                {"schema": "ataraxy.sbml/1", "model": model, "protocol": loaded.name, "file": str(out)}
            )
        )
    else:
        typer.echo(f"SBML: {out}")
