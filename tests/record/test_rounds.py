"""Writers that are killed: nothing acknowledged is lost, nothing is there twice."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def play(url: str, rounds: int, seed: int, folder: Path, limit_s: float) -> dict[str, Any]:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.record.rounds", url, str(rounds), str(seed), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=limit_s)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_killed_writers_lose_nothing_acknowledged_and_store_nothing_twice(url: str, tmp_path: Path) -> None:
    found = play(url, 10, 1, tmp_path / "journals", 300)
    assert found["problems"] == []
    # the kills did reach the moments that matter
    assert found["killed"] >= 60
    assert found["answers_lost"] >= 5


@pytest.mark.study
def test_five_hundred_rounds_of_killed_writers(url: str, tmp_path: Path) -> None:
    for part in range(10):
        place = url if "://" in url else str(tmp_path / f"{part}.sqlite3")
        if "://" in url and part:
            _empty(url)
        found = play(place, 50, 1000 + 50 * part, tmp_path / f"journals-{part}", 1800)
        print(part, found)
        assert found["problems"] == []


def _empty(url: str) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        schema = connection.execute(sa.text("SELECT current_schema()")).scalar_one()
        connection.execute(sa.schema.DropSchema(schema, cascade=True))
        connection.execute(sa.schema.CreateSchema(schema))
    engine.dispose()
