"""Add the time from which an email address may be used to sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and set it for every existing email address."""
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
    """Drop the column."""
    op.drop_column("person_contacts", "vouched_at")
