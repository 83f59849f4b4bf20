"""The commands of the drug register of one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ataraxy.practice.aggregate import REGISTER
from ataraxy.practice.practice import Done, Practice, Step
from ataraxy.practice.site import clinic_time
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.drug_register_events import Event


def act(
    practice: Practice,
    location: str,
    command: Callable[..., tuple[Event, ...]],
    *args: Any,
    by: Actor,
    witness: Actor,
    key: str | None = None,
    at: datetime | None = None,
    **more: Any,
) -> Done:
    """Carry out one of the commands of `ataraxy.therapy.drug_register_decide`, with a witness.

    Raises:
        Refusal: those of the command.
    """

    def steps() -> Sequence[Step]:
        loaded = practice.load(REGISTER, location)
        when = clinic_time(practice, at or practice.now())
        events = command(loaded.state, *args, actor=by, witness=witness, at=when, **more)
        return [Step(REGISTER.stream(location), loaded.version, events)]

    asked = {"id": location, "args": args, "more": more, "witness": witness.id, "at": at}
    return practice.perform(
        steps, by=by, command=f"register.{command.__name__}", asked=asked, key=key, occurred_at=at
    )
