"""Time in the virtual clinic: processes that wait, and one clock that all of them see."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

# A process says until when it waits; it is resumed then.
Process = Iterator[datetime]


class SimulatedClock:
    """The present moment of a simulated clinic; give it to `Practice`."""

    def __init__(self, start: datetime) -> None:
        self.now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now


class Schedule:
    """Runs processes in the order of their times. Time never goes back: who is late goes on at once."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self._waiting: list[tuple[datetime, int, Process]] = []
        self._order = count()

    def add(self, at: datetime, process: Process) -> None:
        """Begin a process at a moment."""
        heapq.heappush(self._waiting, (at.astimezone(UTC), next(self._order), process))

    def run(self, until: datetime) -> None:
        """Run everything that happens before a moment, and stand at it."""
        while self._waiting and self._waiting[0][0] < until:
            at, _, process = heapq.heappop(self._waiting)
            self.clock.now = max(self.clock.now, at)
            following = next(process, None)
            if following is not None:
                self.add(following, process)
        self.clock.now = max(self.clock.now, until.astimezone(UTC))
