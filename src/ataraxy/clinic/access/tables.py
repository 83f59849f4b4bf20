"""The table of roles and the list of open addresses as the documents show them, written from the code."""

from __future__ import annotations

from ataraxy.clinic.access.permissions import MEANING, Permission
from ataraxy.clinic.access.roles import ROLES, Role


def roles_table() -> str:
    """Permissions by role, in Markdown."""
    head = "| Permission | " + " | ".join(ROLES[role].title for role in Role) + " |"
    rule = "|---|" + ":-:|" * len(Role)
    rows = [
        f"| `{permission.value}` {MEANING[permission]} | "
        + " | ".join("yes" if permission in ROLES[role].permissions else "" for role in Role)
        + " |"
        for permission in Permission
    ]
    scope = "| *whose patients* | " + " | ".join(_scope(role) for role in Role) + " |"
    return "\n".join([head, rule, *rows, scope])


def public_table() -> str:
    """Addresses that anybody may open, each with its reason, in Markdown."""
    from ataraxy.clinic.access.checks import addresses
    from ataraxy.clinic.access.stated import Audience

    rows = [
        f"| `/{address.pattern}` | {stated.reason} |"
        for address in sorted(addresses(), key=lambda a: a.pattern)
        for stated in address.stated
        if stated is not None and stated.audience is Audience.PUBLIC
    ]
    return "\n".join(["| Address | Why it is open |", "|---|---|", *rows])


def _scope(role: Role) -> str:
    if Permission.PATIENT_VIEW not in ROLES[role].permissions:
        return "none"
    return "all" if ROLES[role].sees_all_patients else "own"
