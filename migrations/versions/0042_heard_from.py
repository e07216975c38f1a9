"""Record the days on which we heard from people, and calls that did or did not reach them.

A row of `stays` meant that somebody said they still take part. It now means any day on which we
heard from them. Days are added for the bookings, attendance and answers on record.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

HEARD_FROM = """
INSERT INTO stays (person_id, "on", said)
SELECT DISTINCT heard.person_id, heard."on", false
FROM (
    SELECT attendees.person_id, CAST(attendees.added_at AT TIME ZONE 'Europe/London' AS date) AS "on"
    FROM attendees
    UNION ALL
    SELECT attendees.person_id,
        CAST(course_sessions.starts_at AT TIME ZONE 'Europe/London' AS date)
    FROM attendances
    JOIN attendees ON attendees.id = attendances.attendee_id
    JOIN course_sessions ON course_sessions.id = attendances.session_id
    WHERE attendances.mark IN ('attended', 'part')
    UNION ALL
    SELECT proposals.person_id,
        CAST(coalesce(proposals.accepted_at, proposals.declined_at)
            AT TIME ZONE 'Europe/London' AS date)
    FROM proposals
    WHERE coalesce(proposals.accepted_at, proposals.declined_at) IS NOT NULL
) AS heard
JOIN people ON people.id = heard.person_id AND people.approved_at IS NOT NULL
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    """Add the column and the table, and the days that are already on record."""
    op.add_column(
        "stays", sa.Column("said", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.create_table(
        "call_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("call_again_on", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('reached', 'left a message', 'not reached')",
            name=op.f("ck_call_attempts_calloutcome"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_call_attempts_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["users.id"], name=op.f("fk_call_attempts_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_attempts")),
        sa.UniqueConstraint(
            "person_id", "on", "outcome", name=op.f("uq_call_attempts_person_id_on_outcome")
        ),
    )
    op.execute(HEARD_FROM)


def downgrade() -> None:
    """Delete the rows that rely on the column, and drop the column and the table."""
    op.drop_table("call_attempts")
    op.execute("DELETE FROM stays WHERE NOT said")
    op.drop_column("stays", "said")
