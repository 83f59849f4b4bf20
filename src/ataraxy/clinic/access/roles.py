"""The roles of a clinic and what each permits. Everything that is not in this table is denied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ataraxy.clinic.access.permissions import Permission as P


class Role(StrEnum):
    """What a person is in this clinic. A person may hold several."""

    PRESCRIBER = "prescriber"
    MONITOR = "monitor"
    THERAPIST = "therapist"
    COORDINATOR = "coordinator"
    MEDICAL_DIRECTOR = "medical_director"
    RESEARCHER = "researcher"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class RoleRule:
    """What a role permits, whose patients it opens, and whether it needs a second factor."""

    title: str
    summary: str
    permissions: frozenset[P]
    sees_all_patients: bool = False
    second_factor: bool = True


_CARE = frozenset(
    {
        P.TODAY_VIEW,
        P.PATIENT_VIEW,
        P.PATIENT_IDENTITY,
        P.SCREENING_VIEW,
        P.PROTOCOL_VIEW,
        P.SESSION_VIEW,
        P.ALERT_VIEW,
        P.EVIDENCE_VIEW,
        P.SCORE_WRITE,
        # whoever hears it first: it counts at once
        P.CONSENT_WITHDRAW,
    }
)

ROLES: dict[Role, RoleRule] = {
    Role.PRESCRIBER: RoleRule(
        "Prescriber",
        "decides who is treated, prescribes, overrides a gate with a reason",
        _CARE
        | {
            P.PATIENT_REFER,
            P.CHART_WRITE,
            P.GATE_OVERRIDE,
            P.CONSENT_WRITE,
            P.PROTOCOL_WRITE,
            P.SESSION_CHART,
            P.SESSION_PRESCRIBE,
            P.PREPARATION_WRITE,
            P.PREPARATION_WITNESS,
            P.REGISTER_VIEW,
            P.REGISTER_EXPLAIN,
            P.ALERT_ACKNOWLEDGE,
            P.BREAKGLASS_USE,
        },
    ),
    Role.MONITOR: RoleRule(
        "Session monitor",
        "prepares the dose, runs the session, charts",
        _CARE
        | {
            P.CHART_WRITE,
            P.SESSION_CHART,
            P.PREPARATION_WRITE,
            P.PREPARATION_WITNESS,
            P.REGISTER_VIEW,
            P.REGISTER_EXPLAIN,
            P.BREAKGLASS_USE,
        },
    ),
    Role.THERAPIST: RoleRule(
        "Therapist",
        "explains and takes consent, accompanies the course, enters scores, answers alerts",
        _CARE | {P.CONSENT_WRITE, P.SESSION_CHART, P.ALERT_ACKNOWLEDGE, P.BREAKGLASS_USE},
    ),
    Role.COORDINATOR: RoleRule(
        "Coordinator",
        "takes referrals, plans the day, sends questionnaires",
        _CARE | {P.PATIENT_REFER},
        sees_all_patients=True,
    ),
    Role.MEDICAL_DIRECTOR: RoleRule(
        "Medical director",
        "decides what the clinic works by: rules, policy, stop limits, protocols; last to hear of alerts",
        frozenset(
            {
                P.TODAY_VIEW,
                P.PATIENT_VIEW,
                P.PATIENT_IDENTITY,
                P.SCREENING_VIEW,
                P.PROTOCOL_VIEW,
                P.PROTOCOL_WRITE,
                P.SESSION_VIEW,
                P.ALERT_VIEW,
                P.ALERT_ACKNOWLEDGE,
                P.EVIDENCE_VIEW,
                P.REGISTER_VIEW,
                P.REGISTER_EXPLAIN,
                P.ADMIN_RULES,
                P.BREAKGLASS_USE,
            }
        ),
    ),
    Role.RESEARCHER: RoleRule(
        "Researcher",
        "de-identified data only",
        frozenset({P.RESEARCH_VIEW, P.EVIDENCE_VIEW, P.PROTOCOL_VIEW}),
    ),
    Role.AUDITOR: RoleRule(
        "Auditor",
        "who saw and did what; verifies the record without reading it",
        frozenset({P.AUDIT_VIEW, P.RECORD_VERIFY, P.RECORD_EXPORT, P.PROTOCOL_VIEW}),
    ),
    Role.ADMINISTRATOR: RoleRule(
        "Administrator",
        "people, roles, credentials, rules; no patient data",
        frozenset({P.ADMIN_PEOPLE, P.ADMIN_RULES, P.PROTOCOL_VIEW}),
    ),
}


def permissions_of(roles: Iterable[Role]) -> frozenset[P]:
    """Everything that any of `roles` permits."""
    return frozenset().union(*(ROLES[role].permissions for role in roles))


def needs_second_factor(roles: Iterable[Role]) -> bool:
    """Whether any of `roles` needs a second factor."""
    return any(ROLES[role].second_factor for role in roles)
