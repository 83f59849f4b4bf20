"""Was anything acknowledged lost, or anything stored twice? Judges what writers saw against what the record holds.

It knows nothing of how the record works: it is given what each writer sent and was told, and the entries at the end.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sent:
    """A request before it was sent: its key, the time, and stream and token of each draft."""

    key: str
    at_ns: int
    drafts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Acknowledged:
    """What a writer was told: numbers and hashes of the entries, and the versions that it had expected."""

    key: str
    at_ns: int
    seqs: tuple[int, ...]
    hashes: tuple[str, ...]
    expected: dict[str, int]
    replayed: bool


@dataclass(frozen=True)
class Found:
    """An entry as the record shows it at the end."""

    seq: int
    stream: str
    version: int
    key: str
    token: str
    previous_hash: str
    hash: str
    hashed: bytes


def problems(
    sent: Sequence[Sent], acknowledged: Sequence[Acknowledged], found: Sequence[Found]
) -> tuple[str, ...]:
    """Return everything that is wrong with a history; nothing where it is as it should be."""
    return (
        *_chain(found),
        *_lost(acknowledged, found),
        *_doubled(found),
        *_invented_or_torn(sent, found),
        *_out_of_turn(sent, acknowledged),
        *_unexpected(sent, acknowledged, found),
    )


def _chain(found: Sequence[Found]) -> Iterator[str]:
    previous, versions = "0" * 64, Counter[str]()
    for number, entry in enumerate(found, 1):
        versions[entry.stream] += 1
        if entry.seq != number:
            yield f"chain: entry {entry.seq} stands at place {number}"
        if entry.previous_hash != previous or json.loads(entry.hashed)["previous_hash"] != previous:
            yield f"chain: entry {entry.seq} does not name the hash before it"
        if entry.version != versions[entry.stream]:
            yield f"chain: entry {entry.seq} is version {entry.version} of {entry.stream}"
        if hashlib.sha256(entry.hashed).hexdigest() != entry.hash:
            yield f"chain: the hash of entry {entry.seq} is not that of its content"
        previous = entry.hash


def _lost(acknowledged: Sequence[Acknowledged], found: Sequence[Found]) -> Iterator[str]:
    held = {entry.seq: entry for entry in found}
    for told in acknowledged:
        for seq, hash_ in zip(told.seqs, told.hashes, strict=True):
            entry = held.get(seq)
            if entry is None or entry.hash != hash_ or entry.key != told.key:
                yield f"lost: entry {seq} of {told.key} was acknowledged"


def _doubled(found: Sequence[Found]) -> Iterator[str]:
    for token, times in Counter(entry.token for entry in found).items():
        if times > 1:
            yield f"doubled: {token} is there {times} times"


def _invented_or_torn(sent: Sequence[Sent], found: Sequence[Found]) -> Iterator[str]:
    asked = {request.key: request for request in sent}
    stored: dict[str, list[Found]] = defaultdict(list)
    for entry in found:
        stored[entry.key].append(entry)
    for key, entries in stored.items():
        if key not in asked:
            yield f"invented: nobody sent {key}"
        elif tuple((e.stream, e.token) for e in entries) != asked[key].drafts:
            yield f"torn: of {key} there is {[e.token for e in entries]}"
        elif entries[-1].seq - entries[0].seq != len(entries) - 1:
            yield f"torn: the entries of {key} do not stand together"


def _out_of_turn(sent: Sequence[Sent], acknowledged: Sequence[Acknowledged]) -> Iterator[str]:
    """What was acknowledged before another was sent for the first time has the smaller number."""
    first_sent: dict[str, int] = {}
    for request in sent:
        first_sent.setdefault(request.key, request.at_ns)
    first_told: dict[str, Acknowledged] = {}
    for told in sorted(acknowledged, key=lambda one: one.at_ns):
        first_told.setdefault(told.key, told)
    events = sorted(
        [(told.at_ns, 0, told.seqs[0]) for told in first_told.values()]
        + [(first_sent[key], 1, told.seqs[0]) for key, told in first_told.items() if key in first_sent]
    )
    highest = 0
    for _, is_sent, seq in events:
        if not is_sent:
            highest = max(highest, seq)
        elif seq <= highest:
            yield f"out of turn: entry {seq} was sent after entry {highest} was acknowledged"


def _unexpected(
    sent: Sequence[Sent], acknowledged: Sequence[Acknowledged], found: Sequence[Found]
) -> Iterator[str]:
    """What was stored at once follows the versions that its writer had seen."""
    held = {entry.seq: entry for entry in found}
    for told in acknowledged:
        if told.replayed:
            continue
        versions = dict(told.expected)
        for seq in told.seqs:
            entry = held.get(seq)
            if entry is not None:
                versions[entry.stream] += 1
                if entry.version != versions[entry.stream]:
                    yield f"unexpected: entry {seq} is version {entry.version} of {entry.stream}"
