"""Rename endpoints in stored messages, because the people room was split.

A message stores the endpoint of each page that its letter links to (`context`), not the URL.
Without this migration, unsent letters would link to endpoints that no longer exist.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MOVED = {
    "people.confirm": "registration.confirm",
    "people.register_resume": "registration.register_resume",
    "people.register_start": "registration.register_start",
    "people.confirm_contact": "profile.confirm_contact",
    "people.confirm_change": "profile.confirm_change",
    "people.stop_change": "profile.stop_change",
    "people.me": "profile.me",
}
RENAME = sa.text(
    "UPDATE messages SET context = replace(context::text, :old, :new)::jsonb"
    " WHERE context::text LIKE '%' || :old || '%'"
)


def _rename(old: str, new: str) -> None:
    op.execute(RENAME.bindparams(old=f'"{old}"', new=f'"{new}"'))


def upgrade() -> None:
    """Replace the old names with the new ones."""
    for old, new in MOVED.items():
        _rename(old, new)


def downgrade() -> None:
    """Replace the new names with the old ones."""
    for old, new in MOVED.items():
        _rename(new, old)
