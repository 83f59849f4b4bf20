"""Whose patients a person opens: their own; another's only through break-glass, for a time, with notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import clear_url_caches, path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from tests.clinic.conftest import PASSWORD, without_tokens

from ataraxy.clinic import urls
from ataraxy.clinic.access import care, tokens
from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.models import BreakGlass
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.access.stated import NO_PATIENT, page
from ataraxy.clinic.accounts.models import Person

PATIENT = "a" * 32
pytestmark = pytest.mark.usefixtures("accounts", "views")


@page(Permission.PATIENT_VIEW, patient="patient_id")
def course(request: ClinicRequest, patient_id: str) -> HttpResponse:
    return HttpResponse(f"course of {patient_id}")


@page(Permission.PATIENT_VIEW, patient="patient_id", passive=True)
def poll(request: ClinicRequest, patient_id: str) -> HttpResponse:
    return HttpResponse("")


@page(Permission.SESSION_VIEW, patient=lambda request, session_id: PATIENT if session_id == "known" else None)
def sheet(request: ClinicRequest, session_id: str) -> HttpResponse:
    return HttpResponse(f"sheet of {request.access.patient}")


@page(Permission.PATIENT_VIEW, patient="patient_id", token=True)
def device(request: ClinicRequest, patient_id: str) -> HttpResponse:
    return HttpResponse("device")


@csrf_exempt
@page(Permission.PROTOCOL_VIEW, post=Permission.PROTOCOL_VIEW, patient=NO_PATIENT, token=True)
def unprotected(request: ClinicRequest) -> HttpResponse:
    return HttpResponse("done")


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    added = [
        path("t/course/<str:patient_id>/", course, name="t_course"),
        path("t/poll/<str:patient_id>/", poll, name="t_poll"),
        path("t/sheet/<str:session_id>/", sheet, name="t_sheet"),
        path("t/device/<str:patient_id>/", device, name="t_device"),
        path("t/unprotected/", unprotected, name="t_unprotected"),
    ]
    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, *added])
    clear_url_caches()
    yield
    monkeypatch.undo()
    clear_url_caches()


URL = f"/t/course/{PATIENT}/"


def test_a_clinician_opens_a_patient_of_their_own_and_no_other(
    sign_in: Any, people: dict[Role, Person]
) -> None:
    client = sign_in(Role.THERAPIST)
    assert client.get(URL).status_code == 403
    care.assign(people[Role.THERAPIST], PATIENT, by="")
    assert client.get(URL).content == f"course of {PATIENT}".encode()
    care.release(people[Role.THERAPIST], PATIENT, by="")
    assert client.get(URL).status_code == 403


def test_a_patient_who_exists_and_one_who_does_not_are_refused_alike(sign_in: Any, people: Any) -> None:
    care.assign(people[Role.PRESCRIBER], PATIENT, by="")
    client = sign_in(Role.THERAPIST)
    known, unknown = client.get(URL), client.get(f"/t/course/{'b' * 32}/")
    assert known.status_code == unknown.status_code == 403
    texts = [without_tokens(answer.content) for answer in (known, unknown)]
    assert texts[0].replace(b"a" * 32, b"") == texts[1].replace(b"b" * 32, b"")


def test_a_coordinator_opens_every_patient(sign_in: Any) -> None:
    assert sign_in(Role.COORDINATOR).get(URL).status_code == 200


@pytest.mark.parametrize("role", [Role.RESEARCHER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_care_opens_nothing_to_a_role_without_the_permission(role: Role, sign_in: Any, people: Any) -> None:
    care.assign(people[role], PATIENT, by="")
    assert sign_in(role).get(URL).status_code == 403


def test_the_patient_of_a_session_decides(sign_in: Any, people: Any) -> None:
    client = sign_in(Role.MONITOR)
    assert client.get("/t/sheet/known/").status_code == 403
    assert client.get("/t/sheet/unknown/").status_code == 404
    care.assign(people[Role.MONITOR], PATIENT, by="")
    assert client.get("/t/sheet/known/").content == f"sheet of {PATIENT}".encode()


def reason(**changed: str) -> dict[str, str]:
    return {
        "reason": "emergency",
        "note": "called because of chest pain",
        "secret": PASSWORD,
        "next": URL,
    } | changed


def test_breaking_the_glass_opens_one_patient_to_one_person_for_a_time(sign_in: Any, people: Any) -> None:
    client = sign_in(Role.MONITOR)
    assert b"Open with a reason" in client.get(URL).content
    answer = client.post(f"/break-glass/{PATIENT}/", reason())
    assert (answer.status_code, answer.headers["Location"]) == (302, URL)
    assert client.get(URL).status_code == 200
    assert client.get(f"/t/course/{'b' * 32}/").status_code == 403
    assert sign_in(Role.THERAPIST).get(URL).status_code == 403
    BreakGlass.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(URL).status_code == 403


def test_what_was_opened_through_broken_glass_says_so_in_the_log(log: Any, sign_in: Any) -> None:
    client = sign_in(Role.MONITOR)
    client.post(f"/break-glass/{PATIENT}/", reason())
    client.get(URL)
    glass = BreakGlass.objects.get()
    seen = log().get(kind="seen", view="t_course")
    assert (seen.patient, seen.break_glass) == (PATIENT, glass.pk)
    assert log().filter(kind="break_glass", break_glass=glass.pk).count() == 1


@pytest.mark.parametrize(
    "changed", [{"note": "short"}, {"reason": ""}, {"secret": "not my password"}, {"secret": ""}]
)
def test_the_glass_holds_without_reason_note_and_password(changed: dict[str, str], sign_in: Any) -> None:
    answer = sign_in(Role.MONITOR).post(f"/break-glass/{PATIENT}/", reason(**changed))
    assert answer.status_code == 422
    assert not BreakGlass.objects.exists()


def test_guessing_the_password_of_an_open_session_ends_after_ten_tries(sign_in: Any) -> None:
    client = sign_in(Role.MONITOR)
    for _ in range(10):
        client.post(f"/break-glass/{PATIENT}/", reason(secret="guess"))
    answer = client.post(f"/break-glass/{PATIENT}/", reason())
    assert b"Too many attempts" in answer.content


def test_the_note_lies_sealed_in_the_database_and_the_auditor_reads_it(sign_in: Any) -> None:
    sign_in(Role.MONITOR).post(f"/break-glass/{PATIENT}/", reason())
    assert "chest pain" not in BreakGlass.objects.get().note
    assert b"chest pain" in sign_in(Role.AUDITOR).get("/audit/break-glass/").content


def test_the_auditor_is_told_until_it_is_reviewed_and_reviews_once(sign_in: Any) -> None:
    sign_in(Role.MONITOR).post(f"/break-glass/{PATIENT}/", reason())
    auditor, glass = sign_in(Role.AUDITOR), BreakGlass.objects.get()
    assert b"Break-glass to review: 1" in auditor.get("/audit/access/").content
    review = f"/audit/break-glass/{glass.pk}/review/"
    auditor.post(review, {"finding": "follow_up"})
    auditor.post(review, {"finding": "justified"})
    glass.refresh_from_db()
    assert glass.finding == "follow_up"
    assert b"Break-glass to review" not in auditor.get("/audit/access/").content


def test_nobody_reviews_their_own_broken_glass(sign_in: Any, people: Any) -> None:
    from ataraxy.clinic.accounts.models import RoleGrant

    RoleGrant.objects.create(person=people[Role.MONITOR], role=Role.AUDITOR.value)
    client = sign_in(Role.MONITOR)
    client.post(f"/break-glass/{PATIENT}/", reason())
    client.post(f"/audit/break-glass/{BreakGlass.objects.get().pk}/review/", {"finding": "justified"})
    assert BreakGlass.objects.get().reviewed_at is None


def test_the_way_on_after_the_glass_stays_in_this_clinic(sign_in: Any) -> None:
    for target in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"):
        answer = sign_in(Role.MONITOR).post(f"/break-glass/{PATIENT}/", reason(next=target))
        assert answer.headers["Location"] == "/"


def test_a_refused_patient_is_in_the_log(log: Any, sign_in: Any, people: Any) -> None:
    sign_in(Role.THERAPIST).get(URL)
    line = log().get(kind="denied")
    assert (line.patient, line.person, line.outcome, line.status) == (
        PATIENT,
        people[Role.THERAPIST].pk,
        "patient",
        403,
    )


def test_a_poll_is_logged_once_and_not_each_time(
    log: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ataraxy.clinic.access import middleware, rates

    monkeypatch.setattr(middleware, "_POLL_LOGGED", rates.OncePer(600))
    client = sign_in(Role.COORDINATOR)
    for _ in range(4):
        client.get(f"/t/poll/{PATIENT}/")
    assert log().filter(view="t_poll").count() == 1


# --- tokens of devices ----------------------------------------------------------------------------------------


def token(person: Person, *scopes: Permission) -> dict[str, str]:
    secret = tokens.issue(person, label="device", scopes=scopes, days=1, by="", agreed=True)
    return {"authorization": f"Bearer {secret}"}


def test_a_token_opens_what_its_scopes_and_its_person_open(people: Any) -> None:
    person = people[Role.MONITOR]
    headers = token(person, Permission.PATIENT_VIEW)
    url = f"/t/device/{PATIENT}/"
    assert Client().get(url, headers=headers).status_code == 403
    care.assign(person, PATIENT, by="")
    assert Client().get(url, headers=headers).status_code == 200
    assert Client().get(url, headers=token(person, Permission.TODAY_VIEW)).status_code == 403


def test_a_token_opens_no_page_that_does_not_say_so(people: Any) -> None:
    care.assign(people[Role.MONITOR], PATIENT, by="")
    assert Client().get(URL, headers=token(people[Role.MONITOR], Permission.PATIENT_VIEW)).status_code == 302


def test_a_token_dies_with_its_time_its_revocation_its_person_and_its_roles(people: Any) -> None:
    from ataraxy.clinic.access.models import AccessToken
    from ataraxy.clinic.accounts.models import RoleGrant

    person, url = people[Role.COORDINATOR], f"/t/device/{PATIENT}/"
    headers = token(person, Permission.PATIENT_VIEW)
    assert Client().get(url, headers=headers).status_code == 200
    AccessToken.objects.update(expires_at=timezone.now())
    assert Client().get(url, headers=headers).status_code == 401
    AccessToken.objects.update(expires_at=timezone.now() + timedelta(days=1), revoked_at=timezone.now())
    assert Client().get(url, headers=headers).status_code == 401
    AccessToken.objects.update(revoked_at=None)
    RoleGrant.objects.filter(person=person).delete()
    assert Client().get(url, headers=headers).status_code == 403
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert Client().get(url, headers=headers).status_code == 401


def test_a_token_is_not_in_the_database(people: Any) -> None:
    from ataraxy.clinic.access.models import AccessToken

    secret = token(people[Role.MONITOR], Permission.PATIENT_VIEW)["authorization"].split()[1]
    assert secret not in str(AccessToken.objects.values().get())


def test_a_wrong_token_is_refused(people: Any) -> None:
    url = f"/t/device/{PATIENT}/"
    assert Client().get(url, headers={"authorization": "Bearer atx_wrong"}).status_code == 401
    assert Client().get(url, headers={"authorization": "Basic abc"}).status_code == 401


def test_a_view_without_the_forms_token_answers_to_a_device_and_not_to_a_browsers_cookie(
    people: Any, sign_in: Any
) -> None:
    assert sign_in(Role.MONITOR).post("/t/unprotected/").status_code == 401
    headers = token(people[Role.MONITOR], Permission.PROTOCOL_VIEW)
    assert Client().post("/t/unprotected/", headers=headers).status_code == 200
