"""The basis on which a protocol is used for this person, and which protocol that is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from ataraxy.therapy.consent import Basis
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.route import Route
from ataraxy.therapy.value import Value

# How registries write their numbers.
REGISTRIES: Mapping[str, str] = MappingProxyType(
    {
        "ClinicalTrials.gov": r"NCT[0-9]{8}",
        "ISRCTN": r"ISRCTN[0-9]{8}",
        "ANZCTR": r"ACTRN[0-9]{14}p?",
        "EudraCT": r"[0-9]{4}-[0-9]{6}-[0-9]{2}",
        "EU CTIS": r"[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}",
        "DRKS": r"DRKS[0-9]{8}",
        "ChiCTR": r"ChiCTR-?[A-Za-z]{0,3}-?[0-9]{8,10}",
        "CTRI": r"CTRI/[0-9]{4}/[0-9]{2,3}/[0-9]{6}",
        "jRCT": r"jRCTs?[0-9]{9,10}",
    }
)


def registry_of(trial_id: str) -> str | None:
    """Return the registry that writes its numbers like this, None where none is known to.

    Only the form is checked; whether the trial exists is for a person to look up.
    """
    for registry, pattern in REGISTRIES.items():
        if re.fullmatch(pattern, trial_id.strip()):
            return registry
    return None


class BasisOfUse(Value):
    """On which basis.

    Attributes:
        kind: off-label use, or a registered trial.
        trial_id: registration number, of a trial.
        allocation_masked: whether the allocation is masked, of a trial; None where nobody has said.
    """

    kind: Basis
    trial_id: str = ""
    allocation_masked: bool | None = None


class ProtocolChoice(Value):
    """Which protocol is meant for the person.

    Attributes:
        name, version: of the protocol; a consent counts for this version alone.
        drug, route: what is given and how; None where it is not known.
    """

    name: str
    version: str
    drug: Drug | None = None
    route: Route | None = None
