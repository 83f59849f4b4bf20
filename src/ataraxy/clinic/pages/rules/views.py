"""Views of rules and policy. Reading is open to everybody who works here; adopting is the medical director's."""

from __future__ import annotations

import json
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.log import record
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, action, page
from ataraxy.clinic.pages.rules import policies
from ataraxy.clinic.pages.rules.changes import changes
from ataraxy.clinic.pages.rules.forms import (
    SETTINGS,
    AdoptForm,
    LimitsForm,
    NewPolicyForm,
    RetireForm,
    SiteForm,
    ThresholdForm,
    UploadForm,
    of_description,
)
from ataraxy.clinic.pages.rules.uploads import KINDS, Kind, check_for_site, read, text_of
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import InputError
from ataraxy.exchange.policy_file import load_policy
from ataraxy.exchange.protocol_file import load_protocol, protocol_to_yaml, shipped_protocols
from ataraxy.practice import site as practice_site
from ataraxy.practice.people import rules_of
from ataraxy.practice.site import policy_of, the_site
from ataraxy.therapy.actor import Role
from ataraxy.therapy.setting import Grade, Setting
from ataraxy.therapy.site import Document, Site, body_hash
from ataraxy.therapy.site_policy import SitePolicy

_READ: Final = Permission.PROTOCOL_VIEW
_WRITE: Final = Permission.ADMIN_RULES


def _directs(request: ClinicRequest) -> bool:
    return Role.MEDICAL_DIRECTOR in actor_of(request.access.who).roles


def _only(site: Site, kind: Kind, name: str | None = None) -> Document | None:
    """The version in force: of the only document of its kind, or of one of the clinic's protocols."""
    found = [d for d in site.versions(kind, name) if d.retired_at is None]
    return found[-1] if found else None


def _kind(text: str) -> Kind:
    found = next((kind for kind in KINDS if kind == text), None)
    if found is None:
        raise Http404
    return found


def _with_place(error: InputError) -> str:
    return f"{error.where}: {error.sentence}" if error.where else error.sentence


def _context(request: ClinicRequest, site: Site, **more: Any) -> dict[str, Any]:
    return {
        "names": names_of({d.adopted_by for d in site.documents} | {d.retired_by for d in site.documents}),
        "may_write": request.access.may(_WRITE),
        "directs": _directs(request),
        **more,
    }


@page(_READ, patient=NO_PATIENT)
def rules(request: ClinicRequest) -> HttpResponse:
    """What the clinic works by now, and every earlier version."""
    site = the_site(the_practice())
    gate, held = _only(site, "rules"), _only(site, "policy")
    context = _context(
        request,
        site,
        gate=gate,
        gate_rules=None if gate is None else rules_of(gate),
        policy_document=held,
        policy=None if held is None else policy_of(held),
        described=site.description,
        setting=dict(SETTINGS).get("" if site.description is None else site.description.setting or "", ""),
        documents=[d for d in reversed(site.documents) if d.type in KINDS],
    )
    return render(request, "rules/rules.html", context)


@page(_READ, patient=NO_PATIENT)
def gate_rules(request: ClinicRequest) -> HttpResponse:
    """The rules of the gate in force, each with its source."""
    site = the_site(the_practice())
    found = _only(site, "rules")
    if found is None:
        return redirect("rules")
    context = _context(request, site, document=found, rules=rules_of(found), current=True)
    return render(request, "rules/gate.html", context)


@page(_READ, patient=NO_PATIENT)
def policy(request: ClinicRequest) -> HttpResponse:
    """Every number of the policy in force, with who says so."""
    site = the_site(the_practice())
    found = _only(site, "policy")
    if found is None:
        return redirect("rules")
    context = _context(request, site, document=found, current=True, **_of_policy(policy_of(found)))
    return render(request, "rules/policy.html", context)


def _of_policy(found: SitePolicy) -> dict[str, Any]:
    rows = [
        {
            "place": place,
            "words": _place_in_words(found, place),
            "setting": setting,
            "grade": setting.grade.value.replace("_", " "),
        }
        for place, setting in found.settings()
        if not place.startswith("stop_limits")
    ]
    return {"policy": found, "settings": rows}


def _place_in_words(found: SitePolicy, place: str) -> str:
    """Return a place as a person names it: items of lists by their id."""
    node: Any = found
    words: list[str] = []
    for step in place.split("."):
        if isinstance(node, tuple):
            node = node[int(step)]
            name = (
                getattr(node, "id", "")
                or getattr(node, "urgency", "")
                or _routes(node)
                or f"no. {int(step) + 1}"
            )
            words[-1] = f"{words[-1]}: {name}"
        else:
            node = getattr(node, step)
            words.append(step.replace("_", " "))
    return ", ".join(words)


def _routes(node: Any) -> str:
    return ", ".join(route.label for route in getattr(node, "routes", ()))


@page(_READ, patient=NO_PATIENT)
def document(request: ClinicRequest, kind: str, name: str, version: int) -> HttpResponse:
    """One version, in force or retired, and what it changed."""
    site, of = the_site(the_practice()), _kind(kind)
    found = site.find(of, name, version)
    if found is None:
        raise Http404
    if of == "protocol":
        return redirect("protocols_version", name=name, version=version)
    earlier = site.find(of, name, version - 1)
    context = _context(
        request,
        site,
        document=found,
        earlier=earlier,
        changes=changes(earlier.body, found.body) if earlier is not None else (),
        current=found.retired_at is None and found == _only(site, of),
        retire_form=RetireForm(request),
    )
    if of == "rules":
        return render(request, "rules/gate.html", context | {"rules": rules_of(found)})
    return render(request, "rules/policy.html", context | _of_policy(policy_of(found)))


@page(_WRITE, post=_WRITE, patient=NO_PATIENT)
def upload(request: ClinicRequest, kind: str) -> HttpResponse:
    """Reads a document and shows what it would change. Adopts nothing."""
    of, form = _kind(kind), UploadForm(request.POST or None, request.FILES or None)
    site = the_site(the_practice())
    context = _context(request, site, kind=of, title=KINDS[of], form=form)
    if request.method != "POST":
        shipped = request.GET.get("shipped", "")
        if of == "protocol" and shipped in shipped_protocols():
            text = protocol_to_yaml(load_protocol(shipped))
            name, body = read(of, text)
            return _preview(request, of, name, body, AdoptForm(request, initial=_shown(text, body)))
        return render(request, "rules/upload.html", context | {"form": UploadForm()})
    form = context["form"] = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "rules/upload.html", context, status=422)
    try:
        text = text_of(form.cleaned_data["file"].read())
        name, body = read(of, text)
    except InputError as error:
        form.add_error("file", _with_place(error))
        return render(request, "rules/upload.html", context, status=422)
    return _preview(request, of, name, body, AdoptForm(request, initial=_shown(text, body)))


def _shown(text: str, body: dict[str, Any]) -> dict[str, str]:
    return {"text": text, "sha256": body_hash(body)}


def _preview(
    request: ClinicRequest, of: Kind, name: str, body: dict[str, Any], form: AdoptForm, status: int = 200
) -> HttpResponse:
    site = the_site(the_practice())
    held = _only(site, of, name if of == "protocol" else None)
    context = _context(
        request,
        site,
        kind=of,
        title=KINDS[of],
        name=name,
        sha256=body_hash(body),
        held=held,
        changes=changes(None if held is None else held.body, body),
        rules=rules_of(_as_document(of, name, body)) if of == "rules" else None,
        adopt_form=form,
    )
    return render(request, "rules/preview.html", context, status=status)


def _as_document(of: Kind, name: str, body: dict[str, Any]) -> Document:
    return Document(
        type=of,
        name=name,
        version=1,
        body=body,
        sha256=body_hash(body),
        adopted_at=timezone.now(),
        adopted_by="",
    )


@action(_WRITE, patient=NO_PATIENT)
def adopt(request: ClinicRequest, kind: str) -> HttpResponse:
    """The medical director adopts what was shown, with their password as signature."""
    of, form = _kind(kind), AdoptForm(request, request.POST)
    try:
        name, body = read(of, request.POST.get("text", "")[:300_000])
    except InputError as error:
        messages.error(request, _with_place(error))
        return redirect("rules_upload", kind=of)
    if form.is_valid() and form.cleaned_data["sha256"] != body_hash(body):
        form.add_error(None, "The document is not the one that was shown. Upload it again.")
    if form.is_valid():
        practice = the_practice()
        try:
            if of == "policy":
                check_for_site(SitePolicy.model_validate_json(json.dumps(body)), simulated=_simulated())
            practice_site.adopt(practice, of, name, body, by=actor_of(request.access.who))
        except InputError as refusal:
            form.add_error(None, _with_place(refusal))
        else:
            record("document_adopted", request=request, person=request.access.who.pk, detail=of)
            messages.success(request, "Adopted. It is in force from now on; earlier versions stay readable.")
            return redirect("protocols" if of == "protocol" else "rules")
    return _preview(request, of, name, body, form, status=422)


@action(_WRITE, patient=NO_PATIENT)
def retire(request: ClinicRequest, kind: str, name: str, version: int) -> HttpResponse:
    """A version is used no more, for a reason."""
    of, form = _kind(kind), RetireForm(request, request.POST)
    if form.is_valid():
        try:
            practice_site.retire(
                the_practice(),
                of,
                name,
                version,
                form.cleaned_data["reason"],
                by=actor_of(request.access.who),
            )
        except InputError as refusal:
            messages.error(request, _with_place(refusal))
        else:
            record("document_retired", request=request, person=request.access.who.pk, detail=of)
            messages.success(request, "Retired. It stays readable.")
    else:
        for errors in form.errors.values():
            for error in errors:
                messages.error(request, str(error))
    if of == "protocol":
        return redirect("protocols_version", name=name, version=version)
    return redirect("rules_document", kind=of, name=name, version=version)


@page(_WRITE, post=_WRITE, patient=NO_PATIENT)
def limits(request: ClinicRequest) -> HttpResponse:
    """The medical director sets and signs the blood pressures above which a dose is stopped."""
    site = the_site(the_practice())
    held = _only(site, "policy")
    if held is None:
        messages.error(request, "Adopt a policy first: the limits are a part of it.")
        return redirect("rules")
    found = policy_of(held)
    form = LimitsForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data

        def make() -> SitePolicy:
            return policies.with_limits(
                found,
                asked["systolic"],
                asked["diastolic"],
                reason=asked["reason"],
                name=request.access.who.display_name,
                on=timezone.localdate(),
            )

        if _adopted(request, form, make, "Set and signed. Dosing is open again where everything else holds."):
            record("limits_signed", request=request, person=request.access.who.pk)
            return redirect("rules_policy")
    context = _context(request, site, form=form, policy=found)
    return render(request, "rules/limits.html", context, status=422 if form.is_bound else 200)


@page(_WRITE, post=_WRITE, patient=NO_PATIENT)
def threshold(request: ClinicRequest, place: str) -> HttpResponse:
    """One number of the policy in force is decided anew."""
    site = the_site(the_practice())
    held = _only(site, "policy")
    found = None if held is None else policy_of(held)
    setting = None if found is None else dict(found.settings()).get(place)
    if found is None or setting is None or place.startswith("stop_limits"):
        raise Http404
    form = ThresholdForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data

        def make() -> SitePolicy:
            new = Setting(
                value=asked["value"],
                unit=setting.unit,
                grade=Grade(asked["grade"]),
                source=asked["source"],
                url=asked["url"],
                note=asked["note"],
            )
            who = request.access.who.display_name
            return policies.with_threshold(found, place, new, name=who, on=timezone.localdate())

        if _adopted(request, form, make, "Decided. The new version of the policy is in force."):
            return redirect("rules_policy")
    context = _context(
        request,
        site,
        form=form,
        place=place,
        words=_place_in_words(found, place),
        setting=setting,
        policy=found,
    )
    return render(request, "rules/threshold.html", context, status=422 if form.is_bound else 200)


@page(_WRITE, post=_WRITE, patient=NO_PATIENT)
def new_policy(request: ClinicRequest) -> HttpResponse:
    """A policy of the clinic's own from the shipped example; stop limits stay unset."""
    site, example = the_site(the_practice()), load_policy("example")
    form = NewPolicyForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data

        def make() -> SitePolicy:
            who = request.access.who.display_name
            return policies.as_sites_own(
                example, short=asked["name"], title=asked["title"], name=who, on=timezone.localdate()
            )

        if _adopted(request, form, make, "Adopted. Now decide its numbers, and set the stop limits."):
            return redirect("rules_policy")
    context = _context(request, site, form=form, **_of_policy(example))
    return render(request, "rules/new_policy.html", context, status=422 if form.is_bound else 200)


def _adopted(request: ClinicRequest, form: Any, make: Any, said: str) -> bool:
    """Make a policy and adopt it; with what is wrong on the form where it cannot be."""
    practice = the_practice()
    try:
        made: SitePolicy = make()
        check_for_site(made, simulated=_simulated())
        practice_site.adopt_policy(practice, made, by=actor_of(request.access.who))
    except InputError as error:
        form.add_error(None, _with_place(error))
        return False
    record("document_adopted", request=request, person=request.access.who.pk, detail="policy")
    messages.success(request, said)
    return True


@page(_WRITE, post=_WRITE, patient=NO_PATIENT)
def site(request: ClinicRequest) -> HttpResponse:
    """What the clinic says of itself: setting, chairs, crisis numbers, REMS."""
    practice = the_practice()
    held = the_site(practice).description
    form = SiteForm(
        request.POST if request.method == "POST" else None,
        initial={} if held is None else of_description(held),
    )
    if request.method == "POST" and form.is_valid():
        try:
            described = form.description(simulated=_simulated())
            practice_site.describe_site(practice, described, by=actor_of(request.access.who))
        except InputError as refusal:
            form.add_error(None, _with_place(refusal))
        else:
            record("site_described", request=request, person=request.access.who.pk)
            messages.success(request, "Saved. It holds from now on.")
            return redirect("rules")
    context = _context(request, the_site(practice), form=form, held=held, time_zone=settings.TIME_ZONE)
    return render(request, "rules/site.html", context, status=422 if form.is_bound else 200)


def _simulated() -> bool:
    """Whether the people of this clinic are simulated: as it has said, or by its settings before it has."""
    held = the_site(the_practice()).description
    return bool(settings.HOME.settings.demo) if held is None else held.simulated
