"""Each column that may hold personal data declares its purpose (UK GDPR Art. 30)."""

from __future__ import annotations

from sqlalchemy import Date, Enum, String, Text
from sqlalchemy.dialects.postgresql import CITEXT, JSONB

import app.wiring  # noqa: F401  # loads every room's models
from app.core.db import Base
from app.core.personal import Personal

PERSONAL_TYPES = (String, Text, CITEXT, Date, Enum, JSONB)


def test_every_column_of_text_dates_or_json_declares_its_purpose() -> None:
    undeclared = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, PERSONAL_TYPES) and "personal" not in column.info
    ]
    assert undeclared == []


def test_every_declaration_is_complete() -> None:
    for table in Base.metadata.tables.values():
        for column in table.columns:
            declared = column.info.get("personal")
            if isinstance(declared, Personal):
                assert all(
                    (declared.purpose, declared.basis, declared.retention, declared.erasure)
                ), f"{table.name}.{column.name}"
