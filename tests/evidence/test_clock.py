"""When a row was measured, in hours from the first dose."""

from typing import Any

import pytest

from ataraxy.evidence.arm import Arm, read_arm
from ataraxy.evidence.clock import Times, beyond_schedule, read_times

DAYS = [0, 2, 4]


def arm(**changes: Any) -> Arm:
    fields = {"id": "a", "drug": "ketamine", "route": "IV", "dose": 0.5, "unit": "mg/kg", "duration_min": 60}
    return read_arm({**fields, "schedule_days": DAYS, **changes}, "nowhere")


def times(**row: Any) -> Times:
    return read_times(row, arm())


@pytest.mark.parametrize(
    ("row", "hours"),
    [
        ({"time_h": 24, "time_ref": "post-dose"}, 24.0),
        ({"time_h": 24, "time_ref": "post-infusion"}, 25.0),
        ({"time_h": 24, "time_ref": "end of infusion"}, 25.0),
        ({"time_h": 24, "time_ref": "start of infusion"}, 24.0),
        ({"time_h": 24, "time_ref": "post-first-dose"}, 24.0),
        ({"time_h": 24, "time_ref": "after first infusion"}, 25.0),
        ({"time_h": 24, "time_ref": "after third dose"}, 120.0),
        ({"time_h": 24, "time_ref": "post 2nd infusion"}, 73.0),
        ({"time_h": 24, "time_ref": "after last infusion"}, 121.0),
        ({"time_h": 24, "time_ref": "post-last-dose"}, 120.0),
        ({"time_d": 1, "time_ref": "after end of treatment"}, 121.0),
        ({"time_ref": "end of treatment"}, 97.0),
        ({"time_d": 4, "time_ref": "end of treatment"}, 96.0),
        ({"time_d": 14, "time_ref": "post-treatment"}, 336.0),
        ({"time_d": 1, "time_ref": "post-treatment"}, 121.0),
        ({"time_ref": "baseline"}, 0.0),
        ({"time_d": 14, "time_ref": "from baseline (week 2, after last infusion)"}, 336.0),
        ({"time_d": 12, "time_ref": "from baseline to 24 h after 6th infusion"}, 288.0),
        ({"time_d": 84, "time_ref": "week 12"}, 2016.0),
        ({"time_d": 63, "time_ref": "9 weeks"}, 1512.0),
        ({"time_d": 42, "time_ref": "post-treatment (nominal day)"}, 1008.0),
        ({"time_d": 2}, 48.0),
        ({"time_min": 30}, 0.5),
        ({"time_weeks": 2, "time_ref": "from baseline"}, 336.0),
    ],
)
def test_times_are_counted_from_the_first_dose(row: dict[str, Any], hours: float) -> None:
    read = times(**row)
    assert read.reasons == ()
    assert read.points == ((hours, hours),)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"time_ref": "endpoint (time not retained; verify)"},
        {"time_ref": "post; weeks not given"},
        {"time_d": 3, "time_ref": "after the flood"},
        {"time_h": "soon"},
        {"time_h": -1},
        {"time_h": float("inf")},
        {"time_h": 1, "time_ref": "after 9th infusion"},
        {"time_h": {"a": 1}},
    ],
)
def test_a_time_that_cannot_be_told_is_a_reason(row: dict[str, Any]) -> None:
    read = times(**row)
    assert read.points == ()
    assert read.reasons


def test_the_end_of_a_course_without_days_cannot_be_told() -> None:
    read = read_times({"time_d": 7, "time_ref": "after end of induction"}, arm(schedule_days=None))
    assert "sessions of arm a are not stated" in read.reasons[0]


def test_two_times_are_a_window_and_more_are_points() -> None:
    assert times(time_h=[3, 336], time_ref="post-dose").points == ((3.0, 336.0),)
    assert times(time_h=[336, 3], time_ref="post-dose").points == ((3.0, 336.0),)
    assert times(time_d=[1, 2, 3], time_ref="from baseline").points == (
        (24.0, 24.0),
        (48.0, 48.0),
        (72.0, 72.0),
    )


def test_a_change_between_two_weeks_starts_at_the_first() -> None:
    read = times(time_d=70, time_ref="week 1 to week 10")
    assert (read.points, read.change_from_h) == (((1680.0, 1680.0),), 168.0)


def test_a_week_alone_beside_a_reading_of_each_session_is_the_session_of_that_week() -> None:
    weekly = arm(schedule_days=[0, 7, 14])
    assert read_times({"time_week": 1}, weekly, weeks_are_sessions=True).points == ((0.0, 0.0),)
    assert read_times({"time_week": 1}, weekly).points == ((168.0, 168.0),)
    third = read_times({"time_week": 3}, weekly, weeks_are_sessions=True)
    assert (third.points, third.session) == (((336.0, 336.0),), 2)
    late = read_times({"time_week": 9}, weekly, weeks_are_sessions=True)
    assert late.session == 2
    assert any("end before" in flag for flag in late.flags)


def test_after_which_of_several_sessions_is_said_to_be_assumed() -> None:
    assert any("first taken" in flag for flag in times(time_h=1, time_ref="post-dose").flags)
    single = read_times({"time_h": 1, "time_ref": "post-dose"}, arm(schedule_days=[0]))
    assert single.flags == ()


def test_an_arm_of_unknown_days_is_followed_for_one_day_only() -> None:
    unknown = arm(schedule_days=None)
    day, week = (read_times({"time_h": hours, "time_ref": "post-dose"}, unknown) for hours in (24, 168))
    assert beyond_schedule(day, unknown) == ""
    assert "7 days" in beyond_schedule(week, unknown)
    assert beyond_schedule(week, arm()) == ""
