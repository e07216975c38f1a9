"""Add applications to join a network that has an approver. Existing members stay members."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

TABLE = "membership_applications"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        TABLE,
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("network_id", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_user_id", sa.BigInteger(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (accepted IS NULL)", name=op.f(f"ck_{TABLE}_decided")
        ),
        sa.CheckConstraint(
            "decided_at IS NULL OR withdrawn_at IS NULL", name=op.f(f"ck_{TABLE}_ended_once")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f(f"fk_{TABLE}_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f(f"fk_{TABLE}_network_id_networks")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["users.id"], name=op.f(f"fk_{TABLE}_decided_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(f"ix_{TABLE}_person_id", TABLE, ["person_id"])
    op.create_index(f"ix_{TABLE}_network_id", TABLE, ["network_id"])
    op.create_index(
        f"uq_{TABLE}_open",
        TABLE,
        ["person_id", "network_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL AND withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    """Drop the table. Applications that have not been decided are lost."""
    op.drop_table(TABLE)
