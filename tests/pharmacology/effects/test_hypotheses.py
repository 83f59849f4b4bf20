"""Each hypothesis is off by default, changes something when on, and has what speaks against it attached."""

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.stats import spearmanr
from tests.pharmacology.effects.conftest import Runner

from ataraxy.engine.random import normals
from ataraxy.engine.solve import solve
from ataraxy.pharmacology.effects import Challenge, EffectModel, Hypotheses, all_hypotheses
from ataraxy.pharmacology.effects.reference_arms import infusion
from ataraxy.pharmacology.kinetics.ports import ENANTIOMERS
from ataraxy.pharmacology.population import sample_population
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.route import Route

NAMES = [field.name for field in fields(Hypotheses)]
FULL_RAPAMYCIN = Challenge(mtor_inhibition=1.0)


def test_off_is_the_default_and_the_base_model_exactly() -> None:
    assert not any(getattr(Hypotheses(), name) for name in NAMES)
    off = EffectModel.of(hypotheses=Hypotheses(**dict.fromkeys(NAMES, False)))
    assert off.build().fingerprint() == EffectModel.of().build().fingerprint()
    assert off.sha256() == EffectModel.of().sha256()


@pytest.mark.parametrize("name", NAMES)
def test_on_changes_the_equations_and_says_so_in_the_name(name: str) -> None:
    base, on = EffectModel.of(), EffectModel.of(hypotheses=Hypotheses(**{name: True}))
    assert on.build().fingerprint() != base.build().fingerprint()
    assert on.name.endswith(f"+{name}")


@pytest.mark.parametrize("name", NAMES)
def test_on_changes_a_result(typical: Runner, name: str) -> None:
    # R-ketamine and rapamycin have to be there for what acts through them
    times = np.linspace(0.0, 96.0, 200)
    base = typical(times_h=times, challenge=FULL_RAPAMYCIN)
    on = typical(times_h=times, challenge=FULL_RAPAMYCIN, hypotheses=Hypotheses(**{name: True}))
    largest = max(np.abs(on[o] - base[o]).max() / max(np.abs(base[o]).max(), 1e-9) for o in base.outputs)
    assert largest > (1e-4 if name == "trapping" else 0.02)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_of_a_hypothesis_exist_only_with_it_and_come_last(name: str) -> None:
    base, on = EffectModel.of(), EffectModel.of(hypotheses=Hypotheses(**{name: True}))
    (hypothesis,) = on.hypotheses.on
    assert set(on.parameters) - set(base.parameters) == set(hypothesis.parameters)
    assert on.theta_names[: len(base.theta_names)] == base.theta_names


@pytest.mark.parametrize("hypothesis", all_hypotheses(), ids=lambda h: h.name)
def test_evidence_against_is_attached_with_its_source(hypothesis: object) -> None:
    against = hypothesis.evidence_against  # type: ignore[attr-defined]
    assert against
    assert all(len(finding.text) > 20 and finding.source for finding in against)


def test_every_switch_has_its_text_in_the_order_of_the_switches() -> None:
    assert [h.name for h in all_hypotheses()] == NAMES


def test_all_at_once_stay_finite() -> None:
    model = EffectModel.of(hypotheses=Hypotheses(**dict.fromkeys(NAMES, True)))
    engine = model.build(ENANTIOMERS, (Route.IV_INFUSION,))
    numbers = range(64)
    individual = model.individual_parameters(
        sample_population(numbers, 6),
        effect_eta=normals(6, "eta", 0, numbers, len(model.between_subject)),
        effect_theta=normals(6, "theta", 0, numbers, len(model.theta_names)),
        challenge=Challenge(mtor_inhibition=0.5),
    )
    doses = model.kinetics.doses(infusion(1.0), individual)
    found = solve(engine, individual.matrix(engine), doses, np.linspace(0.0, 240.0, 100))
    assert np.isfinite(found.values).all()
    assert found["plastic_pool"].max() < 1.0


def test_trapping_lags_behind_the_quasi_steady_block_by_about_a_minute(typical: Runner) -> None:
    times = np.linspace(0.0, 2.0, 121)
    steady = typical(times_h=times)["receptor_block"][0]
    trapped = typical(times_h=times, hypotheses=Hypotheses(trapping=True))["receptor_block"][0]
    lag = np.abs(trapped - steady)
    assert lag[1] > 0.03
    assert lag[6:40].max() < 0.01
    assert lag[40:].max() < 0.03
    # the state lags: it is below while the block rises
    assert (trapped[1:40] < steady[1:40]).all()


def test_rapamycin_does_nothing_without_a_hypothesis(typical: Runner) -> None:
    times = [0.0, 24.0, 336.0]
    assert (
        typical(times_h=times).values.tobytes()
        == typical(times_h=times, challenge=FULL_RAPAMYCIN).values.tobytes()
    )


def test_rapamycin_lengthens_the_effect_and_does_not_abolish_it(typical: Runner) -> None:
    # negative control D20: 24-h effect not blocked, more response at two weeks
    slower = Hypotheses(rapamycin_slows_loss=True)
    times = [0.0, 24.0, 336.0]
    without = typical(times_h=times, hypotheses=slower)["plastic_pool"][0]
    with_it = typical(times_h=times, hypotheses=slower, challenge=FULL_RAPAMYCIN)["plastic_pool"][0]
    assert with_it[1] == pytest.approx(without[1], rel=0.1)
    assert with_it[2] > 1.5 * without[2]


def test_an_mtor_gate_would_abolish_the_effect_which_was_not_seen(typical: Runner) -> None:
    gate = Hypotheses(mtor_gate=True)
    times = [0.0, 24.0]
    assert typical(times_h=times, hypotheses=gate)["plastic_pool"][0, 1] > 0.2
    assert typical(times_h=times, hypotheses=gate, challenge=FULL_RAPAMYCIN)["plastic_pool"][0, 1] == 0.0


def test_synaptic_density_is_nearly_unchanged_at_24_hours(typical: Runner) -> None:
    # negative control D19: SV2A imaging at 24 h
    solution = typical(hypotheses=Hypotheses(two_plastic_pools=True))
    density = solution["synaptic_density_percent"][0]
    assert np.interp(24.0, solution.times_h, density) < 0.5
    assert "synaptic_density_percent" not in EffectModel.of().build().outputs


def test_two_pools_move_the_peak_to_days(typical: Runner) -> None:
    # what speaks against them: DER27 against E04
    solution = typical(hypotheses=Hypotheses(two_plastic_pools=True), overrides={"fast_share": 0.3})
    assert 48.0 < solution.times_h[solution["plastic_pool"][0].argmax()] < 168.0


def test_more_hydroxynorketamine_can_go_with_less_improvement() -> None:
    # negative control D24: the sign is that of the gain, which may be set below zero
    numbers = range(200)

    def correlation(hypotheses: Hypotheses, **overrides: float) -> float:
        model = EffectModel.of(hypotheses=hypotheses)
        engine = model.build(ENANTIOMERS, (Route.IV_INFUSION,))
        individual = model.individual_parameters(
            sample_population(numbers, 9),
            kinetic_eta=normals(9, "between-subject", 0, numbers, len(model.kinetics.between_subject)),
            overrides=overrides,
        )
        doses = model.kinetics.doses(infusion(0.5), individual)
        found = solve(engine, individual.matrix(engine), doses, [0.0, 24.0])
        hnk = found["AUC S-hydroxynorketamine"][:, 1] + found["AUC R-hydroxynorketamine"][:, 1]
        return float(spearmanr(hnk, found["plastic_pool"][:, 1]).statistic)

    assert abs(correlation(Hypotheses())) < 0.3
    assert correlation(Hypotheses(hnk_action=True)) > 0.3
    assert correlation(Hypotheses(hnk_action=True), hnk_gain=-0.3) < -0.15


def test_bdnf_adds_an_observable_and_delays_the_pool(typical: Runner) -> None:
    with_it = typical(hypotheses=Hypotheses(bdnf_pool=True))
    base = typical()
    assert with_it["bdnf_percent"].max() > 5.0
    two_hours = np.searchsorted(base.times_h, 2.0)
    assert with_it["plastic_pool"][0, two_hours] < base["plastic_pool"][0, two_hours]


def test_r_ketamine_reaches_the_effect_site_only_under_its_hypothesis(typical: Runner) -> None:
    arketamine = [replace(d, drug=Drug.ARKETAMINE) for d in infusion(0.5)]
    assert typical(arketamine, times_h=[0.0, 0.7])["dissociation"].max() == 0.0
    on = typical(arketamine, times_h=[0.0, 0.7], hypotheses=Hypotheses(r_ketamine_effect=True))
    assert on["dissociation"].max() > 0.02
