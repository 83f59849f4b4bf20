"""Views of de-identified data. Nothing here leads back to a patient's page."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, page
from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice.deidentified import DeidentifiedCourse, course_groups, deidentified_courses

Rows = Iterable[tuple[Any, ...]]
# Groups of fewer people than this are shown as fewer, not by their number.
SMALLEST_GROUP: Final = 5


def _courses(courses: Iterable[DeidentifiedCourse]) -> Rows:
    for course in courses:
        yield (
            course.subject,
            course.disorder,
            course.protocol,
            course.protocol_version,
            course.state.value,
            course.why_ended,
            len(course.doses),
            course.doses[-1][1],
            int(course.simulated),
        )


def _doses(courses: Iterable[DeidentifiedCourse]) -> Rows:
    for course in courses:
        for number, day, given in course.doses:
            yield course.subject, number, day, "" if given is None else f"{given:g}"


def _scores(courses: Iterable[DeidentifiedCourse]) -> Rows:
    for course in courses:
        for score in course.scores:
            yield course.subject, score.instrument, score.day, f"{score.total:g}"


def _adverse_events(courses: Iterable[DeidentifiedCourse]) -> Rows:
    for course in courses:
        for event in course.adverse_events:
            yield course.subject, event.session, event.day, event.term, event.grade, int(event.serious)


TABLES: Final[dict[str, tuple[str, tuple[str, ...], Callable[[Iterable[DeidentifiedCourse]], Rows]]]] = {
    "courses": (
        "One row for each course in which a dose was given",
        (
            "subject",
            "disorder",
            "protocol",
            "protocol_version",
            "state",
            "why_ended",
            "doses",
            "last_dose_day",
            "simulated",
        ),
        _courses,
    ),
    "doses": (
        "What was given, in mg of free base; empty while a session goes on",
        ("subject", "session", "day", "given_mg_base"),
        _doses,
    ),
    "scores": (
        "Every score from 90 days before the first dose on",
        ("subject", "instrument", "day", "total"),
        _scores,
    ),
    "adverse_events": (
        "Adverse events as they were last charted",
        ("subject", "session", "day", "term", "grade", "serious"),
        _adverse_events,
    ),
}


@page(Permission.RESEARCH_VIEW, patient=NO_PATIENT)
def research(request: ClinicRequest) -> HttpResponse:
    """How many courses there are, by disorder and protocol, and the tables to download."""
    groups = course_groups(the_practice())
    rows = [
        {
            "disorder": group.disorder or "not recorded",
            "protocol": f"{group.protocol}/{group.protocol_version}",
            "count": str(group.courses)
            if group.courses >= SMALLEST_GROUP
            else f"fewer than {SMALLEST_GROUP}",
        }
        for group in groups
    ]
    tables = [
        {"name": name, "title": title, "columns": columns} for name, (title, columns, _) in TABLES.items()
    ]
    context = {
        "groups": rows,
        "tables": tables,
        "total": sum(group.courses for group in groups),
        "simulated": sum(group.simulated for group in groups),
    }
    return render(request, "research/research.html", context)


@page(Permission.RESEARCH_VIEW, patient=NO_PATIENT)
def download(request: ClinicRequest, table: str) -> HttpResponse:
    """One table as CSV."""
    if table not in TABLES:
        raise Http404
    _, columns, of = TABLES[table]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(of(_all()))
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{table}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _all() -> tuple[DeidentifiedCourse, ...]:
    secret = hashlib.sha256(b"ataraxy-subjects|" + settings.HOME.secret().encode()).digest()
    return deidentified_courses(the_practice(), secret)
