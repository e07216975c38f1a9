"""Add the tables for safeguarding, and the role of safeguarding lead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ROLES = ("champion", "trainer", "coordinator", "sensitive", "partner", "analyst", "admin")
LEAD = "safeguarding"
INSTANT = sa.DateTime(timezone=True)


def _allow_roles(roles: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_role_grants_role"), "role_grants", type_="check")
    op.create_check_constraint(
        op.f("ck_role_grants_role"), "role_grants", sa.column("role").in_(roles)
    )


def _id_column() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def upgrade() -> None:
    """Allow the new role, and create the tables."""
    _allow_roles((*ROLES, LEAD))
    op.create_table(
        "suspensions",
        _id_column(),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("decided_by_user_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_suspensions_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["users.id"], name=op.f("fk_suspensions_decided_by_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspensions")),
    )
    op.create_index("ix_suspensions_person_id", "suspensions", ["person_id"], unique=False)
    op.create_table(
        "safeguarding_reports",
        _id_column(),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("reach", sa.Text(), nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=True),
        sa.Column("opened_by_user_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["opened_by_user_id"],
            ["users.id"],
            name=op.f("fk_safeguarding_reports_opened_by_user_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safeguarding_reports")),
    )
    op.create_index(
        "ix_safeguarding_reports_unopened",
        "safeguarding_reports",
        ["received_at"],
        unique=False,
        postgresql_where="opened_at IS NULL",
    )
    op.create_table(
        "safeguarding_decisions",
        _id_column(),
        sa.Column("report_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "note",
                "close",
                "pause",
                "resume",
                name="decisionkind",
                native_enum=False,
                create_constraint=True,
                length=60,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_user_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(report_id IS NULL) <> (person_id IS NULL)",
            name=op.f("ck_safeguarding_decisions_about_one"),
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["safeguarding_reports.id"],
            name=op.f("fk_safeguarding_decisions_report_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_safeguarding_decisions_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["users.id"], name=op.f("fk_safeguarding_decisions_by_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safeguarding_decisions")),
    )
    for column in ("report_id", "person_id"):
        op.create_index(
            f"ix_safeguarding_decisions_{column}", "safeguarding_decisions", [column], unique=False
        )


def downgrade() -> None:
    """Drop the tables, and delete every grant of the role."""
    op.drop_table("safeguarding_decisions")
    op.drop_table("safeguarding_reports")
    op.drop_table("suspensions")
    op.execute(sa.text("DELETE FROM role_grants WHERE role = 'safeguarding'"))
    _allow_roles(ROLES)
