"""People differ, occasions differ, and published values are uncertain: three things, never mixed."""

import numpy as np
import pytest
from scipy.stats import norm

from ataraxy.errors import InputError
from ataraxy.pharmacology.kinetics import MODELS, get_model

GRID = norm.ppf((np.arange(4000) + 0.5) / 4000)


class People:
    def __init__(self, n: int, weight_kg: float = 70.0) -> None:
        self.weight_kg = np.full(n, weight_kg)
        self.age_y = np.full(n, 40.0)
        self.ancestry = np.full(n, "other")


@pytest.mark.parametrize("model", MODELS)
def test_draws_of_zero_give_the_typical_person(model):
    kinetic = get_model(model)
    typical = kinetic.typical(People(2))
    drawn = kinetic.individual_parameters(
        People(2),
        eta_draws=np.zeros((2, len(kinetic.between_subject))),
        theta_draws=np.zeros(len(kinetic.theta_names)),
        occasion_draws=np.zeros((2, len(kinetic.between_occasion))),
    )
    assert typical.columns.keys() == drawn.columns.keys()
    for name in typical.columns:
        assert drawn[name] == pytest.approx(typical[name], rel=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_every_parameter_of_the_equations_is_drawn_positive(model):
    kinetic = get_model(model)
    rng = np.random.Generator(np.random.Philox(7))
    body = kinetic.individual_parameters(
        People(500),
        eta_draws=rng.standard_normal((500, len(kinetic.between_subject))),
        theta_draws=rng.standard_normal((500, len(kinetic.theta_names))),
    )
    assert np.all(body.matrix(kinetic.build(("S", "R"))) > 0.0)


def test_otto_covariances_are_the_published_ones():
    kinetic = get_model("otto-2021")
    matrix = kinetic.between_subject.covariance(kinetic.parameters)
    assert kinetic.between_subject.names[:4] == ("V1", "CL", "V_nk", "CL_nk")
    assert matrix[:2, :2] == pytest.approx(np.array([[0.084177, 0.02261], [0.02261, 0.026048]]))
    assert matrix[2:4, 2:4] == pytest.approx(np.array([[0.040426, 0.04456], [0.04456, 0.10319]]))
    assert np.all(matrix[:2, 2:] == 0.0)


def test_drawn_people_have_the_published_covariance():
    kinetic = get_model("otto-2021")
    rng = np.random.Generator(np.random.Philox(11))
    eta = rng.standard_normal((20_000, len(kinetic.between_subject)))
    body = kinetic.individual_parameters(People(len(eta)), eta_draws=eta)
    seen = np.cov(np.log(body["V_nk"]), np.log(body["CL_nk"]))
    # four standard errors of a variance from 20,000 people are about 4%
    assert seen == pytest.approx(np.array([[0.040426, 0.04456], [0.04456, 0.10319]]), rel=0.04)


def test_a_coefficient_of_variation_becomes_that_of_the_log_normal():
    kinetic = get_model("perez-ruixo-2021")
    eta = np.zeros((len(GRID), len(kinetic.between_subject)))
    eta[:, kinetic.between_subject.names.index("Vc")] = GRID
    volume = kinetic.individual_parameters(People(len(GRID)), eta_draws=eta)["Vc"]
    assert volume.std() / volume.mean() == pytest.approx(0.275, rel=5e-3)


def test_the_nasal_fraction_varies_on_the_logit_scale():
    kinetic = get_model("perez-ruixo-2021")
    eta = np.zeros((1, len(kinetic.between_subject)))
    eta[0, kinetic.between_subject.names.index("F_nasal")] = 1.0
    drawn = kinetic.individual_parameters(People(1), eta_draws=eta)["F_nasal"][0]
    assert np.log(drawn / (1 - drawn)) == pytest.approx(np.log(0.54 / 0.46) + 0.708)


def test_occasions_differ_in_absorption_and_leave_the_persons_clearance():
    kinetic = get_model("simons-2022")
    rng = np.random.Generator(np.random.Philox(3))
    eta = rng.standard_normal((5, len(kinetic.between_subject)))
    first, second = (
        kinetic.individual_parameters(
            People(5), eta_draws=eta, occasion_draws=rng.standard_normal((5, len(kinetic.between_occasion)))
        )
        for _ in range(2)
    )
    assert np.all(first["CL_S"] == second["CL_S"])
    assert np.all(first["F1_film"] != second["F1_film"])
    assert np.all(first["CL_hnk"] != second["CL_hnk"])


def test_simons_occasion_variances_are_the_published_ones():
    kinetic = get_model("simons-2022")
    variances = np.diag(kinetic.between_occasion.covariance(kinetic.parameters))
    assert dict(zip(kinetic.between_occasion.names, variances, strict=True)) == pytest.approx(
        {
            "MTT_nk": 0.751,
            "V2_hnk": 0.152,
            "CL_hnk": 0.008,
            "F1_film": 0.060,
            "D1_film": 0.154,
            "ka1_film": 0.062,
            "F2_film": 0.057,
            "D2_film": 0.611,
            "ka2_film": 0.376,
            "MTT_gut_film": 0.937,
        }
    )


def test_uncertainty_of_a_value_moves_everybody_alike():
    kinetic = get_model("otto-2021")
    theta = np.zeros(len(kinetic.theta_names))
    theta[kinetic.theta_names.index("CL")] = 1.0
    body = kinetic.individual_parameters(People(3), theta_draws=theta)
    assert body["CL_S"] == pytest.approx(95.2 * np.exp(np.sqrt(np.log1p(0.01))))
    assert body["V1"] == pytest.approx(133.0)


def test_an_unprinted_variance_is_sampled_over_its_range():
    kinetic = get_model("perez-ruixo-2021")
    theta = np.zeros((2, len(kinetic.theta_names)))
    theta[:, kinetic.theta_names.index("omega_kmet")] = [-8.0, 8.0]
    eta = np.zeros((2, len(kinetic.between_subject)))
    eta[:, kinetic.between_subject.names.index("kmet")] = 1.0
    body = kinetic.individual_parameters(People(2), eta_draws=eta, theta_draws=theta)
    spread = np.log(body["kmet_S"] / 2.77)
    assert spread == pytest.approx(np.sqrt(np.log1p(np.array([0.10, 0.60]) ** 2)), rel=1e-6)


def test_weight_acts_as_published():
    otto, simons, perez = (
        get_model(name).typical(People(1, 140.0)) for name in ("otto-2021", "simons-2022", "perez-ruixo-2021")
    )
    assert otto["CL_S"][0] == pytest.approx(95.2 * 2**0.75)
    assert otto["V1"][0] == pytest.approx(266.0)
    assert otto["Vp1"][0] == 187.0
    assert otto["Q1"][0] == 23.2
    assert simons["V3"][0] == pytest.approx(348.0)
    assert simons["Q2"][0] == pytest.approx(60 * 2.43 * 2**0.75)
    assert perez["Vc"][0] == 192.0


def test_liver_flow_falls_with_age_above_60_only():
    kinetic = get_model("perez-ruixo-2021")
    people = People(3)
    people.age_y = np.array([30.0, 60.0, 70.0])
    assert kinetic.typical(people)["Qh"] == pytest.approx([151.0, 151.0, 129.1])


@pytest.mark.parametrize("argument", ["eta_draws", "occasion_draws"])
def test_draws_of_the_wrong_width_are_refused(argument):
    with pytest.raises(InputError, match=r"kinetics\.draws-shape"):
        get_model("simons-2022").individual_parameters(People(2), **{argument: np.zeros((2, 3))})


def test_draws_of_uncertainty_of_the_wrong_width_are_refused():
    with pytest.raises(InputError, match=r"parameters\.draws-shape"):
        get_model("simons-2022").individual_parameters(People(2), theta_draws=np.zeros(3))


@pytest.mark.parametrize("weight", [0.0, -70.0, float("nan")])
def test_a_weight_that_is_no_weight_is_refused(weight):
    with pytest.raises(InputError, match=r"kinetics\.covariate"):
        get_model("otto-2021").typical(People(1, weight))


def test_age_lowers_the_typical_flow_before_the_persons_own_deviation():
    kinetic = get_model("perez-ruixo-2021")
    people = People(1)
    people.age_y = np.array([70.0])
    eta = np.zeros((1, len(kinetic.between_subject)))
    eta[0, kinetic.between_subject.names.index("Qh")] = 1.0
    flow = kinetic.individual_parameters(people, eta_draws=eta)["Qh"]
    assert flow == pytest.approx([129.1 * np.exp(np.sqrt(np.log1p(0.232**2)))])
