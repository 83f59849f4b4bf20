from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.errors import InputError
from ataraxy.therapy.calendar import MOST_SESSIONS, Calendar, Phase, parse_calendar


@pytest.mark.parametrize(
    ("sentence", "days"),
    [
        ("once", [0]),
        ("Once.", [0]),
        ("6 sessions over 2 weeks", [0, 2, 4, 7, 9, 11]),
        ("six sessions over two weeks", [0, 2, 4, 7, 9, 11]),
        ("6 sessions over 2 weeks, then weekly for 4", [0, 2, 4, 7, 9, 11, 14, 21, 28, 35]),
        ("6 sessions over 2 weeks then weekly for 4 weeks", [0, 2, 4, 7, 9, 11, 14, 21, 28, 35]),
        ("6 sessions over 2 weeks; weekly for 2 sessions", [0, 2, 4, 7, 9, 11, 14, 21]),
        ("twice weekly for 2 weeks", [0, 3, 7, 10]),
        ("twice a week for 4 sessions", [0, 3, 7, 10]),
        ("3 times a week for 2 weeks", [0, 2, 4, 7, 9, 11]),
        ("daily for 5 days", [0, 1, 2, 3, 4]),
        ("every day for 3 sessions", [0, 1, 2]),
        ("every 3 days for 3 sessions", [0, 3, 6]),
        ("every other week for 3 sessions", [0, 14, 28]),
        ("every 4 weeks for 2 sessions", [0, 28]),
        ("once, then weekly for 2", [0, 7, 14]),
    ],
)
def test_a_sentence_means_these_days(sentence: str, days: list[float]) -> None:
    assert list(parse_calendar(sentence).session_days) == days


@pytest.mark.parametrize(
    "sentence",
    [
        "", "weekly", "twice weekly for 4", "6 sessions", "sometimes", "weekly for ever", "weekly for -4",
        "6.5 sessions over 2 weeks", "weekly for 4, then", "3 times a week for 4 sessions", "then weekly for 4",
        "daily for 2 weeks", "6 sessions over 2 weeks and weekly for 4", "weekly for 4 days",
    ],
)  # fmt: skip
def test_what_the_grammar_does_not_know_is_refused_and_never_guessed(sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_calendar(sentence)
    assert caught.value.code == "protocol.calendar-sentence"


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("5 sessions over 2 weeks", "protocol.calendar-uneven"),
        ("16 sessions over 2 weeks", "protocol.calendar-uneven"),
        ("0 sessions over 2 weeks", "protocol.calendar-phase"),
        ("2 sessions over 0 weeks", "protocol.calendar-phase"),
        ("every 0 days for 3 sessions", "protocol.calendar-phase"),
        ("daily for 999999999999999999999 days", "protocol.calendar-too-many"),
        ("every 52 weeks for 20 sessions", "protocol.calendar-too-long"),
    ],
)
def test_a_rhythm_that_cannot_be_kept_is_refused(sentence: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_calendar(sentence)
    assert caught.value.code == code


PHASES = st.builds(
    lambda n, weeks: Phase(sessions=n * weeks, weeks=weeks), st.integers(1, 7), st.integers(1, 8)
) | (st.builds(lambda n, days: Phase(sessions=n, every_days=days), st.integers(1, 20), st.floats(0.5, 30)))


@given(st.lists(PHASES, min_size=1, max_size=5))
def test_days_increase_and_are_as_many_as_the_phases_say(phases: list[Phase]) -> None:
    days = Calendar(phases=tuple(phases)).session_days
    assert len(days) == sum(phase.sessions for phase in phases)
    assert days[0] == 0
    assert all(later > earlier for earlier, later in pairwise(days))


@given(st.lists(PHASES, min_size=2, max_size=4))
def test_a_phase_starts_where_the_one_before_it_ends(phases: list[Phase]) -> None:
    first = phases[0]
    rest = Calendar(phases=tuple(phases[1:])).session_days
    shifted = Calendar(phases=tuple(phases)).session_days[first.sessions :]
    assert shifted == pytest.approx([first.length_days + day for day in rest])


@given(st.integers(1, 7), st.integers(1, 12))
def test_each_week_holds_its_sessions(per_week: int, weeks: int) -> None:
    days = Calendar(phases=(Phase(sessions=per_week * weeks, weeks=weeks),)).session_days
    for week in range(weeks):
        assert sum(7 * week <= day < 7 * (week + 1) for day in days) == per_week


@pytest.mark.parametrize(
    "days", [(0.0, 0.0), (2.0, 1.0), (-1.0,), (4000.0,), tuple(map(float, range(MOST_SESSIONS + 1)))]
)
def test_days_that_are_no_calendar_are_refused(days: tuple[float, ...]) -> None:
    with pytest.raises(InputError):
        Calendar(days=days)


def test_as_many_sessions_as_allowed_are_allowed() -> None:
    assert len(parse_calendar(f"daily for {MOST_SESSIONS} days").session_days) == MOST_SESSIONS
