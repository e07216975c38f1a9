"""Store what the trainer of a course run is allowed to read about each attendee."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

CHOICES = ("name", "needs", "nothing")


def upgrade() -> None:
    """Add the column. Existing attendees agreed that the trainer can see their name."""
    op.add_column(
        "attendees",
        sa.Column("trainer_reads", sa.String(length=60), server_default="name", nullable=False),
    )
    op.alter_column("attendees", "trainer_reads", server_default=None)
    op.create_check_constraint(
        op.f("ck_attendees_trainerreads"), "attendees", sa.column("trainer_reads").in_(CHOICES)
    )


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("attendees", "trainer_reads")
