"""Site policies in files: loading one by path or by the name of a shipped one.

The format is described in ``docs/session.md``. A number is written with its unit and with who stands for it::

    food: {value: 2 h, grade: label, source: esketamine label}

A policy may be ``based_on`` a shipped one; then it holds the fields that differ and takes the others from it.
"""

from __future__ import annotations

import difflib
import re
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from ataraxy.errors import InputError
from ataraxy.exchange.units import shorten
from ataraxy.exchange.yaml_text import Entries, Items, Node, Text, parse_yaml, read_text_file
from ataraxy.therapy.site_policy import SitePolicy

FORMAT = "ataraxy.policy/1"

_WITH_UNIT = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(\S.*?)\s*")
_WHOLE = ("version", "item9_alert_from")


def shipped_policies() -> tuple[str, ...]:
    """Return the names of the policies that ship with Ataraxy, in alphabetical order."""
    folder = files("ataraxy") / "policies"
    return tuple(sorted(file.name[:-5] for file in folder.iterdir() if file.name.endswith(".yaml")))


def load_policy(path_or_name: str | Path) -> SitePolicy:
    """Return the policy in a YAML file, or a shipped one by its name.

    Raises:
        InputError: the file cannot be read or is no policy; the message names file, line, field and remedy.
    """
    if isinstance(path_or_name, str) and path_or_name in shipped_policies():
        return parse_policy(_shipped(path_or_name), f"{path_or_name}.yaml")
    path = Path(path_or_name)
    if isinstance(path_or_name, str) and re.fullmatch(r"[\w.-]+", path_or_name) and not path.exists():
        nearest = difflib.get_close_matches(path_or_name.removesuffix(".yaml"), shipped_policies(), 1)
        raise InputError(
            "this is neither a file nor the name of a shipped policy",
            code="file.missing",
            remedy=f'Did you mean "{nearest[0]}"?'
            if nearest
            else f"Shipped are {', '.join(shipped_policies())}",
            where=shorten(path_or_name),
        )
    return parse_policy(read_text_file(path), str(path))


def parse_policy(text: str, where: str = "policy") -> SitePolicy:
    """Return the policy that a YAML text describes; `where` names the file in messages.

    Raises:
        InputError: the codes ``yaml.*`` and ``policy.*``.
    """
    root = _root(text, where)
    if "based_on" in root.entries:
        root = _merged(root, where)
    data = _plain(root)
    try:
        return SitePolicy.model_validate(data)
    except (InputError, ValidationError):
        model, path, error = _narrowest(SitePolicy, data, ())
        raise _located(root, model, path, error, where) from None


def _shipped(name: str) -> str:
    return (files("ataraxy") / "policies" / f"{name}.yaml").read_text("utf-8")


def _root(text: str, where: str) -> Entries:
    node = parse_yaml(text, where)
    if not isinstance(node, Entries):
        raise InputError(
            "a policy is expected here, as lines of the form field: value",
            code="policy.shape",
            remedy="Write one field on each line",
            where=f"{where}:{node.line}",
        )
    found = node.entries.get("format")
    if not isinstance(found, Text) or found.text != FORMAT:
        raise InputError(
            "the format is missing" if found is None else "the format is not the one that is read here",
            code="policy.format",
            remedy=f"Write format: {FORMAT}",
            where=f"{where}:{node.key_lines.get('format', node.line)}: format",
        )
    return node


def _merged(root: Entries, where: str) -> Entries:
    """Return the policy with the fields of the one that it is based on; lines of those belong to another file."""
    base = root.entries["based_on"]
    name = base.text if isinstance(base, Text) else ""
    if name not in shipped_policies():
        raise InputError(
            f'"{shorten(name)}" is no shipped policy',
            code="policy.based-on",
            remedy=f"Shipped are {', '.join(shipped_policies())}",
            where=f"{where}:{root.key_lines['based_on']}: based_on",
        )
    below = _root(_shipped(name), f"{name}.yaml")
    if "based_on" in below.entries:
        raise InputError(
            f"{name} is itself based on another policy",
            code="policy.based-on",
            remedy="Base it on a policy that stands alone",
            where=f"{where}:{root.key_lines['based_on']}: based_on",
        )
    return Entries(
        root.line,
        {**below.entries, **{key: node for key, node in root.entries.items() if key != "based_on"}},
        {**dict.fromkeys(below.key_lines, root.key_lines["based_on"]), **root.key_lines},
    )


def _plain(node: Node, key: str = "") -> Any:
    """Return the tree as plain data; numbers with units are split where a source stands beside them."""
    if isinstance(node, Items):
        return [_plain(item) for item in node.items]
    if isinstance(node, Text):
        if node.is_null:
            return None
        return int(node.text) if key in _WHOLE and re.fullmatch(r"[0-9]{1,9}", node.text) else node.text
    found = {key: _plain(child, key) for key, child in node.entries.items() if key != "format"}
    if isinstance(found.get("value"), str) and {"grade", "source"} & set(node.entries):
        parts = _WITH_UNIT.fullmatch(found["value"])
        if parts is not None:
            found["value"], found["unit"] = parts[1], parts[2]
    return found


def _narrowest(
    model: type[BaseModel], data: Any, path: tuple[str | int, ...]
) -> tuple[type[BaseModel], tuple[str | int, ...], InputError | ValidationError]:
    """Return the innermost part that fails, where it is, and why; an error of a rule does not know its own place."""
    if isinstance(data, dict):
        for name, field in model.model_fields.items():
            part = _model_in(field.annotation)
            if part is None or name not in data:
                continue
            value = data[name]
            for key, item in enumerate(value) if isinstance(value, list) else (("", value),):
                if item is None:
                    continue
                try:
                    part.model_validate(item)
                except (InputError, ValidationError):
                    inner = (*path, name) if key == "" else (*path, name, key)
                    return _narrowest(part, item, inner)
            shape: Any = field.annotation
            for asked in field.metadata:
                shape = Annotated[shape, asked]
            try:  # the field may ask for more than its value does, such as a number in minutes
                TypeAdapter(shape).validate_python(value)
            except InputError as error:
                return model, (*path, name), error
            except ValidationError:
                pass  # the model says it with the place
    try:
        model.model_validate(data)
    except (InputError, ValidationError) as error:
        return model, path, error
    raise AssertionError("a policy was refused and all of its parts are right")  # pragma: no cover


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field holds, alone, as an option or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Annotated, Union, UnionType, tuple):
        return next((found for arg in get_args(annotation) if (found := _model_in(arg)) is not None), None)
    return None


def _located(
    root: Entries,
    model: type[BaseModel],
    path: tuple[str | int, ...],
    error: InputError | ValidationError,
    where: str,
) -> InputError:
    if isinstance(error, InputError):
        field: tuple[str | int, ...] = tuple(
            int(part) if part.isdigit() else part for part in error.where.split(".") if part
        )
        message, code, remedy = error.message, error.code, error.remedy
    else:
        first = error.errors()[0]
        field = first["loc"]
        code, message = "policy.value", f'"{shorten(str(first["input"]))}" is refused: {first["msg"]}'
        remedy = "Correct the value"
        known = [name for name in model.model_fields if name != "unit"]
        if first["type"] == "missing":
            code, message, remedy = "policy.field-missing", f'"{field[-1]}" is missing', "Add it"
            if field[-1] == "unit":
                code, field = "policy.unit", (*field[:-1], "value")
                message, remedy = "the number has no unit", "Write number and unit, such as 30 min"
        elif first["type"] == "extra_forbidden":
            nearest = difflib.get_close_matches(str(field[-1]), known, 1)
            code, message = "policy.field-unknown", f'"{shorten(str(field[-1]))}" is not a field'
            remedy = f'Did you mean "{nearest[0]}"?' if nearest else f"Fields here are {', '.join(known)}"
        elif field[-1:] == ("unit",):
            code, field = "policy.unit", (*field[:-1], "value")
            remedy = "Units are mmHg, /min, %, points, grade, min, h, days, sessions, kg, mg, mg/kg, mg/mL, mL, mL/h"
    at, line = _line(root, (*path, *field))
    return InputError(message, code=code, remedy=remedy, where=f"{where}:{line}: {at}" if at else where)


def _line(node: Node, path: tuple[str | int, ...]) -> tuple[str, int]:
    """Return the path as it is written in messages and the line of its deepest part that the file holds."""
    written, line = "", node.line
    found: Node | None = node
    for part in path:
        if isinstance(part, int):
            written += f"[{part}]"
        else:
            written = f"{written}.{part}" if written else str(part)
        if isinstance(found, Entries) and part in found.entries:
            line, found = found.key_lines[str(part)], found.entries[str(part)]
        elif isinstance(found, Items) and isinstance(part, int) and part < len(found.items):
            found = found.items[part]
            line = found.line
        else:
            found = None
    return written, line
