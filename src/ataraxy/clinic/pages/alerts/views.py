"""Views of alerts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.care import own_patients, team_of
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, action, page
from ataraxy.clinic.alert_sight import ShownAlert, named_clinicians, shown_alerts
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import InputError
from ataraxy.practice import alerts as commands
from ataraxy.practice.aggregate import ALERTS, PERSON
from ataraxy.practice.alert_of import acknowledged_since, person_of_alert
from ataraxy.practice.practice import Practice
from ataraxy.practice.site import policy_in_force
from ataraxy.therapy.alert import Alert
from ataraxy.therapy.site_policy import SitePolicy

DAYS_SHOWN: Final = 7
# A page of forms; what is more comes up as these are taken.
MOST: Final = 50
KINDS: Final = {
    "session": "During a session",
    "suicide_risk": "Suicide risk",
    "worsening": "Worse than before",
    "adverse_event": "Serious adverse event",
    "follow_up_missed": "Follow-up missed",
    "left_against_advice": "Left against advice",
    "chart_corrected": "Chart completed after discharge",
    "drug_register": "Drug register",
    "other": "Alert",
}
BADGES: Final = {"immediate": "stop", "today": "overdue", "routine": "due"}
URGENCIES: Final = {"immediate": "Now", "today": "Today", "routine": "Routine"}


class AcknowledgeForm(forms.Form):
    """What was done about it."""

    comment = forms.CharField(
        label="What was done",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what was done, or what you will do and when."},
    )


def patient_of_alert(request: HttpRequest, alert_id: str) -> str | None:
    """Return whom an alert is about; None where there is none."""
    return person_of_alert(the_practice(), alert_id) if alert_id.isalnum() else None


@page(Permission.ALERT_VIEW, patient=NO_PATIENT)
def alerts(request: ClinicRequest) -> HttpResponse:
    """What is open, and what was acknowledged in the last days."""
    return _shown(request)


@page(Permission.ALERT_VIEW, patient=NO_PATIENT, passive=True)
def badge(request: ClinicRequest) -> HttpResponse:
    """The count that every page shows."""
    return render(request, "parts/alert_badge.html")


@action(Permission.ALERT_ACKNOWLEDGE, patient=patient_of_alert)
def acknowledge(request: ClinicRequest, alert_id: str) -> HttpResponse:
    """Takes an alert, with what was done."""
    form = AcknowledgeForm(request.POST, auto_id=f"id_{alert_id[:8]}_%s")
    if not form.is_valid():
        return _shown(request, {alert_id: form}, status=422)
    try:
        commands.acknowledge(
            the_practice(),
            request.access.patient,
            alert_id,
            form.cleaned_data["comment"],
            by=actor_of(request.access.who),
        )
    except InputError as refusal:
        form.add_error(None, refusal.sentence)
        return _shown(request, {alert_id: form}, status=409 if refusal.code == "alert.acknowledged" else 422)
    messages.success(request, "Acknowledged, in your name.")
    return redirect("alerts")


def _shown(
    request: ClinicRequest, bound: dict[str, AcknowledgeForm] | None = None, status: int = 200
) -> HttpResponse:
    practice, who = the_practice(), request.access.who
    now = practice.now()
    bound = bound or {}
    found = shown_alerts(practice, who)
    seen = [(one, one.in_care or request.access.sees(one.row.person)) for one in found]
    may = request.access.may(Permission.ALERT_ACKNOWLEDGE)
    policy = policy_in_force(practice) if found else None
    opened = [
        _open_alert(practice, policy, one, bound.get(one.row.alert)) if sees else _outside(one)
        for one, sees in seen[:MOST]
        if policy is not None
    ]
    # One that a colleague took while this was typed: the words are not lost, and the answer says who was first.
    gone = [form for id_, form in bound.items() if id_ not in {one.row.alert for one in found}]
    context = {
        "opened": opened,
        "more": max(0, len(seen) - MOST),
        "gone": gone,
        "taken": _taken(practice, request, now),
        "may_acknowledge": may,
        "days": DAYS_SHOWN,
    }
    return render(request, "alerts/alerts.html", context, status=status)


def _open_alert(
    practice: Practice, policy: SitePolicy, shown: ShownAlert, form: AcknowledgeForm | None
) -> dict[str, Any]:
    row = shown.row
    alert = _alert(practice, row.person, row.alert)
    return {
        **_common(shown),
        "reason": "" if alert is None else alert.wanted.reason,
        "person": row.person,
        "name": _name(practice, row.person),
        "session": row.session,
        "clinicians": [one.display_name for one in named_clinicians(row, team_of(row.person))],
        "next": None if alert is None else _next_step(alert, policy),
        "form": form or AcknowledgeForm(auto_id=f"id_{row.alert[:8]}_%s"),
    }


def _outside(shown: ShownAlert) -> dict[str, Any]:
    """That there is an alert, and nothing of what it is about."""
    return {**_common(shown), "person": shown.row.person, "outside": True}


def _common(shown: ShownAlert) -> dict[str, Any]:
    row = shown.row
    return {
        "id": row.alert,
        "kind": KINDS[row.kind],
        "badge": BADGES[row.urgency],
        "urgency": URGENCIES[row.urgency],
        "raised_at": row.raised_at,
        "assigned": row.assigned.replace("_", " "),
        "escalated_at": row.escalated_at,
        "escalated_to": row.escalated_to.replace("_", " "),
    }


def _next_step(alert: Alert, policy: SitePolicy) -> dict[str, Any] | None:
    for number, step in enumerate(policy.ladder(alert.wanted.urgency).steps):
        if number not in alert.escalated:
            after = timedelta(microseconds=int(step.after.value * 60_000_000))
            return {"at": alert.raised_at + after, "to": step.to.label}
    return None


def _alert(practice: Practice, person: str, alert_id: str) -> Alert | None:
    state = practice.load(ALERTS, person).state or ()
    return next((alert for alert in state if alert.id == alert_id), None)


def _name(practice: Practice, person: str) -> str:
    file = practice.load(PERSON, person).state
    return "" if file is None else file.chart.person.name


def _taken(practice: Practice, request: ClinicRequest, now: datetime) -> list[dict[str, Any]]:
    """The acknowledged alerts of the last days, of one's own patients."""
    since = now - timedelta(days=DAYS_SHOWN)
    taken = acknowledged_since(practice, since)
    own = own_patients(request.access.who, {person for person, _ in taken})
    pairs = [(person, _alert(practice, person, id_)) for person, id_ in taken if person in own][:MOST]
    names = names_of({alert.acknowledged_by or "" for _, alert in pairs if alert is not None})
    return [
        {
            "kind": KINDS[alert.wanted.kind],
            "reason": alert.wanted.reason,
            "comment": alert.comment,
            "person": person,
            "name": _name(practice, person),
            "raised_at": alert.raised_at,
            "at": alert.acknowledged_at,
            "by": names[alert.acknowledged_by or ""],
            "escalated": bool(alert.escalated),
        }
        for person, alert in pairs
        if alert is not None
    ]
