"""What goes wrong around the record is said in one line, and nothing acknowledged is lost."""

import os
import pwd
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from ataraxy.errors import AtaraxyError
from ataraxy.record.checking import check_record
from ataraxy.record.database import DatabaseError, clear_errors
from ataraxy.record.entry import Draft
from ataraxy.record.store import Record
from ataraxy.record.verify import verify_file

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def write(record: Record, size: int = 10, key: str | None = None) -> None:
    text = random.Random(key).randbytes(size).hex()[:size]  # which no server stores in less
    record.append(
        [Draft("site", "test.one", {"text": text if key else "x"}, NOW)],
        author="a",
        at=NOW,
        expected={"site": -1},
        key=key,
    )


def code(error: pytest.ExceptionInfo[AtaraxyError]) -> str:
    assert "\n" not in str(error.value)
    assert error.value.remedy
    return error.value.code


def test_a_full_disk_is_said_and_what_was_acknowledged_stays(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite3"
    acknowledged = 0
    with Record.create(path) as record:

        @sa.event.listens_for(record.engine, "begin")
        def small_disk(connection: sa.Connection) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        def fill() -> None:
            nonlocal acknowledged
            while True:
                write(record, 5000, f"request {acknowledged}")
                acknowledged += 1

        pages = 100
        with pytest.raises(DatabaseError) as error:
            fill()
        assert code(error) == "record.disk-full"
        assert 10 < acknowledged < 100
        assert verify_file(path).entries == acknowledged
        pages = 1000  # room was made: the same request goes through
        write(record, 5000, f"request {acknowledged}")
        assert record.head().seq == acknowledged + 1
    assert verify_file(path).valid


FULL_DISK = """
import sys
from tests.record.test_failures import write
from ataraxy.errors import AtaraxyError
from ataraxy.record.store import Record
acknowledged = 0
with Record.create(sys.argv[1]) as record:
    try:
        while True:
            write(record, 5000, f"request {acknowledged}")
            acknowledged += 1
    except AtaraxyError as error:
        print(acknowledged, error.code)
"""


def test_a_disk_that_is_really_full_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """A small file system in memory, for which one must be allowed to make a name space of one's own."""
    place = tmp_path / "small"
    place.mkdir()
    script = (
        f"mount -t tmpfs -o size=600k none {place} && "
        f'"{sys.executable}" -c "$FULL_DISK" {place}/record.sqlite3 && cp {place}/record.sqlite3* {tmp_path}/'
    )
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script]
    try:
        done = subprocess.run(
            command,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "FULL_DISK": FULL_DISK},
            capture_output=True,
            text=True,
            timeout=120,
        )
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()[:80]}")
    acknowledged, found = done.stdout.split()
    assert found == "record.disk-full"
    assert int(acknowledged) > 10
    verified = verify_file(tmp_path / "record.sqlite3")
    assert verified.valid
    assert verified.entries == int(acknowledged)


LIMITED = """
import resource, sys
from tests.record.test_failures import write
from ataraxy.errors import AtaraxyError
from ataraxy.record.store import Record
acknowledged = 0
with Record.create(sys.argv[1]) as record:
    resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, 900_000))
    try:
        while True:
            write(record, 5000, f"request {acknowledged}")
            acknowledged += 1
    except AtaraxyError as error:
        print(acknowledged, error.code)
"""


def test_a_disk_that_fails_loses_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite3"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    acknowledged, found = done.stdout.split()
    assert found in ("record.damaged", "record.disk-full")
    assert int(acknowledged) > 10
    verified = verify_file(path)
    assert verified.valid
    # the last request has no answer: it may be there, and is found by its key when it is sent again
    assert verified.entries - int(acknowledged) in (0, 1)
    with Record.open(path) as record:
        write(record, 5000, f"request {acknowledged}")
        assert record.head().seq == int(acknowledged) + 1


def test_a_record_that_was_opened_for_reading_refuses_to_write(url: str) -> None:
    with Record.create(url) as record:
        write(record)
    with Record.open(url, read_only=True) as record:
        assert record.head().seq == 1
        with pytest.raises(AtaraxyError) as error:
            write(record)
        assert code(error) == "record.read-only"


def test_a_database_that_turned_read_only_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Record.create(tmp_path / "record.sqlite3") as record:
        write(record)

        @sa.event.listens_for(record.engine, "begin")
        def turn(connection: sa.Connection) -> None:
            connection.exec_driver_sql("PRAGMA query_only = ON")

        with pytest.raises(DatabaseError) as error:
            write(record)
        assert code(error) == "record.read-only"
        assert record.head().seq == 1


READ_ONLY_FOLDER = """
import sys
from pathlib import Path
from ataraxy.record.store import Record
from ataraxy.record.verify import verify_file
from ataraxy.errors import AtaraxyError
assert verify_file(sys.argv[1]).entries == 1
with Record.open(sys.argv[1], read_only=True) as record:
    assert [entry.seq for entry in record.entries()] == [1]
try:
    Record.open(sys.argv[1]).append([], author="a", at=None, expected={})
except AtaraxyError as error:
    print(error.code)
"""


def test_a_record_in_a_folder_that_may_only_be_read_is_read_and_verified(tmp_path: Path) -> None:
    place = tmp_path / "medium"
    place.mkdir()
    path = place / "record.sqlite3"
    with Record.create(path) as record:
        write(record)
    script = f'mount --bind {place} {place} && mount -o remount,bind,ro {place} && "{sys.executable}" -c "$IT" {path}'
    try:
        done = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script],
            env={**os.environ, "IT": READ_ONLY_FOLDER},
            capture_output=True,
            text=True,
            timeout=60,
        )
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip(f"nothing may be mounted here: {done.stderr.strip()[:80]}")
    assert done.stderr == ""
    assert done.stdout.strip() == "record.read-only"


def test_a_postgres_that_may_only_be_read_is_said(postgres_url: str) -> None:
    with Record.create(postgres_url) as record:
        write(record)
    with (
        Record.open(f"{postgres_url}%20-cdefault_transaction_read_only%3Don") as record,
        pytest.raises(DatabaseError) as error,
    ):
        write(record)
    assert code(error) == "record.read-only"


def test_another_writer_is_waited_for_and_then_said(url: str) -> None:
    with Record.create(url) as record, Record.open(url, wait_s=0.05) as impatient:
        with record.writing(), pytest.raises(DatabaseError) as error:
            write(impatient)
        assert code(error) == "record.busy"
        write(impatient)
        assert record.head().seq == 1


def test_readers_do_not_wait_for_a_writer(url: str) -> None:
    with Record.create(url) as record, Record.open(url, wait_s=0.05) as reader:
        write(record)
        with record.writing():
            assert reader.head().seq == 1
            assert len(list(reader.entries())) == 1


def test_a_writer_that_waits_gets_its_turn(url: str) -> None:
    with Record.create(url) as record, Record.open(url) as other:
        with record.writing():
            thread = threading.Thread(target=write, args=(other,))
            thread.start()
        thread.join()
        assert record.head().seq == 1


def test_a_server_that_is_not_there_is_said() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(DatabaseError) as error:
        Record.open("postgresql://someone:secret@127.0.0.1:1/none")
    assert code(error) == "record.unreachable"
    assert "secret" not in str(error.value)


def test_a_connection_that_is_lost_at_the_commit_says_that_the_end_is_not_known(postgres_url: str) -> None:
    with Record.create(postgres_url) as record, Record.open(postgres_url) as other:
        lost = []

        @sa.event.listens_for(record.engine, "commit")
        def lose(connection: sa.Connection) -> None:
            if not lost:
                process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
                lost.append(process)
                with other.engine.connect() as killer:
                    killer.execute(sa.text("SELECT pg_terminate_backend(:process)"), {"process": process})

        with pytest.raises(DatabaseError) as error:
            write(record, key="k")
        assert code(error) == "record.unreachable"
        assert "not known" in str(error.value)
        write(record, key="k")
        assert record.head().seq == 1


def test_a_record_is_made_once(url: str) -> None:
    with Record.create(url) as record:
        write(record)
        with pytest.raises(AtaraxyError) as error:
            Record.create(url)
        assert code(error) == "record.exists"
        assert record.head().seq == 1


def test_a_newer_record_is_refused(url: str) -> None:
    with Record.create(url) as record, record.writing() as connection:
        connection.exec_driver_sql("UPDATE record_format SET version = 99")
    with pytest.raises(AtaraxyError) as error:
        Record.open(url)
    assert code(error) == "record.newer-version"


def test_a_server_without_a_record_is_refused(postgres_url: str) -> None:
    with pytest.raises(AtaraxyError) as error:
        Record.open(postgres_url)
    assert code(error) == "record.not-a-record"


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_record_is_refused_and_not_touched(tmp_path: Path, read_only: bool) -> None:
    text, empty, other = tmp_path / "text", tmp_path / "empty", tmp_path / "other.sqlite3"
    text.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    empty.write_bytes(b"")
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE something (a)")
    connection.close()
    for path, expected in (
        (text, "record.not-a-database"),
        (empty, "record.not-a-record"),
        (other, "record.not-a-record"),
        (tmp_path / "nothing", "record.no-such-file"),
        (tmp_path, "record.no-such-file"),
    ):
        content = path.read_bytes() if path.is_file() else None
        with pytest.raises(AtaraxyError) as error:
            Record.open(path, read_only=read_only)
        assert code(error) == expected
        assert (path.read_bytes() if path.is_file() else None) == content
    assert not (tmp_path / "nothing").exists()
    with pytest.raises(AtaraxyError) as error:
        Record.create(other)
    assert code(error) == "record.exists"


@pytest.mark.parametrize("address", ["mysql://somewhere/db", ":memory:", "", "sqlite://"])
def test_a_place_for_no_record_is_refused(address: str) -> None:
    with pytest.raises(AtaraxyError) as error:
        Record.create(address)
    assert code(error) == "record.url"


def test_a_damaged_database_is_said(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite3"
    with Record.create(path) as record:
        for _ in range(200):
            write(record, 500, str(uuid.uuid4()))
    content = bytearray(path.read_bytes())
    content[4096 * 12 : 4096 * 30] = b"\x5a" * 4096 * 18
    path.write_bytes(content)
    with pytest.raises(DatabaseError) as error, Record.open(path) as record:
        list(record.entries())
    assert code(error) == "record.damaged"
    assert not verify_file(path).valid


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("53100", "record.disk-full"),
        ("25006", "record.read-only"),
        ("42501", "record.read-only"),
        ("55P03", "record.busy"),
        ("58030", "record.damaged"),
        ("XX001", "record.damaged"),
        ("57P01", "record.unreachable"),
        ("08006", "record.unreachable"),
        ("22000", "record.database"),
    ],
)
def test_what_postgres_says_has_one_meaning(state: str, expected: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    said = psycopg.errors.lookup(state)("it said so\nand more")
    with pytest.raises(DatabaseError) as error, clear_errors("here"):
        raise sa.exc.OperationalError("statement", {}, said)
    assert code(error) == expected


@pytest.fixture
def small_tablespace(postgres_url: str, tmp_path: Path) -> Iterator[str]:
    """A small file system in memory where the server keeps its tables; the address that makes it the default."""
    server = sa.make_url(postgres_url).set(drivername="postgresql+psycopg")
    # the server runs as another user, who has to come as far as this
    place = Path(tempfile.mkdtemp(prefix="ataraxy-small-", dir="/tmp"))
    place.chmod(0o755)
    try:
        owner = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("no user postgres, whom a server on this machine would run as")
    options = f"size=2m,uid={owner.pw_uid},gid={owner.pw_gid},mode=700"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(place)], capture_output=True)
    if mounted.returncode:
        place.rmdir()
        pytest.skip("no file system may be mounted here")
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"small_{uuid.uuid4().hex}"
    try:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE TABLESPACE {name} LOCATION '{place}'")
        except sa.exc.DBAPIError as error:
            pytest.skip(f"the server makes no tablespace there: {str(error.orig).splitlines()[0]}")
        yield f"{postgres_url}%20-cdefault_tablespace%3D{name}"
        schema = str(server.query["options"]).removeprefix("-csearch_path=")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
            connection.exec_driver_sql(f"DROP TABLESPACE {name}")
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")  # its fixture drops it
    finally:
        engine.dispose()
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()


def test_a_server_whose_disk_is_really_full_loses_nothing_acknowledged(small_tablespace: str) -> None:
    acknowledged = 0
    with Record.create(small_tablespace) as record:

        def fill() -> None:
            nonlocal acknowledged
            while True:
                write(record, 5000, f"request {acknowledged}")
                acknowledged += 1

        with pytest.raises(DatabaseError) as error:
            fill()
        assert code(error) == "record.disk-full"
        assert acknowledged > 10
        assert record.head().seq == acknowledged
        with record.writing() as connection:  # room is made: the same request goes through
            connection.exec_driver_sql("ALTER TABLE entry SET TABLESPACE pg_default")
            for (index,) in connection.exec_driver_sql(
                "SELECT indexname FROM pg_indexes WHERE tablename = 'entry' AND schemaname = current_schema()"
            ).all():
                connection.exec_driver_sql(f"ALTER INDEX {index} SET TABLESPACE pg_default")
        write(record, 5000, f"request {acknowledged}")
        write(record, 5000, "request 3")
        assert record.head().seq == acknowledged + 1
    assert check_record(small_tablespace).valid
