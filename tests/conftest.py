"""Settings of the whole test suite."""

import os

import pytest
from hypothesis import settings

# Random examples are drawn anew in each local run and are the same in every run of CI.
# None fails for being slow.
settings.register_profile(
    "house", deadline=None, print_blob=True, derandomize="CI" in os.environ, database=None
)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "study: takes minutes; run by `make study`, left out of `make test`")
