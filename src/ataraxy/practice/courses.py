"""The commands of a course: from referral to its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ataraxy.practice.aggregate import COURSE
from ataraxy.practice.practice import Done, Practice, Step
from ataraxy.practice.site import protocol_in_force
from ataraxy.therapy import course_decide
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.course_events import Event


def act(
    practice: Practice,
    course_id: str,
    command: Callable[..., tuple[Event, ...]],
    *args: Any,
    by: Actor,
    key: str | None = None,
    at: datetime | None = None,
    **more: Any,
) -> Done:
    """Carry out one of the commands of `ataraxy.therapy.course_decide` on a course.

    Raises:
        Refusal: those of the command.
    """

    def steps() -> Sequence[Step]:
        loaded = practice.load(COURSE, course_id)
        events = command(loaded.state, *args, actor=by, at=at or practice.now(), **more)
        patient = args[1] if command is course_decide.open_course else None
        if patient is None and loaded.state is not None:
            patient = loaded.state.patient
        return [Step(COURSE.stream(course_id), loaded.version, events, str(patient))]

    return practice.perform(
        steps,
        by=by,
        command=f"course.{command.__name__}",
        asked={"id": course_id, "args": args, "more": more, "at": at},
        key=key,
        occurred_at=at,
    )


def assign_protocol(
    practice: Practice,
    course_id: str,
    name: str,
    *,
    by: Actor,
    key: str | None = None,
    at: datetime | None = None,
) -> Done:
    """Assign the newest version in force of one of the clinic's protocols.

    Raises:
        Refusal: ``site.unknown-document``, and those of `course_decide.assign_protocol`.
    """
    document, protocol = protocol_in_force(practice, name)
    return act(
        practice,
        course_id,
        course_decide.assign_protocol,
        name,
        str(document.version),
        len(protocol.sessions),
        document.sha256,
        by=by,
        key=key,
        at=at,
    )
