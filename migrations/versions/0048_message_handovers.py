"""Record each attempt to pass a message to its carrier, and messages that may have been sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

NUMBERS = sa.Sequence("message_handover_numbers")


def upgrade() -> None:
    """Create the table and its sequence, and add the column."""
    op.add_column("messages", sa.Column("unsettled_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(sa.schema.CreateSequence(NUMBERS))
    op.create_table(
        "message_handovers",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column(
            "number", sa.BigInteger(), server_default=NUMBERS.next_value(), nullable=False
        ),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_handovers")),
    )


def downgrade() -> None:
    """Drop the table, the sequence and the column, with the list of possibly sent messages."""
    op.drop_table("message_handovers")
    op.execute(sa.schema.DropSequence(NUMBERS))
    op.drop_column("messages", "unsettled_at")
