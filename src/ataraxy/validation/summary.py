"""A validation in the terminal: the headline first, the misses plainly, and nothing left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from ataraxy.validation.kinetics import KineticValidation, StudyScore, ValidationRow
from ataraxy.validation.prediction_error import ErrorSummary

MISS_FOLD: Final = 2.0
# Of nearly every study, so that it tells nothing about one row.
COMMON: Final = {"weight assumed: 70 kg"}


def print_validation(result: KineticValidation, console: Console, *, rows: bool = False) -> None:
    """Print headline, a table of studies for each relation, misses, unscored and skipped rows.

    Args:
        rows: print every compared row as well.
    """
    headline = result.headline
    console.print(f"[bold]Models against published observations[/bold] (model: {result.model})")
    console.print(f"Independent studies alone: {describe(headline)}", soft_wrap=True)
    console.print(f"With their unscored rows as well: {describe(result.with_unscored)}", soft_wrap=True)
    skipped = result.skipped
    unscored = [row for row in result.compared if not row.scored]
    console.print(
        f"{len(result.rows)} rows: {len(result.compared)} compared, of which {len(unscored)} shown without a score; "
        f"{len(skipped)} could not be simulated.",
        soft_wrap=True,
    )
    for title, relation in (
        ("Independent studies", "independent"),
        ("A model's own data (in no headline)", "own_data"),
        ("Model estimates (never scored)", "model_estimate"),
        ("Relation not stated (never scored)", "not_stated"),
    ):
        _studies(console, title, [study for study in result.studies if study.relation == relation])
    if result.second_studies:
        _studies(console, "Second opinion for arterial samples (in no headline)", result.second_studies)
    misses = sorted(
        (
            row
            for row in result.compared
            if row.scored and row.fold_error is not None and row.fold_error > MISS_FOLD
        ),
        key=lambda row: -(row.fold_error or 0.0),
    )
    _rows(console, f"Misses: scored rows off by more than {MISS_FOLD:g}-fold", misses)
    if rows:
        _rows(console, "All scored rows", [row for row in result.compared if row.scored])
    _rows(console, "Shown, not scored", unscored)
    _rows(console, "Not simulated", skipped)


def describe(errors: ErrorSummary) -> str:
    """Return a summary as one sentence without a final stop."""
    if not errors.n:
        return "no scored row"
    assert errors.mdpe_percent is not None
    assert errors.within_1_25_fold is not None
    assert errors.within_2_fold is not None
    return (
        f"n = {errors.n}, MdPE {errors.mdpe_percent:+.0f}%, MdAPE {errors.mdape_percent:.0f}%, "
        f"{errors.within_1_25_fold:.0%} within 1.25-fold, {errors.within_2_fold:.0%} within 2-fold"
    )


def _studies(console: Console, title: str, studies: Sequence[StudyScore]) -> None:
    if not studies:
        return
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("study", overflow="fold")
    table.add_column("model")
    for name in ("rows", "scored", "MdPE %", "MdAPE %", "<=1.25", "<=2"):
        table.add_column(name, justify="right", no_wrap=True)
    for study in studies:
        errors = study.errors
        table.add_row(
            study.study,
            study.model or "none",
            str(study.compared + study.skipped),
            str(errors.n),
            _number(errors.mdpe_percent, "+.0f"),
            _number(errors.mdape_percent, ".0f"),
            _number(errors.within_1_25_fold, ".0%"),
            _number(errors.within_2_fold, ".0%"),
        )
    console.print(table)


def _rows(console: Console, title: str, rows: Sequence[ValidationRow]) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("study", overflow="fold")
    table.add_column("analyte, metric", overflow="fold")
    for name in ("observed", "predicted", "fold"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("unit")
    table.add_column("why", overflow="fold")
    for row in rows:
        at = "" if row.time_h is None else f" at {row.time_h:g} h"
        table.add_row(
            row.study,
            f"{row.analyte} {row.metric}{at}",
            _number(row.observed, ".4g"),
            _number(row.predicted, ".4g"),
            _number(row.fold_error, ".2f"),
            row.unit,
            row.reason or "; ".join(flag for flag in row.flags if flag not in COMMON),
        )
    console.print(table)


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
