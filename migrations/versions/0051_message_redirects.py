"""Count how often a message got another address, so that each has a reference of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards."""
    op.add_column(
        "messages", sa.Column("redirects", sa.BigInteger(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    """Backwards."""
    op.drop_column("messages", "redirects")
