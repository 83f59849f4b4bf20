"""Whether a tablet's entry is in the record already: by the name that the tablet gave it, whatever the time is now.

The key of a command holds a digest of what is asked for, and with it the moment at which a late entry was charted. The
same entry that is sent again comes at another moment: it is found by its own name.
"""

from __future__ import annotations

import sqlalchemy as sa

from ataraxy.practice.practice import Practice
from ataraxy.record.schema import ENTRY


def sent_before(practice: Practice, stream: str, name: str, author: str) -> int | None:
    """Return the number of the last entry of a history that was recorded under a name; None where there is none.

    Args:
        practice: whose record.
        stream: of the history.
        name: what the request calls itself, the `key` of a command.
        author: whose request it was.
    """
    # Keys begin with the name and a colon, and a semicolon is the next letter after it.
    found = (
        sa.select(sa.func.max(ENTRY.c.seq))
        .where(ENTRY.c.stream == stream, ENTRY.c.author == author)
        .where(ENTRY.c.key >= f"{name}:", ENTRY.c.key < f"{name};")
    )
    with practice.record.reading() as connection:
        number: int | None = connection.scalar(found)
    return number
