"""What the model refuses, what it is made of, and that solvers and workers agree on it."""

from dataclasses import replace

import numpy as np
import pytest
from tests.pharmacology.effects.conftest import Runner, at_starts

from ataraxy.engine.doses import DoseTable
from ataraxy.engine.random import normals
from ataraxy.engine.solve import initial_states, solve
from ataraxy.errors import InputError, ModelError
from ataraxy.pharmacology.effects import Challenge, EffectModel
from ataraxy.pharmacology.effects.circuit_sets import NAMES
from ataraxy.pharmacology.effects.effect_model import NO_NORKETAMINE
from ataraxy.pharmacology.effects.reference_arms import infusion, nasal_esketamine, people_of, subcutaneous
from ataraxy.pharmacology.kinetics import get_model, list_models
from ataraxy.pharmacology.kinetics.ports import ENANTIOMERS
from ataraxy.pharmacology.population import sample_population
from ataraxy.pharmacology.typical import OnePerson
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.route import Route

OUTPUTS = (
    "receptor_block",
    "interneuron_block",
    "glutamate_percent",
    "gaba_percent",
    "plastic_pool",
    "acute",
    "effect_site_ng_per_ml",
    "dissociation",
    "cardiovascular",
    "cardiac_output_percent",
    "sedation_site_mg_per_l",
)


@pytest.fixture(scope="module")
def model() -> EffectModel:
    return EffectModel.of()


@pytest.mark.parametrize("name", [m.name for m in list_models() if m.site != "arterial"])
def test_venous_concentrations_are_refused_with_the_reason(name: str) -> None:
    with pytest.raises(ModelError) as refused:
        EffectModel.of(name, allow=NO_NORKETAMINE)
    assert refused.value.code == "effects.site"
    assert "arterial" in str(refused.value)
    assert "C50" in str(refused.value)
    assert "2-fold" in str(refused.value)


def test_a_model_without_norketamine_needs_an_allowance() -> None:
    with pytest.raises(ModelError) as refused:
        EffectModel.of("kamp-2020")
    assert refused.value.code == "effects.no-norketamine"
    assert EffectModel.of("kamp-2020", allow=NO_NORKETAMINE).kinetics.name == "kamp-2020"


def test_outputs_are_those_of_the_kinetics_and_the_eleven_of_the_effects(model: EffectModel) -> None:
    kinetic = get_model("simons-2022").build(ENANTIOMERS)
    assert tuple(model.build().outputs) == (*kinetic.outputs, *OUTPUTS)


def test_the_kinetics_inside_are_those_of_the_kinetic_model(model: EffectModel) -> None:
    kinetic, whole = get_model("simons-2022").build(ENANTIOMERS), model.build()
    assert {s.name: whole.derivatives[s.name] for s in kinetic.states} == dict(kinetic.derivatives)
    assert all(whole.outputs[name] is value for name, value in kinetic.outputs.items())


def test_no_name_is_a_parameter_of_both_kinetics_and_effects(model: EffectModel) -> None:
    people = OnePerson.of()
    assert not set(model.kinetics.typical(people).columns) & set(model.parameters)
    assert not set(model.kinetics.parameters) & set(model.parameters)


def test_without_drug_nothing_happens(model: EffectModel, typical: Runner) -> None:
    solution = typical([], times_h=[0.0, 1.0, 24.0])
    # what is raised to a power is held at 1e-300: nothing, but not zero
    assert np.abs(solution.values).max() < 1e-200


def test_arketamine_alone_blocks_receptors_and_moves_no_effect_site(typical: Runner) -> None:
    solution = typical([replace(d, drug=Drug.ARKETAMINE) for d in infusion(0.5)], times_h=[0.0, 0.5, 1.0])
    assert solution["receptor_block"].max() > 0.05
    for name in (
        "acute",
        "dissociation",
        "cardiovascular",
        "effect_site_ng_per_ml",
        "cardiac_output_percent",
    ):
        assert not solution[name].any()
    assert solution["sedation_site_mg_per_l"].max() > 0.0


def test_esketamine_dissociates_more_than_the_same_dose_of_racemate(typical: Runner) -> None:
    racemate = typical(times_h=np.linspace(0.0, 1.0, 30))["dissociation"].max()
    esketamine = typical(
        [replace(d, drug=Drug.ESKETAMINE) for d in infusion(0.5)], times_h=np.linspace(0.0, 1.0, 30)
    )
    assert esketamine["dissociation"].max() > 1.3 * racemate


def test_cardiac_output_rises_by_45_percent_at_320_ng_per_ml_less_what_norketamine_takes(
    model: EffectModel,
) -> None:
    engine = model.build(("S",), (Route.IV_INFUSION,))
    individual = model.individual_parameters(OnePerson.of())
    # a bolus that gives 320 ng/mL at time zero, before any norketamine is there
    dose = DoseTable.of(np.array([0]), 0.0, "central_S", 0.320 * individual["V1"], 0.0)
    solution = solve(engine, individual.matrix(engine), dose, [0.0, 2.0])
    assert solution["cardiac_output_percent"][0, 0] == pytest.approx(45.0)
    without = model.individual_parameters(OnePerson.of(), overrides={"a_NS": 0.0})
    later = solve(engine, without.matrix(engine), dose, [0.0, 2.0])
    lost = later["cardiac_output_percent"][0, 1] - solution["cardiac_output_percent"][0, 1]
    assert lost == pytest.approx(5.0 * solution["S-norketamine"][0, 1] / 100.0)


def test_the_effect_site_lags_with_a_half_life_of_8_3_minutes(model: EffectModel) -> None:
    engine = model.build(("S",), (Route.IV_INFUSION,))
    individual = model.individual_parameters(OnePerson.of())
    start = initial_states(engine, individual.matrix(engine))
    start[0, engine.state_index("effect_site")] = 100.0
    half = np.log(2.0) / 5.0
    solution = solve(engine, individual.matrix(engine), DoseTable.empty(), [0.0, half], initial=start)
    assert solution["effect_site_ng_per_ml"][0] == pytest.approx([100.0, 50.0])
    assert 60.0 * half == pytest.approx(8.3, abs=0.05)


def test_an_ampa_antagonist_takes_its_share_of_the_pool(typical: Runner) -> None:
    times = [0.0, 24.0]
    half = typical(times_h=times, challenge=Challenge(ampa_block=0.5))["plastic_pool"][0, 1]
    all_of_it = typical(times_h=times, challenge=Challenge(ampa_block=1.0))["plastic_pool"][0, 1]
    assert all_of_it == 0.0
    assert 0.4 < half / typical(times_h=times)["plastic_pool"][0, 1] < 0.6


@pytest.mark.parametrize(
    "doses", [infusion(0.5), nasal_esketamine(3), subcutaneous(1.0)], ids=["iv", "nasal", "sc"]
)
def test_the_kernel_agrees_with_scipy_to_its_tolerance(model: EffectModel, doses: list) -> None:
    individual = people_of(range(8), 5)
    engine = model.build(ENANTIOMERS, {d.route for d in doses})
    table = model.kinetics.doses(doses, individual)
    times = np.concatenate([np.linspace(0.0, 4.0, 25), [12.0, 24.0, 168.0, 336.0]])
    exact = solve(engine, individual.matrix(engine), table, times, solver="reference")
    for solver in ("auto", "full"):
        found = solve(engine, individual.matrix(engine), table, times, solver=solver, rtol=1e-6)  # type: ignore[arg-type]
        largest = np.abs(exact.values).max(axis=(0, 1))
        assert (np.abs(found.values - exact.values) <= 2e-6 * largest + 5e-6 * np.abs(exact.values)).all()


def test_two_thousand_random_people_stay_in_bounds_over_forty_sessions(model: EffectModel) -> None:
    numbers = range(2000)
    individual = model.individual_parameters(
        sample_population(numbers, 3),
        kinetic_eta=normals(3, "between-subject", 0, numbers, len(model.kinetics.between_subject)),
        effect_eta=normals(3, "between-subject-effects", 0, numbers, len(model.between_subject)),
        kinetic_theta=normals(3, "kinetics", 0, numbers, len(model.kinetics.theta_names)),
        effect_theta=normals(3, "effects", 0, numbers, len(model.theta_names)),
    )
    doses = at_starts(infusion(1.0), [72.0 * k for k in range(40)])
    engine = model.build(ENANTIOMERS, (Route.IV_INFUSION,))
    times = np.sort(np.concatenate([72.0 * k + np.array([0.0, 0.5, 0.75, 24.0]) for k in range(40)]))
    solution = solve(
        engine, individual.matrix(engine), model.kinetics.doses(doses, individual), times, workers=2
    )
    assert np.isfinite(solution.values).all()
    for name in (
        "receptor_block",
        "interneuron_block",
        "plastic_pool",
        "acute",
        "dissociation",
        "cardiovascular",
    ):
        assert solution[name].min() > -1e-6
        assert solution[name].max() < 1.0
    assert solution["glutamate_percent"].min() > -100.0


def test_results_do_not_depend_on_the_number_of_workers(model: EffectModel) -> None:
    individual = people_of(range(50), 4)
    engine = model.build(ENANTIOMERS, (Route.IV_INFUSION,))
    doses = model.kinetics.doses(at_starts(infusion(0.5), [0.0, 48.0]), individual)
    times = np.linspace(0.0, 72.0, 30)
    one, three = (
        solve(engine, individual.matrix(engine), doses, times, workers=workers).values for workers in (1, 3)
    )
    assert one.tobytes() == three.tobytes()


def test_a_person_does_not_depend_on_who_else_is_simulated(model: EffectModel) -> None:
    engine = model.build(ENANTIOMERS, (Route.IV_INFUSION,))

    def last(numbers: range) -> np.ndarray:
        individual = people_of(numbers, 4)
        doses = model.kinetics.doses(infusion(0.5), individual)
        return solve(engine, individual.matrix(engine), doses, [0.0, 1.0, 30.0]).values[-1]

    assert last(range(8, 16)) == pytest.approx(last(range(16)), rel=1e-12)


def test_a_draw_of_zero_gives_the_values_as_they_stand(model: EffectModel) -> None:
    zero, standing = model.values_at(np.zeros(len(model.theta_names))), model.values_at()
    assert {n: float(v) for n, v in zero.items()} == pytest.approx({n: float(v) for n, v in standing.items()})


def test_uncertain_receptor_and_circuit_are_drawn_together(model: EffectModel) -> None:
    draws = np.zeros((2, len(model.theta_names)))
    draws[:, 0] = [-1.0, 1.0]
    drawn = model.values_at(draws)
    assert all(drawn[name][0] != drawn[name][1] for name in NAMES)
    assert all(np.ptp(drawn[name]) == 0.0 for name in drawn if name not in NAMES)
    assert not set(NAMES) & set(model.theta_names)


def test_every_uncertain_parameter_has_its_column(model: EffectModel) -> None:
    for column, name in enumerate(model.theta_names[1:], start=1):
        draws = np.zeros(len(model.theta_names))
        draws[column] = 1.0
        moved = model.values_at(draws)
        assert moved[name] != pytest.approx(float(model.values_at()[name]), rel=1e-9) or (
            # at the upper end of its range: only the lower half moves
            model.parameters[name].uncertainty.bounds is not None
            and model.parameters[name].uncertainty.bounds[1] == model.parameters[name].value  # type: ignore[index]
        )


def test_people_and_sessions_differ_only_in_what_is_said_to_differ(model: EffectModel) -> None:
    people = OnePerson.of()
    base = model.individual_parameters(people)
    eta = model.individual_parameters(people, effect_eta=np.ones((1, len(model.between_subject))))
    session = model.individual_parameters(people, effect_occasion=np.ones((1, len(model.between_occasion))))
    assert {n for n in base.columns if base[n] != eta[n]} == set(model.between_subject.names)
    assert {n for n in base.columns if base[n] != session[n]} == {"s_SBP", "s_DBP", "s_HR"}


def test_an_override_replaces_the_value_before_the_persons_deviation(model: EffectModel) -> None:
    eta = np.zeros((1, len(model.between_subject)))
    found = model.individual_parameters(OnePerson.of(), effect_eta=eta, overrides={"ke0": 7.0})
    assert found["ke0"] == pytest.approx([7.0])
    with pytest.raises(InputError) as refused:
        model.individual_parameters(OnePerson.of(), overrides={"no_such": 1.0})
    assert refused.value.code == "effects.override"


def test_the_reference_pool_is_that_of_a_typical_person_a_day_after_half_a_mg_per_kg(
    model: EffectModel, typical: Runner
) -> None:
    expected = typical(times_h=[0.0, 24.0])["plastic_pool"][0, 1]
    assert model.reference_pool() == pytest.approx([expected])
    several = model.reference_pool(overrides={"k_P": np.array([0.5, 1.05, 2.1])})
    assert several[1] == pytest.approx(expected)
    assert several[0] < several[1] < several[2]


@pytest.mark.parametrize("argument", ["effect_eta", "effect_occasion", "effect_theta"])
def test_draws_of_another_shape_are_refused(model: EffectModel, argument: str) -> None:
    with pytest.raises(InputError):
        model.individual_parameters(OnePerson.of(), **{argument: np.zeros((1, 2))})


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_challenge_is_a_share(share: float) -> None:
    with pytest.raises(InputError) as refused:
        Challenge(mtor_inhibition=share)
    assert refused.value.code == "effects.challenge"
