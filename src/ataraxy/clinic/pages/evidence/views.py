"""Views of the evidence. Every entry is shown: a trial that failed or that is refused stands beside the others."""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpResponse
from django.shortcuts import render

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, page
from ataraxy.evidence.arm import arm_text
from ataraxy.evidence.standing import standing_of_evidence
from ataraxy.evidence.trial import SECTIONS, Trial
from ataraxy.evidence.trials import load_trials

REFUSED: Final = "refused"
USES: Final[dict[str, tuple[str, str]]] = {
    "calibrate": ("ok", "Calibration"),
    "context": ("quiet", "Context"),
    "not_stated": ("quiet", "Use not stated"),
    REFUSED: ("stop", "Refused"),
}
ADDRESSES: Final[dict[str, str]] = {
    "exact": "the address as it was found",
    "id": "built from an identifier such as a DOI",
    "stem": "only its beginning is known; find the source anew before relying on it",
}
MASKING: Final[dict[str, str]] = {"masked": "masked", "open": "open", "not_stated": "masking not stated"}


def status_of(trial: Trial) -> str:
    """Return a key of `USES`: what an entry may be used for."""
    return REFUSED if trial.refused else trial.use


def routes_of(trial: Trial) -> tuple[str, ...]:
    """Return the routes of the arms with ketamine, each once."""
    return tuple(dict.fromkeys(arm.route.label for arm in trial.arms if arm.is_ketamine and arm.route))


@page(Permission.EVIDENCE_VIEW, patient=NO_PATIENT)
def evidence(request: ClinicRequest) -> HttpResponse:
    """Every entry, or those for one disorder, route and status."""
    trials = load_trials().trials
    chosen = {name: request.GET.get(name, "")[:80] for name in ("disorder", "route", "status")}
    shown = [
        trial
        for trial in trials
        if chosen["disorder"] in ("", *trial.indications)
        and chosen["route"] in ("", *routes_of(trial))
        and chosen["status"] in ("", status_of(trial))
    ]
    choices = (
        ("disorder", "Disorder", [(d, d) for d in sorted({d for t in trials for d in t.indications})]),
        ("route", "Route", [(r, r) for r in sorted({r for t in trials for r in routes_of(t)})]),
        ("status", "Status", [(key, words) for key, (_, words) in USES.items()]),
    )
    context = {
        "standing": standing_of_evidence(),
        "rows": [_summary(trial) for trial in shown],
        "total": len(trials),
        "filters": [(name, label, options, chosen[name]) for name, label, options in choices],
        "filtered": any(chosen.values()),
        "file": load_trials(),
    }
    return render(request, "evidence/evidence.html", context)


@page(Permission.EVIDENCE_VIEW, patient=NO_PATIENT)
def trial(request: ClinicRequest, trial_id: str) -> HttpResponse:
    """One entry with every row, usable or not."""
    found = load_trials().by_id.get(trial_id)
    if found is None:
        raise Http404
    sections = [
        (name.capitalize(), [_row(row) for row in found.rows if row.origin.section == name])
        for name in SECTIONS
    ]
    context = {
        **_summary(found),
        "address": ADDRESSES.get(found.url_status, "how the address was found is not stated"),
        "arms": [{"arm": arm, "text": arm_text(arm)} for arm in found.arms],
        "sections": [(title, rows) for title, rows in sections if rows],
        "file": load_trials(),
    }
    return render(request, "evidence/trial.html", context)


def _summary(found: Trial) -> dict[str, Any]:
    return {
        "trial": found,
        "routes": ", ".join(routes_of(found)),
        "controls": ", ".join(dict.fromkeys(arm_text(arm) for arm in found.arms if not arm.is_ketamine)),
        "badge": USES[status_of(found)],
        "masking": MASKING[found.setting.masking],
        # an address from data is a link only where a browser may follow it
        "link": found.url
        if found.url.startswith(("https://", "http://")) and found.url_status != "stem"
        else "",
    }


def _row(row: Any) -> dict[str, Any]:
    printed = [
        (str(name), _words(value))
        for name, value in row.origin.fields.items()
        if name not in ("note", "url") and value is not None
    ]
    return {"row": row, "printed": printed, "line": row.origin.line}


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_words(item) for item in value)
    return str(value)
