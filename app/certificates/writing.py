"""Bulk inserts of certificates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from app.certificates.models import Certificate
from app.core.db import db


def insert_certificates(rows: Sequence[dict[str, Any]]) -> dict[int, int | None]:
    """Insert the certificates whose keys do not exist yet. Return their person IDs by ID."""
    written = db.session.execute(
        insert(Certificate)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Certificate.id, Certificate.person_id),
        rows,
    )
    return {certificate_id: person_id for certificate_id, person_id in written}
