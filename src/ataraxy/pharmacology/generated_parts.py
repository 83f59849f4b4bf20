"""Parts of a page of the documents that are made from parameters and never written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ataraxy.errors import InputError


def with_generated_parts(page: str, parts: Mapping[str, Callable[[], str]], *, code: str) -> str:
    """`page` with each part between its markers made new.

    Raises:
        InputError: ``code``: a marker is missing.
    """
    for name, make in parts.items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end of generated: {name} -->"
        before, opened, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not (opened and closed):
            raise InputError(
                f"the markers of the generated part {name!r} are missing",
                code=code,
                remedy=f"Add {begin} and {end}",
                where="page",
            )
        page = f"{before}{begin}\n\n{make()}\n\n{end}{after}"
    return page
