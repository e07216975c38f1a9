"""Keep which kinds of certificate one refresher renews. Loading the programme file fills it in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards."""
    op.add_column("certificate_kinds", sa.Column("family", sa.String(length=160), nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("certificate_kinds", "family")
