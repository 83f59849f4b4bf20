"""What a tablet says about an entry that it kept: when, by its own clock, and what the server refused."""

from __future__ import annotations

from typing import Literal

from ataraxy.therapy.moment import Moment
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.value import Count, Value


class SentFromTablet(Value):
    """An entry was charted while the tablet had no connection, or its clock differed from the server's.

    Attributes:
        session: opaque id.
        at: when the entry was charted, by the tablet's clock with the offset taken off.
        by: its author.
        tablet_time: by the tablet's own clock.
        clock_offset_ms: server's clock minus the tablet's when they were last compared; None when never.
        sent_at: when it arrived.
    """

    kind: Literal["session.sent_from_tablet"] = "session.sent_from_tablet"
    session: str
    at: Moment
    by: str
    tablet_time: Moment
    clock_offset_ms: Count | None
    sent_at: Moment


class EntryRefused(Value):
    """An entry that a tablet had kept was refused when it arrived; its author has seen why.

    Attributes:
        session: opaque id.
        at: when its author saw the refusal.
        by: its author.
        label: what was charted, without its values.
        charted_at: when it was charted.
        request: what the entry called itself.
        reason: why it was refused.
    """

    kind: Literal["session.entry_refused"] = "session.entry_refused"
    session: str
    at: Moment
    by: str
    label: str
    charted_at: Moment
    request: str
    reason: Sensitive
