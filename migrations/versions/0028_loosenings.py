"""Create the table of changes that take effect after a call and 24 hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

KINDS = ("end protection", "end a block", "add a contact", "another way first", "other wishes")
USERS = ("asked_by", "called_by", "seen_by", "seen_too_by", "stopped_by")


def upgrade() -> None:
    """Create the table, and set the preferred contact method of protected people."""
    op.create_table(
        "loosenings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="looseningkind", native_enum=False, length=60),
            nullable=False,
        ),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(f"{name}_user_id", sa.BigInteger(), nullable=True) for name in USERS),
        sa.Column("called_contact_id", sa.BigInteger(), nullable=True),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("called_at", "seen_at", "due_at", "stopped_at", "done_at")
        ),
        sa.Column("why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ({})".format(", ".join(f"'{kind}'" for kind in KINDS)),
            name=op.f("ck_loosenings_looseningkind"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_loosenings_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["called_contact_id"],
            ["person_contacts.id"],
            name=op.f("fk_loosenings_called_contact_id_person_contacts"),
            ondelete="SET NULL",
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_user_id"],
                ["users.id"],
                name=op.f(f"fk_loosenings_{name}_user_id_users"),
            )
            for name in USERS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loosenings")),
    )
    op.create_index("ix_loosenings_person_id", "loosenings", ["person_id"])
    op.create_index(
        "ix_loosenings_due_at",
        "loosenings",
        ["due_at"],
        postgresql_where="done_at IS NULL AND stopped_at IS NULL AND due_at IS NOT NULL",
    )
    op.execute(
        "UPDATE people SET preferred = chosen.kind FROM ("
        " SELECT DISTINCT ON (person_contacts.person_id) person_contacts.person_id,"
        " contact_points.kind FROM person_contacts"
        " JOIN contact_points ON contact_points.id = person_contacts.contact_point_id"
        " WHERE person_contacts.until_on IS NULL"
        " ORDER BY person_contacts.person_id, CASE contact_points.kind"
        " WHEN 'email' THEN 0 WHEN 'phone' THEN 1 ELSE 2 END"
        ") AS chosen WHERE chosen.person_id = people.id"
        " AND people.protected_at IS NOT NULL AND people.preferred IS NULL"
    )


def downgrade() -> None:
    """Drop the table. Pending changes will never take effect."""
    op.drop_table("loosenings")
