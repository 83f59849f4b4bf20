import io

from rich.console import Console

from ataraxy.validation.kinetics import KineticValidation
from ataraxy.validation.prediction_error import summarise
from ataraxy.validation.summary import describe, print_validation


def printed(result: KineticValidation, *, rows: bool = False) -> str:
    console = Console(file=io.StringIO(), width=300)
    print_validation(result, console, rows=rows)
    stream = console.file
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def test_the_headline_comes_first_and_every_study_and_skipped_row_follows(shipped: KineticValidation) -> None:
    text = printed(shipped)
    assert text.index(describe(shipped.headline)) < text.index("rolan2014")
    assert describe(shipped.with_unscored) in text
    for study in shipped.studies:
        assert study.study in text
    for row in shipped.skipped:
        assert row.reason in text


def test_own_data_and_model_estimates_stand_apart(shipped: KineticValidation) -> None:
    text = printed(shipped)
    independent, own, estimates = (
        text.index(title) for title in ("Independent studies  ", "A model's own data", "Model estimates")
    )
    assert (
        independent
        < text.index("rolan2014")
        < own
        < text.index("otto-2021-iv")
        < estimates
        < text.index("hornik2018")
    )


def test_every_miss_is_shown(shipped: KineticValidation) -> None:
    text = printed(shipped)
    misses = [row for row in shipped.rows if row.scored and (row.fold_error or 0) > 2]
    assert misses
    part = text[text.index("Misses") : text.index("Shown, not scored")]
    for row in misses:
        assert row.study in part


def test_all_rows_are_printed_on_request(irregular_result: KineticValidation) -> None:
    assert "All scored rows" in printed(irregular_result, rows=True)
    assert "All scored rows" not in printed(irregular_result)


def test_nothing_to_score_is_said_and_not_a_number() -> None:
    assert describe(summarise([])) == "no scored row"
