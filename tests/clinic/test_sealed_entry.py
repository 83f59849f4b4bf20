"""What the tablet seals: opened by the server for its author, and by nobody for anybody else."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

import ataraxy.clinic.run_sheet
from ataraxy.clinic.run_sheet.sealed_entry import (
    SealedEntry,
    entry_context,
    open_entry,
    private_key,
    public_key,
)
from ataraxy.errors import InputError

SECRET = bytes(range(32))
CONTEXT = entry_context(key="k1", session="s1", author="a1", occurred_at="2026-11-23T10:00:00.000Z")
SCRIPT = Path(ataraxy.clinic.run_sheet.__file__).parents[1] / "static" / "runsheet" / "seal.js"


def sealed_by_the_tablet(folder: Path, author: str, text: str, context: str) -> SealedEntry:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; the browser tests seal too")
    (folder / "seal.mjs").write_bytes(SCRIPT.read_bytes())
    (folder / "try.mjs").write_text(
        'import { seal } from "./seal.mjs";\n'
        "const [key, text, context] = process.argv.slice(2);\n"
        "console.log(JSON.stringify(await seal(key, text, context)));\n"
    )
    command = [node, str(folder / "try.mjs"), public_key(SECRET, author), text, context]
    return SealedEntry(
        **json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    )


def test_what_the_tablet_sealed_is_opened_for_its_author_only(tmp_path: Path) -> None:
    text = json.dumps({"command": "reading", "fields": {"note": "ängstlich 😟"}}, ensure_ascii=False)
    sealed = sealed_by_the_tablet(tmp_path, "a1", text, CONTEXT)
    assert open_entry(SECRET, "a1", sealed, CONTEXT) == text
    for secret, author, context in (
        (SECRET, "a2", CONTEXT),
        (bytes(32), "a1", CONTEXT),
        (SECRET, "a1", CONTEXT.replace("s1", "s2")),
    ):
        with pytest.raises(InputError, match="cannot be opened"):
            open_entry(secret, author, sealed, context)
    damaged = bytearray(base64.b64decode(sealed.ct))
    damaged[3] ^= 1
    with pytest.raises(InputError, match="cannot be opened"):
        open_entry(
            SECRET, "a1", sealed.model_copy(update={"ct": base64.b64encode(damaged).decode()}), CONTEXT
        )


@pytest.mark.parametrize("part", ["epk", "iv", "ct"])
@pytest.mark.parametrize("value", ["", "not base64!", "AAAA"])
def test_nonsense_is_refused_and_not_a_crash(part: str, value: str) -> None:
    parts = {"v": 1, "epk": public_key(SECRET, "a1"), "iv": "AAAAAAAAAAAAAAAA", "ct": "AAAA"} | {part: value}
    with pytest.raises(InputError, match="cannot be opened"):
        open_entry(SECRET, "a1", SealedEntry.model_validate(parts), CONTEXT)


def test_each_author_has_a_key_of_their_own_and_the_same_again() -> None:
    keys = {
        author: private_key(SECRET, author).private_numbers().private_value for author in ("a1", "a2", "a3")
    }
    assert len(set(keys.values())) == 3
    assert all(
        private_key(SECRET, author).private_numbers().private_value == key for author, key in keys.items()
    )


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(InputError, match="at least 32 random bytes"):
        private_key(b"short", "a1")
