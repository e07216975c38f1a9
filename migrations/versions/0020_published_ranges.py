"""Delete the published figures, because they were exact and counted hidden people."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Delete the figures. The nightly run publishes them again, as ranges."""
    op.execute("DELETE FROM snapshots")


def downgrade() -> None:
    """Delete the figures, because earlier code cannot read ranges."""
    op.execute("DELETE FROM snapshots")
