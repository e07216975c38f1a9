"""Record that a typed name does not match any organisation on the register."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the index."""
    op.add_column(
        "affiliations", sa.Column("unmatched_at", sa.DateTime(timezone=True), nullable=True)
    )
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_affiliations_waiting",
            "affiliations",
            ["person_id"],
            postgresql_where=sa.text("organisation_id IS NULL AND unmatched_at IS NULL"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    """Drop the index and the column."""
    with op.get_context().autocommit_block():
        op.drop_index(
            "ix_affiliations_waiting",
            "affiliations",
            postgresql_concurrently=True,
            if_exists=True,
        )
    op.drop_column("affiliations", "unmatched_at")
