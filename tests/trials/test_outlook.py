"""Outlook of a protocol: laws of effects, scales and safety."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ataraxy.trials
from ataraxy.errors import InputError, ModelError
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.pharmacology.effects.hypotheses import Hypotheses
from ataraxy.pharmacology.kinetics import get_model
from ataraxy.pharmacology.population import sample_population
from ataraxy.therapy.amount import Dose
from ataraxy.therapy.protocol import Protocol
from ataraxy.trials.outlook import EVENTS, PEAKS, WAYS_BACK, Outlook
from ataraxy.trials.outlook_run import USUAL, Circumstances, foresee

SCHEMA = json.loads((Path(ataraxy.trials.__file__).parent / "schemas" / "outlook-1.json").read_text())
FEW: dict[str, Any] = {"people": 20, "uncertainty_draws": 4, "seed": 3}


def dosed(mg_per_kg: float) -> Protocol:
    """One infusion over 40 minutes."""
    protocol = load_protocol("ketamine-iv-05-once")
    given = replace_dose(protocol, mg_per_kg)
    assert given.planned_doses()[0].amount == mg_per_kg
    return given


def replace_dose(protocol: Protocol, mg_per_kg: float) -> Protocol:
    administration = protocol.administrations[0]
    changed = administration.model_copy(update={"doses": (Dose(amount=mg_per_kg, per="mg/kg"),)})
    return protocol.model_copy(update={"administrations": (changed,)})


@pytest.fixture(scope="module")
def six() -> Outlook:
    return foresee(load_protocol("ketamine-iv-05-six"), **FEW)


@pytest.fixture(scope="module")
def once() -> Outlook:
    return foresee(dosed(0.5), **FEW)


def test_the_document_is_of_its_schema(six: Outlook) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    content = json.loads(json.dumps(six.to_json(), allow_nan=False))
    jsonschema.validate(content, SCHEMA)
    del content["sessions"][0]["events"]["any_sedation"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, SCHEMA)


def test_one_set_of_parameters_has_no_uncertainty_and_is_of_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    outlook = foresee(dosed(0.5), people=20, uncertainty_draws=0)
    content = json.loads(json.dumps(outlook.to_json(), allow_nan=False))
    jsonschema.validate(content, SCHEMA)
    assert content["draws"] == 1
    assert content["sessions"][0]["peaks"]["cadss_points"]["median_uncertainty"] is None
    assert content["scales"][0]["score"]["median_uncertainty"] is None


def test_every_session_has_every_measure(six: Outlook) -> None:
    assert [s.start_h for s in six.sessions] == [24.0 * day for day in (0, 2, 4, 7, 9, 11)]
    for session in six.sessions:
        assert set(session.peaks) == {m.name for m in PEAKS}
        assert set(session.ways_back) == {m.name for m in WAYS_BACK}
        assert set(session.events) == {m.name for m in EVENTS}


def test_the_same_seed_gives_the_same_numbers_for_any_workers(once: Outlook) -> None:
    again = foresee(dosed(0.5), workers=2, **FEW).to_json()
    first = once.to_json()
    for document in (again, first):
        del document["provenance"]
    assert again == first


def test_halving_the_dose_lowers_ketamine_block_and_dissociation(once: Outlook) -> None:
    half = foresee(dosed(0.25), **FEW).sessions[0].peaks
    whole = once.sessions[0].peaks
    for name in ("receptor_block_percent", "cadss_points", "sbp_rise_mmhg"):
        assert half[name].median < whole[name].median
    # kinetics are linear
    ratio = half["ketamine_ng_per_ml"].median / whole["ketamine_ng_per_ml"].median
    assert ratio == pytest.approx(0.5, rel=1e-3)


def test_in_the_null_world_the_score_knows_nothing_of_the_dose_when_people_are_told() -> None:
    null = Circumstances(world="null")
    small, large = (foresee(dosed(mg), null, **FEW).scales[0] for mg in (0.1, 1.0))
    np.testing.assert_array_equal(small.curve.median, large.curve.median)
    published = [foresee(dosed(mg), **FEW).scales[0] for mg in (0.1, 1.0)]
    assert published[1].outcomes[3].fall.median > published[0].outcomes[3].fall.median


def test_in_the_null_world_what_is_left_of_a_masked_gain_is_unmasking() -> None:
    null = Circumstances(world="null", design="saline_controlled")
    asleep = Circumstances(world="null", design="under_anaesthesia")
    felt = foresee(dosed(1.0), null, **FEW).scales[0].outcomes[3].gain
    assert felt > 0.0
    assert foresee(dosed(1.0), asleep, **FEW).scales[0].outcomes[3].gain == pytest.approx(0.0, abs=1e-12)


def test_the_null_world_changes_nothing_of_safety(once: Outlook) -> None:
    null = foresee(dosed(0.5), Circumstances(world="null"), **FEW)
    assert null.sessions == once.sessions
    assert null.events == once.events


def test_the_two_kinds_of_interval_are_not_the_same_thing() -> None:
    # people who do not differ in size or draw still leave the doubt about parameters, and the other way round
    one = (
        foresee(dosed(0.5), people=1, uncertainty_draws=6, seed=3).sessions[0].peaks["receptor_block_percent"]
    )
    assert one.between_people.lo90 == one.between_people.hi90
    assert one.median_uncertainty is not None
    assert one.median_uncertainty.lo90 < one.median_uncertainty.hi90
    many = (
        foresee(dosed(0.5), people=30, uncertainty_draws=0, seed=3)
        .sessions[0]
        .peaks["receptor_block_percent"]
    )
    assert many.between_people.lo90 < many.between_people.hi90


def test_dissociation_wears_off_over_sessions_and_pressure_does_not(six: Outlook) -> None:
    first, last = six.sessions[0].peaks, six.sessions[-1].peaks
    assert last["cadss_points"].median < 0.8 * first["cadss_points"].median
    assert last["cardiac_output_percent"].median == pytest.approx(
        first["cardiac_output_percent"].median, rel=0.05
    )


def test_at_least_once_in_a_course_is_not_rarer_than_in_one_session(six: Outlook) -> None:
    for name, share in six.events.items():
        if name in six.sessions[0].events:
            assert share.percent >= max(s.events[name].percent for s in six.sessions) - 1e-9


def test_what_is_arterial_drives_and_what_is_venous_is_refused() -> None:
    assert get_model(foresee(dosed(0.5), people=2, uncertainty_draws=0).kinetics).site == "arterial"
    with pytest.raises(ModelError) as refused:
        foresee(dosed(0.5), kinetics="otto-2021", **FEW)
    assert refused.value.code == "effects.site"


def test_a_roster_is_thinned_evenly_and_a_heavy_one_has_another_exposure() -> None:
    people = sample_population(range(500), 1)
    heavy = people.rows(np.argsort(people.weight_kg)[-100:])
    own = foresee(dosed(0.5), people=heavy, uncertainty_draws=0, seed=3)
    usual = foresee(dosed(0.5), people=people, uncertainty_draws=0, seed=3)
    name = "ketamine_ng_per_ml"
    assert own.sessions[0].peaks[name].median > usual.sessions[0].peaks[name].median


def test_a_dose_hours_into_a_session_is_watched_too() -> None:
    # a film at 0 h, an infusion at 6 h
    outlook = foresee(load_protocol("simons-2022-film-50"), **FEW)
    curve = outlook.session_curves["ketamine_ng_per_ml"]
    assert outlook.session_h > 6.0
    assert 6.0 < curve.times_h[curve.median.argmax()] < 7.0


def test_time_to_relief_and_curves_begin_where_people_are(once: Outlook) -> None:
    scale = once.scales[0]
    assert scale.curve.times_h[0] == 0.0
    assert scale.curve.median[0] == pytest.approx(scale.baseline.median, rel=0.05)
    assert scale.curve.median[0] == scale.control.median[0]
    assert scale.time_to_relief_h.median > 0.0


def test_hours_against_weeks_has_all_four_on_one_clock_with_evidence(once: Outlook) -> None:
    assert [c.treatment for c in once.onset] == ["ketamine", "SSRI or SNRI", "psychotherapy", "placebo"]
    for curve in once.onset:
        np.testing.assert_array_equal(curve.times_h, once.onset[0].times_h)
        assert (curve.relieved[1] <= curve.relieved[0]).all()
        assert (curve.relieved[0] <= curve.relieved[2]).all()
        assert curve.grounds


@pytest.mark.parametrize("indication", list(USUAL))
def test_the_usual_scales_of_an_indication_have_a_baseline_there(indication: str) -> None:
    assert Circumstances(indication).scales == USUAL[indication]
    for name in USUAL[indication]:
        Circumstances(indication, (name,))


def test_hypotheses_are_off_by_default_and_bring_their_contrary_evidence(once: Outlook) -> None:
    assert once.hypotheses == ()
    assert Circumstances().switched_on == Hypotheses()
    on = foresee(dosed(0.5), Circumstances(hypotheses=("two-plastic-pools",)), people=2, uncertainty_draws=0)
    assert [h.name for h in on.hypotheses] == ["two_plastic_pools"]
    assert on.to_json()["hypotheses"][0]["evidence_against"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"indication": "OCD"}, "symptoms.indication"),
        ({"instruments": ("HAM-Z",)}, "symptoms.instrument"),
        ({"indication": "GAD", "instruments": ("PCL-5",)}, "symptoms.scale"),
        ({"setting": "prison"}, "outlook.setting"),
        ({"design": "blind"}, "outlook.design"),
        ({"world": "best"}, "outlook.world"),
        ({"hypotheses": ("magic",)}, "outlook.hypothesis"),
    ],
)
def test_unknown_circumstances_are_refused(arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as refused:
        Circumstances(**arguments)
    assert refused.value.code == code


def test_nobody_is_no_population() -> None:
    with pytest.raises(InputError) as refused:
        foresee(dosed(0.5), people=0)
    assert refused.value.code == "outlook.people"


def test_hyphens_and_underscores_are_one() -> None:
    assert foresee(
        dosed(0.5), Circumstances(design="saline-controlled", setting="civilian-trial"), people=2,
        uncertainty_draws=0,
    ).design == "saline_controlled"  # fmt: skip


def test_every_key_of_the_document_is_described() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "json.md").read_text(encoding="utf-8")
    keys = {*SCHEMA["properties"], *(k for d in SCHEMA["$defs"].values() for k in d["properties"])} - {
        "schema"
    }
    measured = {m.name for m in (*PEAKS, *WAYS_BACK, *EVENTS)}
    assert [key for key in sorted(keys | measured) if f"`{key}`" not in page] == []
