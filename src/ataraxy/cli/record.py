"""`ataraxy record`: verify, export, anchor, back up, restore, drill, erase, and the keys. Each says what it did."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ataraxy.cli.options import JsonOption
from ataraxy.errors import InputError

if TYPE_CHECKING:
    from ataraxy.record.erasure import PendingErasure
    from ataraxy.record.keys import KeyRing
    from ataraxy.record.master_key import MasterKey
    from ataraxy.record.projection import Projection
    from ataraxy.record.store import Record

DATABASE = "ATARAXY_DATABASE"
MASTER_KEY = "ATARAXY_MASTER_KEY"
PASSPHRASE = "ATARAXY_PASSPHRASE"

app = typer.Typer(
    help="The record: an append-only chain of entries. Keys, erasure, backup and restore are described in "
    "docs/record-keeping.md.",
    no_args_is_help=True,
)

DatabaseArgument = Annotated[
    str, typer.Argument(metavar="DATABASE", envvar=DATABASE, help="SQLite file, or postgresql://...")
]
DatabaseOption = Annotated[
    str | None, typer.Option("--database", envvar=DATABASE, help="The running record, to compare with.")
]
KeyOption = Annotated[
    Path | None, typer.Option("--key", envvar=MASTER_KEY, help="Master-key file, mode 600.")
]
AuthorOption = Annotated[str, typer.Option("--author", help="Opaque id of the person who does this.")]
NeededAuthorOption = Annotated[
    str | None,
    typer.Option("--author", help="Opaque id of the person who does this; becomes part of the entry."),
]


@app.command("init")
def init_command(
    database: DatabaseArgument,
    key: KeyOption = None,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Seal the new master key under a passphrase.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make an empty record and, where its file is not there yet, a master key."""
    from ataraxy.record.master_key import new_master_key
    from ataraxy.record.store import Record

    path = _needed(key)
    made = not path.exists()
    if Path(database).is_file() and Path(database).stat().st_size:
        with Record.create(database):  # says that it is there, before a key is made that nothing needs
            pass
    # the key before the record: a record without key would be in the way of the next try
    with (
        new_master_key(path, passphrase=_new_passphrase() if passphrase else None)
        if made
        else nullcontext(_master(path))
    ) as master:
        Record.create(database, projections=_projections()).close()
    if as_json:
        _print_json("init", {"master_key": str(path), "master_key_id": master.id, "master_key_made": made})
    else:
        typer.echo(f"Record made; master key {master.id} {'made' if made else 'found'}: {path}")
        if made:
            typer.echo(
                "Put a copy of it in a safe, not beside the backups: without it nobody reads a name again."
            )


@app.command("verify")
def verify_command(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", envvar=DATABASE, help="SQLite file, exported JSON lines, or postgresql://..."
        ),
    ],
    anchor: Annotated[
        Path | None, typer.Option("--anchor", help="File of anchors that was kept elsewhere.")
    ] = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every entry against the chain. Exit status 1 where anything was changed, removed, inserted or cut off.

    With the master key, also who recorded each entry: a program that had that key, or somebody who only had the file.
    """
    from ataraxy.record.checking import check_record, check_sealed, verification_record

    found, seals = check_record(file, anchor), None
    if key is not None and found.valid:
        seals = check_sealed(file, _master(key))
    if as_json:
        sealed = {} if seals is None else {"seals": asdict(seals)}
        typer.echo(json.dumps({**verification_record(found), **sealed}))
    elif found.problem is None:
        compared = f", {found.anchors} anchors fit" if found.anchors else ""
        typer.echo(f"Valid: {found.entries:,} entries, head {found.head}{compared}.")
    else:
        at = f"entry {found.problem.seq}" if found.problem.seq else "not valid"
        say(f"{at}: {found.problem.why}. The {found.entries:,} entries before it are valid.")
    if seals is not None and seals.problem is not None and not as_json:
        say(f"seals: {seals.problem}.")
    elif seals is not None and not as_json:
        typer.echo(
            f"Sealed: {seals.sealed:,} entries by a program that had this master key; "
            f"{len(seals.without_key)} of kinds that need none."
        )
    for note in found.notes:
        say(f"note: {note}")
    if not found.valid or (seals is not None and seals.problem is not None):
        raise typer.Exit(1)


@app.command("export")
def export_command(
    database: DatabaseArgument,
    out: Annotated[Path, typer.Option("--out", help="File of JSON lines to write.")],
    stream: Annotated[
        str | None, typer.Option("--stream", help="Only this stream, such as person/<id>.")
    ] = None,
    opened: Annotated[
        bool,
        typer.Option("--open", help="Open what is sealed. Needs --key, --author and --reason; is recorded."),
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why what is sealed is opened.")] = "",
    author: NeededAuthorOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write entries as JSON lines: sealed and verifiable, or opened for a reason that becomes an entry."""
    from ataraxy.record.export import export_opened, export_sealed

    if not opened:
        with _record(database, read_only=True) as record:
            written = export_sealed(record, out, stream=stream)
    else:
        ring = _ring(_needed(key))
        with _record(database, keys=ring, projections=_projections()) as record:
            written = export_opened(
                record, ring, out, stream=stream, author=_author(author), reason=reason, at=_now()
            )
    if as_json:
        _print_json("export", {"file": str(out), "entries": written, "opened": opened})
    else:
        typer.echo(
            f"{written:,} entries in {out}{', opened: keep it as carefully as the key' if opened else ''}."
        )


@app.command("anchor")
def anchor_command(
    database: DatabaseArgument,
    out: Annotated[Path | None, typer.Option("--out", help="Write the anchor as a file of its own.")] = None,
    append: Annotated[
        Path | None, typer.Option("--append", help="Add the anchor to the end of a list.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Note the head outside the database. Prints it where neither --out nor --append is given."""
    from ataraxy.record.anchor import Anchor, append_anchor, refuse_contradicted, write_anchor

    with _record(database, read_only=True) as record:
        head = record.head()
        if append is not None and append.exists():
            refuse_contradicted(record, append)
    anchor = Anchor.of(head.seq, head.hash, _now())
    if append is not None:
        append_anchor(append, anchor)
    if out is not None:
        write_anchor(out, anchor)
    if as_json or (out is None and append is None):
        typer.echo(anchor.line())
    else:
        typer.echo(f"Entry {anchor.seq}, hash {anchor.hash}. Give a copy to somebody else.")


@app.command("backup")
def backup_command(
    database: DatabaseArgument,
    to: Annotated[Path, typer.Option("--to", help="Folder of the backups of this record.")],
    as_json: JsonOption = False,
) -> None:
    """Make a backup while the record is in use, and bring the keys beside the backups up to date."""
    from ataraxy.record.backup import backup

    with _record(database) as record:
        made = backup(record, to, at=_now())
    if as_json:
        _print_json("backup", {"folder": str(made.folder), "manifest": made.manifest.to_json()})
    else:
        typer.echo(f"{made.manifest.seq:,} entries in {made.folder}. The master key is not in it.")


@app.command("restore")
def restore_command(
    folder: Annotated[Path, typer.Argument(metavar="BACKUP", help="A backup: a folder with a manifest.")],
    to: Annotated[str, typer.Option("--to", help="Where no record is yet: SQLite file or postgresql://...")],
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Restore a backup to an empty place, after its files and its chain were verified."""
    from ataraxy.record.restore import restore

    restored = restore(folder, to, master=_master(key) if key is not None else None)
    if as_json:
        _print_json("restore", restored.to_json())
        return
    typer.echo(
        f"{restored.entries:,} entries restored to {to}, chain valid, head {restored.head or '(none)'}."
    )
    if restored.seal_problem is not None:
        say(f"seals: {restored.seal_problem}. Compare with other backups before you rely on it")
    for patient in restored.erased_since:
        typer.echo(f"Erased after this backup, and stays erased: {patient}")
    for patient in restored.not_erased:
        typer.echo(
            f"Marked as erased, and nothing says who did it: not taken over, erase again if it was meant: {patient}"
        )
    for patient in restored.without_key:
        typer.echo(f"No key and no erasure, cannot be read: {patient}")


@app.command("drill")
def drill_command(
    folder: Annotated[Path, typer.Argument(metavar="BACKUP", help="A backup: a folder with a manifest.")],
    database: DatabaseOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Restore to a temporary place and say what would be there. Exit status 1 where anything is not as it should be."""
    from ataraxy.record.restore import drill

    master = _master(key) if key is not None else None
    if database is None:
        report = drill(folder, None, master=master, projections=_projections())
    else:
        with _record(database, read_only=True) as record:
            report = drill(folder, record, master=master, projections=_projections())
    if as_json:
        _print_json("drill", report.to_json())
    else:
        for check in report.checks:
            typer.echo(
                f"{'yes' if check.passed else 'NO '}  {check.what}{': ' + check.note if check.note else ''}"
            )
    if not report.passed:
        raise typer.Exit(1)


@app.command("retain")
def retain_command(
    database: DatabaseArgument,
    patient: Annotated[str, typer.Argument(help="Opaque id of the patient.")],
    until: Annotated[str, typer.Option("--until", help="Last day, such as 2036-12-31.")],
    policy: Annotated[str, typer.Option("--policy", help="The law or site policy that asks for it.")],
    author: AuthorOption,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record until when the law wants a patient's record kept; it is not erased before."""
    from ataraxy.record.retention import set_retention

    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise InputError(
            f"{until!r} is not a day",
            code="cli.option",
            remedy="Use a day such as 2036-12-31",
            where="--until",
        ) from None
    keys = _ring(key) if key is not None else None
    with _record(database, keys=keys, projections=_projections()) as record:
        kept = set_retention(record, patient, until=day, policy=policy, author=author, at=_now())
    if as_json:
        _print_json("retain", {"patient": patient, "until": kept.until.isoformat(), "policy": kept.policy})
    else:
        typer.echo(f"Kept until {kept.until}: {patient}")


@app.command("erase")
def erase_command(
    database: DatabaseArgument,
    patient: Annotated[str | None, typer.Argument(help="Opaque id of the patient.")] = None,
    author: NeededAuthorOption = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; nothing identifying.")] = "",
    basis: Annotated[str, typer.Option("--basis", help="Legal basis, such as 'GDPR Art. 17(1)(b)'.")] = "",
    pending: Annotated[bool, typer.Option("--pending", help="Only list what is still to be done.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what is still to be done.")] = False,
    forget_location: Annotated[
        str | None, typer.Option("--forget-location", help="A folder of backups that was destroyed for good.")
    ] = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Destroy a patient's key, here and beside the backups. Exit status 1 while a part is still to be done.

    The master key is not needed; with it the entry is sealed, and the clinic may complete the erasure when it starts.
    """
    from ataraxy.record import erasure

    asked = [patient is not None, pending, retry, forget_location is not None]
    if sum(asked) != 1:
        raise InputError(
            "it is not clear what to do",
            code="cli.argument",
            remedy="Give one of: a patient, --pending, --retry, --forget-location",
            where="erase",
        )
    keys = _ring(key) if key is not None else None
    with _record(database, keys=keys, projections=_projections()) as record:
        if patient is not None:
            left = erasure.erase(
                record, patient, author=_author(author), reason=reason, legal_basis=basis, at=_now()
            )
        elif retry:
            left = erasure.retry_erasures(record, at=_now())
        else:
            if forget_location is not None:
                erasure.forget_location(
                    record, forget_location, author=_author(author), reason=reason, at=_now()
                )
            left = erasure.pending_erasures(record)
    if as_json:
        _print_json("erase", {"patient": patient, "pending": [vars(part) for part in left]})
    else:
        _print_pending(left, patient)
    if left:
        raise typer.Exit(1)


@app.command("rotate-key")
def rotate_key_command(
    database: DatabaseArgument,
    new_key: Annotated[
        Path, typer.Option("--new-key", help="File of the new master key; made if not there.")
    ],
    key: KeyOption = None,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Seal the new master key under a passphrase.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Wrap every patient's key under another master key. Exit status 1 while a folder could not be reached."""
    from ataraxy.record.master_key import create_master_key
    from ataraxy.record.rotation import rotate_master_key

    old = _master(_needed(key))
    with _record(database) as record:  # first of all: no key is made for what is no record
        if new_key.exists():
            new = _master(new_key)
        else:
            new = create_master_key(new_key, passphrase=_new_passphrase() if passphrase else None)
        rotated = rotate_master_key(record, old, new)
    if as_json:
        _print_json("rotate-key", {"master_key_id": new.id, **rotated.to_json()})
    else:
        typer.echo(f"{rotated.keys:,} keys are now wrapped by master key {new.id}.")
        for where, problem in rotated.left.items():
            typer.echo(f"Still to be done: {where}: {problem}")
        if rotated.left:
            typer.echo("Run the same command again when that is mended; keep the old key until then.")
        else:
            typer.echo("Put a copy of the new key in a safe, and destroy the old one with its copies.")
    if rotated.left:
        raise typer.Exit(1)


@app.command("repair")
def repair_command(
    database: DatabaseArgument,
    author: AuthorOption,
    reason: Annotated[str, typer.Option("--reason", help="What is known of it; nothing identifying.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Put back the guards of an altered database whose chain is valid. What was found becomes an entry."""
    from ataraxy.record.repair import restore_guards

    found = restore_guards(database, author=author, reason=reason, at=_now())
    if found:
        with _record(database, projections=_projections()):
            pass  # tables are built anew
    if as_json:
        _print_json("repair", {"found": list(found)})
    else:
        for one in found:
            typer.echo(f"Found and recorded: {one}")
        typer.echo("Guards and tables were made anew." if found else "Nothing was altered.")


@app.command("rebuild")
def rebuild_command(database: DatabaseArgument, as_json: JsonOption = False) -> None:
    """Build all projections anew from the entries."""
    projections = _projections()
    with _record(database, projections=projections) as record:
        record.rebuild()
        entries = record.head().seq
    if as_json:
        _print_json("rebuild", {"entries": entries, "projections": [one.name for one in projections]})
    else:
        typer.echo(f"{len(projections)} projections built anew from {entries:,} entries.")


@contextmanager
def _record(
    database: str,
    *,
    keys: KeyRing | None = None,
    read_only: bool = False,
    projections: tuple[Projection, ...] = (),
) -> Iterator[Record]:
    from ataraxy.record.store import Record

    with Record.open(database, projections=projections, keys=keys, read_only=read_only) as record:
        yield record


def _projections() -> tuple[Projection, ...]:
    """The tables that the clinic reads: whatever adds entries keeps them up to date."""
    from ataraxy.practice.projections import clinic_projections

    return clinic_projections()


def _now() -> datetime:
    return datetime.now(UTC)


def say(line: str) -> None:
    """Print one line to standard error, as errors are."""
    from ataraxy.record.verify import shown

    print(f"ataraxy: {shown(line)}", file=sys.stderr)


def _needed(key: Path | None) -> Path:
    if key is None:
        raise InputError(
            "no master key was named",
            code="master-key.missing",
            remedy=f"Give --key FILE or set {MASTER_KEY}",
            where="--key",
        )
    return key


def _author(author: str | None) -> str:
    if not author:
        raise InputError(
            "it is not said who does this",
            code="cli.option",
            remedy="Give --author with the id of a member of staff",
            where="--author",
        )
    return author


def _master(path: Path) -> MasterKey:
    from ataraxy.record.master_key import needs_passphrase, read_master_key

    return read_master_key(path, passphrase=_passphrase(path) if needs_passphrase(path) else None)


def _ring(path: Path) -> KeyRing:
    from ataraxy.record.keys import KeyRing

    return KeyRing(_master(path))


def _passphrase(path: Path) -> str | None:
    given = os.environ.get(PASSPHRASE)
    if given is not None or not sys.stdin.isatty():
        return given
    return str(typer.prompt(f"Passphrase of {path.name}", hide_input=True))


def _new_passphrase() -> str:
    given = os.environ.get(PASSPHRASE)
    if given is None and sys.stdin.isatty():
        given = str(typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True))
    if not given:
        raise InputError(
            "no passphrase was given",
            code="master-key.passphrase-missing",
            remedy=f"Type it when asked, or set {PASSPHRASE}",
            where="--passphrase",
        )
    return given


def _print_pending(left: tuple[PendingErasure, ...], patient: str | None) -> None:
    from ataraxy.record.verify import shown

    if not left:
        typer.echo(f"Erased everywhere: {patient}" if patient else "Nothing is still to be done.")
    for part in left:
        typer.echo(
            shown(f"Still to be done: {part.patient} in {part.location}: {part.problem or 'not tried yet'}")
        )
    if left:
        typer.echo("`ataraxy record erase --retry` tries again.")


def _print_json(command: str, content: dict[str, Any]) -> None:
    typer.echo(json.dumps({"schema": f"ataraxy.record.{command}/1", **content}, indent=1, allow_nan=False))
