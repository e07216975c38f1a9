"""Make data-sharing agreements take effect only once a second person has confirmed them.

Existing agreements stay in force. They are recorded and confirmed at the time of the migration,
without a user.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

USERS = ("recorded_by_user_id", "confirmed_by_user_id")


def upgrade() -> None:
    """Add the columns, and confirm the existing agreements."""
    now = sa.text("now()")
    op.add_column(
        "agreements",
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
    )
    op.add_column("agreements", sa.Column("confirmed_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE agreements SET confirmed_at = recorded_at")
    op.alter_column("agreements", "recorded_at", server_default=None)
    for name in USERS:
        op.add_column("agreements", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_agreements_{name}"), "agreements", "users", [name], ["id"]
        )


def downgrade() -> None:
    """Drop the columns. Unconfirmed agreements are deleted first, or they would be in force."""
    op.execute("DELETE FROM agreements WHERE confirmed_at IS NULL")
    for name in USERS:
        op.drop_constraint(op.f(f"fk_agreements_{name}"), "agreements")
        op.drop_column("agreements", name)
    op.drop_column("agreements", "confirmed_at")
    op.drop_column("agreements", "recorded_at")
