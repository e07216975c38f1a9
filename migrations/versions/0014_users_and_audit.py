"""Add the indexes used by the administrator's list of users and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the indexes."""
    op.create_index(
        "ix_audit_entries_actor",
        "audit_entries",
        ["actor_user_id", "at"],
        unique=False,
    )
    op.create_index(
        "ix_audit_entries_group",
        "audit_entries",
        [sa.text("split_part(verb, '.', 1)"), "at"],
        unique=False,
    )
    op.create_index(
        "ix_role_grants_staff",
        "role_grants",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("role <> 'champion'"),
    )


def downgrade() -> None:
    """Drop the indexes."""
    op.drop_index("ix_role_grants_staff", table_name="role_grants")
    op.drop_index("ix_audit_entries_group", table_name="audit_entries")
    op.drop_index("ix_audit_entries_actor", table_name="audit_entries")
