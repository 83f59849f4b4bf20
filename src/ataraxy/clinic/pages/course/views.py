"""Views of a course: from opening it to its end, with what each step needs said beside it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.roles import Role as ClinicRole
from ataraxy.clinic.access.stated import action, page
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.pages.course import forms as f
from ataraxy.clinic.pages.patient.views import heading, timeline_of
from ataraxy.clinic.pages.today.views import DISPOSITIONS, STATES
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.clinic.way_to_treatment import step_of
from ataraxy.errors import InputError
from ataraxy.practice import courses, people, sessions
from ataraxy.practice.aggregate import COURSE
from ataraxy.practice.due_today import waits_for
from ataraxy.practice.lists import SessionRow
from ataraxy.practice.patient_timeline import Timeline
from ataraxy.practice.practice import Practice
from ataraxy.practice.site import policy_in_force, protocol_in_force, protocol_of, the_site
from ataraxy.therapy import course_decide
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.basis_of_use import BasisOfUse, ProtocolChoice
from ataraxy.therapy.chart_events import ProfessionalAssigned, ProtocolChosen
from ataraxy.therapy.consent import Basis
from ataraxy.therapy.course import Course, CourseState, exposure_text
from ataraxy.therapy.course_events import OrderedDose
from ataraxy.therapy.credential import Professional
from ataraxy.therapy.dose_order import order_of
from ataraxy.therapy.protocol import Protocol
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.state import SessionState

RUN = Permission.PATIENT_REFER
PRESCRIBE = Permission.SESSION_PRESCRIBE


@page(Permission.PATIENT_VIEW, patient="patient_id")
def course(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Where the course stands, with the forms of what can be done now."""
    return _course(request, patient_id)


@action(RUN, patient="patient_id")
def open_course(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Opens a course, and screening begins."""
    form = f.OpenForm(request.POST, auto_id="id_open_%s")

    def work(practice: Practice, by: Actor, key: str) -> None:
        shown = timeline_of(patient_id)
        if _open(shown) is not None:
            return
        id_ = uuid.uuid5(uuid.NAMESPACE_OID, f"{patient_id}/{key}").hex
        command = course_decide.open_course
        disorder = form.cleaned_data["disorder"]
        courses.act(
            practice, id_, command, id_, patient_id, disorder, simulated=shown.simulated, by=by, key=key
        )
        courses.act(practice, id_, course_decide.begin_screening, by=by, key=key)

    return _do(request, patient_id, "open", form, work, "A course is open; screening has begun.")


@action(RUN, patient="patient_id")
def professional(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Says who is responsible."""
    form = f.ProfessionalForm(request.POST, people=_responsible(), auto_id="id_professional_%s")

    def work(practice: Practice, by: Actor, key: str) -> None:
        role, _, staff = form.cleaned_data["person"].partition("|")
        event = ProfessionalAssigned(
            person=patient_id,
            at=practice.now(),
            by=by.id,
            professional=Professional(id=staff, role=role),
        )
        people.assign_professional(practice, event, by=by)

    return _do(request, patient_id, "professional", form, work, "Assigned.")


@action(PRESCRIBE, patient="patient_id")
def protocol(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Chooses a protocol with the basis of its use, and assigns it to the course that is open."""
    form = f.ProtocolForm(request.POST, protocols=_protocols(), auto_id="id_protocol_%s")

    def work(practice: Practice, by: Actor, key: str) -> None:
        said = form.cleaned_data
        document, chosen = protocol_in_force(practice, said["protocol"])
        event = ProtocolChosen(
            person=patient_id,
            at=practice.now(),
            by=by.id,
            protocol=ProtocolChoice(
                name=document.name, version=str(document.version), drug=chosen.drug, route=chosen.route
            ),
            basis_of_use=BasisOfUse(
                kind=Basis(said["basis"]),
                trial_id=said["trial_id"],
                allocation_masked={"yes": True, "no": False}.get(said["masked"]),
            ),
        )
        id_ = _the_open(patient_id)
        people.choose_protocol(practice, event, by=by)
        courses.assign_protocol(practice, id_, document.name, by=by, key=key)

    return _do(
        request, patient_id, "protocol", form, work, "Assigned. A consent counts for this version alone."
    )


@action(PRESCRIBE, patient="patient_id")
def begin(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Asks the gate, and where it and the consent permit, treatment begins."""
    form = forms.Form(request.POST)

    def work(practice: Practice, by: Actor, key: str) -> None:
        del key
        id_, policy = _the_open(patient_id), policy_in_force(practice)
        _, gate = people.judge_person(practice, patient_id, by=by)
        consent = people.consent_current(practice, patient_id, practice.now())
        courses.act(practice, id_, course_decide.activate, gate, consent, by=by, policy=policy)

    return _do(request, patient_id, "begin", form, work, "Treatment may begin: plan the sessions.")


@action(RUN, patient="patient_id")
def plan(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """Plans one session, or it and those after it."""
    practice, shown = the_practice(), timeline_of(patient_id)
    state = _state(practice, shown)
    free = [] if state is None else _free(state, shown)
    form = f.PlanForm(request.POST, indexes=free, auto_id="id_plan_%s")

    def work(practice: Practice, by: Actor, key: str) -> None:
        assert state is not None
        said = form.cleaned_data
        _, given = protocol_in_force(practice, state.protocol, int(state.protocol_version))
        first = said["index"]
        for index in [i for i in free if i == first or (said["rest"] and i > first)]:
            later = timedelta(hours=given.sessions[index].time_h - given.sessions[first].time_h)
            # The hour of the clock is kept where summer time begins or ends in between.
            at = timezone.make_aware(timezone.make_naive(said["at"]) + later).astimezone(UTC)
            id_ = uuid.uuid5(uuid.NAMESPACE_OID, f"{state.id}/{index}/{key}").hex
            sessions.plan_session(practice, id_, state.id, index, at, by=by, key=f"{key}-{index}")

    return _do(request, patient_id, "plan", form, work, "Planned.")


@action(RUN, patient="patient_id")
def cancel(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """A planned session does not take place."""
    shown = timeline_of(patient_id)
    form = f.CancelForm(request.POST, sessions=_planned(shown), auto_id="id_cancel_%s")

    def work(practice: Practice, by: Actor, key: str) -> None:
        said = form.cleaned_data
        sessions.act(practice, said["session"], decide.abort, said["why"], said["reason"], by=by, key=key)

    return _do(request, patient_id, "cancel", form, work, "Recorded.")


@action(PRESCRIBE, patient="patient_id")
def dose(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """A prescriber orders another dose, or the protocol's own again."""
    form = f.DoseForm(request.POST, auto_id="id_dose_%s")

    def work(practice: Practice, by: Actor, key: str) -> None:
        said = form.cleaned_data
        to = None
        if said["amount"] is not None:
            to = OrderedDose(amount=said["amount"], per=said["per"], cap_mg=said["cap_mg"])
        id_ = _the_open(patient_id)
        courses.act(practice, id_, course_decide.change_dose, to, said["reason"], by=by, key=key)

    return _do(request, patient_id, "dose", form, work, "Ordered, for sessions that are planned from now on.")


@action(PRESCRIBE, patient="patient_id")
def complete(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """The course ends as intended."""
    form = f.NoteForm(request.POST, auto_id="id_complete_%s")

    def work(practice: Practice, by: Actor, key: str) -> None:
        shown = timeline_of(patient_id)
        id_ = _the_open(patient_id)
        still = tuple(s.session for s in shown.sessions if s.course == id_ and not s.state.ended)
        note = form.cleaned_data["note"]
        courses.act(practice, id_, course_decide.complete, note, open_sessions=still, by=by, key=key)

    return _do(request, patient_id, "complete", form, work, "The course is completed.")


@action(RUN, patient="patient_id")
def withdraw(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """The person withdraws."""
    form = f.ReasonForm(request.POST, auto_id="id_withdraw_%s")

    def work(practice: Practice, by: Actor, key: str) -> None:
        id_, reason = _the_open(patient_id), form.cleaned_data["reason"]
        courses.act(practice, id_, course_decide.withdraw, reason, by=by, key=key)

    return _do(request, patient_id, "withdraw", form, work, "The withdrawal is recorded.")


@action(PRESCRIBE, patient="patient_id")
def stop(request: ClinicRequest, patient_id: str) -> HttpResponse:
    """A prescriber stops the course."""
    form = f.StopForm(request.POST, auto_id="id_stop_%s")

    def work(practice: Practice, by: Actor, key: str) -> None:
        said = form.cleaned_data
        id_ = _the_open(patient_id)
        courses.act(practice, id_, course_decide.stop_course, said["why"], said["reason"], by=by, key=key)

    return _do(request, patient_id, "stop", form, work, "The course is stopped.")


def _do(
    request: ClinicRequest,
    patient_id: str,
    section: str,
    form: forms.Form,
    work: Callable[[Practice, Actor, str], None],
    said: str,
) -> HttpResponse:
    timeline_of(patient_id)
    if form.is_valid():
        try:
            work(the_practice(), actor_of(request.access.who), form.cleaned_data.get("request", ""))
        except InputError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, said)
            return redirect("course", patient_id=patient_id)
    return _course(request, patient_id, {section: form}, 422)


def _open(shown: Timeline) -> str | None:
    row = shown.course
    return None if row is None or row.state.ended else row.course


def _the_open(patient_id: str) -> str:
    found = _open(timeline_of(patient_id))
    if found is None:
        raise InputError("no course is open", code="course.none-open", remedy="Open one first")
    return found


def _state(practice: Practice, shown: Timeline) -> Course | None:
    row = shown.course
    return None if row is None else practice.load(COURSE, row.course).state


def _free(state: Course, shown: Timeline) -> list[int]:
    """Sessions of the protocol that were not given and are not planned."""
    if state.state is not CourseState.ACTIVE:
        return []
    taken = {s.number - 1 for s in shown.sessions if s.course == state.id and not s.state.ended}
    taken |= {s.index for s in state.dosed_sessions}
    return [i for i in range(state.planned_sessions) if i not in taken]


def _planned(shown: Timeline) -> list[tuple[str, str]]:
    return [
        (s.session, f"Session {s.number}, {timezone.localtime(s.scheduled_at):%d %b %Y, %H:%M}")
        for s in shown.sessions
        if s.state is SessionState.PLANNED and s.scheduled_at is not None
    ]


def _responsible() -> list[tuple[Person, str]]:
    found = []
    for one in Person.objects.filter(is_active=True):
        found += [
            (one, role.value) for role in (ClinicRole.PRESCRIBER, ClinicRole.MONITOR) if role in one.roles
        ]
    return found


def _protocols() -> list[tuple[str, str]]:
    newest = {d.name: d for d in reversed(the_site(the_practice()).in_force("protocol"))}
    return [
        (name, f"{name}, version {d.version} ({len(protocol_of(d).sessions)} sessions)")
        for name, d in sorted(newest.items())
    ]


def _orders(practice: Practice, state: Course | None) -> tuple[Protocol | None, str, str]:
    """The protocol of a course, its own order of the next session, and the order as it will be planned."""
    if state is None or not state.protocol:
        return None, "", ""
    try:
        _, given = protocol_in_force(practice, state.protocol, int(state.protocol_version))
    except InputError:
        return None, "", ""
    index = min(state.next_index, len(given.sessions) - 1)
    planned = order_of([d for d in given.planned_doses() if d.session == index])
    return given, planned.text, state.order(planned).text


def _line(row: SessionRow) -> dict[str, Any]:
    badge = STATES[row.state]
    if row.disposition in DISPOSITIONS:
        badge = ("quiet", DISPOSITIONS[row.disposition])
    return {"row": row, "badge": badge}


def _course(
    request: ClinicRequest, patient_id: str, bound: dict[str, forms.Form] | None = None, status: int = 200
) -> HttpResponse:
    bound = bound or {}
    practice, shown = the_practice(), timeline_of(patient_id)
    state = _state(practice, shown)
    opened = state is not None and not state.state.ended
    may_run, may_prescribe = request.access.may(RUN), request.access.may(PRESCRIBE)
    active = state is not None and state.state is CourseState.ACTIVE
    screening = state is not None and state.state is CourseState.SCREENING
    _, plain_order, order = _orders(practice, state)
    try:
        policy = policy_in_force(practice)
    except InputError:
        policy = None
    waits = waits_for(
        practice, patient_id, state.id if state is not None and opened else "", practice.now(), policy
    )
    free = [] if state is None else _free(state, shown)
    planned = _planned(shown)

    def form(section: str, made: forms.Form) -> dict[str, Any]:
        return {"form": bound.get(section) or made, "open": section in bound}

    context = {
        **heading(request, patient_id, shown),
        "course": state,
        "opened": opened,
        "screening": screening,
        "active": active,
        "step": step_of(waits),
        "exposure": exposure_text(state) if state is not None and state.sessions else "",
        "plain_order": plain_order,
        "order": order,
        "changes": [] if state is None else list(reversed(state.dose_changes)),
        "sessions": [_line(s) for s in shown.sessions if state is not None and s.course == state.id],
        "professionals": shown.file.chart.professionals,
        "names": names_of(
            [p.id for p in shown.file.chart.professionals]
            + ([] if state is None else [c.by for c in state.dose_changes])
        ),
        "may_run": may_run,
        "may_prescribe": may_prescribe,
        "forms": {
            "open": form("open", f.OpenForm(auto_id="id_open_%s")) if may_run and not opened else None,
            "professional": form(
                "professional", f.ProfessionalForm(people=_responsible(), auto_id="id_professional_%s")
            )
            if may_run
            else None,
            "protocol": form("protocol", f.ProtocolForm(protocols=_protocols(), auto_id="id_protocol_%s"))
            if may_prescribe and opened
            else None,
            "begin": form("begin", forms.Form()) if may_prescribe and screening else None,
            "plan": form("plan", f.PlanForm(indexes=free, auto_id="id_plan_%s"))
            if may_run and free
            else None,
            "cancel": form("cancel", f.CancelForm(sessions=planned, auto_id="id_cancel_%s"))
            if may_run and planned
            else None,
            "dose": form("dose", f.DoseForm(auto_id="id_dose_%s"))
            if may_prescribe and opened and order
            else None,
            "complete": form("complete", f.NoteForm(auto_id="id_complete_%s"))
            if may_prescribe and active
            else None,
            "withdraw": form("withdraw", f.ReasonForm(auto_id="id_withdraw_%s"))
            if may_run and opened
            else None,
            "stop": form("stop", f.StopForm(auto_id="id_stop_%s")) if may_prescribe and opened else None,
        },
    }
    return render(request, "course/course.html", context, status=status)
