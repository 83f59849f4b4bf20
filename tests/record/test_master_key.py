from __future__ import annotations

import json
import logging
import pickle
from pathlib import Path

import pytest

from ataraxy.errors import AtaraxyError, InputError
from ataraxy.record import master_key
from ataraxy.record.master_key import MasterKey, create_master_key, needs_passphrase, read_master_key


@pytest.fixture(autouse=True)
def _cheap_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(master_key, "SCRYPT_N", 2**10)


def test_what_was_created_is_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    assert create_master_key(path) == read_master_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not needs_passphrase(path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602])
def test_a_master_key_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    create_master_key(path)
    path.chmod(mode)
    with pytest.raises(InputError) as refused:
        read_master_key(path)
    assert refused.value.code == "master-key.readable"
    path.chmod(0o400)
    read_master_key(path)


def test_a_master_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    key = create_master_key(path)
    with pytest.raises(AtaraxyError) as refused:
        create_master_key(path)
    assert refused.value.code == "file.exists"
    assert read_master_key(path) == key
    assert [item.name for item in tmp_path.iterdir()] == ["master.key"]


def test_a_missing_master_key_says_how_to_name_or_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--key") as refused:
        read_master_key(tmp_path / "absent.key")
    assert refused.value.code == "master-key.missing"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"format": "ataraxy.master-key/1"}', '{"format": 3, "key": "AAAA"}']
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "master.key"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(InputError) as refused:
        read_master_key(path)
    assert refused.value.code == "master-key.format"


def test_a_damaged_master_key_is_refused_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    create_master_key(path)
    document = json.loads(path.read_text())
    text = document["key"]
    document["key"] = ("B" if text[0] != "B" else "C") + text[1:]
    path.write_text(json.dumps(document))
    with pytest.raises(InputError) as refused:
        read_master_key(path)
    assert refused.value.code == "master-key.format"
    assert document["key"] not in str(refused.value)
    assert text not in str(refused.value)


def test_a_passphrase_opens_what_it_closed_and_nothing_else_does(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    key = create_master_key(path, passphrase="correct horse")
    assert needs_passphrase(path)
    assert key.secret not in path.read_bytes()
    assert read_master_key(path, passphrase="correct horse") == key
    for wrong, code in (
        ("correct hors", "master-key.passphrase-wrong"),
        (None, "master-key.passphrase-missing"),
    ):
        with pytest.raises(InputError) as refused:
            read_master_key(path, passphrase=wrong)
        assert refused.value.code == code


def test_a_forged_file_cannot_ask_for_all_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    create_master_key(path, passphrase="p")
    document = json.loads(path.read_text())
    document["scrypt"]["n"] = 2**40
    path.write_text(json.dumps(document))
    with pytest.raises(InputError) as refused:
        read_master_key(path, passphrase="p")
    assert refused.value.code == "master-key.format"


def test_a_wrapped_key_opens_under_its_master_and_purpose_only() -> None:
    master = MasterKey.fresh()
    wrapped = master.wrap(b"k" * 32, "data key of a")
    assert master.unwrap(wrapped, "data key of a") == b"k" * 32
    for other, purpose in ((master, "data key of b"), (MasterKey.fresh(), "data key of a")):
        with pytest.raises(InputError) as refused:
            other.unwrap(wrapped, purpose)
        assert refused.value.code == "master-key.wrong"


def test_the_text_form_of_a_key_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    key = MasterKey.fresh()
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("%s %r", key, key)
    shown = f"{key} {key!r} {caplog.text}"
    assert key.secret.hex() not in shown
    assert repr(key.secret) not in shown
    with pytest.raises(TypeError):
        pickle.dumps(key)
