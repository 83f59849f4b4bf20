"""SBML is run by libroadrunner, which shares nothing with us, and must give our curves."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.models import (
    LINEAR_RANGES,
    RESPONSE_RANGES,
    RESPONSE_TARGETS,
    largest_error_of_peak,
    linear_model,
    response_model,
    separated,
    typical_people,
)

from ataraxy.engine.doses import DoseTable
from ataraxy.engine.expression import differentiate, evaluate, exp, log, maximum, minimum, sqrt
from ataraxy.engine.model import Model, ModelBuilder
from ataraxy.engine.solve import solve
from ataraxy.errors import AtaraxyError, InputError
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.exchange.sbml import sbml_text, write_sbml
from ataraxy.exchange.sbml_ids import MEANT_OTHERWISE, SbmlIds
from ataraxy.exchange.sbml_kinetics import kinetic_notes, kinetic_units
from ataraxy.pharmacology.kinetics import enantiomers_of, get_model
from ataraxy.pharmacology.typical import OnePerson

libsbml = pytest.importorskip("libsbml", reason="python-libsbml is not installed (extra `exchange`)")
roadrunner = pytest.importorskip("roadrunner", reason="libroadrunner is not installed")

NAMESPACE = {"sbml": "http://www.sbml.org/sbml/level3/version2/core"}
# What libsbml says of a quantity without unit, and of formulas in which one stands.
UNIT_IS_MISSING = {20702, 80701, 99508}


@pytest.fixture(scope="module", autouse=True)
def kernel_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATARAXY_CACHE", str(tmp_path_factory.mktemp("kernels")))
        yield


def simulated(text: str, model: Model, times_h: np.ndarray) -> np.ndarray:
    """f8[1, times, outputs] by CVODE, with steps so short that no event is stepped over."""
    runner = roadrunner.RoadRunner(text)
    integrator = runner.getIntegrator()
    assert integrator.getName() == "cvode"
    integrator.relative_tolerance = 1e-10
    integrator.absolute_tolerance = 1e-13
    integrator.maximum_time_step = 0.25
    integrator.maximum_num_steps = 100_000
    runner.timeCourseSelections = list(SbmlIds.of(model).outputs.values())
    begins_at_zero = times_h[0] == 0.0
    asked = times_h if begins_at_zero else np.concatenate([[0.0], times_h])
    values = np.array(runner.simulate(times=[float(t) for t in asked]))
    return values[None, 0 if begins_at_zero else 1 :]


def difference(model: Model, parameters: np.ndarray, doses: DoseTable, times_h: np.ndarray) -> float:
    """Largest difference between libroadrunner and the engine, relative to the peak of each output."""
    ours = solve(model, parameters, doses, times_h, solver="auto", rtol=1e-9).values
    return largest_error_of_peak(simulated(sbml_text(model, parameters[0], doses), model, times_h), ours)


def complaints(text: str) -> list[tuple[int, int]]:
    """(number, severity) of everything that libsbml finds."""
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    found = [document.getError(k) for k in range(document.getNumErrors())]
    return [(f.getErrorId(), f.getSeverity()) for f in found]


def kinetic_case(protocol: str, name: str) -> tuple[Model, np.ndarray, DoseTable, str]:
    loaded, kinetic = load_protocol(protocol), get_model(name)
    model = kinetic.build(enantiomers_of([loaded.drug]), loaded.routes)
    individual = kinetic.typical(OnePerson.of(70.0, 45.0))
    doses = kinetic.doses(loaded.planned_doses(), individual)
    parameters = individual.matrix(model)
    text = sbml_text(
        model, parameters[0], doses, units=kinetic_units(kinetic, model), notes=kinetic_notes(kinetic)
    )
    return model, parameters, doses, text


KINETIC_CASES = [("ketamine-iv-05-six", "otto-2021"), ("simons-2022-film-50", "simons-2022")]


def test_oral_doses_and_infusions_give_the_same_curve() -> None:
    doses = DoseTable.concatenate(
        [
            DoseTable.of(0, [0.0, 12.0, 24.0, 24.0], "depot", [40.0, 40.0, 40.0, 5.0]),
            DoseTable.of(0, [0.0, 0.5, 23.5], "central", 30.0, [2.0 / 3.0, 1.0, 1.0]),
            DoseTable.of(0, 30.0, "central", 10.0),
        ]
    )
    edges = np.concatenate([doses.time_h, doses.time_h + doses.duration_h])
    times = separated(np.concatenate([np.linspace(0.0, 48.0, 193), edges]))
    assert difference(linear_model(), typical_people(LINEAR_RANGES, 1, 7), doses, times) < 1e-6


@settings(max_examples=12)
@given(
    given_at=st.lists(
        st.tuples(
            st.integers(0, 144),
            st.sampled_from(RESPONSE_TARGETS),
            st.sampled_from([1.0, 25.0]),
            st.sampled_from([0.0, 1 / 6, 2 / 3, 12.0]),
        ),
        max_size=6,
    ),
    seed=st.integers(0, 99),
)
def test_random_regimens_give_the_same_curve_in_a_nonlinear_model(
    given_at: list[tuple[int, str, float, float]], seed: int
) -> None:
    model, parameters = response_model(), typical_people(RESPONSE_RANGES, 1, seed)
    # CVODE here has no analytic Jacobian and is lost where a power near or below one begins at zero
    gamma = model.parameters.index("GAMMA")
    parameters[0, gamma] = max(parameters[0, gamma], 2.1)
    doses = DoseTable.concatenate(
        [DoseTable.of(0, sixth / 6.0, state, mg, hours) for sixth, state, mg, hours in given_at]
    )
    moments = np.concatenate([doses.time_h, doses.time_h + doses.duration_h])
    times = separated(np.concatenate([np.linspace(0.0, 48.0, 97), moments]))
    assert difference(model, parameters, doses, times) < 1e-6


@pytest.mark.parametrize(("protocol", "name"), KINETIC_CASES)
def test_a_published_model_gives_the_same_curve(protocol: str, name: str) -> None:
    model, parameters, doses, text = kinetic_case(protocol, name)
    ends = doses.time_h + doses.duration_h
    times = separated(np.concatenate([np.linspace(0.0, ends.max() + 24.0, 301), doses.time_h, ends]))
    ours = solve(model, parameters, doses, times, solver="auto").values
    assert largest_error_of_peak(simulated(text, model, times), ours) < 1e-6


@pytest.mark.parametrize(("protocol", "name"), [*KINETIC_CASES, ("esketamine-nasal-84", "perez-ruixo-2021")])
def test_a_published_model_is_consistent_and_every_quantity_has_its_unit(protocol: str, name: str) -> None:
    text = kinetic_case(protocol, name)[3]
    found = complaints(text)
    assert [c for c in found if c[1] >= libsbml.LIBSBML_SEV_ERROR] == []
    assert {number for number, _ in found} & UNIT_IS_MISSING == set()
    root = ElementTree.fromstring(text)
    assert root.attrib == {"level": "3", "version": "2"}
    content = root.find("sbml:model", NAMESPACE)
    assert content is not None
    assert content.attrib["timeUnits"] == "hour"
    units = {
        d.attrib["id"]: [u.attrib for u in d.iter(f"{{{NAMESPACE['sbml']}}}unit")]
        for d in content.iter(f"{{{NAMESPACE['sbml']}}}unitDefinition")
    }
    assert units["hour"] == [{"kind": "second", "exponent": "1", "scale": "0", "multiplier": "3600"}]
    assert units["mg"] == [{"kind": "gram", "exponent": "1", "scale": "-3", "multiplier": "1"}]
    assert {u["kind"]: (u["exponent"], u["multiplier"]) for u in units["liter_per_hour"]} == {
        "second": ("-1", "3600"),
        "litre": ("1", "1"),
    }


def test_notes_name_model_version_and_sources() -> None:
    text = kinetic_case("otto-2021", "otto-2021")[3]
    kinetic = get_model("otto-2021")
    for words in ("written by Ataraxy", kinetic.sha256(), "10.1007/s00228-021-03104-1", "venous"):
        assert words in text


def test_equal_arguments_give_equal_text() -> None:
    assert kinetic_case("otto-2021", "otto-2021")[3] == kinetic_case("otto-2021", "otto-2021")[3]


def test_what_is_given_at_time_zero_needs_no_event() -> None:
    model = linear_model()
    doses = DoseTable.concatenate(
        [DoseTable.of(0, 0.0, "depot", [40.0, 2.0]), DoseTable.of(0, 0.0, "central", 30.0, 2.0)]
    )
    parameters = typical_people(LINEAR_RANGES, 1, 1)
    text = sbml_text(model, parameters[0], doses)
    assert text.count("<event ") == 1, "the end of the infusion is the only event"
    runner = roadrunner.RoadRunner(text)
    assert runner["depot"] == 42.0
    assert runner["input_central"] == 15.0


def test_one_moment_is_one_event_and_an_ended_infusion_leaves_exactly_nothing() -> None:
    model = linear_model()
    doses = DoseTable.concatenate(
        [
            DoseTable.of(0, [0.3, 0.1 + 0.2], "depot", 5.0),
            DoseTable.of(0, [0.1, 0.2, 0.25], "central", [0.1, 0.7, 0.3], [0.2, 0.1, 0.05]),
        ]
    )
    text = sbml_text(model, typical_people(LINEAR_RANGES, 1, 1)[0], doses)
    assert text.count("<event ") == 4
    runner = roadrunner.RoadRunner(text)
    runner.simulate(0.0, 2.0, 5)
    assert runner["input_central"] == 0.0


@pytest.mark.parametrize("moment", [1 / 6, 2 / 3, 25 / 7, 24 + 2 / 3])
def test_an_output_at_the_moment_of_a_dose_is_the_value_after_it(moment: float) -> None:
    model, parameters = linear_model(), typical_people(LINEAR_RANGES, 1, 5)
    doses = DoseTable.of(0, moment, "central", 10.0)
    assert difference(model, parameters, doses, np.array([0.0, moment, moment + 1.0])) < 1e-6


def test_neighbouring_infusions_of_one_rate_are_one_infusion() -> None:
    doses = DoseTable.of(0, [0.0, 1.0, 2.0], "central", 10.0, 1.0)
    text = sbml_text(linear_model(), typical_people(LINEAR_RANGES, 1, 1)[0], doses)
    assert text.count("<event ") == 1


def test_an_initial_value_follows_the_parameter_that_it_is_made_of() -> None:
    model = response_model()
    parameters = typical_people(RESPONSE_RANGES, 1, 2)
    text = sbml_text(model, parameters[0], DoseTable.of(0, 0.0, "response", 3.0))
    runner = roadrunner.RoadRunner(text)
    e0 = parameters[0, model.parameters.index("E0")]
    assert runner["response"] == pytest.approx(e0 + 3.0, rel=1e-12)
    runner["init(E0)"] = 50.0
    runner.reset(roadrunner.SelectionRecord.ALL)
    assert runner["response"] == pytest.approx(53.0, rel=1e-12)


def test_every_operation_means_what_it_means_in_the_engine() -> None:
    b = ModelBuilder("operations")
    half, two = b.parameters("HALF", "TWO")
    x = b.state("x", initial=-2.0)
    b.rate(x, 1.0)
    outputs = {
        "pow": x**half,
        "power of a power": (x**half) ** two,
        "log": log(x),
        "sqrt": sqrt(x * x),
        "exp": exp(-x),
        "max": maximum(x, half),
        "min": minimum(x, half),
        "slope of max": differentiate([maximum(x, half)], "x")[0],
        "slope of min": differentiate([minimum(x, half)], "x")[0],
        "cube": x**3,
        "quotient": (x - two) / -(x + 5.0),
    }
    for name, value in outputs.items():
        b.output(name, value)
    model = b.build()
    times = np.array([0.0, 0.5, 1.75, 2.25, 2.75, 4.5])
    found = simulated(sbml_text(model, [0.5, 2.0], DoseTable.empty()), model, times)[0]
    due = evaluate(list(outputs.values()), {"x": times - 2.0, "HALF": 0.5, "TWO": 2.0})
    np.testing.assert_allclose(found, np.stack(due, axis=1), rtol=1e-9, atol=1e-140)


def test_a_document_grows_with_the_model_and_not_with_its_shared_terms() -> None:
    def length(depth: int) -> int:
        b = ModelBuilder("deep")
        limit = b.parameter("LIMIT")
        x = b.state("x", initial=1.0)
        b.rate(x, -x)
        term = x
        for _ in range(depth):
            term = maximum(term * term + limit, minimum(term, limit)) ** 1.5
        b.output("deep", term)
        text = sbml_text(b.build(), [0.1], DoseTable.empty())
        assert [c for c in complaints(text) if c[1] >= libsbml.LIBSBML_SEV_ERROR] == []
        return len(text)

    assert length(4) < 2.5 * length(2)


def unsafe_model() -> Model:
    b = ModelBuilder('12 µg/L <of> "R&D"')
    pi, umlaut, out = b.parameters("pi", "größe", "gr__e")
    time, sin, term = b.state("time"), b.state("Sin"), b.state("term_1", unit="<b>points</b>")
    b.flow(time, sin, pi * time)
    b.flow(sin, None, (umlaut + out) * sin)
    b.rate(term, (umlaut + out + pi + 1.0) ** 1.5 * sin)
    names = ("S-ketamine", "S ketamine", "S_ketamine", "time", "term_1", "1st", "α", "", 'a & b <c> "\x00\n')
    for k, name in enumerate(names):
        b.output(name, time + (k + 1.0) * sin + term)
    return b.build()


def test_names_that_sbml_does_not_know_become_ids_of_their_own() -> None:
    model = unsafe_model()
    ids = SbmlIds.of(model)
    everything = [*ids.states.values(), *ids.parameters.values(), *ids.outputs.values()]
    assert len(set(everything)) == len(everything)
    assert all(libsbml.SyntaxChecker.isValidSBMLSId(i) for i in everything)
    assert not {i.lower() for i in everything} & MEANT_OTHERWISE
    assert ids.parameters["gr__e"] != ids.parameters["größe"]
    assert ids == SbmlIds.of(unsafe_model())
    doses = DoseTable.concatenate(
        [DoseTable.of(0, [0.0, 3.0], "time", 5.0), DoseTable.of(0, [1.0], "term_1", 1.0, 2.0)]
    )
    parameters = np.array([[0.7, 0.1, 0.2]])
    text = sbml_text(model, parameters[0], doses)
    assert [c for c in complaints(text) if c[1] >= libsbml.LIBSBML_SEV_ERROR] == []
    assert difference(model, parameters, doses, np.linspace(0.0, 6.0, 25)) < 1e-6
    content = libsbml.readSBMLFromString(text).getModel()
    assert content.getParameter(ids.outputs["S-ketamine"]).getName() == "S-ketamine"
    assert content.getParameter(ids.outputs["α"]).getName() == "α"


def test_a_safe_name_is_its_own_id_whatever_else_there_is() -> None:
    ids = SbmlIds.of(linear_model())
    assert all(name == identifier for name, identifier in ids.states.items())
    assert all(name == identifier for name, identifier in ids.parameters.items())
    assert ids.outputs["central"] == "central_output"


def test_one_person_of_many_is_taken_by_number() -> None:
    model, parameters = linear_model(), typical_people(LINEAR_RANGES, 2, 4)
    both = DoseTable.of([0, 1], [0.0, 1.0], "depot", [10.0, 20.0])
    own = DoseTable.of(0, 1.0, "depot", 20.0)
    assert sbml_text(model, parameters[1], both, person=1) == sbml_text(model, parameters[1], own)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"doses": DoseTable.of([0, 1], 0.0, "depot", 1.0)}, "sbml.people"),
        ({"doses": DoseTable.of(0, -1.0, "depot", 1.0)}, "sbml.before-zero"),
        ({"doses": DoseTable.of(0, 1.0, "elsewhere", 1.0)}, "model.unknown-state"),
        ({"parameters": np.ones(3)}, "sbml.parameters"),
        ({"parameters": np.ones((1, 8))}, "sbml.parameters"),
        ({"parameters": np.array([1.0] * 7 + [np.nan])}, "sbml.parameters"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    change: dict[str, object], code: str, tmp_path: Path
) -> None:
    arguments = {"parameters": np.ones(8), "doses": DoseTable.empty(), **change}
    with pytest.raises(InputError) as caught:
        write_sbml(tmp_path / "model.xml", linear_model(), **arguments)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_without_libsbml_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libsbml", None)
    with pytest.raises(InputError, match=r"pip install \"ataraxy\[exchange\]\"") as caught:
        sbml_text(linear_model(), np.ones(8), DoseTable.empty())
    assert caught.value.code == "sbml.not-installed"


def test_an_inconsistent_document_is_never_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ataraxy.exchange.sbml_ids._safe", lambda name: "same")
    monkeypatch.setattr("ataraxy.exchange.sbml_ids.FreeIds._is_free", lambda self, identifier: True)
    with pytest.raises(AtaraxyError) as caught:
        sbml_text(linear_model(), np.ones(8), DoseTable.empty())
    assert caught.value.code == "sbml.inconsistent"


def test_a_file_is_written_whole_and_replaces_an_older_one(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "model.xml"
    for amount in (1.0, 2.0):
        doses = DoseTable.of(0, 0.0, "depot", amount)
        write_sbml(file, linear_model(), np.ones(8), doses)
        assert file.read_text(encoding="utf-8") == sbml_text(linear_model(), np.ones(8), doses)
    assert [p.name for p in file.parent.iterdir()] == ["model.xml"]


def test_a_disk_that_refuses_leaves_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "model.xml"
    file.write_text("older")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(AtaraxyError, match="No space left") as caught:
        write_sbml(file, linear_model(), np.ones(8), DoseTable.empty())
    assert caught.value.code == "file.not-written"
    assert [p.name for p in tmp_path.iterdir()] == ["model.xml"]
    assert file.read_text() == "older"


def test_a_folder_is_not_written_over(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_sbml(tmp_path, linear_model(), np.ones(8), DoseTable.empty())
    assert caught.value.code == "file.not-written"


def test_a_dose_of_a_state_reaches_that_state_alone() -> None:
    text = sbml_text(
        linear_model(), typical_people(LINEAR_RANGES, 1, 1)[0], DoseTable.of(0, 2.0, "depot", 8.0)
    )
    content = libsbml.readSBMLFromString(text).getModel()
    event = content.getEvent(0)
    assert [event.getEventAssignment(k).getVariable() for k in range(event.getNumEventAssignments())] == [
        "depot"
    ]
    assert libsbml.formulaToL3String(event.getTrigger().getMath()) == "time >= 2 hour"
