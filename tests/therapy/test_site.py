"""A clinic's documents: adopted in versions by those who may, retired with a reason, readable forever."""

from datetime import UTC, datetime

import pytest

from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.site import (
    DocumentType,
    Event,
    Site,
    SiteDescription,
    adopt,
    describe,
    evolve,
    parse_event,
    retire,
)

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
DIRECTOR = Actor(id="d1", roles=frozenset({Role.MEDICAL_DIRECTOR}))
MONITOR = Actor(id="m1", roles=frozenset({Role.MONITOR}))


def fold(site: Site | None, events: tuple[Event, ...]) -> Site | None:
    for event in events:
        parsed = parse_event(event.kind, event.model_dump(mode="json", exclude={"kind"}))
        assert parsed == event
        site = evolve(site, parsed)
    return site


def test_versions_count_on_and_the_newest_is_in_force() -> None:
    site = None
    for body in ({"a": 1}, {"a": 2}):
        site = fold(site, adopt(site, "rules", "clinic", body, actor=DIRECTOR, at=AT))
    assert site is not None
    assert [d.version for d in site.versions("rules")] == [1, 2]
    assert site.only("rules").body == {"a": 2}
    assert site.find("rules", "clinic", 1) is not None


def test_the_same_body_again_is_no_new_version() -> None:
    site = fold(None, adopt(None, "rules", "clinic", {"a": 1, "b": 2}, actor=DIRECTOR, at=AT))
    assert adopt(site, "rules", "clinic", {"b": 2, "a": 1}, actor=DIRECTOR, at=AT) == ()


def test_a_retired_version_is_read_but_not_in_force() -> None:
    site = fold(None, adopt(None, "protocol", "six", {"a": 1}, actor=DIRECTOR, at=AT))
    site = fold(site, retire(site, "protocol", "six", 1, "replaced", actor=DIRECTOR, at=AT))
    assert site is not None
    assert site.in_force("protocol") == ()
    found = site.find("protocol", "six", 1)
    assert found is not None
    assert found.reason == "replaced"
    with pytest.raises(Refusal, match="retired already"):
        retire(site, "protocol", "six", 1, "again", actor=DIRECTOR, at=AT)


def test_a_body_that_was_retired_may_come_back_as_a_new_version() -> None:
    site = fold(None, adopt(None, "protocol", "six", {"a": 1}, actor=DIRECTOR, at=AT))
    site = fold(site, retire(site, "protocol", "six", 1, "doubt", actor=DIRECTOR, at=AT))
    site = fold(site, adopt(site, "protocol", "six", {"a": 1}, actor=DIRECTOR, at=AT))
    assert site is not None
    assert [d.version for d in site.in_force("protocol")] == [2]


def test_a_monitor_adopts_and_retires_nothing() -> None:
    site = fold(None, adopt(None, "policy", "clinic", {}, actor=DIRECTOR, at=AT))
    with pytest.raises(Refusal, match="may not adopt"):
        adopt(site, "policy", "clinic", {"a": 1}, actor=MONITOR, at=AT)
    with pytest.raises(Refusal, match="may not retire"):
        retire(site, "policy", "clinic", 1, "x", actor=MONITOR, at=AT)


def test_a_clinic_without_a_policy_says_so() -> None:
    with pytest.raises(Refusal, match="adopted no policy"):
        Site().only("policy")


def test_a_clinic_needs_crisis_numbers_and_never_turns_from_simulated_to_real() -> None:
    made = SiteDescription(name="A", crisis_numbers=("112",), retention_years=10, simulated=True)
    with pytest.raises(Refusal, match="no crisis number"):
        describe(None, made.replace(crisis_numbers=("  ",)), actor=DIRECTOR, at=AT)
    for numbers in (("no number here",), ("Emergency 112", "ask at the desk")):
        with pytest.raises(Refusal, match="no number to dial"):
            describe(None, made.replace(crisis_numbers=numbers), actor=DIRECTOR, at=AT)
    site = fold(None, describe(None, made, actor=DIRECTOR, at=AT))
    with pytest.raises(Refusal, match="simulated people stays one"):
        describe(site, made.replace(simulated=False), actor=DIRECTOR, at=AT)


@pytest.mark.parametrize("type_", ["rules", "policy"])
def test_an_earlier_one_that_is_adopted_again_takes_its_place_back(type_: DocumentType) -> None:
    site = fold(None, adopt(None, type_, "first", {"a": 1}, actor=DIRECTOR, at=AT))
    site = fold(site, adopt(site, type_, "second", {"a": 2}, actor=DIRECTOR, at=AT))
    assert adopt(site, type_, "second", {"a": 2}, actor=DIRECTOR, at=AT) == ()
    site = fold(site, adopt(site, type_, "first", {"a": 1}, actor=DIRECTOR, at=AT))
    assert site.only(type_).label == "first/2"


def test_protocols_of_other_names_change_nothing_for_a_protocol() -> None:
    site = fold(None, adopt(None, "protocol", "first", {"a": 1}, actor=DIRECTOR, at=AT))
    site = fold(site, adopt(site, "protocol", "second", {"a": 2}, actor=DIRECTOR, at=AT))
    assert adopt(site, "protocol", "first", {"a": 1}, actor=DIRECTOR, at=AT) == ()
