"""Short texts sealed in the accounts database."""

from __future__ import annotations

import base64

import pytest

from ataraxy.clinic.accounts.sealing import opened, sealed
from ataraxy.errors import InputError


def test_what_was_sealed_opens_and_looks_different_each_time() -> None:
    one, other = sealed("chest pain", "break-glass"), sealed("chest pain", "break-glass")
    assert one != other
    assert opened(one, "break-glass") == opened(other, "break-glass") == "chest pain"


def test_a_seal_for_one_purpose_does_not_open_for_another() -> None:
    with pytest.raises(InputError, match="does not open"):
        opened(sealed("chest pain", "break-glass"), "second factor")


@pytest.mark.parametrize("byte", [0, 11, 12, 20, -1])
def test_a_changed_seal_does_not_open(byte: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(sealed("chest pain", "break-glass").removeprefix("v1.")))
    raw[byte] ^= 1
    with pytest.raises(InputError, match="does not open"):
        opened("v1." + base64.urlsafe_b64encode(bytes(raw)).decode(), "break-glass")
