"""What a form of the run sheet asks for, as a command of the practice. Fields arrive as text, from a tablet's queue."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from ataraxy.practice import people, sessions
from ataraxy.practice.aggregate import SESSION
from ataraxy.practice.practice import Done, Practice
from ataraxy.practice.site import the_site
from ataraxy.practice.tablet import EntryRefused
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.moment import aware
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.adverse_event import AdverseEvent, Outcome, Seriousness, term_and_note
from ataraxy.therapy.session.check_in import CheckIn
from ataraxy.therapy.session.reading import Reading
from ataraxy.therapy.session.state import DischargeCheck, FollowUp
from ataraxy.therapy.suicide_risk import SuicideRiskAssessment

Fields = Mapping[str, Any]
_NUMBER: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{0,9})?|-?\.[0-9]{1,9}")
MEASURES: Final = (
    "systolic",
    "diastolic",
    "heart_rate",
    "spo2",
    "respiratory_rate",
    "moaas",
    "cadss6",
    "cadss_total",
    "nausea",
)


@dataclass(frozen=True)
class Charted:
    """One entry, opened.

    Attributes:
        session: opaque id.
        key: names the request.
        at: when it was charted, by the server's clock.
        by: its author.
        beside: what is recorded with it.
    """

    session: str
    key: str
    at: datetime
    by: Actor
    beside: tuple[BaseModel, ...] = ()

    def new_id(self, what: str) -> str:
        """Return an id that is the same when the entry is sent again."""
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{self.key}/{what}").hex


class _Stands(BaseModel):
    """How an adverse event stands now; a field that is left out stays as it was."""

    outcome: Outcome
    grade: int | None = None
    serious: tuple[Seriousness, ...] = ()


def carry_out(practice: Practice, command: str, fields: Fields, charted: Charted) -> Done:
    """Carry out what a form asks for.

    Raises:
        Refusal: a rule forbids it, a field is missing or not of its form (``run-sheet.field``), or there is no such
            command (``run-sheet.command``).
    """
    found = _COMMANDS.get(command)
    if found is None:
        raise Refusal(
            f'the sheet asks for "{command[:40]}", which is nothing that can be charted',
            code="run-sheet.command",
            remedy="Load the sheet again",
        )
    try:
        return found(practice, fields, charted)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Refusal(
            f"{field.replace('_', ' ')}: {first['msg']}",
            code="run-sheet.field",
            remedy="Correct it",
            where=field,
        ) from error


def _act(practice: Practice, charted: Charted, command: Callable[..., Any], *args: Any, **more: Any) -> Done:
    return sessions.act(
        practice,
        charted.session,
        command,
        *args,
        by=charted.by,
        key=charted.key,
        at=charted.at,
        beside=charted.beside,
        **more,
    )


def _check_in(practice: Practice, fields: Fields, charted: Charted) -> Done:
    patient, chair = _patient(practice, charted.session), _chair(practice, fields)
    _, gate = people.judge_person(practice, patient, by=charted.by, key=f"{charted.key}:gate", at=charted.at)
    risk = None
    if fields.get("judgement"):
        total = _number(fields, "risk_total")
        risk = SuicideRiskAssessment.model_validate(
            {
                "id": charted.new_id("risk"),
                "at": charted.at,
                "by": charted.by.id,
                "occasion": "before_session",
                "scale": _text(fields, "risk_scale") if total is not None else "",
                "total": total,
                "judgement": fields["judgement"],
                "phq9_item9": _whole(fields, "phq9_item9"),
            }
        )
    weight = _number(fields, "weight_kg")
    seen = CheckIn.model_validate(
        {
            "identity_confirmed": _ticked(fields, "identity_confirmed"),
            "last_food_at": _moment(fields, "last_food_at"),
            "last_liquid_at": _moment(fields, "last_liquid_at"),
            "no_alcohol_or_cannabis": _ticked(fields, "no_alcohol_or_cannabis"),
            "no_nasal_medicine": _ticked(fields, "no_nasal_medicine"),
            "escort_arranged": _ticked(fields, "escort_arranged"),
            "weight_kg": weight,
            "weighed_at": None if weight is None else charted.at,
            "pregnancy": _text(fields, "pregnancy") or None,
            "pregnancy_tested_at": charted.at
            if fields.get("pregnancy") in ("negative", "positive")
            else None,
            "consent_current": people.consent_current(practice, patient, charted.at),
            "gate": gate,
            "suicide_risk": risk,
            "chair": chair,
            "note": _text(fields, "note"),
        }
    )
    return _act(practice, charted, decide.check_in, seen, seen=_seen(fields))


def _chair(practice: Practice, fields: Fields) -> str:
    """One of the clinic's chairs: a place that somebody types could be anybody's name."""
    chair, described = _text(fields, "chair"), the_site(practice).description
    if chair and (described is None or chair not in described.chairs):
        raise _wrong(
            "chair", f"{chair[:20]!r} is no chair of this clinic", "Choose one of those that are named"
        )
    return chair


def _reading(practice: Practice, fields: Fields, charted: Charted) -> Done:
    reading = _a_reading(fields, charted)
    # It stands where it was taken; that it is charted now, perhaps late, is another time.
    return sessions.act(
        practice,
        charted.session,
        decide.record_reading,
        reading,
        by=charted.by,
        key=charted.key,
        at=max(practice.now(), reading.taken_at) if charted.beside else charted.at,
        beside=charted.beside,
    )


def _correct_reading(practice: Practice, fields: Fields, charted: Charted) -> Done:
    withdrawn = _ticked(fields, "withdraw")
    wrong = _text(fields, "corrects")
    reading = None if withdrawn else _a_reading(fields, charted)
    if reading is not None and not _text(fields, "taken_at"):
        # Another value of the same moment: a correction does not move a reading to now.
        session = practice.load(SESSION, charted.session).state
        taken = [] if session is None else [c.reading for c in session.readings if c.reading.id == wrong]
        reading = reading.model_copy(update={"taken_at": taken[0].taken_at}) if taken else reading
    return _act(
        practice,
        charted,
        decide.correct_reading,
        wrong,
        reading,
        _text(fields, "reason"),
    )


def _correct_delivery(practice: Practice, fields: Fields, charted: Charted) -> Done:
    point = _whole(fields, "corrects")
    if point is None:
        raise _wrong("corrects", "which act is wrong is missing", "Choose it")
    return _act(
        practice,
        charted,
        decide.correct_delivery,
        point,
        _text(fields, "reason"),
        to_at=_moment(fields, "to_at"),
        to_rate_ml_per_h=_number(fields, "to_rate_ml_per_h"),
        to_amount=_number(fields, "to_amount"),
    )


def _a_reading(fields: Fields, charted: Charted) -> Reading:
    taken = _moment(fields, "taken_at") or charted.at
    values = {name: _whole(fields, name) for name in MEASURES}
    return Reading.model_validate(
        {
            "id": charted.new_id("reading"),
            "taken_at": taken,
            "by": charted.by.id,
            **{name: value for name, value in values.items() if value is not None},
            "note": _text(fields, "note"),
        }
    )


def _start(practice: Practice, fields: Fields, charted: Charted) -> Done:
    rate, amount = _number(fields, "rate_ml_per_h"), _number(fields, "amount")
    return _act(practice, charted, decide.start_dosing, rate_ml_per_h=rate, amount=amount, seen=_seen(fields))


def _give(practice: Practice, fields: Fields, charted: Charted) -> Done:
    return _act(practice, charted, decide.give, _required(fields, "amount"), seen=_seen(fields))


def _rate(practice: Practice, fields: Fields, charted: Charted) -> Done:
    rate = _required(fields, "rate_ml_per_h")
    return _act(practice, charted, decide.change_rate, rate, _text(fields, "reason"), seen=_seen(fields))


def _pause(practice: Practice, fields: Fields, charted: Charted) -> Done:
    return _act(practice, charted, decide.pause, _text(fields, "reason"), seen=_seen(fields))


def _resume(practice: Practice, fields: Fields, charted: Charted) -> Done:
    return _act(practice, charted, decide.resume, seen=_seen(fields))


def _stop(practice: Practice, fields: Fields, charted: Charted) -> Done:
    return _act(practice, charted, decide.stop, _text(fields, "reason"), seen=_seen(fields))


def _observation(practice: Practice, fields: Fields, charted: Charted) -> Done:
    return _act(practice, charted, decide.begin_observation, seen=_seen(fields))


def _recovery(practice: Practice, fields: Fields, charted: Charted) -> Done:
    return _act(practice, charted, decide.begin_recovery, seen=_seen(fields))


def _discharge(practice: Practice, fields: Fields, charted: Charted) -> Done:
    check = DischargeCheck(
        walks_unaided=_ticked(fields, "walks_unaided"),
        escort_present=_ticked(fields, "escort_present"),
        told_no_driving=_ticked(fields, "told_no_driving"),
        told_whom_to_call=_ticked(fields, "told_whom_to_call"),
        access_removed=_ticked(fields, "access_removed"),
        missed_readings_reason=_text(fields, "missed_readings_reason"),
    )
    return _act(practice, charted, decide.discharge, check, seen=_seen(fields))


def _abort(practice: Practice, fields: Fields, charted: Charted) -> Done:
    return _act(
        practice,
        charted,
        decide.abort,
        _text(fields, "disposition"),
        _text(fields, "reason"),
        prescriber=_text(fields, "prescriber") or None,
        seen=_seen(fields),
    )


def _adverse_event(practice: Practice, fields: Fields, charted: Charted) -> Done:
    serious = fields.get("serious") or ()
    term, note = term_and_note(_text(fields, "term"), _text(fields, "note"))
    event = AdverseEvent.model_validate(
        {
            "id": _text(fields, "id") or charted.new_id("adverse-event"),
            "term": term,
            "grade": _whole(fields, "grade"),
            "serious": [serious] if isinstance(serious, str) and serious != "no" else _several(serious),
            "started_at": _moment(fields, "started_at") or charted.at,
            "action": _text(fields, "action") or "none",
            "outcome": _text(fields, "outcome") or "ongoing",
            "note": note,
        }
    )
    return _act(practice, charted, decide.record_adverse_event, event)


def _adverse_event_now(practice: Practice, fields: Fields, charted: Charted) -> Done:
    stands = _Stands.model_validate(
        {
            "outcome": _text(fields, "outcome"),
            "grade": _whole(fields, "grade"),
            "serious": tuple(one for one in _several(fields.get("serious") or ()) if one),
        }
    )
    return _act(
        practice,
        charted,
        decide.follow_adverse_event,
        _text(fields, "event"),
        note=_text(fields, "note"),
        **stands.model_dump(),
    )


def _override(practice: Practice, fields: Fields, charted: Charted) -> Done:
    return _act(practice, charted, decide.override_hold, _text(fields, "rule"), _text(fields, "reason"))


def _follow_up(practice: Practice, fields: Fields, charted: Charted) -> Done:
    risk = None
    if fields.get("judgement"):
        risk = SuicideRiskAssessment.model_validate(
            {
                "id": charted.new_id("risk"),
                "at": charted.at,
                "by": charted.by.id,
                "occasion": "after_24h" if fields.get("plan") == "24h" else "other",
                "judgement": fields["judgement"],
                "phq9_item9": _whole(fields, "phq9_item9"),
            }
        )
    made = FollowUp(
        plan=_text(fields, "plan"),
        at=charted.at,
        by=charted.by.id,
        reached=_ticked(fields, "reached"),
        suicide_risk=risk,
        note=_text(fields, "note"),
    )
    return _act(practice, charted, decide.follow_up, made)


def _refused_entry(practice: Practice, fields: Fields, charted: Charted) -> Done:
    charted_at = _moment(fields, "occurred_at")
    if charted_at is None:
        raise _wrong("occurred_at", "it is not said when the entry was charted", "Load the sheet again")
    refused = EntryRefused(
        session=charted.session,
        at=charted.at,
        by=charted.by.id,
        label=_text(fields, "label")[:80],
        charted_at=charted_at,
        request=_text(fields, "key")[:80],
        reason=_text(fields, "reason")[:500],
    )
    return sessions.note_refused(practice, refused, by=charted.by, key=charted.key)


_COMMANDS: Mapping[str, Callable[[Practice, Fields, Charted], Done]] = {
    "check_in": _check_in,
    "reading": _reading,
    "correct_reading": _correct_reading,
    "correct_delivery": _correct_delivery,
    "start": _start,
    "give": _give,
    "rate": _rate,
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "observation": _observation,
    "recovery": _recovery,
    "discharge": _discharge,
    "abort": _abort,
    "adverse_event": _adverse_event,
    "adverse_event_now": _adverse_event_now,
    "override": _override,
    "follow_up": _follow_up,
    "refused_entry": _refused_entry,
}


def _patient(practice: Practice, session_id: str) -> str:
    session = practice.load(SESSION, session_id).state
    if session is None or session.plan is None:
        raise Refusal("there is no such session", code="session.unknown", remedy="Plan the session first")
    return session.plan.patient


def _seen(fields: Fields) -> str | None:
    return _text(fields, "seen") or None


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _several(value: Any) -> Sequence[str]:
    if isinstance(value, str):
        return () if value == "no" else (value,)
    return tuple(str(item) for item in value)


def _ticked(fields: Fields, name: str) -> bool:
    return _text(fields, name) in ("yes", "on", "true")


def _number(fields: Fields, name: str) -> Decimal | None:
    text = _text(fields, name)
    if not text:
        return None
    # a comma parts thousands for one reader and decimals for another
    if not _NUMBER.fullmatch(text):
        raise _wrong(name, f"{text[:20]!r} is no number", "Enter a number such as 70.5, with a point")
    return Decimal(text)


def _required(fields: Fields, name: str) -> Decimal:
    value = _number(fields, name)
    if value is None:
        raise _wrong(name, f"{name.replace('_', ' ')} is missing", "Enter it")
    return value


def _whole(fields: Fields, name: str) -> int | None:
    value = _number(fields, name)
    if value is None:
        return None
    if not value.is_finite() or value != value.to_integral_value() or abs(value) > 10_000:
        raise _wrong(name, f"{name.replace('_', ' ')} is {value}", "Enter a whole number")
    return int(value)


def _moment(fields: Fields, name: str) -> datetime | None:
    """A moment as a form gives it: ISO with offset, as the tablet's script writes it."""
    text = _text(fields, name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(name, f"{text[:30]!r} is no time", "Enter date and time") from None
    if moment.tzinfo is None:
        raise _wrong(name, f"{text} has no offset from UTC", "Load the sheet again")
    return aware(moment, name)


def _wrong(name: str, message: str, remedy: str) -> Refusal:
    return Refusal(message, code="run-sheet.field", remedy=remedy, where=name)
