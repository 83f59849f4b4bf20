"""Views of protocols. Reading and comparing is open to everybody who works here; nothing is changed by it."""

from __future__ import annotations

import difflib
import json
from functools import cache
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, page
from ataraxy.clinic.pages.rules.changes import changes
from ataraxy.clinic.pages.rules.forms import RetireForm
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.evidence.arm import arm_text
from ataraxy.evidence.beside import trials_beside
from ataraxy.evidence.trials import load_trials
from ataraxy.exchange.protocol_file import load_protocol, protocol_to_yaml, shipped_protocols
from ataraxy.practice.site import protocol_of, the_site
from ataraxy.therapy.actor import Role
from ataraxy.therapy.protocol import Protocol
from ataraxy.therapy.site import Document


@cache
def shipped() -> tuple[Protocol, ...]:
    """The protocols that ship with Ataraxy, read once in a process."""
    return tuple(load_protocol(name) for name in shipped_protocols())


@page(Permission.PROTOCOL_VIEW, patient=NO_PATIENT)
def protocols(request: ClinicRequest) -> HttpResponse:
    """Every version that the clinic has or had, and those that ship with Ataraxy."""
    site = the_site(the_practice())
    documents, in_force = site.versions("protocol"), site.in_force("protocol")
    context = {
        "rows": [
            {"document": d, "protocol": protocol_of(d), "in_force": d in in_force}
            for d in reversed(documents)
        ],
        "may_write": request.access.may(Permission.ADMIN_RULES),
        "shipped": shipped(),
        "names": _names(documents),
        "labels": [d.label for d in documents],
    }
    return render(request, "protocols/protocols.html", context)


@page(Permission.PROTOCOL_VIEW, patient=NO_PATIENT)
def version(request: ClinicRequest, name: str, version: int) -> HttpResponse:
    """One version as it was adopted, in force or retired, with what was published on the drug beside it."""
    found = _document(f"{name}/{version}")
    protocol = protocol_of(found)
    context = {
        "document": found,
        "kind": "protocol",
        "directs": Role.MEDICAL_DIRECTOR in actor_of(request.access.who).roles,
        "may_write": request.access.may(Permission.ADMIN_RULES),
        "retire_form": RetireForm(request),
        "protocol": protocol,
        "text": protocol_to_yaml(protocol),
        "trials": [
            {
                "trial": beside.trial,
                "arms": [arm_text(arm) for arm in beside.arms],
                "nearness": beside.nearness,
            }
            for beside in trials_beside(load_trials().trials, protocol)
        ],
        "may_evidence": request.access.may(Permission.EVIDENCE_VIEW),
        "names": _names((found,)),
    }
    return render(request, "protocols/version.html", context)


@page(Permission.PROTOCOL_VIEW, patient=NO_PATIENT)
def compare(request: ClinicRequest) -> HttpResponse:
    """What differs between any two versions: by value, and by line."""
    before, after = _document(request.GET.get("before", "")), _document(request.GET.get("after", ""))
    old, new = protocol_to_yaml(protocol_of(before)), protocol_to_yaml(protocol_of(after))
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), before.label, after.label, lineterm="", n=3
    )
    context: dict[str, Any] = {
        "before": before,
        "after": after,
        "changes": changes(json.loads(json.dumps(before.body)), after.body),
        "lines": "\n".join(lines),
    }
    return render(request, "protocols/compare.html", context)


def _document(label: str) -> Document:
    found = next((d for d in the_site(the_practice()).versions("protocol") if d.label == label), None)
    if found is None:
        raise Http404
    return found


def _names(documents: tuple[Document, ...]) -> dict[str, str]:
    return names_of({d.adopted_by for d in documents} | {d.retired_by for d in documents if d.retired_by})
