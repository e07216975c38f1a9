"""Store the family of each certificate kind. One refresher renews all kinds in a family."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. It stays empty until the programme file is next loaded."""
    op.add_column("certificate_kinds", sa.Column("family", sa.String(length=160), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("certificate_kinds", "family")
