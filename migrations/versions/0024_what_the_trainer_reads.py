"""What each attendee lets the trainer of their course run read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

CHOICES = ("name", "needs", "nothing")


def upgrade() -> None:
    """Forwards. Who has a place was told that the trainer sees their name, so it stays so."""
    op.add_column(
        "attendees",
        sa.Column("trainer_reads", sa.String(length=60), server_default="name", nullable=False),
    )
    op.alter_column("attendees", "trainer_reads", server_default=None)
    op.create_check_constraint(
        op.f("ck_attendees_trainerreads"), "attendees", sa.column("trainer_reads").in_(CHOICES)
    )


def downgrade() -> None:
    """Backwards."""
    op.drop_column("attendees", "trainer_reads")
