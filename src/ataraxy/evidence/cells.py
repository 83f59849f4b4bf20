"""Reading single fields: numbers, texts and members of a vocabulary, each failure naming its place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ataraxy.errors import InputError

CODE = "evidence"
# Messages stay one line that a person can read, whatever a file holds.
_LONGEST = 60
_LONGEST_MESSAGE = 300


def refuse(problem: str, where: str, message: str, remedy: str) -> InputError:
    """Return the error ``evidence.PROBLEM`` for a place such as ``pk_studies.yaml:12: field site``."""
    if len(message) > _LONGEST_MESSAGE:
        message = message[: _LONGEST_MESSAGE - 3] + "..."
    return InputError(message, code=f"{CODE}.{problem}", where=where, remedy=remedy)


def shown(content: Any) -> str:
    """Return what a field holds as a message quotes it: one line, in quotes where it is text, cut where it is long."""
    try:
        text = repr(read_text(content)) if isinstance(content, str) else read_text(content)
    except ValueError:  # an integer with more digits than Python writes out
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def read_number(content: Any, where: str) -> float | None:
    """Return a finite number, or None for an empty field.

    Raises:
        InputError: ``evidence.not-a-number``.
    """
    if content is None or (isinstance(content, str) and not content.strip()):
        return None
    try:
        if isinstance(content, bool):
            raise ValueError
        number = float(content)
    except OverflowError:
        raise refuse(
            "not-a-number", where, f"{shown(content)} is too large", "Give a number of a usual size"
        ) from None
    except (TypeError, ValueError):
        raise refuse(
            "not-a-number",
            where,
            f"{shown(content)} is not a number",
            "Give a number without a unit, or leave it empty",
        ) from None
    if not math.isfinite(number):
        raise refuse(
            "not-a-number", where, f"{shown(content)} is not finite", "Give a number, or leave it empty"
        )
    return number


def read_positive(content: Any, where: str, *, zero: bool = False, most: float = math.inf) -> float | None:
    """Return a number above zero (from zero where `zero`) and up to `most`, or None for an empty field.

    Raises:
        InputError: ``evidence.not-a-number`` or ``evidence.out-of-range``.
    """
    number = read_number(content, where)
    if number is not None and (number < 0 or (number == 0 and not zero)):
        least = "zero or more" if zero else "more than zero"
        raise refuse("out-of-range", where, f"{number:g} is out of range", f"Give {least}")
    if number is not None and number > most:
        raise refuse("out-of-range", where, f"{number:g} is out of range", f"Give at most {most:g}")
    return number


def read_text(content: Any) -> str:
    """Return one line of text, empty for an empty field."""
    return "" if content is None else " ".join(str(content).split())


def read_member(content: Any, names: Mapping[str, str], where: str, what: str, problem: str) -> str:
    """Return the canonical name of a word in `names` (spelling -> canonical); case, spaces and hyphens are free.

    Raises:
        InputError: ``evidence.PROBLEM``, with the words that are known.
    """
    word = read_text(content).lower().replace(" ", "_").replace("-", "_")
    if word in names:
        return names[word]
    known = ", ".join(dict.fromkeys(names.values()))
    raise refuse(
        problem, where, f"the {what} {shown(read_text(content))} is not known", f"Use one of {known}"
    )
