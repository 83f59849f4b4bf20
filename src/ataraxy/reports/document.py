"""Self-contained HTML documents: they load nothing, run nothing, and hold everything that a result carries.

A document is laid out for a screen, light or dark, for a tablet and for paper. What a reader must know before the
numbers stands before the numbers: that it is no medical device, what lies outside the studied range, what was assumed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ataraxy.evidence.study import Relation
from ataraxy.exchange.whole_file import write_whole
from ataraxy.pharmacology.exposure import Endpoint, SessionExposure, SimulationResult
from ataraxy.pharmacology.kinetics import KineticModel
from ataraxy.pharmacology.kinetics.studied import Range
from ataraxy.reports.analyte_order import in_reading_order, label
from ataraxy.reports.exposure_figure import SESSION_H, Scale, Span, plot
from ataraxy.reports.exposure_figure import describe as describe_exposure
from ataraxy.reports.numbers import (
    NOT_DEFINED,
    count,
    interval_text,
    percent,
    share_range,
    share_text,
    signed_percent,
    three_digits,
)
from ataraxy.reports.outlook_context import (
    endpoint_cell,
    endpoint_range,
    endpoint_text,
    outlook_context,
    share_cell,
)
from ataraxy.reports.palette import css_variables
from ataraxy.reports.svg import inline_svg
from ataraxy.reports.validation_figure import (
    describe_fold_errors,
    describe_observed_predicted,
    drawn_rows,
    plot_fold_errors,
    plot_observed_predicted,
)
from ataraxy.reports.wording import (
    SITE,
    calendar_in_words,
    drug_in_words,
    link,
    listed,
    people_in_words,
    sentence,
    with_links,
)
from ataraxy.trials.outlook import Outlook
from ataraxy.validation.kinetics import KineticValidation, ValidationRow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISS_FOLD: Final = 2.0
QUANTITIES: Final = (
    ("cmax_ng_per_ml", "Peak concentration", "Peak", "Cmax", "ng/mL"),
    ("tmax_h", "Time of the peak", "Time of peak", "Tmax", "h"),
    ("auc_ng_h_per_ml", "Area under the curve", "Area", "AUC", "ng h/mL"),
    ("half_life_h", "Terminal half-life", "Half-life", "t½", "h"),
)
RELATIONS: Final[tuple[tuple[Relation, str, str], ...]] = (
    ("independent", "Independent studies", "They alone make the headline."),
    ("own_data", "A model’s own data", "The models were estimated on them: in no headline."),
    ("model_estimate", "Estimates of other models", "Not observations: shown, never scored."),
    ("not_stated", "Relation to the models not stated", "Shown, never scored."),
)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A figure in a document: what it shows, and the words below it."""

    svg: Markup
    caption: str


@dataclass(frozen=True, slots=True)
class _Quantity:
    """One line of an exposure table: one endpoint per shown session."""

    field: str
    name: str
    short: str
    symbol: str
    unit: str
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """The lines of one analyte."""

    analyte: str
    label: str
    site: str
    quantities: tuple[_Quantity, ...]


def render_simulation(
    result: SimulationResult,
    model_info: KineticModel,
    validation: KineticValidation | None = None,
    *,
    outlook: Outlook | None = None,
    effects_left_out: str = "",
) -> str:
    """Return a simulation as one HTML document.

    Args:
        result: what was simulated.
        model_info: the model behind it.
        validation: how the models compare with observations, for a section of its own.
        outlook: effects, scales and safety, for sections of their own.
        effects_left_out: why there are none although they were wanted; said before everything else.
    """
    shown = tuple(dict.fromkeys((result.sessions[0].session, result.sessions[-1].session)))
    sessions = tuple(result.sessions[number - 1] for number in shown)
    return _environment().get_template("simulation.html.j2").render(
        title=result.protocol.title or result.protocol.name,
        result=result,
        protocol=result.protocol,
        source_link=link(result.protocol.source.url, result.protocol.source.url),
        calendar=calendar_in_words(result.protocol),
        drug=drug_in_words(result.protocol),
        people=people_in_words(result),
        site=SITE.get(result.site, result.site),
        headline=_groups(sessions)[0],
        sessions=sessions,
        groups=_groups(sessions),
        all_sessions=[(s, _groups((s,))) for s in result.sessions] if len(result.sessions) > len(sessions) else [],
        figures=_exposure_figures(result),
        provenance=result.provenance,
        effects_left_out=effects_left_out,
        **(outlook_context(outlook, result.protocol, _drawn) if outlook else {"outlook": None}),
        **_model_context(model_info),
        **(_validation_context(validation) if validation else {"validation": None}),
    )  # fmt: skip


def render_validation(validation: KineticValidation) -> str:
    """Return a comparison of models with observations as one HTML document."""
    return _environment().get_template("validation.html.j2").render(
        title="Kinetic models against published observations",
        provenance=validation.provenance,
        **_validation_context(validation),
    )  # fmt: skip


def write_report(path: str | os.PathLike[str], html: str) -> None:
    """Write a document in place of what was at `path`, whole or not at all.

    Raises:
        AtaraxyError: the disk refused; nothing was changed.
    """
    write_whole(Path(path), html.encode())


def _groups(sessions: tuple[SessionExposure, ...]) -> tuple[_Group, ...]:
    names = in_reading_order(a.analyte for a in sessions[0].analytes)
    return tuple(
        _Group(
            name,
            label(name),
            SITE.get(sessions[0][name].site, sessions[0][name].site),
            tuple(
                _Quantity(field, title, short, symbol, unit, tuple(getattr(s[name], field) for s in sessions))
                for field, title, short, symbol, unit in QUANTITIES
            ),
        )
        for name in names
    )


def _exposure_figures(result: SimulationResult) -> list[_Drawn]:
    hours = f"{SESSION_H:g} hours"
    course = len(result.sessions) > 1
    infused = any(route.is_infusion for route in result.protocol.routes)
    stripe = " The grey stripe is the time of an infusion." if infused else ""
    wanted: list[tuple[Span, Scale, str]] = [
        ("session", "linear", f"The first {hours} of session 1.{stripe}"),
        ("session", "log", f"The first {hours} of session 1 on a logarithmic axis: the later, lower concentrations."),
        ("course", "linear", "The whole course." if course else "The session and all the time simulated after it."),
        ("course", "log", "The same on a logarithmic axis: what is left when the next session begins."
         if course else "The same on a logarithmic axis."),
    ]  # fmt: skip
    return [
        _drawn(
            plot(result, span=span, scale=scale),
            f"exposure-{span}-{scale}",
            caption,
            describe_exposure(result, span=span, scale=scale),
        )
        for span, scale, caption in wanted
    ]


def _drawn(figure: Figure, key: str, caption: str, description: str) -> _Drawn:
    return _Drawn(inline_svg(figure, key, caption, description), caption)


def _model_context(model: KineticModel) -> dict[str, Any]:
    parameters = list(model.parameters.values())
    sources = list(dict.fromkeys((p.source.citation, p.source.seen) for p in parameters))
    statuses = [p.status.value for p in parameters]
    tally = [
        f"{statuses.count(s)} {s}" for s in ("measured", "derived", "calibrated", "assumed") if s in statuses
    ]
    return {
        "model": model,
        "model_site": SITE.get(model.site, model.site),
        "parameters": [(p, sources.index((p.source.citation, p.source.seen)) + 1) for p in parameters],
        "parameter_sources": sources,
        "parameter_tally": listed(tally),
        "studied_doses": {r: _range(limits, "mg") for r, limits in model.studied.dose_mg.items()},
        "studied_weight": _range(model.studied.weight_kg, "kg"),
        "studied_age": _range(model.studied.age_y, "years"),
    }


def _range(limits: Range | None, unit: str) -> str:
    if limits is None:
        return "not seen"
    low, high = limits
    return f"{low:g} {unit}" if low == high else f"{low:g} to {high:g} {unit}"


def _validation_context(validation: KineticValidation) -> dict[str, Any]:
    compared = validation.compared
    misses = [r for r in compared if r.scored and r.fold_error is not None and r.fold_error > MISS_FOLD]
    misses.sort(key=lambda row: (row.relation != "independent", -(row.fold_error or 0.0), row.row))
    not_drawn = sum(row.fold_error is None for row in compared)
    scales = "Units of one quantity are brought to one, a clearance per kg to a person of 70 kg."
    missing = (
        f" {not_drawn} compared row{'s have' if not_drawn != 1 else ' has'} no place on a logarithmic axis."
        if not_drawn
        else ""
    )
    figures: list[_Drawn] = []
    if drawn_rows(validation.rows):
        figures = [
            _drawn(
                plot_observed_predicted(validation),
                "observed-predicted",
                f"Predicted against observed. On the line a prediction is right. {scales}{missing}",
                describe_observed_predicted(validation),
            ),
            _drawn(
                plot_fold_errors(validation),
                "fold-errors",
                "Predicted over observed, study by study: scored studies first, the largest miss at the top.",
                describe_fold_errors(validation),
            ),
        ]
    return {
        "validation": validation,
        "headline_errors": validation.headline,
        "misses": misses,
        "miss_fold": MISS_FOLD,
        "study_groups": [
            (title, note, validation.by_relation(key), [s for s in validation.studies if s.relation == key])
            for key, title, note in RELATIONS
            if any(s.relation == key for s in validation.studies)
        ],
        "scored_rows": [row for row in compared if row.scored],
        "unscored_rows": [row for row in compared if not row.scored],
        "validation_figures": figures,
    }


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ataraxy.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    sheet = files("ataraxy.reports").joinpath("templates/report.css").read_text(encoding="utf-8")
    environment.globals.update(style=Markup(css_variables() + sheet), NOT_DEFINED=NOT_DEFINED)
    environment.filters.update(
        three=three_digits,
        interval=lambda i: interval_text(i.lo90, i.hi90),
        percent=percent,
        signed=signed_percent,
        count=count,
        sentence=sentence,
        links=with_links,
        listed=listed,
        printed=_as_printed,
        row_time=_time_of_row,
        exact=_exact,
        heading=_heading,
        cell=endpoint_cell,
        ends=endpoint_range,
        with_unit=endpoint_text,
        share=share_cell,
        share_range=share_range,
        percent_of_people=share_text,
    )
    return environment


def _as_printed(value: float | None) -> str:
    """A number that somebody else printed: all of its digits."""
    return NOT_DEFINED if value is None else f"{value:.10g}"


def _heading(text: str) -> str:
    """A text with a capital at its start, without a full stop."""
    return text[:1].upper() + text[1:]


def _exact(value: float) -> str:
    return repr(float(value))


def _time_of_row(row: ValidationRow) -> str:
    return "" if row.time_h is None else f" at {row.time_h:g} h"
