"""Views of the people in care. A name is looked for in the body of a request, never in its address."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ataraxy.clinic.access import care
from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, page
from ataraxy.clinic.forms import Who
from ataraxy.clinic.patients_of import called, patients_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import InputError
from ataraxy.practice import courses, people
from ataraxy.practice.aggregate import COURSE, PERSON
from ataraxy.practice.identity import TELEPHONE
from ataraxy.practice.people_in_care import PersonInCare, people_in_care, people_named
from ataraxy.therapy import course_decide
from ataraxy.therapy.chart_events import Event, PersonIdentified, PersonReferred
from ataraxy.therapy.course import CourseState
from ataraxy.therapy.disorder import CODES, Disorder
from ataraxy.therapy.person import Contact, Sex

PER_PAGE: Final = 50
STATES: Final = {
    CourseState.REFERRED: ("due", "Referred"),
    CourseState.SCREENING: ("due", "Screening"),
    CourseState.ACTIVE: ("active", "In treatment"),
    CourseState.COMPLETED: ("ok", "Completed"),
    CourseState.WITHDRAWN: ("quiet", "Withdrew"),
    CourseState.STOPPED: ("stop", "Stopped"),
}
NO_COURSE: Final = ("quiet", "No course")
FILTERS: Final = (
    ("", "Everybody"),
    ("open", "Going on"),
    ("screening", "Screening"),
    ("active", "In treatment"),
    ("completed", "Completed"),
    ("none", "No course"),
)
DECISIONS: Final = {"allow": ("ok", "Allow"), "delay": ("hold", "Delay"), "block": ("stop", "Block")}
REFERRERS: Final = (
    ("psychiatry", "Psychiatry"),
    ("psychology", "Psychology"),
    ("primary_care", "Primary care"),
    ("hospital", "Hospital"),
    ("self", "The person themselves"),
    ("trial", "A trial"),
    ("other", "Somebody else"),
)


class SearchForm(forms.Form):
    """A name, or its beginnings."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "type": "search"}),
    )


class ReferForm(Who):
    """A referral."""

    referred_by = forms.ChoiceField(label="Referred by", choices=REFERRERS)
    disorder = forms.ChoiceField(
        label="Treatment is sought for",
        choices=[("", "Not said"), *((d.value, CODES[d].title.capitalize()) for d in CODES)],
        required=False,
        help_text="As the referral says it. A prescriber records the diagnosis.",
    )
    reason = forms.CharField(
        label="What the referral says",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    open_course = forms.BooleanField(
        label="Open a course and begin screening",
        required=False,
        initial=True,
    )

    @property
    def why_fields(self) -> list[forms.BoundField]:
        return [self["referred_by"], self["disorder"]]


@page(Permission.PATIENT_VIEW, post=Permission.PATIENT_VIEW, patient=NO_PATIENT)
def patients(request: ClinicRequest) -> HttpResponse:
    """The people of whoever asks, the latest referral first; those of a name where one is sent in the body."""
    practice, only = the_practice(), patients_of(request.access.who)
    shows = request.access.may(Permission.PATIENT_IDENTITY)
    state = request.GET.get("state", "")
    if state not in {value for value, _ in FILTERS}:
        state = ""
    form = SearchForm(request.POST if request.method == "POST" else None)
    sought = form.cleaned_data["name"].strip() if shows and form.is_bound and form.is_valid() else ""
    if form.is_bound and not form.is_valid():
        only = frozenset()  # not everybody under a name that was not looked for
    if sought:
        state = ""
        only = frozenset(people_named(practice, sought, only)[:500])
    number = request.GET.get("page", "1")
    offset = (max(1, min(int(number), 10_000)) - 1) * PER_PAGE if number.isascii() and number.isdigit() else 0
    found, count = people_in_care(
        practice, only=only, state=state, at=practice.now(), offset=0 if sought else offset, limit=PER_PAGE
    )
    names = called(practice, (one.person for one in found), by_name=shows)
    pages = Paginator(range(count), PER_PAGE)
    context = {
        "rows": [_row(one, names[one.person]) for one in found],
        "count": count,
        "form": form,
        "sought": sought,
        "shown": pages.get_page(1 if sought else offset // PER_PAGE + 1),
        "query": f"state={state}" if state else "",
        "state": state,
        "filters": FILTERS,
        "may_refer": request.access.may(Permission.PATIENT_REFER),
        "shows_names": shows,
        "too_many": bool(sought) and count > PER_PAGE,
    }
    return render(request, "patients/patients.html", context)


@page(Permission.PATIENT_REFER, post=Permission.PATIENT_REFER, patient=NO_PATIENT)
def refer(request: ClinicRequest) -> HttpResponse:
    """A referral: whoever enters it cares for the person from then on."""
    form = ReferForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said, who, practice = form.cleaned_data, request.access.who, the_practice()
        by, now = actor_of(who), practice.now()
        # Sent again it is the same person; with other words it is another.
        content = hashlib.sha256(repr(sorted((k, str(v)) for k, v in said.items())).encode()).hexdigest()
        person = uuid.uuid5(uuid.NAMESPACE_OID, f"{by.id}/person/{content}").hex
        course = uuid.uuid5(uuid.NAMESPACE_OID, f"{by.id}/course/{content}").hex
        contacts = (Contact(kind=TELEPHONE, value=said["phone"]),) if said["phone"] else ()
        events: list[Event] = [
            PersonReferred(
                person=person, at=now, by=by.id, referred_by=said["referred_by"], reason=said["reason"]
            ),
            PersonIdentified(
                person=person,
                at=now,
                by=by.id,
                name=said["name"],
                born=said["born"],
                sex=Sex(said["sex"]),
                contacts=contacts,
            ),
        ]
        try:
            if practice.load(PERSON, person).version == 0:
                people.record(practice, events, by=by)
            care.assign(who, person, by=who.pk)
            if said["open_course"] and practice.load(COURSE, course).version == 0:
                courses.act(
                    practice, course, course_decide.open_course, course, person, said["disorder"], by=by
                )
                courses.act(practice, course, course_decide.begin_screening, by=by)
        except InputError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "Referred. You care for this person from now on.")
            return redirect("patient", patient_id=person)
    return render(request, "patients/refer.html", {"form": form}, status=422 if form.is_bound else 200)


def _row(one: PersonInCare, name: str) -> dict[str, Any]:
    codes = Disorder(one.disorder).codes if one.disorder in {d.value for d in Disorder} else None
    return {
        "person": one.person,
        "name": name,
        "referred_at": one.referred_at,
        "disorder": codes.title if codes is not None else one.disorder,
        "badge": STATES[one.state] if one.state is not None else NO_COURSE,
        "gate": DECISIONS.get(one.decision),
        "next": one.next_session_at,
        "simulated": one.simulated,
    }
