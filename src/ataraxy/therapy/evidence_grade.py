"""How strong the source of a rule is, from a drug label down to a forum."""

from __future__ import annotations

from enum import StrEnum


class EvidenceGrade(StrEnum):
    """The strength of a source, the strongest first.

    `SITE` is the clinic's own decision. `ASSUMED` is ours, without a source that was seen. `CLINIC_PAGE` and `FORUM`
    may stand in a file of rules but never decide anything: a clinic that wants such a number decides it as its own.
    """

    LABEL = "label"
    REMS = "rems"
    FDA_ALERT = "fda_alert"
    SOCIETY_GUIDELINE = "society_guideline"
    CONSENSUS = "consensus"
    TRIAL = "trial"
    TRIAL_PROTOCOL = "trial_protocol"
    COHORT = "cohort"
    REVIEW = "review"
    SITE = "site"
    ASSUMED = "assumed"
    CLINIC_PAGE = "clinic_page"
    FORUM = "forum"

    @property
    def decides(self) -> bool:
        """Return whether a rule of this grade may be enabled."""
        return self not in (EvidenceGrade.CLINIC_PAGE, EvidenceGrade.FORUM)

    @property
    def label(self) -> str:
        """Return the grade in words."""
        return _WORDS.get(self, self.value.replace("_", " "))


_WORDS = {
    EvidenceGrade.REMS: "risk programme (REMS)",
    EvidenceGrade.FDA_ALERT: "FDA alert",
    EvidenceGrade.SITE: "decision of the site",
    EvidenceGrade.ASSUMED: "assumed, no source seen",
}
