"""Rules and policy: everybody reads, the medical director adopts, and no threshold is there before somebody set it."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.clinic.a_visit import DIRECTOR, make_site
from tests.clinic.conftest import PASSWORD

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.pages.rules.changes import changes
from ataraxy.clinic.pages.rules.uploads import read, text_of
from ataraxy.clinic.the_practice import the_practice
from ataraxy.errors import InputError
from ataraxy.exchange.policy_file import load_policy
from ataraxy.practice.people import rules_in_force
from ataraxy.practice.site import adopt_policy, describe_site, policy_in_force, the_site

pytestmark = pytest.mark.usefixtures("accounts")
RULES = (files("ataraxy") / "rules" / "ketamine-anxiety.yaml").read_text("utf-8")


@pytest.fixture
def director(sign_in: Any) -> Any:
    make_site()
    return sign_in(Role.MEDICAL_DIRECTOR)


def uploaded(client: Any, text: str | bytes, kind: str = "rules") -> Any:
    content = text.encode() if isinstance(text, str) else text
    return client.post(f"/rules/upload/{kind}/", {"file": SimpleUploadedFile("x.yaml", content)})


def adopted(client: Any, preview: Any, kind: str = "rules", secret: str = PASSWORD) -> Any:
    first = preview.context["adopt_form"].initial
    return client.post(f"/rules/adopt/{kind}/", {**first, "secret": secret})


def another(text: str = RULES) -> str:
    """The shipped rules with one age changed: a version of its own each time."""
    held = [d.version for d in the_site(the_practice()).versions("rules")]
    return text.replace("title: basis of use", f"title: basis of use, reading {len(held) + 1}", 1)


def test_an_upload_shows_what_would_change_and_adopts_nothing(director: Any) -> None:
    before = len(the_site(the_practice()).documents)
    answer = uploaded(director, another())
    assert answer.status_code == 200
    assert answer.context["changes"]
    assert len(the_site(the_practice()).documents) == before


def test_the_director_adopts_with_their_password_and_the_gate_reads_it(director: Any) -> None:
    text = another()
    preview = uploaded(director, text)
    assert adopted(director, preview, secret="wrong harbour lights").status_code == 422
    assert adopted(director, preview).status_code == 302
    assert "reading" in rules_in_force(the_practice()).rules[0].title
    assert "In force" in director.get("/rules/").content.decode()
    assert "basis of use" in director.get("/rules/gate/").content.decode().lower()


def test_an_administrator_compares_and_does_not_adopt(director: Any, sign_in: Any) -> None:
    before = len(the_site(the_practice()).documents)
    client = sign_in(Role.ADMINISTRATOR)
    preview = uploaded(client, another())
    assert b"Adopt as medical director" not in preview.content
    answer = adopted(client, preview)
    assert answer.status_code == 422
    assert "may not adopt" in answer.content.decode()
    assert len(the_site(the_practice()).documents) == before


def test_what_is_adopted_is_what_was_shown(director: Any) -> None:
    first = uploaded(director, another()).context["adopt_form"].initial
    changed = {
        **first,
        "text": first["text"].replace("title: basis", "title: the basis", 1),
        "secret": PASSWORD,
    }
    assert director.post("/rules/adopt/rules/", changed).status_code == 422


@pytest.mark.parametrize("role", [Role.PRESCRIBER, Role.MONITOR, Role.AUDITOR, Role.RESEARCHER])
def test_others_read_and_change_nothing(role: Role, director: Any, sign_in: Any) -> None:
    client = sign_in(role)
    assert client.get("/rules/").status_code == 200
    assert client.get("/rules/policy/").status_code == 200
    assert client.get("/rules/policy/limits/").status_code == 403
    assert uploaded(client, RULES).status_code == 403


LIMITS = {
    "systolic": "171",
    "diastolic": "101",
    "reason": "our own audit",
    "understood": "on",
    "secret": PASSWORD,
}


def test_limits_are_empty_until_the_director_signs_them(director: Any) -> None:
    page = director.get("/rules/policy/limits/").content.decode()
    assert 'name="systolic"' in page
    assert 'name="systolic" value=' not in page


def test_the_director_signs_limits_and_they_are_in_force(director: Any, people: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ataraxy.clinic.pages.rules.views._simulated", lambda: True)
        answer = director.post("/rules/policy/limits/", LIMITS)
    assert answer.status_code == 302, answer.content.decode()
    limits = policy_in_force(the_practice()).stop_limits
    assert limits is not None
    assert (limits.systolic.value, limits.diastolic.value) == (Decimal(171), Decimal(101))
    assert limits.signed.name == people[Role.MEDICAL_DIRECTOR].display_name
    assert "our own audit" in limits.systolic.source
    adopt_policy(the_practice(), load_policy("simulation"), by=DIRECTOR)


@pytest.mark.parametrize(
    "wrong",
    [
        {"systolic": ""},
        {"systolic": "90"},
        {"systolic": "17,1"},
        {"systolic": "1710"},
        {"diastolic": "180"},
        {"understood": ""},
        {"reason": ""},
        {"secret": "not my password"},
    ],
)
def test_limits_that_are_incomplete_unsigned_or_impossible_are_refused(director: Any, wrong: Any) -> None:
    before = len(the_site(the_practice()).documents)
    answer = director.post("/rules/policy/limits/", LIMITS | wrong)
    assert answer.status_code == 422
    assert len(the_site(the_practice()).documents) == before


def test_an_administrator_cannot_sign_limits(director: Any, sign_in: Any) -> None:
    before = len(the_site(the_practice()).documents)
    answer = sign_in(Role.ADMINISTRATOR).post("/rules/policy/limits/", LIMITS)
    assert answer.status_code == 422
    assert len(the_site(the_practice()).documents) == before


def test_a_threshold_is_decided_with_its_source_and_the_earlier_version_stays(director: Any) -> None:
    asked = {"value": "7", "grade": "site", "source": "our anaesthetist", "secret": PASSWORD}
    place = "before.food"
    assert director.post(f"/rules/policy/threshold/{place}/", asked | {"source": ""}).status_code == 422
    answer = director.post(f"/rules/policy/threshold/{place}/", asked)
    assert answer.status_code == 302, answer.content.decode()
    found = policy_in_force(the_practice())
    assert (found.before.food.value, found.before.food.source) == (Decimal(7), "our anaesthetist")
    documents = the_site(the_practice()).versions("policy")
    shown = director.get(f"/rules/document/policy/{documents[-1].name}/{documents[-1].version}/")
    assert "before.food.value" in shown.content.decode()
    assert (
        director.get(f"/rules/document/policy/{documents[0].name}/{documents[0].version}/").status_code == 200
    )
    adopt_policy(the_practice(), load_policy("simulation"), by=DIRECTOR)


def test_a_signed_limit_is_no_threshold_of_that_form(director: Any) -> None:
    assert director.get("/rules/policy/threshold/stop_limits.systolic/").status_code == 404


def test_a_policy_from_the_example_has_no_stop_limits(director: Any) -> None:
    asked = {"name": "own", "title": "Our policy", "understood": "on", "secret": PASSWORD}
    assert director.post("/rules/policy/new/", asked).status_code == 302
    assert policy_in_force(the_practice()).stop_limits is None
    assert "No dose can be given" in director.get("/rules/").content.decode()
    adopt_policy(the_practice(), load_policy("simulation"), by=DIRECTOR)


def test_the_clinic_says_who_it_is(director: Any, sign_in: Any) -> None:
    asked = {
        "name": "Lakeside",
        "chairs": "North\nSouth\n",
        "crisis_numbers": "Emergency 112",
        "setting": "supervised_clinic",
        "rems_certified": "",
        "retention_years": "10",
    }
    client = sign_in(Role.ADMINISTRATOR)
    assert client.post("/rules/site/", asked | {"crisis_numbers": "  "}).status_code == 422
    assert client.post("/rules/site/", asked).status_code == 302
    found = the_site(the_practice()).description
    assert found is not None
    assert (found.chairs, found.rems_certified) == (("North", "South"), None)
    assert found.time_zone == "Europe/Zurich", "as the settings of the clinic say"
    assert "still go by" not in client.get("/rules/site/").content.decode()
    describe_site(the_practice(), found.replace(time_zone="UTC"), by=DIRECTOR)
    assert "still go by the calendar day of UTC" in client.get("/rules/site/").content.decode()
    describe_site(the_practice(), found, by=DIRECTOR)


def test_changes_name_items_by_their_id_and_not_by_their_place() -> None:
    before = {"rules": [{"id": "a", "n": 1}, {"id": "b", "n": 2}]}
    after = {"rules": [{"id": "b", "n": 3}, {"id": "a", "n": 1}]}
    assert [(c.place, c.before, c.after) for c in changes(before, after)] == [("rules[b].n", "2", "3")]


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"a: \x00",
        BOMB.encode(),
        ("[" * 5000).encode(),
        b"a: !!python/object/apply:os.system ['true']",
        ("format: ataraxy.rules/1\nrules: " + "x" * 400_000).encode(),
        b"- 1\n--- \n- 2",
        "format: ataraxy.rules/1\nname: \u202eabc".encode(),
    ],
)
@pytest.mark.parametrize("kind", ["rules", "policy"])
def test_a_hostile_upload_is_refused_with_a_reason(director: Any, content: bytes, kind: str) -> None:
    answer = uploaded(director, content, kind)
    assert answer.status_code in (400, 422)
    assert answer.status_code == 400 or answer.context["form"].errors["file"]


def test_an_upload_of_megabytes_is_refused(director: Any) -> None:
    assert uploaded(director, b"a: " + b"x" * 3_000_000).status_code in (400, 422)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=400) | st.text(max_size=400).map(lambda t: t.encode("utf-8", "ignore")))
def test_whatever_is_uploaded_is_read_or_refused(content: bytes) -> None:
    for kind in ("rules", "policy"):
        try:
            name, body = read(kind, text_of(content))  # type: ignore[arg-type]
        except InputError:
            continue
        assert name == body["name"]


_LINES = RULES.splitlines()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    line=st.integers(0, len(_LINES) - 1),
    put=st.text(alphabet=st.characters(codec="utf-8"), max_size=30),
)
def test_a_damaged_document_is_read_or_refused(line: int, put: str) -> None:
    text = "\n".join([*_LINES[:line], put, *_LINES[line + 1 :]])
    try:
        name, body = read("rules", text)
    except InputError:
        return
    assert name == body["name"]
