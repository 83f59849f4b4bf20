"""What a rule says when it forbids a command: what is wrong, with which value, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ataraxy.errors import InputError


class Refusal(InputError):
    """A command that a rule forbids. Nothing has happened; the record of what was asked for is the caller's.

    Args:
        message: what is forbidden and why, with the offending value, without a final stop.
        code: stable identifier such as ``session.not-checked-in``.
        remedy: what would change the answer, a full sentence without a final stop.
        where: the session, vial, person or field that it is about; an opaque id, never a name.
        findings: the findings of rules that led to it, as values of the rules' own kind.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        remedy: str = "",
        where: str = "",
        findings: Iterable[Any] = (),
    ) -> None:
        super().__init__(message, code=code, remedy=remedy, where=where)
        self.findings: tuple[Any, ...] = tuple(findings)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt_refusal, (self.message, self.code, self.remedy, self.where, self.findings)


def _rebuilt_refusal(message: str, code: str, remedy: str, where: str, findings: tuple[Any, ...]) -> Refusal:
    return Refusal(message, code=code, remedy=remedy, where=where, findings=findings)
