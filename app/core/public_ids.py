"""Public identifiers: they replace row numbers wherever data leaves the server.

Consecutive numbers reveal how many rows there are, in which order they were added and, where one is
missing, that a hidden row exists. So URLs, forms, JSON and exports carry the number encrypted: one
AES block of eight bytes derived from the table's name and the eight bytes of the number, under this
installation's key, in lower-case base32. A row always has the same identifier. Without the key,
nothing can be read from it. A guess decodes with a probability of 2^-64. An identifier of one table
is not valid for another.

The key is a row in the database, created by the migration. So it is part of every backup, and a
change of SECRET_KEY does not affect it. Each process reads it once.
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
NO_ROW = 0  # the number for an identifier that is not valid; no row has it
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
    """Converts row numbers to identifiers and back, under one key of 16 bytes."""

    def __init__(self, key: bytes) -> None:
        # ECB is safe here. No block repeats, because each holds a table's tag and a row's number.
        self._cipher = Cipher(AES(key), ECB())  # noqa: S305

    def encode(self, table: str, number: int) -> str:
        """Return the public identifier of row `number` of `table`.

        It has 26 characters from the base-32 alphabet (a to z, 2 to 7). Raises LookupError for a
        table that does not exist.
        """
        plain = _tag(table) + number.to_bytes(_HALF, "big", signed=True)
        return _to_base32(self._cipher.encryptor().update(plain))

    def decode(self, table: str, identifier: str) -> int | None:
        """Return the row's number, or None if `identifier` is not a valid one of `table`.

        Only the exact spelling is valid. Raises LookupError for a table that does not exist.
        """
        tag = _tag(table)
        try:
            block = b32decode(identifier.upper() + _PADDING)
        except ValueError:
            return None
        # Base32 has spare bits, so several spellings decode to one block. Only ours is valid.
        if len(block) != _KEY_LENGTH or _to_base32(block) != identifier:
            return None
        plain = self._cipher.decryptor().update(block)
        return int.from_bytes(plain[_HALF:], "big", signed=True) if plain[:_HALF] == tag else None


def _to_base32(block: bytes) -> str:
    return b32encode(block).decode().rstrip("=").lower()


@cache
def _tag(table: str) -> bytes:
    if table not in Base.metadata.tables:
        raise LookupError(table)
    return hashlib.sha256(f"public identifier of {table}".encode()).digest()[:_HALF]


def encode(table: str, number: int) -> str:
    """Call `Permutation.encode` with this installation's key."""
    return _permutation().encode(table, number)


def decode(table: str, identifier: str) -> int | None:
    """Call `Permutation.decode` with this installation's key."""
    return _permutation().decode(table, identifier)


def _permutation() -> Permutation:
    known: Permutation | None = current_app.extensions.get(_EXTENSION)
    if known is None:
        key = db.session.scalars(select(IdentifierKey.key)).one()
        known = current_app.extensions[_EXTENSION] = Permutation(key)
    return known


class IdConverter(BaseConverter):
    """Converter for `<id(people):person_id>` in a URL: the public identifier of a row.

    The view receives the row's number, and `url_for` takes it. Text that has the form of an
    identifier but is not one of this table becomes NO_ROW, so that the response is the same as for
    a row that does not exist.
    """

    regex = PATTERN

    def __init__(self, map: Map, table: str) -> None:
        super().__init__(map)
        _tag(table)  # a table that does not exist fails when the application starts
        self.table = table

    def to_python(self, value: str) -> int:
        """Return the row's number, or NO_ROW."""
        try:
            found = decode(self.table, value)
        except OperationalError as error:
            raise ServiceUnavailable() from error
        return NO_ROW if found is None else found

    def to_url(self, value: int) -> str:
        """Return the identifier of the row with this number."""
        return encode(self.table, value)


def install(app: Flask) -> None:
    """Add the converter to `app`, and `public_id(table, number)` to its templates."""
    app.url_map.converters["id"] = IdConverter
    app.jinja_env.globals["public_id"] = encode
