"""Reading trials: nothing is dropped, refused entries stay out, broken files name their line."""

from collections import Counter
from pathlib import Path

import pytest
import yaml
from tests.evidence.trial_file import entry, load, load_one, outcome, shipped

from ataraxy.errors import InputError
from ataraxy.evidence.trial import SECTIONS
from ataraxy.evidence.trials import SHIPPED_TRIALS, load_trials
from ataraxy.evidence.use import EvidenceRefused


def test_every_entry_arm_and_row_that_goes_in_comes_out() -> None:
    raw = yaml.safe_load(SHIPPED_TRIALS.read_text(encoding="utf-8"))
    evidence = shipped()
    assert [trial.id for trial in evidence.trials] == [item["id"] for item in raw]
    for item, trial in zip(raw, evidence.trials, strict=True):
        assert [arm.id for arm in trial.arms] == [arm["id"] for arm in item.get("arms", [])]
        for section in SECTIONS:
            rows = getattr(trial, section)
            assert [dict(row.origin.fields) for row in rows] == item.get(section, [])
            assert [row.origin.index for row in rows] == list(range(len(rows)))
    assert len(evidence.rows()) == sum(len(item.get(section, [])) for item in raw for section in SECTIONS)


def test_every_unusable_row_says_why_and_no_usable_row_does() -> None:
    for _, row, reason in shipped().rows(include_refused=True):
        assert row.usable == (reason == "")
        assert all(text.strip() for text in (*row.reasons, *row.flags))


def test_a_usable_outcome_has_scale_time_and_number_or_claim() -> None:
    rows = [row for trial in shipped().trials for row in trial.outcomes if row.usable]
    assert rows
    for row in rows:
        assert row.instruments
        assert row.times.points
        assert row.is_numeric or row.claims
        assert row.is_baseline or (row.comparison.arms or all(claim.sides for claim in row.claims))


def test_every_usable_arm_of_ketamine_can_be_given() -> None:
    arms = [arm for trial in shipped().trials for arm in trial.arms if arm.is_ketamine and arm.usable]
    assert len(arms) > 20
    for arm in arms:
        assert arm.route is not None
        assert arm.dose is not None
        assert arm.dose.mg.low > 0
        assert arm.duration_h is not None
        assert arm.sessions_h[0] == 0.0
        assert (arm.duration_h > 0) == arm.route.is_infusion


def test_the_shipped_retracted_entry_is_refused_and_its_rows_with_it() -> None:
    evidence = shipped()
    assert [trial.id for trial in evidence.refused] == ["mills_2025_kads_anxiety"]
    with pytest.raises(EvidenceRefused) as caught:
        evidence.get("mills_2025_kads_anxiety")
    assert caught.value.code == "evidence.refused"
    assert "RETRACTED" in caught.value.message
    assert caught.value.exit_status == 2
    barred = [why for trial, _, why in evidence.rows() if trial.refused]
    assert barred
    assert all(why.startswith("the entry is refused") for why in barred)
    assert evidence.get("mills_2025_kads_anxiety", include_refused=True).refused
    opened = [why for trial, _, why in evidence.rows(include_refused=True) if trial.refused]
    assert "" in opened
    assert len(evidence.admitted()) == len(evidence.trials) - 1
    assert len(evidence.admitted(include_refused=True)) == len(evidence.trials)


@pytest.mark.parametrize(
    "changes",
    [
        {"use": "do_not_use"},
        {"use": "Do-Not-Use"},
        {"use": "do not use"},
        {"retracted": True},
        {"retracted": "2031-01-01"},
        {"citation": "One A et al. 2030. RETRACTED 2031"},
        {"citation": "Retraction: One A et al. 2030"},
        {"status": "retracted"},
    ],
)
def test_what_is_retracted_or_unsound_is_refused_in_any_spelling(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    assert load_one(tmp_path, **changes).refused


@pytest.mark.parametrize(
    "changes", [{}, {"use": "context"}, {"use": None}, {"retracted": False}, {"retracted": "no"}]
)
def test_other_entries_are_not_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    assert not load_one(tmp_path, **changes).refused


def test_a_misspelt_use_is_an_error_and_never_lets_an_entry_through(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"do_not_us") as caught:
        load_one(tmp_path, use="do_not_us")
    assert caught.value.code == "evidence.unknown-use"
    assert "trials.yaml:1" in caught.value.where


def test_counts_add_up_over_entries() -> None:
    evidence = shipped()
    counts = evidence.counts()
    assert counts["entries"] == len(evidence.trials)
    assert counts["arms"] == sum(len(trial.arms) for trial in evidence.trials)
    usable = Counter(row.origin.section for _, row, why in evidence.rows() if not why)
    for section in SECTIONS:
        assert counts[f"{section} usable"] == usable[section]


def test_the_shipped_file_is_mostly_usable_where_it_is_numeric() -> None:
    # Guards against a reader that lists everything with a reason: what the calibration needs must come through.
    by_id = shipped().by_id
    feder = by_id["feder_2021"].outcomes[0]
    assert (feder.usable, feder.times.points, feder.estimate.centre) == (True, ((336.0, 336.0),), -11.88)
    assert feder.estimate.effect == (-1.13, -1.13)
    assert feder.estimate.effect_ci == (-1.91, -0.36)
    albott = by_id["albott_2018"].outcomes[0]
    assert albott.usable
    assert albott.estimate.standard_error == pytest.approx(
        5.23, abs=0.01
    )  # as printed beside it, derived there
    assert [arm.first_day for arm in by_id["glue_2017"].arms] == [0.0, 7.0, 14.0]
    assert all(arm.sessions_h == (0.0,) for arm in by_id["glue_2017"].arms)
    assert by_id["hull_2022"].outcomes[0].estimate.effect == (-1.56, -1.56)
    assert by_id["abdallah_2022"].setting.veterans
    assert by_id["abdallah_2022"].setting.masking == "masked"
    assert by_id["albott_2018"].setting.masking == "open"


def test_a_copy_of_the_file_elsewhere_reads_the_same(tmp_path: Path) -> None:
    copy = tmp_path / "mine.yaml"
    copy.write_bytes(SHIPPED_TRIALS.read_bytes())
    first, second = shipped(), load_trials(copy)
    assert first.trials == second.trials
    assert first.sha256 != second.sha256  # the name is hashed too


def test_an_entry_of_nothing_but_an_id_is_read(tmp_path: Path) -> None:
    trial = load(tmp_path, {"id": "bare"})[0]
    assert (trial.rows, trial.arms, trial.use, trial.setting.masking) == ((), (), "not_stated", "not_stated")


def test_fields_that_are_not_known_are_left_aside_and_said(tmp_path: Path) -> None:
    assert "field colour of the entry is not used" in load_one(tmp_path, colour="red").flags


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("", "evidence.no-list", "t.yaml"),
        ("{}", "evidence.no-list", "t.yaml"),
        ("- 3\n", "evidence.no-list", "entry 1"),
        ("- id: a\n  use: [\n", "evidence.yaml", "t.yaml:3"),
        ("- id: a\n  id: b\n", "evidence.yaml", "t.yaml:2"),
        ("- {use: context}\n", "evidence.field-missing", "t.yaml:1"),
        ("- {id: a}\n- {id: a}\n", "evidence.entry-twice", "t.yaml:2"),
        ("- {id: a, arms: 3}\n", "evidence.field-malformed", "field arms"),
        ("- {id: a, outcomes: [3]}\n", "evidence.row-malformed", "outcomes, row 1"),
        ("- {id: a, arms: [{id: k}, {id: k}]}\n", "evidence.arm-twice", "entry a"),
        ("- id: 2026-13-45\n", "evidence.yaml", "t.yaml"),
        ("- &a {id: a, why: *a}\n", "evidence.yaml", "t.yaml:1"),
        ("- id: " + "[" * 100 + "]" * 100, "evidence.yaml", "t.yaml:1"),
    ],
)
def test_a_broken_file_is_an_error_that_names_the_place(
    tmp_path: Path, text: str, code: str, where: str
) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_trials(path)
    assert caught.value.code == code
    assert where in caught.value.where


def test_missing_files_folders_and_other_encodings_are_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(InputError):
            load_trials(path)
    (tmp_path / "latin.yaml").write_bytes("- id: Rotharmel\n  citation: na\xefve".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        load_trials(tmp_path / "latin.yaml")


def test_anchors_that_a_yaml_writer_makes_of_repeated_lists_are_read(tmp_path: Path) -> None:
    days = [0, 2, 4]
    arms = [
        {"id": name, "drug": "ketamine", "route": "SC", "dose": 1, "unit": "mg/kg", "schedule_days": days}
        for name in ("a", "b")
    ]
    path = tmp_path / "trials.yaml"
    text = yaml.safe_dump([entry(arms=arms, outcomes=[outcome(arm="a|b")])])
    assert "*id001" in text
    path.write_text(text, encoding="utf-8")
    assert [arm.sessions_h for arm in load_trials(path).trials[0].arms] == [(0.0, 48.0, 96.0)] * 2


def test_an_unknown_entry_is_an_error_with_a_near_one() -> None:
    with pytest.raises(InputError, match="feder_2021"):
        shipped().get("feder_2022")
