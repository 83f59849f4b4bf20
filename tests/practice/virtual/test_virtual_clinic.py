"""Laws of the virtual clinic: it goes through the doors of a real one, and the same seed gives the same history."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from ataraxy.errors import InputError
from ataraxy.practice import lists
from ataraxy.practice.aggregate import REGISTER, SESSION
from ataraxy.practice.course_report import as_json, clinic_report
from ataraxy.practice.follow_ups import dosed_sessions, follow_ups
from ataraxy.practice.practice import Practice
from ataraxy.practice.projections import clinic_projections
from ataraxy.practice.site import policy_in_force
from ataraxy.practice.virtual import clinic, visit
from ataraxy.practice.virtual.clinic import simulate_clinic
from ataraxy.practice.virtual.floor import PLACE
from ataraxy.practice.virtual.rates import RATES, rate
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.store import Record
from ataraxy.record.verify import verify_file
from ataraxy.therapy.course import CourseState
from ataraxy.therapy.session.follow_up import due_follow_ups
from ataraxy.therapy.session.state import SessionState

DOCS = Path(__file__).parents[3] / "docs"
DISCREPANCY = "discrepancy when drug is accounted for"
NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)


def simulated(path: Path, **options: Any) -> Record:
    record = Record.create(str(path), projections=clinic_projections(), keys=KeyRing(MasterKey.fresh()))
    simulate_clinic(record, **{"weeks": 8, "patients": 8, "seed": 5, **options})
    return record


@pytest.fixture(scope="module")
def hidden() -> set[float]:
    """What only the models know about the people of `record`, to more places than anybody charts; filled with it."""
    return set()


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory, hidden: set[float]) -> Iterator[Record]:
    """A clinic in which no count of the rest of a vial is right."""

    def truths(*args: Any, **more: Any) -> list[Any]:
        found = true_truths(*args, **more)
        for one in found:
            hidden.update(x for x in numbers_in(one) if round(x, 2) != x)
        return found

    true_truths = clinic.hidden_truths
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clinic, "hidden_truths", truths)
        patch.setattr(visit, "rate", lambda name: 1.0 if name == DISCREPANCY else rate(name))
        made = simulated(tmp_path_factory.mktemp("virtual") / "record.sqlite3")
    with made:
        yield made


def numbers_in(value: Any) -> Iterator[float]:
    """Every number in a value, however deep, also where it is written as text."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, str):
        if re.fullmatch(r"-?[0-9]+[.][0-9]+(e-?[0-9]+)?", value):
            yield float(value)
    elif isinstance(value, int | float | np.floating):
        yield float(value)
    elif isinstance(value, np.ndarray):
        yield from (float(x) for x in value.ravel())
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from numbers_in(one)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from numbers_in(getattr(value, field.name))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from numbers_in(one)


def contents(record: Record) -> list[tuple[Any, ...]]:
    """Everything but seals, which are never made twice alike, and hashes over them that signatures name."""
    return [
        (
            e.seq,
            e.stream,
            e.kind,
            _without_hash(record.opened(e)),
            e.author,
            e.recorded_at,
            e.occurred_at,
            e.late,
        )
        for e in record.entries()
        if not e.stream.startswith("keys/")
    ]


def _without_hash(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != "entry_hash"}


def test_the_same_seed_gives_the_same_history(tmp_path: Path) -> None:
    small = {"weeks": 4, "patients": 3}
    with simulated(tmp_path / "a", **small) as one, simulated(tmp_path / "b", **small) as again:
        assert contents(one) == contents(again)
    with simulated(tmp_path / "c", **small, seed=6) as other:
        ids = {row.person for row in lists.people(Practice(other))}
        assert len(ids) == 3


def test_its_chain_is_valid_and_its_tables_can_be_built_anew(record: Record) -> None:
    assert verify_file(record.engine.url.database or "").valid
    practice = Practice(record)
    before = as_json(clinic_report(practice))
    record.rebuild()
    assert as_json(clinic_report(practice)) == before


def test_a_session_stands_in_the_tables_as_in_its_history(record: Record) -> None:
    practice = Practice(record)
    rows = lists.sessions(practice)
    assert sum(row.first_dose_at is not None for row in rows) >= 6
    for row in rows:
        session = practice.load(SESSION, row.session).state
        assert session is not None
        assert row.state is session.state
        assert session.irregular == ()


def test_what_is_due_afterwards_is_said_by_the_tables_as_by_the_histories(record: Record) -> None:
    practice = Practice(record)
    policy = policy_in_force(practice)
    planned = [row.scheduled_at for row in lists.sessions(practice) if row.scheduled_at is not None]
    for day in range(0, (max(planned) - min(planned)).days + 10, 3):
        at = min(planned) + timedelta(days=day, hours=7)
        by_histories = [
            (row.session, due)
            for row, session, following in dosed_sessions(practice, policy, at)
            for due in due_follow_ups(session, policy, at, following)
        ]
        by_tables = [(one.row.session, one.follow_up) for one in follow_ups(practice, at, policy)]
        assert sorted(by_tables, key=str) == sorted(by_histories, key=str)
        assert by_tables or day < 8


def test_nobody_gets_a_dose_without_the_gate_and_two_who_prepared_it(record: Record) -> None:
    practice = Practice(record)
    dosed = [row for row in lists.sessions(practice) if row.first_dose_at is not None]
    for row in dosed:
        session = practice.load(SESSION, row.session).state
        assert session is not None
        assert session.check_in is not None
        assert session.check_in.gate is not None
        assert session.check_in.gate.permits
        assert session.preparation is not None
        assert session.preparation.first_by != session.preparation.second_by


def test_drug_is_accounted_for_to_the_last_drop(record: Record) -> None:
    register = Practice(record).load(REGISTER, PLACE).state
    assert register is not None
    open_sessions = [
        row for row in lists.sessions(Practice(record), open_only=True, begun_only=True) if row.first_dose_at
    ]
    assert len(register.open_draws(None)) == len(open_sessions)


def test_who_is_turned_away_is_turned_away_by_a_rule_with_a_name(tmp_path: Path) -> None:
    with simulated(tmp_path / "r", patients=30, weeks=3, seed=2) as made:
        report = clinic_report(Practice(made))
        assert {"allow", "block", "delay"} <= set(report.decisions)
        assert report.deciding


def test_what_is_hidden_is_not_in_the_record(record: Record, hidden: set[float]) -> None:
    assert len(hidden) > 1000
    charted = {number for entry in record.entries() for number in numbers_in(record.opened(entry))}
    assert len(charted) > 50
    assert not charted & hidden


def test_every_vial_is_somewhere_and_what_is_missing_is_explained(record: Record) -> None:
    register = Practice(record).load(REGISTER, PLACE).state
    assert register is not None
    assert register.totals().unaccounted == 0
    assert register.totals().given > 0
    assert register.discrepancies
    assert all(one.amount == Decimal("-0.1") for one in register.discrepancies)
    assert register.unexplained == ()


def test_a_course_with_a_dose_goes_on_is_completed_or_counts_as_ended_early(record: Record) -> None:
    practice = Practice(record)
    report = clinic_report(practice)
    dosed = {row.course for row in lists.sessions(practice) if row.first_dose_at is not None}
    ends = [row.state for row in lists.courses(practice) if row.course in dosed]
    early = sum(state in (CourseState.WITHDRAWN, CourseState.STOPPED) for state in ends)
    assert report.treated == len(dosed) > 0
    assert sum(report.dropouts.values()) == sum(report.dropouts_by_doses.values()) == early
    assert 0 not in report.dropouts_by_doses


def test_in_its_history_no_dose_begins_before_two_have_signed_its_preparation(record: Record) -> None:
    signed: dict[str, set[str]] = {}
    begun = 0
    for entry in record.entries():
        if entry.kind == "session.prepared":
            prepared = entry.payload["preparation"]
            signed[entry.stream] = {prepared["first_by"], prepared["second_by"]}
        elif entry.kind == "session.dosing_started":
            begun += 1
            assert len(signed[entry.stream]) == 2
    assert begun > 0


def test_after_the_simulation_the_record_waits_for_the_disk_again(record: Record) -> None:
    with record.engine.connect() as connection:
        full = 2
        assert connection.execute(sa.text("PRAGMA synchronous")).scalar() == full


def test_at_the_end_of_an_unfinished_day_one_dose_is_running(tmp_path: Path) -> None:
    record = Record.create(
        str(tmp_path / "r"), projections=clinic_projections(), keys=KeyRing(MasterKey.fresh())
    )
    with record:
        done = simulate_clinic(record, weeks=6, patients=2, seed=1, ends_now=NOW)
        assert done.ends_at == NOW
        session = Practice(record).load(SESSION, done.in_progress or "").state
        assert session is not None
        assert session.state is SessionState.DOSING
        assert len(session.readings) >= 4


@pytest.mark.parametrize(("weeks", "patients"), [(0, 1), (1, 0), (521, 1), (1, 100_001)])
def test_numbers_that_make_no_clinic_are_refused(tmp_path: Path, weeks: int, patients: int) -> None:
    with Record.create(str(tmp_path / "r"), keys=KeyRing(MasterKey.fresh())) as record:
        with pytest.raises(InputError):
            simulate_clinic(record, weeks=weeks, patients=patients)
        assert record.head().seq == 0


def test_simulated_people_never_go_into_a_record_that_holds_something(record: Record) -> None:
    with pytest.raises(InputError) as refused:
        simulate_clinic(record, weeks=1, patients=1)
    assert refused.value.code == "virtual.not-empty"


def test_every_rate_is_a_share_and_says_why() -> None:
    assert sum(RATES[name].value for name in ("GAD", "SAD", "PTSD")) == pytest.approx(1)
    for name, one in RATES.items():
        assert 0 <= one.value <= 1, name
        assert len(one.source) > 3


def test_every_rate_is_used_and_stands_in_the_documents() -> None:
    package = Path(clinic.__file__).parent
    source = "".join(p.read_text("utf-8") for p in package.glob("*.py") if p.name != "rates.py")
    page = (DOCS / "virtual-clinic.md").read_text("utf-8")
    for name, one in RATES.items():
        assert f'"{name}"' in source, name
        assert f"| {name} | {one.value:g} | {one.status} | {one.source} |" in page, name


def test_an_event_of_a_dose_that_was_stopped_at_once_is_not_dated_later_than_it_was_charted() -> None:
    assert visit.began_to_feel(NOW, NOW + timedelta(minutes=50)) == NOW + timedelta(minutes=20)
    assert visit.began_to_feel(NOW, NOW + timedelta(minutes=7)) == NOW + timedelta(minutes=7)
