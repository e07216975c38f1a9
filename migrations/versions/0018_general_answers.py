"""Create the table that records whether each person is a general champion."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# Readers without the permission must see the same people as before. They could not see a person who
# had ever chosen a sensitive network, unless that person is or will be in another network. Everybody
# else is general.
FILL = """
INSERT INTO general_answers (person_id, general, from_on)
SELECT
    people.id,
    NOT (
        EXISTS (
            SELECT FROM memberships
            JOIN networks ON networks.id = memberships.network_id
            WHERE memberships.person_id = people.id AND networks.sensitive
        )
        AND NOT EXISTS (
            SELECT FROM memberships
            JOIN networks ON networks.id = memberships.network_id
            WHERE memberships.person_id = people.id AND NOT networks.sensitive
                AND (memberships.until_on IS NULL
                    OR memberships.until_on >= (now() AT TIME ZONE 'Europe/London')::date)
        )
    ),
    (people.registered_at AT TIME ZONE 'Europe/London')::date
FROM people
ORDER BY people.id
"""


def upgrade() -> None:
    """Create the table, and record an answer for each person."""
    op.create_table(
        "general_answers",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("general", sa.Boolean(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_general_answers_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_general_answers")),
    )
    op.create_index(
        "uq_general_answers_current",
        "general_answers",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("until_on IS NULL"),
    )
    op.create_index(
        "ix_general_answers_person_id",
        "general_answers",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("general"),
    )
    op.execute(FILL)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("general_answers")
