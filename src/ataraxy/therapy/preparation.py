"""Preparing a dose: from the order and today's weight to mL and pump rate, twice, by two people.

Arithmetic is exact. Three numbers are rounded, and nothing else: what is drawn up to the graduation of the syringe and
the pump rate to the resolution of the pump, both to the nearest (half up) and never above a cap, and results that are
shown to 0.000001. Vial mix-ups of ketamine (10, 50 and 100 mg/mL look alike) have given tenfold doses: therefore the
second person reads vial, weight and order again and enters their own results, and both must agree with the lot as it
was received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from ataraxy.therapy.actor import Action, Actor, require, require_two
from ataraxy.therapy.dose_order import DoseOrder, on_basis
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.exact import Exact, plain, rounded, rounded_down
from ataraxy.therapy.moment import Moment, hours_between, on_the_wall
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.route import Route
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.site_policy import DoseCap, SitePolicy
from ataraxy.therapy.value import Value

Positive = Annotated[Exact, Field(gt=0)]

SHOWN = Decimal("0.000001")
LB_PER_KG = Decimal("2.20462")
PIECES_ONLY = (Route.NASAL_SPRAY, Route.FILM)
PIECES_OR_ML = (Route.SUBLINGUAL, Route.BUCCAL)


class Vial(Value):
    """A container as its label reads: a vial, or a pack of devices, films or tablets.

    Attributes:
        id: of the container in the drug register.
        drug, basis: what the strength counts.
        strength: mg in one `unit`.
        unit: ``mL``, or ``piece`` for devices, films and tablets.
        content: mL or pieces in the full container.
        lot, expires_on: from the label; it may be used on that day and not after it.
    """

    id: str
    drug: Drug
    basis: Basis
    strength: Positive
    unit: Literal["mL", "piece"] = "mL"
    content: Positive
    lot: str
    expires_on: date

    @property
    def label_slip(self) -> str:
        """Return what on the label nobody makes, such as ``5000 mg/mL``; empty where it can be."""
        strongest, largest = STRONGEST[self.unit], LARGEST_CONTENT
        if self.strength > strongest:
            return f"{plain(self.strength)} mg/{self.unit} is above {strongest} mg/{self.unit}"
        if self.content > largest:
            return f"{plain(self.content)} {self.unit} is above {largest} {self.unit}"
        return ""


# Limits of the house against slips of the pen at receipt; ketamine comes in at most 100 mg/mL, or 28 mg a device.
STRONGEST: Mapping[str, int] = MappingProxyType({"mL": 200, "piece": 1000})
LARGEST_CONTENT = 1000


class RawInputs(Value):
    """What one person read with their own eyes.

    Attributes:
        order: the prescription.
        weight_kg, weighed_at: today's weight.
        vial: the label.
        final_volume_ml: volume in the syringe or bag after dilution; None where it is not diluted.
    """

    order: DoseOrder
    weight_kg: Positive
    weighed_at: Moment
    vial: Vial
    final_volume_ml: Positive | None = None


class Quantities(Value):
    """What follows from the inputs.

    Attributes:
        dose_mg: on the order's basis, as it is drawn up, after rounding of the volume.
        dose_mg_base: the same as free base.
        drawn: mL or pieces.
        diluent_ml: mL added.
        total_ml: mL in the syringe or bag; 0 for pieces.
        concentration: mg of free base in one mL of it; in one piece for pieces.
        rates_ml_per_h: pump rate of each stretch of an infusion.
    """

    dose_mg: Exact
    dose_mg_base: Exact
    drawn: Exact
    diluent_ml: Exact
    total_ml: Exact
    concentration: Exact
    rates_ml_per_h: tuple[Exact, ...] = ()


class OwnResult(Value):
    """What the second person worked out: the dose in mg on the order's basis, what is drawn, the first pump rate."""

    dose_mg: Positive
    drawn: Positive
    rate_ml_per_h: Positive | None = None


class Calculation(Value):
    """The first person's calculation."""

    by: str
    at: Moment
    inputs: RawInputs
    quantities: Quantities


class Recalculation(Value):
    """The second person's: everything read again, and their own results."""

    by: str
    at: Moment
    inputs: RawInputs
    result: OwnResult


class Known(Value):
    """What the record knows already, for comparison; None where it knows nothing.

    Attributes:
        weight_kg: of today's check-in.
        last_weight_kg: of the last session.
        vial: as received in the drug register.
        order: as the course prescribes it.
        weight_change_confirmed: a prescriber has confirmed with a reason that a large change of weight is real.
    """

    weight_kg: Positive | None = None
    last_weight_kg: Positive | None = None
    weight_change_confirmed: bool = False
    vial: Vial | None = None
    order: DoseOrder | None = None


class Problem(Value):
    """One reason why a preparation is refused. `slip` names a known pattern of error, empty where none fits."""

    code: str
    message: str
    remedy: str
    slip: str = ""


class Preparation(Value):
    """A dose that two people have prepared and that agrees.

    Attributes:
        id: opaque id.
        inputs, quantities: as verified.
        first_by, second_by: the two people.
        verified_at: when the second agreed.
        policy: name and version of the policy that it was held against.
    """

    id: str
    inputs: RawInputs
    quantities: Quantities
    first_by: str
    second_by: str
    verified_at: Moment
    policy: str


class NearMiss(Value):
    """A preparation that was refused, for the record: what disagreed, and who was there."""

    at: Moment
    by: tuple[str, ...]
    problems: tuple[Problem, ...]
    note: Sensitive = ""


def calculate(inputs: RawInputs, *, actor: Actor, policy: SitePolicy, at: datetime) -> Calculation:
    """Return the first person's calculation.

    Raises:
        Refusal: the codes of `check_inputs` and `quantities`, or ``role.not-permitted``.
    """
    at = on_the_wall(at)
    require(actor, Action.PREPARE)
    _refuse_any(check_inputs(inputs, policy, at))
    return Calculation(by=actor.id, at=at, inputs=inputs, quantities=quantities(inputs, policy))


def quantities(inputs: RawInputs, policy: SitePolicy) -> Quantities:
    """Return what is drawn, diluted and pumped.

    Raises:
        Refusal: ``preparation.no-cap``, ``preparation.cap``, ``preparation.rounding``, ``preparation.dilution``,
            ``preparation.vial-content``, ``preparation.drug``, ``preparation.unit``.
    """
    order, vial = inputs.order, inputs.vial
    cap = policy.preparation.cap(order.route)
    if cap is None:
        raise _refused(
            f"the site sets no cap for {order.route.label}",
            "preparation.no-cap",
            "The medical director adds a cap for the route to the policy",
        )
    if vial.drug is not order.drug:
        raise _refused(
            f"the vial holds {vial.drug.label} and {order.drug.label} is ordered",
            "preparation.drug",
            "Take the vial of the ordered drug",
        )
    if order.route not in PIECES_OR_ML and (vial.unit == "piece") != (order.route in PIECES_ONLY):
        raise _refused(
            f"the container is counted in {vial.unit} and the route is {order.route.label}",
            "preparation.unit",
            "Take a container that fits the route",
        )
    wanted = on_basis(order.dose_mg(inputs.weight_kg), order.basis, vial.basis)
    step = policy.preparation.volume_step.value if vial.unit == "mL" else Decimal(1)
    drawn = rounded(wanted / vial.strength, step)
    most = _most_mg_base(inputs, cap)
    if most is not None and on_basis(drawn * vial.strength, vial.basis, Basis.BASE) > most >= on_basis(
        wanted, vial.basis, Basis.BASE
    ):
        drawn = rounded_down(wanted / vial.strength, step)
    change = abs(drawn * vial.strength - wanted) / wanted * 100
    if change > policy.preparation.rounding.value:
        raise _refused(
            f"{plain(wanted / vial.strength)} {vial.unit} can be measured only as {plain(drawn)} {vial.unit}, "
            f"which changes the dose by {plain(round(change, 1))}%",
            "preparation.rounding",
            "Take a weaker strength, dilute first, or another pack",
        )
    if drawn > vial.content:
        raise _refused(
            f"{plain(drawn)} {vial.unit} are needed and the container holds {plain(vial.content)} {vial.unit}",
            "preparation.vial-content",
            "Check strength and dose; take a container that holds the whole dose",
        )
    total = _total_ml(inputs, drawn)
    base = on_basis(drawn * vial.strength, vial.basis, Basis.BASE)
    per = total if vial.unit == "mL" else drawn
    rates = tuple(
        _rate(total, stretch.share, stretch.end_min - stretch.start_min, policy)
        for stretch in order.stretches
    )
    found = Quantities(
        dose_mg=on_basis(drawn * vial.strength, vial.basis, order.basis).quantize(SHOWN),
        dose_mg_base=base.quantize(SHOWN),
        drawn=drawn,
        diluent_ml=total - drawn if vial.unit == "mL" else Decimal(0),
        total_ml=total,
        concentration=(base / per).quantize(SHOWN),
        rates_ml_per_h=rates,
    )
    _refuse_any(check_caps(inputs, found, cap))
    return found


def check_inputs(inputs: RawInputs, policy: SitePolicy, at: datetime) -> tuple[Problem, ...]:
    """Return what is wrong with what was read, before anything is calculated."""
    found: list[Problem] = []
    limits = policy.preparation
    if inputs.vial.expires_on < at.date():
        found.append(
            Problem(
                code="preparation.expired",
                message=f"the vial of lot {inputs.vial.lot} expired on {inputs.vial.expires_on}",
                remedy="Take a vial in date, and waste this one with a witness",
            )
        )
    age = hours_between(inputs.weighed_at, at)
    if not 0 <= age <= policy.before.weight_age.value:
        when = f"{plain(round(age, 1))} h old" if age >= 0 else "from the future"
        found.append(
            Problem(
                code="preparation.weight-stale",
                message=f"the weight is {when}; at most {policy.before.weight_age} is allowed",
                remedy="Weigh the person now",
            )
        )
    if not limits.lowest_weight.value <= inputs.weight_kg <= limits.highest_weight.value:
        found.append(
            Problem(
                code="preparation.weight-range",
                message=f"{plain(inputs.weight_kg)} kg lies outside of {limits.lowest_weight} to "
                f"{limits.highest_weight}",
                remedy="Check the weight and its unit: 1 kg is 2.2 lb",
                slip="kg or lb" if inputs.weight_kg > limits.highest_weight.value else "",
            )
        )
    if inputs.order.amount <= 0:
        found.append(
            Problem(
                code="preparation.order",
                message=f"the order says {plain(inputs.order.amount)} {inputs.order.per}",
                remedy="Correct the prescription",
            )
        )
    return tuple(found)


def check_caps(inputs: RawInputs, found: Quantities, cap: DoseCap) -> tuple[Problem, ...]:
    """Return the caps of the site that are breached; a cap is not overridden, it is decided anew."""
    problems: list[Problem] = []

    def over(what: str, value: Decimal, limit: object) -> None:
        problems.append(
            Problem(
                code="preparation.cap",
                message=f"{what} is {plain(value.quantize(SHOWN))} and the site's cap is {limit}",
                remedy="Check weight, order and strength for a slip; the cap itself is changed only in the policy",
            )
        )

    if found.dose_mg_base > cap.dose.value:
        over("the dose in mg of base", found.dose_mg_base, cap.dose)
    if cap.dose_per_kg is not None and found.dose_mg_base > cap.dose_per_kg.value * inputs.weight_kg:
        over("the dose in mg of base for each kg", found.dose_mg_base / inputs.weight_kg, cap.dose_per_kg)
    if found.concentration > cap.concentration.value and inputs.vial.unit == "mL":
        over("the concentration in mg/mL of base", found.concentration, cap.concentration)
    for rate in found.rates_ml_per_h:
        if cap.pump_rate is None or rate > cap.pump_rate.value:
            over("the pump rate in mL/h", rate, cap.pump_rate or "none for this route")
    return tuple(problems)


def verify(
    preparation_id: str,
    first: Calculation,
    second: Recalculation,
    *,
    actor: Actor,
    known: Known,
    policy: SitePolicy,
    at: datetime,
) -> Preparation:
    """Return the preparation on which two people agree.

    `actor` is the second person. The first person's calculation is done again here: what a screen sent is not believed.

    Raises:
        Refusal: with the code of the first problem and every `Problem` as its findings; ``role.same-person``.
    """
    at = on_the_wall(at)
    require(actor, Action.RECALCULATE)
    require_two(first.by, second.by, "a preparation")
    require_two(first.by, actor.id, "a preparation")
    if actor.id != second.by:
        raise Refusal(
            "the recalculation belongs to another person",
            code="preparation.not-own",
            remedy="The person who recalculated confirms it themselves",
            where=actor.id,
        )
    _refuse_any(preparation_problems(first, second, known=known, policy=policy, at=at))
    return Preparation(
        id=preparation_id,
        inputs=first.inputs,
        quantities=first.quantities,
        first_by=first.by,
        second_by=second.by,
        verified_at=at,
        policy=policy.label,
    )


def preparation_problems(
    first: Calculation, second: Recalculation, *, known: Known, policy: SitePolicy, at: datetime
) -> tuple[Problem, ...]:
    """Return everything in which two calculations, the record and the policy disagree; empty where they agree."""
    found = [
        *check_inputs(first.inputs, policy, at),
        *(
            problem
            for problem in check_inputs(second.inputs, policy, at)
            if first.inputs != second.inputs  # the same slip is said once
        ),
        *_between("the two people", first.inputs, second.inputs),
        *_against_record(first.inputs, known, policy),
    ]
    try:
        again = quantities(first.inputs, policy)
        own = quantities(second.inputs, policy)
    except Refusal as refusal:
        return (
            *found,
            *(
                refusal.findings
                or [Problem(code=refusal.code, message=refusal.message, remedy=refusal.remedy)]
            ),
        )
    if again != first.quantities:
        found.append(
            Problem(
                code="preparation.altered",
                message="the first calculation does not follow from its own inputs",
                remedy="Calculate again",
            )
        )
    found.extend(_results(second.result, again, "the first person's", second.inputs, policy))
    if own != again:
        found.extend(_results(second.result, own, "what their own inputs give", second.inputs, policy))
    return tuple(found)


def slip(one: Decimal, other: Decimal, inputs: RawInputs) -> str:
    """Return the known error by which two numbers differ, such as ``tenfold``; empty where none fits."""
    if one <= 0 or other <= 0:
        return ""
    ratio = max(one, other) / min(one, other)
    strength = inputs.vial.strength
    salt = on_basis(Decimal(1), Basis.BASE, Basis.HYDROCHLORIDE)
    for factor, name in (
        (Decimal(10), "tenfold"),
        (Decimal(100), "hundredfold"),
        (Decimal(1000), "thousandfold: g, mg or micrograms"),
        (LB_PER_KG, "kg or lb"),
        (strength, "mg or mL"),
        (salt, "salt or base"),
        (Decimal(60), "minutes or hours"),
        (Decimal(2), "double or half"),
        (Decimal(5), "fivefold, as between vials of 10 and 50 mg/mL"),
    ):
        if factor > 1 and abs(ratio / factor - 1) <= Decimal("0.02"):
            return name
    return ""


def _between(who: str, one: RawInputs, other: RawInputs) -> list[Problem]:
    """Return where two readings of the same things differ; nothing here has a tolerance."""
    found = []
    pairs: Iterable[tuple[str, object, object]] = (
        ("order", one.order, other.order),
        ("weight", one.weight_kg, other.weight_kg),
        ("drug on the vial", one.vial.drug.label, other.vial.drug.label),
        ("basis of the strength", one.vial.basis.value, other.vial.basis.value),
        ("strength", one.vial.strength, other.vial.strength),
        ("unit of the container", one.vial.unit, other.vial.unit),
        ("content", one.vial.content, other.vial.content),
        ("lot", one.vial.lot, other.vial.lot),
        ("expiry", one.vial.expires_on, other.vial.expires_on),
        ("container", one.vial.id, other.vial.id),
        ("final volume", one.final_volume_ml, other.final_volume_ml),
    )
    for what, mine, theirs in pairs:
        if mine != theirs:
            found.append(_mismatch(who, what, mine, theirs, one))
    return found


def _against_record(inputs: RawInputs, known: Known, policy: SitePolicy) -> list[Problem]:
    found = []
    if known.order is not None and known.order != inputs.order:
        found.append(_mismatch("calculation and prescription", "order", inputs.order, known.order, inputs))
    if known.weight_kg is not None and known.weight_kg != inputs.weight_kg:
        found.append(
            _mismatch("calculation and check-in", "weight", inputs.weight_kg, known.weight_kg, inputs)
        )
    if known.last_weight_kg is not None and not known.weight_change_confirmed:
        change = abs(inputs.weight_kg / known.last_weight_kg - 1) * 100
        if change > policy.preparation.weight_change.value:
            pattern = slip(inputs.weight_kg, known.last_weight_kg, inputs)
            found.append(
                Problem(
                    code="preparation.weight-change",
                    message=f"the weight was {plain(known.last_weight_kg)} kg at the last session and is "
                    f"{plain(inputs.weight_kg)} kg now, a change of {plain(round(change, 1))}%",
                    remedy="Weigh again and check the unit; a prescriber confirms a change that is real",
                    slip=pattern if pattern in ("kg or lb", "tenfold") else "",
                )
            )
    if known.vial is None:
        found.append(
            Problem(
                code="preparation.not-in-register",
                message=f"the register holds no container {inputs.vial.id}",
                remedy="Receive it into the drug register first, with a witness",
            )
        )
    else:
        received = inputs.model_copy(update={"vial": known.vial})
        found.extend(_between("label and register", inputs, received))
    return found


def _results(
    mine: OwnResult, theirs: Quantities, whose: str, inputs: RawInputs, policy: SitePolicy
) -> list[Problem]:
    found = []
    rate = theirs.rates_ml_per_h[0] if theirs.rates_ml_per_h else None
    for what, own, other in (
        ("dose in mg", mine.dose_mg, theirs.dose_mg),
        (f"volume drawn in {inputs.vial.unit}", mine.drawn, theirs.drawn),
        ("pump rate in mL/h", mine.rate_ml_per_h, rate),
    ):
        if own is None and other is None:
            continue
        if own is None or other is None or abs(own / other - 1) * 100 > policy.preparation.tolerance.value:
            found.append(_mismatch(f"the second person and {whose}", what, own, other, inputs))
    return found


def _mismatch(who: str, what: str, one: object, other: object, inputs: RawInputs) -> Problem:
    pattern = slip(one, other, inputs) if isinstance(one, Decimal) and isinstance(other, Decimal) else ""
    hint = f"; this looks like {pattern}" if pattern else ""
    return Problem(
        code="preparation.mismatch",
        message=f"{who} disagree about the {what}: {_said(one)} and {_said(other)}{hint}",
        remedy="Both read label, scale and prescription again; give nothing until they agree",
        slip=pattern,
    )


def _said(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, DoseOrder):
        return value.text
    return "nothing" if value is None else str(value)


def _most_mg_base(inputs: RawInputs, cap: DoseCap) -> Decimal | None:
    """Return the tightest cap in mg of base, that of the protocol with it."""
    limits = [cap.dose.value]
    if cap.dose_per_kg is not None:
        limits.append(cap.dose_per_kg.value * inputs.weight_kg)
    if inputs.order.cap_mg is not None:
        limits.append(on_basis(inputs.order.cap_mg, inputs.order.basis, Basis.BASE))
    return min(limits)


def _total_ml(inputs: RawInputs, drawn: Decimal) -> Decimal:
    if inputs.vial.unit == "piece":
        if inputs.final_volume_ml is not None:
            raise _refused(
                "a final volume is given for something that is not diluted",
                "preparation.dilution",
                "Leave the final volume out",
            )
        return Decimal(0)
    total = drawn if inputs.final_volume_ml is None else inputs.final_volume_ml
    if total < drawn:
        raise _refused(
            f"{plain(drawn)} mL are drawn into a final volume of {plain(total)} mL",
            "preparation.dilution",
            "Give a final volume of at least what is drawn",
        )
    return total


def _rate(total: Decimal, share: Decimal, minutes: Decimal, policy: SitePolicy) -> Decimal:
    wanted = total * share * 60 / minutes
    rate = rounded(wanted, policy.preparation.rate_step.value)
    if wanted == 0 or abs(rate - wanted) / wanted * 100 > policy.preparation.rounding.value:
        raise _refused(
            f"the pump can run at {plain(rate)} mL/h and {plain(wanted.quantize(SHOWN))} mL/h are needed",
            "preparation.rounding",
            "Dilute to a larger final volume",
        )
    return rate


def _refused(message: str, code: str, remedy: str) -> Refusal:
    return Refusal(message, code=code, remedy=remedy)


def _refuse_any(problems: tuple[Problem, ...]) -> None:
    if problems:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise Refusal(f"{first.message}{more}", code=first.code, remedy=first.remedy, findings=problems)
