"""Vouched addresses: since when an e-mail address may be used to sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards. The addresses that people have came with them, or were proved by the old rule."""
    op.add_column(
        "person_contacts", sa.Column("vouched_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute(
        "UPDATE person_contacts SET vouched_at ="
        " COALESCE(person_contacts.confirmed_at, person_contacts.from_on AT TIME ZONE 'Europe/London')"
        " FROM contact_points WHERE contact_points.id = person_contacts.contact_point_id"
        " AND contact_points.kind = 'email'"
    )


def downgrade() -> None:
    """Backwards."""
    op.drop_column("person_contacts", "vouched_at")
