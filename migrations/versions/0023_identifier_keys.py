"""Create the table that holds the key for public identifiers."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and add a random key."""
    table = op.create_table(
        "identifier_keys",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_identifier_keys_one_row")),
        sa.CheckConstraint("octet_length(key) = 16", name=op.f("ck_identifier_keys_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifier_keys")),
    )
    op.bulk_insert(table, [{"id": 1, "key": secrets.token_bytes(16)}])


def downgrade() -> None:
    """Drop the table. A later upgrade makes a new key, so existing URLs stop working."""
    op.drop_table("identifier_keys")
