"""Reading a text file that holds one YAML list of mappings, so that every later error can name its line."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import yaml

from ataraxy.evidence.cells import refuse, shown

LINE: Final = "__line__"
"""Key under which the line on which a mapping begins is left in it."""

# A list of trials is three levels deep; what is deeper than this is no such list and would exhaust the parser.
_DEEPEST = 60


def read_text_file(path: Path) -> str:
    """Return the text of a UTF-8 file, without a byte order mark.

    Raises:
        InputError: ``evidence.file-missing`` or ``evidence.file-unreadable``.
    """
    return read_text_bytes(path).decode("utf-8-sig")


def read_text_bytes(path: Path) -> bytes:
    """Return the content of a file that is text in UTF-8.

    Raises:
        InputError: ``evidence.file-missing`` or ``evidence.file-unreadable``.
    """
    try:
        content = path.read_bytes()
        content.decode("utf-8")
        return content
    except FileNotFoundError:
        raise refuse(
            "file-missing", str(path), "the file is missing", "Add it, or give another path"
        ) from None
    except (OSError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            line = error.object[: error.start].count(b"\n") + 1
            raise refuse(
                "file-unreadable", f"{path}:{line}", "it is not UTF-8 text", "Save it as UTF-8"
            ) from None
        problem = getattr(error, "strerror", None) or error
        raise refuse(
            "file-unreadable", str(path), f"it cannot be read ({problem})", "Check its kind and permissions"
        ) from None


def read_yaml_list(text: str, file: str, *, begins: str = "- id:") -> list[dict[str, Any]]:
    """Return the mappings of a YAML list; each has its line under `LINE`, and all keys are text.

    Args:
        text: the file's text.
        file: its name, for errors.
        begins: how each entry begins, for the remedy.

    Raises:
        InputError: ``evidence.yaml`` for broken YAML or a key that stands twice, ``evidence.no-list`` if the file
            is not a list of mappings.
    """
    remedy = f"Begin each entry with '{begins}'"
    content = load_yaml(text, file)
    if not isinstance(content, list) or not content:
        raise refuse("no-list", file, "the file holds no list of entries", remedy)
    for number, item in enumerate(content, start=1):
        if not isinstance(item, dict):
            raise refuse("no-list", f"{file}: entry {number}", f"{shown(str(item))} is no entry", remedy)
    return content


def load_yaml(text: str, file: str) -> Any:
    """Return the content of a YAML file; each mapping has its line under `LINE`, and all its keys are text.

    Raises:
        InputError: ``evidence.yaml`` for broken YAML or a key that stands twice.
    """
    try:
        return yaml.load(text, Loader=_LineLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise refuse(
            "yaml",
            f"{file}{line}",
            f"broken YAML ({error.problem or error.context})",
            "Correct the indentation or quotes there",
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # ValueError: a date or number that looks like one and is none, such as 2026-13-01
        problem = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise refuse("yaml", file, f"broken YAML ({problem[:200]})", "Put quotes around text") from None


class _LineLoader(yaml.SafeLoader):
    """Notes the line on which each mapping begins; refuses keys that stand twice and entries that hold themselves."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._open: list[str | None] = []

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it open
        if self.check_event(yaml.AliasEvent):
            if event.anchor in self._open:
                raise yaml.MarkedYAMLError(problem="an entry holds itself", problem_mark=event.start_mark)
            return super().compose_node(parent, index)
        if len(self._open) >= _DEEPEST:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)
        self._open.append(event.anchor)
        node = super().compose_node(parent, index)
        self._open.pop()
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a name is expected", problem_mark=key_node.start_mark)
            key = str(self.construct_object(key_node, deep=True))
            if key in keys:
                raise yaml.MarkedYAMLError(problem=f"{key!r} stands twice", problem_mark=key_node.start_mark)
            keys.add(key)
        mapping: dict[Hashable, Any] = {
            str(key): value for key, value in super().construct_mapping(node, deep).items()
        }
        mapping[LINE] = node.start_mark.line + 1
        return mapping
