"""Views of the access log. Patients appear by opaque id: the auditor sees that, not whom."""

from __future__ import annotations

from typing import Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.log import record
from ataraxy.clinic.access.models import AccessEntry, BreakGlass
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import NO_PATIENT, action, page
from ataraxy.clinic.accounts.models import Person

PAGE_SIZE: Final = 50
WORDS: Final[dict[str, str]] = {
    "seen": "opened",
    "done": "did",
    "denied": "was refused",
    "signed_in": "signed in",
    "signed_out": "signed out",
    "signed_out_everywhere": "signed out everywhere",
    "sign_in_failed": "failed to sign in",
    "sessions_ended": "signed somebody out everywhere",
    "session_ended": "ended a session",
    "locked": "locked the screen",
    "unlocked": "unlocked the screen",
    "unlock_failed": "failed to unlock",
    "password_changed": "changed their password",
    "password_renewed": "renewed a password",
    "pin_set": "set a PIN",
    "factor_added": "added a second factor",
    "factor_removed": "removed a second factor",
    "factor_failed": "failed a second factor",
    "factor_reset_asked": "asked for a reset of factors",
    "factor_reset_agreed": "agreed to a reset of factors",
    "factor_reset_refused": "refused a reset of factors",
    "person_created": "created an account",
    "person_activated": "opened an account again",
    "person_deactivated": "closed an account",
    "role_granted": "gave a role",
    "role_taken": "took a role",
    "credential_recorded": "recorded a credential",
    "credential_withdrawn": "withdrew a credential",
    "care_assigned": "assigned care",
    "care_released": "ended care",
    "break_glass": "broke the glass",
    "break_glass_reviewed": "reviewed a break-glass",
    "record_verified": "verified the record",
    "record_exported": "exported the record, sealed",
    "document_adopted": "adopted rules or a policy",
    "document_retired": "retired rules or a policy",
    "limits_signed": "signed stop limits",
    "site_described": "described the clinic",
    "token_issued": "made a token",
    "token_agreed": "agreed to a token",
    "token_revoked": "revoked a token",
    "second_person": "confirmed as the second person",
    "second_person_failed": "failed to confirm as the second person",
    "questionnaire_sent": "made a questionnaire link",
    "questionnaire_withdrawn": "withdrew a questionnaire link",
    "questionnaire_answered": "a patient answered a questionnaire",
}
STATE: Final[dict[str, str]] = {
    "denied": "stop",
    "sign_in_failed": "due",
    "unlock_failed": "due",
    "factor_failed": "due",
    "second_person_failed": "due",
    "break_glass": "overdue",
    "done": "active",
}


class LogFilter(forms.Form):
    """What of the log is shown."""

    kind = forms.ChoiceField(
        label="What", required=False, choices=[("", "Everything"), *sorted(WORDS.items())]
    )
    person = forms.ChoiceField(label="Who", required=False)
    patient = forms.RegexField(label="Patient id", regex=r"^[0-9a-zA-Z_-]{4,64}$", required=False, strip=True)
    day = forms.DateField(label="Day", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        people = [(p.pk, p.display_name) for p in Person.objects.all()]
        self.fields["person"].choices = [("", "Everybody"), *people]  # type: ignore[attr-defined]


@page(Permission.AUDIT_VIEW, patient=NO_PATIENT)
def access_log(request: ClinicRequest) -> HttpResponse:
    """Newest first, fifty to a page."""
    form = LogFilter(request.GET or None)
    entries = AccessEntry.objects.all()
    if form.is_bound and form.is_valid():
        asked = form.cleaned_data
        if asked["kind"]:
            entries = entries.filter(kind=asked["kind"])
        if asked["person"]:
            entries = entries.filter(person=asked["person"])
        if asked["patient"]:
            entries = entries.filter(patient__startswith=asked["patient"])
        if asked["day"]:
            entries = entries.filter(at__date=asked["day"])
    shown = Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page"))
    names = dict(Person.objects.values_list("pk", "display_name"))
    rows = [
        {
            "entry": entry,
            "who": names.get(entry.person, "Nobody signed in" if not entry.person else entry.person[:8]),
            "subject": names.get(entry.subject, ""),
            "word": WORDS.get(entry.kind, entry.kind),
            "state": STATE.get(entry.kind, "quiet"),
        }
        for entry in shown
    ]
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "access_log/access_log.html",
        {"form": form, "rows": rows, "shown": shown, "query": query.urlencode(), "unreviewed": _unreviewed()},
    )


@page(Permission.AUDIT_VIEW, patient=NO_PATIENT)
def break_glass_review(request: ClinicRequest) -> HttpResponse:
    """Every break-glass, those to review first."""
    glasses = BreakGlass.objects.select_related("person").order_by("reviewed_at", "-opened_at")
    shown = Paginator(glasses, PAGE_SIZE).get_page(request.GET.get("page"))
    now = timezone.now()
    names = dict(Person.objects.values_list("pk", "display_name"))
    rows = [
        {
            "glass": glass,
            "open": glass.is_open(now),
            "used": AccessEntry.objects.filter(break_glass=glass.pk).count(),
            "reviewer": names.get(glass.reviewed_by, ""),
        }
        for glass in shown
    ]
    return render(
        request, "access_log/break_glass.html", {"rows": rows, "shown": shown, "unreviewed": _unreviewed()}
    )


@action(Permission.AUDIT_VIEW, patient=NO_PATIENT)
def review(request: ClinicRequest, glass_id: str) -> HttpResponse:
    """The auditor's finding, given once."""
    finding = request.POST.get("finding", "")
    auditor = request.access.who
    if finding not in ("justified", "follow_up"):
        messages.error(request, "Choose a finding.")
        return redirect("break_glass_review")
    if not BreakGlass.objects.filter(pk=glass_id).exists():
        raise Http404
    changed = (
        BreakGlass.objects.filter(pk=glass_id, reviewed_at=None)
        .exclude(person=auditor)
        .update(reviewed_by=auditor.pk, reviewed_at=timezone.now(), finding=finding)
    )
    if changed:
        record(
            "break_glass_reviewed", request=request, person=auditor.pk, break_glass=glass_id, detail=finding
        )
        messages.success(request, "Reviewed and recorded.")
    else:
        messages.error(request, "It was reviewed already, or it is your own.")
    return redirect("break_glass_review")


def _unreviewed() -> int:
    return BreakGlass.objects.filter(reviewed_at=None).count()
