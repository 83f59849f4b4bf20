"""Hours against weeks."""

import pytest

from ataraxy.trials.onset import HOURS, WEEKS, onset_table


def test_every_treatment_has_its_hours_and_weeks_and_shares_are_shares(clinic):
    rows = onset_table(clinic, people=20)
    assert [row.time_h for row in rows] == [*HOURS, *(168.0 * week for week in WEEKS)]
    for row in rows:
        assert 0.0 <= row.relieved.lo90 <= row.relieved.median <= row.relieved.hi90 <= 100.0


def test_nobody_gains_from_an_antidepressant_in_the_null_world(clinic):
    rows = onset_table(clinic, world="null", people=20)
    drug = [row for row in rows if "SSRI" in row.treatment]
    assert drug
    for row in drug:
        assert (row.gained.lo90, row.gained.hi90) == (0.0, 0.0)


@pytest.mark.parametrize("indication", ["GAD", "SAD", "PTSD"])
def test_ketamine_gains_over_saline_within_a_day(clinic, indication):
    rows = onset_table(clinic, indication, people=40)
    assert next(row for row in rows if row.time_h == 24.0).gained.median > 0.0
