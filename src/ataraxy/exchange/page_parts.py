"""Generated parts of a page: they stand between two comments, and everything around them is written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ataraxy.errors import InputError


def replace_parts(page: str, parts: Mapping[str, str]) -> str:
    """Return a page with its parts replaced: what stands between ``<!-- name`` and ``<!-- end -->``.

    Raises:
        InputError: the page has no such part (``page.part-missing``).
    """
    for name, text in parts.items():
        pattern = re.compile(rf"(<!-- {re.escape(name)}\b[^\n]*-->\n).*?(<!-- end -->)", re.S)
        found = pattern.search(page)
        if found is None:
            raise InputError(
                f"the page has no part {name}",
                code="page.part-missing",
                remedy=f"Write <!-- {name} --> and <!-- end --> where it belongs",
                where=name,
            )
        page = f"{page[: found.start()]}{found[1]}\n{text}\n\n{found[2]}{page[found.end() :]}"
    return page


def markdown_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
