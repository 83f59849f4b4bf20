"""Which fields identify a person or hold free text. The record encrypts exactly these under the person's own key.

A field is marked where it is declared::

    class Identified(Value):
        name: Sensitive
        born: Annotated[date, SENSITIVE]
        contacts: tuple[Contact, ...]          # marked inside Contact

and `sensitive_paths` says where the marked text stands in the JSON of one value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, RootModel


@dataclass(frozen=True, slots=True)
class SensitiveMark:
    """The mark of a field that identifies a person or holds free text."""


SENSITIVE = SensitiveMark()

# Names, identifiers, contacts and all free text.
Sensitive = Annotated[str, SENSITIVE]


def sensitive_paths(value: BaseModel) -> tuple[str, ...]:
    """Return where the marked text of a value stands in ``value.model_dump(mode="json")``.

    Returns:
        JSON Pointers (RFC 6901) such as ``/name`` or ``/contacts/0/telephone``, in the order of the fields. Marked
        fields that are None are left out. Where a mark is on a list or a mapping, all text inside it is meant.

    Raises:
        TypeError: a mark is on a number or a truth value, which has no text to seal, or on a set, whose members
            have no place of their own.
    """
    return tuple(_of_model(value, ""))


def _of_model(model: BaseModel, at: str) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        if field.exclude:
            continue
        marked = any(isinstance(item, SensitiveMark) for item in field.metadata)
        place = at if isinstance(model, RootModel) else f"{at}/{_token(name)}"
        yield from _of_value(getattr(model, name), field.annotation, marked, place)


def _of_value(value: Any, declared: Any, marked: bool, at: str) -> Iterator[str]:
    declared, marked = _unwrapped(declared, marked)
    if value is None:
        return
    if get_origin(declared) in (Union, UnionType):
        # which member a value belongs to is not always decidable: a mark on any member that it may be counts
        members = [member for member in get_args(declared) if _may_be(member, value)]
        yield from dict.fromkeys(path for member in members for path in _of_value(value, member, marked, at))
    elif isinstance(value, BaseModel):
        yield from _of_everything(value, at) if marked else _of_model(value, at)
    elif isinstance(value, Mapping):
        inner = (get_args(declared) or (Any, Any))[-1] if _declares(declared, value) else Any
        for key, item in value.items():
            yield from _of_value(item, inner, marked, f"{at}/{_token(str(key))}")
    elif isinstance(value, AbstractSet):
        if marked or _members_marked(declared):
            raise TypeError(f"{at}: a set cannot hold sensitive text, its members have no place of their own")
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for index, (item, inner) in enumerate(zip(value, _members(declared, value), strict=True)):
            yield from _of_value(item, inner, marked, f"{at}/{index}")
    elif marked:
        if isinstance(value, bool | int | float):
            raise TypeError(
                f"{at}: a sensitive field must be text in JSON, and {type(value).__name__} is not"
            )
        yield at


def _of_everything(model: BaseModel, at: str) -> Iterator[str]:
    for name in type(model).model_fields:
        yield from _of_value(getattr(model, name), Any, True, f"{at}/{_token(name)}")


def _unwrapped(declared: Any, marked: bool) -> tuple[Any, bool]:
    while True:
        if hasattr(declared, "__value__"):  # an alias made by the `type` statement
            declared = declared.__value__
        elif get_origin(declared) is Annotated:
            inner, *metadata = get_args(declared)
            marked = marked or any(isinstance(item, SensitiveMark) for item in metadata)
            declared = inner
        else:
            return declared, marked


def _declares(declared: Any, value: object) -> bool:
    """Whether a declared type is a container that this value may be an instance of."""
    origin = get_origin(declared)
    return isinstance(origin, type) and isinstance(value, origin)


def _members(declared: Any, value: Sequence[Any]) -> Sequence[Any]:
    """The declared type of each member of a list or tuple."""
    inner = get_args(declared) if _declares(declared, value) else ()
    if not inner:
        return [Any] * len(value)
    if get_origin(declared) is tuple and not (len(inner) == 2 and inner[1] is Ellipsis):
        return inner if len(inner) == len(value) else [Any] * len(value)
    return [inner[0]] * len(value)


def _members_marked(declared: Any) -> bool:
    return any(_unwrapped(inner, False)[1] for inner in get_args(declared))


def _may_be(member: Any, value: object) -> bool:
    """Whether a value may be of one member of a union: ``Sensitive | int`` holds 3 without a secret in it."""
    declared, _ = _unwrapped(member, False)
    kind = get_origin(declared) or declared
    return kind is Any or not isinstance(kind, type) or isinstance(value, kind)


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
