"""Say in plain English that a reminder was included in a newer message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

OLD, NEW = "made anew without what is no longer due", "included in a newer message"
TABLES = ("reminders", "messages")


def upgrade() -> None:
    """Forwards."""
    _rename(OLD, NEW)


def downgrade() -> None:
    """Backwards."""
    _rename(NEW, OLD)


def _rename(before: str, after: str) -> None:
    for name in TABLES:
        table = sa.table(name, sa.column("void_reason", sa.String))
        condition = table.c.void_reason == before
        op.execute(sa.update(table).where(condition).values(void_reason=after))
