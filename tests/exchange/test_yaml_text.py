from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.errors import InputError
from ataraxy.exchange.yaml_text import Entries, Items, Node, Text, parse_yaml

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TREES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=15,
)


def plain(node: Node) -> Any:
    match node:
        case Text(text=text):
            return text
        case Items(items=items):
            return [plain(item) for item in items]
        case Entries(entries=entries):
            return {key: plain(value) for key, value in entries.items()}


@given(TREES)
def test_what_another_writer_dumps_is_read_back(tree: Any) -> None:
    assert plain(parse_yaml(yaml.safe_dump({"tree": tree}), "f")) == {"tree": tree}


@given(st.text(max_size=200))
def test_any_text_is_a_tree_or_an_input_error(text: str) -> None:
    with suppress(InputError):
        assert isinstance(parse_yaml(text, "f"), Text | Items | Entries)


def test_words_that_yaml_would_turn_into_something_else_stay_text() -> None:
    tree = parse_yaml("a: no\nb: 1:30\nc: 0x1F\nd: 2020-01-01\n", "f")
    assert plain(tree) == {"a": "no", "b": "1:30", "c": "0x1F", "d": "2020-01-01"}


def test_only_a_plain_null_is_null() -> None:
    tree = parse_yaml("a:\nb: null\nc: ~\nd: 'null'\ne: ''\n", "f")
    assert isinstance(tree, Entries)
    assert [node.is_null for node in tree.entries.values() if isinstance(node, Text)] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_nodes_know_their_line() -> None:
    tree = parse_yaml("# comment\na: 1\nb:\n  - x\n  - {c: 2}\n", "f")
    assert isinstance(tree, Entries)
    assert tree.key_lines == {"a": 2, "b": 3}
    items = tree.entries["b"]
    assert isinstance(items, Items)
    assert [item.line for item in items.items] == [4, 5]


@pytest.mark.parametrize("bomb", ["a: &x 1\n", "a: *x\n", "&x [1]\n", "a: {&k b: 1}\n"])
def test_anchors_and_aliases_are_refused(bomb: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_yaml(bomb, "f")
    assert caught.value.code == "yaml.alias"
