"""`ataraxy protocols`: the protocols that are shipped."""

from __future__ import annotations

import json

import typer

from ataraxy.cli.options import JsonOption


def protocols_command(as_json: JsonOption = False) -> None:
    """List the shipped protocols with their sources."""
    from ataraxy.exchange.protocol_file import load_protocol, shipped_protocols

    loaded = [load_protocol(name) for name in shipped_protocols()]
    if as_json:
        rows = [
            {
                "name": p.name,
                "title": p.title,
                "drug": p.drug.value,
                "dose": p.dose,
                "sessions": len(p.sessions),
                "source": p.source.model_dump(mode="json"),
                "sha256": p.protocol_hash,
            }
            for p in loaded
        ]
        typer.echo(json.dumps({"schema": "ataraxy.protocols/1", "protocols": rows}, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("protocol", "what is given", "sessions", "source", title="Shipped protocols")
    for p in loaded:
        table.add_row(p.name, f"{p.drug.label}, {p.dose}", str(len(p.sessions)), p.source.citation)
    Console().print(table)
