"""Errors that a person can act on: what was wrong, where, with which value, and what to do.

Every error prints as one line. `exit_status` is what the command line returns for it: 2 where the input was at
fault, 1 where the program could not do what valid input asked for.
"""

from __future__ import annotations

from typing import Any


class AtaraxyError(Exception):
    """Base of all errors that Ataraxy raises on purpose.

    Args:
        message: what was wrong, with the offending value, without a final stop.
        code: stable identifier such as ``protocol.unit-missing``; tests and scripts rely on it.
        remedy: what to do about it, a full sentence without a final stop.
        where: file and line, row, field or person that the message is about.
    """

    exit_status = 1

    def __init__(self, message: str, *, code: str, remedy: str = "", where: str = "") -> None:
        self.message = message
        self.code = code
        self.remedy = remedy
        self.where = where
        super().__init__(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        # exceptions rebuild themselves from positional arguments, and ours have names: they must cross processes
        return _rebuilt, (type(self), self.message, self.code, self.remedy, self.where)

    @property
    def sentence(self) -> str:
        """What was wrong and what to do, as full sentences for a page; without the place and the code."""
        said = f"{self.message[:1].upper()}{self.message[1:]}."
        return f"{said} {self.remedy}." if self.remedy else said

    def __str__(self) -> str:
        parts = f"{self.where}: {self.message}" if self.where else self.message
        if self.remedy:
            parts = f"{parts}. {self.remedy}"
        return " ".join(f"{parts} [{self.code}]".split())


class InputError(AtaraxyError):
    """Something that the user gave is wrong: a file, a value, an option."""

    exit_status = 2


class ModelError(InputError):
    """A model was asked for something that it does not describe, such as a route that it has no absorption for."""


class SolverError(AtaraxyError):
    """The integration could not be completed. Names the person, the time and the state.

    Attributes:
        person: row of the parameters that were being solved.
    """

    def __init__(self, message: str, *, code: str, person: int, remedy: str = "", where: str = "") -> None:
        self.person = person
        super().__init__(message, code=code, remedy=remedy, where=where or f"person {person}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt_solver_error, (self.message, self.code, self.person, self.remedy, self.where)

    def named(self, person: int, where: str) -> SolverError:
        """The same error under the number and the words by which a caller knows the person."""
        return SolverError(self.message, code=self.code, person=person, remedy=self.remedy, where=where)


def _rebuilt_solver_error(message: str, code: str, person: int, remedy: str, where: str) -> SolverError:
    return SolverError(message, code=code, person=person, remedy=remedy, where=where)


def _rebuilt(kind: type[AtaraxyError], message: str, code: str, remedy: str, where: str) -> AtaraxyError:
    return kind(message, code=code, remedy=remedy, where=where)
