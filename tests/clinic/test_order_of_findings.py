"""What the rules say at a chair is read from the top: the gravest stands first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ataraxy.clinic.run_sheet.picture import GRAVEST_FIRST, gravest_first
from ataraxy.therapy.session.rule import Effect


def found(effect: Effect, rule: str = "") -> Any:
    return SimpleNamespace(effect=effect, rule=rule)


def test_the_gravest_stands_first() -> None:
    said = [found(effect) for effect in Effect]
    assert [one.effect for one in gravest_first(said)][:2] == [Effect.STOP, Effect.HOLD]
    assert [one.effect for one in gravest_first(reversed(said))] == list(GRAVEST_FIRST)


def test_equal_ones_keep_their_order() -> None:
    said = [found(Effect.HOLD, "a"), found(Effect.STOP), found(Effect.HOLD, "b")]
    assert [one.rule for one in gravest_first(said)][1:] == ["a", "b"]


def test_every_effect_has_its_place() -> None:
    assert set(GRAVEST_FIRST) == set(Effect)
