"""Published months hold ranges: the exact numbers of before counted hidden people too."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards. The months are removed; the next night's work counts and publishes them again."""
    op.execute("DELETE FROM snapshots")


def downgrade() -> None:
    """Backwards. The older form cannot read ranges."""
    op.execute("DELETE FROM snapshots")
