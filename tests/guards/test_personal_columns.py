"""Each column that may hold personal data says why (UK GDPR Art. 30)."""

from __future__ import annotations

from sqlalchemy import Date, Enum, String, Text
from sqlalchemy.dialects.postgresql import CITEXT, JSONB

import app.wiring  # noqa: F401  # loads every room's models
from app.core.db import Base
from app.core.personal import Personal

SPEAKING = (String, Text, CITEXT, Date, Enum, JSONB)


def test_every_speaking_column_declares_its_reason() -> None:
    silent = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, SPEAKING) and "personal" not in column.info
    ]
    assert silent == []


def test_declarations_are_complete_sentences_of_the_record() -> None:
    for table in Base.metadata.tables.values():
        for column in table.columns:
            declared = column.info.get("personal")
            if isinstance(declared, Personal):
                assert all(
                    (declared.purpose, declared.basis, declared.retention, declared.erasure)
                ), f"{table.name}.{column.name}"
