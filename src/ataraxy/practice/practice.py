"""The only way in which a clinic writes: load, decide, append, all in the sight of each other's work.

A command is a function of `ataraxy.therapy` that takes the state as it stands and returns events or refuses. When
somebody else wrote to the same history in between, the command is decided anew on what is there now; nothing is
overwritten and nothing that a rule would refuse slips through.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final, Generic, Protocol, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel

from ataraxy.practice.aggregate import Aggregate
from ataraxy.record.canonical import canonical_json
from ataraxy.record.entry import Appended, Draft, Entry
from ataraxy.record.keys import ERASED_PATIENT
from ataraxy.record.pointer import tokens
from ataraxy.record.schema import ENTRY
from ataraxy.record.store import Record, VersionConflict
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import sensitive_paths

State = TypeVar("State")

# Two people on one session meet rarely; a machine that loses so often has a defect.
ATTEMPTS: Final = 20
KEPT_STATES: Final = 4096
# Free text that belongs to no patient is sealed too, under a key of the clinic.
SITE_KEY: Final = "site"


class SupportsId(Protocol):
    """Whoever acts."""

    @property
    def id(self) -> str: ...


_ERASED: Final = sa.select(sa.func.count()).select_from(ERASED_PATIENT).scalar_subquery()
_VERSION: Final = sa.select(sa.func.max(ENTRY.c.version), _ERASED).where(
    ENTRY.c.stream == sa.bindparam("stream")
)
_VERSIONS: Final = (
    sa.select(ENTRY.c.stream, sa.func.max(ENTRY.c.version))
    .where(ENTRY.c.stream.in_(sa.bindparam("streams", expanding=True)))
    .group_by(ENTRY.c.stream)
)
# Below the limit of SQLite on the values of one statement.
ASKED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class _Kept:
    """A state with the version of its stream and the number of the last entry in it."""

    version: int
    seq: int
    state: Any


@dataclass(frozen=True, slots=True)
class Loaded(Generic[State]):
    """A history as it stands.

    Attributes:
        id: of the history.
        state: None where nothing is recorded yet.
        version: how many entries it has.
    """

    id: str
    state: State | None
    version: int


@dataclass(frozen=True, slots=True)
class Step:
    """Events of one history that are appended together with others.

    Attributes:
        stream: of the history.
        expected: its version when they were decided.
        events: in order.
        patient: whose key seals the sensitive texts; `SITE_KEY` where the history is of no patient.
        corrects: number of the entry that the first event puts right.
    """

    stream: str
    expected: int
    events: Sequence[BaseModel]
    patient: str = SITE_KEY
    corrects: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What a command has led to.

    Attributes:
        entries: that were recorded; those of the first time where the command was sent again.
        replayed: whether it had been carried out before.
    """

    entries: tuple[Entry, ...]
    replayed: bool = False

    @property
    def seq(self) -> int:
        """Return the number of the last entry; 0 where the command recorded nothing."""
        return self.entries[-1].seq if self.entries else 0


class Practice:
    """A clinic's way to its record. Safe to share between threads.

    Args:
        record: opened, with the keys of its patients.
        clock: the present moment, with its offset.
    """

    def __init__(self, record: Record, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.record = record
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._erased = 0
        self._lock = Lock()

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return self._clock().astimezone(UTC)

    # --- reading ----------------------------------------------------------------------------------------------

    def load(self, aggregate: Aggregate[State], id_: str) -> Loaded[State]:
        """Return a history as it stands now.

        States are kept between calls and brought up to date by the entries since. Erasing anybody empties the store,
        so that no process goes on showing what can no longer be read.
        """
        stream = aggregate.stream(id_)
        with self.record.reading() as connection:
            version, erased = connection.execute(_VERSION, {"stream": stream}).one()
        self._forget_if(erased)
        return self._current(aggregate, id_, version or 0, erased)

    def load_many(self, aggregate: Aggregate[State], ids: Iterable[str]) -> dict[str, Loaded[State]]:
        """Return many histories as they stand now, by id; what has not changed costs one question for all."""
        wanted = list(dict.fromkeys(ids))
        versions: dict[str, int] = {}
        with self.record.reading() as connection:
            erased = connection.scalar(sa.select(_ERASED)) or 0
            for start in range(0, len(wanted), ASKED_AT_ONCE):
                streams = [aggregate.stream(id_) for id_ in wanted[start : start + ASKED_AT_ONCE]]
                versions.update(
                    (row[0], row[1]) for row in connection.execute(_VERSIONS, {"streams": streams})
                )
        self._forget_if(erased)
        kept = {id_: self._held(aggregate.stream(id_)) for id_ in wanted}
        stale = {
            aggregate.stream(id_): one
            for id_, one in kept.items()
            if one.version != versions.get(aggregate.stream(id_), 0)
        }
        news = self._news(stale)
        for id_ in wanted:
            stream = aggregate.stream(id_)
            if stream in stale:
                kept[id_] = self._keep(
                    stream, self._brought_up(aggregate, kept[id_], news.get(stream, [])), erased
                )
        return {id_: Loaded(id_, one.state, one.version) for id_, one in kept.items()}

    def _forget_if(self, erased: int) -> None:
        """Empty the store where somebody was erased since."""
        with self._lock:
            if erased != self._erased:
                self._kept.clear()
                self._erased = erased

    def _current(self, aggregate: Aggregate[State], id_: str, version: int, erased: int) -> Loaded[State]:
        stream = aggregate.stream(id_)
        kept = self._held(stream)
        if version != kept.version:
            entries = list(self.record.entries(stream, after=kept.seq))
            kept = self._keep(stream, self._brought_up(aggregate, kept, entries), erased)
        return Loaded(id_, kept.state, kept.version)

    def _held(self, stream: str) -> _Kept:
        with self._lock:
            return self._kept.get(stream, _Kept(0, 0, None))

    def _keep(self, stream: str, new: _Kept, erased: int) -> _Kept:
        with self._lock:
            if erased == self._erased:
                self._kept[stream] = new
                self._kept.move_to_end(stream)
                while len(self._kept) > KEPT_STATES:
                    self._kept.popitem(last=False)
        return new

    def _news(self, stale: Mapping[str, _Kept]) -> dict[str, list[Entry]]:
        """Return what came to each stream since it was read; streams never read are asked for apart from others."""
        found: dict[str, list[Entry]] = defaultdict(list)
        never = [stream for stream, kept in stale.items() if kept.seq == 0]
        before = [stream for stream, kept in stale.items() if kept.seq > 0]
        for group in (never, before):
            for start in range(0, len(group), ASKED_AT_ONCE):
                streams = group[start : start + ASKED_AT_ONCE]
                after = min(stale[stream].seq for stream in streams)
                for entry in self.record.entries_of(streams, after=after):
                    if entry.seq > stale[entry.stream].seq:
                        found[entry.stream].append(entry)
        return found

    def _brought_up(self, aggregate: Aggregate[State], kept: _Kept, entries: Sequence[Entry]) -> _Kept:
        if not entries:
            return kept
        with self.record.reading() as connection:
            opened = ((entry.kind, self._opened(connection, entry)) for entry in entries)
            state = aggregate.after(kept.state, opened)
        return _Kept(entries[-1].version, entries[-1].seq, state)

    def _opened(self, connection: sa.Connection, entry: Entry) -> Mapping[str, Any]:
        if self.record.keys is None:
            return entry.payload
        return self.record.keys.open_payload(connection, stream=entry.stream, payload=entry.payload)

    # --- writing ----------------------------------------------------------------------------------------------

    def perform(
        self,
        decide: Callable[[], Sequence[Step]],
        *,
        by: SupportsId,
        command: str,
        asked: Mapping[str, Any],
        key: str | None = None,
        occurred_at: datetime | None = None,
    ) -> Done:
        """Carry out a command once.

        Args:
            decide: loads what it needs and returns what is to be appended; called again where somebody wrote in
                between. Raises `Refusal` where a rule forbids it.
            by: who acts.
            command, asked: what is asked for. They belong to the key: a key that comes with something else is
                another command, so that nothing that was charted can be swallowed.
            key: what the request calls itself, so that it may be sent again.
            occurred_at: when it happened; now where it is left out.

        Raises:
            Refusal: a rule forbids it; nothing is recorded.
            AtaraxyError: the record cannot be written; nothing is recorded.
        """
        whole_key = None if key is None else request_key(key, by.id, command, asked)
        for _ in range(ATTEMPTS):
            if whole_key is not None and (earlier := self._recorded_under(whole_key)):
                return Done(earlier, replayed=True)
            steps = [step for step in decide() if step.events]
            if not steps:
                return Done(())
            try:
                return self._append(steps, by.id, whole_key, occurred_at)
            except VersionConflict:
                continue
        raise Refusal(
            f"somebody else wrote to the same history {ATTEMPTS} times while this was decided",
            code="practice.busy",
            remedy="Look at what is there now, and enter it again",
        )

    def _recorded_under(self, key: str) -> tuple[Entry, ...]:
        with self.record.reading() as connection:
            streams = connection.execute(
                sa.select(ENTRY.c.stream, ENTRY.c.seq).where(ENTRY.c.key == key).order_by(ENTRY.c.seq)
            ).all()
        return tuple(
            entry
            for stream, seq in streams
            for entry in self.record.entries(stream, after=seq - 1, until=seq)
        )

    def change(
        self,
        aggregate: Aggregate[State],
        id_: str,
        decide: Callable[[State | None], Sequence[BaseModel]],
        *,
        by: SupportsId,
        command: str,
        asked: Mapping[str, Any],
        patient: str = SITE_KEY,
        key: str | None = None,
        occurred_at: datetime | None = None,
    ) -> Done:
        """Carry out a command on one history; see `perform`."""

        def steps() -> Sequence[Step]:
            loaded = self.load(aggregate, id_)
            return [Step(aggregate.stream(id_), loaded.version, decide(loaded.state), patient)]

        asked = {"id": id_, **asked}
        return self.perform(steps, by=by, command=command, asked=asked, key=key, occurred_at=occurred_at)

    def _append(self, steps: Sequence[Step], by: str, key: str | None, occurred_at: datetime | None) -> Done:
        now = self.now()
        drafts = [
            _draft(step, place, event, occurred_at or getattr(event, "at", None) or now)
            for step in steps
            for place, event in enumerate(step.events)
        ]
        expected = {step.stream: step.expected for step in steps}
        appended: Appended = self.record.append(drafts, author=by, at=now, expected=expected, key=key)
        return Done(appended.entries, appended.replayed)


def _draft(step: Step, place: int, event: BaseModel, occurred_at: datetime) -> Draft:
    payload = event.model_dump(mode="json", exclude={"kind"})
    return Draft(
        stream=step.stream,
        kind=str(event.kind),  # type: ignore[attr-defined]
        payload=payload,
        occurred_at=occurred_at,
        corrects=step.corrects if place == 0 else None,
        patient=step.patient,
        # an empty text has nothing to hide, and most notes are empty
        sensitive=tuple(path for path in sensitive_paths(event) if _at(payload, path) != ""),
    )


def _at(payload: Any, path: str) -> Any:
    for step in tokens(path):
        payload = payload[step] if isinstance(payload, Mapping) else payload[int(step)]
    return payload


def request_key(key: str, author: str, command: str, asked: Mapping[str, Any]) -> str:
    """Return the idempotency key of a request: what it calls itself, and a digest of what it asks for."""
    content = canonical_json({"author": author, "command": command, "asked": plain(asked)})
    return f"{key}:{hashlib.sha256(content).hexdigest()[:24]}"


def plain(value: Any) -> Any:
    """Return a value as JSON: models dumped, decimals and dates as text."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [plain(item) for item in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)
