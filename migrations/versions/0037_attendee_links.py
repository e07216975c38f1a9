"""Allow attendees who were added by name to be linked to a person's record.

Attendees get a phone number, and the time at which a coordinator saw their earlier certificate. A
named attendee whose certificate was already linked to a person is linked to that person, unless the
certificate was revoked. Issued certificates stay as they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

LINK = """
INSERT INTO attendee_links (attendee_id, person_id, made_at)
SELECT DISTINCT ON (attendees.id) attendees.id, certificates.person_id, now()
FROM certificates
JOIN attendees ON certificates.key LIKE 'attendee:' || attendees.id || ':%'
WHERE certificates.person_id IS NOT NULL AND certificates.revoked_at IS NULL
    AND attendees.person_id IS NULL
ORDER BY attendees.id, certificates.id DESC
"""


def upgrade() -> None:
    """Add the columns and the table, and link attendees whose certificate is linked to a person."""
    op.add_column("attendees", sa.Column("phone", sa.String(20), nullable=True))
    op.add_column("attendees", sa.Column("earlier_seen_at", sa.DateTime(timezone=True)))
    op.add_column("attendees", sa.Column("earlier_seen_by_user_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_attendees_earlier_seen_by_user_id"),
        "attendees",
        "users",
        ["earlier_seen_by_user_id"],
        ["id"],
        postgresql_not_valid=True,
    )
    op.create_table(
        "attendee_links",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("attendee_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_user_id", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_user_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendees.id"], name=op.f("fk_attendee_links_attendee_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_attendee_links_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_user_id"], ["users.id"], name=op.f("fk_attendee_links_made_by_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_user_id"], ["users.id"], name=op.f("fk_attendee_links_undone_by_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendee_links")),
    )
    op.create_index(
        "uq_attendee_links_attendee",
        "attendee_links",
        ["attendee_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_index("ix_attendee_links_person_id", "attendee_links", ["person_id"])
    op.execute(LINK)


def downgrade() -> None:
    """Drop the table and the columns. Certificates stay linked to the same people."""
    op.drop_table("attendee_links")
    op.drop_constraint(op.f("fk_attendees_earlier_seen_by_user_id"), "attendees")
    op.drop_column("attendees", "earlier_seen_by_user_id")
    op.drop_column("attendees", "earlier_seen_at")
    op.drop_column("attendees", "phone")
