import pytest

from ataraxy.trials.clinic import VirtualClinic


@pytest.fixture(scope="session")
def clinic() -> VirtualClinic:
    """Few draws and people: laws hold for any number of them."""
    return VirtualClinic.open(draws=4, people=6, seed=3)
