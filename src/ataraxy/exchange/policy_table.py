"""A site policy as tables for people: every threshold with its source, and who may do what."""

from __future__ import annotations

from collections.abc import Iterable

from ataraxy.therapy.actor import MAY, Role
from ataraxy.therapy.setting import Grade, Setting
from ataraxy.therapy.site_policy import SitePolicy

_GRADE = {Grade.SITE: "site's decision", Grade.INVENTED: "**invented**"}


def rules_table(policy: SitePolicy) -> str:
    """Return the rules over readings as a Markdown table."""
    rows = [
        (
            f"`{rule.id}`",
            ", ".join(phase.value for phase in rule.phases),
            rule.text,
            rule.effect.value.replace("_", " ") + (" (prescriber may override)" if rule.overridable else ""),
            _source(rule.threshold),
        )
        for rule in policy.all_rules()
    ]
    return _table(("Rule", "Phase", "When", "Effect", "Source"), rows)


def settings_table(policy: SitePolicy) -> str:
    """Return every other number of a policy as a Markdown table."""
    rows = [
        (f"`{where}`", str(setting), _source(setting))
        for where, setting in policy.settings()
        if not where.startswith("rules.")
    ]
    return _table(("Number", "Value", "Source"), rows)


def permissions_table() -> str:
    """Return who may do what as a Markdown table."""
    roles = [role for role in Role if any(role in allowed for allowed in MAY.values())]
    rows = [
        (action.value, *("yes" if role in allowed else "" for role in roles))
        for action, allowed in MAY.items()
    ]
    return _table(("", *(role.label for role in roles)), rows)


def _source(setting: Setting) -> str:
    text = setting.source if not setting.url else f"[{setting.source}]({setting.url})"
    grade = _GRADE.get(setting.grade, setting.grade.value.replace("_", " "))
    from_other = f"; extrapolated {setting.extrapolated}" if setting.extrapolated else ""
    return grade if setting.grade is Grade.SITE else f"{grade}: {text}{from_other}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
