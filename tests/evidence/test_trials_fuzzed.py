"""Whatever stands in a trials file: it is read, or refused with one line; nothing is lost and nothing crashes."""

import copy
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evidence.trial_file import entry, outcome

from ataraxy.errors import InputError
from ataraxy.evidence.record import trial_record
from ataraxy.evidence.trial import SECTIONS
from ataraxy.evidence.trials import TrialEvidence, load_trials

odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=12)
    | st.dates()
    | st.sampled_from(
        [
            "",
            "ket vs",
            "vs",
            "a|b",
            "*",
            "[",
            "ket_*",
            "<",
            ">=50%",
            "week 0",
            "same",
            "AE:",
            "post",
            "1e999",
            "no",
            "é" * 9,
        ]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(content: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in nested lists and mappings."""
    found = [at] if at else []
    keys: Any = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    for key, value in keys:
        found += places(value, (*at, key))
    return found


def attempt(path: Path) -> tuple[TrialEvidence | None, InputError | None]:
    """What was read, or the error that says why not; any other exception is a failure."""
    try:
        return load_trials(path), None
    except InputError as error:
        return None, error


VALID = [
    entry(),
    entry(
        id="two",
        outcomes=[
            outcome(kind="qualitative", mean=None, arm="ket vs mid", direction="lower"),
            outcome(
                kind="test", mean=None, order="mid < ket", arm="all", time_h=[1, 24], time_ref="post-dose"
            ),
            outcome(instrument="HAM-A and FQ", arm="ket|mid", ci=[-20, -4]),
        ],
        safety=[
            {"measure": "CADSS, BP, HR", "arm": "all", "kind": "qualitative"},
            {
                "measure": "same, age>=65",
                "arm": "ket_lt65",
                "kind": "percent",
                "mean": [1, 2],
                "n_events": 3,
                "N": 9,
            },
        ],
        responders=[{"arm": "ket", "definition": "HAM-A <=7", "n": [1, 2], "N": [9, 9]}],
    ),
]
PLACES = places(VALID)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(PLACES), odd | st.just("REMOVE")), min_size=1, max_size=3))
def test_any_change_of_a_valid_file_is_read_or_refused_in_one_line(
    tmp_path: Path, changes: list[tuple[tuple[Any, ...], Any]]
) -> None:
    content: Any = copy.deepcopy(VALID)
    for place, value in changes:
        node = content
        try:
            for key in place[:-1]:
                node = node[key]
            if value == "REMOVE":
                del node[place[-1]]
            else:
                node[place[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took that place away
    path = tmp_path / "t.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    evidence, error = attempt(path)
    if evidence is None:
        assert error is not None
        assert "\n" not in str(error)
        assert error.code.startswith("evidence.")
        return
    for item, trial in zip(content, evidence.trials, strict=True):
        for section in SECTIONS:
            assert len(getattr(trial, section)) == len(item.get(section) or [])
        assert trial_record(trial)["rows"] == len(trial.rows)
        for row in trial.rows:
            assert row.usable or row.reason


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_or_bytes_are_read_or_refused(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "t.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    evidence, error = attempt(path)
    assert (evidence is None) != (error is None)
