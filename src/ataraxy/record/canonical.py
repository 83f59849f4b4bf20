"""The one way in which a JSON value is written, and the hash of an entry in it.

The form is that of RFC 8785 (JSON Canonicalization Scheme): names sorted by UTF-16 units, no blanks, numbers as
ECMAScript writes them. It is closed: what is read back and written again gives the same bytes. Therefore whole
numbers beyond those that a double holds exactly are refused rather than rounded.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import datetime
from json.encoder import encode_basestring as _quoted
from typing import Any, Final

from ataraxy.errors import InputError
from ataraxy.record.entry import Entry, in_utc, time_of, time_text

FORMAT: Final = "ataraxy.entry/1"
LARGEST_WHOLE: Final = 2**53 - 1
DEEPEST: Final = 50
LARGEST_PAYLOAD: Final = 2**20


def canonical_json(value: Any) -> bytes:
    """Return a value as canonical JSON in UTF-8.

    Args:
        value: mappings with text as names, lists and tuples, text, whole and floating numbers, truth values, None,
            and moments with an offset from UTC, which become text in UTC with microseconds.

    Raises:
        InputError: there is something else in it: NaN or infinity, a whole number that a double does not hold
            exactly, half a character, or more than 50 levels (``record.not-json``); where says the place.
    """
    return canonical_text(value).encode()


def canonical_text(value: Any) -> str:
    """Return `canonical_json` as text."""
    text = "".join(_pieces(value, "", 0))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _refused("half a character (a lone surrogate)", "") from None
    return text


def payload_text(payload: Mapping[str, Any], where: str) -> str:
    """Return a payload as canonical JSON.

    Raises:
        InputError: it is not JSON (``record.not-json``) or larger than a MiB (``record.payload-size``).
    """
    if not isinstance(payload, Mapping):
        raise _refused(f"a payload that is {type(payload).__name__} and no object", where)
    text = canonical_text(payload)
    if len(text) > LARGEST_PAYLOAD:
        raise InputError(
            f"the payload has {len(text):,} characters",
            code="record.payload-size",
            remedy=f"Record at most {LARGEST_PAYLOAD:,}; keep files elsewhere and record their hash",
            where=where,
        )
    return text


def hashed_text(
    *,
    seq: int,
    stream: str,
    version: int,
    kind: str,
    payload: str,
    author: str,
    recorded_at: str,
    occurred_at: str,
    late: bool,
    corrects: int | None,
    key: str | None,
    clock_behind_us: int,
    previous_hash: str,
) -> str:
    """Return what the hash of an entry covers: canonical JSON of all its fields but the hash.

    Args:
        payload: canonical JSON.
        recorded_at: as `time_text` writes it.
        occurred_at: likewise.
    """
    return (
        f'{{"author":{_quoted(author)},"clock_behind_us":{clock_behind_us}'
        f',"corrects":{"null" if corrects is None else corrects},"format":"{FORMAT}"'
        f',"key":{"null" if key is None else _quoted(key)},"kind":"{kind}"'
        f',"late":{"true" if late else "false"},"occurred_at":"{occurred_at}","payload":{payload}'
        f',"previous_hash":"{previous_hash}","recorded_at":"{recorded_at}","seq":{seq}'
        f',"stream":"{stream}","version":{version}}}'
    )


def hash_of(text: str) -> str:
    """Return SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def entry_text(entry: Entry) -> str:
    """Return what the hash of an entry covers."""
    return hashed_text(
        seq=entry.seq,
        stream=entry.stream,
        version=entry.version,
        kind=entry.kind,
        payload=canonical_text(entry.payload),
        author=entry.author,
        recorded_at=time_text(entry.recorded_at),
        occurred_at=time_text(entry.occurred_at),
        late=entry.late,
        corrects=entry.corrects,
        key=entry.key,
        clock_behind_us=entry.clock_behind_us,
        previous_hash=entry.previous_hash,
    )


def entry_hash(entry: Entry) -> str:
    """Return the hash that an entry has to have."""
    return hash_of(entry_text(entry))


def entry_line(entry: Entry) -> bytes:
    """Return an entry as one line of an exported file, newline included.

    The hashed bytes stand in it as they are, so that a verifier needs no rules for writing JSON.
    """
    return f'{{"entry":{entry_text(entry)},"hash":"{entry.hash}"}}\n'.encode()


def entry_of_line(line: bytes) -> Entry:
    """Return the entry of an exported line; its hash is taken as it is and not checked.

    Raises:
        InputError: it is not such a line (``record.line``).
    """
    try:
        document = json.loads(line)
        fields = dict(document["entry"])
        if fields.pop("format") != FORMAT:
            raise ValueError("format")
        entry = Entry(
            **{
                **fields,
                "recorded_at": time_of(fields["recorded_at"]),
                "occurred_at": time_of(fields["occurred_at"]),
            },
            hash=document["hash"],
        )
        if entry_line(entry) != line:
            raise ValueError("form")
    except (ValueError, KeyError, TypeError, AttributeError, InputError):
        raise InputError(
            "the line is not an entry of an exported record",
            code="record.line",
            remedy="Export the record again, and verify the file",
        ) from None
    return entry


def _pieces(value: Any, at: str, depth: int) -> list[str]:
    if isinstance(value, str):
        return [_quoted(value)]
    if value is None:
        return ["null"]
    if value is True:
        return ["true"]
    if value is False:
        return ["false"]
    if isinstance(value, int):
        if abs(value) > LARGEST_WHOLE:
            raise _refused(f"the whole number {value}, which a double does not hold exactly", at)
        return [int.__repr__(value)]
    if isinstance(value, float):
        return [_number(value, at)]
    if depth >= DEEPEST:
        raise _refused(f"more than {DEEPEST} levels", at)
    if isinstance(value, Mapping):
        return _object(value, at, depth)
    if isinstance(value, list | tuple):
        pieces: list[str] = []
        for index, item in enumerate(value):
            pieces.append("," if index else "[")
            pieces += _pieces(item, f"{at}/{index}", depth + 1)
        return [*pieces, "]"] if pieces else ["[]"]
    if isinstance(value, datetime):
        return [f'"{time_text(in_utc(value, at or "the time"))}"']
    raise _refused(f"a value of type {type(value).__name__}", at)


def _object(value: Mapping[Any, Any], at: str, depth: int) -> list[str]:
    pieces: list[str] = []
    for name in value:
        if not isinstance(name, str):
            raise _refused(f"a name that is {type(name).__name__} and not text", at)
    for name in sorted(value, key=_utf16):
        pieces += ["," if pieces else "{", _quoted(name), ":"]
        pieces += _pieces(value[name], f"{at}/{name}", depth + 1)
    return [*pieces, "}"] if pieces else ["{}"]


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be", "surrogatepass")


def _number(value: float, at: str) -> str:
    """Write a double as ECMAScript does (ECMA-262, Number::toString)."""
    if not math.isfinite(value):
        raise _refused(f"{value!r}, which JSON does not have", at)
    if value.is_integer():
        if abs(value) > LARGEST_WHOLE:
            raise _refused(f"the whole number {value!r}, which a double does not hold exactly", at)
        return str(int(value))
    text = float.__repr__(value)
    mantissa, exponent, power = text.partition("e")
    if not exponent:
        return text
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    digits = digits.replace(".", "")
    first = int(power)
    if first >= -6:
        return f"{sign}0.{'0' * (-first - 1)}{digits}"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{first}"


def _refused(what: str, at: str) -> InputError:
    return InputError(
        f"the record does not keep {what}",
        code="record.not-json",
        remedy="Record JSON: text, numbers, truth values, lists and objects",
        where=at,
    )
