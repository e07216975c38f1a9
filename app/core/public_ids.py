"""Public identifiers: what stands for a row's number wherever it leaves the server.

Consecutive numbers tell how many rows there are, in which order they came and, by their gaps, that
a hidden one lies between. So addresses, forms, JSON and exports carry the number encrypted: one
AES block of eight bytes derived from the table's name and the eight bytes of the number, under a
key of this installation, in lower-case base32. The same row always has the same identifier; nothing
can be read from it without the key. A guess decodes with a probability of 2^-64, and an identifier
of one table is none of another.

The key is a row of the database, made by the migration: it goes with a backup, and outlives a
change of SECRET_KEY. Each process reads it once.
"""

from __future__ import annotations

import hashlib
from base64 import b32decode, b32encode
from functools import cache

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from flask import Flask, current_app
from sqlalchemy import CheckConstraint, LargeBinary, SmallInteger, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.routing import BaseConverter, Map

from app.core.db import Base, db

LENGTH = 26  # characters of an identifier: 128 bits in base32
PATTERN = f"[a-z2-7]{{{LENGTH}}}"
NO_ROW = 0  # what an identifier that is not ours means: no row has this number
_EXTENSION = "public_ids"
_KEY_LENGTH = 16
_HALF = 8  # bytes of the tag, and of the number
_PADDING = "=" * (-LENGTH % 8)


class IdentifierKey(Base):
    """The one key of this installation."""

    __tablename__ = "identifier_keys"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint(f"octet_length(key) = {_KEY_LENGTH}", name="length"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key: Mapped[bytes] = mapped_column(LargeBinary)


class Permutation:
    """Row numbers to identifiers and back, under one key of 16 bytes."""

    def __init__(self, key: bytes) -> None:
        # No block repeats: each holds a table's tag and a row's number.
        self._cipher = Cipher(AES(key), ECB())  # noqa: S305

    def encode(self, table: str, number: int) -> str:
        """The public identifier of row `number` of `table`: 26 characters of a to z and 2 to 7.

        Raises LookupError for a table that does not exist.
        """
        plain = _tag(table) + number.to_bytes(_HALF, "big", signed=True)
        return _spelt(self._cipher.encryptor().update(plain))

    def decode(self, table: str, identifier: str) -> int | None:
        """The row's number; None for what is no identifier of `table`, however it is spelt.

        Raises LookupError for a table that does not exist.
        """
        tag = _tag(table)
        try:
            block = b32decode(identifier.upper() + _PADDING)
        except ValueError:
            return None
        # Base32 has bits to spare, so several spellings give one block: ours alone counts.
        if len(block) != _KEY_LENGTH or _spelt(block) != identifier:
            return None
        plain = self._cipher.decryptor().update(block)
        return int.from_bytes(plain[_HALF:], "big", signed=True) if plain[:_HALF] == tag else None


def _spelt(block: bytes) -> str:
    return b32encode(block).decode().rstrip("=").lower()


@cache
def _tag(table: str) -> bytes:
    if table not in Base.metadata.tables:
        raise LookupError(table)
    return hashlib.sha256(f"public identifier of {table}".encode()).digest()[:_HALF]


def encode(table: str, number: int) -> str:
    """As `Permutation.encode`, with the key of this installation."""
    return _current().encode(table, number)


def decode(table: str, identifier: str) -> int | None:
    """As `Permutation.decode`, with the key of this installation."""
    return _current().decode(table, identifier)


def _current() -> Permutation:
    known: Permutation | None = current_app.extensions.get(_EXTENSION)
    if known is None:
        key = db.session.scalars(select(IdentifierKey.key)).one()
        known = current_app.extensions[_EXTENSION] = Permutation(key)
    return known


class IdConverter(BaseConverter):
    """`<id(people):person_id>` in an address: the public identifier of a row of that table.

    The view gets the row's number; `url_for` takes it. What looks like an identifier and is none of
    this table reaches the view as NO_ROW, so that it is answered as a row that is not there.
    """

    regex = PATTERN

    def __init__(self, map: Map, table: str) -> None:
        super().__init__(map)
        _tag(table)  # fails at the start for a table that does not exist
        self.table = table

    def to_python(self, value: str) -> int:
        """The row's number, or NO_ROW."""
        try:
            found = decode(self.table, value)
        except OperationalError as error:
            raise ServiceUnavailable() from error
        return NO_ROW if found is None else found

    def to_url(self, value: int) -> str:
        """The identifier of a row's number."""
        return encode(self.table, value)


def install(app: Flask) -> None:
    """Teach `app` the converter, and its templates `public_id(table, number)`."""
    app.url_map.converters["id"] = IdConverter
    app.jinja_env.globals["public_id"] = encode
