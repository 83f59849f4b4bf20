"""A whole clinic for some weeks: set up, people referred, sessions run, everything in one record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from ataraxy.engine.random import check_seed, generator
from ataraxy.errors import InputError
from ataraxy.exchange.policy_file import load_policy
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.exchange.rules_file import load_rules
from ataraxy.practice.practice import Practice
from ataraxy.practice.site import adopt, adopt_policy, adopt_protocol, describe_site
from ataraxy.practice.virtual.clock import Process, Schedule, SimulatedClock
from ataraxy.practice.virtual.course import SimulatedCourse, referral_days
from ataraxy.practice.virtual.floor import Floor
from ataraxy.practice.virtual.opaque import opaque_id
from ataraxy.practice.virtual.rates import rate
from ataraxy.practice.virtual.referral import draw_referral
from ataraxy.practice.virtual.team import hire
from ataraxy.practice.virtual.truth import SCALES, hidden_truths
from ataraxy.record.store import Record
from ataraxy.therapy.actor import Role
from ataraxy.therapy.site import SiteDescription

PROTOCOL: Final = "ketamine-iv-05-six"
# A Monday: without another start the same seed gives the same history on every day.
START: Final = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)
# Points from which referrers think somebody is ill enough; whoever has fewer is sent less often.
ILL_ENOUGH: Final = {"GAD": ("HAM-A", 21.0), "SAD": ("LSAS", 51.0), "PTSD": ("CAPS-5", 23.0)}
CANDIDATES: Final = 3
# In an unfinished day somebody's dose has been running for so long.
RUNNING: Final = timedelta(minutes=22)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was simulated.

    Attributes:
        patients: how many were referred.
        entries: in the record.
        in_progress: opaque id of the session that goes on at the end; None where none was asked for.
        ends_at: the last moment.
    """

    patients: int
    entries: int
    in_progress: str | None
    ends_at: datetime


def check_size(weeks: int, patients: int, seed: int) -> None:
    """Refuse numbers that make no clinic, before anything is made.

    Raises:
        InputError: ``virtual.weeks``, ``virtual.patients``, ``random.seed``.
    """
    check_seed(seed)
    if not 1 <= weeks <= 520:
        raise InputError(f"{weeks} weeks", code="virtual.weeks", remedy="Use 1 to 520", where="weeks")
    if not 1 <= patients <= 100_000:
        raise InputError(
            f"{patients} patients", code="virtual.patients", remedy="Use 1 to 100,000", where="patients"
        )


def simulate_clinic(
    record: Record,
    *,
    weeks: int,
    patients: int,
    seed: int = 1,
    start: datetime | None = None,
    ends_now: datetime | None = None,
    staff: Mapping[Role, str] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Simulated:
    """Fill an empty record with a simulated clinic, by the commands of `ataraxy.practice` alone.

    The same seed gives the same entries (ids, times, values); sealed texts differ in each run, because no seal may be
    made twice alike.

    Args:
        record: of a new clinic, with the keys of its patients.
        weeks: how long.
        patients: how many are referred.
        seed: of everything.
        start: the first day; 2026-01-05 where it is left out.
        ends_now: the real present moment, at which the simulation ends in the middle of one person's dose.
        staff: ids of those who have an account; the others are invented.
        tell: is told how far it is, in words.

    Raises:
        InputError: ``virtual.weeks``, ``virtual.patients``, ``random.seed``, ``virtual.not-empty``.
    """
    check_size(weeks, patients, seed)
    if record.head().seq:
        raise InputError(
            "the record holds entries",
            code="virtual.not-empty",
            remedy="Simulated people go into a record of their own",
            where="record",
        )
    tell = tell or (lambda _: None)
    length = timedelta(weeks=weeks)
    begins = ends_now - length if ends_now is not None else (start or START)
    begins = begins.astimezone(UTC).replace(microsecond=0)
    ends = begins + length
    with _without_waiting_for_the_disk(record):
        in_progress = _simulate(record, begins, ends, patients, seed, ends_now is not None, staff or {}, tell)
    return Simulated(patients, record.head().seq, in_progress, ends)


@contextmanager
def _without_waiting_for_the_disk(record: Record) -> Iterator[None]:
    """Let commits return before the disk has them, until the end of the simulation: a power cut loses it whole.

    Nothing else about the record differs, and what is charted later waits for the disk again.
    """
    engine = record.engine
    if engine.dialect.name != "sqlite":
        yield
        return

    def hurry(connection: Any, _: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    engine.dispose()
    sa.event.listen(engine, "connect", hurry)
    try:
        yield
    finally:
        sa.event.remove(engine, "connect", hurry)
        engine.dispose()
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


def _simulate(
    record: Record,
    begins: datetime,
    ends: datetime,
    patients: int,
    seed: int,
    unfinished: bool,
    staff: Mapping[Role, str],
    tell: Callable[[str], None],
) -> str | None:
    clock = SimulatedClock(begins)
    practice = Practice(record, clock=clock)
    protocol, policy, rules = load_protocol(PROTOCOL), load_policy("simulation"), load_rules()
    team = hire(practice, staff, seed=seed, until=ends)
    director = team.one(Role.MEDICAL_DIRECTOR)
    describe_site(
        practice,
        SiteDescription(
            name="Virtual clinic",
            chairs=("Room 1", "Room 2", "Room 3", "Room 4"),
            crisis_numbers=("000 000 (example, not a real line)",),
            setting="supervised_clinic",
            retention_years=10,
            simulated=True,
        ),
        by=director,
    )
    adopt(practice, "rules", rules.name, rules.model_dump(mode="json"), by=director)
    adopt_policy(practice, policy, by=director)
    adopt_protocol(practice, protocol, by=director)

    tell("running the models")
    limits = policy.stop_limits
    assert limits is not None
    starts_h = tuple(session.time_h for session in protocol.sessions)
    floor = Floor(practice, Schedule(clock), team, policy, seed, protocol.name, starts_h)
    drawn = [
        draw_referral(
            generator(seed, "referral", 0, k),
            len(starts_h),
            plain=unfinished and k < CANDIDATES * 4,
        )
        for k in range(CANDIDATES * patients)
    ]
    truths = hidden_truths(
        protocol,
        [one.disorder for one in drawn],
        [one.leaves_after for one in drawn],
        seed=seed,
        systolic_stop=float(limits.systolic.value),
        diastolic_stop=float(limits.diastolic.value),
    )
    random = generator(seed, "candidates", 0, 0)
    chosen: list[int] = []
    for k, truth in enumerate(truths):
        scale, least = ILL_ENOUGH[drawn[k].disorder]
        ill = truth.baseline[scale] >= least
        below = rate("below the severity that the rules ask for")
        if ill or (random.uniform() < below and not (unfinished and not chosen)):
            chosen.append(k)
    chosen = (chosen + [k for k in range(len(drawn)) if k not in set(chosen)])[:patients]

    hidden = {k: truths[k] for k in chosen}
    del truths

    tell("running the clinic")
    last_day = begins + (ends - begins) * 0.85
    days = referral_days(generator(seed, "days", 0, 0), patients, begins + timedelta(hours=3), last_day)
    in_progress: str | None = None
    for number, k in enumerate(chosen):
        course = SimulatedCourse(floor, number, drawn[k], hidden.pop(k))
        at = days[number]
        if unfinished and number == 0:
            # This person's third session is the one that goes on at the end.
            course.first_dose_at = ends - RUNNING - timedelta(hours=starts_h[2])
            at = course.first_dose_at - timedelta(days=9)
            in_progress = opaque_id(seed, f"session {course.person}", 20)
        floor.schedule.add(at, _told(course.run(), number, patients, tell))
    floor.schedule.run(ends)
    return in_progress


def _told(process: Process, number: int, patients: int, tell: Callable[[str], None]) -> Process:
    if number % max(1, patients // 10) == 0:
        tell(f"referral {number + 1} of {patients}")
    yield from process


assert set(ILL_ENOUGH) == set(SCALES)
