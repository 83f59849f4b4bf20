from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, RootModel

from ataraxy.therapy.sensitive import SENSITIVE, Sensitive, sensitive_paths
from ataraxy.therapy.value import Value


def at(document: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        document = document[int(token)] if isinstance(document, list) else document[token]
    return document


class Contact(Value):
    kind: Literal["telephone", "letter"]
    text: Sensitive


class Remark(Value):
    kind: Literal["remark"] = "remark"
    words: Sensitive


class Code(Value):
    kind: Literal["code"] = "code"
    words: str


class Referral(Value):
    kind: Literal["person.referred"] = "person.referred"
    person: str
    name: Sensitive
    born: Annotated[date, SENSITIVE]
    note: Sensitive | None = None
    short: Annotated[Sensitive, Field(max_length=20)] = ""
    contacts: tuple[Contact, ...] = ()
    remarks: tuple[Sensitive, ...] = ()
    by_topic: dict[str, Sensitive] = Field(default_factory=dict)
    nested: tuple[tuple[Contact, ...], ...] = ()
    either: Annotated[Remark | Code, Field(discriminator="kind")] = Code(words="x")
    pair: tuple[str, Sensitive] | None = None
    number_or_text: Sensitive | int = 0


FULL = Referral(
    person="p1",
    name="SECRET name",
    born=date(1980, 1, 2),
    note="SECRET note",
    short="SECRET short",
    contacts=(Contact(kind="telephone", text="SECRET a"), Contact(kind="letter", text="SECRET b")),
    remarks=("SECRET c", "SECRET d"),
    by_topic={"a/b~c": "SECRET e"},
    nested=((Contact(kind="letter", text="SECRET f"),), ()),
    either=Remark(words="SECRET g"),
    pair=("open", "SECRET h"),
    number_or_text="SECRET i",
)


def test_every_marked_text_is_found_where_it_stands_in_the_json_and_nothing_else() -> None:
    assert sensitive_paths(FULL) == (
        "/name",
        "/born",
        "/note",
        "/short",
        "/contacts/0/text",
        "/contacts/1/text",
        "/remarks/0",
        "/remarks/1",
        "/by_topic/a~1b~0c",
        "/nested/0/0/text",
        "/either/words",
        "/pair/1",
        "/number_or_text",
    )
    document = FULL.model_dump(mode="json")
    assert all(isinstance(at(document, path), str) for path in sensitive_paths(FULL))


def test_what_is_absent_has_no_path() -> None:
    small = Referral(person="p1", name="n", born=date(1980, 1, 2))
    assert sensitive_paths(small) == ("/name", "/born", "/short")


def test_the_member_of_a_union_that_the_value_is_decides() -> None:
    assert "/either/words" not in sensitive_paths(FULL.replace(either=Code(words="open")))
    assert "/number_or_text" not in sensitive_paths(FULL.replace(number_or_text=3))


def test_a_value_without_marks_has_no_sensitive_paths() -> None:
    assert sensitive_paths(Code(words="open")) == ()


def test_a_mark_on_a_container_means_all_text_inside_it() -> None:
    class Letter(BaseModel):
        lines: Annotated[tuple[str, ...], SENSITIVE]
        contact: Annotated[Contact, SENSITIVE]

    letter = Letter(lines=("a", "b"), contact=Contact(kind="letter", text="t"))
    assert sensitive_paths(letter) == ("/lines/0", "/lines/1", "/contact/kind", "/contact/text")


def test_a_root_model_adds_no_step() -> None:
    class Lines(RootModel[tuple[Sensitive, ...]]):
        pass

    assert sensitive_paths(Lines(("a", "b"))) == ("/0", "/1")


def test_a_mark_on_a_number_is_refused_since_it_would_stay_open() -> None:
    class Wrong(BaseModel):
        age: Annotated[int, SENSITIVE]

    with pytest.raises(TypeError, match="/age"):
        sensitive_paths(Wrong(age=3))


def test_a_value_that_was_never_checked_is_still_sealed() -> None:
    given: dict[str, Any] = {"person": "p", "name": "n", "born": "2 January 1980", "number_or_text": "text"}
    unchecked = Referral.model_construct(**given)
    assert {"/name", "/born", "/number_or_text"} <= set(sensitive_paths(unchecked))


def test_a_mark_in_a_set_is_refused_since_its_order_is_not_kept() -> None:
    class Wrong(BaseModel):
        names: frozenset[Sensitive]

    with pytest.raises(TypeError, match="/names"):
        sensitive_paths(Wrong(names=frozenset({"a"})))


@given(st.lists(st.tuples(st.sampled_from(["telephone", "letter"]), st.text()), max_size=6))
def test_replacing_what_the_paths_name_leaves_no_marked_text(contacts: list[tuple[str, str]]) -> None:
    value = Referral(
        person="p",
        name="n",
        born=date(1980, 1, 2),
        contacts=tuple(
            Contact.model_validate({"kind": kind, "text": f"MARK{text}"}) for kind, text in contacts
        ),
    )
    paths = sensitive_paths(value)
    assert len(paths) == len(set(paths)) == 3 + len(contacts)
    assert [at(value.model_dump(mode="json"), path) for path in paths[3:]] == [
        f"MARK{text}" for _, text in contacts
    ]
