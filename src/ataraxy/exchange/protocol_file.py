"""Protocols in files: loading one by path or by the name of a shipped one."""

from __future__ import annotations

import difflib
import os
import re
from importlib.resources import files
from pathlib import Path

from ataraxy.errors import InputError
from ataraxy.exchange.protocol_reader import parse_protocol
from ataraxy.exchange.protocol_writer import protocol_to_yaml
from ataraxy.exchange.units import shorten
from ataraxy.exchange.yaml_text import read_text_file
from ataraxy.therapy.protocol import Protocol

__all__ = ["load_protocol", "parse_protocol", "protocol_to_yaml", "shipped_protocols"]


def shipped_protocols() -> tuple[str, ...]:
    """Return the names of the protocols that ship with Ataraxy, in alphabetical order."""
    folder = files("ataraxy") / "protocols"
    return tuple(sorted(file.name[:-5] for file in folder.iterdir() if file.name.endswith(".yaml")))


def load_protocol(path_or_name: str | Path) -> Protocol:
    """Return the protocol in a YAML file, or a shipped one by its name.

    A text that is the name of a shipped protocol means that one; give a `Path`, or a text with ``./`` before it, for a
    file of the same name.

    Raises:
        InputError: the file cannot be read or says something that is not a protocol. The message names file, line,
            field and remedy.
    """
    if isinstance(path_or_name, str):
        shipped = shipped_protocols()
        if path_or_name in shipped:
            text = (files("ataraxy") / "protocols" / f"{path_or_name}.yaml").read_text("utf-8")
            return parse_protocol(text, f"{path_or_name}.yaml")
        if re.fullmatch(r"[\w.-]+", path_or_name) and not os.path.exists(path_or_name):
            nearest = difflib.get_close_matches(path_or_name.removesuffix(".yaml"), shipped, 1)
            raise InputError(
                "this is neither a file nor the name of a shipped protocol",
                code="file.missing",
                remedy=f'Did you mean "{nearest[0]}"?' if nearest else f"Shipped are {', '.join(shipped)}",
                where=shorten(path_or_name),
            )
    path = Path(path_or_name)
    return parse_protocol(read_text_file(path), str(path))
