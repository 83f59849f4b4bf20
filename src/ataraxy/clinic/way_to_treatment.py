"""What somebody waits for before treatment, in the words of pages, with the page on which it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ataraxy.practice.due_today import Waiting, WaitsFor


@dataclass(frozen=True)
class Step:
    """A step on the way to treatment.

    Attributes:
        badge: of the clinic's states.
        says: what is missing.
        place: page below the patient's on which it is done.
        does: what is done there.
    """

    badge: str
    says: str
    place: str
    does: str


STEPS: Mapping[WaitsFor, Step] = MappingProxyType(
    {
        WaitsFor.COURSE: Step("quiet", "No course is open", "course/", "Open a course"),
        WaitsFor.GATE: Step("due", "The gate has not been asked", "screening/", "Ask the gate"),
        WaitsFor.GATE_DELAYS: Step("hold", "The gate says delay", "screening/", "See why"),
        WaitsFor.GATE_BLOCKS: Step("stop", "The gate says block", "screening/", "See why"),
        WaitsFor.GATE_OLD: Step("due", "The gate's answer is too old", "screening/", "Ask again"),
        WaitsFor.PROTOCOL: Step("due", "No protocol is assigned", "course/", "Assign one"),
        WaitsFor.CONSENT: Step("due", "No consent to this protocol", "consent/", "Ask for consent"),
        WaitsFor.START: Step("ok", "Ready: a prescriber may begin", "course/", "Begin treatment"),
        WaitsFor.SESSION: Step("active", "In treatment", "course/", "Plan sessions"),
    }
)


def step_of(waiting: Waiting) -> Step:
    """Return the step that comes next for somebody."""
    return STEPS[waiting.waits_for]
