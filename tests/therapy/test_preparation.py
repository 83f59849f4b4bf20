"""Two people, one dose: whatever disagrees refuses, and a tenfold slip never passes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.therapy.session.visit import (
    AUDITOR,
    COLLEAGUE,
    DOCTOR,
    NURSE,
    VIAL,
    Visit,
    at,
    iv_order,
    policy,
    raw,
)

from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.therapy.dose_order import DoseOrder, on_basis, order_of
from ataraxy.therapy.drug import MOLAR_MASS_BASE, MOLAR_MASS_HYDROCHLORIDE, Basis, Drug
from ataraxy.therapy.planned_dose import total_mg_base
from ataraxy.therapy.preparation import (
    Calculation,
    Known,
    OwnResult,
    Preparation,
    Problem,
    RawInputs,
    Recalculation,
    Vial,
    calculate,
    quantities,
    slip,
    verify,
)
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.route import Route

TEN = Decimal(10)


def known(**changes: Any) -> Known:
    fields: dict[str, Any] = {"weight_kg": Decimal(70), "vial": VIAL, "order": iv_order()}
    return Known(**{**fields, **changes})


def own(inputs: RawInputs, **changes: Any) -> OwnResult:
    found = quantities(inputs, policy())
    fields: dict[str, Any] = {
        "dose_mg": found.dose_mg,
        "drawn": found.drawn,
        "rate_ml_per_h": found.rates_ml_per_h[0] if found.rates_ml_per_h else None,
    }
    return OwnResult(**{**fields, **changes})


def check(
    first: RawInputs, second: RawInputs, result: OwnResult | None = None, held: Known | None = None
) -> Preparation:
    mine = calculate(first, actor=NURSE, policy=policy(), at=at(-4))
    theirs = Recalculation(by="colleague", at=at(-2), inputs=second, result=result or own(second))
    return verify("prep", mine, theirs, actor=COLLEAGUE, known=held or known(), policy=policy(), at=at(-2))


def refused(*args: Any, **options: Any) -> Refusal:
    with pytest.raises(Refusal) as found:
        check(*args, **options)
    assert found.value.remedy
    return found.value


def vial(strength: int | Decimal, **changes: Any) -> Vial:
    return VIAL.replace(strength=Decimal(strength), **changes)


def test_two_people_who_agree_prepare_the_dose() -> None:
    done = check(raw(), raw())
    assert (done.first_by, done.second_by) == ("nurse", "colleague")
    found = done.quantities
    # 0.5 mg/kg x 70 kg = 35 mg; 35 / 50 = 0.7 mL in 50 mL; 50 mL in 40 min = 75 mL/h
    assert (found.dose_mg, found.drawn, found.diluent_ml) == (35, Decimal("0.7"), Decimal("49.3"))
    assert (found.concentration, found.rates_ml_per_h) == (Decimal("0.7"), (75,))


@given(st.decimals(40, 150, places=1), st.sampled_from([10, 50, 100]), st.integers(40, 250))
def test_what_is_drawn_diluted_and_pumped_is_the_dose(weight: Decimal, strength: int, volume: int) -> None:
    inputs = raw(weight_kg=weight, vial=vial(strength), final_volume_ml=Decimal(volume))
    try:
        found = quantities(inputs, policy())
    except Refusal as refusal:
        assert refusal.code in ("preparation.cap", "preparation.rounding")  # noqa: PT017
        return
    wanted = weight / 2
    limit = wanted * policy().preparation.rounding.value / 100
    assert abs(found.dose_mg - wanted) <= limit
    assert found.dose_mg == found.drawn * strength
    assert found.drawn + found.diluent_ml == found.total_ml == volume
    assert abs(found.concentration * found.total_ml - found.dose_mg_base) < Decimal("0.001")
    given_ml = found.rates_ml_per_h[0] * 40 / 60
    assert abs(given_ml - volume) <= volume * policy().preparation.rounding.value / 100
    assert found.dose_mg_base <= policy().preparation.cap(Route.IV_INFUSION).dose.value  # type: ignore[union-attr]


STRENGTHS = (10, 50, 100)
MIX_UPS = [
    pytest.param(label, one, two, in_register, id=f"label-{label}-first-{one}-second-{two}-lot-{in_register}")
    for label in STRENGTHS
    for one in STRENGTHS
    for two in STRENGTHS
    for in_register in STRENGTHS
    # The second person reads the label in their hand. Everything else is possible.
    if two == label
]


@pytest.mark.parametrize(("label", "one", "two", "in_register"), MIX_UPS)
def test_any_mix_up_of_vial_strengths_is_refused(label: int, one: int, two: int, in_register: int) -> None:
    first, second = raw(vial=vial(one)), raw(vial=vial(two))
    held = known(vial=vial(in_register))
    if one == two == in_register:
        assert check(first, second, held=held).quantities.drawn == Decimal(35) / label
        return
    refusal = refused(first, second, held=held)
    assert refusal.code == "preparation.mismatch"
    assert any("strength" in problem.message for problem in refusal.findings)


@pytest.mark.parametrize("factor", [TEN, 1 / TEN], ids=["ten times", "a tenth"])
@pytest.mark.parametrize("field", ["weight_kg", "final_volume_ml", "strength", "amount"])
@pytest.mark.parametrize("who", ["first", "second"])
def test_a_tenfold_slip_of_one_person_in_any_number_is_refused(who: str, field: str, factor: Decimal) -> None:
    good, bad = raw(), _times(field, factor)
    try:
        theirs = own(bad)
    except Refusal:
        theirs = own(good)
    if who == "first":
        with pytest.raises(Refusal):
            check(bad, good)
        return
    problems = refused(good, bad, theirs).findings
    assert problems


@pytest.mark.parametrize("factor", [TEN, 1 / TEN], ids=["ten times", "a tenth"])
@pytest.mark.parametrize("field", ["weight_kg", "strength", "amount"])
def test_a_tenfold_slip_that_both_make_is_found_by_the_record_or_a_cap(field: str, factor: Decimal) -> None:
    bad = _times(field, factor)
    with pytest.raises(Refusal):
        check(bad, bad)


@pytest.mark.parametrize("factor", [TEN, 1 / TEN], ids=["ten times", "a tenth"])
@pytest.mark.parametrize("field", ["dose_mg", "drawn", "rate_ml_per_h"])
def test_a_tenfold_own_result_is_refused_and_named(field: str, factor: Decimal) -> None:
    result = own(raw())
    bent = result.replace(**{field: getattr(result, field) * factor})
    refusal = refused(raw(), raw(), bent)
    assert refusal.code == "preparation.mismatch"
    assert refusal.findings[0].slip == "tenfold"
    assert "tenfold" in refusal.message


def _times(field: str, factor: Decimal) -> RawInputs:
    if field == "strength":
        return raw(vial=vial(50 * factor))
    if field == "amount":
        return raw(order=iv_order().replace(amount=iv_order().amount * factor))
    return raw(**{field: getattr(raw(), field) * factor})


@pytest.mark.parametrize(
    ("bent", "name"),
    [
        ({"drawn": Decimal(35)}, "mg or mL"),
        ({"dose_mg": Decimal("0.7")}, "mg or mL"),
        ({"dose_mg": Decimal("30.345")}, "salt or base"),
        ({"rate_ml_per_h": Decimal("1.25")}, "minutes or hours"),
        ({"dose_mg": Decimal(35000)}, "thousandfold: g, mg or micrograms"),
        ({"dose_mg": Decimal(70)}, "double or half"),
    ],
)
def test_errors_of_unit_are_named(bent: dict[str, Decimal], name: str) -> None:
    refusal = refused(raw(), raw(), own(raw()).replace(**bent))
    assert refusal.findings[0].slip == name


def test_pounds_in_the_place_of_kilograms_are_recognised() -> None:
    pounds = raw(weight_kg=Decimal("154.3"))
    refusal = refused(raw(), pounds)
    assert any(p.slip == "kg or lb" for p in refusal.findings)
    # Both typed pounds: the last session knows better.
    both = refused(pounds, pounds, held=known(weight_kg=Decimal("154.3"), last_weight_kg=Decimal(70)))
    assert [(p.code, p.slip) for p in both.findings] == [("preparation.weight-change", "kg or lb")]


def test_a_real_change_of_weight_is_confirmed_by_a_prescriber() -> None:
    new = raw(weight_kg=Decimal(79))
    held = known(weight_kg=Decimal(79), last_weight_kg=Decimal(70))
    assert refused(new, new, held=held).code == "preparation.weight-change"
    check(new, new, held=held.replace(weight_change_confirmed=True))


@pytest.mark.parametrize(("last", "passes"), [(Decimal("63.64"), True), (Decimal("63.63"), False)])
def test_a_change_of_weight_is_refused_from_its_limit_on(last: Decimal, passes: bool) -> None:
    held = known(last_weight_kg=last)
    if passes:
        check(raw(), raw(), held=held)
    else:
        assert refused(raw(), raw(), held=held).code == "preparation.weight-change"


@pytest.mark.parametrize(
    ("deviation", "passes"), [("1.01", True), ("0.99", True), ("1.0101", False), ("0.9899", False)]
)
def test_results_may_differ_by_the_tolerance_and_no_more(deviation: str, passes: bool) -> None:
    bent = own(raw()).replace(dose_mg=Decimal(35) * Decimal(deviation))
    if passes:
        check(raw(), raw(), bent)
    else:
        assert refused(raw(), raw(), bent).code == "preparation.mismatch"


@pytest.mark.parametrize(
    ("expires", "passes"),
    [(date(2026, 3, 1), False), (date(2026, 3, 2), True), (date(2026, 3, 3), True)],
)
def test_a_vial_may_be_used_on_its_last_day_and_not_after(expires: date, passes: bool) -> None:
    inputs = raw(vial=VIAL.replace(expires_on=expires))
    if passes:
        check(inputs, inputs, held=known(vial=inputs.vial))
        return
    with pytest.raises(Refusal) as found:
        calculate(inputs, actor=NURSE, policy=policy(), at=at(0))
    assert found.value.code == "preparation.expired"


@pytest.mark.parametrize(("minute", "passes"), [(-719, True), (-721, False), (10, False)])
def test_the_weight_is_of_today(minute: int, passes: bool) -> None:
    inputs = raw(weighed_at=at(minute))
    if passes:
        calculate(inputs, actor=NURSE, policy=policy(), at=at(0))
        return
    with pytest.raises(Refusal) as found:
        calculate(inputs, actor=NURSE, policy=policy(), at=at(0))
    assert found.value.code == "preparation.weight-stale"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"weight_kg": Decimal(161)}, "dose in mg of base is"),
        ({"order": iv_order().replace(amount=Decimal("1.01"))}, "for each kg"),
        ({"final_volume_ml": Decimal(10)}, "concentration"),
        ({"final_volume_ml": Decimal(140)}, "pump rate"),
    ],
    ids=["dose", "dose per kg", "concentration", "rate"],
)
def test_each_cap_of_the_site_refuses(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(Refusal) as found:
        quantities(raw(**changes), policy())
    assert found.value.code == "preparation.cap"
    assert what in found.value.message
    assert isinstance(found.value.findings[0], Problem)


@pytest.mark.parametrize("weight", [Decimal(34), Decimal(201), Decimal(700)])
def test_a_weight_that_nobody_has_is_refused(weight: Decimal) -> None:
    with pytest.raises(Refusal) as found:
        calculate(raw(weight_kg=weight), actor=NURSE, policy=policy(), at=at(0))
    assert found.value.code == "preparation.weight-range"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"vial": VIAL.replace(drug=Drug.ESKETAMINE)}, "preparation.drug"),
        ({"vial": VIAL.replace(unit="piece")}, "preparation.unit"),
        ({"vial": vial(1)}, "preparation.vial-content"),
        ({"vial": vial(100, content=Decimal("0.1"))}, "preparation.vial-content"),
        ({"final_volume_ml": Decimal("0.5")}, "preparation.dilution"),
        ({"vial": vial(10_000)}, "preparation.rounding"),
        (
            {"order": iv_order().replace(route=Route.SC_INFUSION), "final_volume_ml": Decimal("0.7")},
            "preparation.cap",
        ),
    ],
)
def test_what_cannot_be_prepared_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as found:
        quantities(raw(**changes), policy())
    assert found.value.code == code


def test_a_route_without_a_cap_is_not_prepared() -> None:
    without = policy().replace(preparation=policy().preparation.replace(caps=policy().preparation.caps[1:]))
    with pytest.raises(Refusal) as found:
        quantities(raw(), without)
    assert found.value.code == "preparation.no-cap"


def test_a_container_that_was_never_received_is_refused() -> None:
    assert refused(raw(), raw(), held=known(vial=None)).code == "preparation.not-in-register"


@pytest.mark.parametrize("field", ["lot", "basis", "content", "expires_on", "id"])
def test_whatever_the_label_says_otherwise_than_the_register_is_refused(field: str) -> None:
    other = {
        "lot": "K-18",
        "basis": Basis.HYDROCHLORIDE,
        "content": Decimal(20),
        "expires_on": date(2028, 1, 1),
        "id": "vial-2",
    }[field]
    held = known(vial=VIAL.replace(**{field: other}))
    assert refused(raw(), raw(), held=held).code == "preparation.mismatch"


def test_another_order_than_the_prescription_is_refused() -> None:
    held = known(order=iv_order().replace(amount=Decimal("0.4")))
    assert refused(raw(), raw(), held=held).code == "preparation.mismatch"


def test_a_first_calculation_is_not_believed() -> None:
    mine = calculate(raw(), actor=NURSE, policy=policy(), at=at(-4))
    forged = Calculation(
        by="nurse", at=at(-4), inputs=raw(), quantities=mine.quantities.replace(drawn=Decimal(7))
    )
    theirs = Recalculation(by="colleague", at=at(-2), inputs=raw(), result=own(raw()))
    with pytest.raises(Refusal) as found:
        verify("p", forged, theirs, actor=COLLEAGUE, known=known(), policy=policy(), at=at(-2))
    assert found.value.code == "preparation.altered"


@pytest.mark.parametrize(
    ("by", "actor", "code"),
    [
        ("nurse", NURSE, "role.same-person"),
        ("colleague", NURSE, "role.same-person"),
        ("colleague", DOCTOR, "preparation.not-own"),
        ("auditor", AUDITOR, "role.not-permitted"),
    ],
)
def test_the_second_person_is_another_and_confirms_themselves(by: str, actor: Any, code: str) -> None:
    mine = calculate(raw(), actor=NURSE, policy=policy(), at=at(-4))
    theirs = Recalculation(by=by, at=at(-2), inputs=raw(), result=own(raw()))
    with pytest.raises(Refusal) as found:
        verify("p", mine, theirs, actor=actor, known=known(), policy=policy(), at=at(-2))
    assert found.value.code == code


def test_salt_and_base_give_the_same_drug() -> None:
    salt = vial(Decimal("57.669"), basis=Basis.HYDROCHLORIDE)
    found = quantities(raw(vial=salt), policy())
    # 50 mg/mL of base is 57.669 mg/mL of hydrochloride
    assert found.drawn == Decimal("0.7")
    assert found.dose_mg == pytest.approx(Decimal(35), rel=Decimal("1e-4"))
    assert float(on_basis(Decimal(1), Basis.HYDROCHLORIDE, Basis.BASE)) == pytest.approx(
        MOLAR_MASS_BASE / MOLAR_MASS_HYDROCHLORIDE, rel=1e-12
    )


def test_rounding_never_goes_above_a_cap() -> None:
    # 0.996 mL would be rounded up to 1.00 mL and 50 mg; the cap of the protocol is 49.8 mg
    order = iv_order().replace(cap_mg=Decimal("49.8"))
    found = quantities(raw(order=order, weight_kg=Decimal(120)), policy())
    assert found.drawn == Decimal("0.99")
    assert found.dose_mg <= Decimal("49.8")


def test_nasal_devices_are_counted_in_pieces() -> None:
    doses = [d for d in load_protocol("esketamine-nasal-56").planned_doses() if d.session == 0]
    device = Vial(
        id="box",
        drug=Drug.ESKETAMINE,
        basis=Basis.BASE,
        strength=Decimal(28),
        unit="piece",
        content=Decimal(3),
        lot="S1",
        expires_on=date(2027, 1, 1),
    )
    found = quantities(raw(order=order_of(doses), vial=device, final_volume_ml=None), policy())
    assert (found.drawn, found.dose_mg_base, found.total_ml, found.rates_ml_per_h) == (2, 56, 0, ())


@pytest.mark.parametrize(
    "name", ["ketamine-iv-05-six", "ketamine-im-05", "otto-2021", "ketamine-sc-ascending"]
)
@given(weight=st.integers(40, 120))
def test_an_order_is_the_dose_of_the_plan(name: str, weight: int) -> None:
    doses = [d for d in load_protocol(name).planned_doses() if d.session == 0]
    order = order_of(doses)
    base = on_basis(order.dose_mg(Decimal(weight)), order.basis, Basis.BASE)
    assert float(base) == pytest.approx(total_mg_base(doses, weight), rel=1e-5)


def test_several_administrations_are_not_one_order() -> None:
    doses = load_protocol("ketamine-iv-05-six").planned_doses()
    with pytest.raises(Refusal) as found:
        order_of(doses)
    assert found.value.code == "order.mixed"
    with pytest.raises(Refusal) as found:
        order_of([])
    assert found.value.code == "order.empty"


def test_a_refused_preparation_is_kept_as_a_near_miss_without_a_name() -> None:
    visit = Visit().arrived()
    with pytest.raises(Refusal) as found:
        check(raw(), raw(vial=vial(10)))
    visit.do("refused_preparation", found.value, ("nurse", "colleague"), minute=-1)
    near_miss = visit.now.near_misses[0]
    assert near_miss.problems[0].slip.startswith("fivefold")
    assert visit.now.preparation is None


@given(st.decimals("0.01", 1000, places=2))
def test_a_slip_is_symmetric_and_equal_numbers_are_none(number: Decimal) -> None:
    assert slip(number, number, raw()) == ""
    assert slip(number, number * 10, raw()) == slip(number * 10, number, raw()) == "tenfold"


def test_an_order_reads_like_a_prescription() -> None:
    assert iv_order().text == "0.5 mg/kg racemic ketamine (base) by IV infusion over 40 min"
    assert isinstance(iv_order(), DoseOrder)
