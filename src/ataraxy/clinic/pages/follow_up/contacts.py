"""Contacts after a session and assessments of suicide risk: what is due, and charting it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.care import own_patients
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, action, page
from ataraxy.clinic.pages.follow_up.forms import ContactForm, RiskForm
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import InputError
from ataraxy.practice import sessions
from ataraxy.practice.aggregate import PERSON, SESSION
from ataraxy.practice.follow_ups import SessionFollowUp, follow_ups, next_session_at
from ataraxy.practice.lists import patient_of
from ataraxy.practice.site import policy_in_force
from ataraxy.therapy.actor import Action, may
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.follow_up import due_follow_ups
from ataraxy.therapy.session.state import FollowUp, Session, SessionState
from ataraxy.therapy.suicide_risk import Occasion, suicide_risk_findings

_WRITE: Final = Permission.SCORE_WRITE
# Only those who may assess chart a risk: prescribers, monitors, therapists hold this.
_ASSESS: Final = Permission.SESSION_CHART
PLANS: Final = {
    "1h": "1 hour after",
    "24h": "24 hours after",
    "7d": "7 days after",
    "before-next": "Before the next session",
}
STATES: Final = {
    "due": ("due", "Due"),
    "not_reached": ("overdue", "Try again"),
    "missed": ("stop", "Missed"),
    "pending": ("quiet", "Later"),
    "done": ("ok", "Done"),
}
_FIRST: Final = ("not_reached", "due", "missed", "pending")
AHEAD: Final = timedelta(days=7)
MISSED_SHOWN: Final = timedelta(days=14)


def patient_of_session(request: HttpRequest, session_id: str) -> str | None:
    """Return whose session it is; None where there is none."""
    return patient_of(the_practice(), session_id) if session_id.isalnum() else None


@page(_WRITE, patient=NO_PATIENT)
def everybody(request: ClinicRequest) -> HttpResponse:
    """Who is to be contacted, of one's own patients: due, missed, and in the next days."""
    practice = the_practice()
    now = practice.now()
    policy = policy_in_force(practice)
    untimed = frozenset(plan.id for plan in policy.follow_ups if plan.after is None)
    found = follow_ups(practice, now, policy, only=lambda people: own_patients(request.access.who, people))
    rows = [_row(one) for one in found if _is_shown(one, now, untimed)]
    rows.sort(key=lambda row: _FIRST.index(row["status"]))
    counts = {status: sum(row["status"] == status for row in rows) for status in _FIRST}
    return render(request, "follow_up/everybody.html", {"rows": rows, "counts": counts})


@page(_WRITE, patient=patient_of_session)
def session(request: ClinicRequest, session_id: str) -> HttpResponse:
    """The contacts of one session, and its assessments of suicide risk."""
    return _shown(request, session_id)


@action(_WRITE, patient=patient_of_session)
def contact(request: ClinicRequest, session_id: str) -> HttpResponse:
    """Charts a contact, reached or tried."""
    practice, by = the_practice(), actor_of(request.access.who)
    form = _contact_form(request, request.POST.get("plan", "")[:40], bound=True)
    if form.is_valid():
        said, now = form.cleaned_data, practice.now()
        occasion: Occasion = "after_24h" if said["plan"] == "24h" else "other"
        try:
            risk = form.assessment(by.id, occasion, now) if said.get("judgement") else None
            made = FollowUp(
                plan=said["plan"],
                at=said["at"] or now,
                by=by.id,
                reached=said["reached"] == "yes",
                suicide_risk=risk,
                note=said["note"],
            )
            sessions.act(practice, session_id, decide.follow_up, made, by=by, key=said["request"])
        except InputError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "Charted.")
            return redirect("session_follow_up", session_id=session_id)
    return _shown(request, session_id, contact_form=form, status=422)


@action(_ASSESS, patient=patient_of_session)
def risk(request: ClinicRequest, session_id: str) -> HttpResponse:
    """Charts an assessment of suicide risk of this session."""
    practice, by = the_practice(), actor_of(request.access.who)
    form = RiskForm(request.POST, auto_id="id_risk_%s")
    if form.is_valid():
        now = practice.now()
        try:
            found = practice.load(SESSION, session_id).state
            before = found is not None and found.dosing_started_at is None
            assessed = form.assessment(by.id, "before_session" if before else "other", now)
            sessions.act(
                practice,
                session_id,
                decide.record_suicide_risk,
                assessed,
                by=by,
                key=form.cleaned_data["request"],
            )
        except InputError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "Charted.")
            return redirect("session_follow_up", session_id=session_id)
    return _shown(request, session_id, risk_form=form, status=422)


def _shown(
    request: ClinicRequest,
    session_id: str,
    *,
    contact_form: ContactForm | None = None,
    risk_form: RiskForm | None = None,
    status: int = 200,
) -> HttpResponse:
    practice = the_practice()
    now = practice.now()
    found = practice.load(SESSION, session_id).state
    if found is None or found.plan is None:
        raise Http404
    policy = policy_in_force(practice)
    following = (
        next_session_at(practice, found.plan.course, found.plan.scheduled_at) if found.plan.course else None
    )
    file = practice.load(PERSON, found.plan.patient).state
    assesses = may(actor_of(request.access.who), Action.ASSESS_RISK)
    contacts = []
    for due in due_follow_ups(found, policy, now, following):
        bound = contact_form is not None and contact_form.data.get("plan") == due.plan
        contacts.append(
            {
                "due": due,
                "title": PLANS.get(due.plan, due.plan),
                "badge": STATES[due.status],
                "made": [made for made in found.follow_ups if made.plan == due.plan],
                "form": contact_form if bound else _contact_form(request, due.plan),
                "open": bound or due.status in ("due", "not_reached", "missed"),
                "assessed_here": due.suicide_risk,
            }
        )
    assessments = _assessments(found)
    names = names_of({a.by for a in assessments} | {made.by for made in found.follow_ups})
    context: dict[str, Any] = {
        "session": found,
        "session_id": session_id,
        "patient": found.plan.patient,
        "name": "" if file is None else file.chart.person.name,
        "contacts": contacts,
        "assessments": assessments,
        "names": names,
        "findings": suicide_risk_findings(found.latest_suicide_risk, policy, now)
        if found.state is SessionState.CHECKED_IN
        else (),
        "risk_form": risk_form or RiskForm(auto_id="id_risk_%s"),
        "risk_open": risk_form is not None or found.state is SessionState.CHECKED_IN,
        "may_assess": assesses and found.state is not SessionState.PLANNED,
        "assesses": assesses,
    }
    return render(request, "follow_up/session.html", context, status=status)


def _contact_form(request: ClinicRequest, plan: str, *, bound: bool = False) -> ContactForm:
    return ContactForm(
        request.POST if bound else None,
        assesses=may(actor_of(request.access.who), Action.ASSESS_RISK),
        initial={"plan": plan, "request": uuid.uuid4().hex},
        auto_id=f"id_{plan}_%s",
    )


def _assessments(session: Session) -> list[Any]:
    found = [
        *session.suicide_risk,
        *(m.suicide_risk for m in session.follow_ups if m.suicide_risk is not None),
    ]
    if session.check_in is not None and session.check_in.suicide_risk is not None:
        found.append(session.check_in.suicide_risk)
    return sorted(found, key=lambda a: a.at, reverse=True)


def _is_shown(one: SessionFollowUp, now: datetime, untimed: frozenset[str]) -> bool:
    due = one.follow_up
    if due.status == "done":
        return False
    if due.status == "pending":
        return due.due_at is not None and due.due_at <= now + AHEAD
    if due.status == "missed" and due.plan in untimed:
        # That session has come, and its check-in asked the same.
        return False
    if due.status == "missed":
        return due.closes_at is not None and due.closes_at >= now - MISSED_SHOWN
    return True


def _row(one: SessionFollowUp) -> dict[str, Any]:
    file = the_practice().load(PERSON, one.row.person).state
    due = one.follow_up
    return {
        "session": one.row.session,
        "number": one.row.number,
        "person": one.row.person,
        "name": "" if file is None else file.chart.person.name,
        "title": PLANS.get(due.plan, due.plan),
        "contents": due.contents,
        "suicide_risk": due.suicide_risk,
        "due_at": due.due_at,
        "closes_at": due.closes_at,
        "status": due.status,
        "badge": STATES[due.status],
    }
