"""Every row of a trials file beside a virtual arm."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ataraxy.validation
from ataraxy.errors import InputError
from ataraxy.evidence.trials import load_trials
from ataraxy.validation.effects import rows_of, validate_effects
from ataraxy.validation.safety_rows import _at as at

SCHEMA = json.loads(
    (Path(ataraxy.validation.__file__).parent / "schemas" / "effects-validation-1.json").read_text()
)
FEW = {"draws": 4, "people": 4, "seed": 2}
KETAMINE = {
    "id": "ket", "drug": "ketamine", "route": "IV", "dose": 0.5, "unit": "mg/kg", "duration_min": 40,
    "schedule_days": [0, 2, 4], "n": 20,
}  # fmt: skip
SALINE = {
    "id": "sal",
    "drug": "saline",
    "route": "IV",
    "dose": 0,
    "unit": "mg/kg",
    "schedule_days": [0, 2, 4],
    "n": 20,
}


def trial(**changes):
    entry = {
        "id": "one_2030", "entry_type": "trial", "citation": "One A et al. 2030", "url": "https://example.org",
        "url_status": "exact", "design": "double-blind randomised", "population": "adults", "indication": ["GAD"],
        "n": 40, "arms": [KETAMINE, SALINE], "use": "context",
    }  # fmt: skip
    return entry | changes


def outcome(**changes):
    return {"instrument": "HAM-A", "arm": "ket", "time_h": 120, "kind": "change", "mean": -9.0} | changes


@pytest.fixture
def validate(tmp_path):
    def run(*entries, **arguments):
        path = tmp_path / "trials.yaml"
        path.write_text(yaml.safe_dump(list(entries)))
        return validate_effects(load_trials(path), **{**FEW, **arguments})

    return run


IRREGULAR = trial(
    outcomes=[
        outcome(),
        outcome(arm="ket vs sal", kind="difference", mean=[-6.0, -4.0]),
        outcome(arm="ket vs sal", kind="effect_size", mean=None, effect_size_d=0.8),
        outcome(kind="percent_change", mean=-35),
        outcome(kind="absolute", mean=17.0, sd=6.0),
        outcome(kind="absolute", mean=26.0, sd=4.0, time_h=0),
        outcome(instrument="a scale of our own"),
        outcome(instrument="FQ and HAM-A", kind="qualitative", mean=None, direction="lower"),
        outcome(kind="qualitative", mean=None, order="sal < ket"),
        outcome(kind="qualitative", mean=None),
        outcome(kind="absolute", mean=90.0),
        outcome(arm="nobody"),
        outcome(time_h=None),
        outcome(instrument="PHQ-9", mean=-4.0),
    ],
    responders=[
        {"definition": ">=50% reduction", "arm": "ket", "instrument": "HAM-A", "time_h": 120, "pct": 45},
        {"definition": "felt better", "arm": "ket", "instrument": "HAM-A", "time_h": 120, "pct": 45},
        {"definition": "HAM-A <= 7", "arm": "sal", "time_h": 120, "n": 2, "N": 20},
    ],
    safety=[
        {"measure": "SBP_mmHg", "arm": "ket", "time_h": 0.667, "kind": "change", "mean": 9},
        {"measure": "CADSS total", "arm": "ket", "time_h": 0.667, "kind": "absolute", "mean": 12},
        {"measure": "SBP rise >=40", "arm": "ket", "kind": "percent", "pct": 8},
        {"measure": "SBP rise >=40", "arm": "ket", "kind": "percent", "mean": 8},
        {"measure": "BP peak time", "arm": "ket", "kind": "time", "time_min": 40},
        {"measure": "AE:nausea", "arm": "sal", "kind": "percent", "mean": 10},
        {"measure": "AE:hiccups", "arm": "ket", "kind": "percent", "mean": 3},
        {"measure": "CADSS total", "arm": "ket", "kind": "qualitative", "order": "sal < ket"},
    ],
    durability=[{"measure": "median days to relapse", "arm": "ket", "value_d": 20}],
    dropouts=[{"arm": "ket", "n": 2}],
)
NO_DOSE = trial(
    id="no_dose_2030", arms=[{"id": "ket", "drug": "ketamine", "route": "IV"}], outcomes=[outcome()]
)
RETRACTED = trial(id="retracted_2030", use="do_not_use", why="retracted", outcomes=[outcome()])


@pytest.fixture(scope="module")
def irregular(tmp_path_factory):
    path = tmp_path_factory.mktemp("trials") / "trials.yaml"
    path.write_text(yaml.safe_dump([IRREGULAR, NO_DOSE, RETRACTED]))
    evidence = load_trials(path)
    return evidence, validate_effects(evidence, **FEW)


def test_no_row_of_the_file_is_lost(irregular):
    evidence, result = irregular
    read = {(t.id, row.origin.section, row.origin.index) for t in evidence.trials for row in t.rows}
    assert {(row.trial, row.section, row.row) for row in result.rows} == read
    assert result.evidence_rows == len(read)


def test_every_row_is_compared_or_says_why_not(irregular):
    _, result = irregular
    for row in result.rows:
        assert (row.predicted is None) == (row.status == "skipped"), row
        assert row.reason or row.status in ("inside", "outside"), row


@pytest.mark.parametrize(
    ("section", "number", "status"),
    [
        ("outcomes", 0, {"inside", "outside"}),
        ("outcomes", 1, {"inside", "outside"}),
        ("outcomes", 2, {"inside", "outside"}),
        ("outcomes", 3, {"inside", "outside"}),
        ("outcomes", 4, {"inside", "outside"}),
        ("outcomes", 5, {"inside", "outside"}),
        ("outcomes", 6, {"skipped"}),
        ("outcomes", 7, {"agrees", "disagrees"}),
        ("outcomes", 8, {"agrees", "disagrees"}),
        ("outcomes", 9, {"skipped"}),
        ("outcomes", 10, {"skipped"}),
        ("outcomes", 11, {"skipped"}),
        ("outcomes", 12, {"skipped"}),
        ("outcomes", 13, {"skipped"}),
        ("responders", 0, {"inside", "outside"}),
        ("responders", 1, {"skipped"}),
        ("responders", 2, {"inside", "outside"}),
        ("safety", 0, {"inside", "outside"}),
        ("safety", 1, {"inside", "outside"}),
        ("safety", 3, {"inside", "outside"}),
        ("safety", 4, {"inside", "outside"}),
        ("safety", 5, {"inside", "outside"}),
        ("safety", 6, {"skipped"}),
        ("safety", 7, {"agrees", "disagrees"}),
        ("dropouts", 0, {"skipped"}),
    ],
)
def test_what_can_be_predicted_is_and_what_cannot_is_not(irregular, section, number, status):
    _, result = irregular
    rows = [r for r in result.rows if (r.trial, r.section, r.row) == ("one_2030", section, number)]
    assert rows
    assert {row.status for row in rows} <= status, [row.reason for row in rows]


def test_reasons_name_what_is_wrong(irregular):
    _, result = irregular
    reasons = {(row.trial, row.section, row.row): row.reason for row in result.rows}
    assert "not known" in reasons["one_2030", "outcomes", 6]
    assert "outside the range" in reasons["one_2030", "outcomes", 10]
    assert "nobody" in reasons["one_2030", "outcomes", 11]
    assert "PHQ-9" in reasons["one_2030", "outcomes", 13]
    assert "without a dose" in reasons["no_dose_2030", "outcomes", 0]
    assert "refused" in reasons["retracted_2030", "outcomes", 0]


def test_a_retracted_entry_is_compared_only_when_asked_for(validate):
    assert validate(RETRACTED).rows[0].status == "skipped"
    assert validate(RETRACTED, include_refused=True).rows[0].status in ("inside", "outside")


def test_later_scores_start_from_the_printed_baseline(validate):
    late = outcome(kind="absolute", mean=30.0)
    alone = validate(trial(outcomes=[late])).rows[0]
    beside = validate(trial(outcomes=[outcome(kind="absolute", mean=40.0, sd=4.0, time_h=0), late])).rows
    assert beside[1].predicted.median > alone.predicted.median + 5.0
    assert any("baseline as printed" in flag for flag in beside[1].flags)
    assert not any("baseline as printed" in flag for flag in beside[0].flags)


def test_the_null_world_takes_relief_away_and_keeps_side_effects(validate):
    entry = trial(outcomes=[outcome()], safety=[IRREGULAR["safety"][0]])
    published, null = (validate(entry, world=world).rows for world in ("published", "null"))
    assert null[0].predicted.median > published[0].predicted.median
    assert null[1].predicted == published[1].predicted


def test_periods_of_a_crossover_differ_less_by_chance_than_parallel_arms(validate):
    rows = [outcome(arm="ket vs sal", kind="difference", mean=-3.0)]
    parallel = validate(trial(outcomes=rows), draws=12).rows[0]
    crossover = validate(trial(outcomes=rows, design="double-blind crossover"), draws=12).rows[0]
    assert crossover.predicted.width < parallel.predicted.width


def test_the_same_seed_gives_the_same_rows_whatever_the_workers(validate):
    entry = trial(outcomes=[outcome()], safety=IRREGULAR["safety"][:2])
    first, second = (validate(entry, workers=n).rows for n in (1, 2))
    assert first == second
    assert validate(entry, seed=9).rows != first


def test_json_is_of_its_schema_and_holds_no_nan(irregular):
    jsonschema = pytest.importorskip("jsonschema")
    _, result = irregular
    content = json.loads(json.dumps(result.to_json(), allow_nan=False))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(content, SCHEMA)
    assert content["schema"] == "ataraxy.effects-validation/1"
    for row in content["rows"]:
        named = "measure" if row["section"] in ("safety", "durability") else "instrument"
        assert named in row
        assert set(row) >= {"trial", "arm", "time_h", "kind", "observed", "predicted", "status", "reason"}


def test_counts_add_up(irregular):
    _, result = irregular
    summary = result.summary
    assert sum(summary.by_status.values()) == summary.rows == len(result.rows)
    numbers = summary.by_status["inside"] + summary.by_status["outside"]
    assert summary.coverage == pytest.approx(summary.by_status["inside"] / numbers)
    assert result.parts["symptoms"].rows + result.parts["safety"].rows == summary.rows


def test_another_world_is_refused(validate):
    with pytest.raises(InputError) as caught:
        validate(trial(), world="best")
    assert caught.value.code == "validation.world"


@settings(max_examples=15, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(
        ["absolute", "change", "percent_change", "difference", "effect_size", "slope", "test", "odd"]
    ),
    arm=st.sampled_from(["ket", "sal", "ket vs sal", "all", "", "ket|sal", "other"]),
    scale=st.sampled_from(["HAM-A", "LSAS", "PCL", "nothing", "anxiety SMD", ""]),
    mean=st.one_of(st.none(), st.floats(-80, 80), st.lists(st.floats(-80, 80), min_size=1, max_size=4)),
    time=st.one_of(st.none(), st.floats(0, 3000), st.lists(st.floats(0, 3000), min_size=1, max_size=4)),
)
def test_whatever_a_row_says_it_gives_a_result_or_a_reason(tmp_path_factory, kind, arm, scale, mean, time):
    path = tmp_path_factory.mktemp("trials") / "trials.yaml"
    row = {"instrument": scale, "arm": arm, "time_h": time, "kind": kind, "mean": mean}
    path.write_text(yaml.safe_dump([trial(outcomes=[row])]))
    result = validate_effects(load_trials(path), draws=2, people=2)
    assert result.rows
    json.dumps(result.to_json(), allow_nan=False)


def test_arms_that_differ_by_what_is_not_simulated_are_not_compared(validate):
    both = [KETAMINE | {"drug": "ketamine + CBT"}, SALINE]
    rows = [outcome(arm="ket vs sal", kind="difference", mean=-5.0), outcome()]
    compared, alone = validate(trial(arms=both, outcomes=rows)).rows
    assert (compared.status, alone.status != "skipped") == ("skipped", True)
    assert "cbt, which is not simulated" in compared.reason
    with_both = validate(trial(arms=[both[0], SALINE | {"drug": "saline + CBT"}], outcomes=rows[:1])).rows[0]
    assert with_both.status != "skipped"


@pytest.mark.parametrize(
    ("arm", "row", "what"),
    [
        ({"schedule_days": [0, 1e300]}, {}, "schedule_days"),
        ({"dose": 1e308}, {}, "dose"),
        ({"duration_min": 1e300}, {}, "duration_min"),
        ({}, {"time_h": None, "time_d": 1e308}, "time_d"),
        ({}, {"time_h": 1e7}, "time_h"),
    ],
)
def test_times_and_doses_beyond_all_measure_are_no_prediction(validate, arm, row, what):
    (found,) = validate(trial(arms=[KETAMINE | arm, SALINE], outcomes=[outcome(**row)])).rows
    assert found.status == "skipped"
    assert f"{what} " in found.reason
    assert "out of range" in found.reason


@pytest.mark.parametrize("mean", [10**30, 10**400, float("nan"), float("inf"), True])
def test_what_is_no_score_is_not_printed_as_one(validate, mean):
    (row,) = validate(trial(outcomes=[outcome(mean=mean, kind="by drone")])).rows
    assert (row.status, row.observed) == ("skipped", None)
    assert row.reason


def test_an_unexpected_kind_of_row_is_listed():
    from ataraxy.evidence.trials import load_trials as load

    entry = load().get("hull_2022")
    row = entry.outcomes[0]
    listed = rows_of(entry, row, None, "not wanted")  # type: ignore[arg-type]
    assert [(r.status, r.reason) for r in listed] == [("skipped", "not wanted")]


@pytest.mark.filterwarnings("error")
def test_a_reading_between_two_times_lies_on_the_line_between_them_and_one_time_is_all_there_is():
    course = np.array([[[1.0, 3.0]]])
    assert at(course, np.array([0.0, 2.0]), 0.5) == 1.5
    assert at(course[:, :, :1], np.array([0.0]), 0.5) == 1.0
