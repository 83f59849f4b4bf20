"""Kernels compiled by these tests go to a folder of their own."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def kernel_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATARAXY_CACHE", str(tmp_path_factory.mktemp("kernels")))
        yield
