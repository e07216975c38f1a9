"""Record which kind of earlier certificate a coordinator saw, and its date.

Both are unknown for certificates that were seen before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("attendees", sa.Column("earlier_kind_id", sa.BigInteger(), nullable=True))
    op.add_column("attendees", sa.Column("earlier_awarded_on", sa.Date(), nullable=True))
    op.create_foreign_key(
        op.f("fk_attendees_earlier_kind_id"),
        "attendees",
        "certificate_kinds",
        ["earlier_kind_id"],
        ["id"],
        postgresql_not_valid=True,
    )


def downgrade() -> None:
    """Drop the columns. The kinds and dates that were recorded are lost."""
    op.drop_constraint(op.f("fk_attendees_earlier_kind_id"), "attendees")
    op.drop_column("attendees", "earlier_awarded_on")
    op.drop_column("attendees", "earlier_kind_id")
