"""Add the mailbox and the draft of a saved registration, so that its link can be sent again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. Registrations saved earlier have neither, and expire within a week."""
    op.add_column("saved_drafts", sa.Column("mailbox", sa.String(length=32)))
    op.add_column("saved_drafts", sa.Column("draft_key", sa.String(length=32)))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("saved_drafts", "draft_key")
    op.drop_column("saved_drafts", "mailbox")
