"""Validate the foreign key of adjustments in a separate transaction, to avoid blocking writes."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

NAME = "fk_adjustments_counted_from_id_certificates"


def upgrade() -> None:
    """Validate the constraint."""
    op.execute(f"ALTER TABLE adjustments VALIDATE CONSTRAINT {NAME}")


def downgrade() -> None:
    """Do nothing, because the constraint is dropped with its column."""
