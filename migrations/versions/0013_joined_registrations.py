"""Create the table of registrations that were merged into an existing record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "joined_registrations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("closed_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("submission", sa.String(length=64), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_joined_registrations_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joined_registrations")),
        sa.UniqueConstraint("closed_id", name=op.f("uq_joined_registrations_closed_id")),
        sa.UniqueConstraint("submission", name=op.f("uq_joined_registrations_submission")),
    )
    op.create_index(
        "ix_joined_registrations_person_id", "joined_registrations", ["person_id"], unique=False
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("joined_registrations")
