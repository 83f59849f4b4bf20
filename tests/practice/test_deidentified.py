"""De-identified courses say what happened and not to whom."""

from __future__ import annotations

from tests.practice.conftest import COURSE as COURSE_ID
from tests.practice.conftest import PERSON, Clinic
from tests.practice.test_projections import everything
from tests.practice.test_sessions import VISIT

from ataraxy.practice.deidentified import CourseGroup, course_groups, deidentified_courses


def test_a_course_is_told_in_days_from_its_first_dose(clinic: Clinic) -> None:
    everything(clinic)
    (course,) = deidentified_courses(clinic.practice, b"secret")
    assert (course.disorder, course.protocol, course.why_ended) == ("GAD", "ketamine-iv-05-six", "no_benefit")
    ((number, day, given),) = course.doses
    assert (number, day) == (1, 0.0)
    assert given is not None
    assert 34 < given < 36
    before, after = course.scores
    assert before.day < 0 < after.day
    assert [(event.term, event.grade) for event in course.adverse_events] == [("vomiting", 2)]


def test_nothing_in_it_is_an_id_or_a_date(clinic: Clinic) -> None:
    everything(clinic)
    text = repr(deidentified_courses(clinic.practice, b"secret"))
    for trace in (PERSON, COURSE_ID, VISIT, "2026", "datetime"):
        assert trace not in text


def test_a_subject_keeps_its_number_and_another_secret_gives_another(clinic: Clinic) -> None:
    everything(clinic)
    ((one,), (again,), (other,)) = (
        deidentified_courses(clinic.practice, secret) for secret in (b"secret", b"secret", b"other")
    )
    assert one.subject == again.subject != other.subject


def test_a_course_without_a_dose_is_left_out(clinic: Clinic) -> None:
    assert deidentified_courses(clinic.practice, b"secret") == ()


def test_the_groups_count_the_courses_of_the_tables(clinic: Clinic) -> None:
    assert course_groups(clinic.practice) == ()
    everything(clinic)
    (course,) = deidentified_courses(clinic.practice, b"secret")
    expected = CourseGroup(
        course.disorder, course.protocol, course.protocol_version, 1, int(course.simulated)
    )
    assert course_groups(clinic.practice) == (expected,)
