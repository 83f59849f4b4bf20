from __future__ import annotations

from ataraxy.reports.analyte_order import in_reading_order, label


def test_sums_stand_before_their_enantiomers_moiety_by_moiety() -> None:
    assert in_reading_order(["S-ketamine", "S-norketamine", "R-ketamine", "norketamine", "ketamine"]) == (
        "ketamine",
        "S-ketamine",
        "R-ketamine",
        "norketamine",
        "S-norketamine",
    )


def test_a_sum_says_that_it_is_one() -> None:
    assert label("ketamine") == "ketamine (S + R)"
    assert label("R-ketamine") == "R-ketamine"
