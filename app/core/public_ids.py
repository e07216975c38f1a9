"""Public identifiers, which replace row IDs wherever data leaves the server.

Row IDs are consecutive. They would show how many rows there are, the order in which they were added
and, from a missing number, that a row is hidden. URLs, forms, JSON and exports therefore contain
the encrypted ID: one AES block made from eight bytes derived from the table's name and the eight
bytes of the ID, in lower-case base32. A row always has the same identifier, and an identifier is
only valid for one table. A random identifier is valid with a probability of 2^-64.

The migration creates the key and stores it in the database, so that backups include it and a change
of SECRET_KEY does not affect it. Each process reads the key once.
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
    """The key for public identifiers. The table has one row."""

    __tablename__ = "identifier_keys"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint(f"octet_length(key) = {_KEY_LENGTH}", name="length"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key: Mapped[bytes] = mapped_column(LargeBinary)


class Permutation:
    """Encrypts row IDs as public identifiers and decrypts them, with a 16-byte key."""

    def __init__(self, key: bytes) -> None:
        # ECB is safe here. No block repeats, because each holds a table's tag and a row's number.
        self._cipher = Cipher(AES(key), ECB())  # noqa: S305 - see above

    def encode(self, table: str, number: int) -> str:
        """Return the public identifier of a row.

        The identifier has 26 characters (a to z, 2 to 7). Raises LookupError if the table does not
        exist.
        """
        plain = _tag(table) + number.to_bytes(_HALF, "big", signed=True)
        return _to_base32(self._cipher.encryptor().update(plain))

    def decode(self, table: str, identifier: str) -> int | None:
        """Return the row's ID, or None if `identifier` is not valid for `table`.

        Raises LookupError if the table does not exist.
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
    """Return the public identifier of a row, made with this installation's key."""
    return _permutation().encode(table, number)


def decode(table: str, identifier: str) -> int | None:
    """Return the row's ID, or None if `identifier` is not valid for `table`."""
    return _permutation().decode(table, identifier)


def _permutation() -> Permutation:
    known: Permutation | None = current_app.extensions.get(_EXTENSION)
    if known is None:
        key = db.session.scalars(select(IdentifierKey.key)).one()
        known = current_app.extensions[_EXTENSION] = Permutation(key)
    return known


class IdConverter(BaseConverter):
    """URL converter for a row's public identifier, such as `<id(people):person_id>`.

    The view and `url_for` use the row's ID. An identifier that is not valid for the table is
    converted to NO_ROW, so that the response is the same as for a row that does not exist.
    """

    regex = PATTERN

    def __init__(self, map: Map, table: str) -> None:
        super().__init__(map)
        _tag(table)  # a table that does not exist fails when the application starts
        self.table = table

    def to_python(self, value: str) -> int:
        """Return the row's ID, or NO_ROW if the identifier is not valid."""
        try:
            found = decode(self.table, value)
        except OperationalError as error:
            raise ServiceUnavailable() from error
        return NO_ROW if found is None else found

    def to_url(self, value: int) -> str:
        """Return the public identifier of the row with this ID."""
        return encode(self.table, value)


def install(app: Flask) -> None:
    """Add the URL converter to `app`, and `public_id(table, number)` to its templates."""
    app.url_map.converters["id"] = IdConverter
    app.jinja_env.globals["public_id"] = encode
