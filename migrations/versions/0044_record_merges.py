"""Store what a merge of two records changed, so that it can be undone for 30 days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "record_merges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kept_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_id", sa.BigInteger(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by_user_id", sa.BigInteger(), nullable=True),
        sa.Column("changes", sa.Text(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_user_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["kept_id"],
            ["people.id"],
            name=op.f("fk_record_merges_kept_id_people"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["merged_by_user_id"],
            ["users.id"],
            name=op.f("fk_record_merges_merged_by_user_id_users"),
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_user_id"],
            ["users.id"],
            name=op.f("fk_record_merges_undone_by_user_id_users"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_merges")),
    )
    op.create_index("ix_record_merges_kept_id", "record_merges", ["kept_id"])
    op.create_index(
        "ix_record_merges_merged_at",
        "record_merges",
        ["merged_at"],
        postgresql_where="changes IS NOT NULL",
    )


def downgrade() -> None:
    """Drop the table. Merges can no longer be undone."""
    op.drop_table("record_merges")
