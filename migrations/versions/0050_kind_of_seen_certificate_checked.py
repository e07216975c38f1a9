"""Validate the foreign key of attendees in a separate transaction, to avoid blocking writes."""

from __future__ import annotations

from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

NAME = "fk_attendees_earlier_kind_id"


def upgrade() -> None:
    """Validate the constraint."""
    op.execute(f"ALTER TABLE attendees VALIDATE CONSTRAINT {NAME}")


def downgrade() -> None:
    """Do nothing, because the constraint is dropped with its column."""
