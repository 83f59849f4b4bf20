"""The judge of histories is itself judged: each kind of fault is put into a good history and must be found."""

from dataclasses import replace

import pytest
from tests.record.history import Acknowledged, Found, Sent, problems

from ataraxy.record.canonical import hash_of, hashed_text


def chained(drafts: list[tuple[str, str, str]]) -> list[Found]:
    """A valid record of (key, stream, token)."""
    found: list[Found] = []
    previous, versions = "0" * 64, dict.fromkeys([stream for _, stream, _ in drafts], 0)
    for seq, (key, stream, token) in enumerate(drafts, 1):
        versions[stream] += 1
        text = hashed_text(
            seq=seq,
            stream=stream,
            version=versions[stream],
            kind="test.written",
            payload=f'{{"token":"{token}"}}',
            author="a",
            recorded_at="2026-01-01T00:00:00.000000Z",
            occurred_at="2026-01-01T00:00:00.000000Z",
            late=False,
            corrects=None,
            key=key,
            clock_behind_us=0,
            previous_hash=previous,
        )
        found.append(Found(seq, stream, versions[stream], key, token, previous, hash_of(text), text.encode()))
        previous = hash_of(text)
    return found


DRAFTS = [("k1", "s/1", "a"), ("k2", "s/1", "b"), ("k2", "s/2", "c"), ("k3", "s/2", "d")]


def told_of(found: list[Found], key: str, at_ns: int, expected: dict[str, int]) -> Acknowledged:
    mine = [entry for entry in found if entry.key == key]
    return Acknowledged(
        key, at_ns, tuple(e.seq for e in mine), tuple(e.hash for e in mine), expected, replayed=False
    )


SENT = [
    Sent("k1", 10, (("s/1", "a"),)),
    Sent("k2", 30, (("s/1", "b"), ("s/2", "c"))),
    Sent("k3", 50, (("s/2", "d"),)),
]
FOUND = chained(DRAFTS)
TOLD = [
    told_of(FOUND, "k1", 20, {"s/1": 0}),
    told_of(FOUND, "k2", 40, {"s/1": 1, "s/2": 0}),
    told_of(FOUND, "k3", 60, {"s/2": 1}),
]


def kinds(found: tuple[str, ...]) -> set[str]:
    return {problem.split(":")[0] for problem in found}


def test_a_good_history_has_no_problem() -> None:
    assert problems(SENT, TOLD, FOUND) == ()


def test_a_request_without_an_answer_may_be_there_or_not() -> None:
    assert problems(SENT, TOLD[:2], FOUND) == ()
    assert problems(SENT, TOLD[:2], chained(DRAFTS[:3])) == ()


def test_an_acknowledged_entry_that_is_not_there_is_lost() -> None:
    assert kinds(problems(SENT, TOLD, FOUND[:3])) == {"lost"}


def test_an_acknowledged_entry_with_another_content_is_lost() -> None:
    other = chained([*DRAFTS[:3], ("k3", "s/2", "e")])
    assert "lost" in kinds(problems(SENT, TOLD, other))


def test_a_request_that_is_there_twice_is_doubled() -> None:
    assert "doubled" in kinds(problems(SENT, TOLD, chained([*DRAFTS, DRAFTS[3]])))


def test_half_of_a_request_is_torn() -> None:
    assert kinds(problems(SENT, TOLD[:1], chained(DRAFTS[:2]))) == {"torn"}


def test_a_request_with_another_between_its_entries_is_torn() -> None:
    assert kinds(
        problems(SENT, [], chained([DRAFTS[0], DRAFTS[1], ("k3", "s/2", "d"), ("k2", "s/2", "c")]))
    ) == {"torn"}


def test_an_entry_that_nobody_sent_is_invented() -> None:
    assert kinds(problems(SENT[:2], TOLD[:2], FOUND)) == {"invented"}


def test_an_answer_before_a_request_puts_its_entry_first() -> None:
    late = [SENT[0], replace(SENT[1], at_ns=70), SENT[2]]
    told = [TOLD[0], replace(TOLD[1], at_ns=80), TOLD[2]]
    assert kinds(problems(late, told, FOUND)) == {"out of turn"}


def test_an_entry_after_another_version_than_its_writer_saw_is_unexpected() -> None:
    told = [TOLD[0], TOLD[1], replace(TOLD[2], expected={"s/2": 0})]
    assert kinds(problems(SENT, told, FOUND)) == {"unexpected"}


@pytest.mark.parametrize("place", range(4))
def test_a_chain_with_a_changed_entry_is_broken(place: int) -> None:
    entry = FOUND[place]
    changed = replace(entry, hashed=entry.hashed.replace(b"test.written", b"test.wr1tten"))
    assert kinds(problems(SENT, TOLD, [*FOUND[:place], changed, *FOUND[place + 1 :]])) == {"chain"}


def test_a_chain_with_two_entries_exchanged_is_broken() -> None:
    assert "chain" in kinds(problems(SENT, TOLD, [FOUND[1], FOUND[0], *FOUND[2:]]))
