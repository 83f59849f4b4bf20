"""`ataraxy clinic simulate`, `report`, `demo`: a clinic of simulated people, and what a clinic's courses came to."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ataraxy.cli.clinic import needs_clinic
from ataraxy.cli.options import JsonOption
from ataraxy.cli.record import DATABASE, MASTER_KEY

if TYPE_CHECKING:
    from ataraxy.practice.course_report import ClinicReport

Weeks = Annotated[int, typer.Option(help="How many weeks are simulated.")]
Patients = Annotated[int, typer.Option(help="How many people are referred.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same history.")]


def simulate_command(
    database: Annotated[
        str,
        typer.Option("--db", envvar=DATABASE, help="Where no record is yet: SQLite file or postgresql://..."),
    ],
    weeks: Weeks = 12,
    patients: Patients = 200,
    seed: Seed = 1,
    key: Annotated[
        Path | None,
        typer.Option("--key", envvar=MASTER_KEY, help="Master-key file; made where there is none."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fill a new record with simulated people, by the commands that a real clinic uses."""
    from ataraxy.practice.projections import clinic_projections
    from ataraxy.practice.virtual.clinic import check_size, simulate_clinic
    from ataraxy.record.keys import KeyRing
    from ataraxy.record.master_key import new_master_key, read_master_key
    from ataraxy.record.store import Record

    check_size(weeks, patients, seed)
    path = key or Path(f"{database}.key" if "://" not in database else "virtual-clinic.key")

    def tell(words: str) -> None:
        if not as_json:
            print(words, file=sys.stderr, flush=True)

    with nullcontext(read_master_key(path)) if path.exists() else new_master_key(path) as master:
        made = Record.create(database, projections=clinic_projections(), keys=KeyRing(master))
    with made as record:
        done = simulate_clinic(record, weeks=weeks, patients=patients, seed=seed, tell=tell)
    if as_json:
        document = {
            "schema": "ataraxy.clinic-simulation/1",
            "patients": done.patients,
            "weeks": weeks,
            "seed": seed,
            "entries": done.entries,
            "ends_at": done.ends_at.isoformat(),
            "simulated": True,
        }
        typer.echo(json.dumps(document, indent=2))
        return
    typer.echo(f"{done.patients:,} simulated people in {weeks} weeks: {done.entries:,} entries.")
    typer.echo(f"Master key: {path}. See what they came to: ataraxy clinic report {database}")


def report_command(
    database: Annotated[
        str, typer.Argument(metavar="DATABASE", envvar=DATABASE, help="SQLite file, or postgresql://...")
    ],
    as_json: JsonOption = False,
) -> None:
    """Say what a clinic's courses came to: gates, sessions, scores, time to relief, adverse events."""
    from ataraxy.practice.course_report import as_json as to_json
    from ataraxy.practice.course_report import clinic_report
    from ataraxy.practice.practice import Practice
    from ataraxy.practice.projections import clinic_projections
    from ataraxy.record.store import Record

    with Record.open(database, projections=clinic_projections()) as record:
        report = clinic_report(Practice(record))
    if as_json:
        typer.echo(json.dumps(to_json(report), indent=2))
    else:
        _print(report)


@needs_clinic
def demo_command(
    directory: Annotated[Path, typer.Argument(help="Where the demo clinic is made anew.")] = Path(
        "out/clinic"
    ),
    weeks: Weeks = 13,
    patients: Patients = 40,
    seed: Seed = 1,
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    serve: Annotated[bool, typer.Option(help="Serve it; otherwise it is only made.")] = True,
) -> None:
    """Make a clinic in which everybody is simulated, one session going on, and serve it on this machine."""
    from ataraxy.clinic.demo import create_demo
    from ataraxy.clinic.serve import serve as serve_clinic

    demo = create_demo(
        directory, patients=patients, weeks=weeks, seed=seed, tell=lambda w: typer.echo(w, err=True)
    )
    typer.echo(f"{demo.people} simulated people, {demo.entries:,} entries. Nobody in this clinic is real.")
    typer.echo("")
    width = max(len(one.role) for one in demo.sign_ins)
    typer.echo(f"{'Role':<{width}}  {'Sign-in':<18} Password")
    for one in demo.sign_ins:
        typer.echo(f"{one.role:<{width}}  {one.name:<18} {one.password}")
    typer.echo("")
    if not serve:
        return
    typer.echo(
        f"Open http://localhost:{port}/   A session is going on: http://localhost:{port}/session/{demo.session}/"
    )
    typer.echo("Control-C ends it.")
    sys.stdout.flush()
    serve_clinic(demo.home, host="127.0.0.1", port=port)


def _print(report: ClinicReport) -> None:
    if report.simulated_courses:
        all_of_them = report.simulated_courses == sum(report.courses.values())
        typer.echo(
            "All people are simulated."
            if all_of_them
            else f"{report.simulated_courses} courses are simulated."
        )
    typer.echo(f"People referred: {report.people}")
    _table("Courses", report.courses)
    left = sum(report.dropouts.values())
    _table(
        f"Ended before completion, after a dose: {left} of {report.treated} courses",
        {
            **report.dropouts,
            **{
                f"after {n} dose{'s' if n > 1 else ''}": count
                for n, count in report.dropouts_by_doses.items()
            },
        },
    )
    _table("Answers of the gate", report.decisions)
    _table("Rules that stood in the way (answers)", dict(list(report.deciding.items())[:10]))
    _table("Sessions", {**report.sessions, "in which a dose was given": report.dosed})
    typer.echo(f"Near misses in preparation: {report.near_misses}")
    doses = max(report.dosed, 1)
    _table(
        "Adverse events (per 100 sessions with a dose)",
        {
            f"{term}, grade {grade}": f"{count}  ({100 * count / doses:.1f})"
            for (term, grade), count in report.adverse_events.items()
        },
    )
    typer.echo(f"Serious: {report.serious}")
    _table("Alerts", {**report.alerts, "climbed because nobody answered": report.climbed})
    if report.scales:
        typer.echo("Scores, before the first dose and last, of the same people:")
    for s in report.scales:
        parts = [f"{s.courses} people, median {s.before:.3g} to {s.after:.3g}"]
        if s.responded is not None:
            parts.append(f"responded {s.responded}")
        if s.remitted is not None:
            parts.append(f"in remission {s.remitted}")
        if s.relieved is not None and s.relief_h is not None:
            parts.append(
                f"a response at some time {s.relieved}, first seen after {s.relief_h:.0f} h (median)"
            )
        typer.echo(f"  {s.instrument}: {'; '.join(parts)}")
    typer.echo("Counts of a clinic without a control group: they show no effect of the drug.")


def _table(title: str, rows: Mapping[str, object]) -> None:
    typer.echo(f"{title}:")
    for name, value in rows.items():
        typer.echo(f"  {str(name).replace('_', ' ')}: {value}")


def add_to(app: typer.Typer) -> None:
    """Add the commands to `ataraxy clinic`."""
    app.command("simulate")(simulate_command)
    app.command("report")(report_command)
    app.command("demo")(demo_command)
