"""Bulk inserts of certificates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from app.certificates.models import Certificate
from app.core.db import db


def insert_new(rows: Sequence[dict[str, Any]]) -> dict[int, int | None]:
    """Insert certificates whose key is new, and return their person IDs by certificate ID."""
    written = db.session.execute(
        insert(Certificate)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Certificate.id, Certificate.person_id),
        rows,
    )
    return {certificate_id: person_id for certificate_id, person_id in written}
