"""To the last mL, with two people, and nothing is ever edited."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import event as seen
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.therapy.session.visit import AUDITOR, COLLEAGUE, DOCTOR, NURSE, THERAPIST, VIAL, at

from ataraxy.therapy import drug_register_decide as decide
from ataraxy.therapy.drug_register import Register, Totals, evolve_register, fold_register
from ataraxy.therapy.drug_register_events import (
    KINDS,
    DiscrepancyExplained,
    DrawCounted,
    DrugCounted,
    DrugDrawn,
    DrugGiven,
    DrugReceived,
    DrugReturned,
    DrugWasted,
    Event,
    parse_register_event,
)
from ataraxy.therapy.refusal import Refusal

TWO: dict[str, Any] = {"actor": NURSE, "witness": COLLEAGUE, "at": at(0)}
BOX = VIAL.replace(id="box", unit="piece", content=Decimal(3), strength=Decimal(28), lot="B1")


def after(register: Register | None, events: tuple[Event, ...]) -> Register:
    found = fold_register(register, events)
    assert found is not None
    return found


def stocked(*vials: Any) -> Register:
    register: Register | None = None
    for vial in vials or (VIAL,):
        register = after(register, decide.receive(register, "room", vial, **TWO))
    assert register is not None
    return register


def drawn(amount: str = "0.7") -> Register:
    register = stocked()
    return after(register, decide.draw(register, "d1", "vial-1", "s1", Decimal(amount), **TWO))


def code_of(command: Any, *args: Any, **options: Any) -> str:
    with pytest.raises(Refusal) as refused:
        command(*args, **{**TWO, **options})
    assert refused.value.remedy
    return refused.value.code


def test_a_session_is_accounted_for_when_what_was_drawn_is_given_and_wasted() -> None:
    register = drawn()
    with pytest.raises(Refusal) as refused:
        decide.require_reconciled(register, "s1")
    assert refused.value.code == "register.not-reconciled"
    register = after(register, decide.record_given(register, "d1", Decimal("0.55"), **TWO))
    register = after(register, decide.waste(register, Decimal("0.15"), "stopped early", draw_id="d1", **TWO))
    decide.require_reconciled(register, "s1")
    totals = register.totals()
    assert (totals.received, totals.in_containers) == (10, Decimal("9.3"))
    assert (totals.given, totals.wasted, totals.in_draws) == (Decimal("0.55"), Decimal("0.15"), 0)
    assert totals.unaccounted == 0


@pytest.mark.parametrize(
    ("command", "args"),
    [
        (decide.receive, ("room", VIAL.replace(id="v2"))),
        (decide.draw, ("d2", "vial-1", "s1", Decimal(1))),
        (decide.record_given, ("d1", Decimal("0.1"))),
        (decide.waste, (Decimal("0.1"), "x")),
        (decide.count, ("c1", Decimal(1))),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_every_entry_has_a_second_person_who_may_witness(command: Any, args: tuple[Any, ...]) -> None:
    place = {"draw_id": "d1"} if command in (decide.waste, decide.count) else {}
    assert code_of(command, drawn(), *args, witness=NURSE, **place) == "role.same-person"
    assert code_of(command, drawn(), *args, witness=THERAPIST, **place) == "role.not-permitted"
    assert code_of(command, drawn(), *args, actor=AUDITOR, **place) == "role.not-permitted"


@pytest.mark.parametrize(("amount", "passes"), [("10", True), ("10.01", False), ("0", True), ("-1", False)])
def test_no_more_is_drawn_than_is_there(amount: str, passes: bool) -> None:
    if passes and amount != "0":
        assert drawn(amount).container("vial-1").remaining == 0  # type: ignore[union-attr]
    elif not passes:
        code = code_of(decide.draw, stocked(), "d1", "vial-1", "s1", Decimal(amount))
        assert code == ("register.more-than-there" if amount[0] != "-" else "register.amount")


@pytest.mark.parametrize("amount", ["0.71", "7"])
def test_no_more_is_given_or_wasted_than_was_drawn(amount: str) -> None:
    assert code_of(decide.record_given, drawn(), "d1", Decimal(amount)) == "register.more-than-there"
    code = code_of(decide.waste, drawn(), Decimal(amount), "x", draw_id="d1")
    assert code == "register.more-than-there"


def test_a_label_that_was_read_wrongly_does_not_bar_its_lot_once_it_went_back() -> None:
    wrong = VIAL.replace(id="v2", lot="L9", strength=VIAL.strength * 2)
    right = VIAL.replace(id="v3", lot="L9")
    register = stocked(wrong)
    assert code_of(decide.receive, register, "room", right) == "register.lot-strength"
    register = after(
        register, decide.return_drug(register, wrong.content, "label read wrongly", container="v2", **TWO)
    )
    register = after(register, decide.receive(register, "room", right, **TWO))
    assert code_of(decide.receive, register, "room", wrong.replace(id="v4")) == "register.lot-strength"
    assert register.totals().unaccounted == 0


@pytest.mark.parametrize(
    "slip", [{"strength": Decimal(5000)}, {"content": Decimal(9_999_999)}, {"strength": Decimal("200.01")}]
)
def test_a_container_that_nobody_makes_is_not_received(slip: dict[str, Decimal]) -> None:
    assert (
        code_of(decide.receive, stocked(), "room", VIAL.replace(id="v2", lot="L9", **slip))
        == "register.label"
    )


def test_a_lot_has_one_strength() -> None:
    for other in (VIAL.replace(id="v2", strength=Decimal(10)), VIAL.replace(id="v2", strength=Decimal(100))):
        assert code_of(decide.receive, stocked(), "room", other) == "register.lot-strength"
    stocked(VIAL, VIAL.replace(id="v2"), VIAL.replace(id="v3", lot="K-18", strength=Decimal(10)))


def test_an_expired_container_is_neither_received_nor_drawn_but_can_be_wasted() -> None:
    old = VIAL.replace(expires_on=date(2026, 3, 1))
    assert code_of(decide.receive, None, "room", old) == "register.expired"
    register = stocked(VIAL.replace(expires_on=date(2026, 3, 2)))
    later = at(0) + timedelta(days=1)
    code = code_of(decide.draw, register, "d1", "vial-1", "s", Decimal(1), at=later)
    assert code == "register.expired"
    register = after(
        register,
        decide.waste(register, Decimal(10), "expired", container="vial-1", **{**TWO, "at": later}),
    )
    assert register.totals().in_containers == 0


def test_liquid_is_never_put_back_and_pieces_are() -> None:
    assert code_of(decide.return_drug, drawn(), Decimal("0.1"), draw_id="d1") == "register.put-back"
    register = stocked(BOX)
    register = after(register, decide.draw(register, "d1", "box", "s1", Decimal(2), **TWO))
    register = after(register, decide.record_given(register, "d1", Decimal(1), **TWO))
    register = after(register, decide.return_drug(register, Decimal(1), "refused", draw_id="d1", **TWO))
    assert register.container("box").remaining == 2  # type: ignore[union-attr]
    decide.require_reconciled(register, "s1")


def test_a_container_goes_back_to_the_supplier() -> None:
    register = stocked()
    register = after(register, decide.return_drug(register, Decimal(10), "recall", container="vial-1", **TWO))
    assert (register.totals().returned, register.totals().in_containers) == (10, 0)


def test_a_count_that_differs_is_a_discrepancy_that_stays() -> None:
    register = stocked()
    register = after(register, decide.count(register, "c1", Decimal("9.8"), container="vial-1", **TWO))
    assert register.discrepancies[0].amount == Decimal("-0.2")
    assert register.container("vial-1").remaining == Decimal("9.8")  # type: ignore[union-attr]
    assert register.unexplained == register.discrepancies
    assert code_of(decide.explain, register, "c1", " ") == "register.reason"
    assert code_of(decide.explain, register, "c9", "x") == "register.no-discrepancy"
    for text in ("dead space of the needle", "see incident 4"):
        register = after(register, decide.explain(register, "c1", text, **{**TWO, "actor": DOCTOR}))
    assert register.unexplained == ()
    found = register.discrepancies[0]
    assert (found.amount, found.explanations) == (
        Decimal("-0.2"),
        ("dead space of the needle", "see incident 4"),
    )
    # Counting right again does not remove it.
    register = after(register, decide.count(register, "c2", Decimal("9.8"), container="vial-1", **TWO))
    assert len(register.discrepancies) == 1
    assert register.totals().unaccounted == 0


def test_a_vial_with_more_than_its_label_is_counted_before_more_is_drawn() -> None:
    register = stocked()
    assert code_of(decide.draw, register, "d", "vial-1", "s", Decimal("10.3")) == "register.more-than-there"
    register = after(register, decide.count(register, "c", Decimal("10.4"), container="vial-1", **TWO))
    register = after(register, decide.draw(register, "d", "vial-1", "s", Decimal("10.3"), **TWO))
    assert register.totals().found == Decimal("0.4")


def test_what_is_left_of_a_draw_is_counted_too() -> None:
    register = drawn()
    register = after(register, decide.record_given(register, "d1", Decimal("0.5"), **TWO))
    register = after(register, decide.count(register, "c", Decimal("0.1"), draw_id="d1", **TWO))
    assert register.discrepancies[0].draw == "d1"
    register = after(register, decide.waste(register, Decimal("0.1"), "rest", draw_id="d1", **TWO))
    decide.require_reconciled(register, "s1")
    assert register.unexplained != ()


@pytest.mark.parametrize(
    ("command", "args", "options", "code"),
    [
        (decide.draw, ("d1", "vial-1", "s", Decimal(1)), {}, "register.twice"),
        (decide.draw, ("d2", "vial-9", "s", Decimal(1)), {}, "register.unknown"),
        (decide.record_given, ("d9", Decimal(1)), {}, "register.unknown"),
        (decide.record_given, ("d1", Decimal("0.1")), {"at": at(-5)}, "register.order"),
        (decide.receive, ("room", VIAL), {}, "register.twice"),
        (decide.receive, ("cellar", VIAL.replace(id="v2")), {}, "register.location"),
        (decide.waste, (Decimal("0.1"), "x"), {}, "register.place"),
        (decide.waste, (Decimal("0.1"), "x"), {"draw_id": "d1", "container": "vial-1"}, "register.place"),
        (decide.waste, (Decimal("0.1"), " "), {"draw_id": "d1"}, "register.reason"),
        (decide.waste, (Decimal(0), "x"), {"draw_id": "d1"}, "register.amount"),
        (decide.count, ("c", Decimal(-1)), {"draw_id": "d1"}, "register.amount"),
        (decide.count, ("c", Decimal(1)), {}, "register.place"),
    ],
)
def test_an_entry_names_what_is_there(command: Any, args: Any, options: Any, code: str) -> None:
    assert code_of(command, drawn(), *args, **options) == code


# --- laws over any order of entries ---

AMOUNT = st.decimals("0.01", 12, places=2)
HEAD: dict[str, Any] = {"location": "room", "at": at(0), "by": "a", "witness": "b"}
DRAWS, VIALS = st.sampled_from(["d1", "d2", "d3"]), st.sampled_from(["v1", "v2", "box"])


def place(kind: Any) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(lambda d, a: kind(**HEAD, draw=d, amount=a, reason="r"), DRAWS, AMOUNT),
        st.builds(lambda v, a: kind(**HEAD, container=v, amount=a, reason="r"), VIALS, AMOUNT),
    )


EVENTS = st.one_of(
    st.builds(lambda v, c: DrugReceived(**HEAD, vial=VIAL.replace(id=v, content=c)), VIALS, AMOUNT),
    st.builds(
        lambda d, v, a: DrugDrawn(**HEAD, draw=d, container=v, session="s", amount=a), DRAWS, VIALS, AMOUNT
    ),
    st.builds(lambda d, a: DrugGiven(**HEAD, draw=d, amount=a), DRAWS, AMOUNT),
    place(DrugWasted),
    place(DrugReturned),
    st.builds(
        lambda n, v, a: DrugCounted(**HEAD, count=f"c{n}", container=v, expected=1, counted=a),
        st.integers(0, 9),
        VIALS,
        AMOUNT,
    ),
    st.builds(
        lambda n, d, a: DrawCounted(**HEAD, count=f"c{n}", draw=d, expected=1, counted=a),
        st.integers(0, 9),
        DRAWS,
        AMOUNT,
    ),
    st.builds(
        lambda n: DiscrepancyExplained(**HEAD, count=f"c{n}", explanation="because"), st.integers(0, 9)
    ),
)


@settings(max_examples=300)
@given(st.lists(EVENTS, max_size=25))
def test_every_order_of_entries_folds_and_no_drug_appears_or_vanishes(events: list[Event]) -> None:
    register: Register | None = None
    for event in events:
        before = register
        register = evolve_register(register, event)
        assert register.totals().unaccounted == 0
        assert sum((one.totals for one in register.balances), Totals()) == register.totals()
        assert [d for d in register.draws if d.remaining != 0] == sorted(
            register.open_draws(), key=register.draws.index
        )
        assert {c.vial.id for c in register.containers if c.remaining != 0} == {
            c.vial.id for c in register.held
        }
        for lot in {c.vial.lot for c in register.containers}:
            assert register.totals(lot=lot).unaccounted == 0
        if before is not None:
            kept = [(d.id, d.amount) for d in before.discrepancies]
            assert [(d.id, d.amount) for d in register.discrepancies][: len(kept)] == kept
    if register is not None:
        assert Register.model_validate(register.model_dump(mode="json")) == register
        seen(f"irregular {len(register.irregular)} of {len(events)}"[:14])


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from("dgwrc"), st.decimals(0, 6, places=1)), max_size=20))
def test_commands_never_take_more_than_there_is(steps: list[tuple[str, Decimal]]) -> None:
    register = stocked()
    for number, (step, amount) in enumerate(steps):
        try:
            match step:
                case "d":
                    found = decide.draw(register, f"d{number}", "vial-1", "s", amount, **TWO)
                case "g":
                    found = decide.record_given(register, register.draws[-1].id, amount, **TWO)
                case "w":
                    found = decide.waste(register, amount, "r", draw_id=register.draws[-1].id, **TWO)
                case "r":
                    found = decide.return_drug(register, amount, container="vial-1", **TWO)
                case _:
                    found = decide.count(register, f"c{number}", amount, container="vial-1", **TWO)
        except (Refusal, IndexError):
            continue
        except ValueError:  # an amount of zero has no entry
            assert amount == 0
            continue
        register = after(register, found)
        assert register.irregular == ()
        assert all(c.remaining >= 0 for c in register.containers)
        assert all(d.remaining >= 0 for d in register.draws)
        assert register.totals().unaccounted == 0


def test_an_entry_survives_json() -> None:
    register = drawn()
    events: tuple[Event, ...] = (
        *decide.receive(None, "room", VIAL, **TWO),
        *decide.draw(stocked(), "d1", "vial-1", "s1", Decimal("0.7"), **TWO),
        *decide.count(register, "c1", Decimal(1), draw_id="d1", **TWO),
    )
    for event in events:
        assert parse_register_event(event.kind, event.model_dump(mode="json")) == event
    assert len(KINDS) == 8
    with pytest.raises(Refusal):
        parse_register_event("register.lost", {})
