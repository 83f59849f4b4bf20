from __future__ import annotations

import numpy as np
import pytest
from tests.reports import synthetic

from ataraxy.reports.wording import (
    calendar_in_words,
    drug_in_words,
    link,
    listed,
    people_in_words,
    sentence,
    with_links,
)
from ataraxy.therapy.calendar import parse_calendar


@pytest.mark.parametrize(
    ("calendar", "words"),
    [
        ("once", "one session"),
        (
            "6 sessions over 2 weeks",
            "6 sessions over 2 weeks, on days 0, 2, 4, 7, 9 and 11 (day 0 is the first)",
        ),
        (
            "every 3 days for 3 sessions",
            "3 sessions, one every 3 days, on days 0, 3 and 6 (day 0 is the first)",
        ),
        (
            "twice weekly for 4 weeks, then weekly for 9 weeks",
            "8 sessions over 4 weeks, then 9 sessions over 9 weeks; 17 sessions in all, from day 0 to day 84 "
            "(day 0 is the first)",
        ),
    ],
)
def test_a_calendar_is_told_as_a_clinician_would(calendar: str, words: str) -> None:
    assert calendar_in_words(synthetic.protocol(calendar=parse_calendar(calendar))) == words


def test_listed_days_need_no_phases() -> None:
    assert (
        calendar_in_words(synthetic.protocol((0.0, 1.5)))
        == "2 sessions, on days 0 and 1.5 (day 0 is the first)"
    )


def test_an_assumed_salt_is_said_to_be_assumed() -> None:
    assert "assumed" in drug_in_words(synthetic.protocol(basis_status="assumed"))
    assert "assumed" not in drug_in_words(synthetic.protocol())


def test_people_are_counted_once_however_many_rows_they_have() -> None:
    words = people_in_words(synthetic.result())
    assert words.startswith("2 simulated adults: 50% female, age 40.0 years")


def test_a_table_without_covariates_leaves_the_number_alone() -> None:
    assert people_in_words(synthetic.result(per_person={"person": np.array([0])})) == "2 simulated adults"


def test_addresses_and_dois_become_links_and_keep_no_stop() -> None:
    html = with_links("Nobody 2020, doi 10.1000/made.up. See https://example.org/a, or <b>.")
    assert '<a href="https://doi.org/10.1000/made.up" rel="noreferrer">10.1000/made.up</a>.' in html
    assert '<a href="https://example.org/a" rel="noreferrer">https://example.org/a</a>,' in html
    assert html.endswith("or &lt;b&gt;.")


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", 'https://a" onclick="x', "//a.b"]
)
def test_an_address_that_is_not_of_the_web_is_no_link(address: str) -> None:
    assert "<a" not in link(address, address)


def test_sentences_begin_and_end_as_sentences() -> None:
    assert sentence("base is assumed") == "Base is assumed."
    assert sentence("S-ketamine was not studied.") == "S-ketamine was not studied."
    assert sentence("") == ""
    assert listed(["a", "b", "c"]) == "a, b and c"
