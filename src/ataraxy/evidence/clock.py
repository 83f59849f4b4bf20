"""When a row was measured, in hours from the first dose of its arm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from ataraxy.evidence.arm import MOST_DAYS, Arm
from ataraxy.evidence.fields import Fields, Number

# Field -> hours in one unit of it. A month is a twelfth of 365.25 days.
TIME_FIELDS: Final[Mapping[str, float]] = {
    "time_h": 1.0,
    "time_min": 1 / 60,
    "time_d": 24.0,
    "time_week": 168.0,
    "time_weeks": 168.0,
    "time_w": 168.0,
    "time_month": 730.5,
    "time_months": 730.5,
}

MOST_HOURS: Final = 24.0 * MOST_DAYS
"""No trial was followed for longer; what is, is a slip of the pen."""


class Reference(StrEnum):
    """What times are counted from."""

    FIRST_DOSE = "first dose"
    SESSION = "session"
    SESSION_END = "end of session"
    LAST_SESSION = "last session"
    LAST_SESSION_END = "end of last session"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ReadReference:
    """What a text in ``time_ref`` says.

    Attributes:
        reference: what times are counted from.
        session: 1-based number of the session for SESSION and SESSION_END; 0 where it is not told.
        change_from_h: hours from the first dose to the rating that a change is counted from; zero for the baseline.
        label: ``end of treatment`` without "after": beside a time it may only name the day.
    """

    reference: Reference
    session: int = 0
    change_from_h: float = 0.0
    label: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """When something was measured.

    Attributes:
        points: hours from the first dose, each one time or a window of time, in the order of the row; empty where
            the time cannot be told.
        change_from_h: hours from the first dose to the rating that a change is counted from.
        session: 0-based session in which the time lies, where the row says so.
        flags: what was assumed.
        reasons: why the time cannot be told; empty if it can.
    """

    points: tuple[Number, ...]
    change_from_h: float
    session: int | None
    flags: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def is_baseline(self) -> bool:
        """Return whether it is a rating before anything was given."""
        return self.points == (Number(0.0, 0.0),)

    @property
    def last_h(self) -> float | None:
        """Return the latest time; None where there is none."""
        return max((point.high for point in self.points), default=None)


_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "last": -1, "final": -1,
}  # fmt: skip
_GIVEN = r"(?:dose|dosing|infusion|session|treatment|administration|injection|spray)"
_NOT_TOLD = re.compile(r"\bnot (?:given|stated|retained|in the|known|reported)|file time_weeks|\bunknown\b")
_FROM_FIRST = re.compile(
    r"^(?:from |since )?(?:the )?(?:baseline|randomi[sz]ation|study start|first dose)"
    r"|^(?:from |since )?(?:the )?start of (?:the )?(?:treatment|study|trial)"
    r"|^pre ?(?:dose|infusion|treatment)\b|^screening\b|nominal day"
    r"|^(?:approx\.? |about )?\d+(?:\.\d+)? (?:h|hours?|days?|weeks?|months?)$|^(?:day|week|month)s? \d+(?:\.\d+)?$"
)
_WEEK_TO_WEEK = re.compile(r"\bweek (\d+(?:\.\d+)?) to week (\d+(?:\.\d+)?)\b")
_NUMBERED = re.compile(
    rf"\b(?:post|after|following|from|since)(?: the)?(?: end of)?(?: the)? "
    rf"(first|second|third|fourth|fifth|sixth|seventh|eighth|last|final|\d+(?:st|nd|rd|th)) ({_GIVEN})\b"
)
_END_OF_COURSE = re.compile(
    r"\b(?:end of (?:the )?(?:treatment|induction|course|acute phase)|end ?point|post treatment"
    r"|(?:last|final) (?:treatment|session|dose|infusion)|after (?:the )?(?:induction|course|treatment))\b"
)
_END_OF_INFUSION = re.compile(
    r"\b(?:post|after|following|from)(?: the)?(?: end of)?(?: the)? infusion|\bend of (?:the )?infusion"
)
_DOSE = re.compile(
    rf"\b(?:post|after|following|from|since)(?: the)?(?: start of)?(?: the)? {_GIVEN}\b|\bstart of (?:the )?infusion\b"
)


def read_reference(text: str) -> ReadReference:
    """Return what a text such as ``post-infusion`` or ``after first infusion`` says; an empty one, the first dose."""
    plain = " ".join(re.sub(r"[-_]", " ", text.lower()).split())
    if not plain:
        return ReadReference(Reference.FIRST_DOSE)
    if _NOT_TOLD.search(plain):
        return ReadReference(Reference.UNKNOWN)
    weeks = _WEEK_TO_WEEK.search(plain)
    if weeks:
        return ReadReference(Reference.FIRST_DOSE, change_from_h=float(weeks[1]) * 168.0)
    if _FROM_FIRST.search(plain):
        return ReadReference(Reference.FIRST_DOSE)
    numbered = _NUMBERED.search(plain)
    if numbered:
        number = _ORDINALS.get(numbered[1]) or int(re.sub(r"\D", "", numbered[1]))
        infusion = numbered[2] == "infusion" or "end of" in plain
        if number < 0:
            return ReadReference(Reference.LAST_SESSION_END if infusion else Reference.LAST_SESSION)
        return ReadReference(Reference.SESSION_END if infusion else Reference.SESSION, session=number)
    # Before the end of the course: "post-infusion (end of treatment, nominal)" counts from the infusion.
    if _END_OF_INFUSION.search(plain):
        return ReadReference(Reference.SESSION_END)
    if _END_OF_COURSE.search(plain) or re.search(r"\bdays after induction\b", plain):
        label = not re.search(r"\b(?:after|following|since|from|(?:hours|days|weeks) post)\b", plain)
        return ReadReference(Reference.LAST_SESSION_END, label=label)
    if _DOSE.search(plain):
        return ReadReference(Reference.SESSION)
    return ReadReference(Reference.UNKNOWN)


def read_times(content: Mapping[str, Any], arm: Arm | None, *, weeks_are_sessions: bool = False) -> Times:
    """Return when a row was measured.

    Args:
        content: the row. The first of `TIME_FIELDS` that it has is read: one number, two as the ends of a window,
            or more as a series of points; ``time_ref`` says from where they count.
        arm: the arm whose sessions are meant; None where the row names none.
        weeks_are_sessions: ``time_week: k`` alone means the session of that week, as it does beside a reading that is
            taken in each session.
    """
    fields = Fields(content)
    text = fields.text("time_ref")
    read = read_reference(text)
    key = next((key for key in TIME_FIELDS if content.get(key) is not None), "")
    printed: tuple[float, ...] = ()
    if key:
        hours = TIME_FIELDS[key]
        printed = tuple(value * hours for value in fields.numbers(key, low=0.0, high=MOST_HOURS / hours))
    flags: list[str] = []
    if not printed and not fields.problems:
        if (
            text
            and read.reference is Reference.FIRST_DOSE
            and re.search(r"baseline|pre|screening", text.lower())
        ):
            printed = (0.0,)
        elif read.reference in (Reference.LAST_SESSION, Reference.LAST_SESSION_END):
            printed = (0.0,)
            flags.append(f"no time beside {text!r}: taken as that moment")
    if fields.problems:
        return _no_time(tuple(fields.problems))
    if not printed:
        return _no_time((f"the time is not stated ({text})" if text else "no time",))
    if read.reference is Reference.UNKNOWN:
        return _no_time((f"time_ref {text!r} does not tell what the time counts from",))
    weekly = key.startswith("time_week") and len(printed) == 1 and not text
    if weekly and weeks_are_sessions and arm and len(arm.sessions_h) > 1:
        return _of_week(printed[0] / 168.0, arm)
    if read.label and key and (arm is None or not arm.sessions_stated or min(printed) >= arm.sessions_h[-1]):
        # "time_d: 28, time_ref: end of treatment": day 28, and not 28 days after the last session.
        read = ReadReference(Reference.FIRST_DOSE)
        flags.append(f"{text!r} taken as the name of that day, counted from the first dose")
    start = _start(read, arm, flags)
    if isinstance(start, str):
        return _no_time((start,))
    if not text and key:
        flags.append("no time_ref: counted from the first dose")
    shifted = tuple(value + start for value in printed)
    if len(shifted) == 2:
        points: tuple[Number, ...] = (Number(min(shifted), max(shifted)),)
    else:
        points = tuple(Number(value, value) for value in shifted)
    session = max(read.session - 1, 0) if read.session else None
    return Times(points, read.change_from_h, session, tuple(flags), ())


def beyond_schedule(times: Times, arm: Arm) -> str:
    """Return why an arm whose sessions are not stated cannot be simulated up to these times, empty if it can.

    One session is all that such an arm is given; a day after it, a second one may have been.
    """
    last = times.last_h
    if arm.is_ketamine and not arm.sessions_stated and last is not None and last > 24.0:
        return f"the sessions of arm {arm.id} are not stated and the time is {last / 24:.4g} days"
    return ""


def moved(times: Times, points: tuple[Number, ...], flag: str) -> Times:
    """Return the times with other points that were read by hand."""
    return replace(times, points=points, flags=(*times.flags, flag), reasons=())


def _no_time(reasons: tuple[str, ...]) -> Times:
    return Times((), 0.0, None, (), reasons)


def _of_week(week: float, arm: Arm) -> Times:
    """Return the session of the k-th week: "CADSS in week 1" was rated at the first session, not on day 7."""
    wanted = max(week - 1, 0.0) * 168.0
    later = [i for i, start in enumerate(arm.sessions_h) if start >= wanted - 1e-9]
    session = later[0] if later else len(arm.sessions_h) - 1
    start = arm.sessions_h[session]
    flags = [f"week {week:g}: session {session + 1} of {len(arm.sessions_h)}"]
    if not later:
        flags.append("the stated sessions end before that week: the last one taken")
    return Times((Number(start, start),), 0.0, session, tuple(flags), ())


def _start(read: ReadReference, arm: Arm | None, flags: list[str]) -> float | str:
    """Return hours from the first dose to the moment that times count from, or why it cannot be told."""
    if read.reference is Reference.FIRST_DOSE:
        return 0.0
    if arm is None:
        # A pooled entry has no sessions of its own: its dose is the only one.
        return 0.0
    last = read.reference in (Reference.LAST_SESSION, Reference.LAST_SESSION_END)
    number = len(arm.sessions_h) if last else max(read.session, 1)
    if last and not arm.sessions_stated:
        return f"counted from the end of the course, and the sessions of arm {arm.id} are not stated"
    if number > len(arm.sessions_h):
        return f"counted from session {number} of arm {arm.id}, which has {len(arm.sessions_h)} stated"
    if not last and not read.session and len(arm.sessions_h) > 1:
        flags.append(f"after which of {len(arm.sessions_h)} sessions is not stated: the first taken")
    start = arm.sessions_h[number - 1]
    if read.reference in (Reference.SESSION_END, Reference.LAST_SESSION_END):
        start += arm.duration_h or 0.0
    return start
