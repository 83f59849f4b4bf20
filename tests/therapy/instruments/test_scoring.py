"""Scores follow the published rules of each scale, and answers that do not fit are refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.errors import InputError
from ataraxy.exchange.instrument_file import get_instrument, instruments
from ataraxy.therapy.instruments.instrument import Instrument, Item, Reproduction
from ataraxy.therapy.instruments.scoring import band_of, change, flagged, score, total_only

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
WITH_ITEMS = [one for one in instruments().values() if one.items]
ALL = list(instruments().values())


@pytest.mark.parametrize(
    ("name", "total", "band"),
    [
        ("GAD-7", 4, "minimal"), ("GAD-7", 5, "mild"), ("GAD-7", 9, "mild"), ("GAD-7", 10, "moderate"),
        ("GAD-7", 14, "moderate"), ("GAD-7", 15, "severe"), ("GAD-7", 21, "severe"),
        ("PHQ-9", 4, "minimal"), ("PHQ-9", 5, "mild"), ("PHQ-9", 10, "moderate"), ("PHQ-9", 14, "moderate"),
        ("PHQ-9", 15, "moderately severe"), ("PHQ-9", 19, "moderately severe"), ("PHQ-9", 20, "severe"),
        ("HAM-A", 7, "none or minimal"), ("HAM-A", 8, "mild"), ("HAM-A", 14, "mild"), ("HAM-A", 15, "moderate"),
        ("HAM-A", 23, "moderate"), ("HAM-A", 24, "severe"), ("PCL-5", 33, ""), ("LSAS", 60, ""),
    ],
)  # fmt: skip
def test_bands_change_where_the_publication_says(name: str, total: int, band: str) -> None:
    assert band_of(get_instrument(name), total) == band


@pytest.mark.parametrize(
    ("name", "cut_offs", "important", "response", "remission"),
    [
        ("GAD-7", {8, 10}, 4, 0.5, 4),
        ("PHQ-9", {10}, 5, 0.5, 4),
        ("PCL-5", {31, 33}, 10, 0.5, 28),
        ("HAM-A", set(), 3.4, 0.5, 7),
        ("LSAS", {30, 60}, 10.7, 0.35, 30),
        ("CAPS-5", {23}, 7, 0.3, 8),
    ],
)
def test_thresholds_are_those_of_the_sources(
    name: str, cut_offs: set[float], important: float, response: float, remission: float
) -> None:
    one = get_instrument(name)
    assert {cut.at_least for cut in one.cut_offs} == cut_offs
    assert one.important is not None
    assert one.response is not None
    assert one.remission is not None
    assert (one.important.value, one.response.value, one.remission.value) == (important, response, remission)


@pytest.mark.parametrize("one", WITH_ITEMS, ids=lambda one: one.id)
def test_the_lowest_and_highest_answers_give_the_ends_of_the_range(one: Instrument) -> None:
    best = [one.item_high if item.reverse else one.item_low for item in one.items]
    worst = [one.item_low if item.reverse else one.item_high for item in one.items]
    assert score(one, best, at=AT).total == one.low
    assert score(one, worst, at=AT).total == one.high


@given(data=st.data())
def test_one_point_more_on_an_item_moves_the_total_by_one(data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(WITH_ITEMS))
    answers = data.draw(
        st.lists(
            st.integers(one.item_low, one.item_high - 1), min_size=len(one.items), max_size=len(one.items)
        )
    )
    index = data.draw(st.integers(0, len(answers) - 1))
    more = [*answers[:index], answers[index] + 1, *answers[index + 1 :]]
    step = score(one, more, at=AT).total - score(one, answers, at=AT).total
    assert step == (-1 if one.items[index].reverse else 1)


def test_a_reversed_item_is_turned_around_before_it_is_added() -> None:
    plain = get_instrument("GAD-7")
    items = tuple(Item(number=i.number, text=i.text, reverse=i.number == 2) for i in plain.items)
    turned = plain.model_copy(update={"items": items})
    assert score(plain, [1, 3, 0, 0, 0, 0, 0], at=AT).total == 4
    assert score(turned, [1, 3, 0, 0, 0, 0, 0], at=AT).total == 1
    # what was answered is kept as it was answered
    assert score(turned, [1, 3, 0, 0, 0, 0, 0], at=AT).answers[1] == 3


@pytest.mark.parametrize("name", ["GAD-7", "PHQ-9"])
def test_up_to_two_items_left_out_are_filled_with_the_mean_of_the_others(name: str) -> None:
    one = get_instrument(name)
    count = len(one.items)
    found = score(one, [None, None, *[2] * (count - 2)], at=AT)
    assert found.total == 2 * count
    assert found.prorated
    with pytest.raises(InputError) as refused:
        score(one, [None, None, None, *[2] * (count - 3)], at=AT)
    assert refused.value.code == "score.missing"
    assert "At most 2" in refused.value.remedy


@pytest.mark.parametrize(
    "one", [o for o in WITH_ITEMS if o.missing is None or o.missing.fill == "refuse"], ids=lambda one: one.id
)
def test_without_a_rule_no_item_may_be_left_out(one: Instrument) -> None:
    with pytest.raises(InputError) as refused:
        score(one, [None, *[one.item_low] * (len(one.items) - 1)], at=AT)
    assert refused.value.code == "score.missing"


@pytest.mark.parametrize("one", WITH_ITEMS, ids=lambda one: one.id)
def test_answers_that_do_not_fit_are_refused_with_what_is_expected(one: Instrument) -> None:
    count, low, high = len(one.items), one.item_low, one.item_high
    for answers in ([low] * (count - 1), [low] * (count + 1), []):
        with pytest.raises(InputError) as refused:
            score(one, answers, at=AT)
        assert refused.value.code == "score.items"
        assert str(count) in refused.value.message
    for wrong in (low - 1, high + 1, True, 1.5, "1"):
        with pytest.raises(InputError) as refused:
            score(one, [wrong, *[low] * (count - 1)], at=AT)  # type: ignore[list-item]
        assert refused.value.code == "score.answer"
        assert "item 1" in refused.value.message
        assert str(high) in refused.value.remedy


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_totals_out_of_range_and_unknown_versions_are_refused(one: Instrument) -> None:
    for total in (one.low - 1, one.high + 1, float("nan"), float("inf"), True):
        with pytest.raises(InputError) as refused:
            total_only(one, total, at=AT)
        assert refused.value.code == "score.total"
    with pytest.raises(InputError) as refused:
        total_only(one, one.low, at=AT, version=one.version + 1)
    assert refused.value.code == "score.version"
    assert f"version {one.version}" in refused.value.remedy
    assert total_only(one, one.high, at=AT, version=one.version).total == one.high


def test_a_scale_that_is_not_known_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as refused:
        get_instrument("GAD7")
    assert refused.value.code == "instrument.unknown"
    assert "GAD-7" in refused.value.remedy


@pytest.mark.parametrize(
    ("name", "before", "after", "important", "response", "remission", "worse"),
    [
        ("GAD-7", 16, 13, False, False, False, False),
        ("GAD-7", 16, 12, True, False, False, False),
        ("GAD-7", 16, 8, True, True, False, False),
        ("GAD-7", 16, 4, True, True, True, False),
        ("GAD-7", 10, 13, False, False, False, False),
        ("GAD-7", 10, 14, False, False, False, True),
        ("HAM-A", 24, 12, True, True, False, False),
        ("HAM-A", 24, 13, True, False, False, False),
        ("HAM-A", 24, 7, True, True, True, False),
        ("LSAS", 100, 65, True, True, False, False),
        ("LSAS", 100, 66, True, False, False, False),
        ("CAPS-5", 40, 28, True, True, False, False),
        ("CAPS-5", 40, 29, True, False, False, False),
        ("PCL-5", 50, 60, False, False, False, True),
    ],
)
def test_change_is_judged_at_the_edges_of_the_rules(
    name: str, before: float, after: float, important: bool, response: bool, remission: bool, worse: bool
) -> None:
    one = get_instrument(name)
    found = change(one, total_only(one, before, at=AT), total_only(one, after, at=AT))
    assert (found.important, found.response, found.remission, found.worse) == (
        important,
        response,
        remission,
        worse,
    )
    assert found.points == after - before


def test_scores_of_two_scales_are_not_compared() -> None:
    gad, ham = get_instrument("GAD-7"), get_instrument("HAM-A")
    with pytest.raises(InputError) as refused:
        change(gad, total_only(gad, 10, at=AT), total_only(ham, 10, at=AT))
    assert refused.value.code == "score.scale"


@pytest.mark.parametrize("answer", [0, 1, 2, 3])
def test_the_ninth_item_of_the_phq_raises_its_flag_from_one(answer: int) -> None:
    one = get_instrument("PHQ-9")
    found = score(one, [0] * 8 + [answer], at=AT)
    assert found.flags == (("suicidality",) if answer >= 1 else ())
    assert flagged(one, None, found) == found.flags


def test_worsening_and_suicidality_are_both_seen() -> None:
    one = get_instrument("PHQ-9")
    before, after = score(one, [0] * 9, at=AT), score(one, [1, 1, 1, 1, 0, 0, 0, 0, 1], at=AT)
    assert flagged(one, before, after) == ("suicidality", "worsening")
    # a total that was added up elsewhere says nothing about an item
    assert total_only(one, 27, at=AT).flags == ()


def test_item_texts_ship_only_where_reproduction_is_free() -> None:
    with_text = {one.id for one in ALL if any(item.text for item in one.items)}
    assert with_text == {"GAD-7", "PHQ-9", "HAM-A", "PCL-5"}
    for one in ALL:
        assert one.licence
        assert one.source
        if one.id in ("GAD-7", "PHQ-9"):
            assert one.reproduction is Reproduction.WITH_NOTICE
            assert "Pfizer" in one.notice
        elif one.id not in with_text:
            assert one.reproduction is Reproduction.TOTAL_ONLY
            assert not one.answers


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_every_threshold_names_its_source(one: Instrument) -> None:
    for number in (one.important, one.reliable, one.response, one.remission, one.worsening):
        assert number is None or number.source
    assert all(cut.source for cut in one.cut_offs)
