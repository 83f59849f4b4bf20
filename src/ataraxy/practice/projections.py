"""Tables that say how things stand, for pages and reports that look at many histories at once."""

from __future__ import annotations

from ataraxy.record.projection import Projection


def clinic_projections() -> tuple[Projection, ...]:
    """Return the projections of a clinic: every process opens the record with these."""
    return ()
