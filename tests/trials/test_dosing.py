"""Doses of an arm."""

import math

import pytest
import yaml

from ataraxy.errors import InputError
from ataraxy.evidence.trials import load_trials
from ataraxy.trials.dosing import planned_doses


@pytest.fixture
def arm(tmp_path):
    def make(**fields):
        entry = {"id": "one", "use": "context", "arms": [{"id": "a", "drug": "esketamine", **fields}]}
        path = tmp_path / "trials.yaml"
        path.write_text(yaml.safe_dump([entry]))
        return load_trials(path).trials[0].arms[0]

    return make


def test_a_nasal_dose_is_given_in_devices_five_minutes_apart(arm):
    doses = planned_doses(arm(route="nasal spray", dose=84, unit="mg", schedule_days=[0, 3]))
    assert len(doses) == 6
    assert math.fsum(dose.amount for dose in doses) == pytest.approx(2 * 84.0)
    assert [dose.time_h for dose in doses[:3]] == pytest.approx([0.0, 5 / 60, 10 / 60])
    assert {dose.session for dose in doses} == {0, 1}


def test_a_range_is_taken_at_its_middle(arm):
    doses = planned_doses(arm(route="IV", dose=[0.2, 0.6], unit="mg/kg", duration_min=40))
    assert [dose.amount for dose in doses] == [pytest.approx(0.4)]
    assert doses[0].duration_h == pytest.approx(2 / 3)


def test_an_arm_without_ketamine_has_no_doses(arm):
    assert planned_doses(arm(drug="saline", route="IV", dose=0, unit="mg/kg")) == ()


def test_an_arm_without_a_dose_is_refused_by_name(arm):
    with pytest.raises(InputError, match="arm a cannot be simulated") as caught:
        planned_doses(arm(route="IV"))
    assert caught.value.code == "trials.arm"
