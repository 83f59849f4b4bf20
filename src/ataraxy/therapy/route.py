"""By which way a dose enters the body."""

from __future__ import annotations

from enum import StrEnum


class Route(StrEnum):
    """A route of administration. A lozenge or troche is `SUBLINGUAL` or `BUCCAL`, by where it is kept."""

    IV_INFUSION = "iv_infusion"
    IV_BOLUS = "iv_bolus"
    SC = "sc"
    IM = "im"
    SC_INFUSION = "sc_infusion"
    NASAL_SPRAY = "nasal_spray"
    ORAL_SOLUTION = "oral_solution"
    FILM = "film"
    SUBLINGUAL = "sublingual"
    BUCCAL = "buccal"

    @property
    def is_infusion(self) -> bool:
        """Return whether the dose runs in over a time; all other routes are given at one moment."""
        return self in (Route.IV_INFUSION, Route.SC_INFUSION)

    @property
    def label(self) -> str:
        """Return the route as a clinician writes it, such as ``IV infusion``."""
        return _LABELS[self]


_LABELS = {
    Route.IV_INFUSION: "IV infusion",
    Route.IV_BOLUS: "IV bolus",
    Route.SC: "SC injection",
    Route.IM: "IM injection",
    Route.SC_INFUSION: "SC infusion",
    Route.NASAL_SPRAY: "nasal spray",
    Route.ORAL_SOLUTION: "oral solution",
    Route.FILM: "oral-mucosal film",
    Route.SUBLINGUAL: "sublingual",
    Route.BUCCAL: "buccal",
}
