"""Laws of the virtual clinic: it goes through the doors of a real one, and the same seed gives the same history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ataraxy.errors import InputError
from ataraxy.practice import lists
from ataraxy.practice.aggregate import REGISTER, SESSION
from ataraxy.practice.course_report import as_json, clinic_report
from ataraxy.practice.practice import Practice
from ataraxy.practice.projections import clinic_projections
from ataraxy.practice.virtual.clinic import simulate_clinic
from ataraxy.practice.virtual.floor import PLACE
from ataraxy.practice.virtual.rates import RATES
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.store import Record
from ataraxy.record.verify import verify_file
from ataraxy.therapy.session.state import SessionState

NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)


def simulated(path: Path, **options: Any) -> Record:
    record = Record.create(str(path), projections=clinic_projections(), keys=KeyRing(MasterKey.fresh()))
    simulate_clinic(record, **{"weeks": 8, "patients": 8, "seed": 5, **options})
    return record


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    with simulated(tmp_path_factory.mktemp("virtual") / "record.sqlite3") as made:
        yield made


def contents(record: Record) -> list[tuple[Any, ...]]:
    """Everything but seals, which are never made twice alike."""
    return [
        (e.seq, e.stream, e.kind, record.opened(e), e.author, e.recorded_at, e.occurred_at, e.late)
        for e in record.entries()
        if not e.stream.startswith("keys/")
    ]


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


def test_what_is_hidden_is_not_in_the_record(record: Record) -> None:
    words = ("plastic_pool", "E_max", "eta", "leaves_after", "draw_of_ensemble")
    for entry in record.entries():
        text = str(entry.payload)
        assert not any(f"'{word}'" in text for word in words)


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
