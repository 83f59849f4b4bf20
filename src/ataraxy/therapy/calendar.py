"""On which days sessions take place: listed days, or phases such as "6 sessions over 2 weeks"."""

from __future__ import annotations

import re
from typing import Self

from pydantic import model_validator

from ataraxy.therapy.value import Count, Number, Value, refuse

MOST_SESSIONS = 500
LONGEST_DAYS = 3653.0
DAYS_PER_WEEK = 7

# Days of a week on which sessions fall. Twice and three times a week are spread as in the trials: days 0, 3
# (Abdallah 2022) and 0, 2, 4 (Feder 2021); the others keep to the same idea, working days first.
DAYS_OF_WEEK: dict[int, tuple[int, ...]] = {
    1: (0,),
    2: (0, 3),
    3: (0, 2, 4),
    4: (0, 1, 3, 4),
    5: (0, 1, 2, 3, 4),
    6: (0, 1, 2, 3, 4, 5),
    7: (0, 1, 2, 3, 4, 5, 6),
}

GRAMMAR = (
    'Write for example "once", "6 sessions over 2 weeks", "twice weekly for 4 weeks", "weekly for 4", '
    '"every 3 days for 5 sessions", joined by ", then"'
)


class Phase(Value):
    """Sessions in a steady rhythm: either so many a week for some weeks, or one every so many days.

    Attributes:
        sessions: number of sessions of the phase.
        weeks: length in whole weeks, for a rhythm of so many a week; None for `every_days`.
        every_days: days from one session to the next; None for `weeks`.
    """

    sessions: Count
    weeks: Count | None = None
    every_days: Number | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.weeks is None) == (self.every_days is None):
            raise refuse(
                "a phase needs either weeks or an interval in days, and not both",
                code="protocol.calendar-phase",
                remedy="Give sessions with over (weeks), or sessions with every (an interval)",
            )
        if self.sessions < 1:
            raise refuse(
                f"a phase has {self.sessions} sessions",
                code="protocol.calendar-phase",
                remedy="Give a whole number of sessions, 1 or more",
                field="sessions",
            )
        if self.sessions > MOST_SESSIONS:
            raise _too_many(self.sessions, "sessions")
        if self.weeks is not None:
            self._check_weeks(self.weeks)
        elif self.every_days is not None and not self.every_days > 0:
            raise refuse(
                f"the interval is {self.every_days:g} days",
                code="protocol.calendar-phase",
                remedy="Give an interval above zero",
                field="every_days",
            )
        return self

    def _check_weeks(self, weeks: int) -> None:
        if weeks < 1:
            raise refuse(
                f"a phase lasts {weeks} weeks",
                code="protocol.calendar-phase",
                remedy="Give a whole number of weeks, 1 or more",
                field="weeks",
            )
        if self.sessions % weeks or self.sessions // weeks not in DAYS_OF_WEEK:
            raise refuse(
                f"{self.sessions} sessions do not spread evenly over {weeks} weeks",
                code="protocol.calendar-uneven",
                remedy="Give the same whole number of sessions, 1 to 7, for each week, or list the days",
                field="sessions",
            )

    @property
    def length_days(self) -> float:
        """Return the days from the start of this phase to the start of the next."""
        if self.weeks is not None:
            return float(self.weeks * DAYS_PER_WEEK)
        assert self.every_days is not None
        return self.sessions * self.every_days

    @property
    def offsets_days(self) -> tuple[float, ...]:
        """Return the days of the sessions, counted from the start of the phase."""
        if self.weeks is not None:
            pattern = DAYS_OF_WEEK[self.sessions // self.weeks]
            return tuple(float(DAYS_PER_WEEK * week + day) for week in range(self.weeks) for day in pattern)
        assert self.every_days is not None
        return tuple(i * self.every_days for i in range(self.sessions))


class Calendar(Value):
    """The days of the sessions, counted from 0 for the first day of the protocol.

    Attributes:
        days: the days themselves, increasing; empty where phases are given.
        phases: phases that follow one another; empty where days are given.
    """

    days: tuple[Number, ...] = ()
    phases: tuple[Phase, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.days) == bool(self.phases):
            both = "both days and phases" if self.days else "neither days nor phases"
            raise refuse(
                f"the calendar has {both}",
                code="protocol.calendar-both" if self.days else "protocol.calendar-empty",
                remedy="Give one of them",
            )
        total = sum(phase.sessions for phase in self.phases) or len(self.days)
        if total > MOST_SESSIONS:
            raise _too_many(total, "days" if self.days else "phases")
        for i, day in enumerate(self.days):
            if day < 0 or (i and day <= self.days[i - 1]):
                raise refuse(
                    f"day {day:g} "
                    + ("is negative" if day < 0 else f"does not come after day {self.days[i - 1]:g}"),
                    code="protocol.calendar-order",
                    remedy="List days of 0 or more in increasing order, each once",
                    field=f"days.{i}",
                )
        if self.session_days[-1] > LONGEST_DAYS:
            raise refuse(
                f"the last session falls on day {self.session_days[-1]:g}",
                code="protocol.calendar-too-long",
                remedy=f"Keep a protocol within {LONGEST_DAYS:g} days (ten years); days are counted from 0",
                field=f"days.{len(self.days) - 1}" if self.days else "phases",
            )
        return self

    @property
    def session_days(self) -> tuple[float, ...]:
        """Return the day of every session, increasing, from the start of the protocol."""
        if self.days:
            return tuple(float(day) for day in self.days)
        days: list[float] = []
        start = 0.0
        for phase in self.phases:
            days.extend(start + offset for offset in phase.offsets_days)
            start += phase.length_days
        return tuple(days)


_WORDS = {
    word: str(number)
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
}
_SPREAD = re.compile(r"(?P<n>\d+) sessions? (?:over|in) (?P<weeks>\d+) weeks?")
_PER_WEEK = re.compile(
    r"(?:(?P<word>daily|weekly|once weekly|once a week|twice weekly|twice a week)"
    r"|(?P<n>\d+) times (?:weekly|a week))"
    r" for (?P<count>\d+)(?: (?P<what>weeks?|sessions?|days?))?"
)
_EVERY = re.compile(r"every (?:(?P<n>\d+|other) )?(?P<unit>days?|weeks?) for (?P<count>\d+) sessions?")
_A_WEEK = {"weekly": 1, "once weekly": 1, "once a week": 1, "twice weekly": 2, "twice a week": 2}


def parse_calendar(sentence: str) -> Calendar:
    """Return the calendar that a sentence such as ``6 sessions over 2 weeks, then weekly for 4`` describes.

    The grammar is closed: what is not understood word for word is refused, never guessed. Numbers up to twelve
    may be words. "weekly for 4" means four weeks, which are four sessions. Each phase starts where the one before
    it ends: after its last whole week, or one interval after its last session; "once" counts as a week.

    Raises:
        InputError: ``protocol.calendar-sentence``, or the codes of `Phase` and `Calendar`.
    """
    text = " ".join(sentence.lower().strip().rstrip(".").split())
    text = re.sub(r"[a-z]+", lambda word: _WORDS.get(word[0], word[0]), text)
    parts = re.split(r"\s*(?:,\s*then|;\s*then|;|,|\bthen)\s+", text)
    return Calendar(phases=tuple(_parse_phase(part, sentence) for part in parts))


def _parse_phase(part: str, sentence: str) -> Phase:
    if part in ("once", "1 session"):
        return Phase(sessions=1, every_days=7.0)
    if found := _SPREAD.fullmatch(part):
        return Phase(sessions=_count(found["n"]), weeks=_count(found["weeks"]))
    if found := _PER_WEEK.fullmatch(part):
        count, what = _count(found["count"]), (found["what"] or "").rstrip("s")
        if found["word"] == "daily" and what in ("day", "session"):
            return Phase(sessions=count, every_days=1.0)
        if found["word"] != "daily":
            per_week = _count(found["n"]) if found["n"] else _A_WEEK[found["word"]]
            if what == "week" or (per_week == 1 and what in ("", "session")):
                return Phase(sessions=per_week * count, weeks=count)
            if what == "session" and count % per_week == 0:
                return Phase(sessions=count, weeks=count // per_week)
    if found := _EVERY.fullmatch(part):
        number = {None: 1, "other": 2}.get(found["n"]) or _count(found["n"])
        days = number * (DAYS_PER_WEEK if found["unit"].startswith("week") else 1)
        return Phase(sessions=_count(found["count"]), every_days=float(days))
    shown = part if len(part) <= 60 else part[:57] + "..."
    of = f' of "{sentence}"' if part != sentence and len(sentence) <= 80 else ""
    raise refuse(
        f'the phase "{shown}"{of} is not understood', code="protocol.calendar-sentence", remedy=GRAMMAR
    )


def _count(digits: str) -> int:
    # A long row of digits is too many of anything; the checks of Phase refuse it.
    return int(digits) if len(digits) <= 6 else 10**6


def _too_many(sessions: int, field: str) -> Exception:
    return refuse(
        f"the calendar has {sessions} sessions",
        code="protocol.calendar-too-many",
        remedy=f"Keep a protocol within {MOST_SESSIONS} sessions",
        field=field,
    )
