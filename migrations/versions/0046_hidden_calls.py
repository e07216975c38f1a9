"""Mark calls that were only about something that some readers may not see.

Earlier calls stay as they are: the messages that they were about are not known.
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
    """Remove the column."""
    op.drop_column("call_attempts", "hidden")
