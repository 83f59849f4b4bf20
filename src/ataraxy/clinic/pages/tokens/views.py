"""Views of tokens. A token's secret is shown once, to the administrator who made it; only its hash is kept."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ataraxy.clinic.access import tokens as access_tokens
from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.models import AccessToken
from ataraxy.clinic.access.permissions import MEANING, Permission
from ataraxy.clinic.access.stated import NO_PATIENT, action, own_account, page
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.pages.tokens.forms import NewTokenForm
from ataraxy.errors import InputError

_BADGE = {
    "live": ("ok", "Live"),
    "waiting": ("due", "Waits for agreement"),
    "expired": ("quiet", "Expired"),
    "revoked": ("stop", "Revoked"),
}


def _rows(found: Any) -> list[dict[str, Any]]:
    now = timezone.now()
    return [
        {
            "token": token,
            "state": token.state(now),
            "badge": _BADGE[token.state(now)],
            "scopes": [(s, MEANING[Permission(s)]) for s in token.scopes if s in set(Permission)],
        }
        for token in found
    ]


@page(Permission.ADMIN_PEOPLE, post=Permission.ADMIN_PEOPLE, patient=NO_PATIENT)
def tokens(request: ClinicRequest) -> HttpResponse:
    """Every token, and the form of a new one, whose secret the next page shows once."""
    form = NewTokenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        person = Person.objects.filter(pk=form.cleaned_data["person"], is_active=True).first()
        if person is None:
            raise Http404
        by = request.access.who.pk
        try:
            secret = access_tokens.issue(
                person,
                label=form.cleaned_data["label"],
                scopes=form.cleaned_data["scopes"],
                days=form.cleaned_data["days"],
                by=by,
                agreed=by == person.pk,
            )
        except InputError as error:
            form.add_error("scopes", error.sentence)
        else:
            context = {"secret": secret, "subject": person, "form": form, "agreed": by == person.pk}
            return render(request, "tokens/made.html", context)
    rows = _rows(AccessToken.objects.select_related("person"))
    status = 422 if form.is_bound else 200
    return render(request, "tokens/tokens.html", {"form": form, "rows": rows}, status=status)


@action(Permission.ADMIN_PEOPLE, patient=NO_PATIENT)
def revoke(request: ClinicRequest, token_id: str) -> HttpResponse:
    """Ends a token at once and for ever."""
    token = AccessToken.objects.filter(pk=token_id).first()
    if token is None:
        raise Http404
    access_tokens.revoke(token, by=request.access.who.pk)
    messages.success(request, f"Revoked: {token.label}. The device gets no answer any more.")
    return redirect("tokens")


@own_account()
def own_tokens(request: ClinicRequest) -> HttpResponse:
    """The tokens that act in one's own name, those that wait for an answer first."""
    rows = _rows(request.access.who.tokens.all())
    rows.sort(key=lambda row: row["state"] != "waiting")
    return render(request, "tokens/own.html", {"rows": rows})


@own_account(post=True, read=False)
def decide_own(request: ClinicRequest, token_id: str) -> HttpResponse:
    """Agrees to a token in one's own name, or ends it."""
    who = request.access.who
    token = who.tokens.filter(pk=token_id).first()
    if token is None:
        raise Http404
    if request.POST.get("agree") == "yes":
        access_tokens.agree(token)
        messages.success(request, f"{token.label} may act in your name from now on. You can end it here.")
    else:
        access_tokens.revoke(token, by=who.pk)
        messages.success(request, f"{token.label} acts in your name no more.")
    return redirect("own_tokens")
