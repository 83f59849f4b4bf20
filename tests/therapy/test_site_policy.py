"""What a policy must hold before it can decide anything."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.therapy.session.visit import policy

from ataraxy.errors import InputError
from ataraxy.exchange.policy_file import load_policy, shipped_policies
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.route import Route
from ataraxy.therapy.session.measure import Measure
from ataraxy.therapy.session.rule import Effect, Phase, SessionRule, Trigger
from ataraxy.therapy.setting import TOO_WEAK, Grade, Setting
from ataraxy.therapy.site_policy import PolicyStatus, SitePolicy
from ataraxy.therapy.stop_limits import LimitsSigned, StopLimits, hash_of_limits


def limit(value: int, **changes: Any) -> Setting:
    fields: dict[str, Any] = {
        "value": Decimal(value),
        "unit": "mmHg",
        "grade": Grade.SITE,
        "source": "Dr. A. Director",
    }
    return Setting(**{**fields, **changes})


def signed(systolic: Setting, diastolic: Setting) -> StopLimits:
    by = LimitsSigned(
        name="Dr. A. Director", on=date(2026, 1, 31), limits_hash=hash_of_limits(systolic, diastolic)
    )
    return StopLimits(systolic=systolic, diastolic=diastolic, signed=by)


def site() -> SitePolicy:
    """Return the example as a clinic makes it its own."""
    return load_policy("example").replace(
        name="our-clinic", status=PolicyStatus.SITE, stop_limits=signed(limit(180), limit(110))
    )


def code_of(command: Any) -> str:
    with pytest.raises(InputError) as refused:
        command()
    assert refused.value.remedy
    return refused.value.code


@pytest.mark.parametrize("name", shipped_policies())
def test_every_number_that_ships_says_who_stands_for_it(name: str) -> None:
    for where, setting in load_policy(name).settings():
        assert setting.source, where
        assert setting.grade not in TOO_WEAK, where
        if setting.grade in (Grade.SITE, Grade.INVENTED):
            assert not setting.url, where
        if setting.grade is Grade.INVENTED:
            assert where.startswith("stop_limits.")


def test_the_example_sets_no_stop_limit_and_permits_no_dose() -> None:
    shipped = load_policy("example")
    assert shipped.stop_limits is None
    assert shipped.status is PolicyStatus.EXAMPLE
    for simulated in (True, False):
        assert code_of(lambda s=simulated: shipped.require_dosing(simulated=s)) == "policy.stop-limits-unset"


def test_a_site_policy_with_signed_limits_permits_a_dose() -> None:
    for simulated in (True, False):
        site().require_dosing(simulated=simulated)
    assert [rule.effect for rule in site().all_rules()[-2:]] == [Effect.STOP, Effect.STOP]


def test_the_simulation_is_for_simulated_people_only() -> None:
    policy().require_dosing(simulated=True)
    with pytest.raises(Refusal) as refused:
        policy().require_dosing(simulated=False)
    assert refused.value.code == "policy.simulation"


def test_changing_a_limit_voids_the_signature() -> None:
    limits = signed(limit(180), limit(110))
    assert code_of(lambda: limits.replace(systolic=limit(200))) == "policy.signature"
    assert code_of(lambda: limits.replace(signed=LimitsSigned(name="x", on=date(2026, 1, 1)))) == (
        "policy.signature"
    )


@pytest.mark.parametrize(
    ("systolic", "diastolic", "code"),
    [
        (limit(110), limit(110), "policy.stop-limit"),
        (limit(20), limit(15), "policy.stop-limit"),
        (limit(90, unit="%"), limit(110), "policy.stop-limit"),
        (limit(180, grade=Grade.LABEL), limit(110), "policy.stop-limit-grade"),
    ],
)
def test_stop_limits_are_pressures_that_the_site_decided(
    systolic: Setting, diastolic: Setting, code: str
) -> None:
    assert code_of(lambda: signed(systolic, diastolic)) == code


@pytest.mark.parametrize(("value", "unit"), [(9_999_999, "mmHg"), (301, "mmHg"), (-1, "mmHg"), (101, "%")])
def test_a_number_that_would_switch_a_rule_off_unseen_is_refused(value: int, unit: str) -> None:
    with pytest.raises(InputError) as refused:
        limit(value, unit=unit)
    assert refused.value.code == "policy.value"


def test_a_director_has_a_name() -> None:
    assert code_of(lambda: LimitsSigned(name=" ", on=date(2026, 1, 1))) == "policy.signature"


def test_no_threshold_rests_on_a_forum() -> None:
    for grade in TOO_WEAK:
        assert code_of(lambda g=grade: limit(180, grade=g)) == "policy.grade-too-weak"


def test_a_number_without_a_source_is_none() -> None:
    assert code_of(lambda: limit(180, source=" ")) == "policy.source-missing"


def rule(**changes: Any) -> SessionRule:
    fields: dict[str, Any] = {
        "id": "r",
        "measure": Measure.SPO2,
        "trigger": Trigger.BELOW,
        "threshold": limit(94, unit="%"),
        "effect": Effect.HOLD,
        "phases": (Phase.DOSING,),
    }
    return SessionRule(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"threshold": limit(94)}, "policy.unit"),
        ({"phases": ()}, "policy.phases"),
        (
            {
                "measure": Measure.SYSTOLIC_RISE,
                "threshold": limit(20),
                "phases": (Phase.BEFORE,),
            },
            "policy.phases",
        ),
        (
            {"effect": Effect.DO_NOT_DISCHARGE, "phases": (Phase.RECOVERY,), "overridable": True},
            "policy.overridable",
        ),
        ({"effect": Effect.DO_NOT_DISCHARGE}, "policy.phases"),
        ({"effect": Effect.EXTEND}, "policy.phases"),
        ({"effect": Effect.STOP, "phases": (Phase.DOSING, Phase.BEFORE)}, "policy.phases"),
    ],
)
def test_a_rule_that_cannot_mean_what_it_says_is_refused(changes: dict[str, Any], code: str) -> None:
    rule()
    assert code_of(lambda: rule(**changes)) == code


def without_rule(rule_id: str) -> tuple[SessionRule, ...]:
    return tuple(r for r in site().rules if r.id != rule_id)


@pytest.mark.parametrize(
    "rule_id",
    ["stay-systolic", "stay-diastolic", "stay-spo2", "stay-sedation", "stay-dissociation", "stay-nausea"],
)
def test_no_policy_lets_a_person_leave_without_asking_each_of_these(rule_id: str) -> None:
    assert code_of(lambda: site().replace(rules=without_rule(rule_id))) == "policy.discharge-rule-missing"


def test_a_rule_over_what_is_never_measured_is_refused() -> None:
    extra = rule(measure=Measure.CADSS_TOTAL, threshold=limit(10, unit="points"))
    assert code_of(lambda: site().replace(rules=(*site().rules, extra))) == "policy.rule-unmonitored"


def test_the_pressure_is_measured_during_every_infusion() -> None:
    plan = site().monitoring[0]
    dosing = plan.schedules[0].replace(measures=(Measure.SPO2, Measure.MOAAS, Measure.RESPIRATORY_RATE))
    rules = tuple(r for r in site().rules if not (r.measure.is_rise and Phase.DOSING in r.phases))
    bent = plan.replace(schedules=(dosing, *plan.schedules[1:]))
    change = {"rules": rules, "monitoring": (bent, *site().monitoring[1:])}
    assert code_of(lambda: site().replace(**change)) == "policy.rule-unmonitored"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda p: {"rules": (*p.rules, p.rules[0])}, "policy.twice"),
        (lambda p: {"monitoring": (*p.monitoring, p.monitoring[0])}, "policy.twice"),
        (lambda p: {"follow_ups": (*p.follow_ups, p.follow_ups[0])}, "policy.twice"),
        (lambda p: {"escalation": p.escalation[1:]}, "policy.escalation"),
        (lambda p: {"decided_by": " "}, "policy.source-missing"),
        (lambda p: {"status": PolicyStatus.EXAMPLE}, "policy.example-with-limits"),
        (
            lambda p: {"before": p.before.replace(food=p.before.food.replace(grade=Grade.INVENTED))},
            "policy.invented",
        ),
        (lambda p: {"before": {**dict(p.before), "food": p.before.liquid}}, "policy.unit"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(change: Any, code: str) -> None:
    assert code_of(lambda: site().replace(**change(site()))) == code


def test_a_ladder_climbs() -> None:
    ladder = site().escalation[0]
    assert code_of(lambda: ladder.replace(steps=())) == "policy.escalation"
    assert code_of(lambda: ladder.replace(steps=ladder.steps[::-1])) == "policy.escalation"


def test_every_route_that_is_given_is_monitored_and_capped() -> None:
    for route in Route:
        assert site().plan(route) is not None
        assert site().preparation.cap(route) is not None


def test_the_hash_of_a_policy_changes_with_any_number() -> None:
    other = site().replace(before=site().before.replace(food=site().before.food.replace(value=Decimal(3))))
    assert other.policy_hash != site().policy_hash
    assert site().policy_hash == site().policy_hash


def test_a_policy_survives_json() -> None:
    assert SitePolicy.model_validate(site().model_dump(mode="json")) == site()
