"""`ataraxy simulate`: a protocol in virtual people, as a folder with a report and tables."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ataraxy.cli.options import JsonOption, SeedOption, WorkersOption
from ataraxy.cli.progress import progress_bar
from ataraxy.errors import InputError

if TYPE_CHECKING:
    from ataraxy.pharmacology.kinetics import KineticModel, Scenario
    from ataraxy.therapy.route import Route

USUAL_MODEL = "otto-2021"


def simulate_command(
    protocol: Annotated[str, typer.Argument(help="A protocol file, or the name of a shipped one.")],
    people: Annotated[int, typer.Option(help="Number of virtual people.")] = 1000,
    model: Annotated[
        str | None,
        typer.Option(
            help="Kinetic model of the concentrations, see `ataraxy models`; otto-2021 where not given, or the first "
            "that has the routes."
        ),
    ] = None,
    seed: SeedOption = 1,
    out: Annotated[Path | None, typer.Option(help="Folder for the report and the tables.")] = None,
    people_file: Annotated[
        Path | None, typer.Option(help="CSV of people (age_y, sex, weight_kg, ...) in place of --people.")
    ] = None,
    uncertainty_draws: Annotated[
        int, typer.Option(help="Draws of the parameters for the uncertainty of the median; 0 for none.")
    ] = 100,
    clint_factor: Annotated[
        float,
        typer.Option(help="Factor on hepatic intrinsic clearance: a CYP inhibitor (<1) or inducer (>1)."),
    ] = 1.0,
    r_factor: Annotated[
        float | None, typer.Option(help="Clearance of R over S; the model's own where not given.")
    ] = None,
    effects: Annotated[
        bool,
        typer.Option("--effects/--no-effects", help="Effects, scales and safety, or concentrations alone."),
    ] = True,
    effects_model: Annotated[
        str | None,
        typer.Option(help="Arterial kinetic model behind the effects; simons-2022 where not given."),
    ] = None,
    indication: Annotated[str, typer.Option(help="GAD, SAD, PTSD or TRD.")] = "GAD",
    instrument: Annotated[
        list[str] | None,
        typer.Option(help="A scale, such as HAM-A; may be repeated. The usual ones where not given."),
    ] = None,
    setting: Annotated[
        str,
        typer.Option(
            help="How much people improve without drug: open_label, civilian_trial, veteran_trial, "
            "routine_veteran_care or untreated."
        ),
    ] = "open_label",
    design: Annotated[
        str,
        typer.Option(
            help="What people can know: open_label, saline_controlled, midazolam_controlled or under_anaesthesia."
        ),
    ] = "open_label",
    world: Annotated[
        str, typer.Option(help="published, or null: no effect of the drug on symptoms.")
    ] = "published",
    hypothesis: Annotated[
        list[str] | None,
        typer.Option(
            help="Switch on a hypothesis that the evidence contradicts, such as bdnf_pool; may be repeated."
        ),
    ] = None,
    table: Annotated[str, typer.Option(help="Tables as parquet or csv.")] = "parquet",
    solver: Annotated[str, typer.Option(help="auto, full or reference.")] = "auto",
    workers: WorkersOption = None,
    ray: Annotated[
        bool, typer.Option("--ray", help="Run on the Ray cluster that this machine reaches.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Give a protocol to virtual people and say what follows: concentrations, effects, scores and safety.

    Effects run on arterial disposition whatever model the concentrations are from. With --out, writes report.html,
    tables of exposure, bands and effects, and simulation.json, all of them or none.
    """
    from ataraxy.cli.options import SOLVERS, TABLES, one_of, worker_count
    from ataraxy.exchange.people_file import read_people_csv
    from ataraxy.exchange.protocol_file import load_protocol
    from ataraxy.pharmacology.effects.effect_model import DEFAULT_KINETICS, EffectModel
    from ataraxy.pharmacology.kinetics import Scenario, get_model
    from ataraxy.pharmacology.simulate import simulate
    from ataraxy.trials.outlook_run import Circumstances, foresee

    where = Circumstances(
        indication, tuple(instrument or ()), setting, design, world, tuple(hypothesis or ())
    )
    if not effects and (where != Circumstances() or effects_model is not None):
        raise InputError(
            "options of effects beside --no-effects",
            code="cli.option",
            remedy="Leave them out, or leave --no-effects out",
            where="simulate",
        )
    kind = one_of("--table", table, TABLES)
    chosen = one_of("--solver", solver, SOLVERS)
    folder = None
    if out is not None:
        from ataraxy.reports.folder import ResultFolder

        folder = ResultFolder(out)  # refuses now what could not be written in the end
    loaded = load_protocol(protocol)
    behind = EffectModel.of(effects_model or DEFAULT_KINETICS).kinetics if effects else None
    scenario = Scenario(clint_factor, r_factor)
    who = people if people_file is None else read_people_csv(people_file)
    command = shlex.join(["ataraxy", *sys.argv[1:]])
    with progress_bar("people") as progress:
        result = simulate(
            loaded,
            model=model or _model_for(loaded.routes),
            people=who,
            seed=seed,
            uncertainty_draws=uncertainty_draws,
            scenario=scenario,
            solver=chosen,
            workers=worker_count(workers),
            backend="ray" if ray else "threads",
            progress=progress,
            command=command,
        )
    outlook, left_out = None, ""
    if behind is not None:
        left_out = _cannot_follow(behind, loaded.routes, scenario)
    if behind is not None and not left_out:
        with progress_bar("effects"):
            outlook = foresee(
                loaded,
                where,
                people=who,
                seed=seed,
                uncertainty_draws=uncertainty_draws,
                kinetics=behind.name,
                scenario=scenario,
                workers=worker_count(workers),
                command=command,
            )
    content = result.to_json()
    if outlook is not None:
        content["effects"] = outlook.to_json()
    elif left_out:
        content["effects_left_out"] = left_out
    text = json.dumps(content, indent=1, allow_nan=False)
    if folder is not None:
        from ataraxy.reports.document import render_simulation
        from ataraxy.reports.tables import band_columns, outlook_columns, table_bytes

        report = render_simulation(
            result, get_model(result.model), outlook=outlook, effects_left_out=left_out
        )
        folder.write(
            {
                "report.html": report.encode(),
                "simulation.json": text.encode(),
                f"exposure.{kind}": table_bytes(result.per_person, kind),
                f"bands.{kind}": table_bytes(band_columns(result), kind),
                **({f"effects.{kind}": table_bytes(outlook_columns(outlook), kind)} if outlook else {}),
            }
        )
    if as_json:
        typer.echo(text)
        return
    from ataraxy.cli.show import show_simulation
    from ataraxy.cli.show_outlook import show_outlook, show_standing

    if outlook is not None:
        show_standing(outlook)
    elif left_out:
        typer.echo(f"Effects are left out: {left_out}.")
    show_simulation(result)
    if outlook is not None:
        show_outlook(outlook)
    if out is not None:
        typer.echo(f"report: {out / 'report.html'}")


def _model_for(routes: Collection[Route]) -> str:
    """The usual model where it has all routes, else the first that has; the usual one, which then says so, if none."""
    from ataraxy.pharmacology.kinetics import get_model, list_models

    usual = get_model(USUAL_MODEL)
    able = [m.name for m in (usual, *list_models()) if set(routes) <= set(m.routes)]
    return next(iter(able), USUAL_MODEL)


def _cannot_follow(behind: KineticModel, routes: Collection[Route], scenario: Scenario) -> str:
    """Why the model behind the effects cannot follow the concentrations; empty where it can."""
    if scenario.hepatic_clint_factor != 1.0 and not behind.has_liver:
        return f"{behind.name}, which drives them, has no liver on which an inhibitor or inducer could act"
    missing = [route.label for route in routes if route not in behind.routes]
    return f"{behind.name}, which drives them, has no absorption for {', '.join(missing)}" if missing else ""
