"""What the evidence allows to say about whether the drug works."""

from __future__ import annotations

from ataraxy.evidence.pd_parameter import load_pd_parameters
from ataraxy.evidence.standing import standing_of_evidence
from ataraxy.evidence.trials import load_trials


def test_ptsd_comes_first_with_the_size_of_the_null_trial() -> None:
    first = standing_of_evidence()[0]
    assert first.about == "PTSD"
    assert "contested" in first.claim
    trial = load_trials().get("abdallah_2022")
    assert f"n = {trial.n}" in first.text
    assert "158" in first.text


def test_the_null_trial_is_null_in_the_evidence_that_is_cited() -> None:
    rows = [row for row in load_trials().get("abdallah_2022").outcomes if row.instruments]
    texts = " ".join(str(row.origin) for row in rows if row.instruments[0].name in ("PCL-5", "CAPS-5"))
    assert "no significant group-by-time interaction" in texts


def test_every_statement_has_a_reference_that_the_evidence_holds() -> None:
    known = {*load_trials().by_id, *load_pd_parameters().by_id}
    assert {s.about for s in standing_of_evidence()} == {"PTSD", "masking", "approval"}
    for statement in standing_of_evidence():
        assert statement.references
        for reference in statement.references:
            assert reference.id in known
            assert reference.url.startswith("http")


def test_masked_differences_are_those_of_their_rows() -> None:
    text = next(s.text for s in standing_of_evidence() if s.about == "masking")
    for row in (load_pd_parameters().by_id[name] for name in ("E29", "E30")):
        assert f"{abs(row.value or 0.0):g}" in text
        assert f"{row.high:g}" in text
