"""Names of what was watched for safety: readings, shares of people, adverse events, moments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from ataraxy.evidence.comparison import EVERYBODY, Group, read_group

Statistic = Literal["reading", "share", "moment"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One safety measure.

    Attributes:
        name: canonical, such as ``sbp_rise``, ``share_sbp_rise_ge_40``, ``cadss_total``, ``ae:nausea``,
            ``time_of_peak:bp``.
        statistic: ``reading`` in `unit`; ``share`` of people or sessions in %; ``moment`` in h.
        unit: mmHg, beats/min, points, % or h.
    """

    name: str
    statistic: Statistic
    unit: str


@dataclass(frozen=True, slots=True)
class ReadMeasure:
    """What the field ``measure`` of a row says.

    Attributes:
        found: measures; several where a row speaks of several.
        per: whether a share counts people or sessions; empty where it is not told.
        group: the part of the people that it is of.
        qualifiers: the rest of the text, such as ``at least once in first 4 weeks``.
        flags: what was assumed.
        reasons: why the measure is not understood; empty if it is.
    """

    found: tuple[Measure, ...]
    per: Literal["people", "sessions", ""]
    group: Group
    qualifiers: tuple[str, ...]
    flags: tuple[str, ...]
    reasons: tuple[str, ...]


_CADSS_RULE: Final = (
    "definition taken as CADSS total > 4 and above its own baseline (esk_dissociation_profile_jnj)"
)
_READINGS: Final = {
    "sbp": Measure("sbp_rise", "reading", "mmHg"),
    "dbp": Measure("dbp_rise", "reading", "mmHg"),
    "hr": Measure("hr_rise", "reading", "beats/min"),
    "heart rate": Measure("hr_rise", "reading", "beats/min"),
    "cadss": Measure("cadss_total", "reading", "points"),
    "cadss total": Measure("cadss_total", "reading", "points"),
    "spo2": Measure("spo2", "reading", "%"),
}
_SHARES: Final = {
    "cadss dissociation": "share_cadss_gt_4",
    "dissociation": "share_cadss_gt_4",
    "cadss total >4 and change >0": "share_cadss_gt_4",
    "cadss >4": "share_cadss_gt_4",
    "moaa/s sedation": "share_sedation",
    "sedation": "share_sedation",
    "loss of consciousness": "share_loss_of_consciousness",
    "ready for discharge": "share_ready_for_discharge",
    "not ready": "share_not_ready_for_discharge",
    "not ready for discharge": "share_not_ready_for_discharge",
}
_EVENTS: Final = {
    "ae": "ae:any",
    "any ae": "ae:any",
    "adverse events": "ae:any",
    "adverse events recorded": "ae:any",
    "serious ae": "ae:serious",
    "serious adverse event": "ae:serious",
    "serious adverse events": "ae:serious",
}
_SAME_EVENT: Final = {
    "bp_increased": "blood_pressure_increased",
    "increased_blood_pressure": "blood_pressure_increased",
    "hypertension": "blood_pressure_increased",
    "dissociative_symptoms": "dissociation",
    "hypoaesthesia": "hypoesthesia",
}
# Events that no scale or reading shares the name of, so that they need no "AE:" before them.
_BARE_EVENTS: Final = {
    "nausea", "vomiting", "dizziness", "vertigo", "headache", "somnolence", "drowsiness", "fatigue", "blurred vision",
    "dry mouth", "dysgeusia", "hypoesthesia", "paresthesia", "lethargy", "euphoria", "feeling drunk", "palpitations",
}  # fmt: skip
_SHORT: Final = (
    (r"\bsystolic(?: blood pressure| bp)?\b", "sbp"),
    (r"\bdiastolic(?: blood pressure| bp)?\b", "dbp"),
    (r"\bblood pressure\b(?! increased)", "bp"),
)
_PER_EACH: Final = r" per (?:session|infusion|treatment|patient|person|participant)s?$"
_PEAK = re.compile(
    r"(bp|sbp|dbp|sbp/dbp|cadss|moaa/s|side-effect|side effect)s? peak(?: time)?|peak (bp|cadss)"
)
_BACK = re.compile(
    r"(bp|sbp|cadss|moaa/s|bp and hr)s? (?:return(?: to (?:pre-?dose range|baseline))?|resolved|back to (?:5|baseline))"
)
_ONSET = re.compile(r"(moaa/s|cadss) onset")
_RISE = r"(sbp|dbp) ?(?:rise|increase) ?>= ?(\d+)(?: ?mmhg)?"
_LEVEL = r"(sbp|dbp) ?>= ?(\d+)(?: ?mmhg)?"
_JOIN = r" ?(?:and/or|or) ?"
_WITHIN = r"(?: within [\d.]+ ?h)?"


def parse_measure(text: str, kind: str, before: str = "") -> ReadMeasure:
    """Return what a text such as ``SBP rise >=40``, ``AE:nausea`` or ``BP peak time`` names.

    Args:
        text: the field ``measure``.
        kind: the kind of the row: a moment is read only from a row of kind ``time``, ``bound`` or ``test``.
        before: the measure of the row before, for a text that begins with ``same``.
    """
    plain = " ".join(text.replace("≥", ">=").replace("≤", "<=").replace("_", " ").split())
    flags: list[str] = []
    if re.match(r"same\b", plain, re.IGNORECASE) and before:
        base = re.split(r"[,(]", before)[0].strip()
        plain = base + plain[4:]
        flags.append(f"'same' is {base}")
    lower = plain.lower()
    pieces = [piece.strip() for piece in re.split(r"[,()]", lower) if piece.strip()]
    if not pieces:
        return ReadMeasure((), "", EVERYBODY, (), (), ("no measure",))
    several = [_one(piece, kind, flags) for piece in pieces]
    if len(pieces) > 1 and all(several):
        found = tuple(dict.fromkeys(item for some in several for item in some))
        return ReadMeasure(found, "", EVERYBODY, (), tuple(flags), ())
    flags = [flag for flag in flags if flag.startswith("'same'")]
    measures = _one(pieces[0], kind, flags)
    qualifiers = tuple(pieces[1:])
    group = next((g for q in qualifiers if (g := read_group(q)).age_from or g.age_below), EVERYBODY)
    rest = [q for q in qualifiers if q != group.text]
    per = (
        _per([*rest, *re.findall(_PER_EACH, pieces[0])])
        if measures and measures[0].statistic == "share"
        else ""
    )
    reasons: tuple[str, ...] = ()
    if not measures:
        named = re.match(r"(?:severe |treatment-emergent )?hypertension", pieces[0])
        why = (
            "hypertension from a limit that is not stated"
            if named
            else f"the safety measure {text!r} is not known"
        )
        reasons = (why,)
    if group is EVERYBODY and any("hypertension" in q or "history" in q for q in rest):
        group = Group(next(q for q in rest if "history" in q or "hypertension" in q))
    return ReadMeasure(measures, per, group, tuple(rest), tuple(flags), reasons)


def _per(qualifiers: list[str]) -> Literal["people", "sessions", ""]:
    words = " ".join(qualifiers)
    if re.search(r"\b(?:sessions?|infusions|per (?:infusion|treatment))\b", words):
        return "sessions"
    if re.search(
        r"\b(?:per (?:patient|person|participant)|patients|people|participants|at least once|any time)\b",
        words,
    ):
        return "people"
    return ""


def _share(name: str) -> tuple[Measure, ...]:
    return (Measure(name, "share", "%"),)


_MOMENTS_OF: Final = {
    "side-effect": "side_effects",
    "side effect": "side_effects",
    "moaa/s": "sedation",
    "bp and hr": "bp",
    "sbp/dbp": "bp",
}


def _moment(what: str, of: str) -> tuple[Measure, ...]:
    return (Measure(f"{what}:{_MOMENTS_OF.get(of, of)}", "moment", "h"),)


def _one(piece: str, kind: str, flags: list[str]) -> tuple[Measure, ...]:
    core = re.sub(r" (?:mmhg|bpm)\b", "", re.sub(r" mean$", "", piece)).strip()
    for long, short in _SHORT:
        core = re.sub(long, short, core)
    if not re.search(r"\d", core) and kind != "time":
        core = re.sub(r"(?<=\w) (?:rise|increase|change|peak|maximum|max)$", "", core)
    core = re.sub(_PER_EACH, "", core)
    if core in _READINGS:
        reading = _READINGS[core]
        if kind == "absolute" and reading.name.endswith("_rise"):
            # A level is not a rise: 145 mmHg of systolic pressure are no 145 mmHg more than before.
            reading = Measure(reading.name.removesuffix("_rise"), "reading", reading.unit)
        return (reading,)
    if core in ("bp", "blood pressure", "sbp/dbp") or (core == "sbp/dbp peak" and kind != "time"):
        return (_READINGS["sbp"], _READINGS["dbp"])
    if core == "dissociation/psychotomimetic" or core == "cadss repetition":
        return (_READINGS["cadss"],)
    if kind in ("time", "bound", "qualitative") or "time" in core:
        for what, pattern in (
            ("time_of_peak", _PEAK),
            ("time_to_baseline", _BACK),
            ("time_of_onset", _ONSET),
        ):
            found = re.fullmatch(pattern, core)
            if found:
                return _moment(what, next(group for group in found.groups() if group))
    if core in _EVENTS:
        return _share(_EVENTS[core])
    if core in _BARE_EVENTS and kind in ("percent", "percent_range", "count", "bound"):
        return _share(f"ae:{core.replace(' ', '_')}")
    event = re.fullmatch(r"(?:ae|adverse event)s?: ?(.+?)(?: or)?", core)
    if event:
        name = re.sub(r"[^a-z0-9]+", "_", event[1]).strip("_")
        return _share(f"ae:{_SAME_EVENT.get(name, name)}")
    if core in _SHARES:
        name = _SHARES[core]
        if name == "share_cadss_gt_4" and ">4" not in core:
            flags.append(_CADSS_RULE)
        return _share(name)
    if found := re.fullmatch(f"{_RISE}{_JOIN}{_RISE}{_WITHIN}", core):
        return _share(f"share_{found[1]}_rise_ge_{found[2]}_or_{found[3]}_rise_ge_{found[4]}")
    if found := re.fullmatch(f"{_RISE}{_WITHIN}", core):
        return _share(f"share_{found[1]}_rise_ge_{found[2]}")
    if found := re.fullmatch(f"{_LEVEL}{_JOIN}{_LEVEL}", core):
        return _share(f"share_{found[1]}_ge_{found[2]}_or_{found[3]}_ge_{found[4]}")
    if found := re.fullmatch(_LEVEL, core):
        return _share(f"share_{found[1]}_ge_{found[2]}")
    if found := re.fullmatch(r"(?:treatment-emergent )?hypertension >= ?(\d+)/(\d+)", core):
        return _share(f"share_sbp_ge_{found[1]}_or_dbp_ge_{found[2]}")
    return ()
