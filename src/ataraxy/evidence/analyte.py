"""Which substance an observation is of, and which of its enantiomers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Enantiomer = Literal["S", "R", "sum", "each"]

# g/mol. Ketamine, norketamine and hydroxynorketamine as printed by Simons 2022 (science notes, pharmacokinetics
# section 2); dehydronorketamine is norketamine less two hydrogens (2.016 g/mol).
MOLAR_MASS: Final = {
    "ketamine": 237.73,
    "norketamine": 223.70,
    "hydroxynorketamine": 239.70,
    "dehydronorketamine": 223.70 - 2.016,
}

_ABBREVIATIONS = {
    "k": "ketamine",
    "ket": "ketamine",
    "nk": "norketamine",
    "nket": "norketamine",
    "norket": "norketamine",
    "nor": "norketamine",
    "hnk": "hydroxynorketamine",
    "dhnk": "dehydronorketamine",
}
_TOTAL = re.compile(
    r"\btotal\b|\bsum\b|\bracemic\b|\bracemate\b|\brac\b|\bs\s*\+\s*r\b|\br\s*\+\s*s\b|\(±\)|\(\+/-\)"
)
_EACH = re.compile(r"\b(?:each|per|either|mean of(?: the)?) enantiomers?\b")


@dataclass(frozen=True, slots=True)
class Analyte:
    """What was measured.

    Attributes:
        text: as printed.
        substance: a key of `MOLAR_MASS`.
        enantiomer: "S" or "R"; "sum" for both together; "each" where one value stands for either of them.
    """

    text: str
    substance: str
    enantiomer: Enantiomer

    @property
    def molar_mass(self) -> float:
        """Return g/mol."""
        return MOLAR_MASS[self.substance]


def parse_analyte(text: str) -> Analyte | None:
    """Return the analyte that a text such as ``S-norketamine``, ``total ketamine`` or ``HNK`` names.

    A name without an enantiomer means both together, as an assay that does not tell them apart reports it. None
    where the text is not understood; single diastereomers, such as ``(2R,6R)-HNK``, are not understood on purpose,
    for no model in this package tells them apart.
    """
    plain = " ".join(text.strip().lower().replace("–", "-").split())
    enantiomer: Enantiomer = "sum"
    if _EACH.search(plain):
        enantiomer = "each"
        plain = _EACH.sub(" ", plain)
    elif _TOTAL.search(plain):
        plain = _TOTAL.sub(" ", plain)
    plain = re.sub(r"\(\s*\)|\b(?:plasma|serum|free base|base|enantiomers?)\b", " ", plain)
    plain = re.sub(r"\(([sr])\)", r"\1", plain)
    # The sign of rotation says again what S or R says, or says it alone: S-ketamine turns light to the right.
    turned = r"\((\+|-)\)"
    if re.search(r"(?:^|-)[sr](?:-|\b)", re.sub(turned, "-", plain)):
        plain = re.sub(turned, "-", plain)
    plain = re.sub(turned, lambda sign: "s" if sign[1] == "+" else "r", plain)
    plain = re.sub(r"[\s,;:]+|-+", "-", plain).strip("-")
    found = re.fullmatch(r"(?:(s|r)-?)?([a-z]+)(?:-(s|r))?", plain)
    if not found:
        return None
    name, marks = _substance(found[2]), [m for m in (found[1], found[3]) if m]
    if name is None:
        # "sketamine" cannot be told from a name that begins with s by the pattern above.
        for prefix in ("s", "r"):
            if found[1] == prefix and (name := _substance(prefix + found[2])):
                marks = marks[1:]
                break
    if name is None:
        return None
    substance, own = name
    marks += [own] if own else []
    if len(set(marks)) > 1 or (marks and enantiomer == "each"):
        return None
    if marks:
        enantiomer = "S" if marks[0] == "s" else "R"
    return Analyte(text, substance, enantiomer)


def parse_pair(text: str) -> tuple[Analyte, Analyte] | None:
    """Return numerator and denominator of an analyte such as ``norketamine/ketamine``; None if it is no such pair."""
    enantiomers = re.fullmatch(r"(.*?)\s*\b([RS])/([RS])\b\s*(.*?)", text.strip())
    if enantiomers:
        name = f"{enantiomers[1]}{enantiomers[4]}".strip(" -()")
        parts = [f"{enantiomers[2]}-{name}", f"{enantiomers[3]}-{name}"]
    else:
        parts = re.split(r"\s*/\s*", text.strip())
    if len(parts) != 2:
        return None
    top, bottom = (parse_analyte(part) for part in parts)
    return (top, bottom) if top and bottom else None


def _substance(name: str) -> tuple[str, str] | None:
    """Return the substance and, for names such as esketamine, the enantiomer that the name itself tells."""
    name = _ABBREVIATIONS.get(name, name)
    if name in MOLAR_MASS:
        return name, ""
    for prefix, enantiomer in (("es", "s"), ("ar", "r")):
        for substance in MOLAR_MASS:
            stem = substance.removesuffix("ketamine")
            if name in (f"{stem}{prefix}ketamine", f"{prefix}{substance}"):
                return substance, enantiomer
    return None
