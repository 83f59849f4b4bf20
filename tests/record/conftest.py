"""Every test of the record gets a database of its own: a file, or a schema on the server that the environment names."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

SERVER = "ATARAXY_TEST_POSTGRES"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    address = os.environ.get(SERVER)
    if not address:
        pytest.skip(f"{SERVER} names no server; .ci/with-postgres starts one")
    schema = f"t_{uuid.uuid4().hex}"
    engine = sa.create_engine(
        sa.make_url(address).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    try:
        url = sa.make_url(address).update_query_dict({"options": f"-csearch_path={schema}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.schema.DropSchema(schema, cascade=True))
        engine.dispose()


# Without a server its half of the tests is left out; those of PostgreSQL alone are skipped and say why.
@pytest.fixture(params=["sqlite", "postgres"] if os.environ.get(SERVER) else ["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a record may be created."""
    if request.param == "sqlite":
        return str(tmp_path / "record.sqlite3")
    found: str = request.getfixturevalue("postgres_url")
    return found
