"""Views of the day."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, page
from ataraxy.clinic.alert_sight import waiting_for
from ataraxy.clinic.patients_of import called, patients_of
from ataraxy.clinic.the_practice import the_practice
from ataraxy.clinic.way_to_treatment import step_of
from ataraxy.errors import InputError
from ataraxy.practice import lists
from ataraxy.practice.due_today import Chair, chairs, waiting
from ataraxy.practice.follow_ups import follow_ups
from ataraxy.practice.practice import Practice
from ataraxy.practice.site import policy_in_force
from ataraxy.therapy.session.measure import MEASURED
from ataraxy.therapy.session.monitoring import DueStatus
from ataraxy.therapy.session.state import SessionState
from ataraxy.therapy.site_policy import SitePolicy

STATES: Final = {
    SessionState.PLANNED: ("quiet", "Planned"),
    SessionState.CHECKED_IN: ("active", "Checked in"),
    SessionState.DOSING: ("active", "Dose running"),
    SessionState.OBSERVATION: ("active", "Observation"),
    SessionState.RECOVERY: ("active", "Recovery"),
    SessionState.DISCHARGED: ("ok", "Discharged"),
    SessionState.ABORTED: ("stop", "Ended early"),
}
DUE: Final = {
    DueStatus.OVERDUE: ("overdue", "Overdue"),
    DueStatus.DUE: ("due", "Due now"),
    DueStatus.PENDING: ("quiet", "Next"),
}
DISPOSITIONS: Final = {"cancelled": "Cancelled", "did_not_attend": "Did not attend"}
MOST_WAITING: Final = 30
MOST_COMING: Final = 12
COMING: Final = timedelta(days=7)
# Somebody who is not here by then is looked for.
LATE: Final = timedelta(minutes=15)


@page(Permission.TODAY_VIEW, patient=NO_PATIENT)
def today(request: ClinicRequest) -> HttpResponse:
    """The day."""
    practice = the_practice()
    now = practice.now()
    return render(
        request, "today/today.html", {**_context(request, practice, now), "tag": _tag(request, now)}
    )


@page(Permission.TODAY_VIEW, patient=NO_PATIENT, passive=True)
def live(request: ClinicRequest) -> HttpResponse:
    """The part that changes; answered 304 while nothing was recorded and the clock shows the same minute."""
    practice = the_practice()
    now = practice.now()
    tag = _tag(request, now)
    if request.headers.get("If-None-Match") == f'"{tag}"':
        response = HttpResponse(status=304)
        # htmx takes 304 for an answer with content.
        response["HX-Reswap"] = "none"
    else:
        response = render(request, "today/live.html", {**_context(request, practice, now), "tag": tag})
    response["ETag"] = f'"{tag}"'
    response["Cache-Control"] = "no-store"
    return response


def _tag(request: ClinicRequest, now: datetime) -> str:
    return f"{the_practice().record.head().seq}.{now:%d%H%M}.{request.access.who.pk}"


def _context(request: ClinicRequest, practice: Practice, now: datetime) -> dict[str, Any]:
    who = request.access.who
    only = patients_of(who)
    policy = _policy(practice)
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = timezone.make_aware(
        datetime.combine(midnight.date() + timedelta(days=1), time()), timezone.get_current_timezone()
    )
    of_today = chairs(practice, midnight, tomorrow, now, policy, only=only)
    coming = [
        row
        for row in lists.sessions(practice, since=tomorrow, before=tomorrow + COMING, open_only=True)
        if only is None or row.person in only
    ]
    waits, waiting_count = waiting(practice, now, policy, only=only, limit=MOST_WAITING)
    shows = request.access.may(Permission.PATIENT_IDENTITY)
    lengths = {row.course: row.planned_sessions for row in lists.courses(practice, open_only=True)}
    contacts = _contacts(practice, now, policy, only)
    shown = [
        *(chair.row.person for chair in of_today),
        *(one.person for one in waits),
        *(row.person for row in coming[:MOST_COMING]),
    ]
    names = called(practice, shown, by_name=shows)
    here = [_chair(chair, now, names, lengths) for chair in of_today]
    return {
        "now": now,
        "here": [one for one in here if one["here"]],
        "rest": [one for one in here if not one["here"]],
        "overdue": sum(chair.overdue for chair in of_today),
        "contacts": contacts,
        "alerts": waiting_for(practice, who) if request.access.may(Permission.ALERT_VIEW) else None,
        "waiting": [
            {
                "person": one.person,
                "name": names[one.person],
                "step": step_of(one),
                "reasons": [f.rule for f in one.findings][:3],
                "more": max(0, len(one.findings) - 3),
                "since": one.since,
                "asked_at": one.asked_at,
            }
            for one in waits
        ],
        "waiting_count": waiting_count,
        "waiting_more": max(0, waiting_count - MOST_WAITING),
        "coming": [
            {
                "person": row.person,
                "name": names[row.person],
                "number": row.number,
                "of": lengths.get(row.course, 0),
                "at": row.scheduled_at,
                "session": row.session,
            }
            for row in coming[:MOST_COMING]
        ],
        "coming_more": max(0, len(coming) - MOST_COMING),
        "no_policy": policy is None,
        "may_refer": request.access.may(Permission.PATIENT_REFER),
    }


def _chair(chair: Chair, now: datetime, names: dict[str, str], lengths: dict[str, int]) -> dict[str, Any]:
    row = chair.row
    badge = STATES[row.state]
    if row.state is SessionState.ABORTED and row.disposition in DISPOSITIONS:
        badge = ("quiet", DISPOSITIONS[row.disposition])
    late = (
        row.state is SessionState.PLANNED and row.scheduled_at is not None and now - row.scheduled_at > LATE
    )
    if late:
        badge = ("overdue", "Not here yet")
    due = chair.due
    return {
        "session": row.session,
        "person": row.person,
        "name": names[row.person],
        "number": row.number,
        "of": lengths.get(row.course, 0),
        "badge": badge,
        "here": chair.here,
        "chair": chair.session.check_in.chair if chair.session and chair.session.check_in else "",
        "at": row.scheduled_at,
        "since": row.state_at if chair.here else None,
        "running_min": _minutes(chair, now),
        "due": None
        if due is None
        else {
            "badge": DUE[due.status],
            "at": due.at,
            "what": ", ".join(MEASURED[measure].label for measure in due.missing),
        },
        "overdue": chair.overdue,
        "missed": chair.missed,
        "simulated": chair.session is not None
        and chair.session.plan is not None
        and chair.session.plan.simulated,
    }


def _minutes(chair: Chair, now: datetime) -> int | None:
    session = chair.session
    if session is None or session.dosing_started_at is None:
        return None
    return max(0, int((now - session.dosing_started_at).total_seconds() // 60))


def _contacts(
    practice: Practice, now: datetime, policy: SitePolicy | None, only: frozenset[str] | None
) -> int:
    if policy is None:
        return 0
    return sum(
        one.follow_up.status in ("due", "not_reached")
        for one in follow_ups(practice, now, policy, only=lambda people: people if only is None else only)
    )


def _policy(practice: Practice) -> SitePolicy | None:
    try:
        return policy_in_force(practice)
    except InputError:
        return None
