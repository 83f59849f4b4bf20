"""Views of one's own account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from ataraxy.clinic.access import presence as presences
from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.log import record
from ataraxy.clinic.access.models import Presence
from ataraxy.clinic.access.stated import own_account
from ataraxy.clinic.accounts.factors import lacks_second_factor
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.navigation import home_of
from ataraxy.clinic.pages.account.forms import PinForm, UnlockForm
from ataraxy.clinic.the_practice import the_practice
from ataraxy.errors import AtaraxyError
from ataraxy.therapy.credential import Credential


def _next(request: ClinicRequest) -> str:
    """Where to go on: an address of this site, or home."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if safe and asked.startswith("/") else "/"


@own_account()
def home(request: ClinicRequest) -> HttpResponse:
    """Goes to the first page that the role opens."""
    return redirect(home_of(request.access.permissions))


@own_account(post=True, while_locked=True, unenrolled=True)
def lock(request: ClinicRequest) -> HttpResponse:
    """The lock screen. Opens with PIN or password; answers a script with JSON, so that its page stays."""
    access, person = request.access, request.access.who
    assert access.presence is not None
    by_script = "application/json" in request.headers.get("Accept", "")
    if request.method != "POST":
        if not presences.is_locked(access.presence):
            return redirect(_next(request))
        return render(request, "account/lock.html", {"form": UnlockForm(), "next": _next(request)})
    form = UnlockForm(request.POST)
    if form.is_valid() and presences.unlock(access.presence, person, form.cleaned_data["secret"]):
        record("unlocked", request=request, person=person.pk)
        return JsonResponse({"unlocked": True}) if by_script else redirect(_next(request))
    record("unlock_failed", request=request, person=person.pk)
    if presences.exhausted(access.presence):
        Presence.objects.filter(pk=access.presence.pk).delete()
        logout(request)
        if by_script:
            return JsonResponse({"unlocked": False, "go": "/sign-in/"}, status=401)
        messages.error(request, "Too many wrong attempts: sign in again.")
        return redirect("account_login")
    if by_script:
        return JsonResponse({"unlocked": False, "message": "Wrong PIN or password."}, status=422)
    if form.is_valid():
        form.add_error("secret", "Wrong PIN or password.")
    return render(request, "account/lock.html", {"form": form, "next": _next(request)}, status=422)


@own_account(post=True, read=False, while_locked=True, unenrolled=True)
def lock_now(request: ClinicRequest) -> HttpResponse:
    """Locks this browser at once."""
    access = request.access
    assert access.presence is not None
    presences.lock(access.presence)
    record("locked", request=request, person=request.access.who.pk)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"locked": True})
    return HttpResponseRedirect("/lock/")


@own_account(post=True, read=False)
def awake(request: ClinicRequest) -> HttpResponse:
    """Somebody touches the page without asking it for anything: the middleware has noted it."""
    return HttpResponse(status=204)


@own_account(unenrolled=True)
def enrol(request: ClinicRequest) -> HttpResponse:
    """The choice of a second factor at the first sign-in."""
    if not lacks_second_factor(request.access.who):
        return redirect("home")
    return render(request, "account/enrol.html", {"next": _next(request)})


@own_account()
def my_account(request: ClinicRequest) -> HttpResponse:
    """Roles, factors, PIN, appearance, and every browser that is signed in."""
    from allauth.mfa.models import Authenticator

    access, person = request.access, request.access.who
    held = list(Authenticator.objects.filter(user=person))
    return render(
        request,
        "account/my_account.html",
        {
            "totp": any(a.type == Authenticator.Type.TOTP for a in held),
            "passkeys": [a for a in held if a.type == Authenticator.Type.WEBAUTHN],
            "codes": sum(
                len(a.wrap().get_unused_codes()) for a in held if a.type == Authenticator.Type.RECOVERY_CODES
            ),
            "presences": person.presences.order_by("-seen_at"),
            "this_presence": access.presence,
            "credentials": _credentials(person),
            "waiting_tokens": person.tokens.filter(
                agreed_at=None, revoked_at=None, expires_at__gt=timezone.now()
            ).count(),
        },
    )


@own_account(post=True)
def pin(request: ClinicRequest) -> HttpResponse:
    """Sets the PIN for quick re-entry."""
    person = request.access.who
    form = PinForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        person.set_pin(form.cleaned_data["pin"])
        person.save(update_fields=["pin"])
        record("pin_set", request=request, person=person.pk)
        messages.success(
            request, "Your PIN is set. It opens this screen after a pause, and confirms you as second person."
        )
        return redirect("my_account")
    status = 422 if form.is_bound else 200
    return render(request, "account/pin.html", {"form": form}, status=status)


@own_account(post=True, read=False)
def appearance(request: ClinicRequest) -> HttpResponse:
    """Light, dark, or as the device is set."""
    person = request.access.who
    wanted = request.POST.get("appearance", "")
    if wanted in ("system", "light", "dark"):
        person.appearance = wanted
        person.save(update_fields=["appearance"])
    return redirect("my_account")


@own_account(post=True, read=False)
def end_presence(request: ClinicRequest, presence_id: str) -> HttpResponse:
    """Signs one browser of this person out."""
    ended, _ = Presence.objects.filter(pk=presence_id, person=request.access.who).delete()
    if not ended:
        raise Http404
    record("session_ended", request=request, person=request.access.who.pk)
    messages.success(request, "That browser is signed out.")
    return redirect("my_account")


@own_account(post=True, read=False)
def end_all(request: ClinicRequest) -> HttpResponse:
    """Signs this person out everywhere, here too."""
    person = request.access.who
    record("signed_out_everywhere", request=request, person=person.pk)
    Presence.objects.filter(person=person).delete()
    person.end_sessions()
    logout(request)
    messages.success(request, "You are signed out everywhere.")
    return redirect("account_login")


def _credentials(person: Person) -> list[tuple[str, Credential, str]]:
    """What the record knows of one's credentials; none where it cannot be read, which its own pages say."""
    from ataraxy.clinic.accounts.staff_file import KINDS, file_of, state_of

    try:
        held = file_of(the_practice(), person)
    except AtaraxyError:
        return []
    today = timezone.localdate()
    return [(KINDS[c.kind], c, state_of(c, today)) for c in (held.credentials if held is not None else ())]
