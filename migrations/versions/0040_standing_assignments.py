"""Store the rule that an assigned person no longer meets, and how long we keep their place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

OBSTACLES = (
    "paused",
    "away",
    "left",
    "inactive",
    "certificate",
    "too far",
    "asked",
    "busy",
    "unavailable",
)


def upgrade() -> None:
    """Add the columns."""
    values = ", ".join(f"'{each}'" for each in OBSTACLES)
    # The column and its constraint are added in one statement, to avoid blocking writes later.
    op.execute(
        "ALTER TABLE assignments ADD COLUMN obstacle VARCHAR(60)"
        f" CONSTRAINT ck_assignments_obstacle CHECK (obstacle IN ({values}))"
    )
    op.add_column("assignments", sa.Column("obstacle_on", sa.Date(), nullable=True))
    op.add_column("assignments", sa.Column("kept_until", sa.Date(), nullable=True))


def downgrade() -> None:
    """Drop the columns."""
    for name in ("kept_until", "obstacle_on", "obstacle"):
        op.drop_column("assignments", name)
