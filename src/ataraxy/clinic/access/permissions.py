"""The permissions that a view may state. A name says what is done to what; there is no permission for everything."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing that a role may permit."""

    TODAY_VIEW = "today.view"
    PATIENT_VIEW = "patient.view"
    PATIENT_IDENTITY = "patient.identity"
    PATIENT_REFER = "patient.refer"
    CHART_WRITE = "chart.write"
    SCREENING_VIEW = "screening.view"
    GATE_OVERRIDE = "gate.override"
    CONSENT_WRITE = "consent.write"
    CONSENT_WITHDRAW = "consent.withdraw"
    PROTOCOL_VIEW = "protocol.view"
    PROTOCOL_WRITE = "protocol.write"
    SESSION_VIEW = "session.view"
    SESSION_CHART = "session.chart"
    SESSION_PRESCRIBE = "session.prescribe"
    PREPARATION_WRITE = "preparation.write"
    PREPARATION_WITNESS = "preparation.witness"
    REGISTER_VIEW = "register.view"
    REGISTER_EXPLAIN = "register.explain"
    SCORE_WRITE = "score.write"
    ALERT_VIEW = "alert.view"
    ALERT_ACKNOWLEDGE = "alert.acknowledge"
    EVIDENCE_VIEW = "evidence.view"
    AUDIT_VIEW = "audit.view"
    RECORD_VERIFY = "record.verify"
    RECORD_EXPORT = "record.export"
    ADMIN_PEOPLE = "admin.people"
    ADMIN_RULES = "admin.rules"
    RESEARCH_VIEW = "research.view"
    BREAKGLASS_USE = "breakglass.use"


MEANING: dict[Permission, str] = {
    Permission.TODAY_VIEW: "see the day's chairs, sessions and what is due",
    Permission.PATIENT_VIEW: "open a patient's course",
    Permission.PATIENT_IDENTITY: "see who a patient is",
    Permission.PATIENT_REFER: "take a referral, set who cares for a patient, ask the gate, plan sessions",
    Permission.CHART_WRITE: "chart facts, treatments and medication",
    Permission.SCREENING_VIEW: "see the gate's answer with reasons",
    Permission.GATE_OVERRIDE: "override a gate with a reason",
    Permission.CONSENT_WRITE: "explain and sign a consent",
    Permission.CONSENT_WITHDRAW: "record that a consent is withdrawn",
    Permission.PROTOCOL_VIEW: "read protocols",
    Permission.PROTOCOL_WRITE: "publish and retire protocols",
    Permission.SESSION_VIEW: "open a run sheet",
    Permission.SESSION_CHART: "chart on a run sheet; who may give a dose, the rules of a session say",
    Permission.SESSION_PRESCRIBE: "assign a protocol, begin and end treatment, change a dose",
    Permission.PREPARATION_WRITE: "calculate and prepare a dose",
    Permission.PREPARATION_WITNESS: "recalculate and witness as second person",
    Permission.REGISTER_VIEW: "read the drug register",
    Permission.REGISTER_EXPLAIN: "explain a discrepancy of the drug register, with a witness",
    Permission.SCORE_WRITE: "enter scores and send questionnaires",
    Permission.ALERT_VIEW: "see alerts",
    Permission.ALERT_ACKNOWLEDGE: "acknowledge alerts",
    Permission.EVIDENCE_VIEW: "read the evidence",
    Permission.AUDIT_VIEW: "see who saw and did what",
    Permission.RECORD_VERIFY: "verify the chain of the record",
    Permission.RECORD_EXPORT: "export the record, sealed values sealed",
    Permission.ADMIN_PEOPLE: "create people, give roles, credentials",
    Permission.ADMIN_RULES: "publish rules and thresholds",
    Permission.RESEARCH_VIEW: "see de-identified data",
    Permission.BREAKGLASS_USE: "open a patient outside one's care, with reason and notice",
}
