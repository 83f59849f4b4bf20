"""The JSON interface: by token and its scopes only, documented answers only, nothing twice."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.clinic.a_visit import Visit, make_site, make_visit

from ataraxy.clinic.access import tokens
from ataraxy.clinic.access.models import AccessToken
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.roles import ROLES, Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.the_practice import the_practice
from ataraxy.errors import InputError
from ataraxy.practice import lists

pytestmark = pytest.mark.usefixtures("accounts")
PROBLEM = "application/problem+json"


class Device:
    """A program with a token."""

    def __init__(self, secret: str) -> None:
        self.client, self.headers = Client(), {"Authorization": f"Bearer {secret}"}

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/{path}", headers=self.headers)

    def post(self, path: str, body: Any, key: str | None = "") -> Any:
        headers = self.headers
        if key is not None:
            headers = headers | {"Idempotency-Key": key or uuid.uuid4().hex}
        return self.client.post(f"/api/{path}", body, content_type="application/json", headers=headers)


def secret_of(person: Person, *scopes: Permission, agreed: bool = True) -> str:
    held = scopes or tuple(person.permissions)
    return tokens.issue(person, label="device", scopes=held, days=1, by="", agreed=agreed)


@pytest.fixture
def device(people: dict[Role, Person]) -> Any:
    return lambda role, *scopes: Device(secret_of(people[role], *scopes))


@pytest.fixture
def visit(people: dict[Role, Person]) -> Visit:
    make_site()
    return make_visit(people)


def now_text(ago_s: int = 0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat()


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == PROBLEM
    found: dict[str, Any] = json.loads(answer.content)
    assert set(found) == {"type", "title", "status", "code", "detail", "remedy"}
    assert found["status"] == status
    return found


# --- who gets in ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer atx_nothing", "Basic abc", "Bearer \x00"])
def test_without_a_live_token_nothing_is_answered(header: str) -> None:
    headers = {"Authorization": header} if header else {}
    answer = Client().get("/api/people", headers=headers)
    problem_of(answer, 401)
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_token_opens_nothing_before_its_person_has_agreed(people: dict[Role, Person]) -> None:
    secret = secret_of(people[Role.MONITOR], Permission.PATIENT_VIEW, agreed=False)
    problem_of(Device(secret).get("people"), 401)
    tokens.agree(AccessToken.objects.get(digest=AccessToken.digest_of(secret)))
    assert Device(secret).get("people").status_code == 200


def test_a_revoked_an_expired_and_a_closed_persons_token_open_nothing(people: dict[Role, Person]) -> None:
    person = people[Role.MONITOR]
    revoked, expired, closed = (secret_of(person, Permission.PATIENT_VIEW) for _ in range(3))
    tokens.revoke(AccessToken.objects.get(digest=AccessToken.digest_of(revoked)), by="")
    AccessToken.objects.filter(digest=AccessToken.digest_of(expired)).update(expires_at=timezone.now())
    assert Device(closed).get("people").status_code == 200
    Person.objects.filter(pk=person.pk).update(is_active=False)
    for secret in (revoked, expired, closed):
        problem_of(Device(secret).get("people"), 401)


def test_a_token_permits_its_scopes_and_no_more(device: Any) -> None:
    narrow = device(Role.MONITOR, Permission.PATIENT_VIEW)
    assert narrow.get("people").status_code == 200
    assert problem_of(narrow.get("alerts"), 403)["code"] == "access.permission"


def test_a_scope_that_its_person_has_lost_is_lost_to_the_token(
    people: dict[Role, Person], device: Any
) -> None:
    held = device(Role.THERAPIST, Permission.ALERT_VIEW)
    people[Role.THERAPIST].grants.all().delete()
    problem_of(held.get("alerts"), 403)


def test_nobody_is_given_a_scope_that_they_do_not_hold(people: dict[Role, Person]) -> None:
    with pytest.raises(InputError, match="beyond"):
        secret_of(people[Role.ADMINISTRATOR], Permission.PATIENT_VIEW)


def test_only_the_hash_of_a_token_is_kept(people: dict[Role, Person]) -> None:
    secret = secret_of(people[Role.MONITOR])
    assert secret not in str(list(AccessToken.objects.values()))


def test_a_browsers_session_is_no_token(sign_in: Any) -> None:
    problem_of(sign_in(Role.PRESCRIBER).get("/api/people"), 401)


def test_a_token_opens_no_page(device: Any) -> None:
    held = device(Role.AUDITOR)
    assert held.client.get("/audit/access/", headers=held.headers).status_code in (302, 401)


def test_each_call_is_in_the_access_log_with_its_token(device: Any, log: Any) -> None:
    held = device(Role.MONITOR)
    token = AccessToken.objects.latest("created_at")
    held.get("people")
    line = log().filter(view="api:people_listed").get()
    assert (line.kind, line.detail, line.permission) == ("seen", f"token {token.pk[:8]}", "patient.view")


# --- what it does ---------------------------------------------------------------------------------------------


def test_a_reading_is_charted_once_however_often_it_is_sent(device: Any, visit: Visit) -> None:
    held, key = device(Role.MONITOR), uuid.uuid4().hex
    body = {"taken_at": now_text(), "systolic": 121, "diastolic": 77, "heart_rate": 66, "spo2": 98}
    before = len(visit.state.readings)
    answers = [held.post(f"sessions/{visit.id}/readings", body, key).json() for _ in range(3)]
    assert len(visit.state.readings) == before + 1
    assert [a["replayed"] for a in answers] == [False, True, True]
    assert {a["id"] for a in answers} == {visit.state.readings[-1].reading.id}
    assert visit.state.readings[-1].reading.systolic == 121


def test_a_reading_that_comes_late_is_marked_and_still_charted_once(device: Any, visit: Visit) -> None:
    held, key = device(Role.MONITOR), uuid.uuid4().hex
    body = {"taken_at": now_text(40), "heart_rate": 66}
    before = len(visit.state.readings)
    # the person checked in a moment ago: a reading of 40 s before lies outside of the visit, or is late
    answers = [held.post(f"sessions/{visit.id}/readings", body, key) for _ in range(2)]
    assert answers[0].status_code == answers[1].status_code
    assert len(visit.state.readings) - before == (1 if answers[0].status_code == 200 else 0)


def test_a_reading_that_nobody_can_have_is_refused_with_its_place(device: Any, visit: Visit) -> None:
    body = {"taken_at": now_text(), "heart_rate": 999}
    found = problem_of(device(Role.MONITOR).post(f"sessions/{visit.id}/readings", body), 422)
    assert "heart_rate" in found["detail"]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_at_the_rim_of_the_calendar_is_refused(device: Any, visit: Visit, at: str) -> None:
    held = device(Role.MONITOR)
    reading = {"taken_at": at, "heart_rate": 70}
    assert "taken_at" in problem_of(held.post(f"sessions/{visit.id}/readings", reading), 422)["detail"]
    fact = {"name": "vitals.systolic", "value": 120, "unit": "mmHg", "observed_at": at}
    assert "observed_at" in problem_of(held.post(f"people/{visit.patient}/facts", fact), 422)["detail"]


def test_what_records_needs_a_key(device: Any, visit: Visit) -> None:
    body = {"taken_at": now_text(), "heart_rate": 66}
    problem_of(device(Role.MONITOR).post(f"sessions/{visit.id}/readings", body, None), 422)


def test_an_adverse_event_is_charted_as_on_the_sheet(device: Any, visit: Visit) -> None:
    body = {"at": now_text(), "term": "nausea", "grade": 1}
    answer = device(Role.MONITOR).post(f"sessions/{visit.id}/adverse-events", body)
    assert answer.status_code == 200, answer.content
    assert [e.term for e in visit.state.adverse_events] == ["nausea"]


def test_a_session_as_it_stands_and_among_those_of_today(device: Any, visit: Visit) -> None:
    held = device(Role.MONITOR)
    found = held.get(f"sessions/{visit.id}").json()
    assert (found["state"], found["person"]) == ("checked_in", visit.patient)
    assert visit.id in [row["id"] for row in held.get("sessions/today").json()]


def test_a_session_that_is_not_there_is_absent(device: Any) -> None:
    problem_of(device(Role.MONITOR).get("sessions/nothing"), 404)


def test_a_referral_makes_one_person_and_its_author_cares_for_them(device: Any) -> None:
    held, key = device(Role.COORDINATOR), uuid.uuid4().hex
    body = {"referred_at": now_text(), "referred_by": "primary_care", "name": "Ada Sample"}
    first, second = (held.post("people", body, key).json() for _ in range(2))
    assert first["id"] == second["id"]
    assert second["replayed"]
    assert [p.person for p in lists.people(the_practice(), [first["id"]])] == [first["id"]]
    assert "Ada" not in held.get("people").content.decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [("person.shoe_size", 43), ("blood_pressure.systolic", "high"), ("treatment.adequate_failures", 3)],
)
def test_a_fact_outside_of_the_vocabulary_is_refused(
    device: Any, visit: Visit, name: str, value: Any
) -> None:
    body = {"name": name, "value": value, "observed_at": now_text()}
    problem_of(device(Role.MONITOR).post(f"people/{visit.patient}/facts", body), 422)


def test_a_fact_of_the_vocabulary_is_recorded(device: Any, visit: Visit) -> None:
    from ataraxy.therapy.fact_kind import FACTS, Form

    kind = next(k for k in FACTS.values() if k.form is Form.TRUTH and k.recorded)
    body = {"name": kind.name, "value": True, "observed_at": now_text()}
    answer = device(Role.MONITOR).post(f"people/{visit.patient}/facts", body)
    assert answer.status_code == 200, answer.content


def test_scores_go_in_and_come_back(device: Any, visit: Visit) -> None:
    held = device(Role.THERAPIST)
    body = {"instrument": "GAD-7", "at": now_text(), "answers": [1, 2, 1, 0, 1, 2, 1]}
    answer = held.post(f"people/{visit.patient}/scores", body)
    assert answer.status_code == 200, answer.content
    assert [row["total"] for row in held.get(f"people/{visit.patient}/scores").json()] == [8.0]


def test_the_gate_says_why_or_that_there_are_no_rules(device: Any, visit: Visit) -> None:
    answer = device(Role.PRESCRIBER).get(f"people/{visit.patient}/gate")
    if answer.status_code == 200:
        assert all(f["reason"] and f["source"] for f in answer.json()["findings"])
    else:
        assert problem_of(answer, 409)["code"] == "site.none-in-force"


def test_anothers_patient_stays_closed_and_the_refusal_says_nothing(
    device: Any, people: dict[Role, Person], visit: Visit
) -> None:
    from ataraxy.clinic.access import care

    care.release(people[Role.MONITOR], visit.patient, by="")
    held = device(Role.MONITOR)
    for path in (f"sessions/{visit.id}", f"people/{visit.patient}/scores"):
        assert problem_of(held.get(path), 403)["code"] == "access.patient"
    assert visit.patient not in held.get("people").content.decode()
    assert visit.id not in held.get("sessions/today").content.decode()


def test_the_head_of_the_record_is_an_anchor(device: Any, visit: Visit) -> None:
    head = the_practice().record.head()
    assert device(Role.AUDITOR).get("record/head").json() == {"seq": head.seq, "hash": head.hash}


@pytest.mark.parametrize(
    "body", ["", "{", "[1]", "nul", '{"a":' * 5000, "\ud800".encode("utf-8", "surrogatepass")]
)
def test_a_body_that_cannot_be_read_is_said_to_be(device: Any, visit: Visit, body: Any) -> None:
    answer = device(Role.MONITOR).post(f"sessions/{visit.id}/readings", body)
    assert answer.status_code in (400, 422)
    problem_of(answer, answer.status_code)


def test_a_body_that_is_too_large_is_refused_unread(device: Any, visit: Visit) -> None:
    body = json.dumps({"taken_at": now_text(), "heart_rate": 66, "note": "x" * 2_000_000})
    answer = device(Role.MONITOR).post(f"sessions/{visit.id}/readings", body)
    problem_of(answer, 400)


# --- the document ---------------------------------------------------------------------------------------------


def test_the_document_names_every_operation_and_every_kind_of_error(device: Any) -> None:
    found = device(Role.MONITOR).get("openapi.json").json()
    assert found["openapi"].startswith("3.")
    operations = [op for path in found["paths"].values() for op in path.values()]
    assert len(operations) >= 13
    for operation in operations:
        assert {"200", "401", "403", "404", "409", "422", "429"} <= set(operation["responses"])
        assert operation["summary"]
        assert operation["responses"]["422"]["content"].keys() == {PROBLEM}


def test_every_scope_of_an_operation_can_be_given() -> None:
    from ataraxy.clinic.access.checks import addresses

    stated = [s for a in addresses() if a.name.startswith("api:") for s in a.stated]
    assert stated
    assert {s.read or s.write for s in stated if s is not None} == set(tokens.SCOPES)


def test_every_scope_is_held_by_some_role() -> None:
    assert set(tokens.SCOPES) <= set().union(*(rule.permissions for rule in ROLES.values()))
