"""The published table of results: the part of ``docs/validation.md`` between two marks, written by a command.

``python -m ataraxy.validation.page docs/validation.md`` writes it anew from the shipped evidence.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from ataraxy.errors import InputError
from ataraxy.evidence.kinetics import load_kinetic_evidence
from ataraxy.validation.kinetics import KineticValidation, StudyScore, ValidationRow, validate_kinetics
from ataraxy.validation.prediction_error import ErrorSummary
from ataraxy.validation.summary import describe

BEGIN: Final = "<!-- results: begin (written by python -m ataraxy.validation.page) -->"
END: Final = "<!-- results: end -->"


def results_text(result: KineticValidation) -> str:
    """Return the results as Markdown: headline, studies, and every row, the misses among them."""
    scored = [row for row in result.compared if row.scored]
    unscored = [row for row in result.compared if not row.scored]
    parts = [
        f"**Independent studies alone: {describe(result.headline)}.** With the unscored rows of the same studies as "
        f"well: {describe(result.with_unscored)}. Own data of the models, apart: "
        f"{describe(result.by_relation('own_data'))}. Second opinion (Kamp 2020) on the independent arterial studies: "
        f"{describe(result.second_headline)}.",
        f"{len(result.rows)} rows; {len(result.compared)} compared, {len(scored)} scored, {len(result.skipped)} could "
        "not be simulated.",
        "### By study",
        _studies("Independent studies", (s for s in result.studies if s.relation == "independent")),
        _studies(
            "A model's own data: in no headline", (s for s in result.studies if s.relation == "own_data")
        ),
        _studies(
            "Model estimates: never scored", (s for s in result.studies if s.relation == "model_estimate")
        ),
        _studies("Second opinion, arterial samples: in no headline", result.second_studies),
        "### Misses: scored rows off by more than 2-fold",
        _rows(
            sorted((r for r in scored if (r.fold_error or 1) > 2), key=lambda r: -(r.fold_error or 1)),
            why=False,
        ),
        "### All scored rows",
        _rows(scored, why=False),
        "### Shown, not scored",
        _rows(unscored, why=True),
        "### Not simulated",
        _rows(result.skipped, why=True),
    ]
    return "\n\n".join(parts)


def rewrite(page: str, results: str) -> str:
    """Return a page with the results between its two marks.

    Raises:
        InputError: the page has not both marks (``validation.page-marks``).
    """
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise InputError(
            "the page lacks the marks between which the results stand",
            code="validation.page-marks",
            remedy=f"Put in {BEGIN} and {END}",
        )
    return f"{head}{BEGIN}\n\n{results}\n\n{END}{tail}"


def _studies(title: str, studies: Iterable[StudyScore]) -> str:
    lines = [
        f"{title}:",
        "",
        "| study | model | rows | scored | MdPE % | MdAPE % | within 1.25 | within 2 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for study in studies:
        cells = [
            study.study,
            study.model or "none",
            str(study.compared + study.skipped),
            *_errors(study.errors),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _errors(errors: ErrorSummary) -> list[str]:
    return [
        str(errors.n),
        _number(errors.mdpe_percent, "+.0f"),
        _number(errors.mdape_percent, ".0f"),
        _number(errors.within_1_25_fold, ".0%"),
        _number(errors.within_2_fold, ".0%"),
    ]


def _rows(rows: Sequence[ValidationRow], *, why: bool) -> str:
    if not rows:
        return "None."
    lines = [
        "| study | analyte | metric | observed | predicted | unit | fold | model |"
        + (" why |" if why else ""),
        "|---|---|---|---|---|---|---|---|" + ("---|" if why else ""),
    ]
    for row in rows:
        at = "" if row.time_h is None else f" at {row.time_h:g} h"
        cells = [
            row.study,
            row.analyte,
            f"{row.metric}{at}",
            _number(row.observed, ".4g"),
            _number(row.predicted, ".3g"),
            row.unit,
            _number(row.fold_error, ".2f"),
            row.model or "none",
        ]
        if why:
            within = {None: "", True: "; inside the printed range", False: "; outside the printed range"}
            cells.append(row.reason + within[row.within_range])
        text = " | ".join(cells).replace("*", "\\*")
        lines.append(f"| {text} |")
    return "\n".join(lines)


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def main(path: str) -> None:
    """Write the results of the shipped evidence into the page at `path`."""
    page = Path(path)
    results = results_text(validate_kinetics(load_kinetic_evidence()))
    page.write_text(rewrite(page.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
