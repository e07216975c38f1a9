"""Check the new reference of adjustments in a transaction of its own, which blocks no writes."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

NAME = "fk_adjustments_counted_from_id_certificates"


def upgrade() -> None:
    """Forwards."""
    op.execute(f"ALTER TABLE adjustments VALIDATE CONSTRAINT {NAME}")


def downgrade() -> None:
    """Back. The constraint stays as it is, because it goes with its column."""
