"""Every patient's own key: it seals what identifies them, and without it nobody reads that again.

A patient's key is random, seals with AES-256-GCM, and is kept in the database wrapped by the master key, which is
not. Each sealed text is bound to the patient, the stream and the place in the payload where it stands, so that it
cannot be moved to another. The tables here may be changed, other than the entries: forgetting is what they are for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ataraxy.errors import InputError
from ataraxy.record.master_key import KEY_BYTES, NONCE_BYTES, MasterKey, WrongMasterKey
from ataraxy.record.pointer import replaced, tokens
from ataraxy.record.schema import ENTRY

KEY_METADATA = sa.MetaData()

DATA_KEY = sa.Table(
    "data_key",
    KEY_METADATA,
    sa.Column("patient", sa.Text, primary_key=True),
    sa.Column("master", sa.Text, nullable=False),  # id of the master key that wraps it
    sa.Column("wrapped", sa.Text, nullable=False),
)
ERASED_PATIENT = sa.Table(
    "erased_patient",
    KEY_METADATA,
    sa.Column("patient", sa.Text, primary_key=True),
    sa.Column("erased_at", sa.Text, nullable=False),
    sa.Column("erased_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("legal_basis", sa.Text, nullable=False),
)
KEY_LOCATION = sa.Table("key_location", KEY_METADATA, sa.Column("location", sa.Text, primary_key=True))
# What of an erasure is still to be done, and where: "entry", "database" or a folder of backups.
ERASURE_PENDING = sa.Table(
    "erasure_pending",
    KEY_METADATA,
    sa.Column("patient", sa.Text, primary_key=True),
    sa.Column("location", sa.Text, primary_key=True),
    sa.Column("problem", sa.Text, nullable=False),
)

# Which entries were appended by a program that had the master key; see `chain_seal`.
CHAIN_SEAL = sa.Table(
    "chain_seal",
    KEY_METADATA,
    sa.Column("first", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column(
        "last", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    sa.Column("mac", sa.Text, nullable=False),
)
# In the place of a patient's id, of which none looks like this: the key that seals the chain.
CHAIN: Final = ":chain"

# One question for both, since it is asked for every text. That somebody was erased is in the chain too, where nobody
# removes it unseen: the table alone could be put back as it was.
_KEY_AND_ERASURE: Final = sa.select(
    sa.select(DATA_KEY.c.master + " " + DATA_KEY.c.wrapped)
    .where(DATA_KEY.c.patient == sa.bindparam("of", type_=sa.Text))
    .scalar_subquery(),
    sa.func.coalesce(
        sa.select(ERASED_PATIENT.c.erased_at)
        .where(ERASED_PATIENT.c.patient == sa.bindparam("of", type_=sa.Text))
        .scalar_subquery(),
        sa.select(ENTRY.c.recorded_at)
        .where(
            ENTRY.c.stream == "erasure/" + sa.bindparam("of", type_=sa.Text),
            ENTRY.c.version == 1,
            ENTRY.c.kind == "record.erased",
        )
        .scalar_subquery(),
    ),
)

_CHAIN_KEY: Final = sa.select(DATA_KEY.c.master, DATA_KEY.c.wrapped).where(DATA_KEY.c.patient == CHAIN)

PATIENT_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
# The length of a sealed text is visible: it is filled up to a multiple of this, so that short answers look alike.
BLOCK_BYTES: Final = 32
MARK: Final = "sealed"


class Erased(str):
    """What stands in the place of a text whose key was destroyed. There is one, `ERASED`; compare with ``is``."""

    __slots__ = ()


ERASED: Final = Erased("[erased]")


def check_patient(patient: str) -> str:
    """Return the id of a patient as it is.

    Raises:
        InputError: it is not of the form of an id (``record.patient-id``).
    """
    if not PATIENT_ID.fullmatch(patient):
        raise InputError(
            "the id of a patient has 1 to 64 letters, digits, - and _, not first - or _, and is no name",
            code="record.patient-id",
            remedy="Use a random id, such as 32 hexadecimal digits",
        )
    return patient


def context_of(stream: str, path: str) -> str:
    """Return the place to which the text at a path of a payload in a stream is bound."""
    return f"{stream}#{path}"


def sealed_patient(sealed: str) -> str:
    """Return whose key a sealed text needs."""
    return _parsed(sealed)[0]


def is_sealed(value: object) -> bool:
    """Return whether a value of a payload is a sealed text: ``{"sealed": "1..."}``."""
    return (
        isinstance(value, Mapping)
        and set(value) == {MARK}
        and isinstance(value[MARK], str)
        and value[MARK].startswith("1.")
    )


class KeyRing:
    """Seals and opens under the keys of patients, on whichever connection it is given.

    Making a key is part of the caller's transaction: it commits with the entry that needs it, or not at all.
    Nothing unwrapped is kept between calls, so that a key destroyed by one process is gone for all.
    """

    def __init__(self, master: MasterKey) -> None:
        self._master = master

    def __repr__(self) -> str:
        return f"KeyRing(master={self._master.id})"

    @property
    def master(self) -> MasterKey:
        """Return the key that wraps the others."""
        return self._master

    def seal_payload(
        self,
        connection: sa.Connection,
        *,
        patient: str,
        stream: str,
        payload: Mapping[str, Any],
        paths: Iterable[str],
    ) -> dict[str, Any]:
        """Return a payload in which the text at each path is sealed; what is already None stays None.

        Raises:
            InputError: no such path (``record.no-such-path``), it is not text (``record.not-text``), the patient was
                erased (``record.patient-erased``), or the database is of another master key (``master-key.wrong``).
        """
        key = self._key(connection, check_patient(patient), make=True)
        result = dict(payload)
        for path in paths:
            try:
                result = replaced(result, tokens(path), _sealer(key, patient, context_of(stream, path)))
            except (LookupError, ValueError):
                raise InputError(
                    "the payload has no such place",
                    code="record.no-such-path",
                    remedy="Take the paths from sensitive_paths of the same value",
                    where=f"{stream} {path}",
                ) from None
        return result

    def seal(self, connection: sa.Connection, patient: str, text: str, context: str) -> dict[str, str]:
        """Return ``{"sealed": ...}``: a text under the patient's key, bound to patient and context."""
        key = self._key(connection, check_patient(patient), make=True)
        return {MARK: _sealed(key, patient, text, context)}

    def open(
        self, connection: sa.Connection, sealed: str | Mapping[str, str], context: str | None = None
    ) -> str:
        """Return the text that was sealed, or `ERASED` where the patient's key was destroyed.

        Args:
            context: the place where the sealed text was found. Without it the text opens wherever it stands, as
                that of the patient whose key sealed it.

        Raises:
            InputError: it was changed, or sealed for another place (``record.sealed-broken``); the key is gone
                without an erasure (``record.key-missing``); the master key is another (``master-key.wrong``).
        """
        token = sealed if isinstance(sealed, str) else sealed[MARK]
        patient, place, box = _parsed(token)
        if context is not None and not hmac.compare_digest(place.encode(), context.encode()):
            raise _broken(context)
        key = self._key(connection, patient, make=False)
        if key is None:
            return ERASED
        try:
            filled = AESGCM(key).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], _bound(patient, place))
        except (InvalidTag, ValueError):
            raise _broken(context or place) from None
        return filled.rstrip(b"\0")[:-1].decode()

    def open_payload(
        self, connection: sa.Connection, *, stream: str, payload: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return a payload with every sealed text opened, or `ERASED` in its place. Raises as `open` does."""

        def opened(value: Any, path: str) -> Any:
            if is_sealed(value):
                return self.open(connection, value, context_of(stream, path))
            if isinstance(value, Mapping):
                return {name: opened(item, f"{path}/{_token(str(name))}") for name, item in value.items()}
            if isinstance(value, list | tuple):
                return [opened(item, f"{path}/{index}") for index, item in enumerate(value)]
            return value

        return {name: opened(item, f"/{_token(name)}") for name, item in payload.items()}

    def chain_key(self, connection: sa.Connection, *, make: bool) -> bytes | None:
        """Return the key that seals the chain of a record; None where there is none and it is not to be made.

        Raises:
            WrongMasterKey: another master key wraps it.
        """
        row = connection.execute(_CHAIN_KEY).one_or_none()
        if row is not None:
            return self._unwrapped(CHAIN, row.master, row.wrapped)
        return self._made(connection, CHAIN) if make else None

    def rewrap(self, connection: sa.Connection, successor: MasterKey) -> int:
        """Wrap every key under another master key, in the caller's transaction. Returns how many were changed.

        Keys that the successor wraps already stay, so that an interrupted rotation can be run again.

        Raises:
            WrongMasterKey: a key does not open; nothing should be committed.
        """
        rows = connection.execute(sa.select(DATA_KEY.c.patient, DATA_KEY.c.master, DATA_KEY.c.wrapped)).all()
        changed = [
            {
                "of": patient,
                "master": successor.id,
                "wrapped": wrap_for(successor, patient, self._unwrapped(patient, master, wrapped)),
            }
            for patient, master, wrapped in rows
            if master != successor.id
        ]
        if changed:
            connection.execute(
                sa.update(DATA_KEY)
                .where(DATA_KEY.c.patient == sa.bindparam("of"))
                .values(master=sa.bindparam("master"), wrapped=sa.bindparam("wrapped")),
                changed,
            )
        return len(changed)

    def check(self, connection: sa.Connection) -> int:
        """Try every wrapped key. Returns how many there are.

        Raises:
            WrongMasterKey: one does not open.
        """
        rows = connection.execute(sa.select(DATA_KEY.c.patient, DATA_KEY.c.master, DATA_KEY.c.wrapped)).all()
        for patient, master, wrapped in rows:
            self._unwrapped(patient, master, wrapped)
        return len(rows)

    def _key(self, connection: sa.Connection, patient: str, *, make: bool) -> Any:
        key, erased = connection.execute(_KEY_AND_ERASURE, {"of": patient}).one()
        if erased is not None:
            # also where a key is still there: it is being erased, and nothing is opened meanwhile
            if make:
                raise InputError(
                    f"this patient was erased at {erased}: nothing more can be sealed for them",
                    code="record.patient-erased",
                    remedy="Give a person who comes back a new id",
                    where=patient,
                )
            return None
        if key is not None:
            master, _, wrapped = key.partition(" ")
            return self._unwrapped(patient, master, wrapped)
        if not make:
            raise InputError(
                "the key of this patient is missing, and no erasure says why",
                code="record.key-missing",
                remedy="Restore the keys from a backup; the chain itself is not affected",
                where=patient,
            )
        return self._made(connection, patient)

    def _made(self, connection: sa.Connection, patient: str) -> bytes:
        self._refuse_second_master(connection)
        fresh = secrets.token_bytes(KEY_BYTES)
        connection.execute(
            sa.insert(DATA_KEY).values(
                patient=patient, master=self._master.id, wrapped=wrap_for(self._master, patient, fresh)
            )
        )
        return fresh

    def _refuse_second_master(self, connection: sa.Connection) -> None:
        other = connection.execute(
            sa.select(DATA_KEY.c.master).where(DATA_KEY.c.master != self._master.id).limit(1)
        ).scalar_one_or_none()
        if other is not None:
            raise self._wrong(other)

    def _unwrapped(self, patient: str, master: str, wrapped: str) -> bytes:
        if master != self._master.id:
            raise self._wrong(master)
        return unwrap_for(self._master, patient, wrapped)

    def _wrong(self, other: str) -> WrongMasterKey:
        return WrongMasterKey(
            f"the keys of this database are wrapped by master key {other}, and {self._master.id} was given",
            code="master-key.wrong",
            remedy="Name the master-key file of this database",
        )


def wrap_for(master: MasterKey, patient: str, key: bytes) -> str:
    """Return a patient's key as the tables and the key backups hold it: its id, a dot, and the sealed key."""
    return f"{_id_of(key)}.{base64.b64encode(master.wrap(key, _purpose(patient))).decode()}"


def unwrap_for(master: MasterKey, patient: str, wrapped: str) -> bytes:
    """Return a patient's key from its wrapped form. Raises WrongMasterKey where it does not open."""
    name, _, box = wrapped.partition(".")
    try:
        raw = base64.b64decode(box, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    key = master.unwrap(raw, _purpose(patient))
    if name != _id_of(key):
        raise WrongMasterKey(
            "a wrapped key bears the id of another: it was changed",
            code="master-key.wrong",
            remedy="Restore the keys from a backup",
            where=patient,
        )
    return key


def key_id(wrapped: str) -> str:
    """Return the id of a wrapped key. It stays the same whatever master key wraps it, and says nothing about it."""
    return wrapped.partition(".")[0]


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"ataraxy data key id\0" + key).hexdigest()[:16]


def rewrapped(old: MasterKey, new: MasterKey, patient: str, wrapped: str) -> str:
    """Return a wrapped key as another master key wraps it. Raises WrongMasterKey where it does not open."""
    return wrap_for(new, patient, unwrap_for(old, patient, wrapped))


def utc_text(at: datetime) -> str:
    """Return a moment as text in UTC. Raises InputError for a time without offset (``time.naive``)."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise InputError(
            "the time has no offset from UTC", code="time.naive", remedy="Give it with its offset"
        )
    return at.astimezone(UTC).isoformat()


def sealed_texts(payload: object) -> Iterator[str]:
    """Yield every sealed text inside a payload."""
    if is_sealed(payload):
        assert isinstance(payload, Mapping)
        yield payload[MARK]
    elif isinstance(payload, Mapping):
        for item in payload.values():
            yield from sealed_texts(item)
    elif isinstance(payload, list | tuple):
        for item in payload:
            yield from sealed_texts(item)


def _purpose(patient: str) -> str:
    return f"data key of {patient}"


def _bound(patient: str, place: str) -> bytes:
    # lengths make the two parts unambiguous
    return f"ataraxy sealed/1 {len(patient)} {patient} {place}".encode()


def _sealer(key: bytes, patient: str, context: str) -> Callable[[Any], Any]:
    def seal(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, str) or (not value.isprintable() and _has_surrogates(value)):
            raise InputError(
                f"only text is sealed, and this is {'already sealed' if is_sealed(value) else 'not text'}",
                code="record.not-text",
                remedy="Mark text only, and give every path once",
                where=context,
            )
        return {MARK: _sealed(key, patient, value, context)}

    return seal


def _has_surrogates(text: str) -> bool:
    """Whether a text holds halves of characters, which no encoding of Unicode can write."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _sealed(key: bytes, patient: str, text: str, context: str) -> str:
    raw = text.encode() + b"\1"
    raw += b"\0" * (-len(raw) % BLOCK_BYTES)
    nonce = secrets.token_bytes(NONCE_BYTES)
    box = nonce + AESGCM(key).encrypt(nonce, raw, _bound(patient, context))
    return f"1.{patient}.{_text(context.encode())}.{_text(box)}"


def _parsed(sealed: str) -> tuple[str, str, bytes]:
    version, *parts = sealed.split(".")
    try:
        patient, place, box = parts
        if version != "1" or not PATIENT_ID.fullmatch(patient):
            raise ValueError
        return patient, _bytes(place).decode(), _bytes(box)
    except ValueError:
        raise _broken("a sealed text") from None


def _broken(where: str) -> InputError:
    return InputError(
        "the sealed text was changed, or moved here from another patient or place",
        code="record.sealed-broken",
        remedy="Run `ataraxy record verify`; restore from a backup if the chain is broken",
        where=where,
    )


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text, re.ASCII):
        raise ValueError("not base64")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _text(raw) != text:  # spare bits would give one text several forms
        raise ValueError("not canonical")
    return raw


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
