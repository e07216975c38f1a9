"""Check the new reference of attendees in a transaction of its own, which blocks no writes."""

from __future__ import annotations

from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

NAME = "fk_attendees_earlier_kind_id"


def upgrade() -> None:
    """Forwards."""
    op.execute(f"ALTER TABLE attendees VALIDATE CONSTRAINT {NAME}")


def downgrade() -> None:
    """Back. The constraint stays as it is, because it goes with its column."""
