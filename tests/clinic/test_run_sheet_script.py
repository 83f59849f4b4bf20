"""The committed script of the run sheet is what its sources compile to: both are named by one digest.

`sources.json` holds the digest of each TypeScript source and of its output. Compile with `npx tsc -p .` in that folder
(TypeScript 5.9), then `python tests/clinic/test_run_sheet_script.py` writes the digests anew.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import ataraxy.clinic

FOLDER = Path(ataraxy.clinic.__file__).parent / "static" / "runsheet"
RECORDED = FOLDER / "sources.json"


def digests() -> dict[str, str]:
    files = sorted([*FOLDER.glob("*.ts"), *FOLDER.glob("*.js"), FOLDER / "tsconfig.json"])
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_sources_and_output_are_those_that_were_compiled_together() -> None:
    assert json.loads(RECORDED.read_text(encoding="utf-8")) == digests()


def test_every_source_has_its_output() -> None:
    assert {file.stem for file in FOLDER.glob("*.ts")} == {file.stem for file in FOLDER.glob("*.js")}


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(digests(), indent=1) + "\n", encoding="utf-8")
