import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import ataraxy.validation
from ataraxy.evidence.kinetics import KineticEvidence
from ataraxy.validation.kinetics import KineticValidation, validate_kinetics

SCHEMA = json.loads((Path(ataraxy.validation.__file__).parent / "schemas" / "validation-1.json").read_text())
ROW_KEYS = {
    "study", "analyte", "metric", "time_h", "observed", "predicted", "unit", "model", "relation", "basis", "fold_error",
    "status", "scored", "reason",
}  # fmt: skip
ERROR_KEYS = {"n", "mdpe_percent", "mdape_percent", "within_1_25_fold", "within_2_fold"}


@pytest.fixture(scope="module")
def content(irregular_result: KineticValidation) -> dict[str, Any]:
    # allow_nan=False: NaN is no JSON.
    return dict(json.loads(json.dumps(irregular_result.to_json(), allow_nan=False)))


def test_the_promised_fields_are_there(content: dict[str, Any]) -> None:
    assert content["schema"] == "ataraxy.validation/1"
    assert content["headline"].keys() == ERROR_KEYS
    assert all(row.keys() >= ROW_KEYS for row in content["rows"])
    assert all(study.keys() >= ERROR_KEYS | {"study", "model"} for study in content["studies"])


def test_the_schema_requires_what_was_promised_and_describes_all_that_is_written(
    content: dict[str, Any],
) -> None:
    defined = SCHEMA["$defs"]
    assert set(defined["row"]["required"]) == ROW_KEYS
    assert set(defined["errors"]["required"]) == ERROR_KEYS
    assert content.keys() <= SCHEMA["properties"].keys()
    assert all(row.keys() <= defined["row"]["properties"].keys() for row in content["rows"])
    described = defined["study"]["properties"].keys() | defined["errors"]["properties"].keys()
    assert all(study.keys() <= described for study in content["studies"])


def test_fold_error_is_that_of_the_printed_numbers(content: dict[str, Any]) -> None:
    checked = 0
    for row in content["rows"]:
        if row["fold_error"] is None:
            continue
        ratio = row["predicted"] / row["observed"]
        assert row["fold_error"] == pytest.approx(max(ratio, 1 / ratio), rel=1e-12)
        checked += 1
    assert checked > 20


def test_the_output_is_valid_against_its_schema(content: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(content, SCHEMA)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "lost"},
        {"scored": "yes"},
        {"fold_error": 0.5},
        {"scored": True, "reason": "but why"},
        {"predicted": "1"},
    ],
)
def test_the_schema_refuses_a_wrong_row(content: dict[str, Any], change: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    rows = [content["rows"][0] | change, *content["rows"][1:]]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content | {"rows": rows}, SCHEMA)


def test_the_same_evidence_gives_the_same_bytes(irregular: KineticEvidence) -> None:
    time = datetime(2026, 11, 22, tzinfo=UTC)
    first, second = (json.dumps(validate_kinetics(irregular, time=time).to_json()) for _ in range(2))
    assert first == second


def test_provenance_tells_evidence_models_and_command(irregular: KineticEvidence) -> None:
    told: list[tuple[int, int]] = []
    result = validate_kinetics(
        irregular, "kamp-2020", command="ataraxy validate", progress=lambda done, of: told.append((done, of))
    )
    provenance = result.provenance
    assert (provenance.data_hash, provenance.command) == (irregular.sha256, "ataraxy validate")
    assert [name for name, _ in result.models_sha256] == ["kamp-2020"]
    assert told == [(i + 1, len(irregular.studies)) for i in range(len(irregular.studies))]
