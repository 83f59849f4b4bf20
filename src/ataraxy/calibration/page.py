"""The published page of the shipped calibration: what stands between two marks of ``docs/calibration.md``.

``python -m ataraxy.calibration.page docs/calibration.md`` writes it anew from the shipped results; nothing is fitted.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from ataraxy.calibration.summary import page_text

BEGIN: Final = "<!-- results: begin (written by python -m ataraxy.calibration.page) -->"
END: Final = "<!-- results: end -->"


def shipped_calibration() -> dict[str, Any]:
    """The JSON document of the calibration that the shipped ensemble comes from."""
    file = files("ataraxy").joinpath("calibration", "data", "calibration.json")
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


def rewritten(page: str) -> str:
    """A page with the results between its marks written anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{page_text(shipped_calibration())}\n\n{END}{after}"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(rewritten(file.read_text(encoding="utf-8")), encoding="utf-8")
