"""Mark calls that were only about something that some readers are not allowed to see.

Earlier calls are not marked, because we do not know which messages they were about.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column(
        "call_attempts",
        sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("call_attempts", "hidden")
