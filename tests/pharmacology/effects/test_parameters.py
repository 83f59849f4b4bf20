"""Every number has what a reader needs, and what cannot be identified is sampled."""

import pytest

from ataraxy.pharmacology.effects import EffectModel, Hypotheses, all_hypotheses
from ataraxy.pharmacology.effects.adverse_events import published_rates, rates_for
from ataraxy.pharmacology.parameters import Status
from ataraxy.therapy.route import Route

EVERYTHING = Hypotheses(**{h.name: True for h in all_hypotheses()})
TABLE = EffectModel.of(hypotheses=EVERYTHING).parameters
# docs/effects.md: not identifiable from what is published.
NOT_IDENTIFIABLE = (
    *("rho", "gate_exponent", "pyramidal_exponent", "gate_gain", "kappa", "tau_A"),
    *("k_P", "tau_P", "w_P", "w_A"),
    *(name for h in all_hypotheses() for name in h.parameters),
)


@pytest.mark.parametrize("name", NOT_IDENTIFIABLE)
def test_what_cannot_be_identified_is_uncertain(name: str) -> None:
    assert TABLE[name].is_uncertain


@pytest.mark.parametrize(
    ("name", "value"),
    # of the evidence table
    [
        ("fu", 0.57),
        ("K_S", 0.86),
        ("K_R", 4.0),
        ("K_NS", 5.2),
        ("K_NR", 39.0),
        ("rho", 3.0),
        ("gate_exponent", 2.0),
        ("gate_gain", 2.05),
        ("tau_G", 0.1),
        ("tau_A", 0.5),
        ("kappa", 3.0),
        ("tau_M", 3.0),
        ("k_P", 1.05),
        ("tau_P", 14.0),
        ("w_P", 0.44),
        ("w_A", 0.7),
        ("ke0", 5.0),
        ("C50", 121.0),
        ("phi", 0.44),
        ("LOC50", 1.64),
        ("a_S", 0.45),
    ],
)
def test_defaults_are_those_of_the_evidence_table(name: str, value: float) -> None:
    assert TABLE[name].value == value


def test_the_decay_of_the_pool_is_sampled_from_5_to_60_days() -> None:
    assert TABLE["tau_P"].uncertainty.bounds == (5.0, 60.0)
    assert TABLE["tau_P"].inner_value == 336.0


def test_what_has_no_source_is_assumed() -> None:
    for p in TABLE.values():
        if p.source.citation.startswith("no published estimate"):
            assert p.status is Status.ASSUMED, p.name


def test_rates_name_what_they_are_rates_of() -> None:
    assert {r.per for r in published_rates()} == {"people", "first week", "sessions"}
    assert all(r.citation and r.url.startswith("https://") for r in published_rates())


def test_rates_of_a_route_are_found_and_none_is_made_up() -> None:
    assert {r.percent for r in rates_for(Route.NASAL_SPRAY, "people") if r.event == "nausea"} == {27.0, 31.9}
    assert [r.percent for r in rates_for(Route.IV_INFUSION, "people") if r.event == "nausea"] == [13.3]
    assert rates_for(Route.SC) == ()
