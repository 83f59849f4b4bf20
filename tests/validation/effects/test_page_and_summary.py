"""Counts and misses in the terminal and on the page."""

import io

import pytest
from rich.console import Console

from ataraxy.evidence.trials import TrialEvidence, load_trials
from ataraxy.validation.effects import validate_effects
from ataraxy.validation.effects_page import effects_text
from ataraxy.validation.effects_summary import print_effects_validation, time_text


@pytest.fixture(scope="module")
def results():
    whole = load_trials()
    chosen = tuple(whole.get(name) for name in ("glue_2017", "taylor_2018", "szarmach_2020_bp"))
    few = TrialEvidence(chosen, whole.file, whole.sha256)
    return (
        validate_effects(few, draws=3, people=4, tables=True),
        validate_effects(few, draws=3, people=4, world="null"),
    )


def test_the_terminal_shows_counts_targets_misses_and_reasons(results):
    out = io.StringIO()
    print_effects_validation(results[0], Console(file=out, width=200))
    text = out.getvalue()
    for word in ("inside their interval", "V13", "Negative controls", "Skipped", "a schedule of ratings"):
        assert word in text
    assert "Null world" not in text


def test_the_null_world_says_so_first(results):
    out = io.StringIO()
    print_effects_validation(results[1], Console(file=out, width=200))
    assert "Null world" in "\n".join(out.getvalue().splitlines()[:3])


def test_the_page_has_both_tables_onset_and_every_compared_row(results):
    text = effects_text(*results)
    for heading in (
        "## Hours against weeks",
        "## Targets",
        "## Negative controls",
        "### Misses",
        "### Skipped",
    ):
        assert heading in text
    compared = [row for row in results[0].rows if row.status != "skipped"]
    rows = text[text.index("### Misses") : text.index("### Skipped")]
    assert rows.count("\n| ") - rows.count("\n| trial |") == len(compared)


def test_hours_become_days_where_they_are_many():
    assert [time_text(x) for x in (None, 0.5, 24.0, 168.0)] == ["", "0.5 h", "24 h", "7 d"]
