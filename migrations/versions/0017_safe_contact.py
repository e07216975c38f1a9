"""Add people's contact wishes, and a neutral version of letters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and columns, and make unsent letters to protected people neutral."""
    op.create_table(
        "safe_contacts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("ways", postgresql.ARRAY(sa.String(length=10)), nullable=False),
        sa.Column("voicemail", sa.Boolean(), nullable=False),
        sa.Column("others_may_answer", sa.Boolean(), nullable=False),
        sa.Column("days", postgresql.ARRAY(sa.String(length=10)), nullable=False),
        sa.Column("hours", postgresql.ARRAY(sa.String(length=10)), nullable=False),
        sa.Column("say_we_are", sa.String(length=80), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_safe_contacts_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safe_contacts")),
    )
    op.create_index("ix_safe_contacts_person_id", "safe_contacts", ["person_id", "from_on"])
    op.add_column(
        "person_contacts", sa.Column("safe_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "messages", sa.Column("neutral", sa.Boolean(), nullable=False, server_default="false")
    )
    op.execute(
        "UPDATE messages SET neutral = true FROM people"
        " WHERE people.protected_at IS NOT NULL"
        " AND (messages.person_id = people.id OR messages.user_id = people.user_id)"
        " AND messages.sent_at IS NULL AND messages.voided_at IS NULL"
    )
    op.alter_column("messages", "neutral", server_default=None)


def downgrade() -> None:
    """Drop the table and columns. Contact wishes are lost."""
    op.drop_column("messages", "neutral")
    op.drop_column("person_contacts", "safe_at")
    op.drop_table("safe_contacts")
