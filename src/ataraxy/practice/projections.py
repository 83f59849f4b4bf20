"""Tables that say how things stand, for pages and reports that look at many histories at once.

They hold opaque ids, codes, numbers and times: nothing that names a person, and no free text. What a history says in
full is read from the history itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ataraxy.record.entry import Entry, time_text
from ataraxy.record.projection import Projection
from ataraxy.therapy.course import CourseState
from ataraxy.therapy.session.state import SessionState

METADATA = sa.MetaData()
_BIG: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_FLAG: Final = sa.SmallInteger().with_variant(sa.Integer, "sqlite")


def _table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(f"clinic_{name}", METADATA, *columns)


def _id(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, primary_key=True)


def _text(name: str, *, index: bool = False, default: str = "") -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default, index=index)


def _seq() -> sa.Column[Any]:
    return sa.Column("seq", _BIG, primary_key=True, autoincrement=False)


def _time(name: str, *, index: bool = False) -> sa.Column[Any]:
    """A moment as `time_text` writes it, so that texts sort as times do."""
    return sa.Column(name, sa.Text, index=index)


PERSON_INDEX = _table(
    "person",
    _id("person"),
    _time("referred_at", index=True),
    _text("disorder"),
    _text("protocol"),
    _text("protocol_version"),
    _text("decision", index=True),
    _time("decided_at"),
    _time("overridden_at"),
)
DIAGNOSIS_INDEX = _table(
    "diagnosis",
    _id("person"),
    _id("diagnosis"),
    # of the entry that made it first; a later one of the same id changes the rest
    sa.Column("seq", _BIG, nullable=False),
    _text("disorder"),
    sa.Column("primary", _FLAG, nullable=False),
    sa.Column("ended", _FLAG, nullable=False),
)
COURSE_INDEX = _table(
    "course",
    _id("course"),
    _text("person", index=True),
    _text("state", index=True),
    _text("disorder"),
    _text("protocol"),
    _text("protocol_version"),
    sa.Column("planned_sessions", sa.Integer, nullable=False, server_default="0"),
    sa.Column("simulated", _FLAG, nullable=False, server_default="0"),
    _time("opened_at", index=True),
    _time("ended_at"),
    _text("why_ended"),
)
SESSION_INDEX = _table(
    "session",
    _id("session"),
    _text("person", index=True),
    _text("course", index=True),
    sa.Column("number", sa.Integer, nullable=False, server_default="0"),
    _text("state", index=True),
    _time("scheduled_at", index=True),
    _time("state_at"),
    _text("disposition"),
    _time("first_dose_at"),
    _time("dosing_ended_at"),
    # what was delivered was corrected: when the dose ended is said by the history alone
    sa.Column("delivery_corrected", _FLAG, nullable=False, server_default="0"),
    sa.Column("given_mg_base", sa.Double),
)
FOLLOW_UP_INDEX = _table(
    "follow_up",
    _seq(),
    _text("session", index=True),
    _text("plan"),
    _time("at"),
    sa.Column("reached", _FLAG, nullable=False),
)
SCORE_INDEX = _table(
    "score",
    _seq(),
    _text("person", index=True),
    _text("instrument", index=True),
    sa.Column("total", sa.Double, nullable=False),
    _time("at"),
    _text("flags"),
)
ADVERSE_EVENT_INDEX = _table(
    "adverse_event",
    _seq(),
    _text("session", index=True),
    _text("event"),
    _text("term"),
    sa.Column("grade", sa.Integer, nullable=False),
    sa.Column("serious", _FLAG, nullable=False),
    _text("outcome"),
    _time("at"),
)
ALERT_INDEX = _table(
    "alert",
    _id("alert"),
    _text("person", index=True),
    _text("kind"),
    _text("urgency"),
    _text("session"),
    _text("assigned"),
    _time("raised_at", index=True),
    _time("acknowledged_at", index=True),
    _text("acknowledged_by"),
    _time("escalated_at"),
    _text("escalated_to"),
)
CONSENT_INDEX = _table(
    "consent",
    _id("consent"),
    _text("person", index=True),
    _text("protocol"),
    _text("protocol_version"),
    _text("basis"),
    _time("given_at"),
    _time("withdrawn_at"),
)
GATE_INDEX = _table(
    "gate",
    _seq(),
    _text("person", index=True),
    _text("decision"),
    _text("rules"),
    sa.Column("rules_version", sa.Integer, nullable=False),
    _time("at"),
)
GATE_FINDING_INDEX = _table(
    "gate_finding",
    _seq(),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    _text("rule", index=True),
    _text("status"),
    _text("effect"),
)
NEAR_MISS_INDEX = _table(
    "near_miss",
    _seq(),
    _text("session", index=True),
    _time("at"),
)

Handler = Callable[[sa.Connection, Entry], None]


class ClinicIndex:
    """All tables of a clinic, as one projection: an entry may change several of them."""

    name = "clinic"
    version = 4
    tables: Sequence[sa.Table] = tuple(METADATA.sorted_tables)

    def apply(self, connection: sa.Connection, entry: Entry) -> None:
        """Take one more entry in. Entries of other kinds, such as readings, change nothing here."""
        handler = _HANDLERS.get(entry.kind)
        if handler is not None:
            handler(connection, entry)

    def clear(self, connection: sa.Connection) -> None:
        """Empty the tables."""
        for table in self.tables:
            connection.execute(sa.delete(table))


def clinic_projections() -> tuple[Projection, ...]:
    """Return the projections of a clinic: every process opens the record with these."""
    return (ClinicIndex(),)


# --- how each kind of entry changes them --------------------------------------------------------------------------


def _moment(text: str | None) -> str | None:
    return None if text is None else time_text(datetime.fromisoformat(text))


def _own_id(entry: Entry) -> str:
    return entry.stream.partition("/")[2]


def _set(connection: sa.Connection, table: sa.Table, id_: str, **values: Any) -> None:
    """Write some columns of the row with an id; the row is made where there is none."""
    (key,) = table.primary_key.columns
    changed = connection.execute(sa.update(table).where(key == id_).values(**values))
    if not changed.rowcount:
        connection.execute(sa.insert(table).values(**{key.name: id_, **values}))


def _referred(connection: sa.Connection, entry: Entry) -> None:
    _set(connection, PERSON_INDEX, _own_id(entry), referred_at=time_text(entry.occurred_at))


def _identified(connection: sa.Connection, entry: Entry) -> None:
    known = connection.scalar(
        sa.select(sa.func.count()).select_from(PERSON_INDEX).where(PERSON_INDEX.c.person == _own_id(entry))
    )
    if not known:
        connection.execute(sa.insert(PERSON_INDEX).values(person=_own_id(entry)))


def _diagnosed(connection: sa.Connection, entry: Entry) -> None:
    person, diagnosis = _own_id(entry), entry.payload["diagnosis"]
    said = {
        "disorder": diagnosis["disorder"],
        "primary": int(diagnosis["primary"]),
        "ended": int(diagnosis["ended_at"] is not None),
    }
    changed = connection.execute(
        sa.update(DIAGNOSIS_INDEX).where(_diagnosis(entry, diagnosis["id"])).values(said)
    )
    if not changed.rowcount:
        connection.execute(
            sa.insert(DIAGNOSIS_INDEX).values(person=person, diagnosis=diagnosis["id"], seq=entry.seq, **said)
        )
    _set(connection, PERSON_INDEX, person, disorder=_disorder_of(connection, person))


def _diagnosis_retracted(connection: sa.Connection, entry: Entry) -> None:
    person = _own_id(entry)
    connection.execute(sa.delete(DIAGNOSIS_INDEX).where(_diagnosis(entry, entry.payload["diagnosis"])))
    _set(connection, PERSON_INDEX, person, disorder=_disorder_of(connection, person))


def _diagnosis(entry: Entry, diagnosis: str) -> sa.ColumnElement[bool]:
    return sa.and_(DIAGNOSIS_INDEX.c.person == _own_id(entry), DIAGNOSIS_INDEX.c.diagnosis == diagnosis)


def _disorder_of(connection: sa.Connection, person: str) -> str:
    """What treatment is sought for, else the first that was made; one that is over only where there is no other."""
    rows = DIAGNOSIS_INDEX.c
    found = connection.scalar(
        sa.select(rows.disorder)
        .where(rows.person == person)
        .order_by(rows.ended, rows.primary.desc(), rows.seq)
        .limit(1)
    )
    return found or ""


def _chosen(connection: sa.Connection, entry: Entry) -> None:
    choice = entry.payload["protocol"]
    _set(
        connection,
        PERSON_INDEX,
        _own_id(entry),
        protocol=choice["name"],
        protocol_version=str(choice["version"]),
    )


def _judged(connection: sa.Connection, entry: Entry) -> None:
    payload, at = entry.payload, time_text(entry.occurred_at)
    _set(connection, PERSON_INDEX, _own_id(entry), decision=payload["decision"], decided_at=at)
    connection.execute(
        sa.insert(GATE_INDEX).values(
            seq=entry.seq,
            person=_own_id(entry),
            decision=payload["decision"],
            rules=payload["rules"],
            rules_version=payload["rules_version"],
            at=at,
        )
    )
    findings = [
        {
            "seq": entry.seq,
            "place": place,
            "rule": finding["rule"],
            "status": finding["status"],
            "effect": finding["effect"],
        }
        for place, finding in enumerate(payload["findings"])
    ]
    if findings:
        connection.execute(sa.insert(GATE_FINDING_INDEX), findings)


def _overridden(connection: sa.Connection, entry: Entry) -> None:
    _set(connection, PERSON_INDEX, _own_id(entry), overridden_at=time_text(entry.occurred_at))


def _scored(connection: sa.Connection, entry: Entry) -> None:
    score = entry.payload["score"]
    connection.execute(
        sa.insert(SCORE_INDEX).values(
            seq=entry.seq,
            person=_own_id(entry),
            instrument=score["scale"],
            total=score["total"],
            at=_moment(score["at"]),
            flags=" ".join(score["flags"]),
        )
    )


def _score_retracted(connection: sa.Connection, entry: Entry) -> None:
    rows = SCORE_INDEX.c
    connection.execute(
        sa.delete(SCORE_INDEX).where(
            rows.person == _own_id(entry),
            rows.instrument == entry.payload["scale"],
            rows.at == _moment(entry.payload["scored_at"]),
        )
    )


def _consented(connection: sa.Connection, entry: Entry) -> None:
    consent = entry.payload["consent"]
    withdrawn = connection.scalar(
        sa.select(CONSENT_INDEX.c.withdrawn_at).where(CONSENT_INDEX.c.consent == consent["id"])
    )
    _set(
        connection,
        CONSENT_INDEX,
        consent["id"],
        person=_own_id(entry),
        protocol=consent["protocol"],
        protocol_version=str(consent["protocol_version"]),
        basis=consent["basis"],
        given_at=_moment(consent["given_at"]),
        # a consent that was withdrawn is not revived by recording it again
        withdrawn_at=_moment(consent["withdrawn_at"]) or withdrawn,
    )


def _withdrew(connection: sa.Connection, entry: Entry) -> None:
    statement = (
        sa.update(CONSENT_INDEX)
        .where(CONSENT_INDEX.c.person == _own_id(entry), CONSENT_INDEX.c.withdrawn_at.is_(None))
        .values(withdrawn_at=time_text(entry.occurred_at))
    )
    if entry.payload["consent"] is not None:
        statement = statement.where(CONSENT_INDEX.c.consent == entry.payload["consent"])
    connection.execute(statement)


def _course_opened(connection: sa.Connection, entry: Entry) -> None:
    payload = entry.payload
    _set(
        connection,
        COURSE_INDEX,
        _own_id(entry),
        person=payload["patient"],
        state=CourseState.REFERRED.value,
        disorder=payload["disorder"],
        simulated=int(payload["simulated"]),
        opened_at=time_text(entry.occurred_at),
    )


def _course_assigned(connection: sa.Connection, entry: Entry) -> None:
    payload = entry.payload
    _set(
        connection,
        COURSE_INDEX,
        _own_id(entry),
        protocol=payload["protocol"],
        protocol_version=str(payload["protocol_version"]),
        planned_sessions=payload["sessions"],
    )


def _course_state(state: CourseState) -> Handler:
    def apply(connection: sa.Connection, entry: Entry) -> None:
        values: dict[str, Any] = {"state": state.value}
        if state.ended:
            values["ended_at"] = time_text(entry.occurred_at)
            values["why_ended"] = entry.payload.get("why", state.value)
        _set(connection, COURSE_INDEX, _own_id(entry), **values)

    return apply


def _session_planned(connection: sa.Connection, entry: Entry) -> None:
    plan = entry.payload["plan"]
    known = connection.scalar(
        sa.select(SESSION_INDEX.c.state).where(SESSION_INDEX.c.session == _own_id(entry))
    )
    _set(
        connection,
        SESSION_INDEX,
        _own_id(entry),
        person=plan["patient"],
        course=plan["course"],
        number=plan["index"] + 1,
        scheduled_at=_moment(plan["scheduled_at"]),
        **({} if known else {"state": SessionState.PLANNED.value, "state_at": time_text(entry.occurred_at)}),
    )


def _session_state(state: SessionState, only_from: SessionState | None = None) -> Handler:
    ends = tuple(one.value for one in SessionState if one.ended)

    def apply(connection: sa.Connection, entry: Entry) -> None:
        statement = sa.update(SESSION_INDEX).where(SESSION_INDEX.c.session == _own_id(entry))
        if not state.ended:  # an ended session does not begin again
            statement = statement.where(SESSION_INDEX.c.state.not_in(ends))
        if only_from is not None:
            statement = statement.where(SESSION_INDEX.c.state == only_from.value)
        connection.execute(
            statement.values(
                state=state.value,
                state_at=time_text(entry.occurred_at),
                disposition=entry.payload.get("disposition", "home_with_escort") if state.ended else "",
            )
        )

    return apply


def _dosing_started(connection: sa.Connection, entry: Entry) -> None:
    _session_state(SessionState.DOSING)(connection, entry)
    connection.execute(
        sa.update(SESSION_INDEX).where(SESSION_INDEX.c.session == _own_id(entry)).values(dosing_ended_at=None)
    )
    connection.execute(
        sa.update(SESSION_INDEX)
        .where(SESSION_INDEX.c.session == _own_id(entry), SESSION_INDEX.c.first_dose_at.is_(None))
        .values(first_dose_at=time_text(entry.occurred_at))
    )


def _dosing_stopped(connection: sa.Connection, entry: Entry) -> None:
    connection.execute(
        sa.update(SESSION_INDEX)
        .where(SESSION_INDEX.c.session == _own_id(entry))
        .values(dosing_ended_at=_moment(entry.payload["at"]))
    )


def _delivery_corrected(connection: sa.Connection, entry: Entry) -> None:
    connection.execute(
        sa.update(SESSION_INDEX).where(SESSION_INDEX.c.session == _own_id(entry)).values(delivery_corrected=1)
    )


def _followed_up(connection: sa.Connection, entry: Entry) -> None:
    made = entry.payload["follow_up"]
    connection.execute(
        sa.insert(FOLLOW_UP_INDEX).values(
            seq=entry.seq,
            session=_own_id(entry),
            plan=made["plan"],
            at=_moment(made["at"]),
            reached=int(made["reached"]),
        )
    )


def _session_ended(connection: sa.Connection, entry: Entry) -> None:
    """What the course says of a session that ended; corrected where the course is."""
    payload = entry.payload
    connection.execute(
        sa.update(SESSION_INDEX)
        .where(SESSION_INDEX.c.session == payload["session"])
        .values(
            first_dose_at=_moment(payload["first_dose_at"]),
            given_mg_base=float(payload["given_mg_base"]),
        )
    )


def _adverse_event(connection: sa.Connection, entry: Entry) -> None:
    event = entry.payload["adverse_event"]
    connection.execute(
        sa.delete(ADVERSE_EVENT_INDEX).where(
            ADVERSE_EVENT_INDEX.c.session == _own_id(entry), ADVERSE_EVENT_INDEX.c.event == event["id"]
        )
    )
    connection.execute(
        sa.insert(ADVERSE_EVENT_INDEX).values(
            seq=entry.seq,
            session=_own_id(entry),
            event=event["id"],
            term=event["term"],
            grade=event["grade"],
            serious=int(bool(event["serious"])),
            outcome=event["outcome"],
            at=_moment(event["started_at"]),
        )
    )


def _near_miss(connection: sa.Connection, entry: Entry) -> None:
    connection.execute(
        sa.insert(NEAR_MISS_INDEX).values(
            seq=entry.seq, session=_own_id(entry), at=time_text(entry.occurred_at)
        )
    )


def _alert_raised(connection: sa.Connection, entry: Entry) -> None:
    wanted = entry.payload["wanted"]
    known = connection.scalar(
        sa.select(ALERT_INDEX.c.alert).where(ALERT_INDEX.c.alert == entry.payload["alert"])
    )
    if known:
        return
    connection.execute(
        sa.insert(ALERT_INDEX).values(
            alert=entry.payload["alert"],
            person=_own_id(entry),
            kind=wanted["kind"],
            urgency=wanted["urgency"],
            session=wanted["session"],
            assigned=entry.payload["assigned"],
            # of the event: the entry occurred when the scale was answered, which may be long ago
            raised_at=time_text(datetime.fromisoformat(entry.payload["at"])),
        )
    )


def _alert_acknowledged(connection: sa.Connection, entry: Entry) -> None:
    connection.execute(
        sa.update(ALERT_INDEX)
        .where(ALERT_INDEX.c.alert == entry.payload["alert"], ALERT_INDEX.c.acknowledged_at.is_(None))
        .values(acknowledged_at=time_text(entry.occurred_at), acknowledged_by=entry.payload["by"])
    )


def _alert_escalated(connection: sa.Connection, entry: Entry) -> None:
    connection.execute(
        sa.update(ALERT_INDEX)
        .where(ALERT_INDEX.c.alert == entry.payload["alert"])
        .values(escalated_at=time_text(entry.occurred_at), escalated_to=entry.payload["to"])
    )


_HANDLERS: Mapping[str, Handler] = {
    "person.referred": _referred,
    "person.identified": _identified,
    "chart.diagnosis_recorded": _diagnosed,
    "chart.diagnosis_retracted": _diagnosis_retracted,
    "chart.protocol_chosen": _chosen,
    "gate.judged": _judged,
    "gate.overridden": _overridden,
    "score.recorded": _scored,
    "score.retracted": _score_retracted,
    "consent.given": _consented,
    "consent.withdrawn": _withdrew,
    "course.opened": _course_opened,
    "course.screening_begun": _course_state(CourseState.SCREENING),
    "course.protocol_assigned": _course_assigned,
    "course.activated": _course_state(CourseState.ACTIVE),
    "course.session_ended": _session_ended,
    "course.completed": _course_state(CourseState.COMPLETED),
    "course.withdrawn": _course_state(CourseState.WITHDRAWN),
    "course.stopped": _course_state(CourseState.STOPPED),
    "session.planned": _session_planned,
    "session.checked_in": _session_state(SessionState.CHECKED_IN, only_from=SessionState.PLANNED),
    "session.dosing_started": _dosing_started,
    "session.stopped": _dosing_stopped,
    "session.delivery_corrected": _delivery_corrected,
    "session.follow_up": _followed_up,
    "session.observation_begun": _session_state(SessionState.OBSERVATION),
    "session.recovery_begun": _session_state(SessionState.RECOVERY),
    "session.discharged": _session_state(SessionState.DISCHARGED),
    "session.aborted": _session_state(SessionState.ABORTED),
    "session.adverse_event": _adverse_event,
    "session.preparation_refused": _near_miss,
    "alert.raised": _alert_raised,
    "alert.acknowledged": _alert_acknowledged,
    "alert.escalated": _alert_escalated,
}
