"""A limit of requests for each signed-in browser or address, in the memory of one worker."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class RateLimit:
    """At most `burst` requests at once, refilled at `per_second`. Forgets the longest unused when it is full."""

    def __init__(
        self,
        *,
        burst: int,
        per_second: float,
        capacity: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst, self._per_second, self._capacity, self._clock = burst, per_second, capacity, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._guard = threading.Lock()

    def admits(self, key: str) -> bool:
        """Whether one more request of `key` is within its limit; counts it where it is."""
        now = self._clock()
        with self._guard:
            left, at = self._left.pop(key, (float(self._burst), now))
            left = min(self._burst, left + (now - at) * self._per_second)
            admitted = left >= 1
            self._left[key] = (left - 1 if admitted else left, now)
            if len(self._left) > self._capacity:
                self._left.popitem(last=False)
        return admitted


class OncePer:
    """Says yes to a key once in `seconds`: a poll is logged once in a while, not each time."""

    def __init__(
        self, seconds: float, *, capacity: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._capacity, self._clock = seconds, capacity, clock
        self._last: OrderedDict[str, float] = OrderedDict()
        self._guard = threading.Lock()

    def __call__(self, key: str) -> bool:
        now = self._clock()
        with self._guard:
            last = self._last.get(key)
            if last is not None and now - last < self._seconds:
                return False
            self._last[key] = now
            self._last.move_to_end(key)
            if len(self._last) > self._capacity:
                self._last.popitem(last=False)
        return True
