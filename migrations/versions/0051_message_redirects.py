"""Count the changes to the address of a message, so that each address has its own reference."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column(
        "messages", sa.Column("redirects", sa.BigInteger(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("messages", "redirects")
